/*
 * A walk as a text for callers: `next_cursor`. It is authenticated, and bound to the
 * account, the resource and the query it was made for; what it says of the rule lets its
 * reader tell a changed one. It can be read by whoever has it, and holds what the vendor
 * said about the next page, no credential.
 *
 *   base64url( HMAC-SHA-256(key, "walk", rest) cut to 16 bytes, rest )
 *   rest = version, hash of what it is bound to, hash of the rule, revision, begun, walk
 *
 * Pure; any thread.
 */
#ifndef PAGING_CURSOR_H
#define PAGING_CURSOR_H

#include "base/usec.h"
#include "paging/walk.h"

enum {
    CURSOR_KEY_BYTES = 32,
    CURSOR_TEXT_MAX = 12000 /* fits into a request's target */
};

/* What it is bound to. */
struct cursor_about {
    str account;
    str resource; /* "crm/contacts"; any text that names one list */
    str query;    /* as cursor_query has it */
};

struct cursor {
    uint32_t revision; /* of the integration; 0: not stored */
    uint64_t rule;     /* page_rule.hash */
    usec begun;        /* when the walk began, by our clock */
    struct walk walk;
};

/* A query of the caller's in one form, whatever the order and escapes of its parameters:
 * all but those named in `without` (NULL-terminated), sorted. */
str cursor_query(struct arena *arena, str query, const char *const *without);

/* ERR_PAGE_INVALID with a sentence when what the vendor said makes it longer than
 * CURSOR_TEXT_MAX. Not for a walk at its end. */
enum err cursor_write(const uint8_t key[CURSOR_KEY_BYTES],
                      const struct cursor_about *about, const struct cursor *cursor,
                      struct arena *arena, str *ret_text, str *ret_detail) MUST_CHECK;

/*
 * ERR_CURSOR_INVALID with a sentence when it was changed, cut, made by somebody else, or
 * for another account, resource or query; ERR_CURSOR_STALE when another version of
 * Breakwater made it. Texts of the walk stand in the arena.
 */
enum err cursor_read(const uint8_t key[CURSOR_KEY_BYTES],
                     const struct cursor_about *about, str text, struct arena *arena,
                     struct cursor *ret_cursor, str *ret_detail) MUST_CHECK;

/* Whether its walk stays on the version of the integration that it began with, rather
 * than going on with `revision`, which is in use: for a day since it began (SPEC 2.4). */
bool cursor_stays(const struct cursor *cursor, uint32_t revision, usec wall);

/* ERR_CURSOR_STALE with a sentence when the rule is not the one that it was made with. */
enum err cursor_check(const struct cursor *cursor, const struct page_rule *rule,
                      str *ret_detail) MUST_CHECK;

#endif
