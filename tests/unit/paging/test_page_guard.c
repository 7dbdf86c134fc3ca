#include "support/given.h"

#include "paging/page_guard.h"

int test_page_guard(void);

/* The page at which a walk is ended that runs `lead` pages before a circle of `n`. */
static unsigned found_after(unsigned lead, unsigned n, bool by_content)
{
    struct page_guard guard = {0};
    for (unsigned i = 0;; i++) {
        uint64_t name = 1 + (i < lead ? i : lead + (i - lead) % n);
        struct page_trace seen = {by_content ? i + 1000000 : name,
                                  by_content ? name : i + 1000000};
        enum page_guard_verdict verdict = page_guard_note(&guard, seen);
        if (verdict != PAGE_GUARD_GOOD) {
            assert_int_equal(verdict,
                             by_content ? PAGE_GUARD_CONTENT : PAGE_GUARD_POSITION);
            return i;
        }
    }
}

static void every_circle_is_found_soon(void **state)
{
    for (unsigned lead = 0; lead < 70; lead++)
        for (unsigned n = 1; n < 70; n++)
            for (unsigned by_content = 0; by_content < 2; by_content++) {
                unsigned at = found_after(lead, n, by_content);
                unsigned bound = 3 * (lead > n ? lead : n) + n + 3;
                if (at < lead + n || at > bound)
                    fail_msg("%u and %u: found at %u", lead, n, at);
            }
    (void)state;
}

static void a_page_that_repeats_itself_is_found_at_once(void **state)
{
    for (unsigned lead = 0; lead < 70; lead++)
        assert_int_equal(found_after(lead, 1, true), lead + 1);
    (void)state;
}

static void a_long_walk_is_no_circle(void **state)
{
    struct page_guard guard = {0};
    for (uint64_t i = 1; i <= 100000; i++)
        assert_int_equal(page_guard_note(&guard, (struct page_trace){i, i + 1000000}),
                         PAGE_GUARD_GOOD);
    (void)state;
}

static void pages_without_records_are_passed_up_to_a_bound(void **state)
{
    struct page_guard guard = {0};
    uint64_t position = 0;
    for (unsigned round = 0; round < 2; round++) {
        assert_int_equal(
            page_guard_note(&guard, (struct page_trace){++position, position}),
            PAGE_GUARD_GOOD);
        for (unsigned i = 0; i < PAGE_GUARD_EMPTY_MAX; i++)
            assert_int_equal(page_guard_note(&guard, (struct page_trace){++position, 0}),
                             PAGE_GUARD_GOOD);
    }
    assert_int_equal(page_guard_note(&guard, (struct page_trace){++position, 0}),
                     PAGE_GUARD_EMPTY);
    (void)state;
}

static void contents_are_told_apart(void **state)
{
    static const char *const rows[] = {"[1]",         "[2]",    "[1,2]",   "[2,1]",
                                       "[[1,2]]",     "[12]",   "[\"1\"]", "[1,1]",
                                       "[{\"a\":1}]", "[null]", "[{}]"};
    assert_true(page_guard_content(given_json(*state, STR("[]"))) == 0);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t k = 0; k < COUNT_OF(rows); k++) {
            uint64_t one = page_guard_content(given_json(*state, str_z(rows[i])));
            uint64_t other = page_guard_content(given_json(*state, str_z(rows[k])));
            assert_true(one != 0);
            assert_true((one == other) == (i == k));
        }
}

int test_page_guard(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(every_circle_is_found_soon),
        GIVEN_TEST(a_page_that_repeats_itself_is_found_at_once),
        GIVEN_TEST(a_long_walk_is_no_circle),
        GIVEN_TEST(pages_without_records_are_passed_up_to_a_bound),
        GIVEN_TEST(contents_are_told_apart),
    };
    return cmocka_run_group_tests_name("paging: page_guard", tests, NULL, NULL);
}
