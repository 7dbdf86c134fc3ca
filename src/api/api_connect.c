/*
 * Connect sessions: a link, for one account, that the product gives to whoever is to
 * connect it.
 */
#include "api/api_body.h"
#include "api/api_view.h"
#include "connect/connect.h"
#include "connect/session.h"
#include "loop/world.h"

static const usec lifetime_standard = 30 * USEC_MIN;

static const struct shape_row session_rows[] = {
    {.name = "id", .kind = SHAPE_TEXT, .doc = "Its own name, given by Breakwater."},
    {.name = "account", .kind = SHAPE_TEXT, .doc = "The account that is connected."},
    {.name = "url",
     .kind = SHAPE_TEXT,
     .doc = "Where to send the person's browser. Works once; shown this once."},
    {.name = "expires", .kind = SHAPE_TIME, .doc = "Until when it works."},
};

static const struct shape session_shape = SHAPE_OF("connect_session", session_rows);

struct session_body {
    str account;
    str return_url;
    str way;
    usec lifetime;
    bool force;
};

static void init_body(void *obj)
{
    struct session_body *body = obj;
    body->lifetime = lifetime_standard;
}

static const struct bind_row body_rows[] = {
    API_ROW_TEXT(struct session_body, account, true,
                 "The account, by id or external id. A new one is made first, without "
                 "credentials."),
    {.name = "return_url",
     .kind = BIND_TEXT,
     .offset = offsetof(struct session_body, return_url),
     .min = 1,
     .max = 2000,
     .doc = "Where the browser is sent afterwards, with `status`, `account` and, when it "
            "went wrong, `code`; allowed by the setting `connect_returns` or the app's "
            "`return_urls`."},
    {.name = "auth",
     .kind = BIND_TEXT,
     .offset = offsetof(struct session_body, way),
     .min = 1,
     .max = 40,
     .doc = "By which way of authentication; left out: by the account's, and by one that "
            "is chosen on the page where an account has neither way nor credentials yet "
            "and its integration has several."},
    {.name = "lifetime",
     .kind = BIND_DURATION,
     .offset = offsetof(struct session_body, lifetime),
     .min = 60,
     .max = 7 * 86400,
     .doc = "How long the link works; 30m unless given."},
    {.name = "force",
     .kind = BIND_BOOL,
     .offset = offsetof(struct session_body, force),
     .doc = "Whether another login at the vendor than before is taken."},
};

static const struct bind_table body_table = {.name = "connect session",
                                             .rows = body_rows,
                                             .n = COUNT_OF(body_rows),
                                             .bytes = sizeof(struct session_body),
                                             .init = init_body};

static void on_minted(struct session_change *change)
{
    struct api_call *call = change->owner;
    struct json_out *out = &call->out;
    if (change->err) {
        api_refuse_text(call, change->err, STR_NONE);
        return;
    }
    json_out_object(out);
    shape_put_text(out, "id", change->session.id);
    shape_put_text(out, "account", change->session.account);
    shape_put_text(
        out, "url",
        connect_link(call->api->connect, call->in, change->secret, call->arena));
    shape_put_time(out, "expires", change->session.expires);
    json_out_end(out);
    api_send(call);
}

static str fresh_name(struct api_call *call, const char *prefix)
{
    char name[SESSION_SECRET_BYTES];
    world_name(call->worker->world, prefix, name);
    return arena_str(call->arena, str_z(name));
}

static void mint(struct api_call *call, const struct session_body *body,
                 const struct account *account)
{
    struct session_change *change = arena_zalloc(call->arena, sizeof(*change));
    change->step = SESSION_MINT;
    change->directory = call->api->directory;
    change->store = call->api->store;
    change->worker = call->worker;
    change->arena = call->arena;
    change->actor = call->actor;
    change->done = on_minted;
    change->owner = call;
    change->wall = world_wall(call->worker->world);
    change->secret = fresh_name(call, "con_");
    change->environment =
        arena_str(call->arena, tenant_id_str(&account->environment->id));
    change->session =
        (struct session){.id = fresh_name(call, "ses_"),
                         .account = arena_str(call->arena, tenant_id_str(&account->id)),
                         .return_url = body->return_url,
                         .way = body->way,
                         .force = body->force,
                         .expires = change->wall + body->lifetime};
    session_change(change);
}

static bool may_return(struct api_call *call, const struct session_body *body,
                       const struct account *account)
{
    if (str_absent(body->return_url) ||
        connect_may_return(call->api->connect, account,
                           str_absent(body->way) ? account->way : body->way,
                           body->return_url, call->arena))
        return true;
    api_refuse_member(
        call, "/return_url",
        "leads where browsers may not be sent; add its origin to the setting "
        "connect_returns, or to return_urls of the account's app.");
    return false;
}

/* A way by which there is something to connect. */
static bool has_way(struct api_call *call, const struct session_body *body,
                    const struct account *account)
{
    if (str_absent(body->way))
        return true;
    struct snapshot *snapshot = catalog_snapshot(call->api->catalog);
    const struct integration *integration = snapshot_find(snapshot, account->integration);
    const struct auth_way *way =
        integration ? integration_way(integration, body->way) : NULL;
    bool good = way && way->rule.scheme != AUTH_none;
    if (!integration)
        api_refuse(call, ERR_INTEGRATION_UNKNOWN, "The account belongs to \"" STR_F "\".",
                   STR_A(account->integration));
    else if (!way)
        api_refuse_member(call, "/auth", STR_F,
                          STR_A(integration_no_way(integration, body->way, call->arena)));
    else if (!good)
        api_refuse_member(call, "/auth", "is a way that takes no credentials.");
    snapshot_unref(&snapshot);
    return good;
}

static void run_create(struct api_call *call)
{
    struct session_body body;
    struct account *account = NULL;
    if (!api_bind(call, &body))
        return;
    enum err err = directory_find_account(call->api->directory, call->key, body.account,
                                          STR_NONE, &account);
    if (err)
        api_refuse_text(call, err, STR_NONE);
    else if (account->state == ACCOUNT_DELETING || account->state == ACCOUNT_DISABLED)
        api_refuse(call, ERR_STATE_CONFLICT, "The account is %s.",
                   account_state_words[account->state]);
    else if (has_way(call, &body, account) && may_return(call, &body, account))
        mint(call, &body, account);
    account_unref(&account);
}

const struct api_handler handler_connect_sessions_create = {.run = run_create,
                                                            .body_kind = API_BODY_OBJECT,
                                                            .body = &body_table,
                                                            .status = 201,
                                                            .answer = &session_shape};
