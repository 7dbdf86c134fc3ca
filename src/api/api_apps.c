/*
 * Apps: the OAuth clients with which accounts are connected. Those of the platform are
 * seen by every key, since accounts are connected with them; they are changed with a key
 * of all stages and `admin` alone. Those of an environment are reached as it is.
 */
#include "api/api_apps.h"
#include "api/api_body.h"
#include "api/api_ending.h"
#include "api/api_listing.h"
#include "directory/directory_app.h"

/* --- what an app looks like --- */

static const struct shape_row app_rows[] = {
    {.name = "id", .kind = SHAPE_TEXT, .doc = "Its own name, given by Breakwater."},
    {.name = "environment",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "The id of its environment; null: the platform's."},
    {.name = "stage",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "The id of its stage; null: the platform's."},
    {.name = "integration", .kind = SHAPE_TEXT, .doc = "The vendor's integration."},
    {.name = "auth",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "The way of authentication for which alone it is; null: for all."},
    {.name = "name", .kind = SHAPE_TEXT, .doc = "For people."},
    {.name = "client_id", .kind = SHAPE_TEXT, .doc = "The vendor's name for the client."},
    {.name = "redirect_uri",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "Where the vendor sends people back to; null: Breakwater's own address."},
    {.name = "scopes",
     .kind = SHAPE_TEXTS,
     .nullable = true,
     .doc = "What is asked of the vendor; null: what the integration's document says."},
    {.name = "params",
     .kind = SHAPE_LABELS,
     .doc = "What URLs of the auth block need to know: tenant, region, …"},
    {.name = "return_urls",
     .kind = SHAPE_TEXTS,
     .doc = "What a URL must begin with to be returned to after connecting."},
    {.name = "default",
     .kind = SHAPE_BOOL,
     .doc = "Whether it is used where no app of its environment, or of the platform, is "
            "named."},
    {.name = "secrets",
     .kind = SHAPE_WORDS,
     .words = app_secret_names,
     .doc = "Which secrets are stored; never what they are."},
    {.name = "secret_version",
     .kind = SHAPE_UINT,
     .doc = "Counts up with each change of the secrets; 0 = none were ever stored."},
    {.name = "ends",
     .kind = SHAPE_LABELS,
     .doc = "When the secrets end of which that is known, by their names."},
    {.name = "warnings",
     .kind = SHAPE_TEXTS,
     .doc = "Which secrets end within 14 days, or have ended."},
    {.name = "created", .kind = SHAPE_TIME, .doc = "When it was made."},
    {.name = "updated", .kind = SHAPE_TIME, .doc = "When it was changed last."},
};

static const struct shape app_shape = SHAPE_OF("app", app_rows);
static const struct shape app_page = {"app", app_rows, COUNT_OF(app_rows), true};

/* A list that is not there is what `none` says: null, or an empty list. */
static void put_list(struct json_out *out, const char *name, const struct json *list,
                     const char *none)
{
    json_out_name(out, str_z(name));
    if (json_is(list, JSON_ARRAY))
        json_out_value(out, list);
    else
        json_out_raw(out, str_z(none));
}

static void put_app(struct api_call *call, const struct app *app)
{
    struct json_out *out = &call->out;
    const struct environment *environment = app->environment;
    str stage = environment ? tenant_id_str(&environment->stage->id) : STR_NONE;
    json_out_object(out);
    shape_put_text(out, "id", tenant_id_str(&app->id));
    shape_put_text(out, "environment",
                   environment ? tenant_id_str(&environment->id) : STR_NONE);
    shape_put_text(out, "stage", stage);
    shape_put_text(out, "integration", app->integration);
    shape_put_text(out, "auth", app->way);
    shape_put_text(out, "name", app->name);
    shape_put_text(out, "client_id", app->client_id);
    shape_put_text(out, "redirect_uri", app->redirect_uri);
    put_list(out, "scopes", &app->scopes, "null");
    shape_put_labels(out, "params", &app->params);
    put_list(out, "return_urls", &app->return_urls, "[]");
    json_out_member_bool(out, STR("default"),
                         directory_app_is_default(call->api->directory, app));
    put_list(out, "secrets", &app->secret_names, "[]");
    json_out_member_int(out, STR("secret_version"), (int64_t)app->secret_version);
    json_out_name(out, STR("ends"));
    view_ends(out, app->ends);
    json_out_name(out, STR("warnings"));
    json_out_array(out);
    view_app_end_warnings(call, app, STR("the app"));
    json_out_end(out);
    shape_put_time(out, "created", app->created);
    shape_put_time(out, "updated", app->updated);
    json_out_end(out);
}

