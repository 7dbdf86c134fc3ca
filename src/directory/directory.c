#include "directory/directory.h"

#include "base/crypto.h"
#include "directory/directory_app.h"
#include "directory/directory_state.h"

enum {
    KEY_TEXT_BYTES_MAX = 512, /* longer ones are not looked up */
    NARROW = 4                /* environments of a key that are looked at one by one */
};

struct api_key *directory_find_key(struct directory *directory, str text)
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    CHECK_MAGIC(directory, DIRECTORY_MAGIC);
    if (text.n == 0 || text.n > KEY_TEXT_BYTES_MAX)
        return NULL;
    crypto_sha256(text, digest);
    return tenant_map_find(&directory->keys_by_digest,
                           str_of((const char *)digest, sizeof(digest)));
}

void directory_watch_accounts(struct directory *directory,
                              void (*fn)(void *arg, struct account *account, bool there),
                              void *arg)
{
    CHECK_MAGIC(directory, DIRECTORY_MAGIC);
    for (unsigned i = 0; i < COUNT_OF(directory->watches); i++) {
        struct account_watch *watch = &directory->watches[i];
        if (fn ? !watch->fn : watch->arg == arg) {
            *watch = (struct account_watch){fn, fn ? arg : NULL};
            return;
        }
    }
    CHECK(!fn); /* there are as many watchers as there are */
}

struct api_key *directory_key(struct directory *directory, str id)
{
    CHECK_MAGIC(directory, DIRECTORY_MAGIC);
    return tenant_table_find(&directory->keys, id);
}

bool directory_was_deleted(struct directory *directory, str account_id)
{
    CHECK_MAGIC(directory, DIRECTORY_MAGIC);
    return gone_has(&directory->gone, account_id);
}

uint32_t directory_find_by_context(struct directory *directory, str integration,
                                   str member, str value, uint32_t max,
                                   struct account **ret)
{
    CHECK_MAGIC(directory, DIRECTORY_MAGIC);
    struct context_key key = {integration, member, value};
    return context_index_find(&directory->by_context, &key, max, ret);
}

struct stage *directory_find_stage(struct directory *directory, str id_or_name)
{
    CHECK_MAGIC(directory, DIRECTORY_MAGIC);
    struct stage *stage = tenant_table_find(&directory->stages, id_or_name);
    return stage ? stage : tenant_map_find(&directory->stages_by_name, id_or_name);
}

struct environment *directory_find_environment(struct directory *directory, str id)
{
    CHECK_MAGIC(directory, DIRECTORY_MAGIC);
    return tenant_table_find(&directory->environments, id);
}

struct account *directory_account(struct directory *directory, str id)
{
    CHECK_MAGIC(directory, DIRECTORY_MAGIC);
    return tenant_table_find(&directory->accounts, id);
}

/* --- accounts by external id --- */

struct search {
    struct directory *directory;
    const struct api_key *key;
    str external_id;
    str integration;
    struct account *found; /* a reference */
    bool ambiguous;
};

static bool visit_match(struct account *account, void *arg)
{
    struct search *search = arg;
    if (!str_absent(search->integration) &&
        !str_eq(account->integration, search->integration))
        return true;
    if (!api_key_covers(search->key, account->environment))
        return true;
    if (!search->found) {
        search->found = account_ref(account);
        return true;
    }
    /* The same account, in the moment between two versions of it. */
    if (strcmp(search->found->id.text, account->id.text) == 0)
        return true;
    search->ambiguous = true;
    return false;
}

static void search_stage(struct search *search, const struct tenant_id *stage)
{
    external_index_each(&search->directory->by_stage, tenant_id_str(stage),
                        search->external_id, visit_match, search);
}

static bool visit_stage(void *object, void *arg)
{
    const struct stage *stage = object;
    struct search *search = arg;
    search_stage(search, &stage->id);
    return !search->ambiguous;
}

/* A key of few environments asks for each; a wider one asks for its stage, or for all. */
static void search_all(struct search *search)
{
    const struct api_key *key = search->key;
    if (key->environment_n > 0 && key->environment_n <= NARROW) {
        for (uint32_t i = 0; i < key->environment_n; i++)
            external_index_each(&search->directory->by_environment,
                                tenant_id_str(&key->environments[i]), search->external_id,
                                visit_match, search);
    } else if (key->stage) {
        search_stage(search, &key->stage->id);
    } else {
        tenant_table_walk(&search->directory->stages, STR_NONE, visit_stage, search);
    }
}

