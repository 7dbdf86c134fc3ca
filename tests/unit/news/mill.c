#include "mill.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/mem.h"
#include "directory/keyring.h"
#include "hook/hook_store.h"
#include "json/json_parse.h"
#include "support/given.h"
#include "unified/model.h"

#define MASTER_KEY "k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"

/* --- the log --- */

static void drop_line(void *arg, str line)
{
    (void)arg;
    (void)line;
}

static usec no_wall(void *arg)
{
    (void)arg;
    return 0;
}

/* --- time --- */

usec mill_now(const struct mill *mill)
{
    return atomic_load(&mill->world.now);
}

usec mill_wall(struct mill *mill)
{
    return world_wall(&mill->world.world);
}

void mill_run(struct mill *mill, usec duration)
{
    false_loop_run(&mill->loop, duration);
}

static struct worker *worker_of(struct mill *mill)
{
    struct worker *worker = false_loop_worker(&mill->loop, 0);
    worker->now = mill_now(mill);
    return worker;
}

/* --- the vendor --- */

struct order {
    struct mill *mill;
    struct call *call;
    enum mill_fate fate;
    struct timer timer;
    str body;
    bool answered;
};

static void end_order(struct order *order)
{
    timer_cancel(&order->timer);
    order->call->carrier = NULL;
    order->mill->at_once--;
    mem_free(order);
}

static unsigned record_of(const struct call *call)
{
    uint64_t n;
    str path = call->url.path;
    str id = str_from(path, str_find_last(path, '/') + 1);
    assert_true(str_to_u64(id, MILL_RECORDS - 1, &n));
    return (unsigned)n;
}

static void give_head(struct order *order)
{
    struct call *call = order->call;
    const struct mill_record *record = &order->mill->records[record_of(call)];
    int status = order->fate == MILL_BUSY      ? 503
                 : order->fate == MILL_LIMITED ? 429
                 : order->fate == MILL_REFUSED ? 422
                 : record->there               ? 200
                                               : 404;
    order->answered = true;
    order->body = status == 200
                      ? arena_printf(call->arena, "{\"id\":%u,\"name\":\"v%u\"}",
                                     record_of(call), record->value)
                      : STR("{}");
    call->first_byte_at = call->worker->now;
    call->head = (struct message_head){.status = status, .content_length = -1};
    headers_init(&call->head.headers, call->arena, 2);
    header_add_name(&call->head.headers, STR("Content-Type"), STR("application/json"));
    if (status == 429)
        header_add_name(&call->head.headers, STR("Retry-After"), STR("120"));
    timer_start(&order->timer, 0);
    call->events->on_head(call);
}

static void break_off(struct order *order, enum call_fault fault)
{
    struct call *call = order->call;
    call->fault = fault;
    call->fault_text = STR("as it was chosen");
    end_order(order);
    call->events->on_fault(call);
}

static void go_on(struct timer *timer)
{
    struct order *order = CONTAINER_OF(timer, struct order, timer);
    struct call *call = order->call;
    if (order->fate == MILL_UNREACHABLE) {
        break_off(order, CALL_FAULT_CONNECT);
    } else if (order->fate == MILL_LOST) {
        break_off(order, CALL_FAULT_RESET);
    } else if (!order->answered) {
        give_head(order);
    } else if (order->body.n) {
        str body = order->body;
        order->body = STR_NONE;
        timer_start(&order->timer, 0);
        call->events->on_body(call, body);
    } else {
        end_order(order);
        call->events->on_end(call);
    }
}

static void start(struct transport *transport, struct call *call)
{
    struct mill *mill = CONTAINER_OF(transport, struct mill, transport);
    struct order *order = mem_zalloc(sizeof(*order));
    *order = (struct order){.mill = mill,
                            .call = call,
                            .fate = mill->choose ? mill->choose(mill) : MILL_GOOD};
    call->carrier = order;
    call->sent = order->fate != MILL_UNREACHABLE;
    mill->calls++;
    if (++mill->at_once > mill->most_at_once)
        mill->most_at_once = mill->at_once;
    timer_init(&order->timer, call->worker, go_on);
    timer_start(&order->timer,
                mill->slow + USEC_MS +
                    (usec)unit_below(&mill->chance, (size_t)(400 * USEC_MS)));
}

