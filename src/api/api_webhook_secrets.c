/*
 * The secrets that are kept for webhooks: of an account's URL, of an app's, of an
 * integration's own. Written, counted, taken away, and never shown.
 */
#include "api/api_apps.h"
#include "api/api_call.h"
#include "base/mem.h"
#include "directory/audit.h"
#include "hook/hooks.h"
#include "loop/world.h"

static const struct shape_row kept_rows[] = {
    {.name = "secrets", .kind = SHAPE_UINT, .doc = "How many are kept."},
    {.name = "changed",
     .kind = SHAPE_TIME,
     .nullable = true,
     .doc = "Since when; null where there are none."},
};

static const struct shape kept_shape = SHAPE_OF("webhook_secrets", kept_rows);

struct kept_body {
    struct bind_texts secrets;
};

static const struct bind_row body_rows[] = {
    {.name = "secrets",
     .kind = BIND_TEXTS,
     .offset = offsetof(struct kept_body, secrets),
     .required = true,
     .min = 1,
     .max = HOOK_SECRET_BYTES_MAX,
     .doc =
         "As the vendor shows them: one, or the old and the new one while it is changed; "
         "at most 4."},
};

static const struct bind_table body_table = {.name = "webhook secrets",
                                             .rows = body_rows,
                                             .n = COUNT_OF(body_rows),
                                             .bytes = sizeof(struct kept_body)};

/* Whose they are. Texts in the call's arena. */
struct owner {
    str integration, scope, environment;
};

static bool owner_account(struct api_call *call, struct owner *ret)
{
    struct account *account = api_find_account(call);
    if (!account)
        return false;
    *ret =
        (struct owner){arena_str(call->arena, account->integration),
                       arena_str(call->arena, tenant_id_str(&account->id)),
                       arena_str(call->arena, tenant_id_str(&account->environment->id))};
    account_unref(&account);
    return true;
}

static bool owner_app(struct api_call *call, struct owner *ret)
{
    struct app *app = api_find_changeable_app(call);
    if (!app)
        return false;
    *ret = (struct owner){arena_str(call->arena, app->integration),
                          arena_str(call->arena, tenant_id_str(&app->id)), STR_NONE};
    if (app->environment)
        ret->environment = arena_str(call->arena, tenant_id_str(&app->environment->id));
    app_unref(&app);
    return true;
}

static bool owner_integration(struct api_call *call, struct owner *ret)
{
    str name = api_path(call, "integration");
    if (!api_need_platform(call))
        return false;
    struct snapshot *snapshot = catalog_snapshot(call->api->catalog);
    bool known = snapshot_find(snapshot, name) != NULL;
    snapshot_unref(&snapshot);
    *ret = (struct owner){name, STR(""), STR_NONE};
    if (!known)
        api_refuse_text(call, ERR_INTEGRATION_UNKNOWN, STR_NONE);
    return known;
}

/* --- looking --- */

static void send_kept(struct api_call *call, const struct owner *owner)
{
    usec changed;
    uint32_t n = hook_secrets_count(hooks_secrets(call->api->hooks), owner->integration,
                                    owner->scope, &changed);
    json_out_object(&call->out);
    json_out_member_int(&call->out, STR("secrets"), n);
    shape_put_time(&call->out, "changed", changed);
    json_out_end(&call->out);
    api_send(call);
}

/* --- changing: the line of the audit log comes first --- */

struct work {
    struct api_call *call;
    struct owner owner;
    struct secret_keep keep;
    struct store_op op;
    usec wall;
};

