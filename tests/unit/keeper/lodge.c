#include "lodge.h"

#include <string.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "directory/token_change.h"
#include "event/event.h"
#include "json/json_write.h"
#include "json/merge.h"
#include "support/given.h"

static const char base[] =
    "{\"name\":\"acme\",\"hosts\":[\"api.acme.test\"],"
    "\"base_url\":\"https://api.acme.test\",\"auth\":{\"scheme\":\"bearer\",\"token\":{"
    "\"grant\":\"authorization_code\",\"authorize_url\":\"https://id.acme.test/auth\","
    "\"url\":\"https://id.acme.test/token\",\"client\":\"body\"}}}";

/* --- the log --- */

static void keep_line(void *arg, str line)
{
    struct lodge *lodge = arg;
    pthread_mutex_lock(&lodge->lock);
    if (lodge->lines.n < 1 << 20)
        buf_str(&lodge->lines, line);
    pthread_mutex_unlock(&lodge->lock);
}

static usec no_wall(void *arg)
{
    (void)arg;
    return 0;
}

bool lodge_logged(struct lodge *lodge, const char *part)
{
    pthread_mutex_lock(&lodge->lock);
    str lines = buf_peek(&lodge->lines);
    bool found = str_find_str(lines, str_z(part)) < lines.n;
    pthread_mutex_unlock(&lodge->lock);
    return found;
}

/* --- time --- */

usec lodge_now(const struct lodge *lodge)
{
    return atomic_load(&lodge->world.now);
}

static usec idle(struct lodge *lodge)
{
    usec due = USEC_NEVER;
    for (unsigned i = 0; i < LODGE_PROCESSES; i++)
        if (lodge->processes[i].open)
            due = usec_min(due, false_loop_idle(&lodge->processes[i].loop));
    return due;
}

static bool run(struct lodge *lodge, const bool *flag, usec end)
{
    for (;;) {
        usec due = idle(lodge);
        usec now = lodge_now(lodge);
        if (flag && *flag)
            return true;
        if (now >= end)
            return false;
        false_world_advance(&lodge->world, usec_min(due, end) - now);
    }
}

void lodge_run(struct lodge *lodge, usec duration)
{
    run(lodge, NULL, lodge_now(lodge) + duration);
}

bool lodge_run_until(struct lodge *lodge, const bool *flag, usec max)
{
    return run(lodge, flag, lodge_now(lodge) + max);
}

/* --- the catalog --- */

static void on_put(struct catalog_change *change)
{
    *(bool *)change->owner = true;
}

static void change_catalog(struct lodge *lodge, struct process *process,
                           enum catalog_change_kind kind)
{
    bool done = false;
    struct catalog_change change = {.kind = kind,
                                    .catalog = process->catalog,
                                    .worker = false_loop_worker(&process->loop, 0),
                                    .done = on_put,
                                    .owner = &done,
                                    .arena = &lodge->arena,
                                    .name = STR("acme"),
                                    .text = lodge->document};
    catalog_change(&change);
    assert_true(false_loop_wait(&process->loop, &done));
    if (change.err != ERR_NONE)
        fail_msg("the document is not taken: " STR_F " " STR_F, STR_A(change.detail),
                 STR_A(change.fault_n ? change.faults[0].text : STR("")));
}

static str merged(struct lodge *lodge, str patch)
{
    struct buf text;
    struct arena *arena = &lodge->arena;
    struct json merged =
        merge_patch(arena, given_json(arena, str_z(base)), given_json(arena, patch));
    buf_init(&text, 1 << 20);
    json_write(&text, &merged, JSON_COMPACT);
    str document = arena_str(arena, buf_peek(&text));
    buf_fini(&text);
    return document;
}

static str document_with(struct lodge *lodge, const char *auth_patch)
{
    return merged(lodge, arena_printf(&lodge->arena, "{\"auth\":%s}", auth_patch));
}

void lodge_three_ways(struct lodge *lodge)
{
    struct buf token;
    buf_init(&token, 1 << 20);
    json_write(
        &token,
        json_member(json_member(given_json(&lodge->arena, str_z(base)), STR("auth")),
                    STR("token")),
        JSON_COMPACT);
    str rest = str_from(buf_peek(&token), 1); /* behind its brace */
    lodge->document = merged(
        lodge, arena_printf(&lodge->arena,
                            "{\"auth\":["
                            "{\"way\":\"oauth\",\"scheme\":\"bearer\",\"token\":{" STR_F
                            "},{\"way\":\"early\",\"scheme\":\"bearer\",\"token\":"
                            "{\"margin\":\"25m\"," STR_F
                            "},{\"way\":\"key\",\"scheme\":\"bearer\"}]}",
                            STR_A(rest), STR_A(rest)));
    buf_fini(&token);
    change_catalog(lodge, &lodge->processes[0], CATALOG_PUT);
}

