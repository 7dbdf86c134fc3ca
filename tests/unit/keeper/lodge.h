/*
 * What the tests of this folder share: a keeper and all that it stands on, in false time,
 * with a vendor's mint before it; twice where a test wants two processes over one store.
 */
#ifndef UNIT_KEEPER_LODGE_H
#define UNIT_KEEPER_LODGE_H

#include <pthread.h>

#include "mint.h"

#include "base/log.h"
#include "directory/keyring.h"

#define LODGE_MASTER_KEY "k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"

enum { LODGE_WORKERS = 2, LODGE_PROCESSES = 2 };

struct process {
    bool open;
    struct false_loop loop;
    struct keyring *keyring;
    struct directory *directory;
    struct catalog *catalog;
    struct keeper *keeper;
};

struct lodge {
    struct false_world world;
    struct arena arena;
    struct store *store;
    struct mint mint;
    struct process processes[LODGE_PROCESSES];
    bool alone;      /* no other process has the store when one is opened */
    str document;    /* of the integration "acme" */
    str environment; /* id */
    pthread_mutex_t lock;
    struct buf lines; /* the log */
    struct log log;
};

/* cmocka fixtures: *state is a lodge with one process, or two, and no account. */
int lodge_setup(void **state);
int lodge_setup_two(void **state);
int lodge_teardown(void **state);
#define LODGE_TEST(fn) cmocka_unit_test_setup_teardown(fn, lodge_setup, lodge_teardown)
#define LODGE_TEST_TWO(fn)                                                               \
    cmocka_unit_test_setup_teardown(fn, lodge_setup_two, lodge_teardown)

/* The same by hand. `seed` is the world's. */
struct lodge *lodge_create(uint64_t seed);
/* Over a store of that kind in that directory. */
struct lodge *lodge_create_in(uint64_t seed, const char *kind, const char *dir);
void lodge_destroy(struct lodge **lodge);

/* Starts a process; or ends it as kill -9 does: what is under way is cut, and the store
 * hears nothing of it. */
void lodge_open(struct lodge *lodge, unsigned process);
void lodge_crash(struct lodge *lodge, unsigned process);

/* Moves the time of everything forward, from timer to timer; the second until *flag. */
void lodge_run(struct lodge *lodge, usec duration);
bool lodge_run_until(struct lodge *lodge, const bool *flag, usec max);
usec lodge_now(const struct lodge *lodge);

/* The document of the integration with this token block merged over its own, put into the
 * first process; "" takes the document out. */
void lodge_document(struct lodge *lodge, const char *token_patch);

/* The same with three ways: "oauth", which is as the document's only one was, "early",
 * which renews 25 minutes before the end, and "key", which has no tokens. */
void lodge_three_ways(struct lodge *lodge);

/* The same with a patch of the whole auth block. */
void lodge_auth(struct lodge *lodge, const char *auth_patch);

/* An account with the mint's grant of that number, known to all processes; its id. */
str lodge_account(struct lodge *lodge, unsigned grant);

/* Without a refresh token. */
str lodge_static_account(struct lodge *lodge, unsigned grant);

/* A change of the first process. */
struct change lodge_change(struct lodge *lodge, enum change_kind kind, str id);
void lodge_do(struct lodge *lodge, struct change *change);
void lodge_move(struct lodge *lodge, str id, enum account_state state);
void lodge_put(struct lodge *lodge, str id, const char *token, const char *refresh_token);
/* Those of another way, without a refresh token if that is NULL. */
void lodge_put_by(struct lodge *lodge, str id, const char *way,
                  const char *refresh_token);

/* What a process has of an account; the reference goes with account_unref. */
struct account *lodge_find(struct lodge *lodge, unsigned process, str id);
enum account_state lodge_state(struct lodge *lodge, str id);
str lodge_reason(struct lodge *lodge, str id); /* of its state */
struct token_facts lodge_facts(struct lodge *lodge, str id);
uint64_t lodge_version(struct lodge *lodge, str id);
/* Its credentials, in the lodge's arena. */
str lodge_token(struct lodge *lodge, unsigned process, str id);
str lodge_refresh_token(struct lodge *lodge, str id);
struct keeper_view lodge_view(struct lodge *lodge, str id);
/* Whether a call would take the token without asking. */
bool lodge_good(struct lodge *lodge, unsigned process, str id);

/* One who asks for a token, as a call does. */
struct asker {
    struct lodge *lodge;
    struct process *process;
    struct tenant_id account;
    struct token_wait *wait;
    enum keeper_word word; /* as it stands */
    bool answered;         /* nothing is waited for any more */
    struct keeper_reason reason;
    usec asked, told;
};

/* `refused`: the version that the vendor has refused; 0: none. */
void lodge_ask(struct lodge *lodge, unsigned process, str id, uint64_t refused,
               struct asker *ret);
void lodge_forget(struct asker *asker);

/* Asks, waits, and answers the word. */
enum keeper_word lodge_get(struct lodge *lodge, str id);

/* The account takes the token that it has and gives a call to the vendor; renewed once,
 * and tried again, when it is refused. */
bool lodge_call(struct lodge *lodge, unsigned process, str id);

/* Every event, oldest first, as "type\n". */
str lodge_events(struct lodge *lodge);

/* The vendor has refused its credentials at that resource. */
void lodge_refuse(struct lodge *lodge, unsigned process, str id, uint64_t resource);
/* As often, and at as many resources, as it takes. */
void lodge_suspect(struct lodge *lodge, unsigned process, str id);
void lodge_hurry(struct lodge *lodge, unsigned process, str id);

/* A member of the account's context; absent: there is none. */
str lodge_context(struct lodge *lodge, unsigned process, str id, const char *name);

/* SQL in the store, behind everybody's back. */
void lodge_sql(struct lodge *lodge, const char *sql);
int64_t lodge_number(struct lodge *lodge, const char *sql);

bool lodge_logged(struct lodge *lodge, const char *part);

#endif
