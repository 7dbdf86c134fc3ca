/*
 * Rows of the store as objects, one reader for each kind: directory_open reads all rows
 * with it, a change reads back the one that it has written, so that memory is what a
 * restart would make it.
 *
 * A row that cannot be read (an unknown word, broken JSON, a parent that is not there)
 * means that somebody else wrote into the store: the directory does not open.
 */
#include "directory/directory_state.h"

#include "base/mem.h"
#include "json/json_parse.h"
#include "loop/world.h"

enum { SCRATCH_BYTES_MAX = 1 << 20, ROW_BYTES_MAX = 256 << 20 };

/* --- parts of rows --- */

static bool word_in(const char *const *words, str word, unsigned *ret_index)
{
    for (unsigned i = 0; words[i]; i++) {
        if (!str_eq(word, str_z(words[i])))
            continue;
        *ret_index = i;
        return true;
    }
    return false;
}

/* Whether it is an object, or a list, of texts. */
static bool holds_texts(const struct json *value, enum json_type type)
{
    if (!json_is(value, type))
        return false;
    for (uint32_t i = 0; i < value->n; i++) {
        const struct json *item =
            type == JSON_ARRAY ? &value->u.items[i] : &value->u.members[i].value;
        if (!json_is(item, JSON_STRING))
            return false;
    }
    return true;
}

/* An object of texts. */
static bool read_texts(struct arena *arena, str text, struct json *ret_object)
{
    return !str_absent(text) && json_parse(arena, text, NULL, ret_object, NULL) &&
           holds_texts(ret_object, JSON_OBJECT);
}

/* A list of texts. */
static bool read_list(struct arena *arena, str text, struct json *ret_list)
{
    return !str_absent(text) && json_parse(arena, text, NULL, ret_list, NULL) &&
           holds_texts(ret_list, JSON_ARRAY);
}

/* Sets the object to NULL when the row cannot be read. */
static void stage_of_row(struct tx *tx, struct stage **ret_stage)
{
    unsigned kind;
    struct stage like = {.id = tenant_id_of(tx_text(tx, 0)),
                         .name = tx_text(tx, 1),
                         .created = tx_int(tx, 3)};
    *ret_stage = NULL;
    if (!word_in(stage_kind_words, tx_text(tx, 2), &kind) || !like.id.text[0])
        return;
    like.kind = (enum stage_kind)kind;
    *ret_stage = stage_create(&like);
}

static void environment_of_row(struct tx *tx, struct arena *scratch,
                               struct found_environment *ret)
{
    struct environment like = {.id = tenant_id_of(tx_text(tx, 0)),
                               .external_id = tx_text(tx, 2),
                               .name = tx_text(tx, 3),
                               .concurrency_max = (uint32_t)tx_int(tx, 5),
                               .created = tx_int(tx, 6),
                               .updated = tx_int(tx, 7)};
    *ret = (struct found_environment){.stage = tenant_id_of(tx_text(tx, 1))};
    if (like.id.text[0] && read_texts(scratch, tx_text(tx, 4), &like.labels))
        ret->object = environment_create(&like);
}

static void account_of_row(struct tx *tx, struct arena *scratch,
                           struct found_account *ret)
{
    unsigned state;
    struct account like = {.id = tenant_id_of(tx_text(tx, 0)),
                           .integration = tx_text(tx, 2),
                           .external_id = tx_text(tx, 3),
                           .name = tx_text(tx, 4),
                           .app = tenant_id_of(tx_text(tx, 7)),
                           .state_reason = tx_text(tx, 9),
                           .concurrency_max = (uint32_t)tx_int(tx, 10),
                           .credential_version = (uint64_t)tx_int(tx, 11),
                           .created = tx_int(tx, 12),
                           .updated = tx_int(tx, 13),
                           .data_key = tx_text(tx, 14),
                           .sealed = tx_text(tx, 15),
                           .token = {.issued = tx_int(tx, 16),
                                     .expires = tx_int(tx, 17),
                                     .refresh_expires = tx_int(tx, 18),
                                     .learned = tx_int(tx, 19),
                                     .refreshed = tx_int(tx, 20),
                                     .tried = tx_int(tx, 21),
                                     .failures = (uint32_t)tx_int(tx, 22),
                                     .fault = tx_text(tx, 23),
                                     .intent = (uint64_t)tx_int(tx, 24)},
                           .way = tx_text(tx, 25)};
    like.token.scope = tx_text(tx, 26);
    like.ends = tx_int(tx, 27);
    like.connected = tx_int(tx, 28);
    like.connected_by = tx_text(tx, 29);
    *ret = (struct found_account){.environment = tenant_id_of(tx_text(tx, 1))};
    if (!like.id.text[0] || !read_texts(scratch, tx_text(tx, 5), &like.labels) ||
        !read_texts(scratch, tx_text(tx, 6), &like.context) ||
        !word_in(account_state_words, tx_text(tx, 8), &state))
        return;
    like.state = (enum account_state)state;
    ret->object = account_create(&like);
}

