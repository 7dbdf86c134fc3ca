/*
 * What nobody needs any more goes: rows 7 days after their end, what dedupe knows, and
 * payloads to which no row refers. On the transfer's thread, a little at a time.
 *
 *   rows ──► groups of payloads ──► the next: is it referred to? ──► drop ──┐
 *                                     ▲                                    │
 *                                     └────────────────────────────────────┘
 */
#include "hook/hooks_state.h"
#include "hook/hook_store.h"
#include "loop/world.h"

enum { STEPS_MAX = 100 };
static const usec upkeep_every = 60 * USEC_S;

/* --- is a payload of the group referred to? --- */

struct refer_op {
    struct store_op op;
    const char *prefix;
    bool referred;
};

static enum err run_refer(struct tx *tx, struct store_op *op)
{
    static const struct statement query = {
        "SELECT 1 FROM hook WHERE request >= $1 AND request < $2 UNION ALL "
        "SELECT 1 FROM event WHERE payload IS NOT NULL AND payload >= $1 AND "
        "payload < $2 LIMIT 1"};
    struct refer_op *self = CONTAINER_OF(op, struct refer_op, op);
    char end[PAYLOAD_REFERENCE_BYTES];
    payload_range_end(self->prefix, end);
    struct value params[] = {V_TEXT(str_z(self->prefix)), V_TEXT(str_z(end))};
    enum err err = tx_query(tx, &query, params, COUNT_OF(params));
    self->referred = err == ERR_NONE && tx_next(tx, &err);
    return err;
}

/* What is not certain is kept. */
static bool is_referred(struct hooks *hooks, const struct payload_group *group)
{
    struct refer_op self = {.op = {.kind = STORE_READ, .run = run_refer},
                            .prefix = group->prefix};
    return store_run(hooks->config.store, &self.op) != ERR_NONE || self.referred;
}

/* Everything in it has become rows, or never will. */
static bool is_taken(struct hooks *hooks, const struct payload_group *group)
{
    struct transfer_stats stats;
    transfer_stats(hooks->transfer, &stats);
    if (stats.stuck || hooks->caught_up <= group->newest)
        return false;
    return group->end_sequence <= stats.sequence + 1;
}

static void end_round(struct hooks *hooks)
{
    hooks->dropping = false;
    timer_start(&hooks->upkeep, upkeep_every);
}

static void drop_next(struct hooks *hooks);

static void on_dropped(struct payload_drop *drop)
{
    struct hooks *hooks = CONTAINER_OF(drop, struct hooks, drop);
    hooks->dropping = false;
    drop_next(hooks);
}

static void drop_next(struct hooks *hooks)
{
    while (hooks->group_at < hooks->group_n) {
        const struct payload_group *group = &hooks->groups[hooks->group_at++];
        if (!is_taken(hooks, group) || is_referred(hooks, group))
            continue;
        hooks->drop = (struct payload_drop){.done = on_dropped, .worker = &hooks->worker};
        memcpy(hooks->drop.prefix, group->prefix, sizeof(hooks->drop.prefix));
        hooks->dropping = true;
        payload_drop(hooks->config.payloads, &hooks->drop);
        return;
    }
    end_round(hooks);
}

void hooks_keep_up(struct hooks *hooks)
{
    bool more = true;
    hook_keys_refresh(hooks->keys);
    for (int i = 0; i < STEPS_MAX && more; i++)
        if (transfer_expire(hooks->transfer, &more) != ERR_NONE)
            more = false;
    usec before = world_wall(hooks->config.world) - HOOK_KEPT;
    hooks->group_at = 0;
    hooks->group_n = payload_groups(hooks->config.payloads, before, UINT64_MAX,
                                    hooks->groups, COUNT_OF(hooks->groups));
    drop_next(hooks);
}
