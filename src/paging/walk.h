/*
 * A walk through a vendor's list, page by page: which request asks for the next page, and
 * what its answer means: the records, whether there is more, where it is. Whoever drives
 * it sends the requests; between two pages a walk is a value that can wait for days in a
 * cursor (cursor.h).
 *
 *   walk_begin ──► walk_ask ──► (the request, sent by the driver) ──► walk_read ──┐
 *                     ▲                                                           │
 *                     └───────── walk.at is no POSITION_END ◄─────────────────────┘
 *                              an error instead: walk_refused
 *
 * The request that walk_ask changes is always the first one, as the driver made it; no
 * page's request is made out of the page's before. Pure; any thread.
 */
#ifndef PAGING_WALK_H
#define PAGING_WALK_H

#include "paging/page_guard.h"
#include "paging/page_link.h"
#include "paging/page_rule.h"

enum position_form {
    POSITION_START, /* the first page, where it has no number */
    POSITION_TEXT,  /* a cursor, an id, or a whole URL, by kind */
    POSITION_NUMBER,
    POSITION_END,
    POSITION_BEYOND, /* there is more, and the vendor does not show it */
};

/* What names a page to the vendor. */
struct page_position {
    uint32_t form; /* enum position_form */
    str text;      /* 1 to PAGE_TEXT_MAX bytes */
    uint64_t number;
};

/* Texts are borrowed from the answer, the cursor or the arena of the page before: who
 * keeps a walk longer copies it (walk_copy). */
struct walk {
    struct page_position at; /* the page that is asked for next */
    uint32_t size;           /* of pages; 0: the vendor decides */
    uint32_t skip;           /* records of that page that were handed out before */
    uint64_t seen;           /* records before that page, since the window began */
    uint32_t pages;          /* pages before it, since the window began */
    uint32_t expiries;       /* how often it was begun anew because a cursor expired */
    str since;               /* the delta token with which it began; absent: none */
    str filter; /* the value with which the window began; absent: the first */
    str mark;   /* the value of the last record, if there is a restart */
    struct page_guard guard;
};

/* What an answer has. */
struct page {
    struct json records; /* an ARRAY, without those that were handed out before */
    double total;        /* of the list, as the vendor tells it; −1: not known */
    str delta;           /* of the last page: what the next walk begins with */
    bool last;
    str detail; /* on an error, the sentence; nothing else is set then */
};

/* A walk from the start. `wanted`: how many records a page should have, 0: no wish.
 * `since`: the delta token of the walk before, or absent. */
void walk_begin(const struct page_rule *rule, uint32_t wanted, str since,
                struct walk *ret_walk);

/* Makes the request for the page at walk->at. ERR_WINDOW_CAPPED when the vendor does not
 * show it; ERR_PAGE_INVALID when the request has no place for what must be put there;
 * ERR_PAGE_LINK_FORBIDDEN. Not at the end. */
enum err walk_ask(const struct page_rule *rule, const struct walk *walk,
                  const struct page_reach *reach, struct page_request *request,
                  str *ret_detail) MUST_CHECK;

/*
 * Reads a good answer to that request, and moves the walk behind its page. On an error
 * the walk stays where it was: ERR_PAGE_INVALID when the answer does not have what the
 * rule says, ERR_PAGE_LOOP, ERR_PAGE_LINK_FORBIDDEN, each with page->detail. An answer
 * that contradicts itself is an error, never the end of a list.
 */
enum err walk_read(const struct page_rule *rule, struct walk *walk,
                   const struct page_reach *reach, const struct answer *answer,
                   struct arena *arena, struct page *ret_page) MUST_CHECK;

enum walk_verdict {
    WALK_OTHER,         /* it is not about the cursor */
    WALK_AGAIN,         /* the walk was set back: ask */
    WALK_EXPIRED,       /* ERR_CURSOR_EXPIRED: the cursor is no longer good */
    WALK_DELTA_EXPIRED, /* the same of the delta token: everything must be read anew */
};

/* What an error of the vendor means to a walk. */
enum walk_verdict walk_refused(const struct page_rule *rule, struct walk *walk,
                               const struct answer *answer, struct arena *arena);

/* The walk at the page that was just read (`before`: as it stood then), of which the
 * first `taken` records that page.records had are handed out: for a caller who wants
 * fewer than came. */
struct walk walk_cut(const struct walk *before, uint32_t taken);

/* Another size for the pages that follow: another wish of the caller's, or a smaller page
 * after one that was too much for the vendor. False, and it stays, where positions hang
 * on it (pages that are counted), and within a page that is partly handed out. */
bool walk_resize(const struct page_rule *rule, uint32_t wanted, struct walk *walk);

/* A copy whose texts stand in the arena. */
struct walk walk_copy(struct arena *arena, const struct walk *walk);

#endif
