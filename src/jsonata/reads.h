/*
 * What an expression can read, found without running it: the fields of its input, the
 * built-in functions it calls, the variables it wants from outside.
 *
 * The answer is never too small: a run over an input from which everything outside of
 * these paths is taken away, gives the same. It may be too large, as it does not follow
 * which branch is taken, and gives up on a function that comes from somewhere unknown:
 * what goes into one is read as a whole.
 */
#ifndef JSONATA_READS_H
#define JSONATA_READS_H

#include "jsonata/jsonata.h"

/*
 * A path is names with dots between them; odd names stand in backquotes. `*` is any one
 * name, `**` any number of them, `$` alone the whole input. Arrays have no part in it:
 * `items.price` is the price of every item. A path stands for all that is below it, too.
 */
struct jsonata_reads {
    const str *paths; /* none lies below another */
    uint32_t path_n;
    const str *functions; /* without the $ */
    uint32_t function_n;
    const str *variables; /* without the $, as bindings name them */
    uint32_t variable_n;
};

/* All of it in the arena; names share memory with the expression. */
void jsonata_reads(const struct jsonata *expression, struct arena *arena,
                   struct jsonata_reads *ret_reads);

#endif
