/*
 * The keys that vendors' requests are sealed with: an account's own where their URL names
 * it, so that erasing it erases them; else the platform's, since it is not known whose
 * they are, or they are several accounts'.
 *
 * The platform's data key stands with all others in the store, and is sealed again with
 * them when the master key changes. Any thread.
 */
#ifndef HOOK_HOOK_KEY_H
#define HOOK_HOOK_KEY_H

#include "directory/directory.h"
#include "directory/keyring.h"
#include "hook/hook_message.h"

struct hook_keys;

#define HOOK_PLATFORM STR("platform")

/* On the calling thread; the key is made at the first start. NULL: the store cannot be
 * read. All three must outlive it. */
struct hook_keys *hook_keys_open(struct store *store, struct keyring *keyring,
                                 struct directory *directory);
void hook_keys_close(struct hook_keys **keys);

/* Reads the platform's key again if another master key seals by now. May wait for the
 * store. */
void hook_keys_refresh(struct hook_keys *keys);

/* `owner`: the id of an account, or HOOK_PLATFORM. Results stand in the arena. False: the
 * key is gone, cannot be opened, or a bit is wrong. */
bool hook_seal(struct hook_keys *keys, str owner, str about, str plain,
               struct arena *arena, str *ret_sealed) MUST_CHECK;
bool hook_open(struct hook_keys *keys, str owner, str about, str sealed,
               struct arena *arena, str *ret_plain) MUST_CHECK;

/* The request in a payload, as it was kept; it borrows from the arena. False: it is none,
 * is damaged, or its key is gone. */
bool hook_open_message(struct hook_keys *keys, str payload, struct arena *arena,
                       struct hook_message *ret_message) MUST_CHECK;

#endif
