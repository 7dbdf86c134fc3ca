#include "hook/secrets.h"

#include <pthread.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "keeper/party.h"
#include "loop/world.h"

#define ABOUT STR("hook.secret")

enum { FOUND_MAX = 64, SEALED_ROWS_MAX = 1 << 20, TEXT_BYTES_MAX = 32 * 1024 };

/* What is kept for one webhook. */
struct kept {
    uint32_t n;
    struct secret texts[HOOK_SECRETS_MAX];
    usec changed;
    str key; /* INTEGRATION/SCOPE */
    char bytes[];
};

struct hook_secrets {
    struct store *store;
    struct hook_keys *keys;
    struct world *world;
    pthread_rwlock_t lock;
    struct map kept; /* struct kept, by its key */
};

/* --- memory --- */

static str key_of(str integration, str scope, struct arena *arena)
{
    str parts[] = {integration, STR("/"), scope};
    return arena_join(arena, parts, COUNT_OF(parts));
}

static void drop(struct kept *kept)
{
    if (!kept)
        return;
    for (uint32_t i = 0; i < kept->n; i++)
        secret_fini(&kept->texts[i]);
    mem_free(kept);
}

static struct kept *make(str key, usec changed)
{
    struct kept *kept = mem_zalloc(sizeof(*kept) + key.n + 1);
    memcpy(kept->bytes, key.p, key.n);
    kept->key = str_of(kept->bytes, key.n);
    kept->changed = changed;
    return kept;
}

/* `kept` takes the place of what stood there, or nothing does. */
static void replace(struct hook_secrets *secrets, str key, struct kept *kept)
{
    pthread_rwlock_wrlock(&secrets->lock);
    struct kept *before = map_remove(&secrets->kept, key);
    if (kept)
        map_put(&secrets->kept, kept->key, kept);
    pthread_rwlock_unlock(&secrets->lock);
    drop(before);
}

/* --- the text that is sealed: each secret behind its length, in 4 digits --- */

static str write_texts(const struct secret_keep *keep, struct arena *arena)
{
    struct buf buf;
    buf_init(&buf, TEXT_BYTES_MAX);
    for (uint32_t i = 0; i < keep->n; i++) {
        buf_printf(&buf, "%04zx", keep->texts[i].n);
        buf_str(&buf, keep->texts[i]);
    }
    return arena_take(arena, &buf);
}

static size_t read_length(str text)
{
    size_t n = 0;
    for (size_t i = 0; i < 4; i++) {
        char c = text.p[i];
        n = n << 4 | (size_t)(str_is_digit(c) ? c - '0' : (c - 'a' + 10) & 15);
    }
    return n;
}

static void read_texts(str text, struct kept *kept)
{
    while (text.n > 4 && kept->n < HOOK_SECRETS_MAX) {
        size_t n = read_length(text);
        text = str_from(text, 4);
        if (n > text.n)
            return;
        secret_init(&kept->texts[kept->n++], str_of(text.p, n));
        text = str_from(text, n);
    }
}

/* --- opening --- */

struct load_op {
    struct store_op op;
    struct hook_secrets *secrets;
    struct arena arena;
    bool unreadable;
};

static enum err run_load(struct tx *tx, struct store_op *op)
{
    static const struct statement query = {
        "SELECT integration, scope, sealed, changed FROM hook_secret"};
    struct load_op *self = CONTAINER_OF(op, struct load_op, op);
    enum err err = tx_query(tx, &query, NULL, 0);
    while (err == ERR_NONE && tx_next(tx, &err)) {
        str key = key_of(tx_text(tx, 0), tx_text(tx, 1), &self->arena), plain;
        struct kept *kept = make(key, tx_int(tx, 3));
        if (hook_open(self->secrets->keys, HOOK_PLATFORM, ABOUT, tx_text(tx, 2),
                      &self->arena, &plain))
            read_texts(plain, kept);
        else
            self->unreadable = true;
        replace(self->secrets, key, kept);
        arena_wipe(&self->arena);
        arena_reset(&self->arena);
    }
    return err;
}

struct hook_secrets *hook_secrets_open(struct store *store, struct hook_keys *keys,
                                       struct world *world)
{
    struct hook_secrets *secrets = mem_zalloc(sizeof(*secrets));
    secrets->store = store;
    secrets->keys = keys;
    secrets->world = world;
    pthread_rwlock_init(&secrets->lock, NULL);
    map_init(&secrets->kept);
    struct load_op self = {.op = {.kind = STORE_READ, .run = run_load},
                           .secrets = secrets};
    arena_init(&self.arena, 4096, 1 << 20);
    enum err err = store_run(store, &self.op);
    arena_fini(&self.arena);
    ODD(self.unreadable);
    if (err != ERR_NONE)
        hook_secrets_close(&secrets);
    return secrets;
}

