/*
 * An account as it is shown. What stands in the way of its calls is said in one sentence,
 * the first that holds, in the order in which a call would meet it.
 */
#include "api/api_ending.h"
#include "api/api_token.h"
#include "api/api_view.h"
#include "keeper/party.h"

#define COMMON_ROWS                                                                      \
    {.name = "id", .kind = SHAPE_TEXT, .doc = "Its own name, given by Breakwater."},     \
        {.name = "environment",                                                          \
         .kind = SHAPE_TEXT,                                                             \
         .doc = "The id of its environment."},                                           \
        {.name = "stage", .kind = SHAPE_TEXT, .doc = "The id of its stage."},            \
        {.name = "integration", .kind = SHAPE_TEXT, .doc = "The vendor's integration."}, \
        {.name = "auth",                                                                 \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "By which way of authentication of its integration it is connected; "    \
                "null: the first, or the only one."},                                    \
        {.name = "external_id",                                                          \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "Your own name for it, unique in its environment and integration."},     \
        {.name = "name", .kind = SHAPE_TEXT, .nullable = true, .doc = "For people."},    \
        {.name = "app",                                                                  \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "The id of the app with which it is connected."},                        \
        {.name = "labels", .kind = SHAPE_LABELS, .doc = "Your own words about it."},     \
        {.name = "context",                                                              \
         .kind = SHAPE_LABELS,                                                           \
         .doc = "What URLs of the integration need to know: subdomain, region, …"},      \
        {.name = "state",                                                                \
         .kind = SHAPE_WORD,                                                             \
         .words = account_state_words,                                                   \
         .doc = "Calls go out while it is active or degraded."},                         \
        {.name = "state_reason",                                                         \
         .kind = SHAPE_TEXT,                                                             \
         .nullable = true,                                                               \
         .doc = "Why it is in this state."},                                             \
        {.name = "credential_version",                                                   \
         .kind = SHAPE_UINT,                                                             \
         .doc = "Counts up with each change of the credentials; 0 = none are stored."},  \
        {.name = "concurrency_max",                                                      \
         .kind = SHAPE_UINT,                                                             \
         .doc = "Calls at once; 0 = the integration's setting."},                        \
        {.name = "created", .kind = SHAPE_TIME, .doc = "When it was made."},             \
    {                                                                                    \
        .name = "updated", .kind = SHAPE_TIME, .doc = "When it was changed last."        \
    }

static const struct shape_row page_rows[] = {COMMON_ROWS};

static const struct shape_row connected_rows[] = {
    {.name = "time", .kind = SHAPE_TIME, .doc = "When its credentials came."},
    {.name = "by",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "The id of the connect session through which they came, or of the API key "
            "with which they were stored; null: Breakwater itself."},
    {.name = "identity",
     .kind = SHAPE_LABELS,
     .doc = "What its context says of whose login it is at the vendor."},
};

static const struct shape connected_shape = SHAPE_OF("connected", connected_rows);

static const struct shape_row whole_rows[] = {
    COMMON_ROWS,
    {.name = "base_url",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "Where its calls go; null while that cannot be told."},
    {.name = "trouble",
     .kind = SHAPE_TEXT,
     .nullable = true,
     .doc = "What stands in the way of its calls; null when nothing does."},
    {.name = "certificate_ends",
     .kind = SHAPE_TIME,
     .nullable = true,
     .doc = "When the client certificate that it shows ends; null when it shows none."},
    {.name = "connected",
     .kind = SHAPE_OBJECT,
     .nullable = true,
     .shape = &connected_shape,
     .doc = "Who has connected it last; null while nobody has, or it is not known."},
    {.name = "ends",
     .kind = SHAPE_TIME,
     .nullable = true,
     .doc = "When its credentials end, as whoever stored them has said; null when that "
            "is not known."},
    {.name = "warnings",
     .kind = SHAPE_TEXTS,
     .doc = "What is about to stand in their way."},
    {.name = "token",
     .kind = SHAPE_OBJECT,
     .nullable = true,
     .shape = &token_shape,
     .doc = "How its token stands; null where its way has no token block."},
    {.name = "standing",
     .kind = SHAPE_OBJECT,
     .shape = &standing_shape,
     .doc = "Its limits and its breaker at this moment."},
};

