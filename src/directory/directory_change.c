/*
 *   directory_change ─ check ─────────────── refused ──> done
 *            │ (the caller's thread)
 *       store_submit ── run, audit ─ commit ─ publish ──> done
 *                       (store thread)                    (worker)
 *
 * What a change needs on its way stands in `work`, with an arena of its own: the caller's
 * is not touched before the answer. A run that is repeated starts from the same mark.
 */
#include "base/crypto.h"
#include "base/encode.h"
#include "base/mem.h"
#include "directory/directory_state.h"
#include "http/date.h"
#include "loop/world.h"

/* Sealed credentials (256 KiB), labels, context and the sentences about them. */
enum { WORK_BYTES_MAX = 4 << 20, DETAIL_BYTES_MAX = 256 * 1024 };

enum { KEY_CHARS = 40, HINT_CHARS = 7 };

#define KEY_PREFIX "bw_"

static const struct change_ops *const kinds[] = {
    [CHANGE_STAGE_CREATE] = &change_stage_create,
    [CHANGE_STAGE_DELETE] = &change_stage_delete,
    [CHANGE_ENVIRONMENT_CREATE] = &change_environment_create,
    [CHANGE_ENVIRONMENT_UPDATE] = &change_environment_update,
    [CHANGE_ENVIRONMENT_DELETE] = &change_environment_delete,
    [CHANGE_ACCOUNT_CREATE] = &change_account_create,
    [CHANGE_ACCOUNT_UPDATE] = &change_account_update,
    [CHANGE_ACCOUNT_STATE] = &change_account_state,
    [CHANGE_ACCOUNT_CREDENTIALS] = &change_account_credentials,
    [CHANGE_ACCOUNT_DELETE] = &change_account_delete,
    [CHANGE_APP_CREATE] = &change_app_create,
    [CHANGE_APP_UPDATE] = &change_app_update,
    [CHANGE_APP_SECRETS] = &change_app_secrets,
    [CHANGE_APP_DELETE] = &change_app_delete,
    [CHANGE_KEY_CREATE] = &change_key_create,
    [CHANGE_KEY_UPDATE] = &change_key_update,
    [CHANGE_KEY_DELETE] = &change_key_delete,
};

static const struct change_ops *ops_of(const struct change *change)
{
    return kinds[change->kind];
}

str change_id(const struct change *change)
{
    return ops_of(change)->id_prefix ? tenant_id_str(&change->work->id) : change->id;
}

struct value change_json(struct change *change, const struct json *value)
{
    struct buf text;
    if (json_is(value, JSON_UNDEFINED))
        return V_NULL;
    buf_init(&text, DETAIL_BYTES_MAX);
    json_write(&text, value, JSON_COMPACT);
    CHECK(buf_ok(&text)); /* check_members has bounded it */
    str copy = arena_str(&change->work->arena, buf_peek(&text));
    buf_fini(&text);
    return V_TEXT(copy);
}

void change_note_time(struct change *change, str name, usec wall)
{
    char text[DATE_ISO_CHARS + 1];
    if (wall != USEC_NEVER)
        date_format_iso(wall, text);
    json_out_name(&change->work->out, name);
    json_out_text(&change->work->out, wall == USEC_NEVER ? STR_NONE : str_z(text));
}

void change_note_json(struct change *change, str name, const struct json *value)
{
    json_out_name(&change->work->out, name);
    json_out_value(&change->work->out, value);
}

/* --- refusals in a transaction --- */

enum err change_exists(struct change *change, enum err err, const char *sentence)
{
    if (err != ERR_OBJECT_EXISTS)
        return err;
    return change_refuse(change, err, "%s", sentence);
}

enum err change_unknown(struct change *change, enum err err, const char *what)
{
    if (err != ERR_OBJECT_UNKNOWN)
        return err;
    return change_refuse(change, err, "There is no %s of this id.", what);
}

enum err change_needs(struct tx *tx, struct change *change, const struct statement *count,
                      str id, const char *what)
{
    int64_t n = 0;
    enum err err = tx_number(tx, count, (struct value[]){V_TEXT(id)}, 1, &n);
    if (err == ERR_NONE && n == 0)
        err = ERR_OBJECT_UNKNOWN;
    return change_unknown(change, err, what);
}

enum err change_unless(struct tx *tx, struct change *change,
                       const struct statement *count, const char *what)
{
    int64_t n = 0;
    enum err err = tx_number(tx, count, (struct value[]){V_TEXT(change->id)}, 1, &n);
    if (err != ERR_NONE || n == 0)
        return err;
    return change_refuse(change, ERR_OBJECT_IN_USE, "It still has %s (%lld).", what,
                         (long long)n);
}

enum err change_remove(struct tx *tx, struct change *change,
                       const struct statement *delete, const char *what)
{
    int64_t changed = 0;
    enum err err = tx_exec(tx, delete, (struct value[]){V_TEXT(change->id)}, 1, &changed);
    if (err == ERR_NONE && changed == 0)
        err = ERR_OBJECT_UNKNOWN;
    return change_unknown(change, err, what);
}

/* --- the work --- */

