#include "house_hooks.h"

#include "hook/hooks_state.h"
#include "loop/world.h"

static void on_stored(void *arg, str account, uint32_t n)
{
    struct house *house = arg;
    assert_true(account.n > 0);
    atomic_fetch_add(&house->told, n);
}

/* The transfer is not started: rows are put in by hand. */
void house_open_hooks(struct house *house)
{
    str why = STR("");
    false_disk_init(&house->disk, 1);
    struct journal_config journal = {.dir = STR("journal"),
                                     .disk = &house->disk.disk,
                                     .world = world_real(),
                                     .segment_bytes = JOURNAL_SEGMENT_BYTES_MIN};
    house->journal = journal_open(&journal, &house->arena, &why);
    assert_non_null(house->journal);
    struct payload_config payload = {.journal = house->journal,
                                     .record_type = HOOK_RECORD_PAYLOAD,
                                     .dir = STR("payloads"),
                                     .disk = &house->disk.disk,
                                     .world = world_real()};
    house->payloads = payload_open(STR("journal"), &payload, &house->arena, &why);
    assert_non_null(house->payloads);
    struct hooks_config config = {.store = house->store,
                                  .keyring = house->keyring,
                                  .directory = house->directory,
                                  .catalog = house->catalog,
                                  .journal = house->journal,
                                  .payloads = house->payloads,
                                  .world = world_real(),
                                  .log = &house->log,
                                  .workers = 1,
                                  .on_stored = on_stored,
                                  .arg = house};
    house->hooks = hooks_open(&config, &why);
    if (!house->hooks)
        fail_msg("hooks: " STR_F, STR_A(why));
}

void house_close_hooks(struct house *house)
{
    hooks_close(&house->hooks);
    payload_close(&house->payloads);
    journal_close(&house->journal);
    false_disk_fini(&house->disk);
}

/* --- rows --- */

struct insert_op {
    struct store_op op;
    struct hook_row row;
};

static enum err run_insert(struct tx *tx, struct store_op *op)
{
    return hook_insert(tx, &CONTAINER_OF(op, struct insert_op, op)->row);
}

/* The payload of a row, as a receive leaves it. */
struct putting {
    struct house *house;
    struct payload_put put;
    bool done;
};

static void on_put(struct payload_put *put)
{
    struct putting *putting = CONTAINER_OF(put, struct putting, put);
    live_loop_lock(&putting->house->loop);
    putting->done = true;
    live_loop_unlock(&putting->house->loop);
}

static void start_put(void *arg)
{
    struct putting *putting = arg;
    payload_put(putting->house->payloads, &putting->put);
}

static bool is_put(void *arg)
{
    return ((struct putting *)arg)->done;
}

static str put_request(struct house *house)
{
    struct arena *arena = &house->arena;
    struct hook_message message = {.integration = STR("acme"),
                                   .account = STR_NONE,
                                   .method = STR("POST"),
                                   .url = STR("https://hooks.test/hooks/acme"),
                                   .body = STR("{\"secret\":1}"),
                                   .received = 1};
    str sealed;
    headers_init(&message.headers, arena, 1);
    header_add_name(&message.headers, STR("X-Sig"), STR("abc"));
    struct hook_envelope envelope = {.frame = HOOK_APART, .owner = HOOK_PLATFORM};
    assert_true(hook_seal(hooks_keys(house->hooks), HOOK_PLATFORM, HOOK_ABOUT_REQUEST,
                          hook_message_write(&message, arena), arena, &sealed));
    struct putting *putting = arena_zalloc(arena, sizeof(*putting));
    putting->house = house;
    putting->put =
        (struct payload_put){.parts = {hook_envelope_head(&envelope, arena), sealed},
                             .done = on_put,
                             .worker = &house->loop.worker};
    live_loop_do(&house->loop, start_put, putting);
    live_loop_wait(&house->loop, is_put, putting);
    assert_int_equal(putting->put.err, ERR_NONE);
    return str_z(putting->put.reference);
}

const char *make_hook(struct house *house, const char *account_id, enum hook_state state,
                      const char *type)
{
    struct account *account =
        account_id ? directory_account(house->directory, str_z(account_id)) : NULL;
    usec wall = world_wall(world_real());
    struct insert_op self = {
        .op = {.kind = STORE_FULL, .run = run_insert},
        .row = {.integration = STR("acme"),
                .environment =
                    account ? tenant_id_str(&account->environment->id) : STR_NONE,
                .account = account ? tenant_id_str(&account->id) : STR_NONE,
                .claim = account ? STR_NONE : STR("team=T1"),
                .request = put_request(house),
                .event_id = STR("evt_1"),
                .type = str_z(type),
                .received = wall,
                .state = state,
                .lane = STR_NONE,
                .reason = state == HOOK_DEAD ? STR("mapping") : STR_NONE,
                .detail = STR_NONE}};
    if (state == HOOK_DONE || state == HOOK_DEAD) {
        self.row.ended = wall;
        self.row.keep = wall + HOOK_KEPT;
    }
    assert_int_equal(store_run(house->store, &self.op), ERR_NONE);
    account_unref(&account);
    char *id = arena_alloc(&house->arena, HOOK_ID_BYTES);
    hook_id(self.row.sequence, id);
    return id;
}

void make_rejected(struct house *house, const char *account_id,
                   enum webhook_reason reason)
{
    struct account *account =
        account_id ? directory_account(house->directory, str_z(account_id)) : NULL;
    struct hook_message message = {.integration = STR("acme"),
                                   .account = STR_NONE,
                                   .method = STR("POST"),
                                   .url = STR("https://hooks.test/hooks/acme"),
                                   .body = STR("{\"sent\":1}"),
                                   .received = world_wall(world_real())};
    headers_init(&message.headers, &house->arena, 1);
    struct rejection rejection = {
        .reason = reason,
        .environment = account ? tenant_id_str(&account->environment->id) : STR_NONE,
        .account = account ? tenant_id_str(&account->id) : STR_NONE,
        .peer = STR("192.0.2.1"),
        .message = &message};
    rejected_note(house->hooks->rejected_kept, &rejection);
    assert_int_equal(rejected_store(house->hooks->rejected_kept), ERR_NONE);
    account_unref(&account);
}
