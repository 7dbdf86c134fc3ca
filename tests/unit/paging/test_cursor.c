#include "stroll.h"

#include "base/encode.h"

int test_cursor(void);

static const uint8_t key[CURSOR_KEY_BYTES] = "a key that is used in tests only";
static const struct cursor_about about = {STR("acc_1"), STR("crm/contacts"),
                                          STR("a=1&b=2")};

static struct cursor sample(void)
{
    return (struct cursor){
        .revision = 7,
        .rule = 0x1122334455667788,
        .begun = REPLY_WALL,
        .walk = {.at = {.form = POSITION_TEXT, .text = STR("after")},
                 .size = 100,
                 .skip = 3,
                 .seen = 12345678901,
                 .pages = 17,
                 .expiries = 1,
                 .since = STR(""),
                 .filter = STR("f"),
                 .mark = STR_NONE,
                 .guard = {.last = {1, 2}, .mark = {3, 4}, .since = 5, .reach = 8}}};
}

static str written(struct arena *arena, const struct cursor *cursor)
{
    str text, detail = STR("");
    if (cursor_write(key, &about, cursor, arena, &text, &detail))
        fail_msg(STR_F, STR_A(detail));
    return text;
}

static enum err read_back(struct arena *arena, str text, struct cursor *ret_cursor)
{
    str detail = STR_NONE;
    enum err err = cursor_read(key, &about, text, arena, ret_cursor, &detail);
    assert_true(err == ERR_NONE || detail.n > 0);
    return err;
}

static void what_was_written_is_read(void **state)
{
    struct cursor cursor = sample(), back;
    assert_int_equal(read_back(*state, written(*state, &cursor), &back), ERR_NONE);
    assert_int_equal(back.revision, 7);
    assert_true(back.rule == cursor.rule);
    assert_true(back.begun == REPLY_WALL);
    assert_int_equal(back.walk.at.form, POSITION_TEXT);
    assert_str(back.walk.at.text, STR("after"));
    assert_int_equal(back.walk.size, 100);
    assert_int_equal(back.walk.skip, 3);
    assert_true(back.walk.seen == 12345678901);
    assert_int_equal(back.walk.pages, 17);
    assert_int_equal(back.walk.expiries, 1);
    assert_str(back.walk.since, STR(""));
    assert_str(back.walk.filter, STR("f"));
    assert_true(str_absent(back.walk.mark));
    assert_memory_equal(&back.walk.guard, &cursor.walk.guard, sizeof(cursor.walk.guard));
}

static void numbers_and_the_start_are_positions_too(void **state)
{
    static const struct page_position rows[] = {
        {.form = POSITION_START},
        {.form = POSITION_BEYOND},
        {.form = POSITION_NUMBER, .number = UINT64_MAX},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct cursor cursor = sample(), back;
        cursor.walk.at = rows[i];
        assert_int_equal(read_back(*state, written(*state, &cursor), &back), ERR_NONE);
        assert_int_equal(back.walk.at.form, rows[i].form);
        assert_true(back.walk.at.number == rows[i].number);
    }
}

static void a_cursor_stands_in_a_query_as_it_is(void **state)
{
    struct cursor cursor = sample();
    str text = written(*state, &cursor);
    for (size_t i = 0; i < text.n; i++)
        assert_true(encode_is_unreserved(text.p[i]));
}

static void any_changed_byte_is_found_out(void **state)
{
    struct cursor cursor = sample(), back;
    str text = written(*state, &cursor), bytes;
    assert_true(decode_base64(*state, text, &bytes));
    for (size_t i = 0; i < bytes.n; i++) {
        str copy = arena_str(*state, bytes);
        ((char *)(uintptr_t)copy.p)[i] ^= 1;
        assert_int_equal(read_back(*state, encode_base64url(*state, copy), &back),
                         ERR_CURSOR_INVALID);
    }
}

static void what_is_cut_or_longer_is_found_out(void **state)
{
    struct cursor cursor = sample(), back;
    str text = written(*state, &cursor);
    for (size_t n = 0; n < text.n; n++)
        assert_int_equal(read_back(*state, str_of(text.p, n), &back), ERR_CURSOR_INVALID);
    str longer[] = {text, STR("AAAA")};
    assert_int_equal(read_back(*state, arena_join(*state, longer, 2), &back),
                     ERR_CURSOR_INVALID);
}

