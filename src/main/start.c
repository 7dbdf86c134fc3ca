#include "main/start.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/crypto.h"
#include "base/encode.h"
#include "base/hash.h"
#include "base/mem.h"
#include "directory/keyring.h"
#include "loop/world.h"
#include "main/master_keys.h"

/* --- has the store a master key already? --- */

struct look {
    struct store_op op;
    bool fresh; /* it was never opened with one */
};

static enum err look_for_key(struct tx *tx, struct store_op *op)
{
    static const struct statement any = {
        "SELECT 1 FROM setting WHERE name = 'sealing_key' "
        "UNION ALL SELECT 1 FROM data_key LIMIT 1"};
    struct look *look = CONTAINER_OF(op, struct look, op);
    enum err err = tx_query(tx, &any, NULL, 0);
    if (!err)
        look->fresh = !tx_next(tx, &err);
    return err;
}

/* --- the key of cursors --- */

struct cursor_key_op {
    struct store_op op;
    uint8_t *key;
};

/* Kept in hexadecimal; whoever reads it could forge a cursor, and so see a page of what
 * his key lets him see anyway. */
static enum err agree_on_cursor_key(struct tx *tx, struct store_op *op)
{
    static const struct statement get = {
        "SELECT value FROM setting WHERE name = 'cursor_key'"};
    static const struct statement put = {
        "INSERT INTO setting (name, value) VALUES ('cursor_key', $1)"};
    struct cursor_key_op *self = CONTAINER_OF(op, struct cursor_key_op, op);
    struct arena arena;
    str bytes = STR_NONE;
    arena_init(&arena, 1024, 1 << 16);
    enum err err = tx_query(tx, &get, NULL, 0);
    if (!err && tx_next(tx, &err) && decode_hex(&arena, tx_text(tx, 0), &bytes) &&
        bytes.n == 32) {
        memcpy(self->key, bytes.p, 32);
    } else if (!err) {
        crypto_random(self->key, 32);
        struct value value =
            V_TEXT(encode_hex(&arena, str_of((const char *)self->key, 32)));
        err = tx_exec(tx, &put, &value, 1, NULL);
    }
    arena_fini(&arena);
    return err;
}

static bool open_cursor_key(struct start_request *request, str *ret_why)
{
    struct cursor_key_op op = {.op = {.kind = STORE_FULL, .run = agree_on_cursor_key},
                               .key = request->cursor_key};
    if (store_run(request->store, &op.op) == ERR_NONE)
        return true;
    *ret_why = STR("the store cannot be written");
    return false;
}

/* --- the first admin key --- */

static bool make_admin_key(struct start_request *request, str text, str *ret_why)
{
    struct change change = {
        .kind = CHANGE_KEY_CREATE,
        .directory = request->directory,
        .arena = request->arena,
        .name = STR("first admin key"),
        .permissions = PERMISSION_ALL,
        .environment_n = 0,
        .expires = USEC_NEVER,
        .key_text = text,
    };
    directory_change_now(&change);
    if (change.err) {
        *ret_why = arena_printf(request->arena, "the admin key cannot be made: " STR_F,
                                STR_A(change.detail));
        return false;
    }
    request->new_admin_key = str_absent(text) ? change.new_key_text : STR_NONE;
    return true;
}

static bool ensure_admin_key(struct start_request *request, str *ret_why)
{
    struct directory_counts counts;
    str given = str_z(getenv("BREAKWATER_ADMIN_KEY"));
    directory_counts(request->directory, &counts);
    if (given.n) {
        struct api_key *key = directory_find_key(request->directory, given);
        if (!key)
            return make_admin_key(request, given, ret_why);
        api_key_unref(&key);
        return true;
    }
    return counts.keys > 0 || make_admin_key(request, STR_NONE, ret_why);
}

/* --- all of it --- */

static bool open_keyring(struct start_request *request, str *ret_why)
{
    struct look look = {.op = {.kind = STORE_READ, .run = look_for_key}};
    str text;
    bool made;
    if (store_run(request->store, &look.op)) {
        *ret_why = STR("the store cannot be read");
        return false;
    }
    if (!master_keys_read(request->settings, look.fresh, request->arena, &text, &made,
                          ret_why))
        return false;
    request->keyring = keyring_create(text, request->arena, ret_why);
    mem_wipe((char *)(uintptr_t)text.p, text.n);
    if (request->keyring && made)
        log_say(request->log, LOG_WARN, "master_key",
                "a new master key was made in " STR_F
                "; back it up: without it stored credentials are lost",
                STR_A(master_keys_file(request->settings, request->arena)));
    return request->keyring != NULL;
}

bool start_state_open(struct start_request *request, str *ret_why)
{
    const struct settings *settings = request->settings;
    if (settings->store.n) {
        *ret_why = STR("store: only the embedded store is there; leave it empty");
        return false;
    }
    request->store = store_open(STR("sqlite"), settings->data, request->arena, ret_why);
    if (!request->store)
        return false;
    if (!open_keyring(request, ret_why))
        return false;
    request->directory = directory_open(request->store, request->keyring, world_real(),
                                        request->arena, ret_why);
    return request->directory && open_cursor_key(request, ret_why) &&
           ensure_admin_key(request, ret_why);
}

void start_process(void)
{
    uint8_t seed[16];
    struct rlimit limit;
    signal(SIGPIPE, SIG_IGN); /* a reader of ours that is gone is told by EPIPE, */
    signal(SIGXFSZ, SIG_IGN); /* and a file that may not grow by EFBIG */
    crypto_start();
    crypto_random(seed, sizeof(seed));
    hash_seed(seed);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

uint32_t start_count_integrations(struct catalog *catalog)
{
    struct snapshot *snapshot = catalog_snapshot(catalog);
    uint32_t n = snapshot_count(snapshot);
    snapshot_unref(&snapshot);
    return n;
}
