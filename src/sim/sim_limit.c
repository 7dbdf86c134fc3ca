#include "sim/sim_limit.h"

#include "base/mem.h"

/* The calls of one token. */
struct tally {
    str token;
    usec since;   /* FIXED: start of the window; BUCKET: when `level` was true */
    double level; /* calls in the window, or in the bucket */
    char bytes[];
};

void sim_limit_init(struct sim_limit *limit, uint32_t calls, usec window,
                    enum sim_window kind)
{
    *limit = (struct sim_limit){.calls = calls, .window = window, .kind = kind};
    map_init(&limit->tokens);
}

void sim_limit_clear(struct sim_limit *limit)
{
    size_t at = 0;
    for (void *tally; (tally = map_next(&limit->tokens, &at));)
        mem_free(tally);
    map_fini(&limit->tokens);
}

void sim_limit_fini(struct sim_limit *limit)
{
    sim_limit_clear(limit);
}

static struct tally *get_tally(struct sim_limit *limit, str token, usec now)
{
    struct tally *tally = map_find(&limit->tokens, token);
    if (tally)
        return tally;
    if (limit->tokens.n >= SIM_LIMIT_TOKENS_MAX)
        sim_limit_clear(limit);
    tally = mem_alloc(sizeof(*tally) + token.n);
    *tally = (struct tally){.token = str_of(tally->bytes, token.n), .since = now};
    if (token.n)
        memcpy(tally->bytes, token.p, token.n);
    map_put(&limit->tokens, tally->token, tally);
    return tally;
}

/* Brings a tally to the present. */
static void age(const struct sim_limit *limit, struct tally *tally, usec now)
{
    double part = (double)(now - tally->since) / (double)limit->window;
    if (limit->kind == SIM_WINDOW_FIXED) {
        if (now - tally->since >= limit->window) {
            tally->since = now;
            tally->level = 0;
        }
        return;
    }
    tally->level -= part * limit->calls;
    if (tally->level < 0)
        tally->level = 0;
    tally->since = now;
}

/* Time until the window ends; of a bucket, until it has room again or is empty. */
static usec reset_in(const struct sim_limit *limit, const struct tally *tally, bool fits,
                     usec now)
{
    if (limit->kind == SIM_WINDOW_FIXED)
        return tally->since + limit->window - now;
    double over = fits ? tally->level : tally->level + 1 - limit->calls;
    return (usec)(over / limit->calls * (double)limit->window);
}

bool sim_limit_take(struct sim_limit *limit, str token, usec now,
                    struct sim_quota *ret_quota)
{
    struct tally *tally = get_tally(limit, token, now);
    age(limit, tally, now);
    bool fits = tally->level + 1 <= limit->calls;
    if (fits)
        tally->level += 1;
    uint32_t used = (uint32_t)tally->level;
    used += (double)used < tally->level; /* a bucket's part of a call counts */
    *ret_quota =
        (struct sim_quota){limit->calls, used < limit->calls ? used : limit->calls,
                           reset_in(limit, tally, fits, now)};
    return fits;
}
