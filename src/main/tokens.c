#include "main/tokens.h"

#include <string.h>

#include "loop/world.h"

enum { BODIES_BYTES_MAX = 64 << 20 }; /* requests to token endpoints, of a worker */

static void start_keeper(struct tokens *tokens, const struct tokens_parts *parts)
{
    struct gate *gate = parts->gate;
    struct keeper_config config = {.directory = gate->directory,
                                   .catalog = gate->catalog,
                                   .world = world_real(),
                                   .log = parts->log,
                                   .ops = &fetch_ops,
                                   .ops_arg = &tokens->fetch,
                                   .workers = parts->workers};
    struct body_budget *budgets =
        arena_array(parts->arena, parts->workers, sizeof(*budgets));
    for (unsigned i = 0; i < parts->workers; i++)
        budgets[i].bytes_max = BODIES_BYTES_MAX;
    tokens->fetch = (struct fetch_env){&gate->exchange, budgets};
    /* The data directory is locked: no other process has the store. */
    if (directory_drop_leases(gate->directory) != ERR_NONE)
        log_say(parts->log, LOG_WARN, "token",
                "leases of the life before could not be dropped; they end in 120 s");
    tokens->keeper = keeper_open(&config);
    gate->exchange.keeper = tokens->keeper;
}

static void start_connect(struct tokens *tokens, const struct tokens_parts *parts)
{
    struct connect *connect = &tokens->connect;
    *connect = (struct connect){.directory = parts->gate->directory,
                                .catalog = parts->gate->catalog,
                                .store = parts->store,
                                .log = parts->log,
                                .workers = parts->workers,
                                .ops = &fetch_ops,
                                .ops_arg = &tokens->fetch,
                                .public_url = parts->settings->public_url,
                                .returns = parts->settings->connect_returns};
    memcpy(connect->key, parts->api->cursor_key, sizeof(connect->key));
    connect_open(connect);
    parts->api->connect = connect;
}

void tokens_start(struct tokens *tokens, const struct tokens_parts *parts)
{
    start_keeper(tokens, parts);
    start_connect(tokens, parts);
}

void tokens_stop(struct tokens *tokens)
{
    connect_close(&tokens->connect);
    keeper_close(&tokens->keeper);
}
