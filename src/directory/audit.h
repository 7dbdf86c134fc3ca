/*
 * The audit log: one line for each administrative act, written in the transaction that
 * does it, never changed, never deleted. Lines are numbered in the order of their
 * commits, without gaps, so that a reader who pages by number misses nothing.
 *
 * No secret stands in it: `detail` says which credentials were stored, not what they are.
 */
#ifndef DIRECTORY_AUDIT_H
#define DIRECTORY_AUDIT_H

#include "base/usec.h"
#include "store/store.h"

struct audit_entry {
    usec time; /* wall */
    str actor; /* id of the API key; absent: the machine itself */
    str peer;
    str request_id;
    str action; /* "account.create", … */
    str object_kind;
    str object_id;
    str environment; /* id; absent where none is concerned */
    str detail;      /* a JSON object */
};

/* Inside a transaction: adds a line. */
enum err audit_put(struct tx *tx, const struct audit_entry *entry) MUST_CHECK;

/* A line about an act that is none of the directory's changes: on disk at `done`. The
 * caller embeds it and keeps what the entry points to until then. */
struct audit_note {
    struct store *store;
    struct worker *worker;
    struct audit_entry entry;
    void (*done)(struct audit_note *note);
    void *owner;

    enum err err;       /* the store's */
    struct store_op op; /* private */
};
void audit_note(struct audit_note *note);

struct audit_row {
    int64_t sequence;
    struct audit_entry entry;
};

/* A page of the log, newest first. The caller embeds it, fills the first part, and lends
 * the arena until `done`. */
struct audit_query {
    str object_id;       /* absent: any */
    str environment;     /* absent: any */
    usec from, until;    /* from <= time < until; until 0: no end */
    int64_t before;      /* lines with a smaller number; 0: from the newest */
    uint32_t max;        /* > 0 */
    struct arena *arena; /* the rows are allocated in it */
    struct worker *worker;
    void (*done)(struct audit_query *query);

    /* the answer */
    enum err err;
    struct audit_row *rows;
    uint32_t n; /* less than max: there are no more */

    struct store_op op; /* private */
};

void audit_list(struct store *store, struct audit_query *query);

#endif