static void start_work(struct change *change)
{
    struct change_work *work = mem_zalloc(sizeof(*work));
    struct world *world = change->directory->world;
    arena_init(&work->arena, 1024, WORK_BYTES_MAX);
    buf_init(&work->detail, DETAIL_BYTES_MAX);
    work->wall = world_wall(world);
    if (ops_of(change)->id_prefix)
        world_name(world, ops_of(change)->id_prefix, work->id.text);
    change->work = work;
    change->err = ERR_NONE;
    change->detail = STR_NONE;
    change->new_id = (struct tenant_id){0};
    change->new_key_text = STR_NONE;
}

/* Gives back what a try has read and nobody has published. */
static void drop_found(struct change_work *work)
{
    stage_unref(&work->stage);
    environment_unref(&work->in_environment.object);
    account_unref(&work->in_account.object);
    app_unref(&work->in_app.object);
    api_key_unref(&work->in_key.object);
}

static void end_work(struct change *change)
{
    struct change_work *work = change->work;
    change->detail = arena_str(change->arena, change->detail);
    if (change->err == ERR_NONE && ops_of(change)->id_prefix)
        change->new_id = work->id;
    if (change->err == ERR_NONE && change->kind == CHANGE_KEY_CREATE)
        change->new_key_text = arena_str(change->arena, str_z(work->key_text));
    drop_found(work);
    buf_fini(&work->detail);
    arena_fini(&work->arena);
    mem_wipe(work, sizeof(*work));
    mem_free(work);
    change->work = NULL;
}

/* A new key's text, what is stored of it, and what it is recognized by. */
static void make_key(struct change *change)
{
    struct change_work *work = change->work;
    str text = change->key_text;
    if (str_absent(text)) {
        uint8_t chance[KEY_CHARS];
        struct world *world = change->directory->world;
        world->ops->random(world, chance, sizeof(chance));
        memcpy(work->key_text, KEY_PREFIX, sizeof(KEY_PREFIX) - 1);
        encode_base62_random(work->key_text + sizeof(KEY_PREFIX) - 1, chance, KEY_CHARS);
        mem_wipe(chance, sizeof(chance));
    } else {
        memcpy(work->key_text, text.p, text.n);
    }
    text = str_z(work->key_text);
    crypto_sha256(text, work->key_digest);
    memcpy(work->key_hint, text.p, HINT_CHARS);
}

static bool begin(struct change *change)
{
    start_work(change);
    if (!ops_of(change)->check(change))
        return false;
    if (change->kind == CHANGE_KEY_CREATE)
        make_key(change);
    change->work->start = arena_mark(&change->work->arena);
    return true;
}

/* --- in the store --- */

static enum err put_audit(struct tx *tx, struct change *change)
{
    struct change_work *work = change->work;
    json_out_end(&work->out);
    CHECK(buf_ok(&work->detail));
    struct audit_entry entry = {
        .time = work->wall,
        .actor = change->actor.key_id,
        .peer = change->actor.peer,
        .request_id = change->actor.request_id,
        .action = str_z(ops_of(change)->action),
        .object_kind = str_z(ops_of(change)->object_kind),
        .object_id = change_id(change),
        .environment = work->environment,
        .detail = buf_peek(&work->detail),
    };
    return audit_put(tx, &entry);
}

static enum err run_change(struct tx *tx, struct store_op *op)
{
    struct change *change = CONTAINER_OF(op, struct change, op);
    struct change_work *work = change->work;
    drop_found(work);
    arena_rewind(&work->arena, work->start);
    change->detail = STR_NONE;
    work->environment = STR_NONE;
    buf_clear(&work->detail);
    json_out_init(&work->out, &work->detail);
    json_out_object(&work->out);
    enum err err = ops_of(change)->run(tx, change);
    return err == ERR_NONE ? put_audit(tx, change) : err;
}

static void on_committed(struct store_op *op)
{
    struct change *change = CONTAINER_OF(op, struct change, op);
    ops_of(change)->publish(change);
}

static void on_stored(struct store_op *op)
{
    struct change *change = CONTAINER_OF(op, struct change, op);
    change->err = op->err;
    end_work(change);
    change->done(change);
}

static void on_refused(struct post *post)
{
    struct change *change = CONTAINER_OF(post, struct change, op.post);
    end_work(change);
    change->done(change);
}

/* --- asking --- */

void directory_change(struct change *change)
{
    CHECK_MAGIC(change->directory, DIRECTORY_MAGIC);
    bool good = begin(change);
    change->op = (struct store_op){.kind = STORE_FULL,
                                   .run = run_change,
                                   .committed = on_committed,
                                   .done = on_stored,
                                   .worker = change->worker};
    if (good)
        store_submit(change->directory->store, &change->op);
    else
        worker_post(change->worker, &change->op.post, on_refused);
}

void directory_change_now(struct change *change)
{
    CHECK_MAGIC(change->directory, DIRECTORY_MAGIC);
    bool good = begin(change);
    change->op = (struct store_op){
        .kind = STORE_FULL, .run = run_change, .committed = on_committed};
    if (good)
        change->err = store_run(change->directory->store, &change->op);
    end_work(change);
}