static enum err find_by_external_id(struct search *search, struct account **ret_account)
{
    search_all(search);
    if (search->ambiguous) {
        account_unref(&search->found);
        return ERR_ACCOUNT_AMBIGUOUS;
    }
    if (!search->found)
        return ERR_ACCOUNT_UNKNOWN;
    *ret_account = search->found;
    return ERR_NONE;
}

enum err directory_find_account(struct directory *directory, const struct api_key *key,
                                str ref, str integration, struct account **ret_account)
{
    CHECK_MAGIC(directory, DIRECTORY_MAGIC);
    struct account *account = NULL;
    if (str_starts(ref, STR("acc_")))
        account = tenant_table_find(&directory->accounts, ref);
    if (account && api_key_covers(key, account->environment)) {
        *ret_account = account;
        return ERR_NONE;
    }
    account_unref(&account);
    struct search search = {.directory = directory,
                            .key = key,
                            .external_id = ref,
                            .integration = integration};
    return find_by_external_id(&search, ret_account);
}

/* --- figures --- */

void directory_counts(struct directory *directory, struct directory_counts *ret_counts)
{
    CHECK_MAGIC(directory, DIRECTORY_MAGIC);
    *ret_counts = (struct directory_counts){
        .stages = tenant_table_count(&directory->stages),
        .environments = tenant_table_count(&directory->environments),
        .accounts = tenant_table_count(&directory->accounts),
        .apps = tenant_table_count(&directory->apps),
        .keys = tenant_table_count(&directory->keys),
    };
    for (int i = 0; i <= ACCOUNT_DELETING; i++)
        ret_counts->accounts_by_state[i] = atomic_load(&directory->accounts_by_state[i]);
}

/* --- lists ---
 *
 * A page is gathered by a visitor under the lock of the order: it takes references and
 * does no more. Five kinds of object, one visitor: the rows differ in how an object is
 * asked for and how it is kept.
 */

struct page {
    uint32_t max;
    uint32_t n;
    const struct wanted *wanted;
    const void *wanted_by; /* a struct with the caller's function, of the kind's type */
    void *ret;             /* an array of pointers to the kind's objects */
};

/* How a page handles objects of one kind. */
struct wanted {
    bool (*ask)(const void *object, const void *wanted_by);
    void (*keep)(void *object, void *ret, uint32_t at);
};

static bool visit_object(void *object, void *arg)
{
    struct page *page = arg;
    if (page->wanted->ask(object, page->wanted_by))
        page->wanted->keep(object, page->ret, page->n++);
    return page->n < page->max;
}

static uint32_t gather(struct tenant_table *table, str after, struct page *page)
{
    if (page->max > 0)
        tenant_table_walk(table, after, visit_object, page);
    return page->n;
}

static bool ask_stage(const void *object, const void *wanted_by)
{
    (void)object;
    (void)wanted_by;
    return true;
}

static void keep_stage(void *object, void *ret, uint32_t at)
{
    ((struct stage **)ret)[at] = stage_ref(object);
}

struct want_environment {
    bool (*want)(const struct environment *, void *arg);
    void *arg;
};

static bool ask_environment(const void *object, const void *wanted_by)
{
    const struct want_environment *by = wanted_by;
    return !by->want || by->want(object, by->arg);
}

static void keep_environment(void *object, void *ret, uint32_t at)
{
    ((struct environment **)ret)[at] = environment_ref(object);
}

struct want_account {
    bool (*want)(const struct account *, void *arg);
    void *arg;
};

static bool ask_account(const void *object, const void *wanted_by)
{
    const struct want_account *by = wanted_by;
    return !by->want || by->want(object, by->arg);
}

static void keep_account(void *object, void *ret, uint32_t at)
{
    ((struct account **)ret)[at] = account_ref(object);
}

struct want_app {
    bool (*want)(const struct app *, void *arg);
    void *arg;
};

static bool ask_app(const void *object, const void *wanted_by)
{
    const struct want_app *by = wanted_by;
    return !by->want || by->want(object, by->arg);
}

