/*
 * A vendor's request as it is kept: JSON with its body in base64, sealed by a data key
 * and bound to its integration. Pure but for the keyring.
 */
#ifndef HOOK_HOOK_MESSAGE_H
#define HOOK_HOOK_MESSAGE_H

#include "base/usec.h"
#include "directory/keyring.h"
#include "http/header.h"

struct hook_message {
    str method, url; /* the URL as the vendor calls it */
    const struct headers *headers;
    str body;      /* to the byte; may be "" */
    usec received; /* wall */
};

/* In the arena. */
str hook_message_write(const struct hook_message *message, struct arena *arena);

/* Stands in the arena. False: it is none. */
bool hook_message_read(str text, struct arena *arena,
                       struct hook_message *ret_message) MUST_CHECK;

/* By the data key of its account, or, where it was not known whose it is, the platform's.
 * False: a key is gone, or the bytes are damaged. */
bool hook_seal(struct keyring *keyring, const struct data_key *key, str integration,
               str text, struct arena *arena, str *ret_sealed) MUST_CHECK;
bool hook_unseal(struct keyring *keyring, const struct data_key *key, str integration,
                 str sealed, struct arena *arena, str *ret_text) MUST_CHECK;

#endif
