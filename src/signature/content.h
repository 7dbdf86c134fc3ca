/*
 * Signed content: a text of the document with {names} in it, put together from a request
 * to the bytes that the vendor has signed: "v0:{timestamp}:{body}". The names are
 * content_list.h, and {header:NAME}. What is put together are pieces, so that a large
 * body is not copied. Immutable once read; pure; any thread.
 */
#ifndef SIGNATURE_CONTENT_H
#define SIGNATURE_CONTENT_H

#include "http/header.h"
#include "json/bind.h"

enum content_kind {
    CONTENT_TEXT, /* as it stands in the document */
    CONTENT_HEADER,
#define X(symbol, name, doc) CONTENT_##symbol,
#include "signature/content_list.h"
#undef X
};

struct content_part {
    enum content_kind kind;
    str text; /* TEXT: it; HEADER: its name */
};

struct content {
    const struct content_part *parts;
    uint32_t n; /* 0: not given */
};

/* A `custom` reader of bind tables, into a struct content. */
void content_read(struct binder *binder, const struct json *value, void *field);
#define CONTENT_SCHEMA "{\"type\":\"string\",\"minLength\":1,\"maxLength\":500}"

bool content_has(const struct content *content, enum content_kind kind);
bool content_has_header(const struct content *content, str name);

/* What content is made of. */
struct content_source {
    str method;
    str url; /* absolute, in the form that is signed */
    const struct headers *headers;
    str body;
    bool form;     /* the body is one */
    str own;       /* the query's parameter that holds the signature; absent: none */
    str timestamp; /* absent: none */
    str secret;    /* absent: none */
};

enum { CONTENT_PARAMS_MAX = 10000 }; /* of a query, and of a form */

/* As many pieces as content->n, in the arena; a header that is missing is empty. False
 * when query or form have more parameters than CONTENT_PARAMS_MAX. */
bool content_make(const struct content *content, const struct content_source *source,
                  struct arena *arena, const str **ret_pieces) MUST_CHECK;

/* The URL with the characters of `unescaped` in place of their escapes. */
str content_unescape(struct arena *arena, str url, str unescaped);

/* The URL without the port that it has, or with its scheme's own port where it has none;
 * absent when it is no URL. */
str content_other_port(struct arena *arena, str url);

#endif
