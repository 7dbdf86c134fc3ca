#include "groups.h"
#include "mill.h"

#include <stdlib.h>

/*
 * Days of false time, by seed: accounts of a vendor that sends its records along and of
 * one that sends their ids; events of them in any order, some of them twice; changing
 * weather at the vendor and at the disk, documents that change, accounts that must be
 * connected again, clocks that jump, a store that takes nothing for a while, and
 * processes that end in good order or are killed.
 *
 * Some days after the weather has cleared, of every event that was queued:
 *
 *   - it is done, or dead with a reason, and is still there to be asked;
 *   - it was told once if its row says so, and never twice.
 *
 * And of every record:
 *
 *   - what was told has versions that rise, begins with a creation, and ends with the
 *     newest that its vendor has told of, unless that one is dead;
 *   - what is known of it is what was told last.
 *
 * BREAKWATER_SIM_SEEDS says how many seeds are run, BREAKWATER_SIM_FIRST the first.
 */

enum { SEEDS = 10, STEPS = 60, ACCOUNTS = 4, HOOKS_MAX = 600 };

enum weather { FAIR, MIXED, DOWN, WEATHERS };

struct item {
    int64_t sequence;
    unsigned account, record, version;
    bool removes;
};

struct days {
    struct mill *mill;
    uint64_t seed, chance;
    str accounts[ACCOUNTS];
    struct item items[HOOKS_MAX];
    unsigned n;
    unsigned newest[ACCOUNTS][MILL_RECORDS];
    enum weather weather;
    bool no_store;
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

static bool is_full(unsigned account)
{
    return account % 2 == 0;
}

#define HOLDS(days, cond, ...)                                                           \
    do {                                                                                 \
        if (!(cond)) {                                                                   \
            print_error("seed %llu: ", (unsigned long long)(days)->seed);                \
            print_error(__VA_ARGS__);                                                    \
            fail_msg(" (%s)", #cond);                                                    \
        }                                                                                \
    } while (0)

static enum mill_fate choose(struct mill *mill)
{
    static const enum mill_fate down[] = {MILL_BUSY, MILL_UNREACHABLE, MILL_LOST};
    struct days *days = mill->owner;
    if (days->weather == DOWN)
        return down[below(days, COUNT_OF(down))];
    if (days->weather == MIXED && one_in(days, 2))
        return (enum mill_fate)below(days, MILL_FATES);
    return MILL_GOOD;
}

/* --- what happens --- */

static void step_time(struct days *days)
{
    mill_run(days->mill, span(days, 10 * USEC_MS, 5 * USEC_H));
}

static void step_weather(struct days *days)
{
    days->weather = one_in(days, 2) ? FAIR : (enum weather)below(days, WEATHERS);
    days->mill->no_payloads = one_in(days, 5) ? ERR_JOURNAL_UNAVAILABLE : ERR_NONE;
}

static void step_jump(struct days *days)
{
    usec jump = span(days, one_in(days, 2) ? USEC_S : 2 * USEC_H, 30 * USEC_DAY);
    false_world_jump(&days->mill->world, one_in(days, 2) ? jump : -jump);
}

static void note(struct days *days, const struct item *item)
{
    assert_true(days->n < HOOKS_MAX);
    days->items[days->n++] = *item;
}

/* The versions of a record rise; what is sent is any of the last few. A deletion is the
 * newest when it is made, and may be followed by a creation. */
static void step_hook(struct days *days)
{
    static const char *const actions[] = {"created", "updated", "updated", "updated"};
    unsigned account = (unsigned)below(days, ACCOUNTS);
    unsigned record = (unsigned)below(days, MILL_RECORDS);
    unsigned *newest = &days->newest[account][record];
    bool again = *newest && one_in(days, 3);
    unsigned version =
        again ? *newest - (unsigned)below(days, *newest < 3 ? *newest : 3) : *newest + 1;
    struct item item = {.account = account, .record = record, .version = version};
    if (days->n == HOOKS_MAX)
        return;
    if (!again)
        *newest = version;
    if (!is_full(account))
        days->mill->records[record].value = version;
    item.sequence = mill_tell(days->mill, days->accounts[account],
                              actions[version == 1 ? 0 : below(days, COUNT_OF(actions))],
                              record, version);
    note(days, &item);
}

static void step_hooks(struct days *days)
{
    for (size_t i = 1 + below(days, 12); i > 0; i--)
        step_hook(days);
}

static void step_account(struct days *days)
{
    static const enum account_state states[] = {ACCOUNT_ACTIVE, ACCOUNT_NEEDS_REAUTH,
                                                ACCOUNT_DISABLED};
    str account = days->accounts[below(days, ACCOUNTS)];
    mill_move(days->mill, account, ACCOUNT_ACTIVE);
    mill_move(days->mill, account, states[below(days, COUNT_OF(states))]);
}

static void step_document(struct days *days)
{
    static const char *const settings[] = {"", "'concurrency':1,", "'original':true,"};
    mill_document(days->mill, one_in(days, 2) ? "full" : "thin",
                  settings[below(days, COUNT_OF(settings))]);
}

static void let_store(struct days *days, bool fails)
{
    mill_store_fails(days->mill, fails);
    days->no_store = fails;
}

static void step_store(struct days *days)
{
    if (days->no_store || one_in(days, 3))
        let_store(days, !days->no_store);
}

static void step_end(struct days *days)
{
    if (one_in(days, 2))
        mill_crash(days->mill);
    else
        mill_stop(days->mill);
    let_store(days, false);
    false_world_advance(&days->mill->world, span(days, 10 * USEC_MS, USEC_H));
    mill_open(days->mill);
}

static void step(struct days *days)
{
    static void (*const steps[])(struct days *) = {
        step_time,    step_time,    step_time,  step_hooks, step_hooks,    step_hooks,
        step_weather, step_account, step_store, step_end,   step_document, step_jump};
    steps[below(days, COUNT_OF(steps))](days);
    false_loop_idle(&days->mill->loop);
}

/* --- the end --- */

static void clear_up(struct days *days)
{
    days->weather = FAIR;
    days->mill->no_payloads = ERR_NONE;
    let_store(days, false);
    for (unsigned i = 0; i < ACCOUNTS; i++)
        mill_move(days->mill, days->accounts[i], ACCOUNT_ACTIVE);
    mill_document(days->mill, "full", "");
    mill_document(days->mill, "thin", "");
    mill_run(days->mill, 5 * USEC_DAY);
}

static unsigned told_of(const struct event_row *rows, uint32_t n, int64_t sequence)
{
    char id[HOOK_ID_BYTES];
    unsigned told = 0;
    hook_id(sequence, id);
    for (uint32_t i = 0; i < n; i++)
        told += str_eq(rows[i].source, str_z(id));
    return told;
}

static void check_rows(struct days *days, unsigned account, const struct event_row *rows,
                       uint32_t n)
{
    uint32_t told = 0;
    for (unsigned i = 0; i < days->n; i++) {
        if (days->items[i].account != account)
            continue;
        struct hook_row row = mill_row(days->mill, days->items[i].sequence);
        unsigned events = told_of(rows, n, row.sequence);
        HOLDS(days, row.state == HOOK_DONE || row.state == HOOK_DEAD,
              "event %lld is " STR_F " (" STR_F ")", (long long)row.sequence,
              STR_A(hook_state_word(row.state)), STR_A(row.reason));
        HOLDS(days, events == row.events, "event %lld was told %u times, and says %u",
              (long long)row.sequence, events, row.events);
        HOLDS(days, row.events || row.reason.n, "event %lld ends without a word",
              (long long)row.sequence);
        told += events;
    }
    HOLDS(days, told == n, "%u events are of nobody", n - told);
}

static unsigned value_of(struct json *data)
{
    const struct json *record = json_member(data, STR("record"));
    uint64_t value;
    assert_non_null(record);
    assert_true(str_to_u64(str_from(json_member_text(record, STR("name")), 1), HOOKS_MAX,
                           &value));
    return (unsigned)value;
}

static bool is_dead(struct days *days, unsigned account, unsigned record)
{
    for (unsigned i = 0; i < days->n; i++)
        if (days->items[i].account == account && days->items[i].record == record &&
            mill_row(days->mill, days->items[i].sequence).state == HOOK_DEAD)
            return true;
    return false;
}

static void check_record(struct days *days, unsigned account, unsigned record,
                         const struct event_row *rows, uint32_t n)
{
    str subject = arena_printf(&days->mill->arena, "crm/contacts/%u", record);
    unsigned last = 0, creates = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (!str_eq(rows[i].subject, subject))
            continue;
        struct json data = mill_data(days->mill, &rows[i]);
        bool created = str_eq(rows[i].type, STR("record.created"));
        unsigned value = value_of(&data);
        HOLDS(days, created == (last == 0), "record %u of %u is created at v%u after v%u",
              record, account, value, last);
        HOLDS(days, is_full(account) ? value > last : value != last,
              "record %u of %u goes from v%u to v%u", record, account, last, value);
        creates += created;
        last = value;
    }
    unsigned newest = is_full(account) ? days->newest[account][record]
                                       : days->mill->records[record].value;
    if (days->newest[account][record] && is_full(account) &&
        !is_dead(days, account, record))
        HOLDS(days, last == newest && creates == 1,
              "record %u of %u ends at v%u, not v%u", record, account, last, newest);
}

static void check_end(struct days *days)
{
    struct work_stats stats;
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        struct event_row *rows;
        uint32_t n = mill_events(days->mill, days->accounts[i], &rows);
        check_rows(days, i, rows, n);
        for (unsigned k = 0; k < MILL_RECORDS; k++)
            check_record(days, i, k, rows, n);
    }
    work_stats(days->mill->work, &stats);
    HOLDS(days, stats.accounts == 0 && stats.under_way == 0, "%llu queues are left",
          (unsigned long long)stats.accounts);
}

static void begin(struct days *days, uint64_t seed)
{
    *days = (struct days){.seed = seed, .chance = seed * 2 + 1};
    days->mill = mill_create(seed);
    days->mill->choose = choose;
    days->mill->owner = days;
    for (unsigned i = 0; i < ACCOUNTS; i++)
        days->accounts[i] = mill_account(days->mill, is_full(i) ? "full" : "thin");
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void days_of_accidents_lose_no_event_and_tell_none_twice(void **state)
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
        check_end(&days);
        mill_destroy(&days.mill);
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

int test_work_days(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(days_of_accidents_lose_no_event_and_tell_none_twice,
                                  name_seed),
    };
    return cmocka_run_group_tests_name("hook: days of work", tests, NULL, NULL);
}
