/*
 * The cache of reads: what there is of it, which answers are kept of an account (never
 * what they say), and forgetting. A purge is written to the audit log first, and is
 * answered when nothing of it is left, on disk neither.
 */
#include "api/api_call.h"
#include "api/api_page.h"
#include "base/encode.h"
#include "directory/audit.h"
#include "loop/world.h"

static struct cache *cache_of(const struct api_call *call)
{
    return call->api->gate->exchange.cache;
}

static bool need_cache(struct api_call *call)
{
    if (cache_of(call))
        return true;
    api_refuse(call, ERR_OBJECT_UNKNOWN,
               "Nothing is kept: the setting cache_bytes_max is 0.");
    return false;
}

/* --- what there is of it --- */

static const struct shape_row stats_rows[] = {
    {.name = "entries", .kind = SHAPE_UINT, .doc = "Answers of vendors that are kept."},
    {.name = "mapped",
     .kind = SHAPE_UINT,
     .doc = "Unified answers that were made of them, and are kept as well."},
    {.name = "bytes", .kind = SHAPE_UINT, .doc = "Memory that all of them take."},
    {.name = "bytes_max", .kind = SHAPE_UINT, .doc = "Its bound: the setting."},
    {.name = "environment_bytes_max",
     .kind = SHAPE_UINT,
     .doc = "The bound of one environment: the setting."},
    {.name = "evicted",
     .kind = SHAPE_UINT,
     .doc = "Entries that went because others needed the room, since the start."},
    {.name = "disk_bytes",
     .kind = SHAPE_UINT,
     .nullable = true,
     .doc = "Size of the files; null for an environment."},
    {.name = "stored",
     .kind = SHAPE_UINT,
     .nullable = true,
     .doc =
         "Answers taken in since the start; null for an environment, as are the next."},
    {.name = "loaded",
     .kind = SHAPE_UINT,
     .nullable = true,
     .doc = "Answers that the start has found on disk."},
    {.name = "invalidated",
     .kind = SHAPE_UINT,
     .nullable = true,
     .doc = "Times that a write or a webhook has ended freshness."},
    {.name = "unwritten",
     .kind = SHAPE_UINT,
     .nullable = true,
     .doc = "Answers that are in memory only, since the disk did not keep up."},
};

static const struct shape stats_shape = SHAPE_OF("cache", stats_rows);

static const struct api_param stats_params[] = {
    {.name = "environment",
     .kind = API_PARAM_TEXT,
     .max = 64,
     .doc = "That environment's part; without it the whole, for keys of all stages."},
    {.name = NULL}};

static void put_count(struct json_out *out, const char *name, uint64_t value)
{
    json_out_member_int(out, str_z(name), (int64_t)value);
}

static void put_whole(struct json_out *out, const char *name, uint64_t value, bool whole)
{
    if (whole)
        put_count(out, name, value);
    else
        shape_put_text(out, name, STR_NONE); /* null */
}

static void put_stats(struct json_out *out, const struct cache_stats *stats, bool whole)
{
    json_out_object(out);
    put_count(out, "entries", stats->entries);
    put_count(out, "mapped", stats->mapped);
    put_count(out, "bytes", stats->bytes);
    put_count(out, "bytes_max", stats->bytes_max);
    put_count(out, "environment_bytes_max", stats->environment_bytes_max);
    put_count(out, "evicted", stats->evicted);
    put_whole(out, "disk_bytes", stats->disk_bytes, whole);
    put_whole(out, "stored", stats->stored, whole);
    put_whole(out, "loaded", stats->loaded, whole);
    put_whole(out, "invalidated", stats->invalidated, whole);
    put_whole(out, "unwritten", stats->unwritten, whole);
    json_out_end(out);
}

