/*
 * The word is the only thing that readers without the lock look at; it is written under
 * the lock. Whatever moves the state starts a new epoch, so that a call permitted before
 * an opening cannot close what was opened after it.
 */
#include "policy/breaker.h"

enum { STATE_BITS = 4, EPOCH_SHIFT = 8 };
static const usec active_within = 60 * USEC_S;
static const usec trial_poll = USEC_S; /* when all trials are taken */

#define RULE(field) offsetof(struct breaker_rule, field)

static const struct bind_row rule_rows[] = {
    {.name = "failures",
     .kind = BIND_UINT,
     .offset = RULE(failures),
     .min = 1,
     .max = 1000,
     .doc = "Failures in a row that open it; 5."},
    {.name = "open",
     .kind = BIND_DURATION,
     .offset = RULE(open),
     .min = 0.05,
     .max = 3600,
     .doc = "How long it stays open before the first trial; 30s. Jitter of up to a tenth "
            "is added."},
    {.name = "open_max",
     .kind = BIND_DURATION,
     .offset = RULE(open_max),
     .min = 0.05,
     .max = 86400,
     .doc = "The longest open time: it doubles with each failed trial; 2m."},
    {.name = "trials",
     .kind = BIND_UINT,
     .offset = RULE(trials),
     .min = 1,
     .max = 100,
     .doc = "Trial calls at once while it is half open; 2."},
    {.name = "successes",
     .kind = BIND_UINT,
     .offset = RULE(successes),
     .min = 1,
     .max = 100,
     .doc = "Good trials that close it; 2."},
    {.name = "window",
     .kind = BIND_DURATION,
     .offset = RULE(window),
     .min = 10,
     .max = 60,
     .doc = "The sliding window over which shares are counted; 30s."},
    {.name = "calls_min",
     .kind = BIND_UINT,
     .offset = RULE(calls_min),
     .min = 1,
     .max = 100000,
     .doc = "Calls in the window before a share counts; 20."},
    {.name = "failure_share",
     .kind = BIND_NUMBER,
     .offset = RULE(failure_share),
     .min = 0,
     .max = 1,
     .doc = "Share of failures in the window that opens it; 0 = not used."},
    {.name = "slow_share",
     .kind = BIND_NUMBER,
     .offset = RULE(slow_share),
     .min = 0,
     .max = 1,
     .doc = "Share of slow calls in the window that opens it; 0 = not used."},
    {.name = "slow",
     .kind = BIND_DURATION,
     .offset = RULE(slow),
     .min = 0.01,
     .max = 600,
     .doc = "A call that takes longer is slow; 2s."},
};

static void init_rule(void *obj)
{
    *(struct breaker_rule *)obj = (struct breaker_rule){
        .failures = 5,
        .open = 30 * USEC_S,
        .open_max = 120 * USEC_S,
        .trials = 2,
        .successes = 2,
        .window = 30 * USEC_S,
        .calls_min = 20,
        .slow = 2 * USEC_S,
    };
}

static void finish_rule(struct binder *binder, void *obj)
{
    const struct breaker_rule *rule = obj;
    if (rule->open_max < rule->open)
        bind_fault_at(binder, STR("open_max"), "is shorter than open.");
}

const struct bind_table breaker_table = {
    .name = "breaker block",
    .rows = rule_rows,
    .n = COUNT_OF(rule_rows),
    .bytes = sizeof(struct breaker_rule),
    .init = init_rule,
    .finish = finish_rule,
};

/* --- the word --- */

static uint64_t load(const struct breaker *breaker)
{
    return atomic_load_explicit(&breaker->word, memory_order_acquire);
}

static enum breaker_state state_of(uint64_t word)
{
    return (enum breaker_state)(word & ((1 << STATE_BITS) - 1));
}

static enum breaker_force force_of(uint64_t word)
{
    return (enum breaker_force)(word >> STATE_BITS & ((1 << STATE_BITS) - 1));
}

static uint64_t epoch_of(uint64_t word)
{
    return word >> EPOCH_SHIFT;
}

/* A new epoch in `state`. With the lock. */
static void move(struct breaker *breaker, enum breaker_state state,
                 enum breaker_force force, usec now)
{
    uint64_t word = (epoch_of(load(breaker)) + 1) << EPOCH_SHIFT |
                    (uint64_t)force << STATE_BITS | state;
    breaker->trials = breaker->successes = 0;
    breaker->since = now;
    atomic_store_explicit(&breaker->word, word, memory_order_release);
}

