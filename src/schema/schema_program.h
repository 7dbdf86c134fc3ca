/*
 * The compiled form of a schema. Each schema object that can be reached is a block: a
 * mask of JSON types, and operations that are tried in turn until one fails. An operation
 * names the JSON types it looks at, so that others are skipped without a look.
 *
 * A keyword becomes at most one operation, but those that need each other's result share
 * one: `properties`, `patternProperties`, `additionalProperties` and `required` are one
 * pass over the members (OP_OBJECT), and so on. What is hot stands first in each struct;
 * what only an explanation needs, last.
 *
 * Immutable once compiled. Inside of src/schema only.
 */
#ifndef SCHEMA_SCHEMA_PROGRAM_H
#define SCHEMA_SCHEMA_PROGRAM_H

#include "json/json.h"
#include "schema/names.h"
#include "schema/schema_keyword.h"

struct block;
struct anchor;
struct format;
struct object_plan;
struct pattern;
struct resource;

enum op_code {
    OP_END,     /* nothing failed */
    OP_SCOPE,   /* the rest of the block is in the dynamic scope of its resource */
    OP_COLLECT, /* the rest marks what it evaluates, for `unevaluated…` */
#define OP(id, check) OP_##id,
#include "schema/schema_op_list.h"
#undef OP
};

/* Masks of JSON types: 1 << enum json_type. */
enum {
    TYPES_ALL = 0xff & ~(1 << JSON_UNDEFINED),
    TYPES_NUMBER = 1 << JSON_NUMBER,
    TYPES_STRING = 1 << JSON_STRING,
    TYPES_ARRAY = 1 << JSON_ARRAY,
    TYPES_OBJECT = 1 << JSON_OBJECT,
    TYPES_WHOLE = 1 << 8 /* numbers must be whole; in blocks only */
};

enum { CONTENT_BASE64 = 1, CONTENT_JSON = 2 }; /* the flag of OP_CONTENT */

/* min ≤ x ≤ max, each side by a keyword of its own. */
struct range {
    uint64_t min;
    uint64_t max; /* UINT64_MAX = none */
};

/* A bound of a number, as a double for a quick answer. */
struct bound {
    double nearest;
    struct json exact;
};

enum { CHOICE_FEW = 6 };

/* Values of `enum`: strings by name, others in a table by their hash. */
struct choice {
    const struct names *texts;
    struct name few[CHOICE_FEW]; /* the same, when there are no more */
    uint32_t texts_n;
    const struct json *others;
    uint32_t size;   /* values in all others */
    uint32_t *slots; /* place + 1, 0 = free; NULL = few, looked at one by one */
    uint64_t key;    /* of their hashes */
    uint32_t mask;
    uint32_t n;
    struct json all; /* for words */
};

/* What a property's block asks beside types. */
enum property_test {
    PROPERTY_BLOCK, /* it must be run */
    PROPERTY_WHOLE, /* only that numbers are whole */
    PROPERTY_ENUM   /* only that */
};

/* A member that the schema names, or only requires. What its block says about types is
 * repeated, as most say no more. */
struct property {
    struct name name;
    uint8_t types;
    uint8_t enough; /* of these types any value will do */
    uint8_t test;   /* enum property_test */
    bool required;
    bool listed;               /* in `properties`: it is not additional */
    _Atomic uint8_t lessons;   /* how often `after` was changed */
    _Atomic uint32_t after;    /* the place of the property that is expected behind it */
    const struct block *block; /* that of additional members if it has none of its own;
                                * NULL = anything */
    const struct choice *choice; /* of PROPERTY_ENUM */
};

enum { PROPERTIES_END = 2 }; /* behind all of a plan; no member has their name */

struct pattern_property {
    const struct pattern *pattern;
    const struct block *block;
};

/* One pass over the members: each is looked up, tried against the patterns, and, if
 * neither knew it, is additional. */
struct object_plan {
    const struct names *names;
    struct property *properties; /* by their place in `names`; PROPERTIES_END follow */
    const struct pattern_property *patterns;
    const struct block *additional; /* NULL = anything */
    uint32_t patterns_n;
    uint32_t required_n;
    uint32_t properties_n;
    struct object_plan *next; /* while compiling */
};

struct items_plan {
    const struct block *const *prefix;
    uint32_t prefix_n;
    const struct block *rest; /* NULL = anything */
    enum keyword prefix_keyword;
    enum keyword rest_keyword;
};

struct contains_plan {
    const struct block *block;
    struct range range;
    bool marks; /* those that fit count as evaluated: not in draft 7 */
};

struct condition {
    const struct block *test;
    const struct block *yes; /* may be NULL */
    const struct block *no;  /* may be NULL */
};

/* What is asked where a member is present. */
struct dependency {
    str name;
    const str *required;
    uint32_t required_n;
    const struct block *block; /* or NULL */
    enum keyword keyword;
};

struct dependencies {
    const struct dependency *items;
    uint32_t n;
};

/* The name of some $dynamicAnchor. While evaluating, the outermost resource that has one
 * decides (schema_run.h). */
struct dynamic {
    uint32_t index;
    uint32_t n;             /* resources that have it */
    bool used;              /* some $dynamicRef names it */
    struct anchor *anchors; /* of that name; while compiling */
    struct dynamic *next;   /* while compiling */
    str name;
};

/* What a resource brings into the dynamic scope. */
struct scope_entry {
    uint32_t dynamic;
    const struct block *block;
};

struct scope {
    struct scope_entry *entries;
    uint32_t n;
};

struct dynamic_ref {
    const struct dynamic *dynamic;
    const struct block *initial; /* where the reference leads without dynamic scope */
};

struct op {
    uint8_t code;    /* enum op_code */
    uint8_t types;   /* it holds for values of other types */
    uint8_t keyword; /* enum keyword */
    uint8_t flag;    /* of the code's own */
    uint32_t n;      /* how many blocks; of OP_CONST, how many values */
    union {
        const struct block *block;
        const struct block *const *blocks;
        const struct bound *bound;
        const struct choice *choice;
        const struct condition *condition;
        const struct contains_plan *contains;
        const struct dependencies *dependencies;
        const struct dynamic_ref *dynamic_ref;
        const struct format *format;
        const struct items_plan *items;
        const struct json *value;
        const struct object_plan *object;
        const struct pattern *pattern;
        const struct range *range;
        const struct scope *scope;
    } u;
};

/* What its operations are, for short cuts. */
enum block_kind {
    BLOCK_TYPES,  /* none: the types say all */
    BLOCK_ENUM,   /* OP_ENUM alone */
    BLOCK_LEAF,   /* none applies another block */
    BLOCK_OBJECT, /* OP_OBJECT alone */
    BLOCK_ANY
};

struct block {
    const struct op *ops; /* ends with OP_END; NULL = there are none */
    uint16_t types;
    uint8_t kind; /* enum block_kind */
    bool queued;  /* something reaches it */

    /* While compiling. */
    bool joined; /* an alias that has its operations */
    const struct json *node;

    /* For words. */
    const struct block *via;    /* its only keyword is $ref, which leads there */
    const struct block *parent; /* NULL = the root of a document */
    struct resource *resource;
    str path; /* from the parent, a JSON pointer */
};

struct schema {
    uint32_t magic;
    uint32_t dynamic_n;
    const struct block *root;
    struct pattern *patterns; /* all, to be let go at the end */
    struct arena arena;
};

#endif
