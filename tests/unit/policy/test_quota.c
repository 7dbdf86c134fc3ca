#include "policy/quota.h"

#include "loop/thread.h"
#include "support/reply.h"

int test_quota(void);

static const struct throttle_rule plain = {.backoff_base = USEC_S,
                                           .backoff_max = 8 * USEC_S};
static const struct throttle told_nothing = {.throttled = true, .wait = -1};
static const struct throttle good = {.wait = -1};

static usec note(struct quota *quota, const struct throttle *throttle, usec now,
                 double chance)
{
    return quota_note(quota, &plain, throttle, now, chance);
}

static void waits_grow_until_a_good_answer(void **state)
{
    static const usec want[] = {1, 2, 4, 8, 8, 8};
    struct quota quota;
    (void)state;
    quota_init(&quota);
    for (size_t i = 0; i < COUNT_OF(want); i++)
        assert_int_equal(note(&quota, &told_nothing, 0, 0), want[i] * USEC_S);
    assert_int_equal(note(&quota, &good, 0, 0), 0);
    assert_int_equal(note(&quota, &told_nothing, 0, 0), USEC_S);
    quota_fini(&quota);
}

static void chance_adds_up_to_one_base(void **state)
{
    struct quota quota;
    (void)state;
    quota_init(&quota);
    assert_int_equal(note(&quota, &told_nothing, 0, 0.25), USEC_S + USEC_S / 4);
    assert_int_equal(note(&quota, &told_nothing, 0, 0.999), 2 * USEC_S + 999000);
    for (int i = 0; i < 100; i++) {
        usec wait = note(&quota, &told_nothing, 0, 0.5);
        assert_true(wait <= 8 * USEC_S + USEC_S / 2);
    }
    quota_fini(&quota);
}

static void what_the_vendor_says_counts(void **state)
{
    struct quota quota;
    const struct throttle told = {.throttled = true, .wait = 40 * USEC_S};
    const struct throttle at_once = {.throttled = true, .wait = 0};
    (void)state;
    quota_init(&quota);
    assert_int_equal(note(&quota, &told, 0, 0.9), 40 * USEC_S);
    assert_int_equal(note(&quota, &at_once, 0, 0.9), 0);
    assert_int_equal(note(&quota, &told_nothing, 0, 0), 4 * USEC_S); /* the third */
    quota_fini(&quota);
}

static void a_throttle_holds_until_its_end(void **state)
{
    struct quota quota;
    const struct throttle longer = {.throttled = true, .wait = 40 * USEC_S};
    const struct throttle shorter = {.throttled = true, .wait = 5 * USEC_S};
    (void)state;
    quota_init(&quota);
    assert_int_equal(quota_wait(&quota, 0), 0);
    note(&quota, &longer, 100 * USEC_S, 0);
    assert_int_equal(quota_wait(&quota, 100 * USEC_S), 40 * USEC_S);
    note(&quota, &shorter, 110 * USEC_S, 0);
    assert_int_equal(quota_wait(&quota, 110 * USEC_S), 30 * USEC_S);
    assert_int_equal(quota_wait(&quota, 139 * USEC_S), USEC_S);
    assert_int_equal(quota_wait(&quota, 140 * USEC_S), 0);
    assert_int_equal(quota_wait(&quota, 200 * USEC_S), 0);
    quota_fini(&quota);
}

static struct throttle with_windows(uint32_t n, const struct window_state *windows)
{
    struct throttle throttle = {.wait = -1, .n = n};
    memcpy(throttle.windows, windows, n * sizeof(windows[0]));
    return throttle;
}

static void the_least_share_counts_while_its_window_lasts(void **state)
{
    struct quota quota;
    const struct window_state windows[] = {
        {STR("burst"), 100, 10, 5 * USEC_S, -1},   /* a tenth, for 5 s */
        {STR("minute"), 100, 50, -1, 60 * USEC_S}, /* a half, for a minute at most */
        {STR("day"), -1, 7, -1, -1},               /* no limit: no share */
        {STR("app"), 1000, 900, -1, -1},           /* for ever */
    };
    const struct throttle throttle = with_windows(4, windows);
    (void)state;
    quota_init(&quota);
    assert_true(quota_share(&quota, 0) == 1);
    note(&quota, &throttle, USEC_S, 0);
    assert_true(quota_share(&quota, USEC_S) == 0.1);
    assert_true(quota_share(&quota, 6 * USEC_S - 1) == 0.1);
    assert_true(quota_share(&quota, 6 * USEC_S) == 0.5);
    assert_true(quota_share(&quota, 61 * USEC_S) == 0.9);
    quota_fini(&quota);
}

static void windows_are_kept_by_name(void **state)
{
    struct quota quota;
    struct quota_window kept[QUOTA_WINDOWS_MAX];
    struct window_state windows[THROTTLE_WINDOWS_MAX];
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    (void)state;
    quota_init(&quota);
    for (uint32_t i = 0; i < COUNT_OF(names); i++)
        windows[i] = (struct window_state){str_z(names[i]), 10, i, -1, -1};
    struct throttle throttle = with_windows(COUNT_OF(names), windows);
    note(&quota, &throttle, 0, 0);
    assert_int_equal(quota_windows(&quota, 0, kept), QUOTA_WINDOWS_MAX);
    windows[1].remaining = 9;
    throttle = with_windows(COUNT_OF(names), windows);
    note(&quota, &throttle, 0, 0);
    assert_int_equal(quota_windows(&quota, 0, kept), QUOTA_WINDOWS_MAX);
    assert_true(kept[1].remaining == 9 && kept[0].remaining == 0);
    quota_fini(&quota);
}

