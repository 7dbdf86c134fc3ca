/*
 * Apps: their settings, their secrets, and which one is the default.
 *
 * The settings stand in one column as JSON; an update writes them anew from what is given
 * and what is stored. The default is the app of its environment and integration with the
 * greatest `chosen` (directory_app.h): to choose one takes one more than the greatest, so
 * that no other row changes.
 *
 * A client's secret changes in two steps, with both at hand between them: the new one is
 * stored as client_secret_next; then the old one is taken away, and the next takes its
 * place.
 */
#include "directory/directory_app.h"
#include "directory/directory_credential.h"
#include "directory/directory_state.h"
#include "directory/ending.h"

enum { SETTINGS_BYTES_MAX = 256 * 1024, SECRETS_MAX = 8 };

/* --- settings --- */

static bool check_settings(struct change *change)
{
    return check_client_id(change) && check_redirect_uri(change) && check_way(change) &&
           check_scopes(change) && check_params(change) && check_return_urls(change);
}

static bool check_app_create(struct change *change)
{
    return check_text(change, "integration", change->integration) &&
           check_text(change, "name", change->name) && check_settings(change) &&
           check_app_secrets(change);
}

static bool check_app_update(struct change *change)
{
    return (str_absent(change->name) || check_text(change, "name", change->name)) &&
           check_settings(change);
}

static void note_json(struct change *change, const char *name, const struct json *value)
{
    if (!json_is(value, JSON_UNDEFINED))
        change_note_json(change, str_z(name), value);
}

static void note_settings(struct change *change)
{
    struct json_out *out = &change->work->out;
    json_out_member_text(out, STR("name"), change->name);
    json_out_member_text(out, STR("client_id"), change->client_id);
    json_out_member_text(out, STR("redirect_uri"), change->redirect_uri);
    json_out_member_text(out, STR("auth"), change->way);
    note_json(change, "scopes", &change->scopes);
    note_json(change, "params", &change->params);
    note_json(change, "return_urls", &change->return_urls);
    if (change->app_default)
        json_out_member_bool(out, STR("default"), true);
}

static str given_or(str given, str before)
{
    return str_absent(given) ? before : given;
}

static void put_json(struct json_out *out, const char *name, const struct json *given,
                     const struct json *before)
{
    const struct json *value = json_is(given, JSON_UNDEFINED) ? before : given;
    if (json_is(value, JSON_UNDEFINED) || json_is(value, JSON_NULL))
        return;
    json_out_name(out, str_z(name));
    json_out_value(out, value);
}

/* The column: what is given over what `before` has. */
static str settings_of(struct change *change, const struct app *before)
{
    struct json_out out;
    struct buf text;
    str redirect_uri = given_or(change->redirect_uri, before->redirect_uri);
    str way = given_or(change->way, before->way);
    buf_init(&text, SETTINGS_BYTES_MAX);
    json_out_init(&out, &text);
    json_out_object(&out);
    json_out_member_text(&out, STR("client_id"),
                         given_or(change->client_id, before->client_id));
    if (redirect_uri.n)
        json_out_member_text(&out, STR("redirect_uri"), redirect_uri);
    if (way.n)
        json_out_member_text(&out, STR("auth"), way);
    put_json(&out, "scopes", &change->scopes, &before->scopes);
    put_json(&out, "params", &change->params, &before->params);
    put_json(&out, "return_urls", &change->return_urls, &before->return_urls);
    json_out_end(&out);
    CHECK(buf_ok(&text)); /* the checks have bounded it */
    str copy = arena_str(&change->work->arena, buf_peek(&text));
    buf_fini(&text);
    return copy;
}

/* Reads the row, before a change or to be published after it. */
static enum err read_app(struct tx *tx, struct change *change)
{
    struct change_work *work = change->work;
    app_unref(&work->in_app.object);
    enum err err = directory_read_app(tx, change_id(change), &work->in_app);
    if (err == ERR_NONE && work->in_app.environment.text[0])
        work->environment = tenant_id_str(&work->in_app.environment);
    return change_unknown(change, err, "app");
}

static void publish_app(struct change *change)
{
    CHECK(directory_publish_app(change->directory, change->work->in_app));
    change->work->in_app.object = NULL;
}

/* Makes it the default, if that is asked for. */
static enum err choose(struct tx *tx, struct change *change)
{
    static const struct statement update = {
        "UPDATE app SET chosen = (SELECT MAX(other.chosen) + 1 FROM app other "
        "WHERE other.integration = app.integration AND "
        "COALESCE(other.environment, '') = COALESCE(app.environment, '')) "
        "WHERE id = $1"};
    if (!change->app_default)
        return ERR_NONE;
    return tx_exec(tx, &update, (struct value[]){V_TEXT(change_id(change))}, 1, NULL);
}

