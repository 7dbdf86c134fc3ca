/*
 * When keys were last used. A use sets a number in the key, to the minute; a flush writes
 * the numbers that the store does not know, however many uses there were. The keys are
 * walked on the store's thread, not the worker's.
 */
#include "base/mem.h"
#include "directory/directory_state.h"

enum { FLUSH_BYTES_MAX = 64 << 20 };

/* Keys that were used since the last flush, with a reference each. */
struct use_work {
    struct arena arena;
    struct use {
        struct use *next;
        struct api_key *key;
        usec used;
    } * first;
};

void directory_note_use(struct api_key *key, usec wall)
{
    usec minute = wall - wall % USEC_MIN;
    if (minute > atomic_load_explicit(&key->last_used, memory_order_relaxed))
        atomic_store_explicit(&key->last_used, minute, memory_order_relaxed);
}

static bool visit_used(void *object, void *arg)
{
    struct api_key *key = object;
    struct use_work *work = arg;
    usec used = atomic_load(&key->last_used);
    if (used <= atomic_load(&key->last_used_stored))
        return true;
    struct use *use = arena_alloc(&work->arena, sizeof(*use));
    *use = (struct use){work->first, api_key_ref(key), used};
    work->first = use;
    return true;
}

static void drop_uses(struct use_work *work)
{
    for (struct use *use = work->first; use; use = use->next)
        api_key_unref(&use->key);
    work->first = NULL;
    arena_reset(&work->arena);
}

static enum err run_flush(struct tx *tx, struct store_op *op)
{
    static const struct statement update = {
        "UPDATE api_key SET last_used = $2 WHERE id = $1 AND last_used < $2"};
    struct use_flush *flush = CONTAINER_OF(op, struct use_flush, op);
    enum err err = ERR_NONE;
    drop_uses(flush->work);
    tenant_table_walk(&flush->directory->keys, STR_NONE, visit_used, flush->work);
    for (struct use *use = flush->work->first; use && err == ERR_NONE; use = use->next) {
        struct value params[] = {V_TEXT(tenant_id_str(&use->key->id)), V_INT(use->used)};
        err = tx_exec(tx, &update, params, 2, NULL);
    }
    return err;
}

static void on_flushed(struct store_op *op)
{
    struct use_flush *flush = CONTAINER_OF(op, struct use_flush, op);
    for (struct use *use = flush->work->first; use && op->err == ERR_NONE;
         use = use->next)
        atomic_store(&use->key->last_used_stored, use->used);
    drop_uses(flush->work);
    arena_fini(&flush->work->arena);
    mem_free(flush->work);
    flush->work = NULL;
    flush->err = op->err;
    flush->done(flush);
}

void directory_flush_use(struct use_flush *flush, struct worker *worker)
{
    CHECK_MAGIC(flush->directory, DIRECTORY_MAGIC);
    flush->work = mem_zalloc(sizeof(*flush->work));
    arena_init(&flush->work->arena, 1024, FLUSH_BYTES_MAX);
    flush->op = (struct store_op){
        .kind = STORE_RELAXED, .run = run_flush, .done = on_flushed, .worker = worker};
    store_submit(flush->directory->store, &flush->op);
}