/* An object or a list of texts; one that is not there leaves UNDEFINED. */
static bool take_member(const struct json *settings, const char *name,
                        enum json_type type, struct json *ret_member)
{
    const struct json *found = json_member(settings, str_z(name));
    if (found)
        *ret_member = *found;
    return !found || holds_texts(found, type);
}

static bool read_settings(struct arena *arena, str text, struct app *app)
{
    struct json settings;
    if (str_absent(text) || !json_parse(arena, text, NULL, &settings, NULL))
        return false;
    app->client_id = json_member_text(&settings, STR("client_id"));
    app->redirect_uri = json_member_text(&settings, STR("redirect_uri"));
    app->way = json_member_text(&settings, STR("auth"));
    return app->client_id.n > 0 &&
           take_member(&settings, "scopes", JSON_ARRAY, &app->scopes) &&
           take_member(&settings, "params", JSON_OBJECT, &app->params) &&
           take_member(&settings, "return_urls", JSON_ARRAY, &app->return_urls);
}

static void app_of_row(struct tx *tx, struct arena *scratch, struct found_app *ret)
{
    struct app like = {.id = tenant_id_of(tx_text(tx, 0)),
                       .integration = tx_text(tx, 2),
                       .name = tx_text(tx, 3),
                       .chosen = (uint64_t)tx_int(tx, 5),
                       .secret_version = (uint64_t)tx_int(tx, 6),
                       .created = tx_int(tx, 8),
                       .updated = tx_int(tx, 9),
                       .data_key = tx_text(tx, 10),
                       .sealed = tx_text(tx, 11),
                       .ends = {[ENDING_CLIENT_SECRET] = tx_int(tx, 12),
                                [ENDING_CLIENT_SECRET_NEXT] = tx_int(tx, 13),
                                [ENDING_PRIVATE_KEY] = tx_int(tx, 14),
                                [ENDING_CERTIFICATE] = tx_int(tx, 15)}};
    *ret = (struct found_app){.environment = tenant_id_of(tx_text(tx, 1))};
    if (like.id.text[0] && read_settings(scratch, tx_text(tx, 4), &like) &&
        read_list(scratch, tx_text(tx, 7), &like.secret_names))
        ret->object = app_create(&like);
}

/* A key and its environments come as several rows; the last column is an environment. */
static void key_of_rows(struct tx *tx, struct arena *scratch, struct found_key *ret,
                        bool *ret_more, enum err *ret_err)
{
    str digest = tx_text(tx, 4);
    struct api_key like = {.id = tenant_id_of(tx_text(tx, 0)),
                           .label = arena_str(scratch, tx_text(tx, 2)),
                           .hint = arena_str(scratch, tx_text(tx, 3)),
                           .permissions = (unsigned)tx_int(tx, 5) & PERMISSION_ALL,
                           .expires = tx_int(tx, 6),
                           .created = tx_int(tx, 8)};
    struct tenant_id ids[KEY_ENVIRONMENTS_MAX];
    bool good = like.id.text[0] && digest.n == sizeof(like.digest);
    atomic_init(&like.last_used, tx_int(tx, 7));
    *ret = (struct found_key){.stage = tenant_id_of(tx_text(tx, 1))};
    if (good)
        memcpy(like.digest, digest.p, sizeof(like.digest));
    *ret_more = true;
    while (*ret_more && str_eq(tx_text(tx, 0), tenant_id_str(&like.id))) {
        good = good && like.environment_n < KEY_ENVIRONMENTS_MAX;
        if (good && !tx_null(tx, 9))
            ids[like.environment_n++] = tenant_id_of(tx_text(tx, 9));
        *ret_more = tx_next(tx, ret_err);
    }
    like.environments = ids;
    if (good && *ret_err == ERR_NONE)
        ret->object = api_key_create(&like);
}

