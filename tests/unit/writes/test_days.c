#include "groups.h"
#include "yard.h"

#include <stdlib.h>

/*
 * Days of false time, by seed: accounts of a vendor that knows repeats, of one that
 * can be asked for what was done, and of one that has neither, in changing weather;
 * writes that come by the gate's ways; people who retry and cancel; documents that
 * change, accounts that must be connected again, clocks that jump, a store that takes
 * nothing for a while, and processes that end in good order or are killed. On the way:
 *
 *   - the queues in memory count what the store has;
 *   - nothing that ended is forgotten within 7 days.
 *
 * And some days after the weather has cleared, of every write that was accepted:
 *
 *   - it is delivered, dead with a reason, cancelled, or needs a decision;
 *   - it was done at most once, and once more for each time that somebody decided so;
 *   - what is delivered was done, and what is dead was not;
 *   - those of a lane that were delivered were done in its order;
 *   - nothing is sending, leased, or in the schedule, in the store or in memory.
 *
 * BREAKWATER_SIM_SEEDS says how many seeds are run, BREAKWATER_SIM_FIRST the first. A
 * failing one is printed; it is then a test of its own.
 */

enum { SEEDS = 40, STEPS = 60, ACCOUNTS = 6, LANES = 3, VENDORS = 3 };

static const char *const vendors[VENDORS] = {"bare", "keyed", "searched"};

struct item {
    struct write_row row; /* as it came */
    unsigned account, lane;
    bool keyed;
    bool known;         /* whether it was done can be known */
    bool direct;        /* its caller waited for it: it kept no order */
    unsigned decisions; /* that it is to be sent again */
    usec came;
};

enum weather { FAIR, MIXED, DOWN, WEATHERS };

