/*
 * Each object lives in an arena of its own, of one chunk that fits: the struct first,
 * then its texts and JSON. The arena's own struct is the object's last member, so that
 * freeing takes it out first.
 */
#include "directory/tenant.h"

#include "base/hash.h"
#include "base/mem.h"

/* Rows come from our own store; what a caller can put there is bounded before. */
#define OBJECT_BYTES_MAX (SIZE_MAX / 2)

/* What an arena may lose to alignment, at each allocation but those of text. */
enum { SLACK_BYTES = 16 };

const char *const stage_kind_words[] = {"sandbox", "production", NULL};

const char *const account_state_words[] = {
    "connecting", "active", "degraded", "needs_reauth", "disabled", "deleting", NULL};

const char *const permission_words[] = {"call",   "read",    "write", "payloads",
                                        "replay", "secrets", "admin", NULL};

const char *const app_secret_names[] = {"client_secret",   "client_secret_next",
                                        "private_key",     "certificate",
                                        "certificate_key", NULL};

str stage_kind_word(enum stage_kind kind)
{
    return str_z(stage_kind_words[kind]);
}

str account_state_word(enum account_state state)
{
    return str_z(account_state_words[state]);
}

str permission_word(enum permission permission)
{
    CHECK(permission > 0 && (permission & PERMISSION_ALL) == permission);
    return str_z(permission_words[__builtin_ctz(permission)]);
}

struct tenant_id tenant_id_of(str text)
{
    struct tenant_id id = {0};
    if (text.n > 0 && text.n < TENANT_ID_BYTES)
        memcpy(id.text, text.p, text.n);
    return id;
}

/* --- making --- */

/* What json_copy takes for an object of texts. */
static size_t object_bytes(const struct json *object)
{
    size_t bytes = SLACK_BYTES;
    if (!json_is(object, JSON_OBJECT))
        return bytes;
    for (uint32_t i = 0; i < object->n; i++) {
        const struct json_member *member = &object->u.members[i];
        bytes += sizeof(*member) + member->key_n + member->value.n;
    }
    return bytes;
}

/* An object with room for `more` bytes behind it. */
static void *create(struct arena *arena, size_t size, size_t more)
{
    arena_init(arena, size + more + 2 * SLACK_BYTES, OBJECT_BYTES_MAX);
    return arena_zalloc(arena, size);
}

struct stage *stage_create(const struct stage *like)
{
    struct arena arena;
    struct stage *stage = create(&arena, sizeof(*stage), like->name.n);
    atomic_init(&stage->refs, 1);
    stage->id = like->id;
    stage->name = arena_str(&arena, like->name);
    stage->kind = like->kind;
    stage->created = like->created;
    stage->arena = arena;
    return stage;
}

struct environment *environment_create(const struct environment *like)
{
    struct arena arena;
    size_t more = like->name.n + like->external_id.n + object_bytes(&like->labels);
    struct environment *environment = create(&arena, sizeof(*environment), more);
    atomic_init(&environment->refs, 1);
    environment->id = like->id;
    environment->stage = like->stage ? stage_ref(like->stage) : NULL;
    environment->name = arena_str(&arena, like->name);
    environment->external_id = arena_str(&arena, like->external_id);
    environment->labels = json_copy(&arena, &like->labels);
    environment->concurrency_max = like->concurrency_max;
    environment->created = like->created;
    environment->updated = like->updated;
    environment->arena = arena;
    return environment;
}

static size_t account_bytes(const struct account *like)
{
    return like->integration.n + like->way.n + like->external_id.n + like->name.n +
           like->connected_by.n + like->state_reason.n + like->data_key.n +
           like->sealed.n + like->token.fault.n + like->token.scope.n +
           object_bytes(&like->labels) + object_bytes(&like->context);
}

/* The texts come last: they need no alignment. */
struct account *account_create(const struct account *like)
{
    struct arena arena;
    struct account *account = create(&arena, sizeof(*account), account_bytes(like));
    atomic_init(&account->refs, 1);
    account->id = like->id;
    account->environment = like->environment ? environment_ref(like->environment) : NULL;
    account->labels = json_copy(&arena, &like->labels);
    account->context = json_copy(&arena, &like->context);
    account->integration = arena_str(&arena, like->integration);
    account->way = arena_str(&arena, like->way);
    account->external_id = arena_str(&arena, like->external_id);
    account->name = arena_str(&arena, like->name);
    account->app = like->app;
    account->state = like->state;
    account->state_reason = arena_str(&arena, like->state_reason);
    account->concurrency_max = like->concurrency_max;
    account->hash = hash_stable(tenant_id_str(&like->id));
    account->credential_version = like->credential_version;
    account->ends = like->ends;
    account->connected = like->connected;
    account->connected_by = arena_str(&arena, like->connected_by);
    account->data_key = arena_str(&arena, like->data_key);
    account->sealed = arena_str(&arena, like->sealed);
    account->token = like->token;
    account->token.fault = arena_str(&arena, like->token.fault);
    account->token.scope = arena_str(&arena, like->token.scope);
    atomic_init(&account->token_good, atomic_load(&like->token_good));
    account->created = like->created;
    account->updated = like->updated;
    account->arena = arena;
    return account;
}

/* What json_copy takes for a list of texts. */
static size_t list_bytes(const struct json *list)
{
    size_t bytes = SLACK_BYTES;
    if (!json_is(list, JSON_ARRAY))
        return bytes;
    for (uint32_t i = 0; i < list->n; i++)
        bytes += sizeof(*list) + list->u.items[i].n;
    return bytes;
}

