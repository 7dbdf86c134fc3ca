/*
 *   choose ─ commit ─> the key seals ──> reseal ─ commit ─> publish ──> reseal … ──> done
 *   (setting, audit)                     100 data keys behind `after`
 *
 * Each batch commits FULL: the operator will throw the old key away on our word. What is
 * resealed is published, so that the memory of this process does not need the old key
 * either.
 */
#include "directory/rotation.h"

#include "base/mem.h"
#include "directory/directory_state.h"
#include "loop/world.h"

enum { BATCH = 100, WORK_BYTES_MAX = 1 << 20 };

struct resealed {
    str owner;
    str sealed;
};

struct rotation_work {
    struct arena arena;
    char master_key[KEYRING_ID_BYTES];
    usec wall;
    struct tenant_id after; /* the last owner that was looked at */

    /* of the batch under way */
    struct tenant_id last;
    unsigned rows;
    unsigned resealed_n;
    struct resealed resealed[BATCH];
};

static void finish(struct rotation *rotation, enum err err)
{
    rotation->err = err;
    arena_fini(&rotation->work->arena);
    mem_free(rotation->work);
    rotation->work = NULL;
    rotation->done(rotation);
}

/* --- resealing --- */

static enum err read_batch(struct tx *tx, struct rotation_work *work)
{
    static const struct statement query = {
        "SELECT owner, sealed FROM data_key WHERE master_key <> $1 AND owner > $2 "
        "ORDER BY owner LIMIT $3"};
    struct value params[] = {V_TEXT(str_z(work->master_key)),
                             V_TEXT(tenant_id_str(&work->after)), V_INT(BATCH)};
    enum err err = tx_query(tx, &query, params, COUNT_OF(params));
    work->rows = 0;
    while (err == ERR_NONE && tx_next(tx, &err)) {
        struct resealed *row = &work->resealed[work->rows++];
        row->owner = arena_str(&work->arena, tx_text(tx, 0));
        row->sealed = arena_str(&work->arena, tx_text(tx, 1));
    }
    return err;
}

static enum err run_batch(struct tx *tx, struct store_op *op)
{
    static const struct statement update = {
        "UPDATE data_key SET master_key = $2, sealed = $3 WHERE owner = $1"};
    struct rotation *rotation = CONTAINER_OF(op, struct rotation, op);
    struct rotation_work *work = rotation->work;
    struct keyring *keyring = rotation->directory->keyring;
    arena_reset(&work->arena);
    work->resealed_n = 0;
    enum err err = read_batch(tx, work);
    for (unsigned i = 0; i < work->rows && err == ERR_NONE; i++) {
        struct data_key old = {work->resealed[i].owner, work->resealed[i].sealed};
        str sealed;
        work->last = tenant_id_of(old.owner);
        if (!keyring_reseal(keyring, &old, &work->arena, &sealed))
            continue;
        struct value params[] = {V_TEXT(old.owner), V_TEXT(keyring_id_of(sealed)),
                                 V_BLOB(sealed)};
        err = tx_exec(tx, &update, params, COUNT_OF(params), NULL);
        work->resealed[work->resealed_n++] = (struct resealed){old.owner, sealed};
    }
    return err;
}

static void on_batch_committed(struct store_op *op)
{
    struct rotation *rotation = CONTAINER_OF(op, struct rotation, op);
    struct rotation_work *work = rotation->work;
    for (unsigned i = 0; i < work->resealed_n; i++)
        directory_publish_data_key(rotation->directory, work->resealed[i].owner,
                                   work->resealed[i].sealed);
}

static void start_batch(struct rotation *rotation);

static void on_batch(struct store_op *op)
{
    struct rotation *rotation = CONTAINER_OF(op, struct rotation, op);
    struct rotation_work *work = rotation->work;
    if (op->err != ERR_NONE) {
        finish(rotation, op->err);
        return;
    }
    rotation->resealed += work->resealed_n;
    rotation->unreadable += work->rows - work->resealed_n;
    work->after = work->last;
    if (work->rows == BATCH)
        start_batch(rotation);
    else
        finish(rotation, ERR_NONE);
}

static void start_batch(struct rotation *rotation)
{
    rotation->op = (struct store_op){.kind = STORE_FULL,
                                     .run = run_batch,
                                     .committed = on_batch_committed,
                                     .done = on_batch,
                                     .worker = rotation->worker};
    store_submit(rotation->directory->store, &rotation->op);
}

