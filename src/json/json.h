/*
 * A JSON value: 16 bytes, immutable once built, owned by an arena.
 *
 * Values are passed by pointer or copied as a struct; what they point to (text, items,
 * members) lives as long as the arena and, for strings without escapes and numbers kept
 * as written, as long as the text they were parsed from. Nothing here allocates but the
 * builders, and those only from the arena they are given.
 *
 * Numbers: a numeral that a double holds exactly and that prints the same again is a
 * double; any other (1.10, 1e400, 20 digits) keeps its source text, so that what is only
 * passed on is passed on as written. json_number() gives the double in either case.
 *
 * Any thread may read a value that is no longer being built.
 */
#ifndef JSON_JSON_H
#define JSON_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

enum json_type {
    JSON_UNDEFINED, /* absent: no JSON text has it */
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
    JSON_TYPE_COUNT /* jsonata/ has further types from here on */
};

enum json_flag {
    JSON_NUMERAL = 1, /* NUMBER: u.text is the numeral as written, n its length */
    JSON_PLAIN = 2,   /* STRING: may be written without looking for escapes */
    JSON_ASCII = 4,   /* STRING: one byte is one character */
};

struct json_member;

struct json {
    uint8_t type; /* enum json_type */
    uint8_t flags;
    uint16_t mark; /* free for engines above; 0 */
    uint32_t n;    /* bytes of text, items, or members */
    union {
        double number;
        const char *text;
        const struct json *items;
        const struct json_member *members;
        const void *other; /* types of engines above */
    } u;
};

struct json_member {
    const char *key;
    uint32_t key_n;
    uint32_t key_hash; /* str_word_hash-like, 0 = not computed */
    struct json value;
};

static inline bool json_is(const struct json *v, enum json_type type)
{
    return v->type == type;
}

static inline bool json_is_bool(const struct json *v)
{
    return v->type == JSON_TRUE || v->type == JSON_FALSE;
}

/* The text of a STRING, or the numeral of a NUMBER kept as written; else absent. */
str json_text(const struct json *v);

/* The value of a NUMBER as a double (may be ±infinity for 1e400); 0 for other types. */
double json_number(const struct json *v);

/* A NUMBER that is a whole number within [0, max]. */
bool json_to_u64(const struct json *v, uint64_t max, uint64_t *ret_value);

/* The member of an OBJECT, or NULL: also when `v` is no object. */
const struct json *json_member(const struct json *v, str key);

/* The text of a member that is a STRING; absent when it is missing or of another type. */
str json_member_text(const struct json *v, str key);

static inline str json_key(const struct json_member *m)
{
    return str_of(m->key, m->key_n);
}

/* Equal as RFC 8259 data: numbers by value, objects without regard to order. */
bool json_equal(const struct json *a, const struct json *b);

/* The JSON word for a type: "null", "boolean", "number", "string", "array", "object". */
str json_type_name(const struct json *v);

/* Builders. Text is borrowed; copy it into the arena first if it is short-lived. */
struct json json_of_null(void);
struct json json_of_bool(bool b);
struct json json_of_number(double d);
struct json json_of_text(str s);

/* An object or array under construction; grows in the arena, at most UINT32_MAX long. */
struct json_build {
    struct arena *arena;
    void *at;
    uint32_t n;
    uint32_t room;
};

void json_build_init(struct json_build *build, struct arena *arena);
void json_build_item(struct json_build *build, struct json item);
struct json json_build_array(struct json_build *build); /* ends it */
void json_build_member(struct json_build *build, str key, struct json value);
struct json json_build_object(struct json_build *build); /* ends it */

/* A deep copy that no longer depends on the parsed text or another arena. */
struct json json_copy(struct arena *arena, const struct json *v);

#endif
