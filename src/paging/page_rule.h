/*
 * How a vendor pages a list: the `pagination` block of an integration document, for the
 * whole integration or for one method, read and checked. What a kind takes stands in its
 * file (page_list.h); what is done with a rule is walk.h's. Immutable once bound.
 *
 * Pure; any thread.
 */
#ifndef PAGING_PAGE_RULE_H
#define PAGING_PAGE_RULE_H

#include "paging/page_place.h"
#include "policy/signal.h"

enum page_kind {
#define X(name, doc) PAGE_##name,
#include "paging/page_list.h"
#undef X
    PAGE_KIND_COUNT
};

enum page_end {
#define X(name, doc) PAGE_END_##name,
#include "paging/page_end_list.h"
#undef X
    PAGE_END_COUNT
};

#define PAGE_END(name) (1u << PAGE_END_##name)

/* Where an answer has its records: a pointer to a list, or an expression that makes one.
 */
struct page_records {
    struct pointer at; /* "": the body itself */
    const struct jsonata *expression;
};

struct page_size {
    struct page_place put; /* PLACE_NONE: it cannot be chosen */
    uint32_t standard;     /* when nobody asks for one; 0: not known */
    uint32_t min;          /* 0: none */
    uint32_t max;          /* 0: not known */
    struct signal told;    /* where the answer tells the size that it took */
};

enum page_then { PAGE_THEN_ERROR, PAGE_THEN_RESTART };

/* How much of a list the vendor shows. */
struct page_window {
    uint32_t records; /* 0: no limit */
    uint32_t pages;
    uint32_t then; /* enum page_then */
};

/* How a walk begins again where it broke off: the last record's value becomes a filter.
 */
struct page_restart {
    struct pointer value; /* within a record */
    struct page_place put;
};

struct page_expired {
    struct bind_list when; /* struct condition */
    uint32_t then;         /* enum page_then */
};

/* Walks over changes: what the last page tells is what the next walk begins with. */
struct page_delta {
    struct signal token;      /* SIGNAL_NONE: what `next` said last */
    struct page_place put;    /* PLACE_NONE: the rule's `put`, or it is a whole URL */
    struct bind_list expired; /* struct condition: a new walk over everything is due */
};

enum page_advance { PAGE_BY_RECORDS, PAGE_BY_SIZE };
enum page_against { PAGE_AGAINST_REQUEST, PAGE_AGAINST_BASE };

struct page_rule {
    uint32_t kind; /* enum page_kind */
    struct page_records records;
    struct signal next;
    struct page_place put;
    struct page_size size;
    struct signal more;
    struct signal done;
    struct signal total;
    struct signal pages;
    struct bind_list end;               /* as written */
    uint32_t ends;                      /* a bit PAGE_END(name) for each that counts */
    uint32_t first;                     /* the first page's or record's number */
    uint32_t advance;                   /* enum page_advance */
    struct pointer item;                /* within a record: its id */
    struct template clause;             /* {position}, {size} */
    str rel;                            /* relation type of the link; lower case */
    uint32_t against;                   /* enum page_against */
    const struct page_window *window;   /* NULL: the whole list is shown */
    const struct page_restart *restart; /* NULL: none */
    const struct page_expired *expired; /* NULL: cursors do not expire, or nobody knows */
    const struct page_delta *delta;     /* NULL: none */
    uint64_t hash; /* of the block as it was written; set by page_rule_hash */
};

extern const struct bind_table page_rule_table;

/* What kind it is, as the document writes it. */
str page_kind_word(const struct page_rule *rule);

/* The hash of a block's JSON, blanks aside: cursors are bound to it. Equal in every
 * process. */
uint64_t page_rule_hash(const struct json *written);

/* The size of the pages to ask for when `wanted` records are (0: no wish); 0: unknown,
 * the vendor decides. */
uint32_t page_rule_size(const struct page_rule *rule, uint32_t wanted);

#endif
