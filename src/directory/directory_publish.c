/*
 * An object that is replaced leaves each index only after its successor is in it, and is
 * let go only when it is in none: a reader finds the one or the other, in an index by
 * external id for a moment both, which the look-up knows (same id).
 *
 * Accounts and apps hold a reference to their environment. When that is replaced, all its
 * accounts and apps are published once more with the new one; nothing else refers to a
 * mutable object.
 */
#include "base/hash.h"
#include "directory/directory_state.h"

enum { MEMBERS_A_TIME = 256 };

/* --- kinds --- */

static str stage_id(const void *object)
{
    return tenant_id_str(&((const struct stage *)object)->id);
}

static str stage_name(const void *object)
{
    return ((const struct stage *)object)->name;
}

static void ref_stage(void *object)
{
    stage_ref(object);
}

static str environment_id(const void *object)
{
    return tenant_id_str(&((const struct environment *)object)->id);
}

static void ref_environment(void *object)
{
    environment_ref(object);
}

static str account_id(const void *object)
{
    return tenant_id_str(&((const struct account *)object)->id);
}

static void ref_account(void *object)
{
    account_ref(object);
}

static str key_id(const void *object)
{
    return tenant_id_str(&((const struct api_key *)object)->id);
}

static str key_digest(const void *object)
{
    const struct api_key *key = object;
    return str_of((const char *)key->digest, sizeof(key->digest));
}

static void ref_key(void *object)
{
    api_key_ref(object);
}

static struct roster_key order_of_stage(const void *object)
{
    return (struct roster_key){0, stage_id(object)};
}

static struct roster_key order_of_environment(const void *object)
{
    return (struct roster_key){0, environment_id(object)};
}

static struct roster_key order_of_account(const void *object)
{
    return (struct roster_key){0, account_id(object)};
}

static struct roster_key order_of_key(const void *object)
{
    return (struct roster_key){0, key_id(object)};
}

static str scope_environment(const struct account *account)
{
    return tenant_id_str(&account->environment->id);
}

static str scope_stage(const struct account *account)
{
    return tenant_id_str(&account->environment->stage->id);
}

/* By the hash of the environment: only together must its accounts stand. */
static struct roster_key order_of_member(const void *object)
{
    return directory_member_key(scope_environment(object), account_id(object));
}

struct roster_key directory_member_key(str environment, str account)
{
    return (struct roster_key){hash_str(environment), account};
}

void directory_tables_init(struct directory *directory)
{
    static const struct tenant_kind stages = {stage_id, ref_stage};
    static const struct tenant_kind stages_by_name = {stage_name, ref_stage};
    static const struct tenant_kind environments = {environment_id, ref_environment};
    static const struct tenant_kind accounts = {account_id, ref_account};
    static const struct tenant_kind keys = {key_id, ref_key};
    static const struct tenant_kind keys_by_digest = {key_digest, ref_key};
    tenant_table_init(&directory->stages, &stages, order_of_stage);
    tenant_table_init(&directory->environments, &environments, order_of_environment);
    tenant_table_init(&directory->accounts, &accounts, order_of_account);
    tenant_table_init(&directory->keys, &keys, order_of_key);
    tenant_map_init(&directory->stages_by_name, &stages_by_name);
    tenant_map_init(&directory->keys_by_digest, &keys_by_digest);
    external_index_init(&directory->by_environment,
                        __builtin_offsetof(struct account, by_environment),
                        scope_environment);
    external_index_init(&directory->by_stage,
                        __builtin_offsetof(struct account, by_stage), scope_stage);
    context_index_init(&directory->by_context);
    gone_init(&directory->gone);
    pthread_rwlock_init(&directory->members_lock, NULL);
    roster_init(&directory->members, order_of_member);
    directory_apps_init(directory);
}

void directory_tables_fini(struct directory *directory)
{
    struct api_key *key;
    struct account *account;
    struct environment *environment;
    struct stage *stage;
    while ((key = tenant_table_take(&directory->keys)) != NULL)
        api_key_unref(&key);
    while ((account = tenant_table_take(&directory->accounts)) != NULL)
        account_unref(&account);
    directory_apps_fini(directory);
    while ((environment = tenant_table_take(&directory->environments)) != NULL)
        environment_unref(&environment);
    while ((stage = tenant_table_take(&directory->stages)) != NULL)
        stage_unref(&stage);
    tenant_table_fini(&directory->keys);
    tenant_table_fini(&directory->accounts);
    tenant_table_fini(&directory->environments);
    tenant_table_fini(&directory->stages);
    tenant_map_fini(&directory->stages_by_name);
    tenant_map_fini(&directory->keys_by_digest);
    external_index_fini(&directory->by_environment);
    external_index_fini(&directory->by_stage);
    context_index_fini(&directory->by_context);
    gone_fini(&directory->gone);
    roster_fini(&directory->members);
    pthread_rwlock_destroy(&directory->members_lock);
}

/* --- stages and keys --- */

void directory_publish_stage(struct directory *directory, struct stage *stage)
{
    tenant_map_put(&directory->stages_by_name, stage);
    struct stage *before = tenant_table_put(&directory->stages, stage);
    CHECK(before == NULL); /* stages do not change */
}

void directory_withdraw_stage(struct directory *directory, str id)
{
    struct stage *stage = tenant_table_remove(&directory->stages, id);
    CHECK(stage != NULL);
    tenant_map_remove(&directory->stages_by_name, stage->name);
    stage_unref(&stage);
}

static usec later(usec a, usec b)
{
    return a > b ? a : b;
}