static size_t app_bytes(const struct app *like)
{
    return like->integration.n + like->way.n + like->name.n + like->client_id.n +
           like->redirect_uri.n + like->data_key.n + like->sealed.n +
           list_bytes(&like->scopes) + object_bytes(&like->params) +
           list_bytes(&like->return_urls) + list_bytes(&like->secret_names);
}

struct app *app_create(const struct app *like)
{
    struct arena arena;
    struct app *app = create(&arena, sizeof(*app), app_bytes(like));
    atomic_init(&app->refs, 1);
    app->id = like->id;
    app->environment = like->environment ? environment_ref(like->environment) : NULL;
    app->scopes = json_copy(&arena, &like->scopes);
    app->params = json_copy(&arena, &like->params);
    app->return_urls = json_copy(&arena, &like->return_urls);
    app->secret_names = json_copy(&arena, &like->secret_names);
    app->integration = arena_str(&arena, like->integration);
    app->way = arena_str(&arena, like->way);
    app->name = arena_str(&arena, like->name);
    app->client_id = arena_str(&arena, like->client_id);
    app->redirect_uri = arena_str(&arena, like->redirect_uri);
    app->chosen = like->chosen;
    app->secret_version = like->secret_version;
    memcpy(app->ends, like->ends, sizeof(app->ends));
    app->data_key = arena_str(&arena, like->data_key);
    app->sealed = arena_str(&arena, like->sealed);
    app->created = like->created;
    app->updated = like->updated;
    app->arena = arena;
    return app;
}

struct api_key *api_key_create(const struct api_key *like)
{
    struct arena arena;
    size_t ids_bytes = like->environment_n * sizeof(like->environments[0]);
    struct api_key *key =
        create(&arena, sizeof(*key), like->label.n + like->hint.n + ids_bytes);
    struct tenant_id *ids = arena_alloc(&arena, ids_bytes);
    if (ids_bytes)
        memcpy(ids, like->environments, ids_bytes);
    atomic_init(&key->refs, 1);
    key->id = like->id;
    key->stage = like->stage ? stage_ref(like->stage) : NULL;
    key->label = arena_str(&arena, like->label);
    key->hint = arena_str(&arena, like->hint);
    memcpy(key->digest, like->digest, sizeof(key->digest));
    key->permissions = like->permissions;
    key->environments = ids;
    key->environment_n = like->environment_n;
    key->expires = like->expires;
    key->created = like->created;
    usec used = atomic_load(&like->last_used);
    atomic_init(&key->last_used, used);
    atomic_init(&key->last_used_stored, used);
    key->arena = arena;
    return key;
}

struct credentials *credentials_create(uint32_t n, uint64_t version)
{
    struct credentials *credentials =
        mem_zalloc(sizeof(*credentials) + n * sizeof(credentials->items[0]));
    credentials->n = n;
    credentials->version = version;
    return credentials;
}

void credentials_destroy(struct credentials **credentials)
{
    if (!*credentials)
        return;
    for (uint32_t i = 0; i < (*credentials)->n; i++) {
        mem_free((char *)(uintptr_t)(*credentials)->items[i].name.p);
        secret_fini(&(*credentials)->items[i].value);
    }
    mem_free(*credentials);
    *credentials = NULL;
}

/* --- references --- */

static void take(atomic_uint *refs)
{
    CHECK(atomic_fetch_add_explicit(refs, 1, memory_order_relaxed) > 0);
}

static bool give_back(atomic_uint *refs)
{
    unsigned before = atomic_fetch_sub_explicit(refs, 1, memory_order_acq_rel);
    CHECK(before > 0);
    return before == 1;
}

static void free_with(struct arena arena)
{
    arena_fini(&arena);
}

struct stage *stage_ref(struct stage *stage)
{
    take(&stage->refs);
    return stage;
}

struct environment *environment_ref(struct environment *environment)
{
    take(&environment->refs);
    return environment;
}

struct account *account_ref(struct account *account)
{
    take(&account->refs);
    return account;
}

struct app *app_ref(struct app *app)
{
    take(&app->refs);
    return app;
}

struct api_key *api_key_ref(struct api_key *key)
{
    take(&key->refs);
    return key;
}

void stage_unref(struct stage **stage)
{
    if (*stage && give_back(&(*stage)->refs))
        free_with((*stage)->arena);
    *stage = NULL;
}

void environment_unref(struct environment **environment)
{
    if (*environment && give_back(&(*environment)->refs)) {
        stage_unref(&(*environment)->stage);
        free_with((*environment)->arena);
    }
    *environment = NULL;
}

void account_unref(struct account **account)
{
    if (*account && give_back(&(*account)->refs)) {
        struct credentials *opened = atomic_load(&(*account)->opened);
        credentials_destroy(&opened);
        environment_unref(&(*account)->environment);
        free_with((*account)->arena);
    }
    *account = NULL;
}

void app_unref(struct app **app)
{
    if (*app && give_back(&(*app)->refs)) {
        struct credentials *opened = atomic_load(&(*app)->opened);
        credentials_destroy(&opened);
        environment_unref(&(*app)->environment);
        free_with((*app)->arena);
    }
    *app = NULL;
}

void api_key_unref(struct api_key **key)
{
    if (*key && give_back(&(*key)->refs)) {
        stage_unref(&(*key)->stage);
        free_with((*key)->arena);
    }
    *key = NULL;
}

static bool same_id(const struct tenant_id *a, const struct tenant_id *b)
{
    return strcmp(a->text, b->text) == 0;
}

bool api_key_covers(const struct api_key *key, const struct environment *environment)
{
    if (key->stage && !same_id(&key->stage->id, &environment->stage->id))
        return false;
    for (uint32_t i = 0; i < key->environment_n; i++)
        if (same_id(&key->environments[i], &environment->id))
            return true;
    return key->environment_n == 0;
}
