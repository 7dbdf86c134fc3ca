/*
 * JSON Pointer (RFC 6901), compiled once and followed often. An extension for documents
 * of ours: with POINTER_STAR a token `*` stands for the first item or the first member
 * (an error map's first value). Immutable after parsing; any thread.
 */
#ifndef JSON_POINTER_H
#define JSON_POINTER_H

#include "json/json.h"

struct pointer_token {
    str name;      /* unescaped */
    int64_t index; /* as an array index, or -1 when it cannot be one */
    bool star;
};

struct pointer {
    const struct pointer_token *tokens;
    uint32_t n;
};

enum pointer_syntax { POINTER_RFC6901, POINTER_STAR };

/* Whether the text is empty or starts with "/", and has 0 or 1 behind each "~" (§3). */
bool pointer_valid(str text);

/* False when the text is not valid. */
bool pointer_parse(struct arena *arena, str text, enum pointer_syntax syntax,
                   struct pointer *ret_pointer) MUST_CHECK;

/* The value it leads to within `root`, or NULL. */
const struct json *pointer_find(const struct pointer *pointer, const struct json *root);

/* `base` with one more token, escaped: for reporting where a fault stands. */
str pointer_join(struct arena *arena, str base, str token);
str pointer_join_index(struct arena *arena, str base, size_t index);

#endif
