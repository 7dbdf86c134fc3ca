/*
 * What gets accounts their tokens, put together: the keeper, its way to the vendors, and
 * the pages on which accounts are connected.
 */
#ifndef MAIN_TOKENS_H
#define MAIN_TOKENS_H

#include "api/api.h"
#include "connect/connect.h"
#include "exchange/fetch.h"
#include "main/settings.h"

struct tokens {
    struct fetch_env fetch;
    struct keeper *keeper;
    struct connect connect;
};

/* What they are made of; all of it outlives them. `gate` and `api` are told of them. */
struct tokens_parts {
    const struct settings *settings;
    struct arena *arena;
    struct store *store;
    const struct log *log;
    struct gate *gate;
    struct api *api;
    unsigned workers;
};

void tokens_start(struct tokens *tokens, const struct tokens_parts *parts);
void tokens_stop(struct tokens *tokens);

#endif