void hook_secrets_close(struct hook_secrets **secrets)
{
    struct hook_secrets *gone = *secrets;
    size_t at = 0;
    *secrets = NULL;
    if (!gone)
        return;
    for (struct kept *kept; (kept = map_next(&gone->kept, &at)) != NULL;)
        drop(kept);
    map_fini(&gone->kept);
    pthread_rwlock_destroy(&gone->lock);
    mem_free(gone);
}

/* --- finding --- */

struct finding {
    struct arena *arena;
    struct webhook_secret *items;
    uint32_t n;
};

static void add(struct finding *finding, enum secret_owner owner, str name, str text)
{
    if (text.n == 0 || finding->n == FOUND_MAX)
        return;
    finding->items[finding->n++] = (struct webhook_secret){
        owner, arena_str(finding->arena, name), arena_str(finding->arena, text)};
}

/* A secret that is to follow stands beside the one before: both are good. */
static str plain_name(str name)
{
    str next = STR("_next");
    return str_ends(name, next) ? str_of(name.p, name.n - next.n) : name;
}

static void add_credentials(struct finding *finding, enum secret_owner owner,
                            const struct credentials *credentials)
{
    for (uint32_t i = 0; credentials && i < credentials->n; i++) {
        const struct credential *item = &credentials->items[i];
        str name = owner == SECRET_OF_APP ? plain_name(item->name) : item->name;
        add(finding, owner, name, secret_peek(&item->value));
    }
}

static void add_app(struct finding *finding, struct directory *directory, struct app *app)
{
    enum err err;
    if (!app)
        return;
    add(finding, SECRET_OF_APP, STR("client_id"), app->client_id);
    add_credentials(finding, SECRET_OF_APP,
                    directory_app_credentials(directory, app, &err));
}

static void add_account(struct finding *finding, const struct secret_scene *scene)
{
    enum err err;
    struct account *account = scene->account;
    add_credentials(finding, SECRET_OF_ACCOUNT,
                    directory_credentials(scene->directory, account, &err));
    for (uint32_t i = 0; i < account->context.n; i++) {
        const struct json_member *member = &account->context.u.members[i];
        if (json_is(&member->value, JSON_STRING))
            add(finding, SECRET_OF_CONTEXT, str_of(member->key, member->key_n),
                json_text(&member->value));
    }
    struct app *app = party_app(scene->directory, account, account->way);
    add_app(finding, scene->directory, app);
    app_unref(&app);
}

/* The platform's apps, by each way of the document. */
static void add_platform(struct finding *finding, const struct secret_scene *scene)
{
    const struct auth_way *ways = scene->integration->ways.items;
    for (uint32_t i = 0; i < scene->integration->ways.n; i++) {
        struct app *app = directory_app_of(scene->directory, STR_NONE,
                                           scene->integration->name, ways[i].name);
        add_app(finding, scene->directory, app);
        app_unref(&app);
    }
}

static void add_kept(struct hook_secrets *secrets, struct finding *finding, str key)
{
    pthread_rwlock_rdlock(&secrets->lock);
    const struct kept *kept = map_find(&secrets->kept, key);
    for (uint32_t i = 0; kept && i < kept->n; i++)
        add(finding, SECRET_OF_HOOK, STR_NONE, secret_peek(&kept->texts[i]));
    pthread_rwlock_unlock(&secrets->lock);
}

static void add_key_sets(struct finding *finding, const struct secret_scene *scene)
{
    const struct webhook_rule *webhooks = scene->integration->webhooks;
    const struct signature_rule *rules = webhooks ? webhooks->verify.items : NULL;
    for (uint32_t i = 0; scene->key_sets && webhooks && i < webhooks->verify.n; i++)
        if (rules[i].secret.owner == SECRET_OF_URL)
            add(finding, SECRET_OF_URL, rules[i].secret.name,
                key_sets_find(scene->key_sets, rules[i].secret.name, finding->arena));
}

