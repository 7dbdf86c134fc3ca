/*
 * The pages of docs/reference that are made from the lists in the code. Printed by
 * `breakwater reference PAGE`; a test says when a page in the tree is old.
 */
#ifndef MAIN_REFERENCE_H
#define MAIN_REFERENCE_H

#include "base/buf.h"

struct reference_page {
    const char *name; /* the file below docs/reference */
    void (*write)(struct buf *buf);
};

extern const struct reference_page reference_pages[]; /* ended by a NULL name */

/* The hidden command; argv without the program and the command. */
int reference_main(int argc, char **argv);

#endif