static void run_get(struct api_call *call)
{
    struct cache_stats stats;
    str id = api_query(call, "environment");
    if (!need_cache(call))
        return;
    if (str_absent(id)) {
        if (!api_need_platform(call))
            return;
        cache_stats(cache_of(call), &stats);
    } else {
        struct environment *environment = api_find_environment(call, id);
        if (!environment)
            return;
        cache_environment_stats(cache_of(call), tenant_id_str(&environment->id), &stats);
        environment_unref(&environment);
    }
    put_stats(&call->out, &stats, str_absent(id));
    api_send(call);
}

const struct api_handler handler_cache_get = {
    .run = run_get, .params = stats_params, .status = 200, .answer = &stats_shape};

/* --- what is kept of an account --- */

static const struct shape_row entry_rows[] = {
    {.name = "key", .kind = SHAPE_TEXT, .doc = "A digest of all that it was asked for."},
    {.name = "account", .kind = SHAPE_TEXT, .doc = "The id of its account."},
    {.name = "integration", .kind = SHAPE_TEXT, .doc = "The vendor's integration."},
    {.name = "resource", .kind = SHAPE_TEXT, .doc = "The document's resource."},
    {.name = "method", .kind = SHAPE_TEXT, .doc = "RESOURCE.METHOD of the document."},
    {.name = "status", .kind = SHAPE_UINT, .doc = "Of the vendor's answer."},
    {.name = "bytes", .kind = SHAPE_UINT, .doc = "Memory that it takes."},
    {.name = "stored", .kind = SHAPE_TIME, .doc = "When it came, or was renewed."},
    {.name = "fresh", .kind = SHAPE_BOOL, .doc = "Whether it is answered as it is."},
    {.name = "fresh_s",
     .kind = SHAPE_NUMBER,
     .doc = "Seconds that it stays so; 0: it is not."},
    {.name = "stale_s",
     .kind = SHAPE_NUMBER,
     .doc = "Seconds that it can still stand in for the vendor."},
    {.name = "held_s",
     .kind = SHAPE_NUMBER,
     .doc = "Seconds that the vendor is not asked about it, after a failure."},
};

static const struct shape entry_page = {"cache_entry", entry_rows, COUNT_OF(entry_rows),
                                        true};

static const struct api_param list_params[] = {
    {.name = "account",
     .kind = API_PARAM_TEXT,
     .max = 200,
     .doc = "The account, by id or external id; it must be given."},
    {.name = "resource",
     .kind = API_PARAM_TEXT,
     .max = 64,
     .doc = "Those of this resource of its document."},
    {.name = NULL}};

/* NULL when it was refused. */
static struct account *find_account(struct api_call *call, str ref)
{
    struct account *account = NULL;
    enum err err =
        directory_find_account(call->api->directory, call->key, ref, STR_NONE, &account);
    if (err)
        api_refuse_text(call, err, STR_NONE);
    return err ? NULL : account;
}

static usec left(usec until, usec now)
{
    return usec_max(until - now, 0);
}

static void put_entry(struct api_call *call, const struct cache_entry *entry)
{
    struct json_out *out = &call->out;
    usec now = call->worker->now;
    bool fresh = cache_is_fresh(cache_of(call), entry, now);
    usec held = atomic_load_explicit(&entry->hold_until, memory_order_relaxed);
    json_out_object(out);
    shape_put_text(out, "key", encode_hex(call->arena, cache_key_str(&entry->key)));
    shape_put_text(out, "account", tenant_id_str(&entry->account));
    shape_put_text(out, "integration", entry->integration);
    shape_put_text(out, "resource", entry->resource);
    shape_put_text(out, "method", entry->method);
    json_out_member_int(out, STR("status"), entry->status);
    put_count(out, "bytes", entry->bytes);
    shape_put_time(out, "stored", entry->stored_wall);
    json_out_member_bool(out, STR("fresh"), fresh);
    shape_put_seconds(out, "fresh_s", fresh ? left(entry->fresh_until, now) : 0);
    shape_put_seconds(out, "stale_s", left(entry->stale_until, now));
    shape_put_seconds(out, "held_s", left(held, now));
    json_out_end(out);
}

