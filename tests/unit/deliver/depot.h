/*
 * What the tests of this folder share: deliveries and all that they stand on, in false
 * time, over a private store, with endpoints behind it whose answers are chosen when they
 * are asked. The host of an endpoint's URL is e0.test, e1.test, …; the events are
 * numbered by `n` in their detail.
 */
#ifndef UNIT_DELIVER_DEPOT_H
#define UNIT_DELIVER_DEPOT_H

#include "support/false_world.h"
#include "support/unit.h"

#include "call/call.h"
#include "deliver/deliver.h"
#include "directory/directory.h"

enum { DEPOT_WORKERS = 2, DEPOT_ENDPOINTS_MAX = 16, DEPOT_EVENTS_MAX = 600 };

enum fate {
    FATE_GOOD,
    FATE_ERROR,     /* 500 */
    FATE_GONE,      /* 410 */
    FATE_ELSEWHERE, /* 302 */
    FATE_LATER,     /* 503 with Retry-After */
    FATE_SLOW,      /* 200 within 20 s */
    FATE_HANGS,     /* nothing, until the time limit */
    FATE_UNREACHABLE,
    FATE_LOST, /* taken, and the answer is lost */
    FATES
};

struct depot_endpoint {
    str id;
    bool ordered;
    enum fate fate;                   /* unless depot->choose says so */
    unsigned asked;                   /* requests */
    unsigned good[DEPOT_EVENTS_MAX];  /* of each event: answered 2xx, or lost */
    unsigned order[DEPOT_EVENTS_MAX]; /* the events in the order of their first good */
    unsigned order_n;
    unsigned under_way, most;
};

struct depot {
    struct transport transport;
    struct false_world world;
    struct arena arena;
    struct store *store;
    struct log log;
    str stage, environment, account;
    uint64_t chance;
    enum fate (*choose)(struct depot *depot, unsigned endpoint);
    struct depot_endpoint endpoints[DEPOT_ENDPOINTS_MAX];
    unsigned endpoint_n;
    unsigned event_n; /* numbered events so far */
    unsigned repeats; /* requests for what the store knew as delivered */
    unsigned early;   /* requests for what one before it was pending for */

    /* a process, while it is open */
    bool open;
    struct false_loop loop;
    struct keyring *keyring;
    struct directory *directory;
    struct deliver *deliver;
};

struct depot *depot_create(uint64_t seed);
void depot_destroy(struct depot **depot);
int depot_setup(void **state);
int depot_teardown(void **state);
#define DEPOT_TEST(fn) cmocka_unit_test_setup_teardown(fn, depot_setup, depot_teardown)

/* A process starts; ends in good order; or as kill -9 does: what was under way is not
 * stored. */
void depot_open(struct depot *depot);
void depot_stop(struct depot *depot);
void depot_crash(struct depot *depot);
void depot_run(struct depot *depot, usec duration);

/* A new endpoint; its number. NULL: as they are by themselves. */
unsigned depot_endpoint(struct depot *depot, const struct endpoint_spec *like);
struct endpoint_spec depot_spec(void);
struct endpoint_change depot_change(struct depot *depot, enum endpoint_change_kind kind,
                                    unsigned endpoint);
struct endpoint *depot_find(struct depot *depot, unsigned endpoint); /* a reference */

/* A numbered event about a record; `subject` NULL: about the account. Its number. */
unsigned depot_event(struct depot *depot, const char *subject);

/* A number from the store; the statement is a literal. $1: the endpoint's id. */
int64_t depot_number(struct depot *depot, const struct statement *statement,
                     unsigned endpoint);
int64_t depot_count(struct depot *depot, unsigned endpoint, const char *state);
int64_t depot_events(struct depot *depot, const char *type);

void depot_store_fails(struct depot *depot, bool fails);

#endif
