/*
 * A sealed data key:   1 | length of id | id | nonce, key, tag      (crypto_seal)
 * Sealed bytes:        1 | nonce, bytes, tag
 *
 * The first byte is the form's version. What is authenticated with a data key is its
 * owner and the id of its master key; with sealed bytes, the owner and the place that the
 * caller names. The parts are joined with a zero byte, which neither may hold, so that no
 * two pairs read alike.
 *
 * Keys are copied to the stack for the length of one operation and wiped there, so that
 * no lock is held while OpenSSL works.
 */
#include "directory/keyring.h"

#include <pthread.h>

#include "base/crypto.h"
#include "base/encode.h"
#include "base/mem.h"

enum {
    FORM = 1,
    KEYS_MAX = 64,
    TEXT_BYTES_MAX = 16384,
    NEW_ID_CHARS = 12,
    SEALED_KEY_BYTES = CRYPTO_KEY_BYTES + CRYPTO_SEAL_BYTES,
    MAGIC = 0x6b657972
};

struct master_key {
    char id[KEYRING_ID_BYTES]; /* zero-terminated */
    uint8_t key[CRYPTO_KEY_BYTES];
};

struct key_set {
    struct master_key keys[KEYS_MAX];
    uint32_t n;
    uint32_t sealing;
};

struct keyring {
    uint32_t magic;
    pthread_rwlock_t lock;
    struct key_set *set;
};

static str id_of(const struct master_key *key)
{
    return str_z(key->id);
}

static struct master_key *find_key(struct key_set *set, str id)
{
    for (uint32_t i = 0; i < set->n; i++)
        if (str_eq(id_of(&set->keys[i]), id))
            return &set->keys[i];
    return NULL;
}

static void free_set(struct key_set **set)
{
    if (*set)
        mem_wipe(*set, sizeof(**set));
    mem_free(*set);
    *set = NULL;
}

/* --- reading --- */

static bool id_is_good(str id)
{
    for (size_t i = 0; i < id.n; i++)
        if (!encode_is_unreserved(id.p[i]))
            return false;
    return id.n > 0 && id.n < KEYRING_ID_BYTES;
}

/* Sentences name the line and the id, and never what stands in the place of the key. */
static bool say(struct arena *arena, str *ret_why, unsigned line, const char *what)
{
    *ret_why = arena_printf(arena, "Line %u of the master keys: %s.", line, what);
    return false;
}

static bool decode_key(str text, uint8_t ret_key[CRYPTO_KEY_BYTES])
{
    struct arena scratch;
    str bytes;
    arena_init(&scratch, 256, TEXT_BYTES_MAX);
    bool good = decode_base64(&scratch, text, &bytes) && bytes.n == CRYPTO_KEY_BYTES;
    if (good) {
        memcpy(ret_key, bytes.p, CRYPTO_KEY_BYTES);
        mem_wipe((char *)(uintptr_t)bytes.p, bytes.n);
    }
    arena_fini(&scratch);
    return good;
}

static bool read_line(struct key_set *set, str line, unsigned number, struct arena *arena,
                      str *ret_why)
{
    str id;
    str_next(&line, ' ', &id);
    if (!id_is_good(id))
        return say(arena, ret_why, number,
                   "the id must be 1 to 31 letters, digits, '-', '.', '_' or '~', "
                   "followed by one blank and the key");
    if (find_key(set, id))
        return say(arena, ret_why, number, "this id has occurred before");
    if (set->n == KEYS_MAX)
        return say(arena, ret_why, number, "there are more than 64 keys");
    struct master_key *key = &set->keys[set->n];
    if (str_absent(line) || !decode_key(str_trim(line), key->key))
        return say(arena, ret_why, number, "the key must be 32 bytes in base64");
    memcpy(key->id, id.p, id.n);
    set->n++;
    return true;
}

/* The last key seals. NULL with a sentence. */
static struct key_set *read_set(str text, struct arena *arena, str *ret_why)
{
    struct key_set *set = mem_zalloc(sizeof(*set));
    unsigned number = 0;
    str line;
    bool good = text.n <= TEXT_BYTES_MAX;
    if (!good)
        *ret_why = STR("The master keys are longer than 16 KiB.");
    while (good && str_next(&text, '\n', &line)) {
        number++;
        if (str_ends(line, STR("\r")))
            line.n--;
        line = str_trim(line);
        if (line.n > 0 && line.p[0] != '#')
            good = read_line(set, line, number, arena, ret_why);
    }
    if (good && set->n == 0) {
        *ret_why = STR("There is no master key. One a line: an id, a blank, and 32 bytes "
                       "in base64.");
        good = false;
    }
    if (good)
        set->sealing = set->n - 1;
    else
        free_set(&set);
    return set;
}

