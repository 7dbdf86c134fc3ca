/*
 * The room that there is on disk; and the cache of reads, put together: its memory and
 * files, the sharing of reads that are under way, the requests that refresh behind.
 */
#ifndef MAIN_KEEPING_H
#define MAIN_KEEPING_H

#include "base/log.h"
#include "exchange/refresh.h"
#include "loop/space.h"
#include "main/settings.h"

struct keeping {
    struct space *space;
    struct cache *cache; /* NULL: settings say that nothing is kept */
    struct shares *shares;
    struct refreshes *refreshes;
    struct body_budget *budgets;
};

/* All of it outlives them. `env` is told of them. */
struct keeping_parts {
    const struct settings *settings;
    struct keyring *keyring;
    struct directory *directory;
    struct catalog *catalog;
    const struct log *log;
    struct exchange_env *env;
    unsigned workers;
};

void keeping_start(struct keeping *keeping, const struct keeping_parts *parts);
void keeping_stop(struct keeping *keeping);

void keeping_metrics(struct keeping *keeping, struct buf *buf);

#endif