/* --- secrets --- */

static enum err refuse_closed(struct change *change, const char *what)
{
    return change_refuse(change, ERR_CREDENTIAL_UNUSABLE,
                         "The app's %s cannot be opened: its master key is gone, or its "
                         "row is damaged.",
                         what);
}

/* Secrets on their way into the store; names and values are borrowed. */
struct set {
    struct credential items[SECRETS_MAX];
    uint32_t n;
    usec ends[ENDING_COUNT];
};

static struct credential *find_secret(struct set *set, str name)
{
    for (uint32_t i = 0; i < set->n; i++)
        if (str_eq(set->items[i].name, name))
            return &set->items[i];
    return NULL;
}

/* One without a value goes. */
static void set_secret(struct set *set, const struct credential *given)
{
    struct credential *found = find_secret(set, given->name);
    bool gone = secret_absent(&given->value);
    if (found && gone) {
        *found = set->items[--set->n];
    } else if (found) {
        *found = *given;
    } else if (!gone) {
        CHECK(set->n < SECRETS_MAX);
        set->items[set->n++] = *given;
    }
}

/* The next secret takes the place of one that is not there any more, and has its end with
 * it. */
static void promote(struct set *set)
{
    struct credential *next = find_secret(set, STR("client_secret_next"));
    if (!next || find_secret(set, STR("client_secret")))
        return;
    next->name = STR("client_secret");
    set->ends[ENDING_CLIENT_SECRET] = set->ends[ENDING_CLIENT_SECRET_NEXT];
    set->ends[ENDING_CLIENT_SECRET_NEXT] = 0;
}

/* As a JSON list, also for the audit log. */
static str names_of(struct change *change, const struct set *set)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, 1024);
    json_out_init(&out, &text);
    json_out_array(&out);
    for (uint32_t i = 0; i < set->n; i++)
        json_out_text(&out, set->items[i].name);
    json_out_end(&out);
    str names = arena_str(&change->work->arena, buf_peek(&text));
    buf_fini(&text);
    return names;
}

/* The names of those that were given, or taken away; nothing when there are none. */
static void note_given(struct change *change, const char *what, bool gone)
{
    struct json_out *out = &change->work->out;
    bool any = false;
    for (uint32_t i = 0; i < change->credential_n; i++) {
        if (secret_absent(&change->credentials[i].value) != gone)
            continue;
        if (!any) {
            json_out_name(out, str_z(what));
            json_out_array(out);
        }
        json_out_text(out, change->credentials[i].name);
        any = true;
    }
    if (any)
        json_out_end(out);
}

/* Names, never values; `secrets` are those that are stored now. */
static void note_secrets(struct change *change, str stored, uint64_t version)
{
    struct json_out *out = &change->work->out;
    note_given(change, "given", false);
    note_given(change, "taken_away", true);
    json_out_name(out, STR("secrets"));
    json_out_raw(out, stored);
    json_out_member_int(out, STR("secret_version"), (int64_t)version);
}

/* --- their ends --- */

static bool is_given(const struct change *change, str name)
{
    for (uint32_t i = 0; i < change->credential_n; i++)
        if (str_eq(change->credentials[i].name, name))
            return true;
    return false;
}

/* What is said of each that is in the set, else what was known of it; of one that comes
 * new, nothing else. */
static enum err choose_ends(struct change *change, struct set *set,
                            const struct app *before)
{
    usec certificate = ending_of_certificate(set->items, set->n);
    for (unsigned i = 0; i < ENDING_COUNT; i++) {
        str name = ending_name((enum ending)i);
        usec said = change->ends[i];
        bool there = find_secret(set, name) != NULL;
        if (said && said != USEC_NEVER && !there)
            return change_refuse(change, ERR_BODY_INVALID,
                                 "`ends`: there is no " STR_F " whose end it could be.",
                                 STR_A(name));
        usec known = before && !is_given(change, name) ? before->ends[i] : 0;
        set->ends[i] = !there ? 0 : said ? said : known;
    }
    set->ends[ENDING_CERTIFICATE] = certificate;
    return ERR_NONE;
}

static enum err put_ends(struct tx *tx, struct change *change, const struct set *set)
{
    struct ending_owner owner = {.id = change_id(change),
                                 .is_app = true,
                                 .environment = change->work->environment,
                                 .wall = change->work->wall};
    enum err err = ERR_NONE;
    for (unsigned i = 0; err == ERR_NONE && i < ENDING_COUNT; i++)
        err = ending_put(tx, &owner, (enum ending)i, set->ends[i]);
    return err;
}

