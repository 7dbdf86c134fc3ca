#include "watch/watch.h"

#include "writes/writes.h"

static void put_attempts(struct buf *buf, const struct writes_stats *stats)
{
    static const char name[] = "breakwater_write_attempts_total";
    const struct {
        const char *verdict;
        uint64_t n;
    } rows[] = {{"delivered", stats->delivered},
                {"again", stats->tries},
                {"wait", stats->waits},
                {"dead", stats->dead},
                {"needs_decision", stats->undecided}};
    buf_printf(buf,
               "# HELP %s Attempts at queued writes, by what came of them.\n"
               "# TYPE %s counter\n",
               name, name);
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        buf_printf(buf, "%s{verdict=\"%s\"} %llu\n", name, rows[i].verdict,
                   (unsigned long long)rows[i].n);
}

void watch_writes(struct buf *buf, const struct writes_stats *stats)
{
    watch_sample(buf, "breakwater_writes_queued", "gauge",
                 "Writes that wait for their vendor.", (double)stats->queued);
    watch_sample(buf, "breakwater_writes_queued_bytes", "gauge",
                 "What they take in the store.", (double)stats->queued_bytes);
    watch_sample(buf, "breakwater_writes_accounts", "gauge",
                 "Accounts with queued writes.", (double)stats->accounts);
    watch_sample(buf, "breakwater_writes_under_way", "gauge",
                 "Attempts at queued writes under way.", (double)stats->under_way);
    put_attempts(buf, stats);
}
