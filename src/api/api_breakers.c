/*
 * Breakers. Those of integrations are few and are looked at together; those of accounts
 * are found by walking the accounts. A breaker that is held by hand stays on its board
 * until it is set free. Holding one is written to the audit log first.
 */
#include "api/api_accounts.h"
#include "api/api_body.h"
#include "api/api_view.h"
#include "directory/audit.h"
#include "loop/world.h"

/* A circuit is called by its integration, and what sets it apart behind a blank. */
static str integration_of(str name)
{
    return str_of(name.p, str_find(name, ' '));
}

/* --- those of integrations --- */

struct circuits {
    struct api_call *call;
    str after;
    str integration;               /* absent: any */
    int state;                     /* −1: any */
    struct breaker_seen_as *items; /* in order of names */
    uint32_t n;
    uint32_t max;
};

static bool is_before(str a, str b)
{
    return str_cmp(a, b) < 0;
}

static bool wants_circuit(const struct circuits *circuits, const struct circuit *circuit,
                          struct breaker_view *ret_view)
{
    str name = circuit->entry.name;
    if (!str_absent(circuits->after) && !is_before(circuits->after, name))
        return false;
    if (!str_absent(circuits->integration) &&
        !str_eq(circuits->integration, integration_of(name)))
        return false;
    if (circuits->n == circuits->max &&
        !is_before(name, circuits->items[circuits->n - 1].name))
        return false;
    breaker_view((struct breaker *)(uintptr_t)&circuit->breaker,
                 circuits->call->worker->now, ret_view);
    return circuits->state < 0 || (int)ret_view->state == circuits->state;
}

/* Keeps the `max` least by name. With the board's lock held. */
static void note_circuit(void *entry, void *arg)
{
    struct circuits *circuits = arg;
    const struct circuit *circuit = entry;
    struct breaker_view view;
    if (!wants_circuit(circuits, circuit, &view))
        return;
    if (circuits->n < circuits->max)
        circuits->n++;
    uint32_t at = circuits->n - 1;
    for (; at > 0 && is_before(circuit->entry.name, circuits->items[at - 1].name); at--)
        circuits->items[at] = circuits->items[at - 1];
    str name = arena_str(circuits->call->arena, circuit->entry.name);
    circuits->items[at] = (struct breaker_seen_as){
        .name = name, .integration = integration_of(name), .view = view};
}

static void list_circuits(struct api_call *call)
{
    struct api_page page;
    if (!str_absent(api_query(call, "environment"))) {
        api_refuse(call, ERR_QUERY_INVALID,
                   "`environment` goes with kind=account; other breakers guard all.");
        return;
    }
    if (!api_page_read(call, &page))
        return;
    struct circuits circuits = {.call = call,
                                .after = page.after,
                                .integration = api_query(call, "integration"),
                                .state = api_query_word(call, "state"),
                                .max = page.limit + 1};
    circuits.items = arena_array(call->arena, circuits.max, sizeof(circuits.items[0]));
    board_each(call->api->boards->circuits, note_circuit, &circuits);
    api_page_begin(call);
    uint32_t n = circuits.n < page.limit ? circuits.n : page.limit;
    for (uint32_t i = 0; i < n; i++)
        view_breaker(call, &circuits.items[i]);
    api_page_end(call, circuits.n > n ? circuits.items[n - 1].name : STR_NONE);
}

/* --- those of accounts --- */

static bool is_wanted_account(const struct api_call *call, const struct account *account)
{
    struct breaker_view view;
    int state = api_query_word(call, "state");
    if (!view_has_standing(call, account))
        return false;
    view_account_breaker(call, account, &view);
    return state < 0 || (int)view.state == state;
}

static void put_account(struct api_call *call, const struct account *account)
{
    struct breaker_seen_as breaker = {.name = tenant_id_str(&account->id),
                                      .of_account = true,
                                      .integration = account->integration};
    view_account_breaker(call, account, &breaker.view);
    view_breaker(call, &breaker);
}

static void put(struct api_listing *listing, const void *object)
{
    put_account(listing->call, object);
}

static const struct api_param list_params[] = {
    {.name = "kind",
     .kind = API_PARAM_WORD,
     .words = breaker_kind_words,
     .doc = "Which ones: integration (if it is not given) or account."},
    {.name = "state",
     .kind = API_PARAM_WORD,
     .words = breaker_state_words,
     .doc = "Those in this state."},
    ACCOUNT_SCOPE_PARAMS,
    {.name = NULL}};

static void run_list(struct api_call *call)
{
    if (api_query_word(call, "kind") != 1) {
        list_circuits(call);
        return;
    }
    struct account_filter *filter = arena_zalloc(call->arena, sizeof(*filter));
    if (!accounts_read_filter(call, filter))
        return;
    filter->also = is_wanted_account;
    accounts_list(call, filter, put);
}

const struct api_handler handler_breakers_list = {.run = run_list,
                                                  .params = list_params,
                                                  .paged = true,
                                                  .status = 200,
                                                  .answer = &breaker_page};

/* --- one --- */

/* The account whose breaker that is, with a reference; NULL: it is none that the key
 * sees. */
static struct account *find_account(const struct api_call *call, str name)
{
    struct account *account = directory_account(call->api->directory, name);
    if (account && !api_key_covers(call->key, account->environment))
        account_unref(&account);
    return account;
}

static bool is_integration(const struct api_call *call, str name)
{
    struct snapshot *snapshot = catalog_snapshot(call->api->catalog);
    bool is = snapshot_find(snapshot, name) != NULL;
    snapshot_unref(&snapshot);
    return is;
}

/* What is known of a circuit: what its board has, or nothing yet. False when there can be
 * no such circuit. */