void lodge_document(struct lodge *lodge, const char *token_patch)
{
    struct process *process = &lodge->processes[0];
    if (!*token_patch) {
        change_catalog(lodge, process, CATALOG_REMOVE);
        return;
    }
    str patch = arena_printf(&lodge->arena, "{\"token\":%s}", token_patch);
    lodge_auth(lodge, arena_z(&lodge->arena, patch));
}

void lodge_auth(struct lodge *lodge, const char *auth_patch)
{
    lodge->document = document_with(lodge, auth_patch);
    change_catalog(lodge, &lodge->processes[0], CATALOG_PUT);
}

/* --- processes --- */

static void open_catalog(struct lodge *lodge, struct process *process)
{
    str why = STR_NONE;
    process->catalog = catalog_open(lodge->store, STR_NONE, &lodge->world.world,
                                    &lodge->log, &lodge->arena, &why);
    assert_non_null(process->catalog);
    for (unsigned i = 0; i < LODGE_WORKERS; i++)
        catalog_join(process->catalog, false_loop_worker(&process->loop, i));
    struct snapshot *snapshot = catalog_snapshot(process->catalog);
    bool there = snapshot_find(snapshot, STR("acme")) != NULL;
    snapshot_unref(&snapshot);
    if (!there)
        change_catalog(lodge, process, CATALOG_PUT);
}

void lodge_open(struct lodge *lodge, unsigned at)
{
    str why = STR_NONE;
    struct process *process = &lodge->processes[at];
    assert_false(process->open);
    false_loop_init(&process->loop, &lodge->world, LODGE_WORKERS);
    process->keyring = keyring_create(STR(LODGE_MASTER_KEY), &lodge->arena, &why);
    process->directory = directory_open(lodge->store, process->keyring,
                                        &lodge->world.world, &lodge->arena, &why);
    assert_non_null(process->directory);
    open_catalog(lodge, process);
    struct keeper_config config = {.directory = process->directory,
                                   .catalog = process->catalog,
                                   .world = &lodge->world.world,
                                   .log = &lodge->log,
                                   .ops = &mint_ops,
                                   .ops_arg = &lodge->mint,
                                   .workers = LODGE_WORKERS};
    if (lodge->alone)
        assert_int_equal(directory_drop_leases(process->directory), ERR_NONE);
    process->keeper = keeper_open(&config);
    for (unsigned i = 0; i < LODGE_WORKERS; i++)
        keeper_join(process->keeper, false_loop_worker(&process->loop, i));
    process->open = true;
}

void lodge_crash(struct lodge *lodge, unsigned at)
{
    struct process *process = &lodge->processes[at];
    assert_true(process->open);
    for (unsigned i = 0; i < LODGE_WORKERS; i++)
        keeper_leave(process->keeper, false_loop_worker(&process->loop, i));
    false_loop_idle(&process->loop);
    for (unsigned i = 0; i < LODGE_WORKERS; i++)
        catalog_leave(process->catalog, false_loop_worker(&process->loop, i));
    false_loop_idle(&process->loop);
    keeper_close(&process->keeper);
    catalog_close(&process->catalog);
    directory_close(&process->directory);
    keyring_destroy(&process->keyring);
    false_loop_idle(&process->loop);
    false_loop_fini(&process->loop);
    process->open = false;
}

/* --- the whole --- */

static void found(struct lodge *lodge)
{
    struct change stage = lodge_change(lodge, CHANGE_STAGE_CREATE, STR_NONE);
    stage.name = STR("Production");
    lodge_do(lodge, &stage);
    struct change environment = lodge_change(lodge, CHANGE_ENVIRONMENT_CREATE, STR_NONE);
    environment.stage_id = tenant_id_str(&stage.new_id);
    environment.name = STR("A customer");
    lodge_do(lodge, &environment);
    lodge->environment = arena_str(&lodge->arena, tenant_id_str(&environment.new_id));
}