static void cancel(struct call *call)
{
    end_order(call->carrier);
}

static void nothing(struct call *call)
{
    (void)call;
}

/* --- payloads --- */

static void on_got(struct post *post)
{
    struct offload_task *task = CONTAINER_OF(post, struct offload_task, post);
    struct payload_get *get = CONTAINER_OF(task, struct payload_get, work.task);
    get->done(get);
}

static void on_put(struct post *post)
{
    struct offload_task *task = CONTAINER_OF(post, struct offload_task, post);
    struct payload_put *put = CONTAINER_OF(task, struct payload_put, work.task);
    put->done(put);
}

static str keep(struct mill *mill, str bytes)
{
    assert_true(mill->kept_n < MILL_PAYLOADS_MAX);
    mill->kept[mill->kept_n] = arena_str(&mill->arena, bytes);
    return arena_printf(&mill->arena, "m%08u", mill->kept_n++);
}

static void get_kept(void *base, struct payload_get *get)
{
    struct mill *mill = base;
    uint64_t n;
    bool known = get->reference.n > 1 &&
                 str_to_u64(str_from(get->reference, 1), MILL_PAYLOADS_MAX - 1, &n);
    get->err = mill->no_payloads;
    if (get->err == ERR_NONE && (!known || str_absent(mill->kept[n])))
        get->err = ERR_PAYLOAD_EXPIRED;
    if (get->err == ERR_NONE)
        get->bytes = arena_str(get->arena, mill->kept[n]);
    worker_post(get->worker, &get->work.task.post, on_got);
}

static void put_kept(void *base, struct payload_put *put)
{
    str reference = keep(base, put->parts[0]);
    memcpy(put->reference, reference.p, reference.n);
    put->reference[reference.n] = '\0';
    worker_post(put->worker, &put->work.task.post, on_put);
}

/* --- documents --- */

static void on_changed(struct catalog_change *change)
{
    *(bool *)change->owner = true;
}

static str events_of(struct mill *mill, bool full, const char *settings)
{
    return arena_printf(
        &mill->arena,
        "{%s'rules':[{'type':'contact.ignored','ignore':true},"
        "{'type':['contact.*'],'resource':'crm/contacts','action_from':'/action',%s,"
        "'version':'/version','changed':'/changed','self':{'when':'/by','is':'us'}}]}",
        settings, full ? "'id':'/contact/id','record':'/contact'" : "'id':'/contact'");
}

void mill_document(struct mill *mill, const char *integration, const char *settings)
{
    bool full = strcmp(integration, "full") == 0, done = false;
    str events = events_of(mill, full, settings);
    str text = arena_printf(
        &mill->arena,
        "{'name':'%s','hosts':['%s.test'],'base_url':'https://%s.test','auth':'bearer',"
        "'webhooks':{'verify':{'scheme':'token','signature':'X-Token'},"
        "'items':'/events','id':'/id','type':'/type',"
        "'time':{'from':'/time','unit':'epoch_ms'}},"
        "'events':" STR_F ",'resources':{'contacts':{'methods':{"
        "'get':{'verb':'GET','path':'/contacts/{id}'}}}},"
        "'unified':{'crm':{'contacts':{'response':'name = \\'hidden\\' ? undefined : "
        "{\\'id\\': $string(id), \\'name\\': name}',"
        "'get':{'method':'contacts.get'}}}}}",
        integration, integration, integration, STR_A(events));
    struct catalog_change change = {
        .kind = CATALOG_PUT,
        .catalog = mill->catalog,
        .worker = worker_of(mill),
        .done = on_changed,
        .owner = &done,
        .arena = &mill->arena,
        .name = str_z(integration),
        .text = given_quotes(&mill->arena, arena_z(&mill->arena, text))};
    catalog_change(&change);
    assert_true(false_loop_wait(&mill->loop, &done));
    if (change.err != ERR_NONE)
        fail_msg("the document is not taken: " STR_F " " STR_F, STR_A(change.detail),
                 STR_A(change.fault_n ? change.faults[0].text : STR("")));
}

