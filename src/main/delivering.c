#include "main/delivering.h"

#include <unistd.h>

#include "call/transport.h"
#include "loop/world.h"
#include "watch/watch.h"

enum { IDLE_PER_ORIGIN = 16 };

bool delivering_start(struct delivering *delivering, const struct delivering_parts *parts,
                      str *ret_why)
{
    const struct settings *settings = parts->settings;
    if (!guard_init(&delivering->guard, settings->endpoint_ranges,
                    settings->endpoint_http, parts->arena, ret_why))
        return false;
    struct transport_settings wanted = {
        .tls = parts->tls,
        .workers = parts->workers,
        .idle_per_origin = IDLE_PER_ORIGIN,
        .guard = {.allows = guard_allows, .arg = &delivering->guard}};
    delivering->transport = h1_create(&wanted);
    struct deliver_config config = {.store = parts->store,
                                    .keyring = parts->keyring,
                                    .directory = parts->directory,
                                    .payloads = parts->payloads,
                                    .transport = delivering->transport,
                                    .world = world_real(),
                                    .log = parts->log,
                                    .workers = parts->workers};
    delivering->deliver = deliver_open(&config, ret_why);
    return delivering->deliver != NULL;
}

void delivering_stop(struct delivering *delivering)
{
    deliver_close(&delivering->deliver);
    transport_destroy(&delivering->transport);
}

void delivering_join(struct delivering *delivering, struct worker *worker)
{
    transport_join(delivering->transport, worker);
    deliver_join(delivering->deliver, worker);
}

/* What has come of attempts is stored, which the store does or refuses within its own
 * limit; those under way are tried again by the next life. */
void delivering_leave(struct delivering *delivering, struct worker *worker)
{
    deliver_drain(delivering->deliver, worker);
    deliver_stop(delivering->deliver, worker);
    while (deliver_busy(delivering->deliver, worker)) {
        worker_turn(worker);
        usleep(200);
    }
    deliver_leave(delivering->deliver, worker);
    while (worker_turn(worker) <= worker->now) /* what was posted finds nobody */
        ;
    transport_leave(delivering->transport, worker);
}

void delivering_metrics(struct delivering *delivering, struct buf *buf)
{
    struct deliver_stats stats;
    deliver_stats(delivering->deliver, &stats);
    watch_deliveries(buf, &stats);
}
