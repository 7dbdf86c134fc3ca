/*
 * One request of the admin API, from its head to the last byte of its answer.
 *
 *   READS ──body complete──► RUNS ──api_send, api_refuse──► WRITES ──► (ended)
 *     │                        └── a handler that waits for store or catalog stays here
 *     └── the caller leaves ─────────────────────────────────────────► (ended)
 *
 * A handler runs once, on the worker of the request, and answers exactly once, at once or
 * later, by one of the functions below; the call may be gone when they come back. When
 * the caller leaves while a handler waits, the handler is not told: what it has begun is
 * finished, its answer goes nowhere, and the call ends as usual.
 *
 * Lives in the request's arena.
 */
#ifndef API_API_CALL_H
#define API_API_CALL_H

#include "api/api.h"
#include "api/api_route.h"
#include "api/api_shape.h"
#include "http/path.h"

enum api_state { API_READS, API_RUNS, API_WRITES, API_ENDED };

enum { API_BODY_BYTES_MAX = 1 << 20, API_REQUEST_ID_BYTES = 32, API_QUERY_MAX = 32 };

/* A parameter of the query, decoded. */
struct api_given {
    str name;
    str value;
    const struct api_param *param;
};

/* A body on its way in; memory of its own, wiped when it goes. */
struct api_body {
    char *bytes;
    size_t n;
    size_t room;
    size_t booked; /* of api->body_bytes */
};

struct api_call {
    uint32_t magic;
    enum api_state state;
    struct api *api;
    struct inbound *in;
    struct worker *worker;
    struct arena *arena; /* the request's */
    const struct api_route *route;
    struct path_match match;
    struct api_key *key; /* NULL where the route asks for none */
    struct actor actor;  /* for changes */
    struct api_given given[API_QUERY_MAX];
    uint32_t given_n;
    struct api_body body;
    struct credential *secrets; /* taken out of the body; wiped at the end */
    uint32_t secret_n;
    struct json_out out; /* prints into `answer` */
    struct buf answer;
    size_t sent;
    bool gone; /* the caller has left */
    int status;
    enum err err;
    char request_id[API_REQUEST_ID_BYTES];
};

/* --- what was asked --- */

/* A parameter of the path, decoded. */
str api_path(struct api_call *call, const char *name);

/* A parameter of the query, already checked; absent when it was not given. */
str api_query(const struct api_call *call, const char *name);
uint32_t api_query_uint(const struct api_call *call, const char *name, uint32_t standard);
int api_query_word(const struct api_call *call, const char *name);  /* −1: not given */
usec api_query_time(const struct api_call *call, const char *name); /* 0: not given */
bool api_query_bool(const struct api_call *call, const char *name);

/* Reads the body into `obj` by the route's table. False when it was refused. */
bool api_bind(struct api_call *call, void *obj) MUST_CHECK;

/* The body as it came. */
str api_body_text(const struct api_call *call);

/* --- scope --- */

bool api_may(const struct api_call *call, unsigned permission);

/* Whether the key is bound to no stage and no environments. */
bool api_is_platform(const struct api_call *call);

/* The same; false when it was refused. */
bool api_need_platform(struct api_call *call) MUST_CHECK;

/* Refuses for want of that permission. */
void api_refuse_permission(struct api_call *call, enum permission permission);

bool api_sees_stage(const struct api_call *call, const struct stage *stage);
bool api_sees_key(const struct api_call *call, const struct api_key *key);

/* What the path or a member names, with a reference; NULL when it was refused. */
struct stage *api_find_stage(struct api_call *call, str ref);
struct environment *api_find_environment(struct api_call *call, str id);
struct account *api_find_account(struct api_call *call);
struct api_key *api_find_key(struct api_call *call);

/* --- answering: exactly one of these --- */

/* An answer of the route's status with what was printed into call->out. */
void api_send(struct api_call *call);

/* One of another status. */
void api_send_status(struct api_call *call, int status);

/* An answer without a body: 204. */
void api_send_nothing(struct api_call *call);

void api_refuse(struct api_call *call, enum err err, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
void api_refuse_text(struct api_call *call, enum err err, str detail);
void api_refuse_faults(struct api_call *call, enum err err, str detail,
                       const struct catalog_fault *faults, uint32_t n);

/* Refuses for one member of the body. */
void api_refuse_member(struct api_call *call, const char *pointer, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* --- changes of the directory --- */

/* A change with everything in it that keeps what is. */
struct change *api_change(struct api_call *call, enum change_kind kind);

/* Submits it; `then` (NULL: answer 204) runs after it went well. */
void api_submit(struct change *change, void (*then)(struct change *change));

/* Submits a change of the object `id` that needs nothing else, such as deleting it, and
 * answers 204. Nothing when `id` is absent: it was refused. */
void api_submit_bare(struct api_call *call, enum change_kind kind, str id);

/* --- changes of the catalog --- */

/* A change; of documents, that of the integration that the path names. */
struct catalog_change *api_catalog_change(struct api_call *call,
                                          enum catalog_change_kind kind);

/* Submits it; `then` runs after it went well. */
void api_catalog_submit(struct catalog_change *change,
                        void (*then)(struct catalog_change *change));

/* --- for api.c --- */

/* Takes the request over. */
struct api_call *api_call_create(struct api *api, struct inbound *in);
void api_call_start(struct api_call *call); /* the route and the key are known */
void api_refuse_method(struct api_call *call, str allow);

/* Reads the query into call->given; what is not known or not as it must be is refused,
 * never passed over. False when it was refused. */
bool api_query_read(struct api_call *call) MUST_CHECK;

#endif
