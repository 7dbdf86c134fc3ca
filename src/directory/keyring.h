/*
 * Master keys and data keys. Every account and every app has a data key of its own
 * (AES-256), stored sealed by a master key; credentials are sealed by the data key, bound
 * to owner and version. Destroying the row of a data key makes everything it ever sealed
 * unreadable, also in backups.
 *
 * Master keys come from outside the store: a file (DATA/key by default, mode 0600, made
 * at first start), the environment variable BREAKWATER_MASTER_KEYS, or the output of a
 * command. Format: one key a line, `id base64(32 bytes)`; blank lines and lines with "#"
 * are skipped. The store remembers which id seals; all listed keys open. Rotation: list
 * the new key everywhere (every process reads it before any writes with it), make it the
 * sealing one, let the data keys be sealed again, take the old line away.
 *
 * Thread-safe.
 */
#ifndef DIRECTORY_KEYRING_H
#define DIRECTORY_KEYRING_H

#include "base/arena.h"
#include "base/err.h"
#include "store/store.h"

struct keyring;

enum { KEYRING_ID_BYTES = 32 }; /* with a terminating zero */

/* Reads the keys from `text`; the last one seals until keyring_seal_with says otherwise.
 * NULL with a sentence in *ret_why, which never shows a key. */
struct keyring *keyring_create(str text, struct arena *arena, str *ret_why);
void keyring_destroy(struct keyring **keyring);

/* Reads the keys again, after a reload; keys that are no longer listed are forgotten.
 * False with a sentence when the text is bad, when the key that seals is missing, or when
 * an id has another key than before; the keyring is then unchanged. */
bool keyring_reload(struct keyring *keyring, str text, struct arena *arena, str *ret_why);

/* A fresh line for a key file, with its line end: a new random id and key. Wipe it. */
str keyring_new_line(struct arena *arena);

/* The id that seals. Set it to one that is listed; false when it is not. */
str keyring_sealing_id(struct keyring *keyring, struct arena *arena);
bool keyring_seal_with(struct keyring *keyring, str id);
bool keyring_has(struct keyring *keyring, str id);

/* A data key as it is stored: whose it is (the id of an account or an app), and its
 * sealed form, which names the master key that it needs. */
struct data_key {
    str owner;
    str sealed;
};

/* A new data key, sealed by the present master key; answers its sealed form. */
str keyring_new_data_key(struct keyring *keyring, str owner, struct arena *arena);

/* The same data key sealed by the present master key. False when it cannot be opened. */
bool keyring_reseal(struct keyring *keyring, const struct data_key *data_key,
                    struct arena *arena, str *ret_sealed) MUST_CHECK;

/* Which master key a sealed data key needs; absent when it is no sealed data key. */
str keyring_id_of(str sealed_data_key);

/* Seals and opens with a data key. `about` binds the bytes to their place (purpose,
 * version), beside their owner. Results stand in the arena; wipe what you no longer
 * need. False when a key is gone or a single bit is wrong. */
bool keyring_seal(struct keyring *keyring, const struct data_key *data_key, str about,
                  str plain, struct arena *arena, str *ret_sealed) MUST_CHECK;
bool keyring_open(struct keyring *keyring, const struct data_key *data_key, str about,
                  str sealed, struct arena *arena, str *ret_plain) MUST_CHECK;

#endif
