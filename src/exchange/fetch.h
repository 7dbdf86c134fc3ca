/*
 * Requests of our own to a vendor's token endpoint, as exchanges: what the keeper's ops
 * are set to. One attempt each, since the vendor may act on each; its breaker and its
 * limits are those of the endpoint, apart from the API's.
 */
#ifndef EXCHANGE_FETCH_H
#define EXCHANGE_FETCH_H

#include "exchange/exchange.h"

/* The env that fetches of a worker use; `budget` bounds what their bodies keep. Set once,
 * before the keeper's workers join. */
struct fetch_env {
    const struct exchange_env *exchange;
    struct body_budget *budgets; /* one a worker */
};

/* `arg` is the fetch_env, which outlives the keeper. */
extern const struct keeper_ops fetch_ops;

#endif