struct keyring *keyring_create(str text, struct arena *arena, str *ret_why)
{
    struct key_set *set = read_set(text, arena, ret_why);
    if (!set)
        return NULL;
    struct keyring *keyring = mem_zalloc(sizeof(*keyring));
    keyring->magic = MAGIC;
    keyring->set = set;
    pthread_rwlock_init(&keyring->lock, NULL);
    return keyring;
}

void keyring_destroy(struct keyring **keyring)
{
    if (!*keyring)
        return;
    CHECK_MAGIC(*keyring, MAGIC);
    free_set(&(*keyring)->set);
    pthread_rwlock_destroy(&(*keyring)->lock);
    (*keyring)->magic = 0;
    mem_free(*keyring);
    *keyring = NULL;
}

/* Whether `next` may take the place of `set`: it has the key that seals, and no key has
 * changed under its id. */
static bool may_follow(struct key_set *set, struct key_set *next, struct arena *arena,
                       str *ret_why)
{
    struct master_key *sealing = &set->keys[set->sealing];
    for (uint32_t i = 0; i < set->n; i++) {
        const struct master_key *key = &set->keys[i];
        const struct master_key *same = find_key(next, id_of(key));
        if (!same || memcmp(same->key, key->key, sizeof(key->key)) == 0)
            continue;
        *ret_why = arena_printf(arena,
                                "The master key \"%s\" has changed. Give a new key a new "
                                "id, and keep the old one listed.",
                                key->id);
        return false;
    }
    struct master_key *same = find_key(next, id_of(sealing));
    if (!same) {
        *ret_why =
            arena_printf(arena,
                         "The master key \"%s\" is missing, and it is the one that "
                         "seals. Rotate to another one first.",
                         sealing->id);
        return false;
    }
    next->sealing = (uint32_t)(same - next->keys);
    return true;
}

bool keyring_reload(struct keyring *keyring, str text, struct arena *arena, str *ret_why)
{
    CHECK_MAGIC(keyring, MAGIC);
    struct key_set *next = read_set(text, arena, ret_why);
    if (!next)
        return false;
    pthread_rwlock_wrlock(&keyring->lock);
    bool good = may_follow(keyring->set, next, arena, ret_why);
    if (good) {
        struct key_set *before = keyring->set;
        keyring->set = next;
        next = before;
    }
    pthread_rwlock_unlock(&keyring->lock);
    free_set(&next);
    return good;
}

str keyring_new_line(struct arena *arena)
{
    uint8_t key[CRYPTO_KEY_BYTES];
    uint8_t chance[NEW_ID_CHARS];
    char id[NEW_ID_CHARS];
    crypto_random(key, sizeof(key));
    crypto_random(chance, sizeof(chance));
    encode_base62_random(id, chance, sizeof(chance));
    str text = encode_base64(arena, str_of((const char *)key, sizeof(key)));
    str line = arena_join(
        arena, (str[]){STR("mk_"), str_of(id, sizeof(id)), STR(" "), text, STR("\n")}, 5);
    mem_wipe((char *)(uintptr_t)text.p, text.n);
    mem_wipe(key, sizeof(key));
    return line;
}

/* --- which key --- */

str keyring_sealing_id(struct keyring *keyring, struct arena *arena)
{
    CHECK_MAGIC(keyring, MAGIC);
    pthread_rwlock_rdlock(&keyring->lock);
    str id = arena_str(arena, id_of(&keyring->set->keys[keyring->set->sealing]));
    pthread_rwlock_unlock(&keyring->lock);
    return id;
}

bool keyring_seal_with(struct keyring *keyring, str id)
{
    CHECK_MAGIC(keyring, MAGIC);
    pthread_rwlock_wrlock(&keyring->lock);
    struct master_key *key = find_key(keyring->set, id);
    if (key)
        keyring->set->sealing = (uint32_t)(key - keyring->set->keys);
    pthread_rwlock_unlock(&keyring->lock);
    return key != NULL;
}

/* A copy, to be wiped; the one that seals if `id` is absent. */
static bool copy_key(struct keyring *keyring, str id, struct master_key *ret_key)
{
    CHECK_MAGIC(keyring, MAGIC);
    pthread_rwlock_rdlock(&keyring->lock);
    struct key_set *set = keyring->set;
    struct master_key *key =
        str_absent(id) ? &set->keys[set->sealing] : find_key(set, id);
    if (key)
        *ret_key = *key;
    pthread_rwlock_unlock(&keyring->lock);
    return key != NULL;
}

