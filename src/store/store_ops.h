/*
 * What an implementation of the store fills in: opening, connections, transactions and
 * statements. Queues, threads, group commit and answers are store.c's, once for all.
 *
 * A connection (`link`, the implementation's own type) is used by one thread at a time;
 * store.c sees to that. Every function that fails keeps the engine's words for fault().
 */
#ifndef STORE_STORE_OPS_H
#define STORE_STORE_OPS_H

#include "base/buf.h"
#include "store/store.h"

enum link_role { LINK_WRITER, LINK_READER };

struct store_ops {
    /* Connections that read, a thread each. 0: the writer's link does everything, on the
     * thread of whoever submits. */
    unsigned readers;

    /* What all links share: the place, its lock. False with a sentence. */
    bool (*open)(str dir, struct arena *arena, void **ret_base, str *ret_why);
    void (*close)(void *base);
    uint64_t (*bytes)(void *base); /* on disk */

    /* The writer's link comes first; then the tables are brought up to date. NULL with a
     * sentence. */
    void *(*connect)(void *base, enum link_role role, struct arena *arena, str *ret_why);
    void (*disconnect)(void *link);

    /* A transaction; `kind` says whether it writes and how strongly it commits. */
    enum err (*begin)(void *link, enum store_kind kind);
    enum err (*commit)(void *link); /* on an error nothing is committed */
    void (*rollback)(void *link);   /* also when the transaction is already gone */

    /* One savepoint inside the transaction, for one operation of a batch. */
    enum err (*savepoint)(void *link);
    enum err (*release)(void *link);
    void (*undo)(void *link);

    /* Whether an error has ended the whole transaction, not the statement alone. */
    bool (*lost)(void *link);

    /* After a batch has been answered: work that nobody waits for. An error is noted. */
    enum err (*upkeep)(void *link);

    /* Any number of statements without parameters, for migrations. */
    enum err (*script)(void *link, const char *sql);

    /* As tx_exec, tx_query, tx_next and the readers of columns. */
    enum err (*exec)(void *link, const struct statement *statement,
                     const struct value *params, unsigned n, int64_t *ret_changed);
    enum err (*query)(void *link, const struct statement *statement,
                      const struct value *params, unsigned n);
    bool (*next)(void *link, enum err *ret_err);
    int64_t (*column_int)(void *link, unsigned column);
    str (*column_text)(void *link, unsigned column);
    bool (*column_null)(void *link, unsigned column);

    /* Whether nothing can be written through it any more, for good. */
    bool (*sealed)(void *link);

    /* The engine's words for the last fault of this link. */
    void (*fault)(void *link, struct buf *buf);
};

#define X(name, what) extern const struct store_ops store_##name;
#include "store/store_list.h"
#undef X

/* A transaction as an operation sees it. */
struct tx {
    const struct store_ops *ops;
    void *link;
    enum err err;   /* of the first statement that failed */
    bool announced; /* tx_announce was called */
};

#endif
