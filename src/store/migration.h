/*
 * Brings the tables of a store up to date: the steps of migration_list.h that it does not
 * have yet, each in a transaction of its own, recorded with a checksum of its SQL. A
 * store that has a step unknown to us, or another step under a number of ours, was
 * written by another Breakwater and is refused.
 */
#ifndef STORE_MIGRATION_H
#define STORE_MIGRATION_H

#include "store/store_ops.h"

/* On the thread that owns the link, outside a transaction. False with a sentence. */
bool migration_run(const struct store_ops *ops, void *link, struct arena *arena,
                   str *ret_why);

/* The number of the last step that we have. */
int64_t migration_newest(void);

#endif