/* --- queries --- */

#define STAGE_ROWS "SELECT id, name, kind, created FROM stage"
#define ENVIRONMENT_ROWS                                                                 \
    "SELECT id, stage, external_id, name, labels, concurrency_max, created, updated "    \
    "FROM environment"
#define ACCOUNT_ROWS                                                                     \
    "SELECT a.id, a.environment, a.integration, a.external_id, a.name, a.labels, "       \
    "a.context, a.app, a.state, a.state_reason, a.concurrency_max, "                     \
    "a.credential_version, a.created, a.updated, k.sealed, c.sealed, "                   \
    "t.issued, t.expires, t.refresh_expires, t.learned, t.refreshed, t.tried, "          \
    "t.failures, t.fault, t.intent, a.way, t.scope, e.ends, a.connected, "               \
    "a.connected_by "                                                                    \
    "FROM account a LEFT JOIN data_key k ON k.owner = a.id "                             \
    "LEFT JOIN credential c ON c.account = a.id AND c.version = a.credential_version "   \
    "LEFT JOIN token t ON t.account = a.id "                                             \
    "LEFT JOIN ending e ON e.owner = a.id AND e.name = 'credentials'"
#define APP_ROWS                                                                         \
    "SELECT p.id, p.environment, p.integration, p.name, p.settings, p.chosen, "          \
    "p.secret_version, p.secret_names, p.created, p.updated, k.sealed, p.sealed, "       \
    "e.ends, n.ends, y.ends, c.ends "                                                    \
    "FROM app p LEFT JOIN data_key k ON k.owner = p.id "                                 \
    "LEFT JOIN ending e ON e.owner = p.id AND e.name = 'client_secret' "                 \
    "LEFT JOIN ending n ON n.owner = p.id AND n.name = 'client_secret_next' "            \
    "LEFT JOIN ending y ON y.owner = p.id AND y.name = 'private_key' "                   \
    "LEFT JOIN ending c ON c.owner = p.id AND c.name = 'certificate'"
#define KEY_ROWS                                                                         \
    "SELECT k.id, k.stage, k.label, k.hint, k.digest, k.permissions, k.expires, "        \
    "k.last_used, k.created, e.environment "                                             \
    "FROM api_key k LEFT JOIN api_key_environment e ON e.api_key = k.id"
#define KEY_ORDER " ORDER BY k.id, e.environment"

/* The first row of a query by id. */
static enum err find_row(struct tx *tx, const struct statement *statement, str id)
{
    enum err err = tx_query(tx, statement, (struct value[]){V_TEXT(id)}, 1);
    if (err == ERR_NONE && !tx_next(tx, &err) && err == ERR_NONE)
        err = ERR_OBJECT_UNKNOWN;
    return err;
}

enum err directory_read_stage(struct tx *tx, str id, struct stage **ret)
{
    static const struct statement query = {STAGE_ROWS " WHERE id = $1"};
    enum err err = find_row(tx, &query, id);
    if (err != ERR_NONE)
        return err;
    stage_of_row(tx, ret);
    return *ret ? ERR_NONE : ERR_INTERNAL;
}

enum err directory_read_environment(struct tx *tx, str id, struct found_environment *ret)
{
    static const struct statement query = {ENVIRONMENT_ROWS " WHERE id = $1"};
    struct arena scratch;
    enum err err = find_row(tx, &query, id);
    if (err != ERR_NONE)
        return err;
    arena_init(&scratch, 1024, ROW_BYTES_MAX);
    environment_of_row(tx, &scratch, ret);
    arena_fini(&scratch);
    return ret->object ? ERR_NONE : ERR_INTERNAL;
}

enum err directory_read_account(struct tx *tx, str id, struct found_account *ret)
{
    static const struct statement query = {ACCOUNT_ROWS " WHERE a.id = $1"};
    struct arena scratch;
    enum err err = find_row(tx, &query, id);
    if (err != ERR_NONE)
        return err;
    arena_init(&scratch, 1024, ROW_BYTES_MAX);
    account_of_row(tx, &scratch, ret);
    arena_fini(&scratch);
    return ret->object ? ERR_NONE : ERR_INTERNAL;
}