struct lodge *lodge_create_in(uint64_t seed, const char *kind, const char *dir)
{
    str why = STR_NONE;
    struct lodge *lodge = mem_zalloc(sizeof(*lodge));
    crypto_start();
    arena_init(&lodge->arena, 64 << 10, (size_t)1 << 30);
    pthread_mutex_init(&lodge->lock, NULL);
    buf_init(&lodge->lines, 1 << 22);
    lodge->log = (struct log){.sink = keep_line, .wall = no_wall, .arg = lodge};
    false_world_init(&lodge->world, seed);
    mint_init(&lodge->mint, &lodge->world);
    lodge->document = document_with(lodge, "{}");
    lodge->store = store_open(str_z(kind), str_z(dir), &lodge->arena, &why);
    assert_non_null(lodge->store);
    lodge_open(lodge, 0);
    found(lodge);
    return lodge;
}

struct lodge *lodge_create(uint64_t seed)
{
    return lodge_create_in(seed, "mem", "/tmp");
}

void lodge_destroy(struct lodge **gone)
{
    struct lodge *lodge = *gone;
    *gone = NULL;
    for (unsigned i = 0; i < LODGE_PROCESSES; i++)
        if (lodge->processes[i].open)
            lodge_crash(lodge, i);
    store_close(&lodge->store);
    buf_fini(&lodge->lines);
    pthread_mutex_destroy(&lodge->lock);
    arena_fini(&lodge->arena);
    mem_free(lodge);
}

int lodge_setup(void **state)
{
    *state = lodge_create(7);
    return 0;
}

int lodge_setup_two(void **state)
{
    struct lodge *lodge = lodge_create(7);
    lodge_open(lodge, 1);
    *state = lodge;
    return 0;
}

int lodge_teardown(void **state)
{
    struct lodge *lodge = *state;
    lodge_destroy(&lodge);
    return 0;
}

/* --- changes --- */

struct change lodge_change(struct lodge *lodge, enum change_kind kind, str id)
{
    struct process *process = &lodge->processes[0];
    return (struct change){.kind = kind,
                           .directory = process->directory,
                           .worker = false_loop_worker(&process->loop, 0),
                           .arena = &lodge->arena,
                           .id = id,
                           .concurrency_max = -1,
                           .environment_n = -1};
}

void lodge_do(struct lodge *lodge, struct change *change)
{
    directory_change_now(change);
    if (change->err != ERR_NONE)
        fail_msg("%s: " STR_F, err_code(change->err).p, STR_A(change->detail));
    (void)lodge;
}

void lodge_move(struct lodge *lodge, str id, enum account_state state)
{
    struct change change = lodge_change(lodge, CHANGE_ACCOUNT_STATE, id);
    change.state = state;
    lodge_do(lodge, &change);
}

enum { SET_MAX = 4 };

static uint32_t make_set(struct credential *set, const char *token,
                         const char *refresh_token)
{
    const char *const texts[SET_MAX][2] = {{"client_id", "breakwater"},
                                           {"client_secret", "s3cret"},
                                           {"token", token},
                                           {"refresh_token", refresh_token}};
    uint32_t n = 0;
    for (unsigned i = 0; i < SET_MAX; i++)
        if (texts[i][1]) {
            set[n].name = str_z(texts[i][0]);
            secret_init(&set[n++].value, str_z(texts[i][1]));
        }
    return n;
}

static void drop_set(struct credential *set, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        secret_fini(&set[i].value);
}

void lodge_put(struct lodge *lodge, str id, const char *token, const char *refresh_token)
{
    struct credential set[SET_MAX];
    struct change change = lodge_change(lodge, CHANGE_ACCOUNT_CREDENTIALS, id);
    change.credentials = set;
    change.credential_n = make_set(set, token, refresh_token);
    lodge_do(lodge, &change);
    drop_set(set, change.credential_n);
}

void lodge_put_by(struct lodge *lodge, str id, const char *way, const char *refresh_token)
{
    struct credential set[SET_MAX];
    struct change change = lodge_change(lodge, CHANGE_ACCOUNT_CREDENTIALS, id);
    change.credentials = set;
    change.credential_n = make_set(set, "by-hand", refresh_token);
    change.way = str_z(way);
    lodge_do(lodge, &change);
    drop_set(set, change.credential_n);
}

/* The other process reads all anew: nothing tells it of changes that are not its own. */
static void reopen_others(struct lodge *lodge)
{
    for (unsigned i = 1; i < LODGE_PROCESSES; i++)
        if (lodge->processes[i].open) {
            lodge_crash(lodge, i);
            lodge_open(lodge, i);
        }
}

