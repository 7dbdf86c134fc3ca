#include "yard.h"

#include <stdlib.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "directory/keyring.h"
#include "support/given.h"

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

usec yard_now(const struct yard *yard)
{
    return atomic_load(&yard->world.now);
}

usec yard_wall(struct yard *yard)
{
    return world_wall(&yard->world.world);
}

void yard_run(struct yard *yard, usec duration)
{
    false_loop_run(&yard->loop, duration);
}

struct worker *yard_worker(struct yard *yard)
{
    struct worker *worker = false_loop_worker(&yard->loop, 0);
    worker->now = yard_now(yard);
    return worker;
}

/* --- documents --- */

static void on_put(struct catalog_change *change)
{
    *(bool *)change->owner = true;
}

void yard_document(struct yard *yard, const char *integration, const char *writes)
{
    static const char keys[] =
        "'idempotency':{'kind':'header','header':'Idempotency-Key','window':'24h'},";
    static const char search[] =
        "'idempotency':{'kind':'none','search':{'method':'things.find',"
        "'query':'{\\'n\\':$}','found':'/things','settle':'3m','conclusive':true}},";
    bool keyed = strcmp(integration, "keyed") == 0, done = false;
    bool searched = strcmp(integration, "searched") == 0;
    str text = arena_printf(&yard->arena,
                            "{'name':'%s','hosts':['%s.test'],"
                            "'base_url':'https://%s.test','auth':'bearer',%s"
                            "'resources':{'things':{'methods':{'create':"
                            "{'verb':'POST','path':'/things'},"
                            "'find':{'verb':'GET','path':'/things'}}}},"
                            "'resilience':{'writes':%s}}",
                            integration, integration, integration,
                            keyed      ? keys
                            : searched ? search
                                       : "",
                            writes);
    struct catalog_change change = {
        .kind = CATALOG_PUT,
        .catalog = yard->catalog,
        .worker = yard_worker(yard),
        .done = on_put,
        .owner = &done,
        .arena = &yard->arena,
        .name = str_z(integration),
        .text = given_quotes(&yard->arena, arena_z(&yard->arena, text))};
    catalog_change(&change);
    assert_true(false_loop_wait(&yard->loop, &done));
    if (change.err != ERR_NONE)
        fail_msg("the document is not taken: " STR_F " " STR_F, STR_A(change.detail),
                 STR_A(change.fault_n ? change.faults[0].text : STR("")));
}

/* --- a process --- */

static void open_catalog(struct yard *yard)
{
    str why = STR_NONE;
    yard->catalog = catalog_open(yard->store, STR_NONE, &yard->world.world, &yard->log,
                                 &yard->arena, &why);
    assert_non_null(yard->catalog);
    for (unsigned i = 0; i < YARD_WORKERS; i++)
        catalog_join(yard->catalog, false_loop_worker(&yard->loop, i));
    struct snapshot *snapshot = catalog_snapshot(yard->catalog);
    bool there = snapshot_find(snapshot, STR("keyed")) != NULL;
    snapshot_unref(&snapshot);
    if (there)
        return;
    yard_document(yard, "keyed", "{}");
    yard_document(yard, "bare", "{}");
    yard_document(yard, "searched", "{}");
}

static void open_writes(struct yard *yard)
{
    str why = STR_NONE;
    struct writes_config config = {.store = yard->store,
                                   .keyring = yard->keyring,
                                   .directory = yard->directory,
                                   .catalog = yard->catalog,
                                   .exchange = &yard->exchange,
                                   .world = &yard->world.world,
                                   .log = &yard->log,
                                   .workers = YARD_WORKERS,
                                   .space = yard->space,
                                   .environment_bytes_max = yard->environment_bytes_max};
    yard->writes = writes_open(&config, &why);
    if (!yard->writes)
        fail_msg("writes: " STR_F, STR_A(why));
    for (unsigned i = 0; i < YARD_WORKERS; i++)
        writes_join(yard->writes, false_loop_worker(&yard->loop, i));
}

void yard_open(struct yard *yard)
{
    str why = STR_NONE;
    assert_false(yard->open);
    false_loop_init(&yard->loop, &yard->world, YARD_WORKERS);
    boards_open(&yard->boards);
    yard->keyring = keyring_create(STR(MASTER_KEY), &yard->arena, &why);
    yard->directory = directory_open(yard->store, yard->keyring, &yard->world.world,
                                     &yard->arena, &why);
    assert_non_null(yard->directory);
    open_catalog(yard);
    yard->exchange = (struct exchange_env){.boards = &yard->boards,
                                           .directory = yard->directory,
                                           .h1 = &yard->shop.transport,
                                           .error_bytes_max = 65536,
                                           .look_bytes_max = 1 << 20};
    open_writes(yard);
    yard->open = true;
}

