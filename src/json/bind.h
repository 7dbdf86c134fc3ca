/*
 * JSON objects into C structs, by table. A table has one row a member: its name, kind,
 * place in the struct, bounds, and a sentence about it. The same rows check a document,
 * fill the struct, and print the document's JSON Schema (bind_schema.h), so that the
 * three cannot differ. Integration documents, request bodies of the admin API and scripts
 * of the simulator are all read this way.
 *
 * Every fault is reported, not only the first: where it stands (JSON pointer) and a
 * sentence that says what was found, what is wanted, and, for a mistyped name, which name
 * was probably meant. Unknown members are faults, except those that start with "x-".
 *
 * Pure; structs and texts are allocated in the binder's arena; strings borrow from the
 * JSON value.
 */
#ifndef JSON_BIND_H
#define JSON_BIND_H

#include "json/json.h"

struct binder;
struct bind_table;

enum bind_kind {
    BIND_BOOL,   /* bool */
    BIND_UINT,   /* uint32_t; whole number within [min, max] */
    BIND_NUMBER, /* double within [min, max] */
    BIND_TEXT,   /* str; length within [min, max], max 0 = no limit; absent if missing */
    BIND_ENUM,   /* uint32_t: index into `words` (NULL-terminated) */
    BIND_DURATION, /* usec; "250ms", "30s", "5m", "1h", "7d"; min, max in seconds */
    BIND_OBJECT,   /* the struct of `table`, in place; its init runs also if missing */
    BIND_OPTION,   /* pointer to the struct of `table`; NULL if missing */
    BIND_LIST,     /* struct bind_list of structs of `table`; count within [min, max] */
    BIND_OBJECTS,  /* as LIST; one object stands for a list of one */
    BIND_NAMED, /* object with free names → struct bind_list; see bind_table.name_at */
    BIND_TEXTS, /* struct bind_texts; one string stands for a list of one; each of a
                 * length within [min, max] */
    BIND_UINTS, /* struct bind_uints; one number stands for a list of one; each within
                 * [min, max] */
    BIND_JSON,  /* struct json, unread; UNDEFINED if missing */
    BIND_CUSTOM /* read by `custom` */
};

struct bind_list {
    void *items; /* `n` structs of the row's table, one behind the other */
    uint32_t n;
};

struct bind_texts {
    const str *items;
    uint32_t n;
};

struct bind_uints {
    const uint32_t *items;
    uint32_t n;
};

struct bind_row {
    const char *name;
    enum bind_kind kind;
    size_t offset; /* of the field in the struct */
    bool required;
    double min;                     /* both 0 = no bounds */
    double max;                     /* less than min = no upper bound */
    const char *const *words;       /* ENUM */
    const struct bind_table *table; /* OBJECT, OPTION, LIST, OBJECTS, NAMED */

    /* CUSTOM: reads `value` into `field`; reports faults with bind_fault. */
    void (*custom)(struct binder *binder, const struct json *value, void *field);
    /* CUSTOM: the JSON Schema of what it reads, as text. */
    const char *custom_schema;

    const char *doc; /* one sentence, for people; ends up in the schema */
};

struct bind_table {
    const char *name; /* what the object is, as a noun: "pagination block" */
    /* Rows, init and finish of the struct that this one starts with; they come first. A
     * base has no base itself. NULL = none. */
    const struct bind_table *base;
    const struct bind_row *rows;
    size_t n;
    size_t bytes;            /* sizeof the struct */
    void (*init)(void *obj); /* defaults; NULL = zeroes. Runs before the rows are read */
    /* Checks what rows cannot say (one of two members, …); NULL = nothing to check.
     * Runs only when all rows of the object were read without a fault. */
    void (*finish)(struct binder *binder, void *obj);
    size_t name_at; /* NAMED: offset of the str that receives the member's name */
    /* Reads the object itself, in place of rows for its members: NAMED within NAMED.
     * NULL = by its rows. */
    const struct bind_row *whole;
    /* Instead of an object this other kind is read into the row `shorthand` (for
     * `"bearer"` in place of `{"scheme":"bearer"}`); NULL = objects only. */
    const char *shorthand;
};

struct bind_fault {
    struct bind_fault *next;
    str pointer; /* RFC 6901, from the root of the document */
    str text;    /* a sentence with a full stop */
};

struct binder {
    struct arena *arena;
    str at;                   /* pointer of the value being read */
    struct bind_fault *first; /* in the order of the document */
    struct bind_fault *last;
    uint32_t fault_n; /* at most BIND_FAULTS_MAX are kept, all are counted */
    uint32_t depth;   /* of the objects being read */
};

enum {
    BIND_FAULTS_MAX = 50,
    BIND_FAULT_BYTES_MAX = 2000, /* of a pointer, and of a text */
    BIND_ITEMS_MAX = 10000,      /* of a list without an upper bound of its own */
    BIND_DEPTH_MAX = 200         /* of tables that contain themselves */
};

void bind_init(struct binder *binder, struct arena *arena);

/* As much of a text as is told of a fault: a hostile document may have names as long as
 * itself. Shares its memory. */
static inline str bind_shortened(str text)
{
    return text.n > BIND_FAULT_BYTES_MAX ? str_of(text.p, BIND_FAULT_BYTES_MAX) : text;
}

/* Reads `value` into `obj` (table->bytes, any content). True when no fault was found;
 * otherwise obj is incomplete and the faults say why. */
bool bind_read(struct binder *binder, const struct bind_table *table,
               const struct json *value, void *obj) MUST_CHECK;

/* Reports a fault at the value being read, or at a member below it. */
void bind_fault(struct binder *binder, const char *fmt, ...) PRINTF_LIKE(2, 3);
void bind_fault_at(struct binder *binder, str member, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* For `custom` readers: moves into a member or item, and back by assigning the old
 * value of binder->at. Answers the old value. */
str bind_enter(struct binder *binder, str member);
str bind_enter_index(struct binder *binder, size_t index);

/* The word of `words` nearest to `word` (edit distance ≤ 2), or absent. */
str bind_nearest(str word, const char *const *words);

#endif
