/*
 * Credentials as one sealed set, and the row of the data key that seals them: of an
 * account or an app. For the changes of the directory and its look-ups; the rows of data
 * keys also for others who own one.
 */
#ifndef DIRECTORY_DIRECTORY_CREDENTIAL_H
#define DIRECTORY_DIRECTORY_CREDENTIAL_H

#include "directory/keyring.h"
#include "directory/tenant.h"

/* Seals a set of credentials as version `version` of the owner. False when its data key
 * cannot be opened. */
struct credential_set {
    const struct credential *items;
    uint32_t n;
    uint64_t version;
};
bool directory_seal_credentials(struct keyring *keyring, const struct data_key *data_key,
                                const struct credential_set *set, struct arena *arena,
                                str *ret_sealed) MUST_CHECK;

/* The same backwards: NULL when they cannot be opened. To be destroyed. */
struct credentials *directory_open_credentials(struct keyring *keyring,
                                               const struct data_key *data_key,
                                               uint64_t version, str sealed);

/* Takes over what was opened and keeps it where readers find it from then on; two threads
 * may do so at once, and the first one's are kept. Answers what is kept; NULL and
 * ERR_CREDENTIAL_UNUSABLE when `opened` is. */
const struct credentials *directory_keep_opened(_Atomic(struct credentials *) *kept,
                                                struct credentials *opened,
                                                enum err *ret_err);

/* The row of an owner's data key: put in, overwritten and taken out. */
enum err directory_insert_data_key(struct tx *tx, str owner, str sealed) MUST_CHECK;
enum err directory_destroy_data_key(struct tx *tx, struct arena *arena,
                                    const struct data_key *data_key) MUST_CHECK;

#endif