static void note_ends(struct change *change, const struct set *set)
{
    struct json_out *out = &change->work->out;
    bool any = false;
    for (unsigned i = 0; i < ENDING_COUNT; i++) {
        if (!set->ends[i] || set->ends[i] == USEC_NEVER)
            continue;
        if (!any) {
            json_out_name(out, STR("ends"));
            json_out_object(out);
        }
        change_note_time(change, ending_name((enum ending)i), set->ends[i]);
        any = true;
    }
    if (any)
        json_out_end(out);
}

/* Stores the set as version `version`, in place of what is. */
static enum err put_secrets(struct tx *tx, struct change *change, struct set *set,
                            const struct data_key *data_key, uint64_t version)
{
    static const struct statement update = {
        "UPDATE app SET sealed = $2, secret_version = $3, secret_names = $4, "
        "updated = $5 WHERE id = $1"};
    struct change_work *work = change->work;
    struct credential_set plain = {set->items, set->n, version};
    str sealed = STR_NONE;
    promote(set);
    if (set->n > 0 && !directory_seal_credentials(change->directory->keyring, data_key,
                                                  &plain, &work->arena, &sealed))
        return refuse_closed(change, "data key");
    str names = names_of(change, set);
    struct value params[] = {V_TEXT(change_id(change)), V_BLOB(sealed),
                             V_INT((int64_t)version), V_TEXT(names), V_INT(work->wall)};
    note_secrets(change, names, version);
    note_ends(change, set);
    enum err err = tx_exec(tx, &update, params, COUNT_OF(params), NULL);
    return err == ERR_NONE ? put_ends(tx, change, set) : err;
}

/* What is stored, when it is to stay; *ret_opened keeps the values, or is NULL. */
static enum err take_stored(struct change *change, const struct app *app, struct set *set,
                            struct credentials **ret_opened)
{
    struct data_key data_key = {change->id, app->data_key};
    *ret_opened = NULL;
    if (!change->others_stay || str_absent(app->sealed))
        return ERR_NONE;
    *ret_opened = directory_open_credentials(change->directory->keyring, &data_key,
                                             app->secret_version, app->sealed);
    if (!*ret_opened)
        return refuse_closed(change, "stored secrets");
    for (uint32_t i = 0; i < (*ret_opened)->n; i++)
        set_secret(set, &(*ret_opened)->items[i]);
    return ERR_NONE;
}

static enum err refuse_late(struct change *change, const struct app *app)
{
    if (change->credential_version == 0 ||
        change->credential_version == app->secret_version)
        return ERR_NONE;
    return change_refuse(change, ERR_STATE_CONFLICT,
                         "The stored secrets have version %llu, not %llu: somebody else "
                         "has changed them.",
                         (unsigned long long)app->secret_version,
                         (unsigned long long)change->credential_version);
}

static enum err run_app_secrets(struct tx *tx, struct change *change)
{
    struct set set = {.n = 0};
    struct credentials *opened = NULL;
    enum err err = read_app(tx, change);
    if (err != ERR_NONE)
        return err;
    const struct app *app = change->work->in_app.object;
    struct data_key data_key = {change->id, app->data_key};
    err = refuse_late(change, app);
    if (err == ERR_NONE)
        err = take_stored(change, app, &set, &opened);
    for (uint32_t i = 0; i < change->credential_n; i++)
        set_secret(&set, &change->credentials[i]);
    if (err == ERR_NONE)
        err = choose_ends(change, &set, app);
    if (err == ERR_NONE)
        err = put_secrets(tx, change, &set, &data_key, app->secret_version + 1);
    credentials_destroy(&opened);
    return err == ERR_NONE ? read_app(tx, change) : err;
}

const struct change_ops change_app_secrets = {.action = "app.secrets",
                                              .object_kind = "app",
                                              .check = check_app_secrets,
                                              .run = run_app_secrets,
                                              .publish = publish_app};

/* --- creating and updating --- */

static enum err insert_app(struct tx *tx, struct change *change)
{
    static const struct statement insert = {
        "INSERT INTO app (id, environment, integration, name, settings, created, "
        "updated) VALUES ($1, $2, $3, $4, $5, $6, $6)"};
    static const struct app nothing;
    struct value params[] = {V_TEXT(change_id(change)),
                             V_TEXT(change->environment_id),
                             V_TEXT(change->integration),
                             V_TEXT(change->name),
                             V_TEXT(settings_of(change, &nothing)),
                             V_INT(change->work->wall)};
    return tx_exec(tx, &insert, params, COUNT_OF(params), NULL);
}

static enum err put_first_secrets(struct tx *tx, struct change *change, str sealed)
{
    struct data_key data_key = {change_id(change), sealed};
    struct set set = {.n = 0};
    for (uint32_t i = 0; i < change->credential_n; i++)
        set_secret(&set, &change->credentials[i]);
    enum err err = choose_ends(change, &set, NULL);
    if (err != ERR_NONE || change->credential_n == 0)
        return err;
    return put_secrets(tx, change, &set, &data_key, 1);
}