static bool is_busy(struct yard *yard)
{
    bool busy = false;
    for (unsigned i = 0; i < YARD_WORKERS; i++)
        busy |= writes_busy(yard->writes, false_loop_worker(&yard->loop, i)) > 0;
    return busy;
}

static void end_writes(struct yard *yard)
{
    for (unsigned i = 0; i < YARD_WORKERS; i++)
        writes_drain(yard->writes, false_loop_worker(&yard->loop, i));
    false_loop_idle(&yard->loop);
    for (unsigned i = 0; i < YARD_WORKERS; i++)
        writes_stop(yard->writes, false_loop_worker(&yard->loop, i));
    for (unsigned i = 0; is_busy(yard); i++) {
        assert_in_range(i, 0, 100);
        yard_run(yard, USEC_S);
    }
    for (unsigned i = 0; i < YARD_WORKERS; i++)
        writes_leave(yard->writes, false_loop_worker(&yard->loop, i));
    false_loop_idle(&yard->loop);
    writes_close(&yard->writes);
}

void yard_stop(struct yard *yard)
{
    assert_true(yard->open);
    end_writes(yard);
    for (unsigned i = 0; i < YARD_WORKERS; i++)
        catalog_leave(yard->catalog, false_loop_worker(&yard->loop, i));
    false_loop_idle(&yard->loop);
    catalog_close(&yard->catalog);
    directory_close(&yard->directory);
    keyring_destroy(&yard->keyring);
    boards_close(&yard->boards);
    false_loop_idle(&yard->loop);
    false_loop_fini(&yard->loop);
    yard->open = false;
}

void yard_crash(struct yard *yard)
{
    yard_store_fails(yard, true);
    yard_stop(yard);
    yard_store_fails(yard, false);
}

/* --- the whole --- */

