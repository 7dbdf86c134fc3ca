/*
 * The data directory as a place that one process owns: created with mode 0700, locked for
 * as long as it is open, and marked with the version of its layout once there is
 * something in it. What stands in it is others' business.
 *
 * Own thread only.
 */
#ifndef STORE_DATADIR_H
#define STORE_DATADIR_H

#include "base/arena.h"

struct datadir;

enum { DATADIR_VERSION = 1 };

/*
 * Creates the directory if it is missing (not its parents), takes its lock, and reads its
 * version. NULL with a sentence in *ret_why: no rights, another process has it, a newer
 * layout.
 */
struct datadir *datadir_open(str dir, struct arena *arena, str *ret_why);

/* The path of a file in it, in the arena. */
const char *datadir_path(const struct datadir *datadir, const char *name,
                         struct arena *arena);

/* Whether it was settled before it was opened: then what belongs in it must be there. */
bool datadir_settled(const struct datadir *datadir);

/* Writes the version, durably, if it is not there: from now on the directory is in use.
 * False with a sentence. */
bool datadir_settle(struct datadir *datadir, struct arena *arena, str *ret_why);

/* Gives the lock back. NULL inside is allowed. */
void datadir_close(struct datadir **datadir);

#endif