enum err directory_read_app(struct tx *tx, str id, struct found_app *ret)
{
    static const struct statement query = {APP_ROWS " WHERE p.id = $1"};
    struct arena scratch;
    enum err err = find_row(tx, &query, id);
    if (err != ERR_NONE)
        return err;
    arena_init(&scratch, 1024, ROW_BYTES_MAX);
    app_of_row(tx, &scratch, ret);
    arena_fini(&scratch);
    return ret->object ? ERR_NONE : ERR_INTERNAL;
}

enum err directory_read_key(struct tx *tx, str id, struct found_key *ret)
{
    static const struct statement query = {KEY_ROWS " WHERE k.id = $1" KEY_ORDER};
    struct arena scratch;
    bool more;
    enum err err = find_row(tx, &query, id);
    if (err != ERR_NONE)
        return err;
    arena_init(&scratch, 1024, ROW_BYTES_MAX);
    key_of_rows(tx, &scratch, ret, &more, &err);
    arena_fini(&scratch);
    return ret->object ? ERR_NONE : ERR_INTERNAL;
}

/* --- opening --- */

struct load {
    struct store_op op;
    struct directory *directory;
    struct arena *arena; /* for the sentence and the id */
    struct arena scratch;
    str sealing_id; /* of the master key, as the store remembers it; absent if it does not
                     */
    str why;
};

static enum err bad_row(struct load *load, const char *table, str id)
{
    load->why = arena_printf(load->arena,
                             "The store holds a row that cannot be read: " STR_F
                             " in table %s. Restore a backup.",
                             STR_A(id), table);
    return ERR_INTERNAL;
}

static enum err load_stages(struct load *load, struct tx *tx)
{
    static const struct statement query = {STAGE_ROWS};
    enum err err = tx_query(tx, &query, NULL, 0);
    while (err == ERR_NONE && tx_next(tx, &err)) {
        struct stage *stage;
        stage_of_row(tx, &stage);
        if (!stage)
            return bad_row(load, "stage", tx_text(tx, 0));
        directory_publish_stage(load->directory, stage);
    }
    return err;
}

static enum err load_environments(struct load *load, struct tx *tx)
{
    static const struct statement query = {ENVIRONMENT_ROWS};
    enum err err = tx_query(tx, &query, NULL, 0);
    while (err == ERR_NONE && tx_next(tx, &err)) {
        struct found_environment found;
        environment_of_row(tx, &load->scratch, &found);
        arena_reset(&load->scratch);
        if (!found.object || !directory_publish_environment(load->directory, found))
            return bad_row(load, "environment", tx_text(tx, 0));
    }
    return err;
}

static enum err load_accounts(struct load *load, struct tx *tx)
{
    static const struct statement query = {ACCOUNT_ROWS};
    enum err err = tx_query(tx, &query, NULL, 0);
    while (err == ERR_NONE && tx_next(tx, &err)) {
        struct found_account found;
        account_of_row(tx, &load->scratch, &found);
        arena_reset(&load->scratch);
        if (!found.object || !directory_publish_account(load->directory, found))
            return bad_row(load, "account", tx_text(tx, 0));
    }
    return err;
}

static enum err load_apps(struct load *load, struct tx *tx)
{
    static const struct statement query = {APP_ROWS};
    enum err err = tx_query(tx, &query, NULL, 0);
    while (err == ERR_NONE && tx_next(tx, &err)) {
        struct found_app found;
        app_of_row(tx, &load->scratch, &found);
        arena_reset(&load->scratch);
        if (!found.object || !directory_publish_app(load->directory, found))
            return bad_row(load, "app", tx_text(tx, 0));
    }
    return err;
}

static enum err load_keys(struct load *load, struct tx *tx)
{
    static const struct statement query = {KEY_ROWS KEY_ORDER};
    enum err err = tx_query(tx, &query, NULL, 0);
    bool more = err == ERR_NONE && tx_next(tx, &err);
    while (more && err == ERR_NONE) {
        struct found_key found;
        str id = arena_str(&load->scratch, tx_text(tx, 0));
        key_of_rows(tx, &load->scratch, &found, &more, &err);
        if (err == ERR_NONE &&
            (!found.object || !directory_publish_key(load->directory, found)))
            return bad_row(load, "api_key", id);
        arena_reset(&load->scratch);
    }
    return err;
}

/* Every master key that the store needs must be listed, before anything is written. */
static enum err load_gone(struct load *load, struct tx *tx)
{
    return gone_load(&load->directory->gone, tx);
}