/* --- a process --- */

static void open_catalog(struct mill *mill)
{
    str why = STR_NONE;
    mill->catalog = catalog_open(mill->store, STR_NONE, &mill->world.world, &mill->log,
                                 &mill->arena, &why);
    assert_non_null(mill->catalog);
    for (unsigned i = 0; i < MILL_WORKERS; i++)
        catalog_join(mill->catalog, false_loop_worker(&mill->loop, i));
    struct snapshot *snapshot = catalog_snapshot(mill->catalog);
    bool there = snapshot_find(snapshot, STR("full")) != NULL;
    snapshot_unref(&snapshot);
    if (there)
        return;
    mill_document(mill, "full", "");
    mill_document(mill, "thin", "");
}

static void open_work(struct mill *mill)
{
    str why = STR_NONE;
    struct work_config config = {.store = mill->store,
                                 .payloads = &mill->payloads,
                                 .keyring = mill->keyring,
                                 .directory = mill->directory,
                                 .catalog = mill->catalog,
                                 .echo = mill->echo,
                                 .models = mill->models,
                                 .exchange = &mill->exchange,
                                 .world = &mill->world.world,
                                 .log = &mill->log,
                                 .workers = MILL_WORKERS};
    mill->keys = hook_keys_open(mill->store, mill->keyring, mill->directory);
    assert_non_null(mill->keys);
    config.keys = mill->keys;
    mill->work = work_open(&config, &why);
    if (!mill->work)
        fail_msg("work: " STR_F, STR_A(why));
    for (unsigned i = 0; i < MILL_WORKERS; i++)
        work_join(mill->work, false_loop_worker(&mill->loop, i));
}

void mill_open(struct mill *mill)
{
    str why = STR_NONE;
    assert_false(mill->open);
    false_loop_init(&mill->loop, &mill->world, MILL_WORKERS);
    boards_open(&mill->boards);
    mill->models = models_create();
    mill->echo = echo_create(&mill->world.world);
    mill->keyring = keyring_create(STR(MASTER_KEY), &mill->arena, &why);
    mill->directory = directory_open(mill->store, mill->keyring, &mill->world.world,
                                     &mill->arena, &why);
    assert_non_null(mill->directory);
    open_catalog(mill);
    mill->exchange = (struct exchange_env){.boards = &mill->boards,
                                           .directory = mill->directory,
                                           .h1 = &mill->transport,
                                           .error_bytes_max = 65536,
                                           .look_bytes_max = 1 << 20};
    open_work(mill);
    mill->open = true;
}

static bool is_busy(struct mill *mill)
{
    bool busy = false;
    for (unsigned i = 0; i < MILL_WORKERS; i++)
        busy |= work_busy(mill->work, false_loop_worker(&mill->loop, i)) > 0;
    return busy;
}

static void end_work(struct mill *mill)
{
    for (unsigned i = 0; i < MILL_WORKERS; i++)
        work_drain(mill->work, false_loop_worker(&mill->loop, i));
    false_loop_idle(&mill->loop);
    for (unsigned i = 0; i < MILL_WORKERS; i++)
        work_stop(mill->work, false_loop_worker(&mill->loop, i));
    for (unsigned i = 0; is_busy(mill); i++) {
        assert_in_range(i, 0, 100);
        mill_run(mill, USEC_S);
    }
    for (unsigned i = 0; i < MILL_WORKERS; i++)
        work_leave(mill->work, false_loop_worker(&mill->loop, i));
    false_loop_idle(&mill->loop);
    work_close(&mill->work);
    hook_keys_close(&mill->keys);
}

