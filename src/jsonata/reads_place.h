/*
 * Sets of what a value may be, for reads.c only: places of the input, lambdas of the
 * expression, or something else.
 *
 * Places form a tree below the input as a whole. Sets only grow; whoever changes what
 * later looks depend on says so in `changed`.
 */
#ifndef JSONATA_READS_PLACE_H
#define JSONATA_READS_PLACE_H

#include "jsonata/node.h"

enum thing_kind { THING_PLACE, THING_LAMBDA, THING_OTHER };

struct thing;

struct set {
    struct thing **items;
    uint32_t n;
    uint32_t room;
};

struct thing {
    enum thing_kind kind;

    /* PLACE */
    struct thing *up;
    struct thing *first; /* of its children */
    struct thing *next;  /* of the same parent; LAMBDA: of all */
    str name;
    bool quoted; /* a name, not * or ** */
    bool read;   /* as a whole; LAMBDA: called from who knows where */
    unsigned depth;

    /* LAMBDA */
    const struct node *node;
    struct set context;
    struct set result;
};

struct places {
    struct arena *arena;
    struct thing root;
    struct thing other;
    struct thing closed; /* OTHER, too, but if it is called it takes no context */
    bool changed;
    uint64_t steps; /* how much was looked at */
};

enum { PLACE_DEPTH_MAX = 24, PLACE_SET_MAX = 512 };

/* True: it was not in it. Past PLACE_SET_MAX the whole input is read. */
bool set_add(struct places *places, struct set *set, struct thing *thing);
void set_add_all(struct places *places, struct set *set, const struct set *more);
bool set_has(const struct set *set, enum thing_kind kind);

/* One name further, for every place of the set; below PLACE_DEPTH_MAX the place itself,
 * read as a whole. `quoted` false: `name` is * or **. */
struct set place_step(struct places *places, const struct set *from, str name,
                      bool quoted);

void place_read(struct places *places, struct thing *place);

/* The paths that are read, none below another. */
const str *place_paths(struct places *places, uint32_t *ret_n);

#endif