/* The key that a cursor names; false: it names none. */
static bool read_place(struct api_call *call, str place, struct cache_key *ret_key)
{
    str bytes;
    if (!decode_hex(call->arena, place, &bytes) || bytes.n != CACHE_KEY_BYTES)
        return false;
    memcpy(ret_key->bytes, bytes.p, CACHE_KEY_BYTES);
    return true;
}

static void list_entries(struct api_call *call, const struct account *account)
{
    struct api_page page;
    struct cache_key after;
    if (!api_page_read(call, &page))
        return;
    bool begins = str_absent(page.after) || !read_place(call, page.after, &after);
    struct cache_entry **items =
        arena_array(call->arena, page.limit + 1, sizeof(struct cache_entry *));
    uint32_t n = cache_list(cache_of(call), account, api_query(call, "resource"),
                            begins ? NULL : &after, page.limit + 1, items);
    api_page_begin(call);
    uint32_t shown = n < page.limit ? n : page.limit;
    for (uint32_t i = 0; i < shown; i++)
        put_entry(call, items[i]);
    str next = n > shown ? encode_hex(call->arena, cache_key_str(&items[shown - 1]->key))
                         : STR_NONE;
    for (uint32_t i = 0; i < n; i++)
        cache_entry_unref(&items[i]);
    api_page_end(call, next);
}

static void run_list(struct api_call *call)
{
    str ref = api_query(call, "account");
    if (!need_cache(call))
        return;
    if (str_absent(ref)) {
        api_refuse(call, ERR_QUERY_INVALID, "`account` must name the account.");
        return;
    }
    struct account *account = find_account(call, ref);
    if (!account)
        return;
    list_entries(call, account);
    account_unref(&account);
}

const struct api_handler handler_cache_entries = {.run = run_list,
                                                  .params = list_params,
                                                  .paged = true,
                                                  .status = 200,
                                                  .answer = &entry_page};

/* --- forgetting --- */

static const struct shape_row purge_rows[] = {
    {.name = "entries", .kind = SHAPE_UINT, .doc = "Answers that were forgotten."},
    {.name = "bytes", .kind = SHAPE_UINT, .doc = "Memory that they took."},
};

static const struct shape purge_shape = SHAPE_OF("cache_purge", purge_rows);

static const struct api_param purge_params[] = {
    {.name = "account",
     .kind = API_PARAM_TEXT,
     .max = 200,
     .doc = "Of this account, by id or external id."},
    {.name = "environment",
     .kind = API_PARAM_TEXT,
     .max = 64,
     .doc = "Of all accounts of this environment."},
    {.name = "integration",
     .kind = API_PARAM_TEXT,
     .max = 64,
     .doc = "Of this integration; with neither of the above, for keys of all stages."},
    {.name = "resource",
     .kind = API_PARAM_TEXT,
     .max = 64,
     .doc = "Of this resource only; beside one of the others."},
    {.name = NULL}};

struct forgetting {
    struct store_op op;
    struct cache_purge purge;
    struct api_call *call;
    str environment; /* of the audit line; absent: all */
    str object_kind, object_id;
    str detail;
    usec wall;
};

static enum err put_audit(struct tx *tx, struct store_op *op)
{
    const struct forgetting *forgetting = CONTAINER_OF(op, struct forgetting, op);
    const struct actor *actor = &forgetting->call->actor;
    struct audit_entry entry = {.time = forgetting->wall,
                                .actor = actor->key_id,
                                .peer = actor->peer,
                                .request_id = actor->request_id,
                                .action = STR("cache.purge"),
                                .object_kind = forgetting->object_kind,
                                .object_id = forgetting->object_id,
                                .environment = forgetting->environment,
                                .detail = forgetting->detail};
    return audit_put(tx, &entry);
}