const struct shape account_page = {"account", page_rows, COUNT_OF(page_rows), true};
const struct shape account_shape = SHAPE_OF("whole_account", whole_rows);

static void put_members(struct json_out *out, const struct account *account)
{
    const struct environment *environment = account->environment;
    shape_put_text(out, "id", tenant_id_str(&account->id));
    shape_put_text(out, "environment", tenant_id_str(&environment->id));
    shape_put_text(out, "stage", tenant_id_str(&environment->stage->id));
    shape_put_text(out, "integration", account->integration);
    shape_put_text(out, "auth", account->way);
    shape_put_text(out, "external_id", account->external_id);
    shape_put_text(out, "name", account->name);
    shape_put_text(out, "app",
                   account->app.text[0] ? tenant_id_str(&account->app) : STR_NONE);
    shape_put_labels(out, "labels", &account->labels);
    shape_put_labels(out, "context", &account->context);
    shape_put_text(out, "state", account_state_word(account->state));
    shape_put_text(out, "state_reason", account->state_reason);
    json_out_member_int(out, STR("credential_version"),
                        (int64_t)account->credential_version);
    json_out_member_int(out, STR("concurrency_max"), account->concurrency_max);
    shape_put_time(out, "created", account->created);
    shape_put_time(out, "updated", account->updated);
}

void view_account(struct json_out *out, const struct account *account)
{
    json_out_object(out);
    put_members(out, account);
    json_out_end(out);
}

/* Puts the credentials into nothing, as a call would into its request. */
static str credential_trouble(struct api_call *call, struct account *account,
                              const struct auth_rule *rule)
{
    enum err err = ERR_NONE;
    struct headers headers;
    struct auth_request request = {
        .arena = call->arena, .headers = &headers, .query = STR_NONE};
    const struct credentials *credentials =
        directory_credentials(call->api->directory, account, &err);
    if (!credentials)
        return STR(DIRECTORY_CREDENTIALS_CLOSED);
    headers_init(&headers, call->arena, 4);
    err = auth_ops_of(rule)->apply(rule, credentials, &request);
    return err ? STR("The stored credentials do not fit the auth block.") : STR_NONE;
}

/* Absent when calls would go out. */
static str trouble_of(struct api_call *call, const struct token_look *look,
                      const struct integration *integration, str url_trouble)
{
    struct arena *arena = call->arena;
    struct account *account = look->account;
    if (!integration)
        return arena_printf(arena, "The integration \"" STR_F "\" is not loaded.",
                            STR_A(account->integration));
    const struct auth_way *way = integration_way(integration, account->way);
    if (!way)
        return integration_no_way(integration, account->way, arena);
    switch (account->state) {
    case ACCOUNT_DISABLED:
        return STR("It is switched off.");
    case ACCOUNT_DELETING:
        return STR("It is being deleted.");
    case ACCOUNT_NEEDS_REAUTH:
        return arena_printf(
            arena, "Its credentials no longer work; it must be connected again.%s" STR_F,
            account->state_reason.n ? " " : "", STR_A(account->state_reason));
    case ACCOUNT_CONNECTING:
    case ACCOUNT_ACTIVE:
    case ACCOUNT_DEGRADED:
        break;
    }
    if (auth_is_stored(&way->rule) && account->credential_version == 0)
        return STR("No credentials are stored.");
    if (!str_absent(url_trouble) || way->rule.scheme == AUTH_none)
        return url_trouble;
    str trouble = credential_trouble(call, account, &way->rule);
    return str_absent(trouble) ? token_trouble(look) : trouble;
}

