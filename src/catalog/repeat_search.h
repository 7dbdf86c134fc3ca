/*
 * How a vendor is asked whether it has done a write whose answer never came (SPEC 7.3,
 * "search before create"): the `search` of an `idempotency` block. A document says what
 * the write can be found by, how long the vendor's search may lag behind, and whether
 * what it does not find then was not done: without that nothing is sent again.
 *
 * Expressions are over the write as its vendor gets it: its body, and `$request` with
 * method, url (the path below the base URL), query, headers and body. That which finds
 * the record in the answer has `$request` beside `$response`.
 *
 * Immutable once bound; pure; any thread.
 */
#ifndef CATALOG_REPEAT_SEARCH_H
#define CATALOG_REPEAT_SEARCH_H

#include "catalog/integration.h"
#include "policy/write_rule.h"

struct repeat_search {
    str method;                 /* RESOURCE.METHOD, which changes nothing */
    const struct jsonata *path; /* the next three: NULL if not given */
    const struct jsonata *query;
    const struct jsonata *body;
    struct signal found;      /* the record, or a list of those that match */
    struct bind_uints absent; /* error statuses that say that there is none */
    usec settle;              /* how long the search lags behind; 2 min */
    bool conclusive;          /* what is not found then was not done */
};

extern const struct bind_table repeat_search_table;

/* A write as its vendor gets it, or got it; borrowed. */
struct repeat_write {
    const struct integration *integration;
    const struct repeat_search *search;
    const struct json *context; /* the account's */
    str verb, path, query;      /* query: absent if none */
    const struct headers *headers;
    str body;  /* JSON or a form; absent: none */
    usec wall; /* our clock */
};

/* What is asked. */
struct repeat_question {
    const struct method *method;
    str path;  /* below the base URL */
    str query; /* absent: none */
    str body;  /* JSON; absent: none */
};

/* False: there is nothing in the write that it could be found by, since an expression of
 * the search fails or makes nothing. In the arena. */
bool repeat_search_ask(const struct repeat_write *write, struct arena *arena,
                       struct repeat_question *ret_question);

/* What the answer says; with WRITE_IS_THERE the record, as it stands there. `answer`:
 * a good one, or one with an error status; of one that is no JSON, or in which the
 * expression fails, nothing follows. */
enum write_found repeat_search_read(const struct repeat_write *write,
                                    const struct answer *answer, struct arena *arena,
                                    struct json *ret_record);

/* That the method which it names is there and changes nothing; after method_compile. */
void repeat_search_check(struct binder *binder, const struct integration *integration,
                         const struct repeat_search *search);

#endif
