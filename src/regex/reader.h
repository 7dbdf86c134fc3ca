/*
 * What the parts of the parser share: the place in the pattern, the first fault, nodes.
 * A function that fails has set the fault; the place is then of no meaning.
 */
#ifndef REGEX_READER_H
#define REGEX_READER_H

#include "regex/regex_tree.h"

struct group_name;

struct reader {
    str pattern; /* well-formed: see regex_text.h */
    size_t at;
    unsigned flags;
    uint32_t groups;       /* opened so far */
    uint32_t groups_total; /* in the whole pattern: decides what \1 means */
    bool named;            /* a group has a name: decides what \k means */
    uint32_t depth;
    struct group_name *names; /* newest first */
    struct node *by_name;     /* references by name, not yet found; linked by `child` */
    struct arena *arena;
    struct regex_fault fault;
};

enum { READER_END = UINT32_MAX };

static inline bool reader_unicode(const struct reader *r)
{
    return r->flags & REGEX_UNICODE;
}

/* The byte at the place, or 0 at the end; what stands `ahead` bytes later. */
static inline char reader_byte(const struct reader *r, size_t ahead)
{
    return r->pattern.n - r->at > ahead ? r->pattern.p[r->at + ahead] : 0;
}

static inline bool reader_ended(const struct reader *r)
{
    return r->at == r->pattern.n;
}

/* Goes past the text if it stands here. */
static inline bool reader_skip(struct reader *r, str text)
{
    if (!str_starts(str_from(r->pattern, r->at), text))
        return false;
    r->at += text.n;
    return true;
}

uint32_t reader_character(struct reader *r); /* takes one; READER_END at the end */

/* Takes exactly `digits` hexadecimal digits, or nothing. */
bool reader_hex(struct reader *r, unsigned digits, uint32_t *ret_value);

/* Sets the fault and answers false, or NULL. */
bool reader_refuse(struct reader *r, size_t offset, const char *what);
struct node *reader_fail(struct reader *r, size_t offset, const char *what);

struct node *reader_node(struct reader *r, enum node_kind kind);

#endif
