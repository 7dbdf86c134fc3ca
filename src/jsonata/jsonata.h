/*
 * JSONata (jsonata.org, the language of jsonata-js 2.x): an expression is compiled once
 * and evaluated over JSON as often as wanted. Pure: no I/O, no clock and no chance of its
 * own; both are arguments of a run.
 *
 * A compiled expression is immutable and may be evaluated by all threads at once. A run
 * is metered: whatever expression and data, it ends within its limits, and its fault says
 * which of them was reached.
 *
 * Where this engine differs from jsonata-js stands in docs/decisions/0011-jsonata.md.
 */
#ifndef JSONATA_JSONATA_H
#define JSONATA_JSONATA_H

#include "picture/fault.h"

struct jsonata;

/* Sources past any of these are refused: D1011. Nesting is of brackets and the like;
 * height also of operators in a row, as in 1+1+1. */
enum {
    JSONATA_SOURCE_BYTES_MAX = 256 * 1024,
    JSONATA_NESTING_MAX = 500,
    JSONATA_HEIGHT_MAX = 2000
};

/* NULL: *ret_fault says why, its values living in `arena`. The source is copied. Owned by
 * the caller. */
struct jsonata *jsonata_compile(struct arena *arena, str source,
                                struct jsonata_fault *ret_fault);
void jsonata_destroy(struct jsonata **expression); /* NULL inside is allowed */

struct jsonata_limits {
    uint64_t steps_max; /* nodes evaluated, items and bytes made; 0 = 20 million: D1012 */
    uint32_t depth_max; /* nodes within nodes; 0 = 5,000: U1001 */
    size_t bytes_max;   /* of memory; 0 = 64 MiB: U1002 */
    uint32_t sequence_max; /* items of a sequence; 0 = 10 million: D2015 */
    bool no_eval;          /* $eval is no function */
};

struct jsonata_binding {
    str name; /* without the $ */
    struct json value;
};

struct jsonata_run {
    struct arena *arena; /* the result lives in it, and everything on the way; its own
                          * limit counts too, less 128 KiB that a fault may need */
    struct json input;   /* UNDEFINED: none */
    const struct jsonata_binding *bindings;
    uint32_t binding_n;
    struct jsonata_limits limits;
    double now_ms;           /* since 1970: $now, $millis */
    uint64_t seed;           /* $random, $shuffle */
    bool (*stop)(void *arg); /* asked now and then; true ends the run with U1001 */
    void *stop_arg;
};

/*
 * *ret_value may be UNDEFINED: the expression found nothing. It shares memory with the
 * expression, the input and the bindings, and is as short-lived as any of them. Functions
 * in a result are left out of objects and are null in arrays.
 */
bool jsonata_eval(const struct jsonata *expression, const struct jsonata_run *run,
                  struct json *ret_value, struct jsonata_fault *ret_fault) MUST_CHECK;

#endif
