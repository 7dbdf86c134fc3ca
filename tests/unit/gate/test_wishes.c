#include "support/guest.h"
#include "tests.h"

static bool read_wish(struct guest *guest, const char *line)
{
    guest_init(guest, "127.0.0.1", (const char *[]){line, NULL});
    return visit_read_wishes(&guest->visit);
}

static void without_headers_there_are_no_wishes(void **state)
{
    struct guest guest;
    (void)state;
    assert_true(read_wish(&guest, NULL));
    const struct wishes *wishes = &guest.visit.wishes;
    assert_true(wishes->deadline < 0 && wishes->wait_on_limit == 0);
    assert_false(wishes->refuse_on_limit || wishes->background ||
                 wishes->single_attempt || wishes->problems);
    guest_fini(&guest);
}

static void each_wish_is_understood(void **state)
{
    struct guest guest;
    (void)state;
    assert_true(read_wish(&guest, "X-Breakwater-Deadline-Ms: 1500"));
    assert_int_equal(guest.visit.wishes.deadline, 1500 * USEC_MS);
    guest_fini(&guest);
    assert_true(read_wish(&guest, "x-breakwater-wait-on-limit: 20s"));
    assert_int_equal(guest.visit.wishes.wait_on_limit, 20 * USEC_S);
    guest_fini(&guest);
    assert_true(read_wish(&guest, "X-Breakwater-Limit: refuse"));
    assert_true(guest.visit.wishes.refuse_on_limit);
    guest_fini(&guest);
    assert_true(read_wish(&guest, "X-Breakwater-Priority: background"));
    assert_true(guest.visit.wishes.background);
    guest_fini(&guest);
    assert_true(read_wish(&guest, "X-Breakwater-Retry: never"));
    assert_true(guest.visit.wishes.single_attempt);
    guest_fini(&guest);
    assert_true(read_wish(&guest, "X-Breakwater-Errors: problem"));
    assert_true(guest.visit.wishes.problems);
    guest_fini(&guest);
}

static void a_wish_that_cannot_be_read_is_refused_by_name(void **state)
{
    static const char *const lines[] = {
        "X-Breakwater-Deadline-Ms: soon", "X-Breakwater-Deadline-Ms: 0",
        "X-Breakwater-Deadline-Ms: -5",   "X-Breakwater-Deadline-Ms: 3600001",
        "X-Breakwater-Wait-On-Limit: 20", "X-Breakwater-Wait-On-Limit: 11m",
        "X-Breakwater-Limit: maybe",      "X-Breakwater-Priority: high",
        "X-Breakwater-Retry: twice",      "X-Breakwater-Errors: html",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct guest guest;
        if (read_wish(&guest, lines[i]))
            fail_msg("%s was taken", lines[i]);
        assert_int_equal(guest.visit.err, ERR_HEADER_INVALID);
        str name = str_of(lines[i], str_find(str_z(lines[i]), ':'));
        assert_true(str_starts(guest.visit.err_detail, name));
        guest_fini(&guest);
    }
}

int test_wishes(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_headers_there_are_no_wishes),
        cmocka_unit_test(each_wish_is_understood),
        cmocka_unit_test(a_wish_that_cannot_be_read_is_refused_by_name),
    };
    return cmocka_run_group_tests_name("gate/wishes", tests, NULL, NULL);
}