void mill_stop(struct mill *mill)
{
    assert_true(mill->open);
    end_work(mill);
    for (unsigned i = 0; i < MILL_WORKERS; i++)
        catalog_leave(mill->catalog, false_loop_worker(&mill->loop, i));
    false_loop_idle(&mill->loop);
    catalog_close(&mill->catalog);
    directory_close(&mill->directory);
    keyring_destroy(&mill->keyring);
    models_destroy(&mill->models);
    echo_destroy(&mill->echo);
    boards_close(&mill->boards);
    false_loop_idle(&mill->loop);
    false_loop_fini(&mill->loop);
    mill->open = false;
}

void mill_crash(struct mill *mill)
{
    mill_store_fails(mill, true);
    mill_stop(mill);
    mill_store_fails(mill, false);
}

/* --- the whole --- */

static struct change change_of(struct mill *mill, enum change_kind kind, str id)
{
    return (struct change){.kind = kind,
                           .directory = mill->directory,
                           .worker = worker_of(mill),
                           .arena = &mill->arena,
                           .id = id,
                           .concurrency_max = -1,
                           .environment_n = -1};
}

static void make(struct change *change)
{
    directory_change_now(change);
    if (change->err != ERR_NONE)
        fail_msg("%s: " STR_F, err_code(change->err).p, STR_A(change->detail));
}

static void init_vendors(struct mill *mill, uint64_t seed)
{
    static const struct transport_ops transport = {.name = STR("mill"),
                                                   .start = start,
                                                   .cancel = cancel,
                                                   .pause = nothing,
                                                   .resume = nothing,
                                                   .body_ready = nothing,
                                                   .set_deadline = nothing};
    static const struct payload_ops payloads = {.get = get_kept, .put = put_kept};
    mill->transport.ops = &transport;
    mill->payloads =
        (struct payloads){.magic = PAYLOADS_MAGIC, .ops = &payloads, .base = mill};
    mill->chance = seed * 2 + 1;
    for (unsigned i = 0; i < MILL_RECORDS; i++)
        mill->records[i] = (struct mill_record){.there = true, .value = 1};
}

struct mill *mill_create(uint64_t seed)
{
    str why = STR_NONE;
    struct mill *mill = mem_zalloc(sizeof(*mill));
    crypto_start();
    arena_init(&mill->arena, 64 << 10, (size_t)1 << 30);
    mill->log = (struct log){.sink = drop_line, .wall = no_wall, .arg = mill};
    false_world_init(&mill->world, seed);
    init_vendors(mill, seed);
    strcpy(mill->folder, "/tmp/breakwater-hook-XXXXXX");
    assert_non_null(mkdtemp(mill->folder));
    mill->store = store_open(STR("mem"), str_z(mill->folder), &mill->arena, &why);
    assert_non_null(mill->store);
    mill_open(mill);
    struct change stage = change_of(mill, CHANGE_STAGE_CREATE, STR_NONE);
    stage.name = STR("Production");
    make(&stage);
    struct change environment = change_of(mill, CHANGE_ENVIRONMENT_CREATE, STR_NONE);
    environment.stage_id = tenant_id_str(&stage.new_id);
    environment.name = STR("A customer");
    make(&environment);
    mill->environment = arena_str(&mill->arena, tenant_id_str(&environment.new_id));
    return mill;
}

void mill_destroy(struct mill **gone)
{
    struct mill *mill = *gone;
    *gone = NULL;
    if (mill->open)
        mill_stop(mill);
    store_close(&mill->store);
    str remove = arena_printf(&mill->arena, "rm -rf %s", mill->folder);
    assert_int_equal(system(arena_z(&mill->arena, remove)), 0);
    arena_fini(&mill->arena);
    mem_free(mill);
}

int mill_setup(void **state)
{
    *state = mill_create(7);
    return 0;
}

int mill_teardown(void **state)
{
    struct mill *mill = *state;
    mill_destroy(&mill);
    return 0;
}

/* --- accounts --- */

static void give_token(struct mill *mill, struct change *change)
{
    struct credential token = {.name = STR("token")};
    (void)mill;
    secret_init(&token.value, STR("t0ken"));
    change->credentials = &token;
    change->credential_n = 1;
    make(change);
    secret_fini(&token.value);
}

