#include "watch/watch.h"

#include <math.h>

#include "keeper/keeper.h"

static void put_exchanges(struct buf *buf, const struct keeper_stats *stats)
{
    static const char *const words[] = {[TOKEN_GOOD] = "good",
                                        [TOKEN_REVOKED] = "revoked",
                                        [TOKEN_REFUSED] = "refused",
                                        [TOKEN_TRANSIENT] = "transient"};
    static const char name[] = "breakwater_token_exchanges_total";
    buf_printf(buf,
               "# HELP %s Exchanges at token endpoints, by what came of them.\n"
               "# TYPE %s counter\n",
               name, name);
    for (unsigned i = 0; i < COUNT_OF(words); i++)
        buf_printf(buf, "%s{verdict=\"%s\"} %llu\n", name, words[i],
                   (unsigned long long)stats->exchanges[i]);
}

void watch_tokens(struct buf *buf, const struct keeper_stats *stats)
{
    watch_sample(buf, "breakwater_token_accounts", "gauge",
                 "Accounts with a token that is renewed.",
                 (double)(stats->wards - stats->fixed));
    watch_sample(buf, "breakwater_token_static", "gauge",
                 "Accounts with a token that nothing renews.", (double)stats->fixed);
    watch_sample(buf, "breakwater_token_renewing", "gauge", "Exchanges under way.",
                 (double)stats->under_way);
    watch_sample(buf, "breakwater_token_waiters", "gauge", "Calls that wait for a token.",
                 (double)stats->waiting);
    watch_sample(buf, "breakwater_token_failing", "gauge",
                 "Accounts whose last exchange gave no token.", (double)stats->failing);
    watch_sample(buf, "breakwater_token_ended", "gauge",
                 "Those of them whose token has ended: their calls fail.",
                 (double)stats->ended);
    watch_sample(buf, "breakwater_token_needs_reauth", "gauge",
                 "Accounts with a token that must be connected again.",
                 (double)stats->needs_reauth);
    watch_sample(buf, "breakwater_token_failing_life_seconds", "gauge",
                 "Until the first token of a failing account ends; infinite when none "
                 "does.",
                 stats->life_min == USEC_NEVER ? INFINITY
                                               : (double)stats->life_min / 1e6);
    put_exchanges(buf, stats);
}
