/*
 * The `events` block of an integration: what a vendor's events mean (docs/webhooks.md).
 * Each rule says for which events it is, of which record of which unified model they
 * tell, and where that stands. The first rule that is for an event decides; one for which
 * there is none is told as it came.
 *
 * Nothing is mapped, fetched or ordered here. Pure; any thread; rules are immutable once
 * bound.
 */
#ifndef SIGNATURE_EVENT_RULE_H
#define SIGNATURE_EVENT_RULE_H

#include "signature/webhook.h"

enum record_action {
    RECORD_CREATED,
    RECORD_UPDATED,
    RECORD_DELETED,
    RECORD_ACTION_COUNT
};

/* "created", "updated", "deleted"; and back, false for a word that is none. */
str record_action_word(enum record_action action);
bool record_action_of(str word, enum record_action *ret_action) MUST_CHECK;

enum { RECORD_ID_BYTES_MAX = 512 };

struct event_rule {
    bool ignore;                  /* nobody is told of such events */
    struct bind_texts types;      /* the vendor's words; with a `*` at its end, all that
                                   * begin so; none: any */
    const struct condition *when; /* NULL: none */
    str target;                   /* "crm/contacts" */
    str category, resource;       /* its parts */
    uint32_t action; /* enum record_action; ACTION_COUNT: `action_from` says */
    struct signal action_from;
    struct signal id;             /* of the record, as the model has it */
    struct signal record;         /* the vendor's, whole; NONE: it is fetched */
    struct signal version;        /* a number, or a moment where its unit is one */
    struct signal changed;        /* a list of the vendor's names of members */
    const struct condition *self; /* a write of ours has made it; NULL: nobody knows */
};

/* What becomes of an event that is older than what was told of its record. */
enum late_rule { LATE_DROP, LATE_MARK, LATE_PASS };

struct event_rules {
    uint32_t late;        /* enum late_rule */
    uint32_t concurrency; /* records of an account that are fetched at once */
    bool original;        /* events bring the vendor's record as well */
    struct bind_list rules;
};

extern const struct bind_table event_rules_table;

enum event_fault { EVENT_FINE, EVENT_NO_ID, EVENT_NO_ACTION, EVENT_NO_RECORD };

/* What one event means. Shares memory with the view. */
struct event_meaning {
    const struct event_rule *rule; /* NULL: none is for it */
    enum event_fault fault;        /* nothing below counts, but trouble */
    str trouble; /* what went wrong with an expression; absent: nothing */
    enum record_action action;
    str id;
    struct json record; /* the vendor's; UNDEFINED: it is fetched, or gone */
    bool has_version;
    int64_t version;     /* moments in µs */
    struct json changed; /* a list of texts; UNDEFINED: it does not say */
    bool self;
};

/* `rules` may be NULL: then none is for it. The view's body has been read. */
void event_rules_read(const struct event_rules *rules, struct webhook_view *view,
                      const struct json *item, str type,
                      struct event_meaning *ret_meaning);

#endif