static void garbage_is_no_cursor(void **state)
{
    struct cursor back;
    static const char *const rows[] = {
        "",
        "A",
        "null",
        "%00",
        "\xff\xfe",
        "====",
        "AAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(read_back(*state, str_z(rows[i]), &back), ERR_CURSOR_INVALID);
    char *large = arena_bytes(*state, CURSOR_TEXT_MAX + 1);
    memset(large, 'A', CURSOR_TEXT_MAX + 1);
    assert_int_equal(read_back(*state, str_of(large, CURSOR_TEXT_MAX + 1), &back),
                     ERR_CURSOR_INVALID);
}

static void another_key_takes_no_cursor(void **state)
{
    static const uint8_t other[CURSOR_KEY_BYTES] = "another key";
    struct cursor cursor = sample(), back;
    str detail;
    assert_int_equal(
        cursor_read(other, &about, written(*state, &cursor), *state, &back, &detail),
        ERR_CURSOR_INVALID);
}

static void a_cursor_is_good_for_its_own_list_only(void **state)
{
    static const struct cursor_about others[] = {
        {STR("acc_2"), STR("crm/contacts"), STR("a=1&b=2")},
        {STR("acc_1"), STR("crm/deals"), STR("a=1&b=2")},
        {STR("acc_1"), STR("crm/contacts"), STR("a=1&b=3")},
        {STR("acc_1"), STR("crm/contacts"), STR("")},
        {STR("acc_1c"), STR("rm/contacts"), STR("a=1&b=2")},
    };
    struct cursor cursor = sample(), back;
    str text = written(*state, &cursor), detail;
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        assert_int_equal(cursor_read(key, &others[i], text, *state, &back, &detail),
                         ERR_CURSOR_INVALID);
        assert_true(str_find_str(detail, STR("another account")) < detail.n);
    }
}

static void a_changed_rule_makes_a_cursor_stale(void **state)
{
    struct page_rule rule = {.hash = 0x1122334455667789};
    struct cursor cursor = sample();
    str detail = STR("");
    assert_int_equal(cursor_check(&cursor, &rule, &detail), ERR_CURSOR_STALE);
    assert_true(detail.n > 0);
    (void)state;
}

static void a_walk_stays_on_its_version_for_a_day(void **state)
{
    struct cursor cursor = {.revision = 3, .begun = USEC_DAY};
    assert_true(cursor_stays(&cursor, 4, USEC_DAY));
    assert_true(cursor_stays(&cursor, 2, 2 * USEC_DAY - 1)); /* brought back */
    assert_true(cursor_stays(&cursor, 4, 0));                /* the clock was put back */
    assert_false(cursor_stays(&cursor, 4, 2 * USEC_DAY));
    assert_false(cursor_stays(&cursor, 3, USEC_DAY)); /* it is in use */
    assert_false(cursor_stays(&cursor, 0, USEC_DAY)); /* not stored */
    cursor.begun = USEC_NEVER;
    assert_true(cursor_stays(&cursor, 4, USEC_DAY));
    cursor.begun = INT64_MIN;
    assert_false(cursor_stays(&cursor, 4, USEC_DAY));
    cursor.revision = 0;
    assert_false(cursor_stays(&cursor, 4, USEC_DAY));
    (void)state;
}

static void the_same_rule_does_not(void **state)
{
    struct page_rule rule = {.hash = 0x1122334455667788};
    struct cursor cursor = sample();
    str detail = STR("");
    assert_int_equal(cursor_check(&cursor, &rule, &detail), ERR_NONE);
    (void)state;
}

static void what_does_not_fit_is_a_named_error(void **state)
{
    struct cursor cursor = sample();
    char *large = arena_bytes(*state, PAGE_TEXT_MAX);
    str text, detail;
    memset(large, 'A', PAGE_TEXT_MAX);
    cursor.walk.at.text = str_of(large, PAGE_TEXT_MAX);
    text = written(*state, &cursor);
    assert_true(text.n <= CURSOR_TEXT_MAX);
    cursor.walk.since = cursor.walk.at.text;
    assert_int_equal(cursor_write(key, &about, &cursor, *state, &text, &detail),
                     ERR_PAGE_INVALID);
}

static void queries_have_one_form(void **state)
{
    static const char *const page[] = {"cursor", "limit", NULL};
    static const struct {
        const char *query;
        const char *form;
    } rows[] = {
        {"", ""},
        {"limit=5&cursor=A", ""},
        {"b=2&a=1", "a=1&b=2"},
        {"a=2&a=1&limit=5", "a=1&a=2"},
        {"a=x%20y", "a=x%20y"},
        {"a=x+y", "a=x%20y"},
        {"%61=1&&b", "a=1&b="},
        {"cur%73or=A&a=1", "a=1"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        given_same(rows[i].query, cursor_query(*state, str_z(rows[i].query), page),
                   rows[i].form);
    assert_str(cursor_query(*state, STR_NONE, page), STR(""));
}

int test_cursor(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(what_was_written_is_read),
        GIVEN_TEST(numbers_and_the_start_are_positions_too),
        GIVEN_TEST(a_cursor_stands_in_a_query_as_it_is),
        GIVEN_TEST(any_changed_byte_is_found_out),
        GIVEN_TEST(what_is_cut_or_longer_is_found_out),
        GIVEN_TEST(garbage_is_no_cursor),
        GIVEN_TEST(another_key_takes_no_cursor),
        GIVEN_TEST(a_cursor_is_good_for_its_own_list_only),
        GIVEN_TEST(a_changed_rule_makes_a_cursor_stale),
        GIVEN_TEST(a_walk_stays_on_its_version_for_a_day),
        GIVEN_TEST(the_same_rule_does_not),
        GIVEN_TEST(what_does_not_fit_is_a_named_error),
        GIVEN_TEST(queries_have_one_form),
    };
    return cmocka_run_group_tests_name("paging: cursor", tests, NULL, NULL);
}