static bool sees(const struct api_call *call, const struct app *app)
{
    return !app->environment || api_key_covers(call->key, app->environment);
}

/* With a reference; NULL when it was refused. */
static struct app *find_app(struct api_call *call, str id)
{
    struct app *app = directory_app(call->api->directory, id);
    if (app && sees(call, app))
        return app;
    app_unref(&app);
    api_refuse(call, ERR_OBJECT_UNKNOWN, "There is no app \"%.*s\".",
               (int)(id.n < 100 ? id.n : 100), id.p);
    return NULL;
}

static void send_app(struct api_call *call, str id)
{
    struct app *app = find_app(call, id);
    if (!app)
        return;
    put_app(call, app);
    app_unref(&app);
    api_send(call);
}

/* --- list, get --- */

static const struct api_param list_params[] = {
    {.name = "environment",
     .kind = API_PARAM_TEXT,
     .max = 64,
     .doc = "This environment's own."},
    {.name = "integration",
     .kind = API_PARAM_TEXT,
     .max = 64,
     .doc = "Those of this integration."},
    {.name = "platform", .kind = API_PARAM_BOOL, .doc = "The platform's alone."},
    {.name = NULL}};

struct filter {
    str environment; /* an id; absent: any */
    str integration;
    bool platform;
};

static bool want(const struct app *app, void *arg)
{
    return api_listing_asks(arg, app);
}

static uint32_t gather(struct api_listing *listing, str after, uint32_t max, void *ret)
{
    return directory_list_apps(listing->call->api->directory, after, max, want, listing,
                               ret);
}

static bool is_of(const struct app *app, str environment)
{
    return app->environment && str_eq(tenant_id_str(&app->environment->id), environment);
}

static bool wants(const struct api_listing *listing, const void *object)
{
    const struct app *app = object;
    const struct filter *filter = listing->filter;
    return sees(listing->call, app) && (!filter->platform || !app->environment) &&
           (str_absent(filter->integration) ||
            str_eq(app->integration, filter->integration)) &&
           (str_absent(filter->environment) || is_of(app, filter->environment));
}

static str id_of(const void *object)
{
    return tenant_id_str(&((const struct app *)object)->id);
}

static void put(struct api_listing *listing, const void *object)
{
    put_app(listing->call, object);
}

static void unref(void *object)
{
    struct app *app = object;
    app_unref(&app);
}

/* False when the environment was refused; one that is not given is the platform. */
static bool check_environment(struct api_call *call, str id)
{
    if (str_absent(id))
        return true;
    struct environment *environment = api_find_environment(call, id);
    bool found = environment != NULL;
    environment_unref(&environment);
    return found;
}

static void run_list(struct api_call *call)
{
    static const struct api_listing_ops ops = {
        .gather = gather, .wants = wants, .id = id_of, .put = put, .unref = unref};
    struct filter *filter = arena_zalloc(call->arena, sizeof(*filter));
    *filter = (struct filter){.environment = api_query(call, "environment"),
                              .integration = api_query(call, "integration"),
                              .platform = api_query_bool(call, "platform")};
    if (!check_environment(call, filter->environment))
        return;
    struct api_listing *listing = api_listing_create(call, &ops, filter);
    if (listing)
        api_listing_start(listing);
}

const struct api_handler handler_apps_list = {.run = run_list,
                                              .params = list_params,
                                              .paged = true,
                                              .status = 200,
                                              .answer = &app_page};

static void run_get(struct api_call *call)
{
    send_app(call, api_path(call, "app"));
}

const struct api_handler handler_apps_get = {
    .run = run_get, .status = 200, .answer = &app_shape};

/* --- bodies --- */

struct app_body {
    str environment;
    str integration;
    str way;
    str name;
    str client_id;
    str redirect_uri;
    struct json scopes;
    struct json params;
    struct json return_urls;
    bool is_default;
    struct json secrets;
    usec ends[ENDING_COUNT];
    uint32_t version;
};

