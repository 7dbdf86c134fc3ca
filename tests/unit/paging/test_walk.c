/*
 * tests/cases/paging.jsonl: a rule, the answers of a vendor, and the walk that they make:
 * what was asked, what came, how it ended. `signal` names what of
 * tests/cases/vendor-patterns.json a case stands for; each of those, and each kind, must
 * have one.
 */
#include "stroll.h"

#include "json/json_write.h"

int test_walk(void);

static str text_of(struct arena *arena, const struct json *value)
{
    struct buf buf;
    buf_init(&buf, 1 << 20);
    json_write(&buf, value, JSON_COMPACT);
    return arena_take(arena, &buf);
}

static void check_list(struct arena *arena, const char *about, const struct json *got,
                       const struct json *want)
{
    if (!json_equal(got, want))
        fail_msg("%s: got " STR_F ", want " STR_F, about, STR_A(text_of(arena, got)),
                 STR_A(text_of(arena, want)));
}

static void check_total(const char *about, const struct stroll *stroll)
{
    const struct json *want = json_member(stroll->line, STR("total"));
    if (want && stroll->total != json_number(want))
        fail_msg("%s: the total is %g", about, stroll->total);
}

static void check_words(const char *about, const struct stroll *stroll)
{
    str part = json_member_text(stroll->line, STR("detail"));
    str hidden = json_member_text(stroll->line, STR("hidden"));
    str detail = stroll->detail;
    if (part.n && str_find_str(detail, part) == detail.n)
        fail_msg("%s: \"" STR_F "\" is not said in \"" STR_F "\"", about, STR_A(part),
                 STR_A(detail));
    if (hidden.n && str_find_str(detail, hidden) < detail.n)
        fail_msg("%s: said in \"" STR_F "\"", about, STR_A(detail));
}

static void check_case(struct arena *arena, const struct json *line, bool by_cursor)
{
    struct stroll stroll = {.arena = arena, .line = line, .by_cursor = by_cursor};
    const char *about = arena_z(arena, json_member_text(line, STR("about")));
    stroll_run(&stroll);
    str end = json_member_text(line, STR("end"));
    if (!str_eq(stroll.end, end))
        fail_msg("%s: ends with \"" STR_F "\" (" STR_F "), not \"" STR_F "\"", about,
                 STR_A(stroll.end), STR_A(stroll.detail), STR_A(end));
    check_list(arena, about, &stroll.asked, json_member(line, STR("asked")));
    check_list(arena, about, &stroll.records, json_member(line, STR("records")));
    check_total(about, &stroll);
    check_words(about, &stroll);
    str delta = json_member_text(line, STR("delta"));
    given_same(about, stroll.delta, str_absent(delta) ? NULL : arena_z(arena, delta));
}

static const struct json *cases(struct arena *arena)
{
    str text = given_file(arena, "tests/cases/paging.jsonl"), line;
    struct json_build build;
    struct json *all = arena_alloc(arena, sizeof(*all));
    json_build_init(&build, arena);
    while (str_next(&text, '\n', &line))
        if (line.n)
            json_build_item(&build, *given_json(arena, line));
    *all = json_build_array(&build);
    assert_true(all->n > 100);
    return all;
}

static void walks_go_as_the_cases_say(void **state)
{
    const struct json *all = cases(*state);
    for (uint32_t i = 0; i < all->n; i++)
        check_case(*state, &all->u.items[i], false);
}

static void a_walk_through_cursors_is_the_same_walk(void **state)
{
    const struct json *all = cases(*state);
    for (uint32_t i = 0; i < all->n; i++)
        check_case(*state, &all->u.items[i], true);
}

static bool any_has(const struct json *all, str member, str text)
{
    for (uint32_t i = 0; i < all->n; i++) {
        const struct json *line = &all->u.items[i];
        const struct json *rule = json_member(line, STR("rule"));
        if (str_eq(json_member_text(line, member), text) ||
            str_eq(json_member_text(rule, member), text))
            return true;
    }
    return false;
}