static str make_account(struct lodge *lodge, unsigned grant, bool renewed)
{
    char token[32], refresh_token[32];
    struct credential set[SET_MAX];
    struct change change = lodge_change(lodge, CHANGE_ACCOUNT_CREATE, STR_NONE);
    const struct mint_grant *of = &lodge->mint.grants[grant];
    snprintf(token, sizeof(token), "a%u.%u", grant, of->token);
    snprintf(refresh_token, sizeof(refresh_token), "r%u.%u", grant, of->generation);
    change.environment_id = lodge->environment;
    change.integration = STR("acme");
    change.credentials = set;
    change.credential_n = make_set(set, token, renewed ? refresh_token : NULL);
    lodge_do(lodge, &change);
    drop_set(set, change.credential_n);
    reopen_others(lodge);
    return arena_str(&lodge->arena, tenant_id_str(&change.new_id));
}

str lodge_account(struct lodge *lodge, unsigned grant)
{
    return make_account(lodge, grant, true);
}

str lodge_static_account(struct lodge *lodge, unsigned grant)
{
    return make_account(lodge, grant, false);
}

/* --- looking --- */

struct account *lodge_find(struct lodge *lodge, unsigned process, str id)
{
    return directory_account(lodge->processes[process].directory, id);
}

static struct account *get(struct lodge *lodge, unsigned process, str id)
{
    struct account *account = lodge_find(lodge, process, id);
    assert_non_null(account);
    return account;
}

enum account_state lodge_state(struct lodge *lodge, str id)
{
    struct account *account = get(lodge, 0, id);
    enum account_state state = account->state;
    account_unref(&account);
    return state;
}

str lodge_reason(struct lodge *lodge, str id)
{
    struct account *account = get(lodge, 0, id);
    str reason = arena_str(&lodge->arena, account->state_reason);
    account_unref(&account);
    return reason;
}

struct token_facts lodge_facts(struct lodge *lodge, str id)
{
    struct account *account = get(lodge, 0, id);
    struct token_facts facts = account->token;
    facts.fault = arena_str(&lodge->arena, facts.fault);
    account_unref(&account);
    return facts;
}

uint64_t lodge_version(struct lodge *lodge, str id)
{
    struct account *account = get(lodge, 0, id);
    uint64_t version = account->credential_version;
    account_unref(&account);
    return version;
}

static str credential(struct lodge *lodge, unsigned process, str id, str name)
{
    enum err err;
    struct account *account = get(lodge, process, id);
    const struct credentials *set =
        directory_credentials(lodge->processes[process].directory, account, &err);
    assert_non_null(set);
    str text = arena_str(&lodge->arena, auth_credential(set, name));
    account_unref(&account);
    return text;
}

str lodge_token(struct lodge *lodge, unsigned process, str id)
{
    return credential(lodge, process, id, STR("token"));
}

str lodge_refresh_token(struct lodge *lodge, str id)
{
    return credential(lodge, 0, id, STR("refresh_token"));
}

struct keeper_view lodge_view(struct lodge *lodge, str id)
{
    struct keeper_view view;
    struct account *account = get(lodge, 0, id);
    keeper_view(lodge->processes[0].keeper, account, &view);
    account_unref(&account);
    return view;
}

bool lodge_good(struct lodge *lodge, unsigned process, str id)
{
    struct account *account = get(lodge, process, id);
    bool good = keeper_good(account, lodge_now(lodge));
    account_unref(&account);
    return good;
}

/* --- asking --- */

static void on_heard(struct token_wait *wait)
{
    struct asker *asker = wait->owner;
    assert_false(asker->answered);
    asker->wait = NULL;
    asker->word = wait->word;
    asker->reason = wait->reason;
    asker->answered = true;
    asker->told = lodge_now(asker->lodge);
    assert_int_not_equal(asker->word, KEEPER_WAIT);
}

void lodge_ask(struct lodge *lodge, unsigned at, str id, uint64_t refused,
               struct asker *ret)
{
    struct process *process = &lodge->processes[at];
    struct account *account = get(lodge, at, id);
    *ret = (struct asker){.lodge = lodge,
                          .process = process,
                          .account = tenant_id_of(id),
                          .asked = lodge_now(lodge)};
    struct worker *worker =
        false_loop_worker(&process->loop, (unsigned)(account->hash / 7 % LODGE_WORKERS));
    worker->now = lodge_now(lodge);
    struct keeper_question question = {.account = account,
                                       .refused = refused,
                                       .worker = worker,
                                       .heard = on_heard,
                                       .owner = ret};
    ret->word = keeper_ask(process->keeper, &question, &ret->wait, &ret->reason);
    ret->answered = ret->word != KEEPER_WAIT;
    assert_int_equal(ret->wait != NULL, ret->word == KEEPER_WAIT);
    account_unref(&account);
}