struct days {
    struct yard *yard;
    uint64_t seed, chance;
    str accounts[ACCOUNTS];
    struct item items[SHOP_WRITES_MAX];
    unsigned n;
    unsigned rows; /* in the store */
    enum weather weather;
    bool no_store;
    usec began;
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

static enum shop_fate choose(struct shop *shop)
{
    static const enum shop_fate down[] = {SHOP_BUSY, SHOP_BROKEN, SHOP_UNREACHABLE,
                                          SHOP_LOST, SHOP_UNHEARD};
    struct days *days = shop->owner;
    if (days->weather == DOWN)
        return down[below(days, COUNT_OF(down))];
    if (days->weather == MIXED && one_in(days, 2))
        return (enum shop_fate)below(days, SHOP_FATES);
    return SHOP_GOOD;
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

static void check_counts(struct days *days)
{
    struct writes_stats stats;
    int64_t waiting = yard_number(days->yard, "SELECT COUNT(*) FROM write WHERE state = "
                                              "'queued' OR (state = 'sending' AND "
                                              "promised = 1)");
    writes_stats(days->yard->writes, &stats);
    HOLDS(days, (int64_t)stats.queued == waiting,
          "%llu queued in memory, %lld in the store", (unsigned long long)stats.queued,
          (long long)waiting);
    waiting = yard_number(days->yard, "SELECT COALESCE(SUM(bytes), 0) FROM write WHERE "
                                      "state = 'queued' OR (state = 'sending' AND "
                                      "promised = 1)");
    HOLDS(days, (int64_t)stats.queued_bytes == waiting,
          "%llu bytes in memory, %lld in the store",
          (unsigned long long)stats.queued_bytes, (long long)waiting);
}

static void check_rows(struct days *days)
{
    int64_t rows = yard_number(days->yard, "SELECT COUNT(*) FROM write");
    if (yard_now(days->yard) - days->began < WRITE_KEPT)
        HOLDS(days, rows == days->rows, "%lld rows are left of %u", (long long)rows,
              days->rows);
}

static void check(struct days *days)
{
    false_loop_idle(&days->yard->loop);
    check_rows(days);
    check_counts(days);
}

/* --- what happens --- */

static void step_time(struct days *days)
{
    yard_run(days->yard, span(days, 10 * USEC_MS, 5 * USEC_H));
}

static void step_weather(struct days *days)
{
    days->weather = one_in(days, 2) ? FAIR : (enum weather)below(days, WEATHERS);
}

static void step_jump(struct days *days)
{
    usec jump = span(days, one_in(days, 2) ? USEC_S : 2 * USEC_H, 30 * USEC_DAY);
    if (days->no_store)
        return; /* the queue could not note it before it is killed */
    false_world_jump(&days->yard->world, one_in(days, 2) ? jump : -jump);
    yard_run(days->yard, 2 * USEC_MIN);
}

/* What a gate does with a call that it tried first; or it is killed before it knows. */
static void go_directly(struct days *days, struct item *item, unsigned n)
{
    struct write_row *row = &item->row;
    bool acts = one_in(days, 2), sent = acts || one_in(days, 2);
    item->direct = true;
    if (acts)
        shop_do(&days->yard->shop, n, item->keyed);
    if (days->no_store || one_in(days, 6))
        return; /* it stays as it is until a start finds it */
    row->unsure = sent;
    row->last_sent = sent ? yard_wall(days->yard) : 0;
    row->tries = 1;
    row->due = yard_wall(days->yard) + (usec)below(days, 10 * USEC_S);
    enum write_close_kind kind =
        sent && !item->known ? WRITE_CLOSE_DECIDE : WRITE_CLOSE_PARK;
    assert_int_equal(yard_close_write(days->yard, row, kind, true), ERR_NONE);
}

static void step_write(struct days *days)
{
    static const char *const lanes[LANES] = {"", "key a", "key b"};
    if (days->n == SHOP_WRITES_MAX)
        return;
    unsigned n = days->n++;
    struct item *item = &days->items[n];
    *item = (struct item){.account = (unsigned)below(days, ACCOUNTS),
                          .lane = (unsigned)below(days, LANES),
                          .came = yard_now(days->yard)};
    item->row = yard_row(days->yard, days->accounts[item->account], lanes[item->lane], n);
    item->keyed = !str_absent(item->row.vendor_key);
    item->known = !str_eq(item->row.integration, STR("bare"));
    days->rows++;
    bool direct = one_in(days, 3);
    if (!direct && one_in(days, 3)) { /* it was tried, and never left */
        item->row.due += (usec)below(days, 10 * USEC_S);
        assert_int_equal(
            yard_close_write(days->yard, &item->row, WRITE_CLOSE_PARK, false), ERR_NONE);
        return;
    }
    item->row.first_sent = direct ? yard_wall(days->yard) : 0;
    struct write_open open = yard_open_write(days->yard, &item->row, !direct);
    assert_int_equal(open.err, ERR_NONE);
    if (open.end == WRITE_OPENED)
        go_directly(days, item, n);
}

static void step_writes(struct days *days)
{
    for (size_t i = 1 + below(days, 5); i > 0; i--)
        step_write(days);
}

static struct item *find(struct days *days, str id)
{
    for (unsigned i = 0; i < days->n; i++)
        if (str_eq(days->items[i].row.id, id))
            return &days->items[i];
    fail_msg("a write that nobody sent");
    return NULL;
}

static void act(struct days *days, enum write_act_kind kind,
                const struct write_filter *filter)
{
    struct write_act done = yard_act(days->yard, kind, filter, true);
    for (uint32_t i = 0; i < done.n; i++)
        if (kind == WRITE_RETRY && done.rows[i].state != WRITE_QUEUED)
            find(days, done.rows[i].id)->decisions++;
}

static void step_people(struct days *days)
{
    struct write_filter filter = WRITE_FILTER_ANY;
    if (days->n == 0)
        return;
    if (one_in(days, 4))
        filter.account = days->accounts[below(days, ACCOUNTS)];
    else
        filter.id = days->items[below(days, days->n)].row.id;
    act(days, one_in(days, 3) ? WRITE_CANCEL : WRITE_RETRY, &filter);
}

static void step_account(struct days *days)
{
    static const enum account_state states[] = {ACCOUNT_ACTIVE, ACCOUNT_NEEDS_REAUTH,
                                                ACCOUNT_DISABLED};
    str account = days->accounts[below(days, ACCOUNTS)];
    yard_move(days->yard, account, ACCOUNT_ACTIVE);
    yard_move(days->yard, account, states[below(days, COUNT_OF(states))]);
}

static void step_document(struct days *days)
{
    static const char *const blocks[] = {"{}", "{'tries':2,'base':'1s'}", "{'lanes':1}",
                                         "{'strict':true}", "{'max':'10s','tries':50}"};
    yard_document(days->yard, vendors[below(days, VENDORS)],
                  blocks[below(days, COUNT_OF(blocks))]);
}

static void let_store(struct days *days, bool fails)
{
    yard_store_fails(days->yard, fails);
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
        yard_crash(days->yard);
    else
        yard_stop(days->yard);
    let_store(days, false);
    false_world_advance(&days->yard->world, span(days, 10 * USEC_MS, USEC_H));
    yard_open(days->yard);
}

static void step(struct days *days)
{
    static void (*const steps[])(struct days *) = {
        step_time,    step_time,   step_time, step_time,    step_writes,
        step_writes,  step_writes, step_jump, step_weather, step_people,
        step_account, step_store,  step_end,  step_document};
    steps[below(days, COUNT_OF(steps))](days);
    check(days);
}

/* --- the end --- */

static void clear_up(struct days *days)
{
    struct write_filter queued = WRITE_FILTER_ANY;
    queued.state = WRITE_QUEUED;
    days->weather = FAIR;
    let_store(days, false);
    for (unsigned i = 0; i < ACCOUNTS; i++)
        yard_move(days->yard, days->accounts[i], ACCOUNT_ACTIVE);
    for (unsigned i = 0; i < VENDORS; i++)
        yard_document(days->yard, vendors[i], "{}");
    yard_run(days->yard, 2 * USEC_MIN); /* attempts by the documents before */
    act(days, WRITE_RETRY, &queued);    /* lanes that had stopped */
    yard_run(days->yard, 6 * USEC_H);
    yard_stop(days->yard);
    yard_open(days->yard); /* what no gate has closed */
    yard_run(days->yard, 6 * USEC_H);
    check(days);
}

static void check_write(struct days *days, unsigned n)
{
    const struct item *item = &days->items[n];
    const struct shop_write *shop = &days->yard->shop.writes[n];
    struct write_row row = yard_get(days->yard, item->row.id);
    HOLDS(days, shop->done <= 1 + item->decisions, "write %u was done %u times", n,
          shop->done);
    if (str_absent(row.id))
        return; /* check_rows has looked at when */
    HOLDS(days, row.state != WRITE_QUEUED && row.state != WRITE_SENDING, "write %u is %s",
          n, write_state_words[row.state]);
    HOLDS(days, row.state != WRITE_DELIVERED || shop->done,
          "write %u is delivered, and was not done", n);
    if (row.state != WRITE_DEAD)
        return;
    HOLDS(days, row.reason.n > 0, "nobody says why write %u is dead", n);
    HOLDS(days, item->decisions || !shop->done,
          "write %u is dead (" STR_F "), and was done", n, STR_A(row.reason));
}

static bool is_ordered(struct days *days, unsigned n)
{
    const struct item *item = &days->items[n];
    return !item->direct && !item->decisions &&
           yard_get(days->yard, item->row.id).state == WRITE_DELIVERED;
}

static void check_order(struct days *days)
{
    unsigned last[ACCOUNTS][LANES] = {0};
    for (unsigned n = 0; n < days->n; n++) {
        const struct item *item = &days->items[n];
        unsigned *before = &last[item->account][item->lane];
        unsigned at = days->yard->shop.writes[n].at;
        if (!is_ordered(days, n))
            continue;
        HOLDS(days, at > *before, "write %u has overtaken one of its lane", n);
        *before = at;
    }
}

static void check_end(struct days *days)
{
    struct writes_stats stats;
    for (unsigned n = 0; n < days->n; n++)
        check_write(days, n);
    check_order(days);
    HOLDS(days, yard_number(days->yard, "SELECT COUNT(*) FROM write_lane") == 0,
          "a lane is left in the schedule");
    writes_stats(days->yard->writes, &stats);
    HOLDS(days, stats.accounts == 0 && stats.under_way == 0, "%llu queues are left",
          (unsigned long long)stats.accounts);
}

static void begin(struct days *days, uint64_t seed)
{
    *days = (struct days){.seed = seed, .chance = seed * 2 + 1};
    days->yard = yard_create(seed);
    days->yard->shop.choose = choose;
    days->yard->shop.owner = days;
    days->began = yard_now(days->yard);
    for (unsigned i = 0; i < ACCOUNTS; i++)
        days->accounts[i] = yard_account(days->yard, vendors[i % VENDORS]);
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void days_of_accidents_lose_no_write_and_repeat_none(void **state)
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
        yard_destroy(&days.yard);
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
        cmocka_unit_test_teardown(days_of_accidents_lose_no_write_and_repeat_none,
                                  name_seed),
    };
    return cmocka_run_group_tests_name("days", tests, NULL, NULL);
}
