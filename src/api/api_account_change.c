/*
 * Accounts, as they are made, changed and switched. Credentials are looked at
 * against the integration's auth block before they are stored, so that what cannot work
 * is said now, and not by the first call.
 */
#include "api/api_body.h"
#include "api/api_view.h"
#include "base/crypto_sign.h"
#include "connect/connect.h"
#include "http/header.h"
#include "http/tls_pair.h"
#include "json/json_write.h"
#include "json/pointer.h"

struct account_body {
    str environment;
    str integration;
    str way;
    str external_id;
    str name;
    str app;
    struct json labels;
    struct json context;
    int64_t concurrency_max;
    struct json credentials;
    usec ends;
    uint32_t version;
    str reason;
};

static void init_body(void *obj)
{
    ((struct account_body *)obj)->concurrency_max = -1;
}

#define SHARED_ROWS                                                                      \
    API_ROW_CUSTOM(struct account_body, external_id, api_read_text_or_null,              \
                   API_TEXT_OR_NULL_SCHEMA,                                              \
                   "Your own name for it, unique in its environment and integration; "   \
                   "null for none."),                                                    \
        API_ROW_CUSTOM(struct account_body, name, api_read_text_or_null,                 \
                       API_TEXT_OR_NULL_SCHEMA, "For people; null for none."),           \
        API_ROW_CUSTOM(struct account_body, app, api_read_text_or_null,                  \
                       API_TEXT_OR_NULL_SCHEMA,                                          \
                       "The id of the app with which it is connected: of its "           \
                       "environment or of the platform; null for none."),                \
        API_ROW_CUSTOM(struct account_body, labels, api_read_labels, API_LABELS_SCHEMA,  \
                       "Your own words about it."),                                      \
        API_ROW_CUSTOM(struct account_body, context, api_read_labels, API_LABELS_SCHEMA, \
                       "What URLs of the integration need to know: subdomain, region, "  \
                       "…"),                                                             \
        API_ROW_CUSTOM(struct account_body, concurrency_max, api_read_concurrency,       \
                       API_CONCURRENCY_SCHEMA,                                           \
                       "Calls at once; 0 = the integration's setting.")

#define WAY_ROW(text)                                                                    \
    {                                                                                    \
        .name = "auth", .kind = BIND_CUSTOM,                                             \
        .offset = offsetof(struct account_body, way), .custom = api_read_text_or_null,   \
        .custom_schema = API_WAY_SCHEMA, .doc = text                                     \
    }

#define CREDENTIALS_DOC                                                                  \
    "Name and value of each credential that the integration wants; write only."

#define ENDS_ROW(text)                                                                   \
    API_ROW_CUSTOM(struct account_body, ends, api_read_time, API_TIME_SCHEMA, text)

static const struct bind_row create_rows[] = {
    API_ROW_TEXT(struct account_body, environment, true, "The id of its environment."),
    API_ROW_TEXT(struct account_body, integration, true, "The name of its integration."),
    WAY_ROW("By which way of authentication of its integration it is connected; left out "
            "or null: the first, unless whoever connects it chooses another."),
    SHARED_ROWS,
    API_ROW_CUSTOM(struct account_body, credentials, api_read_labels,
                   "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"},"
                   "\"writeOnly\":true}",
                   CREDENTIALS_DOC),
    ENDS_ROW("When they end, where that is known: a warning comes 14 days before."),
};

static const struct bind_row update_rows[] = {
    SHARED_ROWS,
    WAY_ROW("By which way of authentication it is connected; only while it has no "
            "credentials, since another way comes with its own. Null: the first."),
    ENDS_ROW("When the credentials that are stored end; null: that is not known."),
};

static const struct bind_row credential_rows[] = {
    {.name = "credentials",
     .kind = BIND_CUSTOM,
     .offset = offsetof(struct account_body, credentials),
     .required = true,
     .custom = api_read_labels,
     .custom_schema = "{\"type\":\"object\",\"additionalProperties\":{\"type\":"
                      "\"string\"},\"minProperties\":1,\"writeOnly\":true}",
     .doc = CREDENTIALS_DOC},
    WAY_ROW("The way of authentication whose credentials these are; left out: the "
            "account's. Null: the first."),
    ENDS_ROW("When they end, where that is known: a warning comes 14 days before."),
    {.name = "version",
     .kind = BIND_UINT,
     .offset = offsetof(struct account_body, version),
     .doc = "The credential_version that these follow: refused when another has come "
            "between. Left out or 0: whatever it is."},
};

