#include "groups.h"
#include "lodge.h"

#include <stdlib.h>

/*
 * Days of false time, by seed: a few accounts, one process or two, a vendor in changing
 * weather, people who revoke and connect again, clocks that jump, a store that takes
 * nothing for a while, and processes that are killed. After each step:
 *
 *   - no grant has two exchanges under way;
 *   - no used refresh token has come again, unless the one after it has reached nobody;
 *   - no process has an older token than it, or one that was killed before, had;
 *   - nobody waits for longer than a lease and two exchanges may take;
 *   - an account needs a person only if one has revoked it, or a rotation was lost, and
 *     the latter is said;
 *   - a key that nothing renews is given up only if the vendor has refused it.
 *
 * And a day after the weather has cleared every account works that can, with its context.
 *
 * BREAKWATER_SIM_SEEDS says how many seeds are run, BREAKWATER_SIM_FIRST the first. A
 * failing one is printed; it is then a test of its own.
 */

enum {
    SEEDS = 100,
    STEPS = 60,
    ACCOUNTS_MAX = 3,
    ASKERS = 24,
};

/* Two exchanges, a lease of somebody dead, and a poll. */
static const usec patience = 4 * USEC_MIN;

struct tenant {
    str id;
    unsigned grant;
    bool revoked;                     /* by a person */
    unsigned newest[LODGE_PROCESSES]; /* token, of the present grant */
    unsigned newest_of_all;           /* that any process has had */
    unsigned grant_in[LODGE_PROCESSES];
};

enum weather { FAIR, MIXED, DOWN, WRONG_SECRET, WEATHERS };

struct days {
    struct lodge *lodge;
    uint64_t seed, chance;
    unsigned processes;
    unsigned tenant_n;
    struct tenant tenants[ACCOUNTS_MAX];
    unsigned grants; /* handed out so far */
    enum weather weather;
    bool no_store;
    usec store_back;
    struct asker askers[ASKERS];
    str key;          /* an account whose token nothing renews */
    bool key_refused; /* by the vendor, */
    bool key_was;     /* now or before */
};

static uint64_t seed_now;

static size_t below(struct days *days, size_t n)
{
    return unit_below(&days->chance, n);
}

static bool one_in(struct days *days, size_t n)
{
    return below(days, n) == 0;
}

/* From `least` to `most`, each order of magnitude as often. */
static usec span(struct days *days, usec least, usec most)
{
    usec value = least;
    while (value < most && !one_in(days, 4))
        value = value * 2 + (usec)below(days, (size_t)value);
    return usec_min(value, most);
}

/* --- the vendor --- */

static enum mint_fate choose(struct mint *mint, unsigned grant)
{
    struct days *days = mint->owner;
    (void)grant;
    static const enum mint_fate down[] = {MINT_DOWN,    MINT_UNREACHABLE, MINT_HANGS,
                                          MINT_GARBAGE, MINT_LIMITED,     MINT_BROKEN};
    switch (days->weather) {
    case DOWN:
        return down[below(days, COUNT_OF(down))];
    case WRONG_SECRET:
        return MINT_WRONG_CLIENT;
    case MIXED:
        if (one_in(days, 2))
            return (enum mint_fate)below(days, MINT_FATES);
        return MINT_GOOD;
    case FAIR:
    case WEATHERS:
        break;
    }
    return MINT_GOOD;
}

/* --- what must hold --- */