static void on_purged(struct cache_purge *purge)
{
    struct forgetting *forgetting = purge->owner;
    struct api_call *call = forgetting->call;
    if (purge->err) {
        api_refuse(call, purge->err,
                   "It is gone from memory, and the disk would not say so.");
        return;
    }
    json_out_object(&call->out);
    put_count(&call->out, "entries", purge->entries);
    put_count(&call->out, "bytes", purge->bytes);
    json_out_end(&call->out);
    api_send(call);
}

static void on_audited(struct store_op *op)
{
    struct forgetting *forgetting = CONTAINER_OF(op, struct forgetting, op);
    struct api_call *call = forgetting->call;
    if (op->err) {
        api_refuse_text(call, op->err, STR_NONE);
        return;
    }
    forgetting->purge.worker = call->worker;
    forgetting->purge.done = on_purged;
    forgetting->purge.owner = forgetting;
    cache_purge(cache_of(call), &forgetting->purge);
}

static str describe(struct api_call *call, const struct cache_purge *purge)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, 4096);
    json_out_init(&out, &text);
    json_out_object(&out);
    shape_put_text(&out, "integration", purge->integration);
    shape_put_text(&out, "resource", purge->resource);
    json_out_end(&out);
    return arena_take(call->arena, &text);
}

static bool name_account(struct forgetting *forgetting, str ref)
{
    struct api_call *call = forgetting->call;
    struct account *account = find_account(call, ref);
    if (!account)
        return false;
    forgetting->purge.account = arena_str(call->arena, tenant_id_str(&account->id));
    forgetting->environment =
        arena_str(call->arena, tenant_id_str(&account->environment->id));
    forgetting->object_kind = STR("account");
    forgetting->object_id = forgetting->purge.account;
    account_unref(&account);
    return true;
}

static bool name_environment(struct forgetting *forgetting, str id)
{
    struct api_call *call = forgetting->call;
    struct environment *environment = api_find_environment(call, id);
    if (!environment)
        return false;
    forgetting->purge.environment = forgetting->environment =
        arena_str(call->arena, tenant_id_str(&environment->id));
    forgetting->object_kind = STR("environment");
    forgetting->object_id = forgetting->environment;
    environment_unref(&environment);
    return true;
}

/* Whose answers go. An integration's are everybody's. */
static bool name_whose(struct forgetting *forgetting)
{
    struct api_call *call = forgetting->call;
    str account = api_query(call, "account");
    str environment = api_query(call, "environment");
    if (!str_absent(account) && !str_absent(environment)) {
        api_refuse(call, ERR_QUERY_INVALID,
                   "Give `account` or `environment`: an account is of one anyway.");
        return false;
    }
    if (!str_absent(account))
        return name_account(forgetting, account);
    if (!str_absent(environment))
        return name_environment(forgetting, environment);
    forgetting->object_kind = STR("integration");
    forgetting->object_id = forgetting->purge.integration;
    if (!str_absent(forgetting->purge.integration))
        return api_need_platform(call);
    api_refuse(call, ERR_QUERY_INVALID,
               "Say whose answers: `account`, `environment` or `integration`.");
    return false;
}

static void run_purge(struct api_call *call)
{
    struct forgetting *forgetting = arena_zalloc(call->arena, sizeof(*forgetting));
    forgetting->call = call;
    forgetting->environment = STR_NONE;
    forgetting->purge =
        (struct cache_purge){.account = STR_NONE,
                             .environment = STR_NONE,
                             .integration = api_query(call, "integration"),
                             .resource = api_query(call, "resource")};
    if (!need_cache(call) || !name_whose(forgetting))
        return;
    forgetting->detail = describe(call, &forgetting->purge);
    forgetting->wall = world_wall(call->worker->world);
    forgetting->op = (struct store_op){
        .kind = STORE_FULL, .run = put_audit, .done = on_audited, .worker = call->worker};
    store_submit(call->api->store, &forgetting->op);
}

const struct api_handler handler_cache_purge = {
    .run = run_purge, .params = purge_params, .status = 200, .answer = &purge_shape};