static enum err put_audit(struct tx *tx, struct store_op *op)
{
    struct work *work = CONTAINER_OF(op, struct work, op);
    const struct actor *actor = &work->call->actor;
    str parts[] = {work->owner.integration, STR("/"), work->owner.scope};
    struct audit_entry entry = {.time = work->wall,
                                .actor = actor->key_id,
                                .peer = actor->peer,
                                .request_id = actor->request_id,
                                .action = work->keep.n ? STR("webhook_secrets.put")
                                                       : STR("webhook_secrets.delete"),
                                .object_kind = STR("webhook"),
                                .object_id =
                                    arena_join(work->call->arena, parts, COUNT_OF(parts)),
                                .environment = work->owner.environment,
                                .detail = STR("{}")};
    return audit_put(tx, &entry);
}

static void on_kept(struct secret_keep *keep)
{
    struct work *work = keep->owner;
    struct api_call *call = work->call;
    for (uint32_t i = 0; i < keep->n; i++)
        mem_wipe((char *)(uintptr_t)keep->texts[i].p, keep->texts[i].n);
    if (keep->err)
        api_refuse_text(call, keep->err, STR_NONE);
    else if (keep->n)
        send_kept(call, &work->owner);
    else
        api_send_nothing(call);
}

static void on_audited(struct store_op *op)
{
    struct work *work = CONTAINER_OF(op, struct work, op);
    if (op->err)
        api_refuse_text(work->call, op->err, STR_NONE);
    else
        secret_keep(&work->keep);
}

static void change(struct api_call *call, const struct owner *owner,
                   const struct bind_texts *texts)
{
    struct work *work = arena_zalloc(call->arena, sizeof(*work));
    work->call = call;
    work->owner = *owner;
    work->wall = world_wall(call->worker->world);
    work->keep = (struct secret_keep){.secrets = hooks_secrets(call->api->hooks),
                                      .integration = owner->integration,
                                      .scope = owner->scope,
                                      .texts = texts ? texts->items : NULL,
                                      .n = texts ? texts->n : 0,
                                      .done = on_kept,
                                      .worker = call->worker,
                                      .owner = work};
    work->op = (struct store_op){
        .kind = STORE_FULL, .run = put_audit, .done = on_audited, .worker = call->worker};
    store_submit(call->api->store, &work->op);
}

static void put(struct api_call *call, const struct owner *owner)
{
    struct kept_body *body = arena_zalloc(call->arena, sizeof(*body));
    if (!api_bind(call, body))
        return;
    if (body->secrets.n == 0 || body->secrets.n > HOOK_SECRETS_MAX)
        api_refuse_member(call, "/secrets", "must have one to %d items.",
                          HOOK_SECRETS_MAX);
    else
        change(call, owner, &body->secrets);
}

/* --- one handler for each verb and owner --- */

#define HANDLERS(kind)                                                                   \
    static void run_get_##kind(struct api_call *call)                                    \
    {                                                                                    \
        struct owner owner;                                                              \
        if (owner_##kind(call, &owner))                                                  \
            send_kept(call, &owner);                                                     \
    }                                                                                    \
    static void run_put_##kind(struct api_call *call)                                    \
    {                                                                                    \
        struct owner owner;                                                              \
        if (owner_##kind(call, &owner))                                                  \
            put(call, &owner);                                                           \
    }                                                                                    \
    static void run_delete_##kind(struct api_call *call)                                 \
    {                                                                                    \
        struct owner owner;                                                              \
        if (owner_##kind(call, &owner))                                                  \
            change(call, &owner, NULL);                                                  \
    }                                                                                    \
    const struct api_handler handler_##kind##_webhook_secrets_get = {                    \
        .run = run_get_##kind, .status = 200, .answer = &kept_shape};                    \
    const struct api_handler handler_##kind##_webhook_secrets_put = {                    \
        .run = run_put_##kind,                                                           \
        .body_kind = API_BODY_OBJECT,                                                    \
        .body = &body_table,                                                             \
        .status = 200,                                                                   \
        .answer = &kept_shape};                                                          \
    const struct api_handler handler_##kind##_webhook_secrets_delete = {                 \
        .run = run_delete_##kind, .status = 204}

HANDLERS(account);
HANDLERS(app);
HANDLERS(integration);