str mill_account(struct mill *mill, const char *integration)
{
    struct change change = change_of(mill, CHANGE_ACCOUNT_CREATE, STR_NONE);
    change.environment_id = mill->environment;
    change.integration = str_z(integration);
    give_token(mill, &change);
    return arena_str(&mill->arena, tenant_id_str(&change.new_id));
}

static struct account *find_account(struct mill *mill, str account)
{
    struct account *found = directory_account(mill->directory, account);
    assert_non_null(found);
    return found;
}

void mill_move(struct mill *mill, str account, enum account_state state)
{
    struct account *found = find_account(mill, account);
    bool lost = found->state == ACCOUNT_NEEDS_REAUTH, same = found->state == state;
    account_unref(&found);
    if (same)
        return;
    if (lost) {
        struct change connect = change_of(mill, CHANGE_ACCOUNT_CREDENTIALS, account);
        give_token(mill, &connect);
        return;
    }
    struct change change = change_of(mill, CHANGE_ACCOUNT_STATE, account);
    change.state = state;
    make(&change);
}

void mill_delete(struct mill *mill, str account)
{
    struct change change = change_of(mill, CHANGE_ACCOUNT_DELETE, account);
    make(&change);
}

/* --- events of vendors --- */

static str seal_request(struct mill *mill, const struct account *account, str body)
{
    struct hook_envelope envelope = {.frame = HOOK_APART,
                                     .owner = tenant_id_str(&account->id),
                                     .reference = STR_NONE,
                                     .list = STR_NONE};
    struct hook_message message = {.integration = account->integration,
                                   .account = tenant_id_str(&account->id),
                                   .method = STR("POST"),
                                   .url = STR("https://hooks.test/hooks"),
                                   .body = body,
                                   .received = mill_wall(mill)};
    str sealed;
    headers_init(&message.headers, &mill->arena, 1);
    header_add_name(&message.headers, STR("Content-Type"), STR("application/json"));
    assert_true(hook_seal(mill->keys, envelope.owner, HOOK_ABOUT_REQUEST,
                          hook_message_write(&message, &mill->arena), &mill->arena,
                          &sealed));
    str parts[] = {hook_envelope_head(&envelope, &mill->arena), sealed};
    return arena_join(&mill->arena, parts, COUNT_OF(parts));
}

struct insert {
    struct store_op op;
    struct hook_row *rows;
    uint32_t n;
};

static enum err run_insert(struct tx *tx, struct store_op *op)
{
    struct insert *insert = CONTAINER_OF(op, struct insert, op);
    enum err err = ERR_NONE;
    for (uint32_t i = 0; err == ERR_NONE && i < insert->n; i++)
        err = hook_insert(tx, &insert->rows[i]);
    return err;
}

static struct hook_row row_of(struct mill *mill, const struct account *account,
                              const struct json *event)
{
    return (struct hook_row){.integration = account->integration,
                             .environment = mill->environment,
                             .account =
                                 arena_str(&mill->arena, tenant_id_str(&account->id)),
                             .claim = STR_NONE,
                             .event_id = STR_NONE,
                             .type = json_member_text(event, STR("type")),
                             .received = mill_wall(mill),
                             .state = HOOK_QUEUED,
                             .lane = STR_NONE,
                             .reason = STR_NONE,
                             .detail = STR_NONE};
}