static struct change change_of(struct yard *yard, enum change_kind kind, str id)
{
    return (struct change){.kind = kind,
                           .directory = yard->directory,
                           .worker = yard_worker(yard),
                           .arena = &yard->arena,
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

struct yard *yard_create(uint64_t seed)
{
    return yard_create_in(seed, "mem");
}

struct yard *yard_create_in(uint64_t seed, const char *kind)
{
    str why = STR_NONE;
    struct yard *yard = mem_zalloc(sizeof(*yard));
    crypto_start();
    arena_init(&yard->arena, 64 << 10, (size_t)1 << 30);
    yard->log = (struct log){.sink = drop_line, .wall = no_wall, .arg = yard};
    false_world_init(&yard->world, seed);
    shop_init(&yard->shop, &yard->world, seed);
    strcpy(yard->folder, "/tmp/breakwater-writes-XXXXXX");
    assert_non_null(mkdtemp(yard->folder));
    yard->store = store_open(str_z(kind), str_z(yard->folder), &yard->arena, &why);
    assert_non_null(yard->store);
    yard_open(yard);
    struct change stage = change_of(yard, CHANGE_STAGE_CREATE, STR_NONE);
    stage.name = STR("Production");
    make(&stage);
    struct change environment = change_of(yard, CHANGE_ENVIRONMENT_CREATE, STR_NONE);
    environment.stage_id = tenant_id_str(&stage.new_id);
    environment.name = STR("A customer");
    make(&environment);
    yard->environment = arena_str(&yard->arena, tenant_id_str(&environment.new_id));
    return yard;
}

void yard_destroy(struct yard **gone)
{
    struct yard *yard = *gone;
    *gone = NULL;
    if (yard->open)
        yard_stop(yard);
    store_close(&yard->store);
    str remove = arena_printf(&yard->arena, "rm -rf %s", yard->folder);
    assert_int_equal(system(arena_z(&yard->arena, remove)), 0);
    arena_fini(&yard->arena);
    mem_free(yard);
}

int yard_setup(void **state)
{
    *state = yard_create(7);
    return 0;
}

int yard_teardown(void **state)
{
    struct yard *yard = *state;
    yard_destroy(&yard);
    return 0;
}

/* --- accounts --- */

str yard_account(struct yard *yard, const char *integration)
{
    struct credential token = {.name = STR("token")};
    struct change change = change_of(yard, CHANGE_ACCOUNT_CREATE, STR_NONE);
    secret_init(&token.value, STR("t0ken"));
    change.environment_id = yard->environment;
    change.integration = str_z(integration);
    change.credentials = &token;
    change.credential_n = 1;
    make(&change);
    secret_fini(&token.value);
    return arena_str(&yard->arena, tenant_id_str(&change.new_id));
}

static void connect(struct yard *yard, str account)
{
    struct credential token = {.name = STR("token")};
    struct change change = change_of(yard, CHANGE_ACCOUNT_CREDENTIALS, account);
    secret_init(&token.value, STR("t0ken"));
    change.credentials = &token;
    change.credential_n = 1;
    make(&change);
    secret_fini(&token.value);
}

void yard_move(struct yard *yard, str account, enum account_state state)
{
    struct account *found = yard_find(yard, account);
    bool lost = found->state == ACCOUNT_NEEDS_REAUTH, same = found->state == state;
    account_unref(&found);
    if (same)
        return;
    if (lost) {
        connect(yard, account);
        return;
    }
    struct change change = change_of(yard, CHANGE_ACCOUNT_STATE, account);
    change.state = state;
    make(&change);
}

struct account *yard_find(struct yard *yard, str account)
{
    struct account *found = directory_account(yard->directory, account);
    assert_non_null(found);
    return found;
}

/* --- writes --- */

static str seal(struct yard *yard, const struct account *account,
                const struct write_row *row, unsigned n)
{
    struct headers headers;
    headers_init(&headers, &yard->arena, 2);
    if (!str_absent(row->vendor_key))
        header_add_name(&headers, STR("Idempotency-Key"), row->vendor_key);
    struct write_message message = {.verb = STR("POST"),
                                    .path = STR("/things"),
                                    .query = STR_NONE,
                                    .host = STR_NONE,
                                    .category = STR_NONE,
                                    .resource = STR_NONE,
                                    .operation = STR_NONE,
                                    .headers = &headers,
                                    .body = arena_printf(&yard->arena, "%u", n)};
    return writes_seal(yard->writes, account, row->id, WRITE_PART_REQUEST,
                       write_message_text(&message, &yard->arena), &yard->arena);
}

struct write_row yard_row(struct yard *yard, str id, const char *lane, unsigned n)
{
    struct account *account = yard_find(yard, id);
    usec wall = yard_wall(yard);
    bool keyed = str_eq(account->integration, STR("keyed"));
    char *name = arena_alloc(&yard->arena, WRITE_ID_BYTES);
    world_name(&yard->world.world, "wrt_", name);
    struct write_row row = {.id = str_z(name),
                            .environment = yard->environment,
                            .account = id,
                            .integration = arena_str(&yard->arena, account->integration),
                            .lane = str_z(lane),
                            .verb = STR("POST"),
                            .path = STR("/things"),
                            .method = STR("things.create"),
                            .key_digest = STR_NONE,
                            .fingerprint = STR("print"),
                            .vendor_key = keyed ? str_z(name) : STR_NONE,
                            .due = wall,
                            .accepted = wall,
                            .deadline = wall + 72 * USEC_H,
                            .reason = STR_NONE,
                            .detail = STR_NONE,
                            .request_id = STR("req_1"),
                            .parts = {STR_NONE, STR_NONE, STR_NONE}};
    row.parts[WRITE_PART_REQUEST] = seal(yard, account, &row, n);
    account_unref(&account);
    return row;
}

static void note(struct yard *yard, const struct write_row *row)
{
    struct account *found = yard_find(yard, row->account);
    writes_note_queued(yard->writes, found, row->parts[WRITE_PART_REQUEST].n);
    account_unref(&found);
}

static void on_opened(struct write_open *open)
{
    *(bool *)open->owner = true;
}

struct write_open yard_open_write(struct yard *yard, const struct write_row *row,
                                  bool queue)
{
    bool done = false;
    struct write_open open = {.store = yard->store,
                              .worker = yard_worker(yard),
                              .arena = &yard->arena,
                              .done = on_opened,
                              .owner = &done,
                              .row = *row,
                              .queue = queue,
                              .queue_if_busy = true,
                              .window = USEC_DAY,
                              .wall = yard_wall(yard)};
    write_open(&open);
    while (!done)
        worker_turn(open.worker);
    if (open.err == ERR_NONE && open.end == WRITE_ACCEPTED)
        note(yard, row);
    return open;
}

static void on_closed(struct write_close *close)
{
    *(bool *)close->owner = true;
}

enum err yard_close_write(struct yard *yard, const struct write_row *row,
                          enum write_close_kind kind, bool opened)
{
    bool done = false;
    struct write_close close = {.store = yard->store,
                                .worker = yard_worker(yard),
                                .done = on_closed,
                                .owner = &done,
                                .kind = kind,
                                .row = *row,
                                .opened = opened,
                                .wall = yard_wall(yard)};
    write_close(&close);
    while (!done)
        worker_turn(close.worker);
    if (close.err == ERR_NONE && kind == WRITE_CLOSE_PARK)
        note(yard, row);
    return close.err;
}

static void on_acted(struct write_act *act)
{
    *(bool *)act->owner = true;
}

/* As the API does. */
static void tell(struct yard *yard, const struct write_act *act)
{
    for (uint32_t i = 0; i < act->n; i++) {
        const struct write_row *row = &act->rows[i];
        struct account *account = yard_find(yard, row->account);
        if (act->kind == WRITE_CANCEL && row->state == WRITE_QUEUED)
            writes_note_gone(yard->writes, account, row->bytes);
        else if (act->kind == WRITE_RETRY && row->state != WRITE_QUEUED)
            writes_note_queued(yard->writes, account, row->bytes);
        else
            writes_look(yard->writes, account);
        account_unref(&account);
    }
}

struct write_act yard_act(struct yard *yard, enum write_act_kind kind,
                          const struct write_filter *filter, bool told)
{
    bool done = false;
    struct write_act act = {.store = yard->store,
                            .worker = yard_worker(yard),
                            .arena = &yard->arena,
                            .done = on_acted,
                            .owner = &done,
                            .kind = kind,
                            .filter = *filter,
                            .after = STR_NONE,
                            .max = 100,
                            .actor = STR_NONE,
                            .peer = STR_NONE,
                            .request_id = STR_NONE,
                            .wall = yard_wall(yard)};
    write_act(&act);
    while (!done)
        worker_turn(act.worker);
    if (act.err != ERR_NONE)
        act.n = 0;
    else if (told)
        tell(yard, &act);
    return act;
}

static void on_found(struct write_query *query)
{
    *(bool *)query->owner = true;
}

struct write_row yard_get(struct yard *yard, str id)
{
    bool done = false;
    struct write_query query = {.store = yard->store,
                                .worker = yard_worker(yard),
                                .arena = &yard->arena,
                                .done = on_found,
                                .owner = &done,
                                .filter = WRITE_FILTER_ANY,
                                .max = 1};
    query.filter.id = id;
    write_list(&query);
    while (!done)
        worker_turn(query.worker);
    assert_int_equal(query.err, ERR_NONE);
    return query.n ? query.rows[0] : (struct write_row){.id = STR_NONE};
}

/* --- the store --- */

/* The store knows statements by their address: each is one of its own. */
struct script {
    struct store_op op;
    struct statement *statement;
    int64_t number;
};

static struct script *make_script(struct yard *yard, const char *sql)
{
    unsigned i = 0;
    while (i < yard->script_n && yard->scripts[i]->statement->sql != sql)
        i++;
    if (i < yard->script_n)
        return yard->scripts[i];
    assert_true(i < YARD_SCRIPTS_MAX);
    struct script *script = arena_zalloc(&yard->arena, sizeof(*script));
    yard->scripts[yard->script_n++] = script;
    script->statement = arena_alloc(&yard->arena, sizeof(*script->statement));
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

void yard_sql(struct yard *yard, const char *sql)
{
    struct script *script = make_script(yard, sql);
    script->op = (struct store_op){.kind = STORE_FULL, .run = run_script};
    assert_int_equal(store_run(yard->store, &script->op), ERR_NONE);
}

int64_t yard_number(struct yard *yard, const char *sql)
{
    struct script *script = make_script(yard, sql);
    script->op = (struct store_op){.kind = STORE_READ, .run = run_number};
    assert_int_equal(store_run(yard->store, &script->op), ERR_NONE);
    return script->number;
}

void yard_store_fails(struct yard *yard, bool fails)
{
    yard_sql(yard, fails
                       ? "CREATE TRIGGER IF NOT EXISTS no_writes BEFORE UPDATE ON write "
                         "BEGIN SELECT RAISE(ABORT, 'no'); END"
                       : "DROP TRIGGER IF EXISTS no_writes");
}
