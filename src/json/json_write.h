/*
 * Value to text, and text without a value: json_write prints a value, the json_out_…
 * functions print members and items as they come (answers of the API, log records). The
 * output is RFC 8259 in UTF-8; a double prints as its shortest text that reads back the
 * same (as ECMAScript Number::toString does), numerals as they were written; a number
 * that JSON cannot say (infinity) prints as null. UNDEFINED members and items are left
 * out.
 *
 * The buffer's limit bounds the output; ask buf_ok() at the end.
 */
#ifndef JSON_JSON_WRITE_H
#define JSON_JSON_WRITE_H

#include "base/buf.h"
#include "json/json.h"

enum json_style { JSON_COMPACT, JSON_PRETTY /* two blanks a level */ };

void json_write(struct buf *buf, const struct json *value, enum json_style style);

/* The text as a JSON string with quotes; lone surrogates (WTF-8) become escapes, other
 * bytes that are not UTF-8 become U+FFFD. */
void json_write_text(struct buf *buf, str text);

/* The shortest text of a finite double; at most 25 bytes into `ret`. */
size_t json_write_number(double value, char ret[32]);

/* A boolean or number as its JSON text, a string as it is; absent for anything else, and
 * for NULL. A copy, if any, in the arena. */
str json_as_text(const struct json *value, struct arena *arena);

/*
 * Printing as it comes. Names and values must alternate inside objects, which is
 * checked; commas and quotes are put by the writer.
 */
struct json_out {
    struct buf *buf;
    uint64_t in_object; /* one bit a level */
    uint64_t has_one;   /* one bit a level: a comma is due */
    unsigned depth;     /* at most 63 */
    bool named;         /* a name was put, its value is due */
    size_t name_at;     /* where it begins, to take it back if its value is UNDEFINED */
};

void json_out_init(struct json_out *out, struct buf *buf);
void json_out_object(struct json_out *out); /* opens */
void json_out_array(struct json_out *out);  /* opens */
void json_out_end(struct json_out *out);    /* closes the innermost */
void json_out_name(struct json_out *out, str name);
void json_out_text(struct json_out *out, str text); /* absent prints null */
void json_out_int(struct json_out *out, int64_t value);
void json_out_number(struct json_out *out, double value);
void json_out_bool(struct json_out *out, bool value);
void json_out_null(struct json_out *out);
void json_out_value(struct json_out *out, const struct json *value);
void json_out_raw(struct json_out *out, str json); /* JSON text, taken as it is */

/* name and value in one; the absent text leaves the member out. */
void json_out_member_text(struct json_out *out, str name, str text);
void json_out_member_int(struct json_out *out, str name, int64_t value);
void json_out_member_bool(struct json_out *out, str name, bool value);

#endif
