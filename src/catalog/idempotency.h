/*
 * How a vendor recognises a repeated write: the `idempotency` block of a document, and of
 * its methods. A write that needs no key to be repeated, such as an upsert by an id of
 * the caller's, is a method that is `repeatable`.
 */
#ifndef CATALOG_IDEMPOTENCY_H
#define CATALOG_IDEMPOTENCY_H

#include "base/usec.h"
#include "http/header.h"
#include "json/bind.h"
#include "json/json.h"

enum idempotency_kind {
    IDEMPOTENCY_NONE,
    IDEMPOTENCY_HEADER, /* a key in a header */
    IDEMPOTENCY_QUERY,  /* in a parameter of the query */
    IDEMPOTENCY_BODY    /* in a member of a JSON body */
};

struct repeat_search;

struct idempotency {
    uint32_t kind;
    str header;                /* HEADER: its name */
    str param;                 /* QUERY: its name */
    str member;                /* BODY: its name, at the top */
    usec window;               /* how long the vendor remembers */
    bool stores_errors;        /* it repeats the answer it gave, even a 5xx */
    struct bind_uints refused; /* statuses from 500 up that say: nothing was done; 503 */
    const struct repeat_search *search; /* how the vendor is asked whether it has a write;
                                         * NULL: it is not (repeat_search.h) */
};

extern const struct bind_table idempotency_table;

/* Parts of a request where a key may stand. */
struct idempotency_place {
    struct headers *headers; /* with room for one more */
    str query;               /* absent: none */
    struct json body;        /* UNDEFINED: none, or no JSON */
};

/* The key that a request has there; absent: none. A copy, if any, in the arena. */
str idempotency_key(const struct idempotency *idempotency,
                    const struct idempotency_place *place, struct arena *arena);

/* Puts a key where the vendor looks for it. False: there is no such place. */
bool idempotency_put(const struct idempotency *idempotency, str key, struct arena *arena,
                     struct idempotency_place *place);

/* Whether an answer of this status says that nothing was done. */
bool idempotency_refused(const struct idempotency *idempotency, int status);

#endif
