/*
 * What the tests of work on vendors' events share: the work and all that it stands on, in
 * false time, over a private store, with two vendors behind it.
 *
 * "full" sends its records along; "thin" sends their ids, and gives them out at
 * GET /contacts/{id}. An event of both is
 * {"type": "contact.updated", "action": "updated", "contact": …, "version": 7}.
 */
#ifndef UNIT_NEWS_MILL_H
#define UNIT_NEWS_MILL_H

#include "support/false_world.h"
#include "support/unit.h"

#include "base/log.h"
#include "directory/directory.h"
#include "event/event.h"
#include "news/echo.h"
#include "hook/hook_key.h"
#include "hook/hook_message.h"
#include "news/work.h"
#include "payload/payload_ops.h"
#include "policy/standing.h"

enum {
    MILL_WORKERS = 2,
    MILL_SCRIPTS_MAX = 32,
    MILL_PAYLOADS_MAX = 4000,
    MILL_RECORDS = 8
};

struct script;

enum mill_fate {
    MILL_GOOD,
    MILL_BUSY,
    MILL_UNREACHABLE,
    MILL_LOST,
    MILL_LIMITED,
    MILL_REFUSED,
    MILL_FATES
};

/* A record at the vendor "thin". */
struct mill_record {
    bool there;
    unsigned value;
};

struct mill {
    struct false_world world;
    struct arena arena;
    struct store *store;
    char folder[64];
    struct log log;
    str environment;
    struct script *scripts[MILL_SCRIPTS_MAX];
    unsigned script_n;

    /* the vendors */
    struct transport transport;
    struct mill_record records[MILL_RECORDS];
    enum mill_fate (*choose)(struct mill *mill); /* NULL: good */
    void *owner;
    usec slow; /* before each answer */
    uint64_t chance;
    unsigned calls, at_once, most_at_once;

    /* payloads, in memory */
    struct payloads payloads;
    str kept[MILL_PAYLOADS_MAX];
    unsigned kept_n;
    enum err no_payloads; /* every get fails with it */

    /* a process, while it is open */
    bool open;
    struct false_loop loop;
    struct boards boards;
    struct keyring *keyring;
    struct directory *directory;
    struct catalog *catalog;
    struct models *models;
    struct exchange_env exchange;
    struct hook_keys *keys;
    struct echo *echo;
    struct work *work;
};

struct mill *mill_create(uint64_t seed);
void mill_destroy(struct mill **mill);
int mill_setup(void **state);
int mill_teardown(void **state);
#define MILL_TEST(fn) cmocka_unit_test_setup_teardown(fn, mill_setup, mill_teardown)

/* A process starts; ends in good order; or ends as kill -9 does: the store hears of
 * nothing that was under way. */
void mill_open(struct mill *mill);
void mill_stop(struct mill *mill);
void mill_crash(struct mill *mill);
void mill_store_fails(struct mill *mill, bool fails);

usec mill_now(const struct mill *mill);
usec mill_wall(struct mill *mill);
void mill_run(struct mill *mill, usec duration);

/* The document of "full" or "thin", with these members in front of the rules of its
 * events block, quoted with ', and a comma behind each. */
void mill_document(struct mill *mill, const char *integration, const char *settings);

str mill_account(struct mill *mill, const char *integration); /* active; its id */
void mill_move(struct mill *mill, str account, enum account_state state);
void mill_delete(struct mill *mill, str account);

/* A request of the vendor with these events ('[{…}, …]'), which happened at `time` (wall;
 * 0: nobody says): its rows are queued, and the work hears of them. Answers the sequence
 * of the first. */
int64_t mill_hook(struct mill *mill, str account, const char *events, usec time);
/* One event about a record of "full" or "thin". */
int64_t mill_tell(struct mill *mill, str account, const char *action, unsigned record,
                  unsigned version);

/* The row; its events, oldest first; what one of them says. In the mill's arena. */
struct hook_row mill_row(struct mill *mill, int64_t sequence);
uint32_t mill_events(struct mill *mill, str account, struct event_row **ret_rows);
struct json mill_data(struct mill *mill, const struct event_row *row);
/* "record.created 1 a, record.updated 1 b": type, id and name of all events. */
str mill_story(struct mill *mill, str account);

void mill_sql(struct mill *mill, const char *sql);
int64_t mill_number(struct mill *mill, const char *sql);

#endif
