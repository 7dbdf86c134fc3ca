/*
 * Endpoints: URLs of the product that receive events. Each object is immutable once it is
 * published; a change publishes a new one under the same id, after its commit. Secrets
 * are no part of it: they are opened where a delivery needs them (signing.h).
 *
 * An endpoint is an environment's or a whole stage's. Which events go to it is decided by
 * its filters alone, in memory: the table knows the endpoints of each environment and
 * stage, so that a hundred thousand elsewhere cost an event nothing.
 *
 * Reference-counted; any thread.
 */
#ifndef DELIVER_ENDPOINT_H
#define DELIVER_ENDPOINT_H

#include <stdatomic.h>

#include "base/usec.h"
#include "directory/tenant.h"
#include "event/event.h"
#include "http/url.h"
#include "json/bind.h"

struct endpoints;
struct json_out;

enum endpoint_state { ENDPOINT_ACTIVE, ENDPOINT_PAUSED, ENDPOINT_DISABLED };
extern const char *const endpoint_state_words[]; /* NULL-terminated, in enum order */
str endpoint_state_word(enum endpoint_state state);

enum endpoint_ordering {
    ORDERING_NONE,
    ORDERING_RECORD, /* one after the other for each record */
    ORDERING_LATEST /* and a later event of a record takes the place of those that wait */
};
extern const char *const endpoint_ordering_words[];

/* Why it is paused. */
#define ENDPOINT_BY_FAILURES STR("failures")
#define ENDPOINT_BY_REQUEST  STR("request")
#define ENDPOINT_BY_GONE     STR("gone") /* disabled: it has answered 410 */

/* What it is made with: members of the API's body and of the stored document. */
struct endpoint_spec {
    str name; /* for people; absent: none */
    str url;
    struct bind_texts types; /* of events: exact, or "record.*"; none: all but
                              * alerts */
    struct bind_texts integrations, accounts, resources; /* none: all */
    uint32_t ordering;                                   /* enum endpoint_ordering */
    uint32_t concurrency;                                /* attempts at a time */
    uint32_t rate;           /* attempts a second; 0: no limit */
    usec timeout;            /* of an attempt */
    uint32_t pending_max;    /* deliveries that wait for it */
    uint32_t pending_mb_max; /* their events, in MiB */
    bool pause_on_failures;
    bool skip_self; /* events that echo our own writes */
    bool skip_late; /* events that came late */
    bool alerts;    /* gets all that is said of endpoints */
};

extern const struct bind_table endpoint_table;

/* Its members into an object that is open. */
void endpoint_spec_put(struct json_out *out, const struct endpoint_spec *spec);

struct endpoint {
    atomic_uint refs;
    struct tenant_id id;          /* ept_… */
    struct tenant_id environment; /* empty: the whole stage */
    struct tenant_id stage;
    enum endpoint_state state;
    str reason;   /* absent while it is active */
    usec failing; /* wall, since when; 0: it is not */
    struct endpoint_spec spec;
    struct url url;
    struct json shown; /* OBJECT: public_key, header_names, rotated_until */
    uint64_t version;  /* counts up with each change of its secrets */
    usec created, updated;
    struct arena arena;
};

/* A row of the store as an object with one reference: NULL where its texts are no such
 * document. */
struct endpoint_row {
    str id, environment, stage, state, reason, document, shown;
    uint64_t version;
    usec failing, created, updated;
};
struct endpoint *endpoint_create(const struct endpoint_row *row);
struct endpoint *endpoint_ref(struct endpoint *endpoint);
void endpoint_unref(struct endpoint **endpoint); /* NULL inside is allowed */

/* --- all of them --- */

struct endpoints *endpoints_create(void);
void endpoints_destroy(struct endpoints **endpoints);

void endpoints_put(struct endpoints *endpoints, struct endpoint *endpoint); /* takes it */
void endpoints_remove(struct endpoints *endpoints, str id);
struct endpoint *endpoints_find(struct endpoints *endpoints, str id); /* a reference */
/* How many there are, and how many of them are failing. */
uint32_t endpoints_count(struct endpoints *endpoints, uint32_t *ret_failing);

/* Up to `max` behind the id `after` (absent: from the first) for which `want` answers
 * true, each with a reference. */
uint32_t endpoints_list(struct endpoints *endpoints, str after, uint32_t max,
                        bool (*want)(void *arg, const struct endpoint *endpoint),
                        void *arg, struct endpoint **ret);

/* --- matching --- */

/* An event as filters see it. */
struct endpoint_event {
    const struct event_row *row;
    str stage;    /* of its environment; absent: not known */
    str resource; /* "crm/contacts" of its subject; absent */
    str about;    /* the endpoint that it is about; absent */
    bool to_one;  /* it goes to that one and nobody else */
    bool alert;
    bool self, late;
};

/* Calls `take` for each endpoint that gets the event, under a lock: it must not call
 * back. Those that are disabled get nothing; no endpoint hears of itself, but by a test.
 */
void endpoints_match(struct endpoints *endpoints, const struct endpoint_event *event,
                     void (*take)(void *arg, struct endpoint *endpoint), void *arg);

#endif
