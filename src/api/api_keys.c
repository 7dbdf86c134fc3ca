/*
 * API keys. Nobody gets more than he has: a key makes, changes and deletes only keys
 * whose permissions and reach lie within its own.
 */
#include "api/api_body.h"
#include "api/api_listing.h"
#include "base/mem.h"

/* --- what a key looks like --- */

#define COMMON_ROWS                                                                      \
    {.name = "id", .kind = SHAPE_TEXT, .doc = "Its own name, given by Breakwater."},     \
        {.name = "label", .kind = SHAPE_TEXT, .doc = "For people."},                     \
        {.name = "hint",                                                                 \
         .kind = SHAPE_TEXT,                                                             \
         .doc = "The first characters of the key, to recognize it by."},                 \
        {.name = "stage",                                                                \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "The stage that it is bound to; null = every stage."},                   \
        {.name = "environments",                                                         \
         .kind = SHAPE_TEXTS,                                                            \
         .doc = "The environments that it reaches; none = all of the stage."},           \
        {.name = "permissions",                                                          \
         .kind = SHAPE_WORDS,                                                            \
         .words = permission_words,                                                      \
         .doc = "What it may do."},                                                      \
        {.name = "expires",                                                              \
         .kind = SHAPE_TIME,                                                             \
         .nullable = true,                                                               \
         .doc = "From then on it is refused; null = never."},                            \
        {.name = "created", .kind = SHAPE_TIME, .doc = "When it was made."},             \
    {                                                                                    \
        .name = "last_used", .kind = SHAPE_TIME, .nullable = true,                       \
        .doc = "To the minute; null = never yet."                                        \
    }

static const struct shape_row key_rows[] = {COMMON_ROWS};
static const struct shape_row new_rows[] = {
    COMMON_ROWS,
    {.name = "key",
     .kind = SHAPE_TEXT,
     .doc = "The key itself: shown this once, and stored as a digest only."},
};

static const struct shape key_shape = SHAPE_OF("key", key_rows);
static const struct shape key_page = {"key", key_rows, COUNT_OF(key_rows), true};
static const struct shape new_shape = SHAPE_OF("new_key", new_rows);

static void put_permissions(struct json_out *out, unsigned permissions)
{
    json_out_name(out, STR("permissions"));
    json_out_array(out);
    for (unsigned i = 0; permission_words[i]; i++)
        if (permissions & 1u << i)
            json_out_text(out, str_z(permission_words[i]));
    json_out_end(out);
}

static void put_members(struct json_out *out, const struct api_key *key)
{
    shape_put_text(out, "id", tenant_id_str(&key->id));
    shape_put_text(out, "label", key->label);
    shape_put_text(out, "hint", key->hint);
    shape_put_text(out, "stage", key->stage ? tenant_id_str(&key->stage->id) : STR_NONE);
    json_out_name(out, STR("environments"));
    json_out_array(out);
    for (uint32_t i = 0; i < key->environment_n; i++)
        json_out_text(out, tenant_id_str(&key->environments[i]));
    json_out_end(out);
    put_permissions(out, key->permissions);
    shape_put_time(out, "expires", key->expires);
    shape_put_time(out, "created", key->created);
    shape_put_time(out, "last_used",
                   atomic_load_explicit(&key->last_used, memory_order_relaxed));
}

static void put_key(struct json_out *out, const struct api_key *key)
{
    json_out_object(out);
    put_members(out, key);
    json_out_end(out);
}

/* --- list, get --- */

static bool want(const struct api_key *key, void *arg)
{
    return api_listing_asks(arg, key);
}

static uint32_t gather(struct api_listing *listing, str after, uint32_t max, void *ret)
{
    return directory_list_keys(listing->call->api->directory, after, max, want, listing,
                               ret);
}

static bool wants(const struct api_listing *listing, const void *object)
{
    return api_sees_key(listing->call, object);
}

static str id_of(const void *object)
{
    return tenant_id_str(&((const struct api_key *)object)->id);
}

static void put(struct api_listing *listing, const void *object)
{
    put_key(&listing->call->out, object);
}

static void unref(void *object)
{
    struct api_key *key = object;
    api_key_unref(&key);
}

static void run_list(struct api_call *call)
{
    static const struct api_listing_ops ops = {
        .gather = gather, .wants = wants, .id = id_of, .put = put, .unref = unref};
    struct api_listing *listing = api_listing_create(call, &ops, NULL);
    if (listing)
        api_listing_start(listing);
}

