/*
 * Validation with words. Each operation is first run without words; only where it fails,
 * what it asked is walked again to say why. So an explanation costs at most the depth of
 * the fault more than a run, and both ways cannot disagree.
 *
 * A `place` is where the walk stands in the instance, a `way` how it came through the
 * schema; both are chains on the stack and become pointers only in an error.
 *
 * Inside of schema_explain*.c and schema_say.c only.
 */
#ifndef SCHEMA_SCHEMA_EXPLAIN_H
#define SCHEMA_SCHEMA_EXPLAIN_H

#include "schema/schema.h"
#include "schema/schema_run.h"

struct place {
    const struct place *up; /* NULL = the instance */
    str name;               /* absent = an item */
    uint32_t index;
};

struct way {
    const struct way *up;
    str path; /* a piece of a JSON pointer */
};

struct explain {
    struct run run;
    struct arena *arena;
    struct schema_error *errors;
    uint32_t n;
    uint32_t room;
    uint32_t max;
    bool more;
    bool tired;     /* the run could not be finished */
    uint32_t depth; /* of blocks */
};

/* What is looked at. */
struct view {
    const struct block *block;
    const struct json *value;
    const struct place *place;
    const struct way *way; /* to the block */
};

/* Says why a value does not pass its block; false when it does not. */
bool explain_block(struct explain *explain, const struct view *view);

/* The same of another block for the same value, or for another value below it. The way
 * goes on by the block's own path. */
void explain_same(struct explain *explain, const struct view *view,
                  const struct block *block);
void explain_child(struct explain *explain, const struct view *view,
                   const struct block *block, const struct json *child,
                   const struct place *place);

/* Walks what an operation applies. False: it is one that only looks at the value. */
bool explain_apply(struct explain *explain, const struct view *view, const struct op *op);

/* Walks the members or items that nothing has marked. */
void explain_unevaluated(struct explain *explain, const struct view *view,
                         const struct op *op, const struct seen *seen);

/* Whether it is of no use to go on. */
static inline bool explain_ends(const struct explain *explain)
{
    return explain->more || explain->tired || explain->run.tired;
}

/* Adds an error: the sentence is the value's pointer, then what is printed. */
void explain_add(struct explain *explain, const struct view *view, enum keyword keyword,
                 const char *fmt, ...) PRINTF_LIKE(4, 5);

/* The errors of an operation that only looks at the value, and of a block's types. */
void explain_say(struct explain *explain, const struct view *view, const struct op *op);
void explain_say_types(struct explain *explain, const struct view *view);

/* A value in a few words: `"ten"`, `5`, `an array of 3 items`. */
str explain_found(struct explain *explain, const struct json *value);

#endif