void breaker_init(struct breaker *breaker, bool shared)
{
    *breaker = (struct breaker){.shared = shared};
    CHECK(pthread_mutex_init(&breaker->lock, NULL) == 0);
}

void breaker_fini(struct breaker *breaker)
{
    pthread_mutex_destroy(&breaker->lock);
}

/* --- asking --- */

static struct breaker_permit permit_of(uint64_t word, enum breaker_answer answer,
                                       usec retry_in)
{
    return (struct breaker_permit){answer, epoch_of(word), retry_in};
}

/* With the lock; the state is OPEN or HALF_OPEN. */
static struct breaker_permit ask_for_trial(struct breaker *breaker,
                                           const struct breaker_rule *rule, usec now)
{
    if (state_of(load(breaker)) == BREAKER_OPEN) {
        if (now < breaker->open_until)
            return permit_of(load(breaker), BREAKER_REFUSE, breaker->open_until - now);
        move(breaker, BREAKER_HALF_OPEN, BREAKER_FREE, now);
    }
    if (breaker->trials >= rule->trials)
        return permit_of(load(breaker), BREAKER_REFUSE, trial_poll);
    breaker->trials++;
    return permit_of(load(breaker), BREAKER_TRIAL, 0);
}

struct breaker_permit breaker_ask(struct breaker *breaker,
                                  const struct breaker_rule *rule, usec now)
{
    uint64_t word = load(breaker);
    if (force_of(word) == BREAKER_FORCED_CLOSED)
        return permit_of(word, BREAKER_ALLOW, 0);
    if (force_of(word) == BREAKER_FORCED_OPEN)
        return permit_of(word, BREAKER_REFUSE, rule->open);
    if (state_of(word) == BREAKER_CLOSED)
        return permit_of(word, BREAKER_ALLOW, 0);
    pthread_mutex_lock(&breaker->lock);
    struct breaker_permit permit = state_of(load(breaker)) == BREAKER_CLOSED
                                       ? permit_of(load(breaker), BREAKER_ALLOW, 0)
                                       : ask_for_trial(breaker, rule, now);
    pthread_mutex_unlock(&breaker->lock);
    return permit;
}

/* --- noting --- */

static uint64_t seen_account(const struct breaker *breaker, int i)
{
    return atomic_load_explicit(&breaker->seen[i].account, memory_order_relaxed);
}

static usec seen_at(const struct breaker *breaker, int i)
{
    return atomic_load_explicit(&breaker->seen[i].at, memory_order_relaxed);
}

/* Remembers the two accounts that were active last. With the lock. */
static void note_active(struct breaker *breaker, uint64_t account, usec now)
{
    int at = seen_at(breaker, 0) <= seen_at(breaker, 1) ? 0 : 1;
    for (int i = 0; i < 2; i++)
        if (seen_account(breaker, i) == account)
            at = i;
    atomic_store_explicit(&breaker->seen[at].account, account, memory_order_relaxed);
    atomic_store_explicit(&breaker->seen[at].at, now, memory_order_relaxed);
}

static bool several_active(const struct breaker *breaker, usec now)
{
    for (int i = 0; i < 2; i++)
        if (seen_account(breaker, i) == 0 || now - seen_at(breaker, i) > active_within)
            return false;
    return true;
}

static bool seen_lately(const struct breaker *breaker, uint64_t account, usec now)
{
    for (int i = 0; i < 2; i++)
        if (seen_account(breaker, i) == account && now - seen_at(breaker, i) < USEC_S)
            return true;
    return false;
}

static void note_failed(struct breaker *breaker, const struct breaker_result *result)
{
    uint64_t *failed = breaker->failed_accounts;
    if (failed[0] == 0)
        failed[0] = result->account;
    else if (failed[0] != result->account && failed[1] == 0)
        failed[1] = result->account;
    if (result->probe && failed[1] == 0)
        failed[1] = ~failed[0];
}