static const struct bind_row reason_rows[] = {
    API_ROW_TEXT(struct account_body, reason, false, "Why, for state_reason."),
};

#define TABLE(kind)                                                                      \
    static const struct bind_table kind##_table = {.name = "account",                    \
                                                   .rows = kind##_rows,                  \
                                                   .n = COUNT_OF(kind##_rows),           \
                                                   .bytes = sizeof(struct account_body), \
                                                   .init = init_body}

TABLE(create);
TABLE(update);
TABLE(credential);
TABLE(reason);

/* --- credentials --- */

struct look {
    struct api_call *call;
    str whose; /* credentials they are to be */
    struct auth_field fields[AUTH_FIELDS_MAX];
    uint32_t field_n;
    struct catalog_fault faults[BIND_FAULTS_MAX];
    uint32_t n;
};

static void note(struct look *look, str name, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void note(struct look *look, str name, const char *fmt, ...)
{
    va_list args;
    if (look->n == BIND_FAULTS_MAX)
        return;
    va_start(args, fmt);
    look->faults[look->n++] = (struct catalog_fault){
        .pointer = pointer_join(look->call->arena, STR("/credentials"), name),
        .text = arena_vprintf(look->call->arena, fmt, args)};
    va_end(args);
}

static str field_names(const struct look *look)
{
    struct arena *arena = look->call->arena;
    str names = look->field_n ? STR("") : STR("none");
    for (uint32_t i = 0; i < look->field_n; i++)
        names = arena_printf(arena, STR_F "%s\"" STR_F "\"%s", STR_A(names),
                             i ? ", " : "", STR_A(look->fields[i].name),
                             look->fields[i].optional ? " (optional)" : "");
    return names;
}

static const struct auth_field *find_field(const struct look *look, str name)
{
    for (uint32_t i = 0; i < look->field_n; i++)
        if (str_eq(look->fields[i].name, name))
            return &look->fields[i];
    return NULL;
}

static void look_at_key(struct look *look, str name, str pem)
{
    const char *why;
    struct sign_key *key = sign_key_read(pem, &why);
    if (!key)
        note(look, name, "cannot be used. %s", why);
    sign_key_destroy(&key);
}

static void look_at(struct look *look, const struct credential *secret)
{
    str value = secret_peek(&secret->value);
    const struct auth_field *field = find_field(look, secret->name);
    if (look->n == BIND_FAULTS_MAX)
        return;
    if (!field)
        note(look, secret->name, "is no credential of " STR_F "; it wants " STR_F ".",
             STR_A(look->whose), STR_A(field_names(look)));
    else if (value.n == 0)
        note(look, secret->name, "is empty.");
    else if (field->text == AUTH_TEXT_SIGN_KEY)
        look_at_key(look, secret->name, value);
    else if (field->text == AUTH_TEXT_CERTIFICATE)
        return; /* with its other half */
    else if (!header_value_valid(value))
        note(look, secret->name,
             "has a line break or another control character; it must be one line.");
}

static str given(const struct api_call *call, str name)
{
    for (uint32_t i = 0; i < call->secret_n; i++)
        if (str_eq(call->secrets[i].name, name))
            return secret_peek(&call->secrets[i].value);
    return STR_NONE;
}

static void look_at_pair(struct look *look)
{
    const struct api_call *call = look->call;
    struct certificate pair = {given(call, STR("certificate")),
                               given(call, STR("certificate_key"))};
    const struct auth_field *field = find_field(look, STR("certificate"));
    if (!field || field->text != AUTH_TEXT_CERTIFICATE || (!pair.chain.n && !pair.key.n))
        return;
    const char *why = certificate_half(&pair);
    if (!why)
        why = tls_pair_fault(pair.chain, pair.key);
    if (why)
        note(look, field->name, "cannot be used. %s", why);
}

static void look_at_all(struct look *look)
{
    const struct api_call *call = look->call;
    for (uint32_t i = 0; i < call->secret_n; i++)
        look_at(look, &call->secrets[i]);
    look_at_pair(look);
    for (uint32_t i = 0; i < look->field_n; i++)
        if (!look->fields[i].optional && str_absent(given(call, look->fields[i].name)))
            note(look, look->fields[i].name, "is missing.");
}

/* What a body says of a way, by the integration's document; held by its snapshot. */
static const struct auth_way *find_way(struct api_call *call,
                                       const struct integration *integration, str name)
{
    const struct auth_way *way = integration_way(integration, name.n ? name : STR_NONE);
    if (!way)
        api_refuse_member(call, "/auth", STR_F,
                          STR_A(integration_no_way(integration, name, call->arena)));
    return way;
}

static bool check_credentials(struct api_call *call, const struct auth_way *way)
{
    struct look *look = arena_zalloc(call->arena, sizeof(*look));
    look->call = call;
    look->whose = STR("this integration");
    if (!str_absent(way->name))
        look->whose =
            arena_printf(call->arena, "the way \"" STR_F "\"", STR_A(way->name));
    look->field_n = auth_fields(&way->rule, look->fields);
    look_at_all(look);
    if (look->n == 0)
        return true;
    api_refuse_faults(call, ERR_BODY_INVALID,
                      STR("The credentials are not what the integration wants."),
                      look->faults, look->n);
    return false;
}

/*
 * Whether the integration is there and has the way (absent or "": the default), and the
 * credentials, if any were given, are what that asks for. False when it was refused.
 * *ret_way: its name, "" for one without.
 */
static bool check_integration(struct api_call *call, str name, str way_name, str *ret_way)
{
    struct snapshot *snapshot = catalog_snapshot(call->api->catalog);
    const struct integration *integration = snapshot_find(snapshot, name);
    const struct auth_way *way =
        integration ? find_way(call, integration, way_name) : NULL;
    bool good = way && (!call->secrets || check_credentials(call, way));
    if (!integration)
        api_refuse(call, ERR_INTEGRATION_UNKNOWN, "It would be \"%.*s\".",
                   (int)(name.n < 64 ? name.n : 64), name.p);
    if (good)
        *ret_way = str_absent(way->name) ? STR("") : arena_str(call->arena, way->name);
    snapshot_unref(&snapshot);
    return good;
}

/* --- answering --- */

static void send_account(struct api_call *call, str id)
{
    struct account *account = directory_account(call->api->directory, id);
    if (!account) {
        api_refuse_text(call, ERR_ACCOUNT_UNKNOWN, STR("It has just been deleted."));
        return;
    }
    view_account_whole(call, account);
    account_unref(&account);
    api_send(call);
}

static void on_changed(struct change *change)
{
    send_account(change->owner, change->id);
}

static void on_created(struct change *change)
{
    send_account(change->owner, tenant_id_str(&change->new_id));
}

/* Its id, copied; absent when it was refused. */
static str find(struct api_call *call)
{
    struct account *account = api_find_account(call);
    if (!account)
        return STR_NONE;
    str id = arena_str(call->arena, tenant_id_str(&account->id));
    account_unref(&account);
    return id;
}

static struct change *fill(struct api_call *call, enum change_kind kind,
                           const struct account_body *body)
{
    struct change *change = api_change(call, kind);
    change->external_id = body->external_id;
    change->name = body->name;
    change->app_id = body->app;
    change->labels = body->labels;
    change->context = body->context;
    change->concurrency_max = body->concurrency_max;
    change->ends[ENDING_CREDENTIALS] = body->ends;
    return change;
}

/* --- create, update --- */

/* With its credentials an account keeps the way that they are of; without, it has one
 * only if that is said. */
static bool may_create(struct api_call *call, struct account_body *body)
{
    str way;
    if (call->secrets && !api_may(call, PERMISSION_SECRETS)) {
        api_refuse_permission(call, PERMISSION_SECRETS);
        return false;
    }
    struct environment *environment = api_find_environment(call, body->environment);
    if (!environment)
        return false;
    environment_unref(&environment);
    if (!check_integration(call, body->integration, body->way, &way))
        return false;
    if (call->secrets || body->way.n)
        body->way = way;
    return true;
}

static void run_create(struct api_call *call)
{
    struct account_body body;
    if (!api_bind(call, &body))
        return;
    api_take_secrets(call, &body.credentials);
    if (!may_create(call, &body))
        return;
    struct change *change = fill(call, CHANGE_ACCOUNT_CREATE, &body);
    change->environment_id = body.environment;
    change->integration = body.integration;
    change->way = body.way;
    change->credentials = call->secrets;
    change->credential_n = call->secret_n;
    api_submit(change, on_created);
}

const struct api_handler handler_accounts_create = {.run = run_create,
                                                    .body_kind = API_BODY_OBJECT,
                                                    .body = &create_table,
                                                    .status = 201,
                                                    .answer = &account_shape};

/* To name the first one, where it is the account's without being named, is no change. */
static bool check_way(struct api_call *call, const struct account *account,
                      struct account_body *body)
{
    str named, first;
    if (str_absent(body->way))
        return true;
    if (!check_integration(call, account->integration, body->way, &named))
        return false;
    bool unnamed = str_absent(account->way) && account->credential_version > 0;
    if (unnamed && check_integration(call, account->integration, STR_NONE, &first) &&
        str_eq(named, first))
        body->way = STR_NONE;
    return true;
}

static void run_update(struct api_call *call)
{
    struct account_body body;
    struct account *account = api_find_account(call);
    if (!account)
        return;
    str id = arena_str(call->arena, tenant_id_str(&account->id));
    bool good = api_bind(call, &body) && check_way(call, account, &body);
    account_unref(&account);
    if (!good)
        return;
    struct change *change = fill(call, CHANGE_ACCOUNT_UPDATE, &body);
    change->id = id;
    change->way = body.way;
    api_submit(change, on_changed);
}

const struct api_handler handler_accounts_update = {.run = run_update,
                                                    .body_kind = API_BODY_OBJECT,
                                                    .body = &update_table,
                                                    .status = 200,
                                                    .answer = &account_shape};

/* --- credentials, enable, disable --- */

static void run_credentials(struct api_call *call)
{
    struct account_body body;
    struct account *account = api_find_account(call);
    if (!account)
        return;
    str id = arena_str(call->arena, tenant_id_str(&account->id));
    str integration = arena_str(call->arena, account->integration);
    str before = arena_str(call->arena, account->way);
    str way;
    account_unref(&account);
    if (!api_bind(call, &body))
        return;
    api_take_secrets(call, &body.credentials);
    if (!check_integration(call, integration, str_absent(body.way) ? before : body.way,
                           &way))
        return;
    struct change *change = api_change(call, CHANGE_ACCOUNT_CREDENTIALS);
    change->id = id;
    change->credentials = call->secrets;
    change->credential_n = call->secret_n;
    change->credential_version = body.version;
    change->ends[ENDING_CREDENTIALS] = body.ends;
    change->way = way;
    api_submit(change, on_changed);
}

const struct api_handler handler_accounts_credentials = {.run = run_credentials,
                                                         .body_kind = API_BODY_OBJECT,
                                                         .body = &credential_table,
                                                         .status = 200,
                                                         .answer = &account_shape};

static void move(struct api_call *call, str id, enum account_state state)
{
    struct account_body body;
    if (!api_bind(call, &body))
        return;
    struct change *change = api_change(call, CHANGE_ACCOUNT_STATE);
    change->id = id;
    change->state = state;
    change->state_reason = body.reason;
    api_submit(change, on_changed);
}

/* Back to where it would be by its credentials; whether they still work, its next call
 * will tell. An account that is not switched off stays as it is. */
static void run_enable(struct api_call *call)
{
    struct account *account = api_find_account(call);
    if (!account)
        return;
    str id = arena_str(call->arena, tenant_id_str(&account->id));
    bool connected = account->credential_version > 0;
    bool disabled = account->state == ACCOUNT_DISABLED;
    account_unref(&account);
    if (disabled)
        move(call, id, connected ? ACCOUNT_ACTIVE : ACCOUNT_CONNECTING);
    else
        send_account(call, id);
}

const struct api_handler handler_accounts_enable = {.run = run_enable,
                                                    .body_kind = API_BODY_OPTION,
                                                    .body = &reason_table,
                                                    .status = 200,
                                                    .answer = &account_shape};

static void run_disable(struct api_call *call)
{
    str id = find(call);
    if (!str_absent(id))
        move(call, id, ACCOUNT_DISABLED);
}

const struct api_handler handler_accounts_disable = {.run = run_disable,
                                                     .body_kind = API_BODY_OPTION,
                                                     .body = &reason_table,
                                                     .status = 200,
                                                     .answer = &account_shape};