static bool look_at_circuit(const struct api_call *call, str name,
                            struct breaker_view *ret_view)
{
    struct board *board = call->api->boards->circuits;
    struct circuit *circuit = board_find(board, name);
    *ret_view = (struct breaker_view){.state = BREAKER_CLOSED};
    if (!circuit)
        return is_integration(call, name);
    breaker_view(&circuit->breaker, call->worker->now, ret_view);
    board_release(board, circuit, call->worker->now);
    return true;
}

static void send_circuit(struct api_call *call, str name)
{
    struct breaker_seen_as breaker = {.name = name, .integration = integration_of(name)};
    if (!look_at_circuit(call, name, &breaker.view)) {
        api_refuse(call, ERR_OBJECT_UNKNOWN,
                   "No integration has this name, and no call has met such a breaker.");
        return;
    }
    view_breaker(call, &breaker);
    api_send(call);
}

static void send_breaker(struct api_call *call, str name)
{
    struct account *account = find_account(call, name);
    if (!account) {
        send_circuit(call, name);
        return;
    }
    put_account(call, account);
    account_unref(&account);
    api_send(call);
}

static void run_get(struct api_call *call)
{
    send_breaker(call, api_path(call, "breaker"));
}

const struct api_handler handler_breakers_get = {
    .run = run_get, .status = 200, .answer = &breaker_shape};

/* --- by hand --- */

struct force_body {
    uint32_t state; /* enum breaker_force */
    str reason;
};

static const struct bind_row force_rows[] = {
    {.name = "state",
     .kind = BIND_ENUM,
     .offset = offsetof(struct force_body, state),
     .required = true,
     .words = breaker_force_words,
     .doc = "Hold it open or closed; auto sets it free, closed."},
    API_ROW_TEXT(struct force_body, reason, true, "Why, for the audit log."),
};

static const struct bind_table force_table = {.name = "breaker",
                                              .rows = force_rows,
                                              .n = COUNT_OF(force_rows),
                                              .bytes = sizeof(struct force_body)};

struct force {
    struct store_op op;
    struct api_call *call;
    struct force_body body;
    str name;
    struct account *account; /* a reference; NULL: it guards an integration */
    str detail;
    usec wall;
};

static enum err put_audit(struct tx *tx, struct store_op *op)
{
    const struct force *force = CONTAINER_OF(op, struct force, op);
    const struct actor *actor = &force->call->actor;
    struct audit_entry entry = {.time = force->wall,
                                .actor = actor->key_id,
                                .peer = actor->peer,
                                .request_id = actor->request_id,
                                .action = STR("breaker.force"),
                                .object_kind = STR("breaker"),
                                .object_id = force->name,
                                .detail = force->detail};
    if (force->account)
        entry.environment = tenant_id_str(&force->account->environment->id);
    return audit_put(tx, &entry);
}

static void apply(const struct force *force)
{
    struct api_call *call = force->call;
    const struct boards *boards = call->api->boards;
    enum breaker_force held = (enum breaker_force)force->body.state;
    usec now = call->worker->now;
    if (force->account) {
        struct standing *standing = board_acquire(boards->standings, force->name, now);
        breaker_force(&standing->breaker, held, now);
        board_release(boards->standings, standing, now);
    } else {
        struct circuit *circuit = board_acquire(boards->circuits, force->name, now);
        breaker_force(&circuit->breaker, held, now);
        board_release(boards->circuits, circuit, now);
    }
}

static void on_audited(struct store_op *op)
{
    struct force *force = CONTAINER_OF(op, struct force, op);
    struct api_call *call = force->call;
    if (!op->err)
        apply(force);
    account_unref(&force->account);
    if (op->err)
        api_refuse_text(call, op->err, STR_NONE);
    else
        send_breaker(call, force->name);
}

/* What the audit log says of it. */
static str describe(struct api_call *call, const struct force_body *body)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, 4096);
    json_out_init(&out, &text);
    json_out_object(&out);
    shape_put_text(&out, "state", str_z(breaker_force_words[body->state]));
    shape_put_text(&out, "reason", body->reason);
    json_out_end(&out);
    str copy = arena_str(call->arena, buf_peek(&text));
    buf_fini(&text);
    return copy;
}

/* Who holds a breaker that guards an integration decides for everybody. */
static bool may_force(struct api_call *call, const struct force *force)
{
    struct breaker_view view;
    if (force->account)
        return true;
    if (!look_at_circuit(call, force->name, &view)) {
        api_refuse(call, ERR_OBJECT_UNKNOWN,
                   "No integration has this name, and no call has met such a breaker.");
        return false;
    }
    if (!api_need_platform(call))
        return false;
    if (api_may(call, PERMISSION_ADMIN))
        return true;
    api_refuse_permission(call, PERMISSION_ADMIN);
    return false;
}

static void run_force(struct api_call *call)
{
    struct force *force = arena_zalloc(call->arena, sizeof(*force));
    if (!api_bind(call, &force->body))
        return;
    force->call = call;
    force->name = api_path(call, "breaker");
    force->account = find_account(call, force->name);
    if (!may_force(call, force))
        return;
    force->detail = describe(call, &force->body);
    force->wall = world_wall(call->worker->world);
    force->op = (struct store_op){
        .kind = STORE_FULL, .run = put_audit, .done = on_audited, .worker = call->worker};
    store_submit(call->api->store, &force->op);
}

const struct api_handler handler_breakers_force = {.run = run_force,
                                                   .body_kind = API_BODY_OBJECT,
                                                   .body = &force_table,
                                                   .status = 200,
                                                   .answer = &breaker_shape};
