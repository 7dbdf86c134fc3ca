/*
 * Credentials as one sealed set, of an account or an app. Plain form: for each credential
 *
 *   length of name, 2 bytes | name | length of value, 4 bytes | value      (big-endian)
 *
 * sealed by the owner's data key for the place "credentials <version>", so that an older
 * set cannot be put back under a newer number.
 */
#include "base/mem.h"
#include "directory/directory_credential.h"
#include "directory/directory_state.h"

enum { PLAIN_BYTES_MAX = 1 << 20, OPEN_BYTES_MAX = 4 << 20 };

static str place(uint64_t version, struct arena *arena)
{
    return arena_printf(arena, "credentials %llu", (unsigned long long)version);
}

/* --- sealing --- */

static char *put_number(char *at, size_t number, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (char)(number >> (8 * (bytes - 1 - i)) & 0xff);
    return at + bytes;
}

static char *put_text(char *at, str text, unsigned bytes)
{
    at = put_number(at, text.n, bytes);
    if (text.n)
        memcpy(at, text.p, text.n);
    return at + text.n;
}

/* In memory of its own, to be wiped. */
static struct secret pack(const struct credential *credentials, uint32_t n)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < n; i++)
        bytes += 2 + credentials[i].name.n + 4 + credentials[i].value.n;
    struct secret plain = {mem_alloc(bytes), bytes};
    char *at = plain.bytes;
    for (uint32_t i = 0; i < n; i++) {
        at = put_text(at, credentials[i].name, 2);
        at = put_text(at, secret_peek(&credentials[i].value), 4);
    }
    return plain;
}

bool directory_seal_credentials(struct keyring *keyring, const struct data_key *data_key,
                                const struct credential_set *set, struct arena *arena,
                                str *ret_sealed)
{
    struct secret plain = pack(set->items, set->n);
    bool good = keyring_seal(keyring, data_key, place(set->version, arena),
                             secret_peek(&plain), arena, ret_sealed);
    secret_fini(&plain);
    return good;
}

/* --- opening --- */

/* Cuts a length and as many bytes off; false when they are not all there. */
static bool take_text(str *rest, unsigned bytes, str *ret_text)
{
    size_t n = 0;
    if (rest->n < bytes)
        return false;
    for (unsigned i = 0; i < bytes; i++)
        n = n << 8 | (unsigned char)rest->p[i];
    *rest = str_from(*rest, bytes);
    if (rest->n < n)
        return false;
    *ret_text = str_of(rest->p, n);
    *rest = str_from(*rest, n);
    return true;
}

static bool count_items(str plain, uint32_t *ret_n)
{
    str name, value;
    uint32_t n = 0;
    while (plain.n) {
        if (!take_text(&plain, 2, &name) || !take_text(&plain, 4, &value))
            return false;
        n++;
    }
    *ret_n = n;
    return true;
}

static struct credentials *unpack(str plain, uint64_t version)
{
    uint32_t n;
    if (!count_items(plain, &n))
        return NULL;
    struct credentials *credentials = credentials_create(n, version);
    for (uint32_t i = 0; i < n; i++) {
        str name, value;
        CHECK(take_text(&plain, 2, &name) && take_text(&plain, 4, &value));
        credentials->items[i].name = str_of(mem_copy_z(name.p, name.n), name.n);
        secret_init(&credentials->items[i].value, value);
    }
    return credentials;
}

struct credentials *directory_open_credentials(struct keyring *keyring,
                                               const struct data_key *data_key,
                                               uint64_t version, str sealed)
{
    struct credentials *credentials = NULL;
    struct arena scratch;
    str plain;
    arena_init(&scratch, sealed.n + 256, OPEN_BYTES_MAX);
    if (sealed.n <= PLAIN_BYTES_MAX &&
        keyring_open(keyring, data_key, place(version, &scratch), sealed, &scratch,
                     &plain)) {
        credentials = unpack(plain, version);
        mem_wipe((char *)(uintptr_t)plain.p, plain.n);
    }
    arena_fini(&scratch);
    return credentials;
}

const struct credentials *directory_keep_opened(_Atomic(struct credentials *) *kept,
                                                struct credentials *opened,
                                                enum err *ret_err)
{
    struct credentials *found = NULL;
    if (!opened) {
        *ret_err = ERR_CREDENTIAL_UNUSABLE;
        return NULL;
    }
    if (atomic_compare_exchange_strong(kept, &found, opened))
        return opened;
    credentials_destroy(&opened);
    return found;
}

const struct credentials *directory_credentials(struct directory *directory,
                                                struct account *account,
                                                enum err *ret_err)
{
    CHECK_MAGIC(directory, DIRECTORY_MAGIC);
    struct credentials *found =
        atomic_load_explicit(&account->opened, memory_order_acquire);
    if (found)
        return found;
    if (account->credential_version == 0) {
        *ret_err = ERR_ACCOUNT_NOT_CONNECTED;
        return NULL;
    }
    struct data_key data_key = {tenant_id_str(&account->id), account->data_key};
    struct credentials *opened = directory_open_credentials(
        directory->keyring, &data_key, account->credential_version, account->sealed);
    return directory_keep_opened(&account->opened, opened, ret_err);
}

/* --- data keys --- */

enum err directory_insert_data_key(struct tx *tx, str owner, str sealed)
{
    static const struct statement insert = {
        "INSERT INTO data_key (owner, master_key, sealed) VALUES ($1, $2, $3)"};
    struct value params[] = {V_TEXT(owner), V_TEXT(keyring_id_of(sealed)),
                             V_BLOB(sealed)};
    return tx_exec(tx, &insert, params, COUNT_OF(params), NULL);
}

/*
 * The sealed data key is overwritten in its place before its row goes: a deleted row's
 * bytes stay in the file until their page is used again, and whoever has them and the
 * master key could still read old backups.
 */
enum err directory_destroy_data_key(struct tx *tx, struct arena *arena,
                                    const struct data_key *data_key)
{
    static const struct statement overwrite = {
        "UPDATE data_key SET sealed = $2 WHERE owner = $1"};
    static const struct statement delete = {"DELETE FROM data_key WHERE owner = $1"};
    size_t bytes = data_key->sealed.n;
    char *zeroes = arena_zalloc(arena, bytes);
    struct value params[] = {V_TEXT(data_key->owner), V_BLOB(str_of(zeroes, bytes))};
    enum err err = tx_exec(tx, &overwrite, params, 2, NULL);
    return err == ERR_NONE ? tx_exec(tx, &delete, params, 1, NULL) : err;
}