/* The base URL, or a sentence in *ret_trouble. */
static str base_url_of(struct arena *arena, const struct account *account,
                       const struct integration *integration, str *ret_trouble)
{
    struct url url;
    const struct auth_way *way =
        integration ? integration_way(integration, account->way) : NULL;
    *ret_trouble = STR_NONE;
    if (!way || integration_base_url(integration, way, &account->context, arena, &url,
                                     ret_trouble) != ERR_NONE)
        return STR_NONE;
    *ret_trouble = STR_NONE;
    return url_format(arena, &url);
}

static const struct auth_way *way_of(const struct account *account,
                                     const struct integration *integration)
{
    return integration ? integration_way(integration, account->way) : NULL;
}

static void put_identity(struct json_out *out, const struct account *account,
                         const struct auth_way *way)
{
    const struct token_rule *rule = way ? way->rule.token : NULL;
    json_out_name(out, STR("identity"));
    json_out_object(out);
    for (uint32_t i = 0; rule && i < rule->identity.n; i++)
        json_out_member_text(
            out, rule->identity.items[i],
            json_member_text(&account->context, rule->identity.items[i]));
    json_out_end(out);
}

static void put_connected(struct json_out *out, const struct account *account,
                          const struct auth_way *way)
{
    json_out_name(out, STR("connected"));
    if (!account->connected) {
        json_out_null(out);
        return;
    }
    json_out_object(out);
    shape_put_time(out, "time", account->connected);
    shape_put_text(out, "by", account->connected_by);
    put_identity(out, account, way);
    json_out_end(out);
}

/* Without its app's secrets no token comes. */
static void warn_of_app(struct api_call *call, const struct account *account,
                        const struct integration *integration)
{
    const struct auth_way *way = way_of(account, integration);
    struct app *app = way && way->rule.token
                          ? party_app(call->api->directory, account, way->name)
                          : NULL;
    if (app)
        view_app_end_warnings(call, app, STR("its app"));
    app_unref(&app);
}

static void warn_of_person(struct api_call *call, const struct account *account,
                           const struct auth_way *way)
{
    const struct personal_sign *sign =
        way ? auth_personal(&way->rule, &account->context) : NULL;
    if (sign && account->credential_version)
        json_out_text(&call->out,
                      arena_printf(call->arena,
                                   "It is connected with a person's login (\"" STR_F
                                   "\" is \"" STR_F "\"), where a service account is "
                                   "wanted: it ends when that person goes.",
                                   STR_A(sign->name), STR_A(sign->is)));
}

void view_account_whole(struct api_call *call, struct account *account)
{
    str url_trouble;
    struct token_look look;
    struct certificate_look certificate;
    struct snapshot *snapshot = catalog_snapshot(call->api->catalog);
    const struct integration *integration = snapshot_find(snapshot, account->integration);
    str url = base_url_of(call->arena, account, integration, &url_trouble);
    token_look(call, account, integration, &look);
    certificate_look(call, account, integration, &certificate);
    str trouble = trouble_of(call, &look, integration, url_trouble);
    if (str_absent(trouble))
        trouble = certificate.trouble;
    json_out_object(&call->out);
    put_members(&call->out, account);
    shape_put_text(&call->out, "base_url", url);
    shape_put_text(&call->out, "trouble", trouble);
    shape_put_time(&call->out, "certificate_ends", certificate.ends);
    put_connected(&call->out, account, way_of(account, integration));
    shape_put_time(&call->out, "ends", account->ends);
    json_out_name(&call->out, STR("warnings"));
    json_out_array(&call->out);
    view_token_warnings(&call->out, &look);
    view_end_warning(call, STR("Its client certificate"), certificate.ends);
    view_end_warning(call, STR("What it was connected with"), account->ends);
    warn_of_app(call, account, integration);
    warn_of_person(call, account, way_of(account, integration));
    json_out_end(&call->out);
    json_out_name(&call->out, STR("token"));
    view_token(&call->out, &look);
    snapshot_unref(&snapshot);
    json_out_name(&call->out, STR("standing"));
    view_standing(call, account);
    json_out_end(&call->out);
}