bool directory_publish_key(struct directory *directory, struct found_key found)
{
    struct api_key *key = found.object;
    if (found.stage.text[0]) {
        key->stage = tenant_table_find(&directory->stages, tenant_id_str(&found.stage));
        if (!key->stage) {
            api_key_unref(&key);
            return false;
        }
    }
    struct api_key *before =
        tenant_map_find(&directory->keys.map, tenant_id_str(&key->id));
    if (before) /* its use may not be in the store yet */
        atomic_store(&key->last_used, later(atomic_load(&before->last_used),
                                            atomic_load(&key->last_used)));
    api_key_unref(&before);
    tenant_map_put(&directory->keys_by_digest, key);
    before = tenant_table_put(&directory->keys, key);
    api_key_unref(&before);
    return true;
}

void directory_withdraw_key(struct directory *directory, str id)
{
    struct api_key *key = tenant_table_remove(&directory->keys, id);
    CHECK(key != NULL);
    tenant_map_remove(&directory->keys_by_digest, key_digest(key));
    api_key_unref(&key);
}

/* --- accounts --- */

static void index_account(struct directory *directory, struct account *account)
{
    pthread_rwlock_wrlock(&directory->members_lock);
    roster_put(&directory->members, account);
    pthread_rwlock_unlock(&directory->members_lock);
    if (!str_absent(account->external_id)) {
        external_index_add(&directory->by_environment, account);
        external_index_add(&directory->by_stage, account);
    }
    context_index_add(&directory->by_context, account);
    atomic_fetch_add(&directory->accounts_by_state[account->state], 1);
}

/* What index_account did, but for the roster, where a successor has taken the place. */
static void unindex_account(struct directory *directory, struct account *account)
{
    if (!str_absent(account->external_id)) {
        external_index_remove(&directory->by_environment, account);
        external_index_remove(&directory->by_stage, account);
    }
    context_index_remove(&directory->by_context, account);
    atomic_fetch_sub(&directory->accounts_by_state[account->state], 1);
}

static void tell(struct directory *directory, struct account *account, bool there)
{
    for (unsigned i = 0; i < COUNT_OF(directory->watches); i++)
        if (directory->watches[i].fn)
            directory->watches[i].fn(directory->watches[i].arg, account, there);
}

/* The account has its environment. Who watches hears of it last: a keeper that knows of a
 * new token would send a call to look for it that finds the one before. */
static void put_account(struct directory *directory, struct account *account)
{
    struct account *before = tenant_table_put(&directory->accounts, account);
    index_account(directory, account);
    if (before)
        unindex_account(directory, before);
    tell(directory, account, true);
    account_unref(&before);
}

bool directory_publish_account(struct directory *directory, struct found_account found)
{
    struct account *account = found.object;
    account->environment =
        tenant_table_find(&directory->environments, tenant_id_str(&found.environment));
    if (!account->environment) {
        account_unref(&account);
        return false;
    }
    put_account(directory, account);
    return true;
}

/* The account once more, in another environment object or with another data key. */
static void put_again(struct directory *directory, const struct account *account,
                      struct environment *environment, str data_key)
{
    struct account like = {
        .id = account->id,
        .environment = environment,
        .integration = account->integration,
        .way = account->way,
        .external_id = account->external_id,
        .name = account->name,
        .labels = account->labels,
        .context = account->context,
        .app = account->app,
        .state = account->state,
        .state_reason = account->state_reason,
        .concurrency_max = account->concurrency_max,
        .credential_version = account->credential_version,
        .data_key = data_key,
        .sealed = account->sealed,
        .token = account->token,
        .created = account->created,
        .updated = account->updated,
    };
    put_account(directory, account_create(&like));
}

void directory_publish_data_key(struct directory *directory, str id, str data_key)
{
    if (directory_publish_app_data_key(directory, id, data_key))
        return;
    struct account *account = tenant_table_find(&directory->accounts, id);
    if (account)
        put_again(directory, account, account->environment, data_key);
    account_unref(&account);
}

void directory_withdraw_account(struct directory *directory, str id)
{
    gone_add(&directory->gone, id); /* first: at no time was it never there */
    struct account *account = tenant_table_remove(&directory->accounts, id);
    CHECK(account != NULL);
    pthread_rwlock_wrlock(&directory->members_lock);
    roster_remove(&directory->members, order_of_member(account));
    pthread_rwlock_unlock(&directory->members_lock);
    unindex_account(directory, account);
    tell(directory, account, false);
    account_unref(&account);
}

/* --- environments --- */

static void move_members(struct directory *directory, struct environment *environment)
{
    struct account *members[MEMBERS_A_TIME];
    struct account_page page = {.max = MEMBERS_A_TIME};
    str id = tenant_id_str(&environment->id);
    struct tenant_id last = {0};
    for (;;) {
        uint32_t n = directory_list_members(directory, id, &page, members);
        if (n > 0)
            last = members[n - 1]->id;
        for (uint32_t i = 0; i < n; i++) {
            put_again(directory, members[i], environment, members[i]->data_key);
            account_unref(&members[i]);
        }
        if (n < MEMBERS_A_TIME)
            return;
        page.after = tenant_id_str(&last);
    }
}

bool directory_publish_environment(struct directory *directory,
                                   struct found_environment found)
{
    struct environment *environment = found.object;
    environment->stage =
        tenant_table_find(&directory->stages, tenant_id_str(&found.stage));
    if (!environment->stage) {
        environment_unref(&environment);
        return false;
    }
    struct environment *before = tenant_table_put(&directory->environments, environment);
    if (before) {
        move_members(directory, environment);
        directory_move_apps(directory, environment);
    }
    environment_unref(&before);
    return true;
}

void directory_withdraw_environment(struct directory *directory, str id)
{
    struct environment *environment = tenant_table_remove(&directory->environments, id);
    CHECK(environment != NULL);
    environment_unref(&environment);
}
