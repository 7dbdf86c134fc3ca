/*
 * Text to value: strict RFC 8259, UTF-8 checked (RFC 3629), one value and nothing after
 * it. Lone surrogate escapes are accepted and kept as WTF-8; a byte order mark and raw
 * invalid UTF-8 are refused. Numbers out of a double's range are accepted (json.h).
 *
 * The fault of a text is a sentence with its place; offsets count bytes, lines and
 * columns count from 1, columns in characters.
 */
#ifndef JSON_JSON_PARSE_H
#define JSON_JSON_PARSE_H

#include "json/json.h"

enum json_duplicates {
    JSON_DUPLICATES_LAST,  /* the last member of a name wins, in the first one's place */
    JSON_DUPLICATES_REFUSE /* a second member of a name is a fault */
};

struct json_limits {
    uint32_t depth_max; /* nested arrays and objects; 0 = JSON_DEPTH_DEFAULT */
    size_t bytes_max;   /* of the text; 0 = 4 GiB − 1 */
    enum json_duplicates duplicates;
};

enum { JSON_DEPTH_DEFAULT = 512 };

struct json_fault {
    size_t offset;
    uint32_t line;
    uint32_t column;
    const char *what; /* a static sentence without a full stop */
};

/*
 * Parses `text`, which must stay where it is as long as the value is used. `limits` may
 * be NULL. On failure *ret_value is untouched and *ret_fault (may be NULL) is set; the
 * arena then holds rubbish, which its owner may rewind. Texts made for it can take 40
 * times their size in the arena, plus a few chunks; records take about twice theirs.
 */
bool json_parse(struct arena *arena, str text, const struct json_limits *limits,
                struct json *ret_value, struct json_fault *ret_fault) MUST_CHECK;

#endif