const struct api_handler handler_keys_list = {
    .run = run_list, .paged = true, .status = 200, .answer = &key_page};

static void run_get(struct api_call *call)
{
    struct api_key *key = api_find_key(call);
    if (!key)
        return;
    put_key(&call->out, key);
    api_key_unref(&key);
    api_send(call);
}

const struct api_handler handler_keys_get = {
    .run = run_get, .status = 200, .answer = &key_shape};

/* --- bodies --- */

struct key_body {
    str label;
    str stage;
    struct bind_texts environments; /* no items: not given */
    unsigned permissions;
    usec expires;
};

static void init_body(void *obj)
{
    ((struct key_body *)obj)->expires = -1;
}

#define SHARED_ROWS                                                                      \
    {.name = "environments",                                                             \
     .kind = BIND_TEXTS,                                                                 \
     .offset = offsetof(struct key_body, environments),                                  \
     .min = 1,                                                                           \
     .max = 64,                                                                          \
     .doc = "The environments that it reaches, by their ids; an empty list = all of "    \
            "the stage."},                                                               \
        API_ROW_CUSTOM(struct key_body, expires, api_read_time, API_TIME_SCHEMA,         \
                       "From then on it is refused; null = never.")

static const struct bind_row create_rows[] = {
    API_ROW_TEXT(struct key_body, label, true, "For people."),
    API_ROW_TEXT(struct key_body, stage, false,
                 "The stage that it is bound to, by id or name; left out = that of this "
                 "key."),
    {.name = "permissions",
     .kind = BIND_CUSTOM,
     .offset = offsetof(struct key_body, permissions),
     .required = true,
     .custom = api_read_permissions,
     .custom_schema = API_PERMISSIONS_SCHEMA,
     .doc = "What it may do."},
    SHARED_ROWS,
};

static const struct bind_row update_rows[] = {
    API_ROW_TEXT(struct key_body, label, false, "For people."),
    API_ROW_CUSTOM(struct key_body, permissions, api_read_permissions,
                   API_PERMISSIONS_SCHEMA, "What it may do."),
    SHARED_ROWS,
};

static const struct bind_table create_table = {.name = "key",
                                               .rows = create_rows,
                                               .n = COUNT_OF(create_rows),
                                               .bytes = sizeof(struct key_body),
                                               .init = init_body};

static const struct bind_table update_table = {.name = "key",
                                               .rows = update_rows,
                                               .n = COUNT_OF(update_rows),
                                               .bytes = sizeof(struct key_body),
                                               .init = init_body};

/* --- within one's own reach --- */

static bool check_permissions(struct api_call *call, unsigned permissions)
{
    unsigned more = permissions & ~call->key->permissions;
    for (unsigned i = 0; permission_words[i]; i++)
        if (more & 1u << i) {
            api_refuse(call, ERR_KEY_FORBIDDEN,
                       "This key has not the permission \"%s\", and cannot give it.",
                       permission_words[i]);
            return false;
        }
    return true;
}

static bool is_own(const struct api_key *own, str id)
{
    for (uint32_t i = 0; i < own->environment_n; i++)
        if (str_eq(tenant_id_str(&own->environments[i]), id))
            return true;
    return own->environment_n == 0;
}

/* Whether the environments lie within this key's. None means all of the stage, which a
 * key of some environments cannot give. */
static bool check_environments(struct api_call *call, const struct bind_texts *ids)
{
    const struct api_key *own = call->key;
    if (ids->n == 0 && own->environment_n) {
        api_refuse(call, ERR_KEY_FORBIDDEN,
                   "This key reaches some environments only, and cannot give all.");
        return false;
    }
    for (uint32_t i = 0; i < ids->n; i++)
        if (!is_own(own, ids->items[i])) {
            api_refuse(call, ERR_OBJECT_UNKNOWN, "There is no environment \"" STR_F "\".",
                       STR_A(ids->items[i]));
            return false;
        }
    return true;
}

/* The stage of a new key: the one that is named, else this key's own. */
static bool choose_stage(struct api_call *call, str ref, str *ret_id)
{
    const struct stage *own = call->key->stage;
    *ret_id = own ? tenant_id_str(&own->id) : STR_NONE;
    if (str_absent(ref))
        return true;
    struct stage *stage = api_find_stage(call, ref);
    if (!stage)
        return false;
    *ret_id = arena_str(call->arena, tenant_id_str(&stage->id));
    stage_unref(&stage);
    return true;
}

