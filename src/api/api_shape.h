/*
 * The shapes of answers, as tables: each member's name, kind and a sentence. They
 * describe what the writers beside them print, for the OpenAPI document; tests hold every
 * answer against its shape, so that the description cannot go stale.
 *
 * Every member is always there; one that has no value is null, if `nullable` says so.
 */
#ifndef API_API_SHAPE_H
#define API_API_SHAPE_H

#include "base/usec.h"
#include "json/json_write.h"

enum shape_kind {
    SHAPE_TEXT,
    SHAPE_TIME, /* ISO 8601, UTC */
    SHAPE_UINT,
    SHAPE_NUMBER,
    SHAPE_BOOL,
    SHAPE_WORD,   /* one of `words` */
    SHAPE_WORDS,  /* a list of `words` */
    SHAPE_TEXTS,  /* a list of texts */
    SHAPE_LABELS, /* an object whose members are texts */
    SHAPE_JSON,   /* any value */
    SHAPE_OBJECT, /* of `shape` */
    SHAPE_LIST    /* of `shape` */
};

struct shape;

struct shape_row {
    const char *name;
    enum shape_kind kind;
    bool nullable;
    const char *const *words;
    const struct shape *shape;
    const char *doc;
};

struct shape {
    const char *name; /* a word for the OpenAPI document */
    const struct shape_row *rows;
    size_t n;
    bool page; /* `rows` describe one item of a page: items and next_cursor */
};

#define SHAPE_OF(title, table)                                                           \
    {                                                                                    \
        .name = title, .rows = table, .n = COUNT_OF(table)                               \
    }

/* Prints the JSON Schema of what the shape describes, as one object. */
void shape_schema(struct json_out *out, const struct shape *shape);

/* --- what writers need --- */

/* Members that are null where there is nothing to say. */
void shape_put_text(struct json_out *out, const char *name, str text);
void shape_put_time(struct json_out *out, const char *name,
                    usec wall); /* 0, NEVER: null */
void shape_put_seconds(struct json_out *out, const char *name, usec time); /* −1: null */
void shape_put_number(struct json_out *out, const char *name,
                      double value); /* −1: null */
void shape_put_labels(struct json_out *out, const char *name, const struct json *labels);

#endif
