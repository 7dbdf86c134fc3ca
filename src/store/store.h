/*
 * Durable state, asynchronously: work against the store is a function that runs on a
 * store thread inside a transaction, and is answered by a post to the worker that asked.
 *
 * Writers: one thread takes everything that waits, runs each operation in a savepoint of
 * one transaction, commits once (group commit), then answers all. An operation that fails
 * rolls back its savepoint and nobody else's. Readers: k threads, each operation sees one
 * snapshot.
 *
 * Commit strength: STORE_FULL is on disk when the answer comes (what precedes a side
 * effect, or was promised to a caller); STORE_RELAXED survives a crash of the process but
 * perhaps not of the machine. A batch with one FULL operation commits FULL.
 *
 * Implementations: store_list.h. The same contract suite runs on each
 * (tests/contract/store).
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include "loop/worker.h"

struct store;
struct tx;

enum store_kind { STORE_READ, STORE_RELAXED, STORE_FULL };

/*
 * One operation. The caller embeds it, fills `kind`, `run`, `done` and `worker`, submits
 * it, and keeps it alive until `done`, which runs once, on `worker`, never from inside
 * store_submit.
 *
 * `run` is called on a store thread; it may be called again after a rolled back try
 * (serialization, busy), so it must not change anything outside the transaction but its
 * own results. It answers ERR_NONE to keep its changes, anything else to roll them back;
 * once a statement has failed it must answer an error.
 *
 * `committed` is for whoever keeps memory equal to the store: it is called for writes
 * only, on the store thread, after the commit and before `done` is posted, one operation
 * at a time in the order of the commits. It must not wait and must not call the store.
 */
struct store_op {
    enum store_kind kind;
    enum err (*run)(struct tx *tx, struct store_op *op);
    void (*committed)(struct store_op *op); /* may be NULL */
    void (*done)(struct store_op *op);
    struct worker *worker;
    enum err err; /* of run, or STORE_UNAVAILABLE (also: too many wait), STORE_FULL */
    struct post post;
    struct store_op *next;
};

/*
 * Opens the embedded store in directory `dir`, brings its tables up to date, and starts
 * its threads. `name` is one of store_list.h ("sqlite", "mem"). NULL with a sentence in
 * *ret_why when it cannot be used: a newer version, damage, no rights. Never starts empty
 * over data that it cannot read.
 */
struct store *store_open(str name, str dir, struct arena *arena, str *ret_why);

/* Every operation must have been answered. Waits for the threads. */
void store_close(struct store **store);

/* Any thread. */
void store_submit(struct store *store, struct store_op *op);

/* The same on the caller's thread, for start and tools; `done` is not called. Waits for a
 * batch that is under way. */
enum err store_run(struct store *store, struct store_op *op);

/* For metrics: operations waiting, batches committed, operations committed, faults of the
 * engine, bytes of the store on disk, and whether it takes no more changes until the
 * process is started again. Any thread. */
struct store_stats {
    uint64_t waiting;
    uint64_t commits;
    uint64_t operations;
    uint64_t faults;
    uint64_t bytes;
    bool sealed;
};
void store_stats(struct store *store, struct store_stats *ret_stats);

/* What the engine said about its last fault, for the log; absent if there was none. Any
 * thread. */
str store_last_fault(struct store *store, struct arena *arena);

/* A fault of the engine with its words; `again`: they are those of the fault before.
 * Comes on the thread that met it, one at a time; must not call the store. */
void store_on_fault(struct store *store,
                    void (*fn)(void *arg, enum err err, str words, bool again),
                    void *arg);

/* Whoever waits for what others put into the store: `fn` is called after the commit of a
 * transaction that had a tx_announce, once for a batch, on the thread that committed. It
 * may only post. NULL: nobody any more; then no call of it is under way when this comes
 * back. */
void store_on_announce(struct store *store, void (*fn)(void *arg), void *arg);

/* --- inside `run` --- */

enum value_type { VALUE_NULL, VALUE_INT, VALUE_TEXT, VALUE_BLOB };

struct value {
    enum value_type type;
    int64_t i;
    str s;
};

#define V_NULL    ((struct value){.type = VALUE_NULL})
#define V_INT(x)  ((struct value){.type = VALUE_INT, .i = (x)})
#define V_TEXT(x) ((struct value){.type = VALUE_TEXT, .s = (x)}) /* absent → NULL */
#define V_BLOB(x) ((struct value){.type = VALUE_BLOB, .s = (x)}) /* absent → NULL */

/*
 * A statement: SQL that SQLite and PostgreSQL both understand, parameters written $1 $2 …
 * Defined static at its place of use; prepared once per connection. At most
 * STATEMENT_PARAMS_MAX parameters.
 */
struct statement {
    const char *sql;
};

enum { STATEMENT_PARAMS_MAX = 32 };

/*
 * Runs a statement that answers no rows. *ret_changed (may be NULL): rows changed. A
 * broken UNIQUE constraint is ERR_OBJECT_EXISTS, a broken reference ERR_OBJECT_IN_USE.
 */
enum err tx_exec(struct tx *tx, const struct statement *statement,
                 const struct value *params, unsigned n, int64_t *ret_changed) MUST_CHECK;

/*
 * Runs a query: tx_next moves to the first and each further row. Columns are read from
 * the present row; text and blobs are valid until the next tx_next, tx_exec or tx_query.
 * One query at a time: the next tx_query or tx_exec closes one that was not read to its
 * end. Parameters are copied.
 */
enum err tx_query(struct tx *tx, const struct statement *statement,
                  const struct value *params, unsigned n) MUST_CHECK;
bool tx_next(struct tx *tx, enum err *ret_err); /* false at the end, and on an error;
                                                 * *ret_err is always set */
int64_t tx_int(struct tx *tx, unsigned column); /* 0 for NULL */
str tx_text(struct tx *tx, unsigned column);    /* absent for NULL; also for blobs */
bool tx_null(struct tx *tx, unsigned column);

/* The first column of a query's only row as a number: counts, maxima. 0 without a row. */
enum err tx_number(struct tx *tx, const struct statement *statement,
                   const struct value *params, unsigned n,
                   int64_t *ret_number) MUST_CHECK;

/* What this transaction has put is waited for (store_on_announce). */
void tx_announce(struct tx *tx);

#endif
