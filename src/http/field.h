/*
 * Structured and half-structured header values: comma lists with quoted strings
 * (RFC 9110 §5.6), parameters, Link (RFC 8288), Structured Fields (RFC 9651) as far as
 * RateLimit and RateLimit-Policy use them, and the `a=1; b=2` composites of vendors.
 *
 * Walkers take what is left of a value and give one piece at a time, trimmed; quotes are
 * respected, nothing is copied unless an arena is asked for. Pure.
 */
#ifndef HTTP_FIELD_H
#define HTTP_FIELD_H

#include "base/arena.h"
#include "base/str.h"

/* The next member of a comma list; empty members are skipped (RFC 9110 §5.6.1.2). */
bool field_list_next(str *rest, str *ret_item);

/* The next piece between `sep`s outside quotes, parentheses and angle brackets. */
bool field_piece_next(str *rest, char sep, str *ret_piece);

/* Whether a comma list has the token, letters' case aside. */
bool field_list_has(str value, str token);

/* Cuts `name=value` (blanks around it trimmed); the value is absent without "=", and
 * comes without its quotes, still escaped. */
void field_pair(str piece, str *ret_name, str *ret_value);

/* A quoted string's content without its escapes; other text as it is. */
str field_unquote(struct arena *arena, str text);

/* The text as a quoted string (RFC 9110 §5.6.4); it must fit on a header line. */
str field_quote(struct arena *arena, str text);

/* One link of a Link header. The URI is a part of the value, so that a rewriter can put
 * another one in its place. */
struct field_link {
    str uri;
    str params; /* after ">", with leading ";" */
};

/* The next link-value; false at the end or at what is not a link. */
bool field_link_next(str *rest, struct field_link *ret_link);

/* Whether the link's `rel` has the relation type, case aside. */
bool field_link_has_rel(const struct field_link *link, str rel);

/*
 * One member of a structured-field list whose items are strings or tokens with integer,
 * decimal or string parameters: `"burst";q=100;w=60`.
 */
struct field_member {
    str name;   /* unquoted, unescaped */
    str params; /* for field_param */
};

/* False at the end; *ret_bad is set when the value is not a structured field. */
bool field_member_next(struct arena *arena, str *rest, struct field_member *ret_member,
                       bool *ret_bad);

/* The value of a parameter as written (strings unquoted), or absent. Keys are
 * case-sensitive (RFC 9651 §3.1.2). */
str field_param(struct arena *arena, str params, str key);

/* Prints a string item with quotes and escapes; characters outside %x20-7E become "?". */
str field_string(struct arena *arena, str text);

#endif