static bool all_texts(struct binder *binder, const struct json *value)
{
    uint32_t faults = binder->fault_n;
    for (uint32_t i = 0; i < value->n && binder->fault_n < BIND_FAULTS_MAX; i++) {
        str before = bind_enter_index(binder, i);
        if (!json_is(&value->u.items[i], JSON_STRING))
            bind_fault(binder, "wants a string.");
        binder->at = before;
    }
    return binder->fault_n == faults;
}

static void read_list(struct binder *binder, const struct json *value, void *field)
{
    if (!json_is(value, JSON_ARRAY))
        bind_fault(binder, "wants a list of strings.");
    else if (all_texts(binder, value))
        *(struct json *)field = *value;
}

static void read_list_or_null(struct binder *binder, const struct json *value,
                              void *field)
{
    if (json_is(value, JSON_NULL))
        *(struct json *)field = *value;
    else
        read_list(binder, value, field);
}

/* A default is not given up, another one is chosen. */
static void read_true(struct binder *binder, const struct json *value, void *field)
{
    if (json_is(value, JSON_TRUE))
        *(bool *)field = true;
    else
        bind_fault(binder, "wants true; to take it away, make another app the default.");
}

static bool is_secret(str name)
{
    for (const char *const *known = app_secret_names; *known; known++)
        if (str_eq(name, str_z(*known)))
            return true;
    return false;
}

static void read_secrets(struct binder *binder, const struct json *value, void *field)
{
    uint32_t faults = binder->fault_n;
    if (!json_is(value, JSON_OBJECT)) {
        bind_fault(binder, "wants an object of names and values.");
        return;
    }
    for (uint32_t i = 0; i < value->n && binder->fault_n < BIND_FAULTS_MAX; i++) {
        const struct json_member *member = &value->u.members[i];
        if (!is_secret(json_key(member)))
            bind_fault_at(binder, json_key(member),
                          "is no secret of an app; there are client_secret, "
                          "client_secret_next, private_key, certificate and "
                          "certificate_key.");
        else if (!json_is(&member->value, JSON_STRING) &&
                 !json_is(&member->value, JSON_NULL))
            bind_fault_at(binder, json_key(member), "wants a string.");
    }
    if (binder->fault_n == faults)
        *(struct json *)field = *value;
}

#define TEXT_SCHEMA "{\"type\":\"string\",\"maxLength\":500}"
#define LIST_SCHEMA "{\"type\":\"array\",\"items\":" TEXT_SCHEMA ",\"maxItems\":50}"
#define SCOPES_SCHEMA                                                                    \
    "{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"string\",\"maxLength\":200},"  \
    "\"maxItems\":200}"
#define TRUE_SCHEMA "{\"const\":true}"
#define SECRETS_SCHEMA(type)                                                             \
    "{\"type\":\"object\",\"properties\":{\"client_secret\":{\"type\":" type "},"        \
    "\"client_secret_next\":{\"type\":" type "},\"private_key\":{\"type\":" type "},"    \
    "\"certificate\":{\"type\":" type "},\"certificate_key\":{\"type\":" type "}},"      \
    "\"additionalProperties\":false,\"writeOnly\":true}"

#define SECRETS_DOC                                                                      \
    "client_secret, client_secret_next while the client's secret is being changed, "     \
    "private_key (PEM) for signed assertions, certificate (PEM, with its chain) and "    \
    "certificate_key (PEM) for mutual TLS; write only."

#define ENDS_ROW                                                                         \
    API_ROW_CUSTOM(struct app_body, ends, api_read_ends, API_ENDS_SCHEMA,                \
                   "When client_secret, client_secret_next or private_key ends, where "  \
                   "that is known: a warning comes 14 days before. Null: it is not "     \
                   "known.")