static void keep_app(void *object, void *ret, uint32_t at)
{
    ((struct app **)ret)[at] = app_ref(object);
}

struct want_key {
    bool (*want)(const struct api_key *, void *arg);
    void *arg;
};

static bool ask_key(const void *object, const void *wanted_by)
{
    const struct want_key *by = wanted_by;
    return !by->want || by->want(object, by->arg);
}

static void keep_key(void *object, void *ret, uint32_t at)
{
    ((struct api_key **)ret)[at] = api_key_ref(object);
}

static const struct wanted want_stages = {ask_stage, keep_stage};
static const struct wanted want_environments = {ask_environment, keep_environment};
static const struct wanted want_accounts = {ask_account, keep_account};
static const struct wanted want_apps = {ask_app, keep_app};
static const struct wanted want_keys = {ask_key, keep_key};

uint32_t directory_list_stages(struct directory *directory, str after, uint32_t max,
                               struct stage **ret)
{
    struct page page = {.max = max, .wanted = &want_stages, .ret = ret};
    CHECK_MAGIC(directory, DIRECTORY_MAGIC);
    return gather(&directory->stages, after, &page);
}

uint32_t directory_list_environments(struct directory *directory, str after, uint32_t max,
                                     bool (*want)(const struct environment *, void *arg),
                                     void *arg, struct environment **ret)
{
    struct want_environment by = {want, arg};
    struct page page = {
        .max = max, .wanted = &want_environments, .wanted_by = &by, .ret = ret};
    CHECK_MAGIC(directory, DIRECTORY_MAGIC);
    return gather(&directory->environments, after, &page);
}

uint32_t directory_list_accounts(struct directory *directory, str after, uint32_t max,
                                 bool (*want)(const struct account *, void *arg),
                                 void *arg, struct account **ret)
{
    struct want_account by = {want, arg};
    struct page page = {
        .max = max, .wanted = &want_accounts, .wanted_by = &by, .ret = ret};
    CHECK_MAGIC(directory, DIRECTORY_MAGIC);
    return gather(&directory->accounts, after, &page);
}

uint32_t directory_list_apps(struct directory *directory, str after, uint32_t max,
                             bool (*want)(const struct app *, void *arg), void *arg,
                             struct app **ret)
{
    struct want_app by = {want, arg};
    struct page page = {.max = max, .wanted = &want_apps, .wanted_by = &by, .ret = ret};
    CHECK_MAGIC(directory, DIRECTORY_MAGIC);
    return gather(&directory->apps, after, &page);
}

uint32_t directory_list_keys(struct directory *directory, str after, uint32_t max,
                             bool (*want)(const struct api_key *, void *arg), void *arg,
                             struct api_key **ret)
{
    struct want_key by = {want, arg};
    struct page page = {.max = max, .wanted = &want_keys, .wanted_by = &by, .ret = ret};
    CHECK_MAGIC(directory, DIRECTORY_MAGIC);
    return gather(&directory->keys, after, &page);
}

/* The roster goes on with another environment, whose hash is another number: there the
 * walk ends. An environment of the same hash is passed over. */
struct member_page {
    struct page page;
    str environment_id;
    uint64_t major;
};

static bool visit_member(void *object, void *arg)
{
    struct member_page *members = arg;
    const struct account *account = object;
    str environment_id = tenant_id_str(&account->environment->id);
    if (str_eq(environment_id, members->environment_id))
        return visit_object(object, &members->page);
    return directory_member_key(environment_id, STR_NONE).major == members->major;
}

uint32_t directory_list_members(struct directory *directory, str environment_id,
                                const struct account_page *wanted, struct account **ret)
{
    struct want_account by = {wanted->want, wanted->arg};
    struct roster_key after = directory_member_key(environment_id, wanted->after);
    struct member_page members = {.page = {.max = wanted->max,
                                           .wanted = &want_accounts,
                                           .wanted_by = &by,
                                           .ret = ret},
                                  .environment_id = environment_id,
                                  .major = after.major};
    struct tenant_walk walk = {&directory->members, &directory->members_lock,
                               visit_member, &members};
    CHECK_MAGIC(directory, DIRECTORY_MAGIC);
    if (wanted->max > 0)
        tenant_walk(&walk, after);
    return members.page.n;
}
