#include "watch/watch.h"

#include "deliver/deliver.h"

static void put_verdicts(struct buf *buf, const struct deliver_stats *stats)
{
    static const char name[] = "breakwater_delivery_attempts_total";
    const struct {
        const char *verdict;
        uint64_t n;
    } rows[] = {{"delivered", stats->delivered},
                {"again", stats->again},
                {"dead", stats->dead},
                {"superseded", stats->superseded}};
    buf_printf(buf,
               "# HELP %s Deliveries of events to endpoints, by what came of them.\n"
               "# TYPE %s counter\n",
               name, name);
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        buf_printf(buf, "%s{verdict=\"%s\"} %llu\n", name, rows[i].verdict,
                   (unsigned long long)rows[i].n);
}

void watch_deliveries(struct buf *buf, const struct deliver_stats *stats)
{
    watch_sample(buf, "breakwater_endpoints", "gauge", "Endpoints.",
                 (double)stats->endpoints);
    watch_sample(buf, "breakwater_endpoints_failing", "gauge",
                 "Endpoints at which more than half of the attempts have failed lately.",
                 (double)stats->failing);
    watch_sample(buf, "breakwater_events_fanned_out_total", "counter",
                 "Events that were made deliveries of, or that nobody wanted.",
                 (double)stats->events);
    watch_sample(buf, "breakwater_deliveries_pending", "gauge",
                 "Deliveries that wait for their first or next attempt.",
                 (double)stats->pending);
    watch_sample(buf, "breakwater_deliveries_queues", "gauge",
                 "Endpoints for which deliveries wait.", (double)stats->queues);
    watch_sample(buf, "breakwater_deliveries_under_way", "gauge",
                 "Attempts at deliveries under way.", (double)stats->under_way);
    put_verdicts(buf, stats);
}