static void a_long_name_is_cut_and_still_the_same(void **state)
{
    struct quota quota;
    struct quota_window kept[QUOTA_WINDOWS_MAX];
    const struct window_state window = {
        STR("a-policy-whose-name-is-much-longer-than-forty-characters"), 10, 5, -1, -1};
    const struct throttle throttle = with_windows(1, &window);
    (void)state;
    quota_init(&quota);
    for (int i = 0; i < 10; i++)
        note(&quota, &throttle, 0, 0);
    assert_int_equal(quota_windows(&quota, 0, kept), 1);
    assert_int_equal(kept[0].name_n, QUOTA_NAME_BYTES);
    quota_fini(&quota);
}

/* --- headers --- */

struct row {
    struct window_state windows[3];
    uint32_t n;
    const char *want; /* "Name: value" lines */
};

static const struct row rows[] = {
    {{{{0}, 0, 0, 0, 0}}, 0, ""},
    {{{STR("a"), 100, 40, 30 * USEC_S, 60 * USEC_S}},
     1,
     "RateLimit-Limit: 100\nRateLimit-Remaining: 40\nRateLimit-Reset: 30\n"
     "RateLimit-Policy: \"a\";q=100;w=60\nRateLimit: \"a\";r=40;t=30\n"},
    {{{STR("a"), 100, 40, 30 * USEC_S + 1, -1}, {STR("b"), 10, 1, -1, 10 * USEC_S}},
     2,
     "RateLimit-Limit: 10\nRateLimit-Remaining: 1\n"
     "RateLimit-Policy: \"a\";q=100, \"b\";q=10;w=10\n"
     "RateLimit: \"a\";r=40;t=31, \"b\";r=1\n"},
    {{{STR("a"), -1, 40, -1, -1}}, 1, "RateLimit-Remaining: 40\nRateLimit: \"a\";r=40\n"},
    {{{STR("a"), 100, -1, -1, -1}}, 1, "RateLimit-Policy: \"a\";q=100\n"},
    {{{STR("a"), 100.9, 0.9, 0, -1}},
     1,
     "RateLimit-Limit: 100\nRateLimit-Remaining: 0\nRateLimit-Reset: 0\n"
     "RateLimit-Policy: \"a\";q=100\nRateLimit: \"a\";r=0;t=0\n"},
    {{{STR("a\"b"), 1e300, 1e300, -1, -1}},
     1,
     "RateLimit-Limit: 999999999999999\nRateLimit-Remaining: 999999999999999\n"
     "RateLimit-Policy: \"a\\\"b\";q=999999999999999\n"
     "RateLimit: \"a\\\"b\";r=999999999999999\n"},
    {{{STR("none"), 0, 0, -1, -1}, {STR("half"), 4, 2, -1, -1}},
     2,
     "RateLimit-Limit: 4\nRateLimit-Remaining: 2\n"
     "RateLimit-Policy: \"none\";q=0, \"half\";q=4\n"
     "RateLimit: \"none\";r=0, \"half\";r=2\n"},
};

static void both_families_of_headers_are_written(void **state)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct headers headers;
        str got = STR("");
        const struct throttle throttle = with_windows(rows[i].n, rows[i].windows);
        headers_init(&headers, *state, 8);
        quota_headers(&throttle, &headers);
        for (uint32_t k = 0; k < headers.n; k++)
            got =
                arena_printf(*state, STR_F STR_F ": " STR_F "\n", STR_A(got),
                             STR_A(headers.items[k].name), STR_A(headers.items[k].value));
        given_same("headers", got, rows[i].want);
    }
}

/* --- threads --- */

struct noter {
    struct quota *quota;
    struct thread *thread;
    usec least;
};

static void note_many(void *arg)
{
    struct noter *noter = arg;
    const struct window_state window = {STR("a"), 100, 50, USEC_H, -1};
    const struct throttle told = with_windows(1, &window);
    struct quota_window kept[QUOTA_WINDOWS_MAX];
    for (int i = 0; i < 2000; i++) {
        note(noter->quota, i % 3 ? &good : &told_nothing, i, 0);
        note(noter->quota, &told, i, 0);
        noter->least = usec_min(noter->least, quota_wait(noter->quota, i));
        CHECK(quota_share(noter->quota, i) <= 1);
        CHECK(quota_windows(noter->quota, i, kept) == 1);
    }
}

static void threads_share_a_quota(void **state)
{
    struct quota quota;
    struct noter noters[3];
    (void)state;
    quota_init(&quota);
    for (size_t i = 0; i < COUNT_OF(noters); i++) {
        noters[i] = (struct noter){.quota = &quota};
        noters[i].thread = thread_start("noter", note_many, &noters[i]);
    }
    for (size_t i = 0; i < COUNT_OF(noters); i++)
        thread_join(&noters[i].thread);
    assert_true(quota_share(&quota, 0) == 0.5);
    quota_fini(&quota);
}

int test_quota(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(waits_grow_until_a_good_answer),
        GIVEN_TEST(chance_adds_up_to_one_base),
        GIVEN_TEST(what_the_vendor_says_counts),
        GIVEN_TEST(a_throttle_holds_until_its_end),
        GIVEN_TEST(the_least_share_counts_while_its_window_lasts),
        GIVEN_TEST(windows_are_kept_by_name),
        GIVEN_TEST(a_long_name_is_cut_and_still_the_same),
        GIVEN_TEST(both_families_of_headers_are_written),
        GIVEN_TEST(threads_share_a_quota),
    };
    return cmocka_run_group_tests_name("policy: quota", tests, NULL, NULL);
}