int64_t mill_hook(struct mill *mill, str id, const char *events, usec time)
{
    struct account *account = find_account(mill, id);
    str body = arena_printf(&mill->arena, "{\"events\":" STR_F "}",
                            STR_A(given_quotes(&mill->arena, events)));
    struct json parsed;
    assert_true(json_parse(&mill->arena, body, NULL, &parsed, NULL));
    const struct json *list = json_member(&parsed, STR("events"));
    struct insert insert = {.op = {.kind = STORE_FULL, .run = run_insert}, .n = list->n};
    str reference = keep(mill, seal_request(mill, account, body));
    insert.rows = arena_array(&mill->arena, list->n, sizeof(insert.rows[0]));
    for (uint32_t i = 0; i < list->n; i++) {
        insert.rows[i] = row_of(mill, account, &list->u.items[i]);
        insert.rows[i].request = reference;
        insert.rows[i].item = i;
        insert.rows[i].happened = time;
    }
    assert_int_equal(store_run(mill->store, &insert.op), ERR_NONE);
    account_unref(&account);
    if (mill->open)
        work_note(mill->work, id, list->n);
    return insert.rows[0].sequence;
}

int64_t mill_tell(struct mill *mill, str id, const char *action, unsigned record,
                  unsigned version)
{
    struct account *account = find_account(mill, id);
    bool full = str_eq(account->integration, STR("full"));
    account_unref(&account);
    str contact =
        full ? arena_printf(&mill->arena, "{'id':%u,'name':'v%u'}", record, version)
             : arena_printf(&mill->arena, "%u", record);
    str event = arena_printf(&mill->arena,
                             "[{'type':'contact.%s','action':'%s','contact':" STR_F
                             ",'version':%u}]",
                             action, action, STR_A(contact), version);
    return mill_hook(mill, id, arena_z(&mill->arena, event), 0);
}

/* --- looking --- */

struct find {
    struct store_op op;
    struct arena *arena;
    int64_t sequence;
    struct hook_row row;
};

static enum err run_find(struct tx *tx, struct store_op *op)
{
    static const struct statement query = {HOOK_COLUMNS "WHERE sequence = $1"};
    struct find *find = CONTAINER_OF(op, struct find, op);
    struct value params[] = {V_INT(find->sequence)};
    enum err err = tx_query(tx, &query, params, 1);
    if (err == ERR_NONE && tx_next(tx, &err))
        find->row = hook_read(tx, find->arena);
    return err;
}

struct hook_row mill_row(struct mill *mill, int64_t sequence)
{
    struct find find = {.op = {.kind = STORE_READ, .run = run_find},
                        .arena = &mill->arena,
                        .sequence = sequence};
    assert_int_equal(store_run(mill->store, &find.op), ERR_NONE);
    assert_int_equal(find.row.sequence, sequence);
    return find.row;
}

static void on_listed(struct event_query *query)
{
    *(bool *)query->owner = true;
}

static bool is_ours(const struct event_row *row)
{
    return str_starts(row->type, STR("record.")) ||
           str_starts(row->type, STR("webhook."));
}

uint32_t mill_events(struct mill *mill, str account, struct event_row **ret_rows)
{
    bool done = false;
    uint32_t n = 0;
    struct event_query query = {.environment = STR_NONE,
                                .account = account,
                                .type = STR_NONE,
                                .max = 5000,
                                .arena = &mill->arena,
                                .worker = worker_of(mill),
                                .done = on_listed,
                                .owner = &done};
    event_list(mill->store, &query);
    assert_true(false_loop_wait(&mill->loop, &done));
    struct event_row *rows = arena_array(&mill->arena, query.n + 1, sizeof(rows[0]));
    for (uint32_t i = query.n; i > 0; i--)
        if (is_ours(&query.rows[i - 1]))
            rows[n++] = query.rows[i - 1];
    *ret_rows = rows;
    return n;
}

static enum event_type type_of(str name)
{
    for (int i = 0; i < EVENT_TYPE_COUNT; i++)
        if (str_eq(name, event_type_name((enum event_type)i)))
            return (enum event_type)i;
    fail_msg("no such type");
    return EVENT_TYPE_COUNT;
}

/* As they are delivered: what is open and what is sealed, of which no name is in both. */
static struct json together(struct mill *mill, const struct json *detail,
                            const struct json *data)
{
    struct json_build build;
    json_build_init(&build, &mill->arena);
    for (uint32_t i = 0; i < detail->n; i++)
        json_build_member(&build, json_key(&detail->u.members[i]),
                          detail->u.members[i].value);
    for (uint32_t i = 0; i < data->n; i++) {
        assert_null(json_member(detail, json_key(&data->u.members[i])));
        json_build_member(&build, json_key(&data->u.members[i]),
                          data->u.members[i].value);
    }
    return json_build_object(&build);
}

