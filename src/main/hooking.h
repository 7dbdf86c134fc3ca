/*
 * Vendors' webhooks, put together: the journal, the payloads in it and beside it, and
 * what receives them.
 */
#ifndef MAIN_HOOKING_H
#define MAIN_HOOKING_H

#include "base/log.h"
#include "hook/hooks.h"
#include "main/settings.h"

struct hooking {
    struct journal *journal;
    struct payloads *payloads;
    struct hooks *hooks;
};

/* All of it outlives them. */
struct hooking_parts {
    const struct settings *settings;
    struct store *store;
    struct keyring *keyring;
    struct directory *directory;
    struct catalog *catalog;
    const struct log *log;
    const struct cidr *trusted;
    uint32_t trusted_n;
    unsigned workers;
    struct arena *arena; /* the process' */
};

/* False with a sentence. hooking_stop also after that. */
bool hooking_start(struct hooking *hooking, const struct hooking_parts *parts,
                   str *ret_why);
/* All workers have ended. */
void hooking_stop(struct hooking *hooking);

void hooking_metrics(struct hooking *hooking, struct buf *buf);

#endif