void lodge_forget(struct asker *asker)
{
    keeper_forget(asker->process->keeper, &asker->wait);
}

static enum keeper_word wait_for(struct asker *asker)
{
    if (!lodge_run_until(asker->lodge, &asker->answered, 2 * USEC_MIN))
        fail_msg("nobody answered for two minutes");
    return asker->word;
}

enum keeper_word lodge_get(struct lodge *lodge, str id)
{
    struct asker asker;
    lodge_ask(lodge, 0, id, 0, &asker);
    return wait_for(&asker);
}

static uint64_t version_in(struct lodge *lodge, unsigned process, str id)
{
    struct account *account = get(lodge, process, id);
    uint64_t version = account->credential_version;
    account_unref(&account);
    return version;
}

bool lodge_call(struct lodge *lodge, unsigned process, str id)
{
    struct asker asker;
    if (!lodge_good(lodge, process, id)) {
        lodge_ask(lodge, process, id, 0, &asker);
        if (wait_for(&asker) == KEEPER_NO)
            return false;
    }
    if (mint_takes(&lodge->mint, lodge_token(lodge, process, id)))
        return true;
    lodge_ask(lodge, process, id, version_in(lodge, process, id), &asker);
    return wait_for(&asker) == KEEPER_GO &&
           mint_takes(&lodge->mint, lodge_token(lodge, process, id));
}

/* --- refusals --- */

void lodge_refuse(struct lodge *lodge, unsigned process, str id, uint64_t resource)
{
    struct account *account = get(lodge, process, id);
    keeper_note_refusal(lodge->processes[process].keeper, account, resource);
    account_unref(&account);
}

void lodge_suspect(struct lodge *lodge, unsigned process, str id)
{
    for (unsigned i = 0; i < 3; i++)
        lodge_refuse(lodge, process, id, 1 + i % 2);
}

void lodge_hurry(struct lodge *lodge, unsigned process, str id)
{
    struct account *account = get(lodge, process, id);
    keeper_hurry(lodge->processes[process].keeper, account);
    account_unref(&account);
}

str lodge_context(struct lodge *lodge, unsigned process, str id, const char *name)
{
    struct account *account = get(lodge, process, id);
    str text = arena_str(&lodge->arena, json_member_text(&account->context, str_z(name)));
    account_unref(&account);
    return text;
}

/* --- the store --- */

static void on_events(struct event_query *query)
{
    *(bool *)query->owner = true;
}

str lodge_events(struct lodge *lodge)
{
    bool done = false;
    struct process *process = &lodge->processes[0];
    struct event_query query = {.max = 1000,
                                .arena = &lodge->arena,
                                .worker = false_loop_worker(&process->loop, 0),
                                .done = on_events,
                                .owner = &done};
    event_list(lodge->store, &query);
    assert_true(false_loop_wait(&process->loop, &done));
    str text = STR("");
    for (uint32_t i = query.n; i > 0; i--)
        if (!str_eq(query.rows[i - 1].type, STR("account.connected")))
            text = arena_printf(&lodge->arena, STR_F STR_F "\n", STR_A(text),
                                STR_A(query.rows[i - 1].type));
    return text;
}

/* The store knows statements by their address: each is one of its own. */
struct script {
    struct store_op op;
    struct statement *statement;
    int64_t number;
};

static struct script *make_script(struct lodge *lodge, const char *sql)
{
    struct script *script = arena_zalloc(&lodge->arena, sizeof(*script));
    script->statement = arena_alloc(&lodge->arena, sizeof(*script->statement));
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

void lodge_sql(struct lodge *lodge, const char *sql)
{
    struct script *script = make_script(lodge, sql);
    script->op = (struct store_op){.kind = STORE_FULL, .run = run_script};
    assert_int_equal(store_run(lodge->store, &script->op), ERR_NONE);
}

int64_t lodge_number(struct lodge *lodge, const char *sql)
{
    struct script *script = make_script(lodge, sql);
    script->op = (struct store_op){.kind = STORE_READ, .run = run_number};
    assert_int_equal(store_run(lodge->store, &script->op), ERR_NONE);
    return script->number;
}
