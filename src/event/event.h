/*
 * The outbox: what happened, written in the transaction that made it happen, so that no
 * state ever changes without its event and no event tells of what was rolled back.
 * Numbered in the order of commits, without gaps. Who is to hear of them and when is not
 * decided here.
 *
 * An event holds no secret. Its `type` is a row of event_list.h. What it brings of a
 * customer's data is sealed with the account's data key by whoever puts it, bound by
 * event_about; so erasing the account erases it everywhere.
 */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include "base/usec.h"
#include "store/store.h"

enum event_type {
#define X(symbol, name, doc) EVENT_##symbol,
#include "event/event_list.h"
#undef X
    EVENT_TYPE_COUNT
};

str event_type_name(enum event_type type); /* "account.needs_reauth" */
bool event_type_of(str name, enum event_type *ret_type) MUST_CHECK;
str event_type_doc(enum event_type type);

struct event {
    enum event_type type;
    usec time;       /* wall */
    str environment; /* id; absent where none is concerned */
    str account;     /* id; absent where none is concerned */
    str detail;      /* a JSON object; readable by whoever may list events */

    /* Of events about records; absent in all others. */
    str integration;
    str source;  /* what it came of: the id of a vendor's event (hok_…) */
    str subject; /* what it is about, whose events keep their order:
                  * "crm/contacts/42" of the account */
    str sealed;  /* its data, a JSON object, sealed; or, above EVENT_INLINE_BYTES_MAX: */
    str payload; /* the reference of a payload with the same (payload/payload.h) */
};

enum { EVENT_INLINE_BYTES_MAX = 64 * 1024 };

/* What the data of an event is bound to when it is sealed; in the arena. */
str event_about(str source, enum event_type type, struct arena *arena);

/* Inside a transaction: adds an event. */
enum err event_put(struct tx *tx, const struct event *event) MUST_CHECK;

struct event_row {
    int64_t sequence;
    usec time;
    str type;
    str environment;
    str account;
    str detail;
    str integration; /* this and the next: as above */
    str source;
    str subject;
    str sealed;
    str payload;
};

/* A page of events, newest first. The caller embeds it, fills the first part, and lends
 * the arena until `done`. */
struct event_query {
    str environment; /* absent: any */
    str account;     /* absent: any */
    str type;        /* absent: any */
    int64_t before;  /* events with a smaller number; 0: from the newest */
    uint32_t max;    /* > 0 */
    struct arena *arena;
    struct worker *worker;
    void (*done)(struct event_query *query);
    void *owner;

    /* the answer */
    enum err err;
    struct event_row *rows;
    uint32_t n; /* less than max: there are no more */

    struct store_op op; /* private */
};

void event_list(struct store *store, struct event_query *query);

#endif