#define HOLDS(days, cond, ...)                                                           \
    do {                                                                                 \
        if (!(cond)) {                                                                   \
            print_error("seed %llu: ", (unsigned long long)(days)->seed);                \
            print_error(__VA_ARGS__);                                                    \
            fail_msg(" (%s)", #cond);                                                    \
        }                                                                                \
    } while (0)

static struct mint_grant *grant_of(struct days *days, const struct tenant *tenant)
{
    return &days->lodge->mint.grants[tenant->grant];
}

static void check_grant(struct days *days, const struct tenant *tenant)
{
    const struct mint_grant *grant = grant_of(days, tenant);
    HOLDS(days, grant->peak <= 1, "two exchanges of grant %u at once", tenant->grant);
    HOLDS(days, !grant->reused, "a used token of grant %u came again", tenant->grant);
}

static void check_token(struct days *days, struct tenant *tenant, unsigned at)
{
    unsigned grant, number;
    str token = lodge_token(days->lodge, at, tenant->id);
    HOLDS(days, mint_read(token, 'a', &grant, &number), "a token that nobody gave");
    if (grant != tenant->grant_in[at])
        tenant->newest[at] = 0;
    HOLDS(days, grant >= tenant->grant_in[at], "an older login in process %u", at);
    HOLDS(days, number >= tenant->newest[at], "an older token in process %u", at);
    tenant->grant_in[at] = grant;
    tenant->newest[at] = number;
    if (grant == tenant->grant && number > tenant->newest_of_all)
        tenant->newest_of_all = number;
}

/* Nothing tells a process what the other has stored, until it asks. */
static bool is_behind(struct days *days, const struct tenant *tenant)
{
    uint64_t versions[LODGE_PROCESSES] = {0};
    for (unsigned i = 0; i < days->processes; i++) {
        struct account *account = lodge_find(days->lodge, i, tenant->id);
        versions[i] = account->credential_version;
        account_unref(&account);
    }
    return versions[0] < versions[1];
}

static void check_state(struct days *days, const struct tenant *tenant)
{
    const struct mint_grant *grant = grant_of(days, tenant);
    if (is_behind(days, tenant))
        return;
    if (lodge_state(days->lodge, tenant->id) != ACCOUNT_NEEDS_REAUTH)
        return;
    HOLDS(days, tenant->revoked || grant->lost,
          "grant %u needs a person, and nothing was revoked or lost", tenant->grant);
    HOLDS(days,
          tenant->revoked || grant->spoiled ||
              str_starts(lodge_reason(days->lodge, tenant->id), STR("rotation_lost: ")),
          "the lost rotation of grant %u is not said", tenant->grant);
}

static void check_key(struct days *days)
{
    HOLDS(days,
          days->key_was || lodge_state(days->lodge, days->key) != ACCOUNT_NEEDS_REAUTH,
          "a key that the vendor takes was given up");
}

static void check_askers(struct days *days)
{
    usec now = lodge_now(days->lodge);
    for (unsigned i = 0; i < ASKERS; i++) {
        const struct asker *asker = &days->askers[i];
        if (!asker->wait || days->no_store)
            continue;
        usec since = usec_max(asker->asked, days->store_back);
        HOLDS(days, now - since < patience, "somebody waits since %lld s",
              (long long)((now - asker->asked) / USEC_S));
    }
}

static void check(struct days *days)
{
    for (unsigned i = 0; i < days->tenant_n; i++) {
        check_grant(days, &days->tenants[i]);
        check_state(days, &days->tenants[i]);
        for (unsigned k = 0; k < days->processes; k++)
            check_token(days, &days->tenants[i], k);
    }
    check_askers(days);
    check_key(days);
}

/* --- what happens --- */

/* What a process has of the vendor and the store has not may be lost, or asked for anew
 * by another process. */
static void note_unstored(struct days *days)
{
    for (unsigned i = 0; i < days->tenant_n; i++) {
        unsigned grant, number;
        struct tenant *tenant = &days->tenants[i];
        str token = lodge_refresh_token(days->lodge, tenant->id);
        if (mint_read(token, 'r', &grant, &number) && grant == tenant->grant &&
            number < grant_of(days, tenant)->generation)
            grant_of(days, tenant)->lost = true;
    }
}

/* In steps, so that whatever holds is looked at on the way. */
static void pass(struct days *days, usec duration)
{
    while (duration > 0) {
        usec part = usec_min(duration, one_in(days, 3) ? USEC_MIN : 10 * USEC_MIN);
        lodge_run(days->lodge, part);
        duration -= part;
        if (days->no_store)
            note_unstored(days);
        check_askers(days);
    }
}

static void step_time(struct days *days)
{
    pass(days, span(days, 10 * USEC_MS, 5 * USEC_H));
}

static void step_ask(struct days *days)
{
    struct tenant *tenant = &days->tenants[below(days, days->tenant_n)];
    unsigned at = (unsigned)below(days, days->processes);
    for (unsigned i = 0; i < ASKERS; i++) {
        struct asker *asker = &days->askers[i];
        if (asker->wait)
            continue;
        struct account *account = lodge_find(days->lodge, at, tenant->id);
        uint64_t version = account->credential_version;
        account_unref(&account);
        bool refused =
            !mint_takes(&days->lodge->mint, lodge_token(days->lodge, at, tenant->id));
        lodge_ask(days->lodge, at, tenant->id, refused && one_in(days, 2) ? version : 0,
                  asker);
        return;
    }
}

static void step_jump(struct days *days)
{
    usec jump = span(days, USEC_S, 400 * 24 * USEC_H);
    false_world_jump(&days->lodge->world, one_in(days, 2) ? jump : -jump);
}

static struct vendor_answer answer_in(struct days *days)
{
    const struct vendor_answer *const answers[] = {&vendor_trouble, &vendor_away,
                                                   &vendor_limits, &vendor_forbids};
    if (days->weather == DOWN || (days->weather == MIXED && one_in(days, 2)))
        return *answers[below(days, COUNT_OF(answers))];
    return vendor_yes;
}

static void step_weather(struct days *days)
{
    struct vendor_api *api = &days->lodge->mint.api;
    days->weather = one_in(days, 2) ? FAIR : (enum weather)below(days, WEATHERS);
    for (unsigned i = 0; i < VENDOR_PLACES; i++)
        api->answers[i] = answer_in(days);
}

static bool takes_key(void *arg, str token)
{
    const struct days *days = arg;
    (void)token;
    return !days->key_refused;
}

static void step_key(struct days *days)
{
    unsigned at = (unsigned)below(days, days->processes);
    if (one_in(days, 3))
        days->key_refused = !days->key_refused;
    days->key_was = days->key_was || days->key_refused;
    if (one_in(days, 4))
        lodge_hurry(days->lodge, at, days->key);
    else
        lodge_suspect(days->lodge, at, days->key);
}

static void step_revoke(struct days *days)
{
    struct tenant *tenant = &days->tenants[below(days, days->tenant_n)];
    if (!one_in(days, 4))
        return;
    mint_revoke(&days->lodge->mint, tenant->grant);
    tenant->revoked = true;
}

static void connect(struct days *days, struct tenant *tenant)
{
    char token[32], refresh_token[32];
    tenant->grant = ++days->grants;
    tenant->revoked = false;
    tenant->newest_of_all = 0;
    grant_of(days, tenant)->before = one_in(days, 4) ? 1 : 0;
    snprintf(token, sizeof(token), "a%u.0", tenant->grant);
    snprintf(refresh_token, sizeof(refresh_token), "r%u.0", tenant->grant);
    lodge_put(days->lodge, tenant->id, token, refresh_token);
}

static void step_connect(struct days *days)
{
    struct tenant *tenant = &days->tenants[below(days, days->tenant_n)];
    if (days->no_store || days->grants + 2 >= MINT_GRANTS_MAX)
        return;
    if (lodge_state(days->lodge, tenant->id) == ACCOUNT_NEEDS_REAUTH || one_in(days, 6))
        connect(days, tenant);
}

/* What was handed out before is there after: it was on disk. */
static void check_reopened(struct days *days, unsigned at)
{
    for (unsigned i = 0; i < days->tenant_n; i++) {
        struct tenant *tenant = &days->tenants[i];
        check_token(days, tenant, at);
        HOLDS(days,
              tenant->grant_in[at] == tenant->grant &&
                  tenant->newest[at] >= tenant->newest_of_all,
              "process %u has lost a token of grant %u", at, tenant->grant);
    }
}

static void step_crash(struct days *days)
{
    unsigned at = (unsigned)below(days, days->processes);
    days->lodge->mint.acts_when_cut = one_in(days, 2);
    lodge_crash(days->lodge, at);
    lodge_run(days->lodge, span(days, 10 * USEC_MS, 20 * USEC_MIN));
    lodge_open(days->lodge, at);
    if (days->no_store)
        note_unstored(days);
    check_reopened(days, at);
}

static void step_store(struct days *days)
{
    if (!days->no_store && !one_in(days, 3))
        return;
    lodge_sql(days->lodge, days->no_store
                               ? "DROP TRIGGER no_store"
                               : "CREATE TRIGGER no_store BEFORE INSERT ON credential "
                                 "BEGIN SELECT RAISE(ABORT, 'no'); END");
    note_unstored(days);
    days->no_store = days->lodge->mint.excused = !days->no_store;
    days->store_back = lodge_now(days->lodge);
}

static void step_hurry(struct days *days)
{
    struct tenant *tenant = &days->tenants[below(days, days->tenant_n)];
    unsigned at = (unsigned)below(days, days->processes);
    lodge_hurry(days->lodge, at, tenant->id);
}

static void step(struct days *days)
{
    static void (*const steps[])(struct days *) = {
        step_time,  step_time,    step_time,   step_ask,  step_ask,
        step_ask,   step_weather, step_revoke, step_jump, step_crash,
        step_store, step_connect, step_hurry,  step_key};
    steps[below(days, COUNT_OF(steps))](days);
    check(days);
}

/* --- the whole --- */

static void begin_api(struct days *days)
{
    struct vendor_api *api = &days->lodge->mint.api;
    api->takes_token = takes_key;
    api->arg = days;
    api->takes = span(days, USEC_MS, 40 * USEC_S);
    lodge_auth(days->lodge, "{\"check\":\"/me\",\"context\":[{\"url\":\"/org\","
                            "\"keep\":{\"org\":\"/name\"}}]}");
    days->key = lodge_static_account(days->lodge, ++days->grants);
}

static void begin(struct days *days, uint64_t seed)
{
    static const usec lifetimes[] = {USEC_H, 3 * USEC_H, 12 * USEC_H};
    *days = (struct days){.seed = seed, .chance = seed * 2 + 1};
    days->lodge = lodge_create(seed);
    struct mint *mint = &days->lodge->mint;
    days->processes = 1 + (unsigned)below(days, LODGE_PROCESSES);
    days->tenant_n = 1 + (unsigned)below(days, ACCOUNTS_MAX);
    mint->choose = choose;
    mint->owner = days;
    mint->lifetime = lifetimes[below(days, COUNT_OF(lifetimes))];
    mint->takes = span(days, USEC_MS, 8 * USEC_S);
    mint->forgives = one_in(days, 4);
    mint->keeps = one_in(days, 8);
    begin_api(days);
    for (unsigned i = 0; i < days->tenant_n; i++) {
        struct tenant *tenant = &days->tenants[i];
        tenant->grant = ++days->grants;
        tenant->id = lodge_account(days->lodge, tenant->grant);
    }
    if (days->processes == 1) {
        lodge_crash(days->lodge, 0);
        days->lodge->alone = true;
        lodge_open(days->lodge, 0);
    } else {
        lodge_open(days->lodge, 1);
    }
}

static void check_context(struct days *days, str id)
{
    if (lodge_state(days->lodge, id) != ACCOUNT_NEEDS_REAUTH)
        HOLDS(days, str_eq(lodge_context(days->lodge, 0, id, "org"), STR("Acme")),
              "a context was not filled");
}

static void check_recovered(struct days *days, struct tenant *tenant)
{
    const struct mint_grant *grant = grant_of(days, tenant);
    /* Of a token without a known end, only a call finds out. */
    lodge_call(days->lodge, 0, tenant->id);
    enum account_state state = lodge_state(days->lodge, tenant->id);
    if (grant->revoked) {
        HOLDS(days, state == ACCOUNT_NEEDS_REAUTH, "grant %u is revoked, and nobody says",
              tenant->grant);
        return;
    }
    if (state == ACCOUNT_NEEDS_REAUTH)
        return; /* check_state has looked at why */
    HOLDS(days, state == ACCOUNT_ACTIVE, "grant %u is %s", tenant->grant,
          account_state_words[state]);
    for (unsigned i = 0; i < days->processes; i++)
        HOLDS(days, lodge_call(days->lodge, i, tenant->id),
              "grant %u does not work in process %u", tenant->grant, i);
    HOLDS(days, lodge_facts(days->lodge, tenant->id).failures == 0,
          "grant %u still fails", tenant->grant);
}

/* A day after all is well again, every account works that can. */
static void clear_up(struct days *days)
{
    struct keeper_stats stats;
    days->weather = FAIR;
    days->key_refused = false;
    for (unsigned i = 0; i < VENDOR_PLACES; i++)
        days->lodge->mint.api.answers[i] = vendor_yes;
    if (days->no_store) {
        lodge_sql(days->lodge, "DROP TRIGGER no_store");
        note_unstored(days);
        days->no_store = days->lodge->mint.excused = false;
        days->store_back = lodge_now(days->lodge);
    }
    pass(days, 27 * USEC_H);
    check(days);
    for (unsigned i = 0; i < days->tenant_n; i++)
        check_recovered(days, &days->tenants[i]);
    for (unsigned i = 0; i < days->tenant_n; i++)
        check_context(days, days->tenants[i].id);
    check_context(days, days->key);
    HOLDS(days, lodge_state(days->lodge, days->key) == ACCOUNT_ACTIVE,
          "a key that the vendor takes again is not taken up");
    for (unsigned i = 0; i < days->processes; i++) {
        keeper_stats(days->lodge->processes[i].keeper, &stats);
        HOLDS(days, stats.wards == days->tenant_n + 1 && stats.waiting == 0,
              "process %u keeps %llu wards", i, (unsigned long long)stats.wards);
    }
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void days_of_accidents_lose_nothing_that_can_be_kept(void **state)
{
    static struct days days;
    uint64_t first = setting("BREAKWATER_SIM_FIRST", 1);
    uint64_t n = setting("BREAKWATER_SIM_SEEDS", SEEDS);
    (void)state;
    for (seed_now = first; seed_now < first + n; seed_now++) {
        begin(&days, seed_now);
        for (unsigned i = 0; i < STEPS; i++)
            step(&days);
        clear_up(&days);
        lodge_destroy(&days.lodge);
    }
    seed_now = 0;
}

static int name_seed(void **state)
{
    (void)state;
    if (seed_now)
        print_error("failed with seed %llu\n", (unsigned long long)seed_now);
    return 0;
}

int test_days(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(days_of_accidents_lose_nothing_that_can_be_kept,
                                  name_seed),
    };
    return cmocka_run_group_tests_name("days", tests, NULL, NULL);
}
