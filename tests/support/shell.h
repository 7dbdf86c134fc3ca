/*
 * Commands as a shell runs them, in this process: what they print is caught.
 */
#ifndef SUPPORT_SHELL_H
#define SUPPORT_SHELL_H

#include "support/given.h"

struct ran {
    int status;
    str out;
    str err;
};

/* Runs `breakwater` with these words, parted by blanks; '…' is one word. `input` is
 * standard input (NULL: empty). Texts in the arena. */
struct ran shell_run(struct arena *arena, const char *words, const char *input);

#define assert_ran(ran, status) check_ran((ran), (status), __FILE__, __LINE__)
void check_ran(struct ran ran, int status, const char *file, int line);

#define assert_in(text, part) check_in((text), (part), __FILE__, __LINE__)
void check_in(str text, const char *part, const char *file, int line);

#endif