#define SETTING_ROWS                                                                     \
    {.name = "auth",                                                                     \
     .kind = BIND_CUSTOM,                                                                \
     .offset = offsetof(struct app_body, way),                                           \
     .custom = api_read_text_or_null,                                                    \
     .custom_schema = API_WAY_SCHEMA,                                                    \
     .doc = "The way of authentication for which alone it is, where the vendor wants "   \
            "another client for each; null: for all."},                                  \
        API_ROW_CUSTOM(struct app_body, redirect_uri, api_read_text_or_null,             \
                       API_TEXT_OR_NULL_SCHEMA,                                          \
                       "Where the vendor sends people back to: an https URL; null: "     \
                       "Breakwater's own address."),                                     \
        API_ROW_CUSTOM(struct app_body, scopes, read_list_or_null, SCOPES_SCHEMA,        \
                       "What is asked of the vendor; null: what the integration's "      \
                       "document says."),                                                \
        API_ROW_CUSTOM(struct app_body, params, api_read_labels, API_LABELS_SCHEMA,      \
                       "What URLs of the auth block need to know: tenant, region, …"),   \
        API_ROW_CUSTOM(struct app_body, return_urls, read_list, LIST_SCHEMA,             \
                       "What a URL must begin with to be returned to after "             \
                       "connecting: https, with the \"/\" behind the host."),            \
    {                                                                                    \
        .name = "default", .kind = BIND_CUSTOM,                                          \
        .offset = offsetof(struct app_body, is_default), .custom = read_true,            \
        .custom_schema = TRUE_SCHEMA,                                                    \
        .doc = "Makes it the one that is used where no app of its environment, or of "   \
               "the platform, is named."                                                 \
    }

static const struct bind_row create_rows[] = {
    API_ROW_TEXT(struct app_body, environment, false,
                 "The id of its environment; left out: the platform's."),
    API_ROW_TEXT(struct app_body, integration, true, "The name of its integration."),
    API_ROW_TEXT(struct app_body, name, true, "For people."),
    API_ROW_TEXT(struct app_body, client_id, true, "The vendor's name for the client."),
    SETTING_ROWS,
    API_ROW_CUSTOM(struct app_body, secrets, read_secrets, SECRETS_SCHEMA("\"string\""),
                   SECRETS_DOC),
    ENDS_ROW,
};

static const struct bind_row update_rows[] = {
    API_ROW_TEXT(struct app_body, name, false, "For people."),
    API_ROW_TEXT(struct app_body, client_id, false, "The vendor's name for the client."),
    SETTING_ROWS,
};

#define SECRET_ROWS(schema)                                                              \
    {.name = "secrets",                                                                  \
     .kind = BIND_CUSTOM,                                                                \
     .offset = offsetof(struct app_body, secrets),                                       \
     .required = true,                                                                   \
     .custom = read_secrets,                                                             \
     .custom_schema = schema,                                                            \
     .doc = SECRETS_DOC},                                                                \
        ENDS_ROW,                                                                        \
    {                                                                                    \
        .name = "version", .kind = BIND_UINT,                                            \
        .offset = offsetof(struct app_body, version),                                    \
        .doc = "The secret_version that these follow: refused when another has come "    \
               "between. Left out or 0: whatever it is."                                 \
    }

static const struct bind_row secret_rows[] = {SECRET_ROWS(SECRETS_SCHEMA("\"string\""))};

static const struct bind_row some_secret_rows[] = {
    SECRET_ROWS(SECRETS_SCHEMA("[\"string\",\"null\"]"))};

#define TABLE(kind)                                                                      \
    static const struct bind_table kind##_table = {.name = "app",                        \
                                                   .rows = kind##_rows,                  \
                                                   .n = COUNT_OF(kind##_rows),           \
                                                   .bytes = sizeof(struct app_body)}

TABLE(create);
TABLE(update);
TABLE(secret);
TABLE(some_secret);

/* --- changes --- */

/* Who changes an app of the platform decides for everybody. */
static bool may_change(struct api_call *call, bool of_platform)
{
    if (!of_platform)
        return true;
    if (!api_need_platform(call))
        return false;
    if (api_may(call, PERMISSION_ADMIN))
        return true;
    api_refuse_permission(call, PERMISSION_ADMIN);
    return false;
}

struct app *api_find_changeable_app(struct api_call *call)
{
    struct app *app = find_app(call, api_path(call, "app"));
    if (app && !may_change(call, !app->environment))
        app_unref(&app);
    return app;
}

/* The id that the path names, copied; absent when it was refused. */
static str find(struct api_call *call)
{
    struct app *app = api_find_changeable_app(call);
    str id = app ? arena_str(call->arena, tenant_id_str(&app->id)) : STR_NONE;
    app_unref(&app);
    return id;
}

