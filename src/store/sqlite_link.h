/*
 * One connection to an SQLite database and what the store does on it: the part of
 * store_ops that store_sqlite.c and store_mem.c share. They differ in where the database
 * stands and in what is set when it is opened.
 *
 * A link is used by one thread at a time.
 */
#ifndef STORE_SQLITE_LINK_H
#define STORE_SQLITE_LINK_H

#include "store/store_ops.h"

struct sqlite_link;

/*
 * Opens the database at `path` (":memory:" for a private one; it is created if `role` is
 * LINK_WRITER) and sets what holds for both kinds. NULL with a sentence.
 */
struct sqlite_link *sqlite_link_open(const char *path, enum link_role role,
                                     struct arena *arena, str *ret_why);
void sqlite_link_close(void *link);

/* A sentence from `what` ("cannot be opened") and the engine's own words. */
str sqlite_link_why(struct sqlite_link *link, const char *path, const char *what,
                    struct arena *arena);

/* The store_ops of the same names. */
enum err sqlite_link_begin(void *link, enum store_kind kind);
enum err sqlite_link_commit(void *link);
void sqlite_link_rollback(void *link);
enum err sqlite_link_savepoint(void *link);
enum err sqlite_link_release(void *link);
void sqlite_link_undo(void *link);
bool sqlite_link_lost(void *link);
enum err sqlite_link_upkeep(void *link);
enum err sqlite_link_script(void *link, const char *sql);
enum err sqlite_link_exec(void *link, const struct statement *statement,
                          const struct value *params, unsigned n, int64_t *ret_changed);
enum err sqlite_link_query(void *link, const struct statement *statement,
                           const struct value *params, unsigned n);
bool sqlite_link_next(void *link, enum err *ret_err);
int64_t sqlite_link_int(void *link, unsigned column);
str sqlite_link_text(void *link, unsigned column);
bool sqlite_link_null(void *link, unsigned column);
bool sqlite_link_sealed(void *link);
void sqlite_link_fault(void *link, struct buf *buf);

/* The rows of struct store_ops that these fill. */
#define SQLITE_LINK_OPS                                                                  \
    .disconnect = sqlite_link_close, .begin = sqlite_link_begin,                         \
    .commit = sqlite_link_commit, .rollback = sqlite_link_rollback,                      \
    .savepoint = sqlite_link_savepoint, .release = sqlite_link_release,                  \
    .undo = sqlite_link_undo, .lost = sqlite_link_lost, .upkeep = sqlite_link_upkeep,    \
    .script = sqlite_link_script, .exec = sqlite_link_exec, .query = sqlite_link_query,  \
    .next = sqlite_link_next, .column_int = sqlite_link_int,                             \
    .column_text = sqlite_link_text, .column_null = sqlite_link_null,                    \
    .sealed = sqlite_link_sealed, .fault = sqlite_link_fault

#endif
