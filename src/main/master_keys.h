/*
 * Where the master keys come from (directory/keyring.h): BREAKWATER_MASTER_KEYS, else the
 * output of a command, else a file, which is made with a fresh key at the first start.
 */
#ifndef MAIN_MASTER_KEYS_H
#define MAIN_MASTER_KEYS_H

#include "main/settings.h"

/* The text of the keys, in the arena; its owner wipes it after use. *ret_made: a new key
 * file was written and should be backed up. `fresh` says that the store was
 * never opened with a key: without it a missing file is an error, never a new key. */
bool master_keys_read(const struct settings *settings, bool fresh, struct arena *arena,
                      str *ret_text, bool *ret_made, str *ret_why);

/* The file that is read, absent when the keys come from elsewhere. */
str master_keys_file(const struct settings *settings, struct arena *arena);

#endif