static struct breaker_bucket *bucket_at(struct breaker *breaker,
                                        const struct breaker_rule *rule, usec now)
{
    int64_t slot = now / (rule->window / BREAKER_BUCKETS);
    struct breaker_bucket *bucket = &breaker->buckets[slot % BREAKER_BUCKETS];
    if (bucket->slot != slot)
        *bucket = (struct breaker_bucket){.slot = slot};
    return bucket;
}

static bool uses_window(const struct breaker_rule *rule)
{
    return rule->failure_share > 0 || rule->slow_share > 0;
}

static void note_window(struct breaker *breaker, const struct breaker_rule *rule,
                        const struct breaker_result *result, usec now)
{
    struct breaker_bucket *bucket = bucket_at(breaker, rule, now);
    bucket->calls++;
    bucket->failures += result->effect == BREAKER_FAILURE;
    bucket->slow += result->took > rule->slow;
}

static bool window_is_bad(struct breaker *breaker, const struct breaker_rule *rule,
                          usec now)
{
    int64_t newest = now / (rule->window / BREAKER_BUCKETS);
    struct breaker_bucket sum = {0};
    for (int i = 0; i < BREAKER_BUCKETS; i++) {
        const struct breaker_bucket *bucket = &breaker->buckets[i];
        if (bucket->slot > newest || newest - bucket->slot >= BREAKER_BUCKETS)
            continue; /* old, or counted under a rule with another window */
        sum.calls += bucket->calls;
        sum.failures += bucket->failures;
        sum.slow += bucket->slow;
    }
    if (sum.calls < rule->calls_min)
        return false;
    double calls = sum.calls;
    return (rule->failure_share > 0 && sum.failures >= rule->failure_share * calls) ||
           (rule->slow_share > 0 && sum.slow >= rule->slow_share * calls);
}

static enum breaker_event open_breaker(struct breaker *breaker,
                                       const struct breaker_rule *rule, double chance,
                                       usec now)
{
    usec open = rule->open;
    for (uint32_t i = 0; i < breaker->opened_in_a_row && open < rule->open_max; i++)
        open *= 2;
    open = usec_min(open, rule->open_max);
    breaker->opened_in_a_row++;
    breaker->open_until = now + open + (usec)((double)open * chance / 10);
    move(breaker, BREAKER_OPEN, BREAKER_FREE, now);
    return BREAKER_EVENT_OPENED;
}

static enum breaker_event close_breaker(struct breaker *breaker, usec now)
{
    breaker->opened_in_a_row = 0;
    breaker->failed_accounts[0] = breaker->failed_accounts[1] = 0;
    memset(breaker->buckets, 0, sizeof(breaker->buckets));
    atomic_store_explicit(&breaker->failures, 0, memory_order_relaxed);
    move(breaker, BREAKER_CLOSED, BREAKER_FREE, now);
    return BREAKER_EVENT_CLOSED;
}

static bool may_open(const struct breaker *breaker, usec now)
{
    if (!atomic_load_explicit(&breaker->shared, memory_order_relaxed))
        return true;
    return !several_active(breaker, now) || breaker->failed_accounts[1] != 0;
}

/* CLOSED, with the lock. */
static enum breaker_event note_closed(struct breaker *breaker,
                                      const struct breaker_rule *rule,
                                      const struct breaker_result *result, usec now)
{
    uint32_t failures = atomic_load_explicit(&breaker->failures, memory_order_relaxed);
    if (result->effect == BREAKER_SUCCESS) {
        failures = 0;
        breaker->failed_accounts[0] = breaker->failed_accounts[1] = 0;
    } else {
        failures++;
    }
    atomic_store_explicit(&breaker->failures, failures, memory_order_relaxed);
    bool bad = failures >= rule->failures ||
               (uses_window(rule) && window_is_bad(breaker, rule, now));
    if (bad && may_open(breaker, now))
        return open_breaker(breaker, rule, result->chance, now);
    return BREAKER_EVENT_NONE;
}

/* HALF_OPEN, with the lock. */
static enum breaker_event note_trial(struct breaker *breaker,
                                     const struct breaker_rule *rule,
                                     const struct breaker_result *result, usec now)
{
    if (breaker->trials)
        breaker->trials--;
    if (result->effect == BREAKER_FAILURE)
        return open_breaker(breaker, rule, result->chance, now);
    if (result->effect == BREAKER_NEUTRAL || ++breaker->successes < rule->successes)
        return BREAKER_EVENT_NONE;
    return close_breaker(breaker, now);
}