bool keyring_has(struct keyring *keyring, str id)
{
    CHECK_MAGIC(keyring, MAGIC);
    pthread_rwlock_rdlock(&keyring->lock);
    bool has = find_key(keyring->set, id) != NULL;
    pthread_rwlock_unlock(&keyring->lock);
    return has;
}

str keyring_id_of(str sealed)
{
    if (sealed.n < 2 || sealed.p[0] != FORM)
        return STR_NONE;
    size_t n = (unsigned char)sealed.p[1];
    bool whole = n > 0 && n < KEYRING_ID_BYTES && sealed.n == 2 + n + SEALED_KEY_BYTES;
    return whole ? str_of(sealed.p + 2, n) : STR_NONE;
}

/* --- data keys --- */

static str joined(struct arena *arena, const char *what, str owner, str place)
{
    str zero = str_of("", 1);
    return arena_join(arena, (str[]){str_z(what), zero, owner, zero, place}, 5);
}

/* Seals `plain` with the master key that seals now. */
static str seal_data_key(struct keyring *keyring, str owner,
                         const uint8_t plain[CRYPTO_KEY_BYTES], struct arena *arena)
{
    struct master_key master;
    CHECK(copy_key(keyring, STR_NONE, &master));
    str id = id_of(&master);
    char *sealed = arena_bytes(arena, 2 + id.n + SEALED_KEY_BYTES);
    sealed[0] = FORM;
    sealed[1] = (char)id.n;
    memcpy(sealed + 2, id.p, id.n);
    crypto_seal(master.key, joined(arena, "data key", owner, id),
                str_of((const char *)plain, CRYPTO_KEY_BYTES), sealed + 2 + id.n);
    str result = str_of(sealed, 2 + id.n + SEALED_KEY_BYTES);
    mem_wipe(&master, sizeof(master));
    return result;
}

/* *ret_plain is to be wiped; it is, when this fails. */
static bool open_data_key(struct keyring *keyring, const struct data_key *data_key,
                          struct arena *arena, uint8_t ret_plain[CRYPTO_KEY_BYTES])
{
    struct master_key master;
    str id = keyring_id_of(data_key->sealed);
    if (str_absent(id) || !copy_key(keyring, id, &master))
        return false;
    bool good = crypto_open(master.key, joined(arena, "data key", data_key->owner, id),
                            str_from(data_key->sealed, 2 + id.n), (char *)ret_plain);
    mem_wipe(&master, sizeof(master));
    if (!good)
        mem_wipe(ret_plain, CRYPTO_KEY_BYTES);
    return good;
}

str keyring_new_data_key(struct keyring *keyring, str owner, struct arena *arena)
{
    uint8_t plain[CRYPTO_KEY_BYTES];
    crypto_random(plain, sizeof(plain));
    str sealed = seal_data_key(keyring, owner, plain, arena);
    mem_wipe(plain, sizeof(plain));
    return sealed;
}

bool keyring_reseal(struct keyring *keyring, const struct data_key *data_key,
                    struct arena *arena, str *ret_sealed)
{
    uint8_t plain[CRYPTO_KEY_BYTES];
    if (!open_data_key(keyring, data_key, arena, plain))
        return false;
    *ret_sealed = seal_data_key(keyring, data_key->owner, plain, arena);
    mem_wipe(plain, sizeof(plain));
    return true;
}

bool keyring_seal(struct keyring *keyring, const struct data_key *data_key, str about,
                  str plain, struct arena *arena, str *ret_sealed)
{
    uint8_t key[CRYPTO_KEY_BYTES];
    if (!open_data_key(keyring, data_key, arena, key))
        return false;
    size_t n = 1 + plain.n + CRYPTO_SEAL_BYTES;
    char *sealed = arena_bytes(arena, n);
    sealed[0] = FORM;
    crypto_seal(key, joined(arena, "bytes", data_key->owner, about), plain, sealed + 1);
    mem_wipe(key, sizeof(key));
    *ret_sealed = str_of(sealed, n);
    return true;
}

bool keyring_open(struct keyring *keyring, const struct data_key *data_key, str about,
                  str sealed, struct arena *arena, str *ret_plain)
{
    uint8_t key[CRYPTO_KEY_BYTES];
    if (sealed.n < 1 + CRYPTO_SEAL_BYTES || sealed.p[0] != FORM ||
        !open_data_key(keyring, data_key, arena, key))
        return false;
    size_t n = sealed.n - 1 - CRYPTO_SEAL_BYTES;
    char *plain = arena_bytes(arena, n);
    bool good = crypto_open(key, joined(arena, "bytes", data_key->owner, about),
                            str_from(sealed, 1), plain);
    mem_wipe(key, sizeof(key));
    if (good)
        *ret_plain = str_of(plain, n);
    else
        mem_wipe(plain, n);
    return good;
}