static enum err check_master_keys(struct load *load, struct tx *tx)
{
    static const struct statement setting = {
        "SELECT value FROM setting WHERE name = 'sealing_key'"};
    static const struct statement needed = {
        "SELECT master_key, COUNT(*) FROM data_key GROUP BY master_key"};
    struct keyring *keyring = load->directory->keyring;
    enum err err = tx_query(tx, &setting, NULL, 0);
    if (err == ERR_NONE && tx_next(tx, &err))
        load->sealing_id = arena_str(load->arena, tx_text(tx, 0));
    if (err == ERR_NONE && load->sealing_id.n &&
        !keyring_has(keyring, load->sealing_id)) {
        load->why =
            arena_printf(load->arena,
                         "The master key \"" STR_F "\" seals in this store, and it "
                         "is not among the keys that were given. Add its line.",
                         STR_A(load->sealing_id));
        return ERR_INTERNAL;
    }
    if (err == ERR_NONE)
        err = tx_query(tx, &needed, NULL, 0);
    while (err == ERR_NONE && tx_next(tx, &err)) {
        if (keyring_has(keyring, tx_text(tx, 0)))
            continue;
        load->why = arena_printf(load->arena,
                                 "The master key \"" STR_F
                                 "\" is not among the keys that were given, and the "
                                 "credentials of %lld accounts and apps need it. Add its "
                                 "line.",
                                 STR_A(tx_text(tx, 0)), (long long)tx_int(tx, 1));
        return ERR_INTERNAL;
    }
    return err;
}

static enum err run_load(struct tx *tx, struct store_op *op)
{
    struct load *load = CONTAINER_OF(op, struct load, op);
    static enum err (*const steps[])(struct load *, struct tx *) = {
        check_master_keys, load_stages, load_environments, load_apps,
        load_accounts,     load_keys,   load_gone};
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        enum err err = steps[i](load, tx);
        if (err != ERR_NONE)
            return err;
    }
    return ERR_NONE;
}

static enum err run_remember(struct tx *tx, struct store_op *op)
{
    static const struct statement insert = {
        "INSERT INTO setting (name, value) VALUES ('sealing_key', $1)"};
    struct load *load = CONTAINER_OF(op, struct load, op);
    return tx_exec(tx, &insert, (struct value[]){V_TEXT(load->sealing_id)}, 1, NULL);
}

/* The store says which key seals; a new store learns it. */
static enum err agree_on_sealing(struct load *load)
{
    struct keyring *keyring = load->directory->keyring;
    if (load->sealing_id.n) {
        CHECK(keyring_seal_with(keyring, load->sealing_id));
        return ERR_NONE;
    }
    load->sealing_id = keyring_sealing_id(keyring, load->arena);
    load->op = (struct store_op){.kind = STORE_FULL, .run = run_remember};
    return store_run(load->directory->store, &load->op);
}

static enum err load_all(struct load *load)
{
    arena_init(&load->scratch, SCRATCH_BYTES_MAX / 16, ROW_BYTES_MAX);
    load->op = (struct store_op){.kind = STORE_READ, .run = run_load};
    enum err err = store_run(load->directory->store, &load->op);
    arena_fini(&load->scratch);
    return err == ERR_NONE ? agree_on_sealing(load) : err;
}

struct directory *directory_open(struct store *store, struct keyring *keyring,
                                 struct world *world, struct arena *arena, str *ret_why)
{
    struct directory *directory = mem_zalloc(sizeof(*directory));
    struct load load = {.directory = directory, .arena = arena};
    directory->magic = DIRECTORY_MAGIC;
    directory->store = store;
    directory->keyring = keyring;
    directory->world = world;
    directory_tables_init(directory);
    if (load_all(&load) == ERR_NONE)
        return directory;
    *ret_why = load.why;
    if (str_absent(load.why))
        *ret_why = arena_printf(arena, "The store cannot be read: " STR_F ".",
                                STR_A(store_last_fault(store, arena)));
    directory_close(&directory);
    return NULL;
}

void directory_close(struct directory **directory)
{
    if (!*directory)
        return;
    CHECK_MAGIC(*directory, DIRECTORY_MAGIC);
    directory_tables_fini(*directory);
    (*directory)->magic = 0;
    mem_free(*directory);
    *directory = NULL;
}