struct json mill_data(struct mill *mill, const struct event_row *row)
{
    struct account *account = find_account(mill, row->account);
    struct data_key key = {tenant_id_str(&account->id), account->data_key};
    str sealed = row->sealed, text;
    struct json data, detail;
    uint64_t n;
    if (!str_absent(row->payload)) {
        assert_true(str_to_u64(str_from(row->payload, 1), MILL_PAYLOADS_MAX - 1, &n));
        sealed = mill->kept[n];
    }
    assert_true(keyring_open(mill->keyring, &key,
                             event_about(row->source, type_of(row->type), &mill->arena),
                             sealed, &mill->arena, &text));
    assert_true(json_parse(&mill->arena, text, NULL, &data, NULL));
    assert_true(json_parse(&mill->arena, row->detail, NULL, &detail, NULL));
    account_unref(&account);
    return together(mill, &detail, &data);
}

str mill_story(struct mill *mill, str account)
{
    struct event_row *rows;
    struct buf text;
    uint32_t n = mill_events(mill, account, &rows);
    buf_init(&text, 1 << 20);
    for (uint32_t i = 0; i < n; i++) {
        struct json data = mill_data(mill, &rows[i]);
        const struct json *record = json_member(&data, STR("record"));
        str id = json_member_text(&data, STR("id"));
        buf_str(&text, i ? STR(", ") : STR(""));
        buf_str(&text, rows[i].type);
        if (!str_absent(id))
            buf_printf(&text, " " STR_F, STR_A(id));
        if (record)
            buf_printf(&text, " " STR_F, STR_A(json_member_text(record, STR("name"))));
    }
    return arena_take(&mill->arena, &text);
}

/* --- the store --- */

/* The store knows statements by their address: each is one of its own. */
struct script {
    struct store_op op;
    struct statement *statement;
    int64_t number;
};

static struct script *make_script(struct mill *mill, const char *sql)
{
    unsigned i = 0;
    while (i < mill->script_n && mill->scripts[i]->statement->sql != sql)
        i++;
    if (i < mill->script_n)
        return mill->scripts[i];
    assert_true(i < MILL_SCRIPTS_MAX);
    struct script *script = arena_zalloc(&mill->arena, sizeof(*script));
    mill->scripts[mill->script_n++] = script;
    script->statement = arena_alloc(&mill->arena, sizeof(*script->statement));
    script->statement->sql = sql;
    return script;
}

static enum err run_script(struct tx *tx, struct store_op *op)
{
    struct script *script = CONTAINER_OF(op, struct script, op);
    return tx_exec(tx, script->statement, NULL, 0, NULL);
}

static enum err run_number(struct tx *tx, struct store_op *op)
{
    struct script *script = CONTAINER_OF(op, struct script, op);
    return tx_number(tx, script->statement, NULL, 0, &script->number);
}

void mill_sql(struct mill *mill, const char *sql)
{
    struct script *script = make_script(mill, sql);
    script->op = (struct store_op){.kind = STORE_FULL, .run = run_script};
    assert_int_equal(store_run(mill->store, &script->op), ERR_NONE);
}

int64_t mill_number(struct mill *mill, const char *sql)
{
    struct script *script = make_script(mill, sql);
    script->op = (struct store_op){.kind = STORE_READ, .run = run_number};
    assert_int_equal(store_run(mill->store, &script->op), ERR_NONE);
    return script->number;
}

void mill_store_fails(struct mill *mill, bool fails)
{
    mill_sql(mill, fails ? "CREATE TRIGGER IF NOT EXISTS no_hooks BEFORE UPDATE ON hook "
                           "BEGIN SELECT RAISE(ABORT, 'no'); END"
                         : "DROP TRIGGER IF EXISTS no_hooks");
}
