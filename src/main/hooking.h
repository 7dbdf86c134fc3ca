/*
 * Vendors' webhooks, put together: the journal, the payloads in it and beside it, what
 * receives them, and what makes events of them.
 */
#ifndef MAIN_HOOKING_H
#define MAIN_HOOKING_H

#include "base/log.h"
#include "hook/hooks.h"
#include "news/work.h"
#include "main/settings.h"

struct hooking {
    struct journal *journal;
    struct payloads *payloads;
    struct hooks *hooks;
    struct echo *echo; /* of our own writes */
    struct work *work;
};

/* All of it outlives them. */
struct hooking_parts {
    const struct settings *settings;
    struct store *store;
    struct keyring *keyring;
    struct directory *directory;
    struct catalog *catalog;
    const struct models *models;
    struct exchange_env *exchange; /* is told of the echo */
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

/* On the worker's own thread; it has joined the catalog and the transports. */
void hooking_join(struct hooking *hooking, struct worker *worker);
/* No new work from here on. */
void hooking_drain(struct hooking *hooking, struct worker *worker);
uint32_t hooking_busy(struct hooking *hooking, struct worker *worker);
/* Ends what is under way, and leaves. */
void hooking_leave(struct hooking *hooking, struct worker *worker);

void hooking_metrics(struct hooking *hooking, struct buf *buf);

#endif