/* --- choosing --- */

static enum err run_choose(struct tx *tx, struct store_op *op)
{
    static const struct statement update = {
        "UPDATE setting SET value = $1 WHERE name = 'sealing_key'"};
    struct rotation *rotation = CONTAINER_OF(op, struct rotation, op);
    struct rotation_work *work = rotation->work;
    str id = str_z(work->master_key);
    struct audit_entry entry = {.time = work->wall,
                                .actor = rotation->actor.key_id,
                                .peer = rotation->actor.peer,
                                .request_id = rotation->actor.request_id,
                                .action = STR("master_key.rotate"),
                                .object_kind = STR("master_key"),
                                .object_id = id,
                                .detail = STR("{}")};
    enum err err = tx_exec(tx, &update, (struct value[]){V_TEXT(id)}, 1, NULL);
    return err == ERR_NONE ? audit_put(tx, &entry) : err;
}

static void on_chosen_committed(struct store_op *op)
{
    struct rotation *rotation = CONTAINER_OF(op, struct rotation, op);
    ODD(!keyring_seal_with(rotation->directory->keyring,
                           str_z(rotation->work->master_key)));
}

static void on_chosen(struct store_op *op)
{
    struct rotation *rotation = CONTAINER_OF(op, struct rotation, op);
    if (op->err == ERR_NONE)
        start_batch(rotation);
    else
        finish(rotation, op->err);
}

static void on_refused(struct post *post)
{
    struct rotation *rotation = CONTAINER_OF(post, struct rotation, op.post);
    finish(rotation, ERR_OBJECT_UNKNOWN);
}

void rotation_start(struct rotation *rotation)
{
    struct directory *directory = rotation->directory;
    struct rotation_work *work = mem_zalloc(sizeof(*work));
    str id = rotation->master_key;
    arena_init(&work->arena, 4096, WORK_BYTES_MAX);
    if (str_absent(id))
        id = keyring_sealing_id(directory->keyring, &work->arena);
    rotation->work = work;
    rotation->resealed = rotation->unreadable = 0;
    rotation->op = (struct store_op){.kind = STORE_FULL,
                                     .run = run_choose,
                                     .committed = on_chosen_committed,
                                     .done = on_chosen,
                                     .worker = rotation->worker};
    work->wall = world_wall(directory->world);
    if (!keyring_has(directory->keyring, id)) {
        worker_post(rotation->worker, &rotation->op.post, on_refused);
        return;
    }
    memcpy(work->master_key, id.p, id.n);
    store_submit(directory->store, &rotation->op);
}

/* --- status --- */

static void copy_id(char ret[KEYRING_ID_BYTES], str id)
{
    size_t n = id.n < KEYRING_ID_BYTES ? id.n : KEYRING_ID_BYTES - 1;
    memset(ret, 0, KEYRING_ID_BYTES);
    if (n)
        memcpy(ret, id.p, n);
}

static enum err run_status(struct tx *tx, struct store_op *op)
{
    static const struct statement query = {
        "SELECT master_key, COUNT(*) FROM data_key GROUP BY master_key "
        "ORDER BY master_key"};
    struct rotation_status *status = CONTAINER_OF(op, struct rotation_status, op);
    struct keyring *keyring = status->directory->keyring;
    enum err err = tx_query(tx, &query, NULL, 0);
    status->n = 0;
    while (err == ERR_NONE && status->n < ROTATION_KEYS_MAX && tx_next(tx, &err)) {
        uint32_t at = status->n++;
        copy_id(status->keys[at].master_key, tx_text(tx, 0));
        status->keys[at].data_keys = (uint64_t)tx_int(tx, 1);
        status->keys[at].listed = keyring_has(keyring, tx_text(tx, 0));
    }
    return err;
}

static void on_status(struct store_op *op)
{
    struct rotation_status *status = CONTAINER_OF(op, struct rotation_status, op);
    struct arena scratch;
    arena_init(&scratch, 64, 1024);
    copy_id(status->sealing, keyring_sealing_id(status->directory->keyring, &scratch));
    arena_fini(&scratch);
    status->err = op->err;
    status->done(status);
}

void rotation_status(struct rotation_status *status)
{
    status->op = (struct store_op){.kind = STORE_READ,
                                   .run = run_status,
                                   .done = on_status,
                                   .worker = status->worker};
    store_submit(status->directory->store, &status->op);
}
