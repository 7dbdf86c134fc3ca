/*
 * A look at an expression, for reads.c and reads_call.c only: what is known so far, and
 * what the two do for each other.
 */
#ifndef JSONATA_READS_LOOK_H
#define JSONATA_READS_LOOK_H

#include "jsonata/reads_place.h"

enum { READS_ARGS_MAX = 8 };

struct builtin;

/* What a variable may be, wherever it is bound. */
struct binding {
    struct binding *next;
    str name;
    struct set set;
};

struct look {
    struct places places;
    const struct program *program;
    struct binding *bindings;
    struct set *parents; /* of each slot that a % may mean */
    struct thing *lambdas;
};

/* What a function is called with. */
struct given {
    struct set args[READS_ARGS_MAX];
    uint32_t n;
    struct set context;
};

struct set reads_other(struct look *look);  /* anything but a place of the input */
struct set reads_closed(struct look *look); /* the same; called, it takes no context */
struct binding *reads_find_binding(struct look *look, str name); /* or NULL */
void reads_bind(struct look *look, str name, const struct set *value);

/* Somebody looks into the value: its places are read as a whole. */
void reads_use(struct look *look, const struct set *set);
void reads_use_given(struct look *look, const struct given *given);

/* --- reads_call.c --- */

/* The built-in function that a call means, or NULL. */
const struct builtin *reads_builtin(struct look *look, const struct node *callee);

/* What it gives; `call` may be NULL, when it is called without parentheses. */
struct set reads_call(struct look *look, const struct builtin *builtin,
                      const struct node *call, struct given *given);

#endif