static void every_kind_and_signal_of_the_field_has_a_case(void **state)
{
    const struct json *all = cases(*state);
    const struct json *patterns =
        given_json(*state, given_file(*state, "tests/cases/vendor-patterns.json"));
    const struct json *kinds = json_member(patterns, STR("pagination_kinds"));
    const struct json *signals = json_member(patterns, STR("has_more_signals"));
    assert_int_equal(kinds->n, PAGE_KIND_COUNT);
    for (uint32_t i = 0; i < kinds->n; i++) {
        str kind = json_text(&kinds->u.items[i].u.items[0]);
        if (!any_has(all, STR("kind"), kind))
            fail_msg("no case has the kind " STR_F, STR_A(kind));
    }
    assert_true(signals->n >= 10);
    for (uint32_t i = 0; i < signals->n; i++)
        if (!any_has(all, STR("signal"), json_text(&signals->u.items[i])))
            fail_msg("no case has the signal " STR_F,
                     STR_A(json_text(&signals->u.items[i])));
}

/* --- by hand --- */

static const char numbered[] = "{\"kind\":\"page_number\",\"put\":\"page\","
                               "\"size\":{\"put\":\"n\",\"default\":3}}";

static void a_page_can_be_handed_out_in_parts(void **state)
{
    struct walk walk, before;
    struct page page;
    struct page_reach reach;
    const struct page_rule *rule =
        stroll_rule(*state, given_json(*state, str_z(numbered)));
    struct answer answer = reply_of(*state, "{\"body\":[1,2,3]}");
    stroll_reach(*state, &reach);
    walk_begin(rule, 0, STR_NONE, &walk);
    for (uint32_t taken = 0; taken < 3; taken++) {
        before = walk;
        assert_int_equal(walk_read(rule, &walk, &reach, &answer, *state, &page),
                         ERR_NONE);
        assert_int_equal(page.records.n, 3 - taken);
        assert_true(json_number(&page.records.u.items[0]) == taken + 1);
        assert_int_equal(walk.at.number, 2);
        assert_int_equal(walk.seen, 3);
        if (taken < 2)
            walk = walk_cut(&before, 1);
    }
}

