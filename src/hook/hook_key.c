#include "hook/hook_key.h"

#include <pthread.h>

#include "base/mem.h"
#include "directory/directory_credential.h"

enum { SEALED_BYTES_MAX = 1024 };

struct hook_keys {
    struct store *store;
    struct keyring *keyring;
    struct directory *directory;
    pthread_rwlock_t lock; /* over the next two */
    char sealed[SEALED_BYTES_MAX];
    size_t sealed_n;
};

struct key_op {
    struct store_op op;
    struct hook_keys *keys;
    struct arena arena;
    str found;
};

static enum err find_key(struct tx *tx, struct key_op *self)
{
    static const struct statement query = {
        "SELECT sealed FROM data_key WHERE owner = $1"};
    enum err err = tx_query(tx, &query, (struct value[]){V_TEXT(HOOK_PLATFORM)}, 1);
    self->found = STR_NONE;
    if (err == ERR_NONE && tx_next(tx, &err))
        self->found = arena_str(&self->arena, tx_text(tx, 0));
    return err;
}

static enum err run_find(struct tx *tx, struct store_op *op)
{
    return find_key(tx, CONTAINER_OF(op, struct key_op, op));
}

static enum err run_make(struct tx *tx, struct store_op *op)
{
    struct key_op *self = CONTAINER_OF(op, struct key_op, op);
    enum err err = find_key(tx, self);
    if (err != ERR_NONE || self->found.n)
        return err;
    self->found = keyring_new_data_key(self->keys->keyring, HOOK_PLATFORM, &self->arena);
    return directory_insert_data_key(tx, HOOK_PLATFORM, self->found);
}

static bool load(struct hook_keys *keys, enum store_kind kind)
{
    struct key_op self = {
        .op = {.kind = kind, .run = kind == STORE_READ ? run_find : run_make},
        .keys = keys};
    arena_init(&self.arena, 1024, 1 << 20);
    bool good = store_run(keys->store, &self.op) == ERR_NONE && self.found.n &&
                self.found.n <= SEALED_BYTES_MAX;
    if (good) {
        pthread_rwlock_wrlock(&keys->lock);
        memcpy(keys->sealed, self.found.p, self.found.n);
        keys->sealed_n = self.found.n;
        pthread_rwlock_unlock(&keys->lock);
    }
    arena_fini(&self.arena);
    return good;
}

struct hook_keys *hook_keys_open(struct store *store, struct keyring *keyring,
                                 struct directory *directory)
{
    struct hook_keys *keys = mem_zalloc(sizeof(*keys));
    keys->store = store;
    keys->keyring = keyring;
    keys->directory = directory;
    pthread_rwlock_init(&keys->lock, NULL);
    if (!load(keys, STORE_FULL))
        hook_keys_close(&keys);
    return keys;
}

void hook_keys_close(struct hook_keys **keys)
{
    struct hook_keys *gone = *keys;
    *keys = NULL;
    if (!gone)
        return;
    pthread_rwlock_destroy(&gone->lock);
    mem_free(gone);
}

static str platform_key(struct hook_keys *keys, struct arena *arena)
{
    pthread_rwlock_rdlock(&keys->lock);
    str sealed = arena_str(arena, str_of(keys->sealed, keys->sealed_n));
    pthread_rwlock_unlock(&keys->lock);
    return sealed;
}

void hook_keys_refresh(struct hook_keys *keys)
{
    struct arena arena;
    arena_init(&arena, 1024, 1 << 20);
    str id = keyring_id_of(platform_key(keys, &arena));
    if (!str_eq(id, keyring_sealing_id(keys->keyring, &arena)))
        ODD(!load(keys, STORE_READ));
    arena_fini(&arena);
}

/* In the arena; absent: there is no such account. */
static str key_of(struct hook_keys *keys, str owner, struct arena *arena)
{
    if (str_eq(owner, HOOK_PLATFORM))
        return platform_key(keys, arena);
    struct account *account = directory_account(keys->directory, owner);
    str sealed = account ? arena_str(arena, account->data_key) : STR_NONE;
    account_unref(&account);
    return sealed;
}

bool hook_seal(struct hook_keys *keys, str owner, str about, str plain,
               struct arena *arena, str *ret_sealed)
{
    struct data_key data_key = {owner, key_of(keys, owner, arena)};
    return data_key.sealed.n &&
           keyring_seal(keys->keyring, &data_key, about, plain, arena, ret_sealed);
}

bool hook_open(struct hook_keys *keys, str owner, str about, str sealed,
               struct arena *arena, str *ret_plain)
{
    struct data_key data_key = {owner, key_of(keys, owner, arena)};
    return data_key.sealed.n &&
           keyring_open(keys->keyring, &data_key, about, sealed, arena, ret_plain);
}

bool hook_open_message(struct hook_keys *keys, str payload, struct arena *arena,
                       struct hook_message *ret_message)
{
    struct hook_envelope envelope;
    str plain;
    return hook_envelope_read(payload, &envelope, NULL) && envelope.frame != HOOK_LIST &&
           hook_open(keys, envelope.owner, HOOK_ABOUT_REQUEST, envelope.request, arena,
                     &plain) &&
           hook_message_read(plain, arena, ret_message);
}
