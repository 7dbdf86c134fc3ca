#include "dock.h"

#include "base/crypto.h"
#include "base/mem.h"
#include "json/json_parse.h"

#define MASTER_KEY "k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"

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

static str change(struct dock *dock, struct change *it)
{
    it->directory = dock->directory;
    it->arena = &dock->arena;
    it->concurrency_max = -1;
    directory_change_now(it);
    if (it->err != ERR_NONE)
        fail_msg("the directory says: " STR_F, STR_A(it->detail));
    return arena_str(&dock->arena, tenant_id_str(&it->new_id));
}

int dock_setup(void **state)
{
    struct dock *dock = mem_zalloc(sizeof(*dock));
    str why = STR_NONE;
    crypto_start();
    arena_init(&dock->arena, 1 << 16, 1 << 28);
    false_world_init(&dock->world, 1);
    false_loop_init(&dock->loop, &dock->world, 1);
    false_disk_init(&dock->disk, 1);
    dock->log = (struct log){.sink = drop_line, .wall = no_wall};
    dock->store = store_open(STR("mem"), STR(""), &dock->arena, &why);
    dock->keyring = keyring_create(STR(MASTER_KEY), &dock->arena, &why);
    dock->directory = directory_open(dock->store, dock->keyring, &dock->world.world,
                                     &dock->arena, &why);
    assert_non_null(dock->directory);
    dock->keys = hook_keys_open(dock->store, dock->keyring, dock->directory);
    assert_non_null(dock->keys);
    struct change stage = {.kind = CHANGE_STAGE_CREATE, .name = STR("s")};
    str stage_id = change(dock, &stage);
    struct change environment = {
        .kind = CHANGE_ENVIRONMENT_CREATE, .stage_id = stage_id, .name = STR("e")};
    dock->environment = change(dock, &environment);
    dock_open(dock);
    *state = dock;
    return 0;
}

int dock_teardown(void **state)
{
    struct dock *dock = *state;
    dock_close(dock);
    hook_keys_close(&dock->keys);
    directory_close(&dock->directory);
    keyring_destroy(&dock->keyring);
    store_close(&dock->store);
    false_disk_fini(&dock->disk);
    false_loop_fini(&dock->loop);
    arena_fini(&dock->arena);
    mem_free(dock);
    return 0;
}

static void on_stored(void *arg, str account, uint32_t n)
{
    struct dock *dock = arg;
    assert_true(account.n > 0);
    dock->told += n;
}

static void open_journal(struct dock *dock)
{
    str why = STR_NONE;
    uint64_t position;
    assert_int_equal(transfer_position(dock->store, &position), ERR_NONE);
    struct journal_config journal = {.dir = STR("j"),
                                     .disk = &dock->disk.disk,
                                     .world = &dock->world.world,
                                     .segment_bytes = JOURNAL_SEGMENT_BYTES_MIN,
                                     .position = position};
    dock->journal = journal_open(&journal, &dock->arena, &why);
    if (!dock->journal)
        fail_msg("the journal says: " STR_F, STR_A(why));
}

void dock_open(struct dock *dock)
{
    str why = STR_NONE;
    open_journal(dock);
    struct transfer_config config = {.store = dock->store,
                                     .directory = dock->directory,
                                     .journal = dock->journal,
                                     .keys = dock->keys,
                                     .world = &dock->world.world,
                                     .log = &dock->log,
                                     .environment_bytes_max = dock->quota,
                                     .on_stored = on_stored,
                                     .arg = dock};
    dock->transfer = transfer_open(&config, &why);
    if (!dock->transfer)
        fail_msg("the transfer says: " STR_F, STR_A(why));
    assert_int_equal(transfer_bind(dock->transfer), ERR_NONE);
}

void dock_close(struct dock *dock)
{
    transfer_close(&dock->transfer);
    journal_close(&dock->journal);
}

usec dock_wall(struct dock *dock)
{
    return world_wall(&dock->world.world);
}

/* --- accounts --- */

str dock_account(struct dock *dock, const char *team)
{
    struct change it = {.kind = CHANGE_ACCOUNT_CREATE,
                        .environment_id = dock->environment,
                        .integration = STR("acme")};
    str text = arena_printf(&dock->arena, "{\"team\":\"%s\"}", team ? team : "");
    if (team)
        assert_true(json_parse(&dock->arena, text, NULL, &it.context, NULL));
    str id = change(dock, &it);
    struct account *account = directory_account(dock->directory, id);
    if (team)
        transfer_note_account(dock->transfer, account);
    account_unref(&account);
    return id;
}