static void a_size_stays_where_positions_hang_on_it(void **state)
{
    static const struct {
        const char *rule;
        bool begun;
        uint32_t skip;
        bool resized;
    } rows[] = {
        {numbered, false, 0, true},
        {numbered, true, 0, false},
        {numbered, false, 1, false},
        {"{\"kind\":\"offset_limit\",\"put\":\"o\",\"size\":{\"put\":\"n\","
         "\"default\":3,\"max\":9}}",
         true, 0, true},
        {"{\"kind\":\"offset_limit\",\"put\":\"o\",\"advance\":\"size\","
         "\"size\":{\"put\":\"n\",\"default\":3}}",
         true, 0, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct walk walk;
        const struct page_rule *rule =
            stroll_rule(*state, given_json(*state, str_z(rows[i].rule)));
        walk_begin(rule, 0, STR_NONE, &walk);
        walk.pages = rows[i].begun;
        walk.skip = rows[i].skip;
        assert_int_equal(walk_resize(rule, 7, &walk), rows[i].resized);
        assert_int_equal(walk.size, rows[i].resized ? 7 : 3);
    }
}

/* A vendor whose page has shrunk since. */
static void more_was_handed_out_than_there_is(void **state)
{
    struct walk walk;
    struct page page;
    struct page_reach reach;
    const struct page_rule *rule =
        stroll_rule(*state, given_json(*state, str_z(numbered)));
    struct answer answer = reply_of(*state, "{\"body\":[1,2]}");
    stroll_reach(*state, &reach);
    walk_begin(rule, 0, STR_NONE, &walk);
    walk = walk_cut(&walk, 9);
    assert_int_equal(walk_read(rule, &walk, &reach, &answer, *state, &page), ERR_NONE);
    assert_int_equal(page.records.n, 0);
    assert_true(page.last);
}

static void a_walk_that_failed_stays_where_it_was(void **state)
{
    struct walk walk, before;
    struct page page;
    struct page_reach reach;
    const struct page_rule *rule =
        stroll_rule(*state, given_json(*state, str_z(numbered)));
    struct answer answer = reply_of(*state, "{\"body\":{}}");
    stroll_reach(*state, &reach);
    walk_begin(rule, 0, STR_NONE, &walk);
    before = walk;
    assert_int_equal(walk_read(rule, &walk, &reach, &answer, *state, &page),
                     ERR_PAGE_INVALID);
    assert_memory_equal(&walk, &before, sizeof(walk));
}

/* Hosts may have changed since a cursor was made. */
static void a_stored_link_is_looked_at_again(void **state)
{
    static const char *const links[] = {"https://evil.test/a",
                                        "http://api.vendor.test/v1",
                                        "https://api.vendor.test/../a", "/a", "x"};
    const struct page_rule *rule =
        stroll_rule(*state, given_json(*state, STR("{\"kind\":\"link_header\"}")));
    struct page_reach reach;
    stroll_reach(*state, &reach);
    for (size_t i = 0; i < COUNT_OF(links); i++) {
        struct walk walk = {.at = {.form = POSITION_TEXT, .text = str_z(links[i])}};
        struct page_request request = {.arena = *state};
        str detail = STR("");
        assert_int_equal(walk_ask(rule, &walk, &reach, &request, &detail),
                         i < 3 ? ERR_PAGE_LINK_FORBIDDEN : ERR_PAGE_INVALID);
        assert_true(detail.n > 0);
        assert_true(str_absent(request.url));
    }
}

static void a_copy_of_a_walk_stands_alone(void **state)
{
    char text[] = "abcd";
    struct walk walk = {.at = {.form = POSITION_TEXT, .text = str_of(text, 1)},
                        .since = str_of(text + 1, 1),
                        .filter = str_of(text + 2, 1),
                        .mark = str_of(text + 3, 1)};
    struct walk copy = walk_copy(*state, &walk);
    memcpy(text, "xxxx", 4);
    assert_str(copy.at.text, STR("a"));
    assert_str(copy.since, STR("b"));
    assert_str(copy.filter, STR("c"));
    assert_str(copy.mark, STR("d"));
}

/* Each page is another one; what is kept does not grow. */
static void a_thousand_pages_need_no_more_than_one(void **state)
{
    struct walk walk;
    struct page_reach reach;
    const struct page_rule *rule = stroll_rule(
        *state, given_json(*state, STR("{\"kind\":\"cursor_in_body\",\"records\":\"/r\","
                                       "\"next\":\"/n\",\"put\":\"c\"}")));
    struct arena pages[2];
    arena_init(&pages[0], 4096, 1 << 16);
    arena_init(&pages[1], 4096, 1 << 16);
    stroll_reach(*state, &reach);
    walk_begin(rule, 0, STR_NONE, &walk);
    for (unsigned i = 0; i < 1000; i++) {
        struct page page;
        struct answer answer;
        struct arena *arena = &pages[i % 2]; /* the walk stands in the other one */
        arena_reset(arena);
        str body = arena_printf(arena, "{\"body\":{\"r\":[%u,%u],\"n\":\"c%u\"}}", 2 * i,
                                2 * i + 1, i);
        reply_read(arena, given_json(arena, body), &answer);
        assert_int_equal(walk_read(rule, &walk, &reach, &answer, arena, &page), ERR_NONE);
        assert_false(page.last);
    }
    assert_int_equal(walk.seen, 2000);
    arena_fini(&pages[0]);
    arena_fini(&pages[1]);
}

int test_walk(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(walks_go_as_the_cases_say),
        GIVEN_TEST(a_walk_through_cursors_is_the_same_walk),
        GIVEN_TEST(every_kind_and_signal_of_the_field_has_a_case),
        GIVEN_TEST(a_page_can_be_handed_out_in_parts),
        GIVEN_TEST(a_size_stays_where_positions_hang_on_it),
        GIVEN_TEST(more_was_handed_out_than_there_is),
        GIVEN_TEST(a_walk_that_failed_stays_where_it_was),
        GIVEN_TEST(a_stored_link_is_looked_at_again),
        GIVEN_TEST(a_copy_of_a_walk_stands_alone),
        GIVEN_TEST(a_thousand_pages_need_no_more_than_one),
    };
    return cmocka_run_group_tests_name("paging: walk", tests, NULL, NULL);
}
