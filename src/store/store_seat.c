/*
 * An error of the engine can end the whole transaction (a full disk does), and a commit
 * can fail for the sake of one operation. A batch then runs again, each operation in a
 * transaction of its own, so that only those fail that cannot succeed.
 */
#include "store/store_seat.h"

enum { FAULT_BYTES_MAX = 512 };

void seat_counts_init(struct seat_counts *counts)
{
    *counts = (struct seat_counts){0};
    pthread_mutex_init(&counts->fault_lock, NULL);
    pthread_mutex_init(&counts->announce_lock, NULL);
    buf_init(&counts->fault, FAULT_BYTES_MAX);
}

void seat_counts_fini(struct seat_counts *counts)
{
    pthread_mutex_destroy(&counts->fault_lock);
    pthread_mutex_destroy(&counts->announce_lock);
    buf_fini(&counts->fault);
}

void seat_init(struct seat *seat, const struct store_ops *ops, struct seat_counts *counts)
{
    *seat = (struct seat){.ops = ops, .counts = counts};
    pthread_mutex_init(&seat->lock, NULL);
}

void seat_fini(struct seat *seat)
{
    if (seat->link)
        seat->ops->disconnect(seat->link);
    seat->link = NULL;
    pthread_mutex_destroy(&seat->lock);
}

static void note_fault(struct seat *seat, enum err err)
{
    struct seat_counts *counts = seat->counts;
    if (err != ERR_STORE_UNAVAILABLE && err != ERR_STORE_FULL && err != ERR_INTERNAL)
        return;
    struct buf words;
    buf_init(&words, FAULT_BYTES_MAX);
    seat->ops->fault(seat->link, &words);
    atomic_fetch_add(&counts->faults, 1);
    if (seat->ops->sealed(seat->link))
        atomic_store(&counts->sealed, true);
    pthread_mutex_lock(&counts->fault_lock);
    bool again = str_eq(buf_peek(&words), buf_peek(&counts->fault));
    buf_clear(&counts->fault);
    buf_str(&counts->fault, buf_peek(&words));
    if (counts->on_fault)
        counts->on_fault(counts->on_fault_arg, err, buf_peek(&words), again);
    pthread_mutex_unlock(&counts->fault_lock);
    buf_fini(&words);
}

static enum err run_op(struct seat *seat, struct store_op *op)
{
    struct tx tx = {.ops = seat->ops, .link = seat->link};
    enum err err = op->run(&tx, op);
    ODD(err == ERR_NONE && tx.err != ERR_NONE);
    note_fault(seat, tx.err);
    err = err == ERR_NONE ? tx.err : err;
    seat->announced |= tx.announced && err == ERR_NONE;
    return err;
}

/* After each commit; what a transaction that was rolled back has announced is nothing. */
static void announce(struct seat *seat, bool committed)
{
    struct seat_counts *counts = seat->counts;
    bool announced = seat->announced && committed;
    seat->announced = false;
    if (!announced)
        return;
    pthread_mutex_lock(&counts->announce_lock);
    if (counts->on_announce)
        counts->on_announce(counts->on_announce_arg);
    pthread_mutex_unlock(&counts->announce_lock);
}

static void note_committed(struct seat *seat, struct store_op *op)
{
    if (op->kind == STORE_READ || op->err != ERR_NONE)
        return;
    atomic_fetch_add(&seat->counts->operations, 1);
    if (op->committed)
        op->committed(op);
}

/* One operation in a transaction of its own. */
static void run_alone(struct seat *seat, struct store_op *op)
{
    const struct store_ops *ops = seat->ops;
    bool begun = false;
    op->err = ops->begin(seat->link, op->kind);
    note_fault(seat, op->err);
    if (op->err == ERR_NONE) {
        begun = true;
        op->err = run_op(seat, op);
    }
    if (op->err == ERR_NONE && op->kind != STORE_READ) {
        op->err = ops->commit(seat->link);
        note_fault(seat, op->err);
        begun = op->err != ERR_NONE;
        if (!begun)
            atomic_fetch_add(&seat->counts->commits, 1);
    }
    if (begun)
        ops->rollback(seat->link);
    note_committed(seat, op);
    announce(seat, !begun);
}

/* One operation of a batch; false when it has taken the transaction with it. */
static bool run_saved(struct seat *seat, struct store_op *op)
{
    const struct store_ops *ops = seat->ops;
    if (ops->savepoint(seat->link) != ERR_NONE)
        return false;
    op->err = run_op(seat, op);
    if (op->err == ERR_NONE)
        return ops->release(seat->link) == ERR_NONE;
    ops->undo(seat->link);
    return !ops->lost(seat->link);
}

/* The batch in one transaction that has begun; false when nothing of it was kept. */
static bool run_together(struct seat *seat, struct store_op *batch)
{
    const struct store_ops *ops = seat->ops;
    for (struct store_op *op = batch; op; op = op->next) {
        if (run_saved(seat, op))
            continue;
        ops->rollback(seat->link);
        announce(seat, false);
        return false;
    }
    enum err err = ops->commit(seat->link);
    note_fault(seat, err);
    if (err != ERR_NONE) {
        announce(seat, false);
        return false;
    }
    atomic_fetch_add(&seat->counts->commits, 1);
    for (struct store_op *op = batch; op; op = op->next)
        note_committed(seat, op);
    announce(seat, true);
    return true;
}

static enum store_kind strength_of(const struct store_op *batch)
{
    for (; batch; batch = batch->next)
        if (batch->kind == STORE_FULL)
            return STORE_FULL;
    return STORE_RELAXED;
}

static void run_batch(struct seat *seat, struct store_op *batch)
{
    if (!batch->next) {
        run_alone(seat, batch);
        return;
    }
    enum err err = seat->ops->begin(seat->link, strength_of(batch));
    note_fault(seat, err);
    if (err == ERR_NONE && run_together(seat, batch))
        return;
    for (struct store_op *op = batch; op; op = op->next) {
        if (err == ERR_NONE)
            run_alone(seat, op);
        else
            op->err = err;
    }
}

void seat_run(struct seat *seat, struct store_op *op)
{
    pthread_mutex_lock(&seat->lock);
    run_alone(seat, op);
    pthread_mutex_unlock(&seat->lock);
}

void seat_run_batch(struct seat *seat, struct store_op *batch)
{
    pthread_mutex_lock(&seat->lock);
    run_batch(seat, batch);
    pthread_mutex_unlock(&seat->lock);
}

void seat_upkeep(struct seat *seat)
{
    pthread_mutex_lock(&seat->lock);
    note_fault(seat, seat->ops->upkeep(seat->link));
    pthread_mutex_unlock(&seat->lock);
}
