/*
 * One order of versions per record, over webhooks, polls and reconciliation (SPEC 9.5,
 * 8.4): what is known to have been told of a record, and what is to be told of news of
 * it.
 *
 * Of two news of a record the later is the one with the greater version of the vendor's;
 * where one of them has none, the one with the later time by the vendor; where one has
 * none of that either, the one that was received later. Equal ones are taken in the order
 * of receipt.
 *
 *   news           of a record that was      of one that lives      of one that was
 *                  never told of                                    deleted
 *   created        created                   superseded, or, if     created
 *                                            later, updated
 *   updated        created                   updated                created, if later
 *   deleted        deleted                   deleted                nothing
 *   older          –                         late                   late
 *   equal content  –                         nothing                –
 *
 * An update of a record that was never told of is told as created: whoever listens hears
 * of it for the first time. Pure; any thread.
 */
#ifndef NEWS_ORDER_H
#define NEWS_ORDER_H

#include "base/crypto.h"
#include "base/usec.h"
#include "signature/event_rule.h"

/* Where something stands among the versions of its record. */
struct order_place {
    bool has_version;
    int64_t version;  /* the vendor's: a number, or a moment in µs */
    usec time;        /* wall, by the vendor; 0: it does not say */
    int64_t sequence; /* of receipt */
};

/* < 0: a is the earlier one. Never 0 for two of different sequences. */
int order_compare(const struct order_place *a, const struct order_place *b);

/* What was told of a record last. */
struct order_known {
    bool there; /* false: nothing ever, and nothing below counts */
    bool deleted;
    struct order_place place;
    uint8_t hash[CRYPTO_SHA256_BYTES]; /* of the unified record; zeroes: not known */
    int64_t revision;                  /* of the row in the store; 0: there is none */
};

struct order_news {
    enum record_action action;
    struct order_place place;
    bool read_now; /* the content was read from the vendor after it was told: it is as new
                    * as can be, whatever the news' own place */
    uint8_t hash[CRYPTO_SHA256_BYTES]; /* of the unified record; not with DELETED */
};

enum order_end {
    ORDER_TELL,
    ORDER_TELL_LATE,  /* it is older than what was told, and told all the same */
    ORDER_LATE,       /* the same, and it is not told */
    ORDER_SUPERSEDED, /* the record was told of as created before */
    ORDER_EQUAL       /* nothing that was told has changed */
};

struct order_verdict {
    enum order_end end;
    enum record_action action; /* as it is told */
    struct order_known known; /* what is known from now on; the revision is the old one */
    bool moved;               /* `known` differs from what it was */
};

/* The digest of a unified record. */
void order_hash(const struct json *record, uint8_t ret[CRYPTO_SHA256_BYTES]);

/* Whether news are older than what was told, so that their content need not be looked
 * for where late ones are dropped. */
bool order_is_late(const struct order_known *known, const struct order_news *news);

struct order_verdict order_judge(const struct order_known *known,
                                 const struct order_news *news, enum late_rule late);

#endif
