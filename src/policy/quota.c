#include "policy/quota.h"

#include "base/encode.h"
#include "http/field.h"

void quota_init(struct quota *quota)
{
    *quota = (struct quota){0};
    CHECK(pthread_spin_init(&quota->lock, PTHREAD_PROCESS_PRIVATE) == 0);
}

void quota_fini(struct quota *quota)
{
    pthread_spin_destroy(&quota->lock);
}

static struct quota_window *find_window(struct quota *quota, str name)
{
    if (name.n > QUOTA_NAME_BYTES)
        name.n = QUOTA_NAME_BYTES;
    for (uint32_t i = 0; i < quota->n; i++)
        if (str_eq(str_of(quota->windows[i].name, quota->windows[i].name_n), name))
            return &quota->windows[i];
    if (quota->n == QUOTA_WINDOWS_MAX)
        return NULL;
    struct quota_window *window = &quota->windows[quota->n++];
    window->name_n = (uint8_t)name.n;
    memcpy(window->name, name.p, window->name_n);
    return window;
}

static void note_window(struct quota *quota, const struct window_state *state, usec now)
{
    struct quota_window *window = find_window(quota, state->name);
    if (!window)
        return;
    window->limit = state->limit;
    window->remaining = state->remaining;
    window->window = state->window;
    window->reset_at = state->reset < 0 ? -1 : now + state->reset;
    if (window->reset_at < 0 && state->window >= 0)
        window->reset_at = now + state->window; /* at the latest */
}

static usec backoff(const struct throttle_rule *rule, uint32_t in_a_row, double chance)
{
    usec wait = rule->backoff_base;
    for (uint32_t i = 0; i < in_a_row && wait < rule->backoff_max; i++)
        wait *= 2;
    return usec_min(wait, rule->backoff_max) +
           (usec)((double)rule->backoff_base * chance);
}

usec quota_note(struct quota *quota, const struct throttle_rule *rule,
                const struct throttle *throttle, usec now, double chance)
{
    usec wait = 0;
    if (!throttle->throttled && throttle->n == 0 && quota->in_a_row == 0)
        return 0;
    pthread_spin_lock(&quota->lock);
    for (uint32_t i = 0; i < throttle->n; i++)
        note_window(quota, &throttle->windows[i], now);
    if (throttle->throttled) {
        wait =
            throttle->wait >= 0 ? throttle->wait : backoff(rule, quota->in_a_row, chance);
        quota->in_a_row++;
        quota->throttled_until = usec_max(quota->throttled_until, now + wait);
    } else {
        quota->in_a_row = 0;
    }
    pthread_spin_unlock(&quota->lock);
    return wait;
}

usec quota_wait(struct quota *quota, usec now)
{
    pthread_spin_lock(&quota->lock);
    usec until = quota->throttled_until;
    pthread_spin_unlock(&quota->lock);
    return usec_max(until - now, 0);
}

static bool is_current(const struct quota_window *window, usec now)
{
    return window->reset_at < 0 || window->reset_at > now;
}

static double share_of(double limit, double remaining)
{
    return limit > 0 && remaining >= 0 ? remaining / limit : 1;
}

double quota_share(struct quota *quota, usec now)
{
    double least = 1;
    pthread_spin_lock(&quota->lock);
    for (uint32_t i = 0; i < quota->n; i++) {
        double share = share_of(quota->windows[i].limit, quota->windows[i].remaining);
        if (is_current(&quota->windows[i], now) && share < least)
            least = share;
    }
    pthread_spin_unlock(&quota->lock);
    return least;
}

uint32_t quota_windows(struct quota *quota, usec now,
                       struct quota_window ret[QUOTA_WINDOWS_MAX])
{
    uint32_t n = 0;
    pthread_spin_lock(&quota->lock);
    for (uint32_t i = 0; i < quota->n; i++)
        if (is_current(&quota->windows[i], now))
            ret[n++] = quota->windows[i];
    pthread_spin_unlock(&quota->lock);
    return n;
}

static const struct window_state *tightest(const struct throttle *throttle)
{
    const struct window_state *least = NULL;
    for (uint32_t i = 0; i < throttle->n; i++) {
        const struct window_state *state = &throttle->windows[i];
        if (state->remaining < 0)
            continue;
        if (!least || share_of(state->limit, state->remaining) <
                          share_of(least->limit, least->remaining))
            least = state;
    }
    return least;
}

/* A count as a structured field can say it (RFC 9651 §3.3.1); −1: not known. */
static int64_t whole(double value)
{
    const int64_t most = 999999999999999;
    if (value >= (double)most)
        return most;
    return value < 0 ? -1 : (int64_t)value;
}

static void add_triple(const struct window_state *state, struct headers *headers)
{
    if (state->limit >= 0)
        header_add_int(headers, HEADER_RATELIMIT_LIMIT, whole(state->limit));
    header_add_int(headers, HEADER_RATELIMIT_REMAINING, whole(state->remaining));
    if (state->reset >= 0)
        header_add_int(headers, HEADER_RATELIMIT_RESET, usec_ceil_s(state->reset));
}

static str param(struct arena *arena, str key, int64_t value)
{
    if (value < 0)
        return STR("");
    char *text = arena_bytes(arena, key.n + 24);
    memcpy(text, key.p, key.n);
    return str_of(text, key.n + encode_decimal(value, text + key.n));
}

static str append(struct arena *arena, str list, const struct window_state *state,
                  str first, str second)
{
    str parts[] = {list, list.n ? STR(", ") : STR(""), field_string(arena, state->name),
                   first, second};
    return arena_join(arena, parts, COUNT_OF(parts));
}

void quota_headers(const struct throttle *throttle, struct headers *headers)
{
    struct arena *arena = headers->arena;
    const struct window_state *least = tightest(throttle);
    str policies = STR(""), limits = STR("");
    if (least)
        add_triple(least, headers);
    for (uint32_t i = 0; i < throttle->n; i++) {
        const struct window_state *state = &throttle->windows[i];
        if (state->limit >= 0)
            policies = append(arena, policies, state,
                              param(arena, STR(";q="), whole(state->limit)),
                              param(arena, STR(";w="),
                                    state->window < 0 ? -1 : usec_ceil_s(state->window)));
        if (state->remaining >= 0)
            limits = append(arena, limits, state,
                            param(arena, STR(";r="), whole(state->remaining)),
                            param(arena, STR(";t="),
                                  state->reset < 0 ? -1 : usec_ceil_s(state->reset)));
    }
    if (policies.n)
        header_add(headers, HEADER_RATELIMIT_POLICY, policies);
    if (limits.n)
        header_add(headers, HEADER_RATELIMIT, limits);
}
