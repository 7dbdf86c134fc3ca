/*
 * What the tests of this folder share: a queue of writes and all that it stands on, in
 * false time, over a private store, with a vendor behind it.
 */
#ifndef UNIT_WRITES_YARD_H
#define UNIT_WRITES_YARD_H

#include "shop.h"
#include "support/unit.h"

#include "base/log.h"
#include "directory/directory.h"
#include "policy/standing.h"
#include "writes/writes.h"

enum { YARD_WORKERS = 2, YARD_SCRIPTS_MAX = 32 };

struct script;

struct yard {
    struct false_world world;
    struct arena arena;
    struct store *store;
    char folder[64]; /* of the store */
    struct log log;
    struct shop shop;
    str environment; /* id */
    struct script *scripts[YARD_SCRIPTS_MAX];
    unsigned script_n;

    /* a process, while it is open */
    bool open;
    struct false_loop loop;
    struct boards boards;
    struct keyring *keyring;
    struct directory *directory;
    struct catalog *catalog;
    struct exchange_env exchange;
    struct writes *writes;

    /* of the writes that are opened next */
    struct space *space;
    uint64_t environment_bytes_max;
};

/* With the integrations "keyed", which knows repeats, "searched", which can be asked for
 * what was done, and "bare", which has neither; all have things.create at POST /things. A
 * process is open. */
struct yard *yard_create(uint64_t seed);
/* The same over a store of that kind, in a folder of its own. */
struct yard *yard_create_in(uint64_t seed, const char *kind);
void yard_destroy(struct yard **yard);

/* cmocka fixtures. */
int yard_setup(void **state);
int yard_teardown(void **state);
#define YARD_TEST(fn) cmocka_unit_test_setup_teardown(fn, yard_setup, yard_teardown)

/* A process starts; ends in good order; or ends as kill -9 does: the store hears of
 * nothing that was under way. */
void yard_open(struct yard *yard);
void yard_stop(struct yard *yard);
void yard_crash(struct yard *yard);

usec yard_now(const struct yard *yard);
usec yard_wall(struct yard *yard);
void yard_run(struct yard *yard, usec duration);
struct worker *yard_worker(struct yard *yard);

/* The document gets this `writes` block; quoted with '. */
void yard_document(struct yard *yard, const char *integration, const char *writes);

str yard_account(struct yard *yard, const char *integration); /* active; its id */
void yard_move(struct yard *yard, str account, enum account_state state);
struct account *yard_find(struct yard *yard, str account); /* a reference */

/* A row as a gate makes it: POST /things with the number as body, keyed where its
 * integration is. In the yard's arena. */
struct write_row yard_row(struct yard *yard, str account, const char *lane, unsigned n);

/* Operations, done when these come back; tell the queue as a gate and the API do. */
struct write_open yard_open_write(struct yard *yard, const struct write_row *row,
                                  bool queue);
enum err yard_close_write(struct yard *yard, const struct write_row *row,
                          enum write_close_kind kind, bool opened);
struct write_act yard_act(struct yard *yard, enum write_act_kind kind,
                          const struct write_filter *filter, bool tell);
/* One write, with its parts; its id is absent where there is none. */
struct write_row yard_get(struct yard *yard, str id);

/* SQL in the store, behind everybody's back; literals. */
void yard_sql(struct yard *yard, const char *sql);
int64_t yard_number(struct yard *yard, const char *sql);

/* From now on the store changes no write, or does again. */
void yard_store_fails(struct yard *yard, bool fails);

#endif