static void keep_last_failure(struct breaker *breaker,
                              const struct breaker_result *result, usec now)
{
    size_t n = result->error.n < BREAKER_TEXT_BYTES - 1 ? result->error.n
                                                        : BREAKER_TEXT_BYTES - 1;
    if (n)
        memcpy(breaker->last_error, result->error.p, n);
    breaker->last_error[n] = 0;
    breaker->last_status = result->status;
    breaker->last_failure = now;
}

static enum breaker_event note_locked(struct breaker *breaker,
                                      const struct breaker_rule *rule,
                                      const struct breaker_permit *permit,
                                      const struct breaker_result *result, usec now)
{
    uint64_t word = load(breaker);
    note_active(breaker, result->account, now);
    if (result->effect == BREAKER_FAILURE)
        keep_last_failure(breaker, result, now);
    if (epoch_of(word) != permit->epoch || force_of(word) != BREAKER_FREE)
        return BREAKER_EVENT_NONE;
    if (result->effect == BREAKER_FAILURE)
        note_failed(breaker, result);
    if (state_of(word) == BREAKER_HALF_OPEN)
        return note_trial(breaker, rule, result, now);
    if (result->effect == BREAKER_NEUTRAL)
        return BREAKER_EVENT_NONE;
    if (uses_window(rule))
        note_window(breaker, rule, result, now);
    return note_closed(breaker, rule, result, now);
}

/* A success that changes nothing: the breaker is closed, nothing has failed since the
 * last one, no window is kept, and the account is known to be active. */
static bool changes_nothing(struct breaker *breaker, const struct breaker_rule *rule,
                            const struct breaker_result *result, usec now)
{
    return result->effect == BREAKER_SUCCESS && !uses_window(rule) &&
           seen_lately(breaker, result->account, now) &&
           state_of(load(breaker)) == BREAKER_CLOSED &&
           atomic_load_explicit(&breaker->failures, memory_order_relaxed) == 0;
}

enum breaker_event breaker_note(struct breaker *breaker, const struct breaker_rule *rule,
                                const struct breaker_permit *permit,
                                const struct breaker_result *result, usec now)
{
    CHECK(result->account != 0);
    if (changes_nothing(breaker, rule, result, now))
        return BREAKER_EVENT_NONE;
    pthread_mutex_lock(&breaker->lock);
    enum breaker_event event = note_locked(breaker, rule, permit, result, now);
    pthread_mutex_unlock(&breaker->lock);
    return event;
}

/* --- by hand, and looking --- */

void breaker_force(struct breaker *breaker, enum breaker_force force, usec now)
{
    pthread_mutex_lock(&breaker->lock);
    if (force == BREAKER_FREE)
        close_breaker(breaker, now);
    else
        move(breaker, force == BREAKER_FORCED_OPEN ? BREAKER_OPEN : BREAKER_CLOSED, force,
             now);
    pthread_mutex_unlock(&breaker->lock);
}

void breaker_view(struct breaker *breaker, usec now, struct breaker_view *ret_view)
{
    pthread_mutex_lock(&breaker->lock);
    uint64_t word = load(breaker);
    *ret_view = (struct breaker_view){
        .state = state_of(word),
        .force = force_of(word),
        .failures = atomic_load_explicit(&breaker->failures, memory_order_relaxed),
        .since = breaker->since,
        .last_status = breaker->last_status,
        .last_failure = breaker->last_failure,
    };
    if (ret_view->state == BREAKER_OPEN && ret_view->force == BREAKER_FREE)
        ret_view->retry_in = usec_max(breaker->open_until - now, 0);
    memcpy(ret_view->last_error, breaker->last_error, sizeof(breaker->last_error));
    pthread_mutex_unlock(&breaker->lock);
}

bool breaker_at_rest(struct breaker *breaker)
{
    uint64_t word = load(breaker);
    return state_of(word) == BREAKER_CLOSED && force_of(word) == BREAKER_FREE &&
           atomic_load_explicit(&breaker->failures, memory_order_relaxed) == 0;
}

str breaker_state_word(enum breaker_state state)
{
    static const char *const words[] = {"closed", "open", "half_open"};
    return str_z(words[state]);
}