uint32_t hook_secrets_find(struct hook_secrets *secrets, const struct secret_scene *scene,
                           struct arena *arena, struct webhook_secret **ret)
{
    struct finding finding = {arena, arena_array(arena, FOUND_MAX, sizeof(**ret)), 0};
    add_kept(secrets, &finding, key_of(scene->integration->name, scene->scope, arena));
    add_key_sets(&finding, scene);
    if (scene->account)
        add_account(&finding, scene);
    else if (scene->app)
        add_app(&finding, scene->directory, scene->app);
    else
        add_platform(&finding, scene);
    *ret = finding.items;
    return finding.n;
}

uint32_t hook_secrets_count(struct hook_secrets *secrets, str integration, str scope,
                            usec *ret_changed)
{
    struct arena arena;
    arena_init(&arena, 512, 1 << 16);
    str key = key_of(integration, scope, &arena);
    pthread_rwlock_rdlock(&secrets->lock);
    const struct kept *kept = map_find(&secrets->kept, key);
    uint32_t n = kept ? kept->n : 0;
    *ret_changed = kept ? kept->changed : 0;
    pthread_rwlock_unlock(&secrets->lock);
    arena_fini(&arena);
    return n;
}

void hook_secrets_forget(struct hook_secrets *secrets, str integration, str scope)
{
    struct arena arena;
    arena_init(&arena, 512, 1 << 16);
    replace(secrets, key_of(integration, scope, &arena), NULL);
    arena_fini(&arena);
}

/* --- keeping --- */

static enum err put_row(struct tx *tx, const struct secret_keep *keep, usec wall)
{
    static const struct statement insert = {
        "INSERT INTO hook_secret (integration, scope, sealed, changed) "
        "VALUES ($1, $2, $3, $4)"};
    struct value params[] = {V_TEXT(keep->integration), V_TEXT(keep->scope),
                             V_BLOB(keep->sealed), V_INT(wall)};
    return tx_exec(tx, &insert, params, COUNT_OF(params), NULL);
}

static enum err run_keep(struct tx *tx, struct store_op *op)
{
    static const struct statement count = {
        "SELECT count(*) FROM hook_secret WHERE integration = $1 AND scope = $2"};
    static const struct statement delete = {
        "DELETE FROM hook_secret WHERE integration = $1 AND scope = $2"};
    struct secret_keep *keep = CONTAINER_OF(op, struct secret_keep, op);
    struct value params[] = {V_TEXT(keep->integration), V_TEXT(keep->scope)};
    int64_t n = 0;
    enum err err = tx_number(tx, &count, params, 2, &n);
    if (err == ERR_NONE && keep->only_first && n > 0)
        return ERR_STATE_CONFLICT;
    if (err == ERR_NONE)
        err = tx_exec(tx, &delete, params, 2, NULL);
    if (err == ERR_NONE && keep->n)
        err = put_row(tx, keep, world_wall(keep->secrets->world));
    return err;
}

static void on_committed(struct store_op *op)
{
    struct secret_keep *keep = CONTAINER_OF(op, struct secret_keep, op);
    str key = key_of(keep->integration, keep->scope, &keep->arena);
    struct kept *kept = NULL;
    if (keep->n)
        kept = make(key, world_wall(keep->secrets->world));
    for (uint32_t i = 0; i < keep->n; i++)
        secret_init(&kept->texts[kept->n++], keep->texts[i]);
    replace(keep->secrets, key, kept);
}

static void finish(struct secret_keep *keep, enum err err)
{
    keep->err = err;
    arena_wipe(&keep->arena);
    arena_fini(&keep->arena);
    keep->done(keep);
}

static void on_kept(struct store_op *op)
{
    struct secret_keep *keep = CONTAINER_OF(op, struct secret_keep, op);
    finish(keep, op->err);
}

static void on_unsealed(struct post *post)
{
    finish(CONTAINER_OF(post, struct secret_keep, op.post), ERR_CREDENTIAL_UNUSABLE);
}

void secret_keep(struct secret_keep *keep)
{
    CHECK(keep->n <= HOOK_SECRETS_MAX);
    arena_init(&keep->arena, 4096, 1 << 20);
    keep->op = (struct store_op){.kind = STORE_FULL,
                                 .run = run_keep,
                                 .committed = on_committed,
                                 .done = on_kept,
                                 .worker = keep->worker};
    str plain = write_texts(keep, &keep->arena);
    if (hook_seal(keep->secrets->keys, HOOK_PLATFORM, ABOUT, plain, &keep->arena,
                  &keep->sealed))
        store_submit(keep->secrets->store, &keep->op);
    else
        worker_post(keep->worker, &keep->op.post, on_unsealed);
}