static struct change *fill(struct api_call *call, enum change_kind kind,
                           const struct app_body *body)
{
    struct change *change = api_change(call, kind);
    change->environment_id = body->environment;
    change->integration = body->integration;
    change->name = body->name;
    change->client_id = body->client_id;
    change->way = body->way;
    change->redirect_uri = body->redirect_uri;
    change->scopes = body->scopes;
    change->params = body->params;
    change->return_urls = body->return_urls;
    change->app_default = body->is_default;
    change->credentials = call->secrets;
    change->credential_n = call->secret_n;
    change->credential_version = body->version;
    memcpy(change->ends, body->ends, sizeof(change->ends));
    return change;
}

static void on_created(struct change *change)
{
    send_app(change->owner, tenant_id_str(&change->new_id));
}

static void on_changed(struct change *change)
{
    send_app(change->owner, change->id);
}

/* False when it was refused. `way`: absent or "", none is named. */
static bool check_integration(struct api_call *call, str name, str way)
{
    struct snapshot *snapshot = catalog_snapshot(call->api->catalog);
    const struct integration *integration = snapshot_find(snapshot, name);
    bool good = integration && (way.n == 0 || integration_way(integration, way));
    if (!integration)
        api_refuse(call, ERR_INTEGRATION_UNKNOWN, "It would be \"%.*s\".",
                   (int)(name.n < 64 ? name.n : 64), name.p);
    else if (!good)
        api_refuse_member(call, "/auth", STR_F,
                          STR_A(integration_no_way(integration, way, call->arena)));
    snapshot_unref(&snapshot);
    return good;
}

static bool may_create(struct api_call *call, const struct app_body *body)
{
    if (call->secrets && !api_may(call, PERMISSION_SECRETS)) {
        api_refuse_permission(call, PERMISSION_SECRETS);
        return false;
    }
    return may_change(call, str_absent(body->environment)) &&
           check_environment(call, body->environment) &&
           check_integration(call, body->integration, body->way);
}

static void run_create(struct api_call *call)
{
    struct app_body body;
    if (!api_bind(call, &body))
        return;
    api_take_secrets(call, &body.secrets);
    if (may_create(call, &body))
        api_submit(fill(call, CHANGE_APP_CREATE, &body), on_created);
}

const struct api_handler handler_apps_create = {.run = run_create,
                                                .body_kind = API_BODY_OBJECT,
                                                .body = &create_table,
                                                .status = 201,
                                                .answer = &app_shape};

/* Of the integration of the app. */
static bool has_way(struct api_call *call, str id, str way)
{
    struct app *app = way.n ? find_app(call, id) : NULL;
    bool good = way.n == 0 || (app && check_integration(call, app->integration, way));
    app_unref(&app);
    return good;
}

static void run_update(struct api_call *call)
{
    struct app_body body;
    str id = find(call);
    if (str_absent(id) || !api_bind(call, &body) || !has_way(call, id, body.way))
        return;
    struct change *change = fill(call, CHANGE_APP_UPDATE, &body);
    change->id = id;
    api_submit(change, on_changed);
}

const struct api_handler handler_apps_update = {.run = run_update,
                                                .body_kind = API_BODY_OBJECT,
                                                .body = &update_table,
                                                .status = 200,
                                                .answer = &app_shape};

static void run_delete(struct api_call *call)
{
    str id = find(call);
    if (str_absent(id))
        return;
    struct change *change = api_change(call, CHANGE_APP_DELETE);
    change->id = id;
    api_submit(change, NULL);
}

const struct api_handler handler_apps_delete = {.run = run_delete, .status = 204};

/* --- secrets --- */

static void change_secrets(struct api_call *call, bool others_stay)
{
    struct app_body body;
    str id = find(call);
    if (str_absent(id) || !api_bind(call, &body))
        return;
    api_take_secrets(call, &body.secrets);
    struct change *change = fill(call, CHANGE_APP_SECRETS, &body);
    change->id = id;
    change->others_stay = others_stay;
    api_submit(change, on_changed);
}

static void run_replace_secrets(struct api_call *call)
{
    change_secrets(call, false);
}

const struct api_handler handler_apps_secrets = {.run = run_replace_secrets,
                                                 .body_kind = API_BODY_OBJECT,
                                                 .body = &secret_table,
                                                 .status = 200,
                                                 .answer = &app_shape};

static void run_some_secrets(struct api_call *call)
{
    change_secrets(call, true);
}

const struct api_handler handler_apps_some_secrets = {.run = run_some_secrets,
                                                      .body_kind = API_BODY_OBJECT,
                                                      .body = &some_secret_table,
                                                      .status = 200,
                                                      .answer = &app_shape};