void dock_delete(struct dock *dock, str account)
{
    struct change it = {.kind = CHANGE_ACCOUNT_DELETE, .id = account};
    change(dock, &it);
}

/* --- records --- */

struct appending {
    struct journal_append append;
    bool done;
};

static void on_appended(struct journal_append *append)
{
    CONTAINER_OF(append, struct appending, append)->done = true;
}

void dock_append(struct dock *dock, uint16_t type, str bytes)
{
    struct appending *it = arena_zalloc(&dock->arena, sizeof(*it));
    it->append = (struct journal_append){.strength = JOURNAL_DURABLE,
                                         .type = type,
                                         .parts = {bytes},
                                         .done = on_appended,
                                         .worker = false_loop_worker(&dock->loop, 0)};
    journal_append(dock->journal, &it->append);
    assert_true(false_loop_wait(&dock->loop, &it->done));
    assert_int_equal(it->append.err, ERR_NONE);
}

static str seal(struct dock *dock, str owner, str about, str plain)
{
    str sealed;
    assert_true(hook_seal(dock->keys, owner, about, plain, &dock->arena, &sealed));
    return sealed;
}

void dock_receive(struct dock *dock, const struct dock_event *event)
{
    struct arena *arena = &dock->arena;
    str claim = event->team ? arena_printf(arena, "team=%s", event->team) : STR_NONE;
    struct hook_event one = {.id = str_z(event->id), .type = STR("t"), .claim = claim};
    struct hook_list list = {.integration = STR("acme"),
                             .account = event->account,
                             .app = STR_NONE,
                             .received = dock_wall(dock),
                             .events = &one,
                             .n = 1};
    str body = event->body ? str_z(event->body) : STR("{}");
    crypto_sha256(body, list.digest);
    struct hook_message message = {.integration = STR("acme"),
                                   .account = event->account,
                                   .method = STR("POST"),
                                   .url = STR("http://a.test/"),
                                   .body = body};
    uint32_t n;
    headers_init(&message.headers, arena, 1);
    str owner = str_absent(event->account) ? HOOK_PLATFORM : event->account;
    struct hook_envelope envelope = {
        .frame = HOOK_WHOLE,
        .owner = owner,
        .list = seal(dock, owner, HOOK_ABOUT_LIST, hook_list_write(&list, 0, &n, arena))};
    str parts[] = {
        hook_envelope_head(&envelope, arena), envelope.list,
        seal(dock, owner, HOOK_ABOUT_REQUEST, hook_message_write(&message, arena))};
    dock_append(dock, HOOK_RECORD_PAYLOAD, arena_join(arena, parts, COUNT_OF(parts)));
}

uint32_t dock_transfer(struct dock *dock)
{
    uint32_t all = 0, n;
    do {
        assert_int_equal(transfer_some(dock->transfer, &n), ERR_NONE);
        all += n;
    } while (n);
    assert_int_equal(transfer_bind(dock->transfer), ERR_NONE);
    return all;
}

/* --- rows --- */

struct count_op {
    struct store_op op;
    str state, account, event_id;
    int64_t n;
};

static enum err run_count(struct tx *tx, struct store_op *op)
{
    static const struct statement query = {
        "SELECT count(*) FROM hook WHERE ($1 IS NULL OR state = $1) AND "
        "($2 IS NULL OR account = $2) AND ($3 IS NULL OR event_id = $3)"};
    struct count_op *self = CONTAINER_OF(op, struct count_op, op);
    struct value params[] = {V_TEXT(self->state), V_TEXT(self->account),
                             V_TEXT(self->event_id)};
    return tx_number(tx, &query, params, COUNT_OF(params), &self->n);
}

int64_t dock_count(struct dock *dock, const char *state, str account,
                   const char *event_id)
{
    struct count_op self = {.op = {.kind = STORE_READ, .run = run_count},
                            .state = str_z(state),
                            .account = account,
                            .event_id = str_z(event_id)};
    assert_int_equal(store_run(dock->store, &self.op), ERR_NONE);
    return self.n;
}
