/*
 * What a kind of paging is, and what kinds share: reading what an answer tells of the
 * next page, the ends, positions. Inside of src/paging only.
 */
#ifndef PAGING_PAGE_KIND_H
#define PAGING_PAGE_KIND_H

#include "paging/walk.h"

/* Members of the block that not every kind takes; in the order of their names in
 * page_rule.c. */
enum page_member {
    PAGE_MEMBER_NEXT = 1,
    PAGE_MEMBER_PUT = 2,
    PAGE_MEMBER_FIRST = 4,
    PAGE_MEMBER_ADVANCE = 8,
    PAGE_MEMBER_ITEM = 16,
    PAGE_MEMBER_CLAUSE = 32,
    PAGE_MEMBER_REL = 64,
    PAGE_MEMBER_AGAINST = 128,
    PAGE_MEMBER_SIZE = 256,
    PAGE_MEMBER_MORE = 512,
    PAGE_MEMBER_DONE = 1024,
    PAGE_MEMBER_PAGES = 2048,
    PAGE_MEMBER_END = 4096,
    PAGE_MEMBER_WINDOW = 8192,
    PAGE_MEMBER_RESTART = 16384,
    PAGE_MEMBER_EXPIRED = 32768,
};

/* What all kinds take that have more than one page. */
#define PAGE_MEMBERS_ALL                                                                 \
    (PAGE_MEMBER_SIZE | PAGE_MEMBER_MORE | PAGE_MEMBER_DONE | PAGE_MEMBER_PAGES |        \
     PAGE_MEMBER_END | PAGE_MEMBER_WINDOW | PAGE_MEMBER_RESTART | PAGE_MEMBER_EXPIRED)

#define PAGE_ENDS_TOKEN                                                                  \
    (PAGE_END(token_absent) | PAGE_END(token_null) | PAGE_END(token_empty))

#define PAGE_PLACE(name) (1u << PLACE_##name)

enum page_token_form { TELLS_NOTHING, TELLS_NULL, TELLS_EMPTY, TELLS_TEXT };

/* What `next` says. */
struct page_token {
    enum page_token_form form;
    str text;
};

/* An answer as it is being looked at. */
struct page_look {
    const struct page_rule *rule;
    const struct page_ops *ops;
    const struct walk *walk; /* at the page that was asked for */
    const struct page_reach *reach;
    const struct answer *answer;
    struct arena *arena;
    struct json records; /* an ARRAY: all of the page */
    uint32_t size;       /* asked for, or as the answer tells it; 0: not known */
    struct page_token token;
    bool more;
    bool done;
    double total; /* −1: not told */
    double pages; /* −1: not told */
    str detail;   /* of a fault */
};

struct page_ops {
    unsigned needs;   /* enum page_member */
    unsigned takes;   /* besides */
    unsigned places;  /* a bit PAGE_PLACE(name) for each where `put` may be */
    const char *goes; /* in words: "into the query or a header"; with places */
    uint32_t ends;    /* when nothing else is said, but for no_content */
    uint32_t first;   /* the first number, unless given */
    bool numbered;    /* positions are numbers, from the first one on */
    bool by_record;   /* they count records */
    bool counted;     /* the end is found by counting, unless the answer tells it */
    bool steady;      /* the size must be the same for all pages */

    /* What `needs`, `takes` and `places` cannot say; NULL: nothing. */
    void (*check)(struct binder *binder, const struct page_rule *rule);

    /* Puts a position that is a TEXT or NUMBER into the request. NULL for `none`. */
    enum err (*ask)(const struct page_rule *rule, const struct walk *walk,
                    const struct page_reach *reach, struct page_request *request,
                    str *ret_detail);

    /* The position of the next page; there is one. NULL: there never is. */
    enum err (*next)(struct page_look *look, struct page_position *ret_next);
};

#define X(name, doc) extern const struct page_ops page_##name;
#include "paging/page_list.h"
#undef X

const struct page_ops *page_ops_of(const struct page_rule *rule);

/* --- asking --- */

/* The position as a text or a number where the rule puts it. */
enum err page_ask_put(const struct page_rule *rule, const struct walk *walk,
                      const struct page_reach *reach, struct page_request *request,
                      str *ret_detail);
/* The position as the URL of the request. */
enum err page_ask_url(const struct page_rule *rule, const struct walk *walk,
                      const struct page_reach *reach, struct page_request *request,
                      str *ret_detail);

/* How many pages or records stand before a position that is a number. */
uint64_t page_before(const struct page_rule *rule, const struct page_position *at);

/* The size to ask for: the walk's, but no more than the window has left. */
uint32_t page_size_at(const struct page_rule *rule, const struct walk *walk);

/* --- reading --- */

/* Keeps the sentence and answers ERR_PAGE_INVALID. */
enum err page_invalid(struct page_look *look, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Reads everything that ends are asked about. */
enum err page_look_fill(struct page_look *look);

/* Whether one of the rule's ends holds. */
bool page_ends(const struct page_look *look);

/* The next position: what `next` says as a text; as a URL; as a number, or the one that
 * follows by counting. */
enum err page_next_text(struct page_look *look, struct page_position *ret_next);
enum err page_next_url(struct page_look *look, struct page_position *ret_next);
enum err page_next_number(struct page_look *look, struct page_position *ret_next);

/* A text as a position: bounded. */
enum err page_position_text(struct page_look *look, str text,
                            struct page_position *ret_next);

#endif