/* A key of some environments gives its own when none are named. */
static void default_environments(struct api_call *call, struct bind_texts *ids)
{
    const struct api_key *own = call->key;
    if (ids->items || !own->environment_n)
        return;
    str *items = arena_array(call->arena, own->environment_n, sizeof(items[0]));
    for (uint32_t i = 0; i < own->environment_n; i++)
        items[i] = tenant_id_str(&own->environments[i]);
    *ids = (struct bind_texts){items, own->environment_n};
}

/* --- create --- */

static void on_created(struct change *change)
{
    struct api_call *call = change->owner;
    struct api_key *key =
        directory_key(call->api->directory, tenant_id_str(&change->new_id));
    if (!key) {
        api_refuse_text(call, ERR_OBJECT_UNKNOWN, STR("It has just been deleted."));
        return;
    }
    json_out_object(&call->out);
    put_members(&call->out, key);
    shape_put_text(&call->out, "key", change->new_key_text);
    json_out_end(&call->out);
    api_key_unref(&key);
    mem_wipe((char *)(uintptr_t)change->new_key_text.p, change->new_key_text.n);
    api_send(call);
}

static void run_create(struct api_call *call)
{
    struct key_body body;
    str stage_id;
    if (!api_bind(call, &body))
        return;
    default_environments(call, &body.environments);
    if (!check_permissions(call, body.permissions) ||
        !choose_stage(call, body.stage, &stage_id) ||
        !check_environments(call, &body.environments))
        return;
    struct change *change = api_change(call, CHANGE_KEY_CREATE);
    change->name = body.label;
    change->stage_id = stage_id;
    change->permissions = body.permissions;
    change->environment_ids = body.environments.items;
    change->environment_n = body.environments.n;
    change->expires = body.expires < 0 ? USEC_NEVER : body.expires;
    api_submit(change, on_created);
}

const struct api_handler handler_keys_create = {.run = run_create,
                                                .secret = true,
                                                .body_kind = API_BODY_OBJECT,
                                                .body = &create_table,
                                                .status = 201,
                                                .answer = &new_shape};

/* --- update, delete --- */

/* The id of the key that the path names, if this key may change it; else absent, and it
 * was refused. */
static str find_weaker(struct api_call *call)
{
    struct api_key *key = api_find_key(call);
    if (!key)
        return STR_NONE;
    str id = arena_str(call->arena, tenant_id_str(&key->id));
    bool weaker = (key->permissions & ~call->key->permissions) == 0;
    api_key_unref(&key);
    if (weaker)
        return id;
    api_refuse(call, ERR_KEY_FORBIDDEN,
               "That key has permissions that this one has not.");
    return STR_NONE;
}

static void on_updated(struct change *change)
{
    struct api_call *call = change->owner;
    struct api_key *key = directory_key(call->api->directory, change->id);
    if (!key) {
        api_refuse_text(call, ERR_OBJECT_UNKNOWN, STR("It has just been deleted."));
        return;
    }
    put_key(&call->out, key);
    api_key_unref(&key);
    api_send(call);
}

static void run_update(struct api_call *call)
{
    struct key_body body;
    str id = find_weaker(call);
    if (str_absent(id) || !api_bind(call, &body) ||
        !check_permissions(call, body.permissions))
        return;
    bool given = body.environments.items != NULL;
    if (given && !check_environments(call, &body.environments))
        return;
    struct change *change = api_change(call, CHANGE_KEY_UPDATE);
    change->id = id;
    change->name = body.label;
    change->permissions = body.permissions;
    change->environment_ids = body.environments.items;
    change->environment_n = given ? (int64_t)body.environments.n : -1;
    change->expires = body.expires;
    api_submit(change, on_updated);
}

const struct api_handler handler_keys_update = {.run = run_update,
                                                .body_kind = API_BODY_OBJECT,
                                                .body = &update_table,
                                                .status = 200,
                                                .answer = &key_shape};

static void run_delete(struct api_call *call)
{
    api_submit_bare(call, CHANGE_KEY_DELETE, find_weaker(call));
}

const struct api_handler handler_keys_delete = {.run = run_delete, .status = 204};