static enum err run_app_create(struct tx *tx, struct change *change)
{
    static const struct statement count = {
        "SELECT COUNT(*) FROM environment WHERE id = $1"};
    struct change_work *work = change->work;
    str data_key =
        keyring_new_data_key(change->directory->keyring, change_id(change), &work->arena);
    enum err err = ERR_NONE;
    work->environment = change->environment_id;
    if (!str_absent(change->environment_id))
        err = change_needs(tx, change, &count, change->environment_id, "environment");
    if (err == ERR_NONE)
        err = insert_app(tx, change);
    if (err == ERR_NONE)
        err = directory_insert_data_key(tx, change_id(change), data_key);
    json_out_member_text(&work->out, STR("integration"), change->integration);
    note_settings(change);
    if (err == ERR_NONE)
        err = choose(tx, change);
    if (err == ERR_NONE)
        err = put_first_secrets(tx, change, data_key);
    return err == ERR_NONE ? read_app(tx, change) : err;
}

static enum err run_app_update(struct tx *tx, struct change *change)
{
    static const struct statement update = {
        "UPDATE app SET name = COALESCE($2, name), settings = $3, updated = $4 "
        "WHERE id = $1"};
    enum err err = read_app(tx, change);
    if (err != ERR_NONE)
        return err;
    str settings = settings_of(change, change->work->in_app.object);
    struct value params[] = {V_TEXT(change->id), V_TEXT(change->name), V_TEXT(settings),
                             V_INT(change->work->wall)};
    err = tx_exec(tx, &update, params, COUNT_OF(params), NULL);
    if (err == ERR_NONE)
        err = choose(tx, change);
    note_settings(change);
    return err == ERR_NONE ? read_app(tx, change) : err;
}

const struct change_ops change_app_create = {.action = "app.create",
                                             .object_kind = "app",
                                             .id_prefix = "app_",
                                             .check = check_app_create,
                                             .run = run_app_create,
                                             .publish = publish_app};

const struct change_ops change_app_update = {.action = "app.update",
                                             .object_kind = "app",
                                             .check = check_app_update,
                                             .run = run_app_update,
                                             .publish = publish_app};

/* --- of an account --- */

enum err change_app_of_account(struct tx *tx, struct change *change)
{
    static const struct statement count = {
        "SELECT COUNT(*) FROM app JOIN account ON account.id = $2 "
        "WHERE app.id = $1 AND app.integration = account.integration AND "
        "(app.environment IS NULL OR app.environment = account.environment)"};
    static const struct statement update = {
        "UPDATE account SET app = NULLIF($1, '') WHERE id = $2"};
    struct value params[] = {V_TEXT(change->app_id), V_TEXT(change_id(change))};
    int64_t n = 0;
    enum err err = ERR_NONE;
    if (str_absent(change->app_id))
        return ERR_NONE;
    if (change->app_id.n)
        err = tx_number(tx, &count, params, 2, &n);
    if (err == ERR_NONE && change->app_id.n && n == 0)
        return change_refuse(change, ERR_OBJECT_UNKNOWN,
                             "Neither the account's environment nor the platform has an "
                             "app of this id for its integration.");
    json_out_member_text(&change->work->out, STR("app"), change->app_id);
    return err == ERR_NONE ? tx_exec(tx, &update, params, 2, NULL) : err;
}

/* --- deleting --- */

static bool check_app_delete(struct change *change)
{
    (void)change;
    return true;
}

static enum err run_app_delete(struct tx *tx, struct change *change)
{
    static const struct statement accounts = {
        "SELECT COUNT(*) FROM account WHERE app = $1"};
    static const struct statement delete = {"DELETE FROM app WHERE id = $1"};
    struct change_work *work = change->work;
    enum err err = change_unless(tx, change, &accounts, "accounts connected with it");
    if (err == ERR_NONE)
        err = read_app(tx, change);
    if (err != ERR_NONE)
        return err;
    struct data_key data_key = {change->id, work->in_app.object->data_key};
    err = ending_forget(tx, change->id);
    if (err == ERR_NONE)
        err = directory_destroy_data_key(tx, &work->arena, &data_key);
    return err == ERR_NONE ? change_remove(tx, change, &delete, "app") : err;
}

static void withdraw_app(struct change *change)
{
    directory_withdraw_app(change->directory, change->id);
}

const struct change_ops change_app_delete = {.action = "app.delete",
                                             .object_kind = "app",
                                             .check = check_app_delete,
                                             .run = run_app_delete,
                                             .publish = withdraw_app};
