/*
 * What a start does before anything is served: the store, the master keys, the directory,
 * and the first admin key.
 */
#ifndef MAIN_START_H
#define MAIN_START_H

#include "base/log.h"
#include "catalog/catalog.h"
#include "directory/directory.h"
#include "main/settings.h"

struct start_request {
    const struct settings *settings;
    struct arena *arena;
    const struct log *log;
    /* the answer */
    struct store *store;
    struct keyring *keyring;
    struct directory *directory;
    uint8_t cursor_key[32]; /* authenticates the API's cursors; made once, kept */
    str new_admin_key;      /* made at this start, because there was none; else absent */
};

/* False with a sentence; what was opened until then is in the answer all the same. */
bool start_state_open(struct start_request *request, str *ret_why);

/* Before anything else of the process: cryptography, the hash's key, as many descriptors
 * as the system allows. Once. */
void start_process(void);

uint32_t start_count_integrations(struct catalog *catalog);

#endif
