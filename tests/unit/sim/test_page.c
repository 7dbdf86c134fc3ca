#include "sim/sim_page.h"

#include "asked.h"
#include "tests.h"

static struct sim_list given_list(struct arena *arena, enum sim_counts counts)
{
    struct binder binder;
    struct sim_list list = {
        .total = 25, .size = 10, .size_max = 20, .counts = counts, .prefix = STR("")};
    bind_init(&binder, arena);
    sim_template_read(&binder, STR("{\"id\":\"{{i}}\"}"), SIM_JSON, &list.item);
    assert_true(sim_asked_source(arena, SIM_PLACE_QUERY, STR("limit"), &list.size_from));
    assert_true(sim_asked_source(arena, SIM_PLACE_QUERY, STR("after"), &list.start_from));
    return list;
}

/* first, count, next cursor ("-" on the last page) and items; "refused" for a bad cursor
 */
static str walk(struct arena *arena, const struct sim_list *list, const char *target)
{
    struct sim_page page;
    struct buf buf;
    struct sim_asked *asked = given_asked(arena, "GET", target, NULL);
    if (!sim_page_find(list, asked, &page))
        return STR("refused");
    buf_init(&buf, 100000);
    asked->page = &page;
    sim_page_print(&page, asked, &buf);
    str next = sim_page_last(&page) ? STR("-") : sim_page_next(&page, arena);
    str text =
        arena_printf(arena, "%llu+%u " STR_F " " STR_F, (unsigned long long)page.first,
                     (unsigned)page.count, STR_A(next), STR_A(buf_peek(&buf)));
    buf_fini(&buf);
    return text;
}

static void expect(struct arena *arena, const struct sim_list *list, const char *target,
                   const char *want)
{
    str found = walk(arena, list, target);
    if (!str_starts(found, str_z(want)))
        fail_msg("%s: " STR_F, target, STR_A(found));
}

static void cursors_may_count_items(void **state)
{
    struct arena *arena = *state;
    struct sim_list list = given_list(arena, SIM_COUNTS_ITEMS);
    expect(arena, &list, "/", "0+10 10 [{\"id\":\"1\"},{\"id\":\"2\"},");
    expect(arena, &list, "/?limit=2&after=3", "3+2 5 [{\"id\":\"4\"},{\"id\":\"5\"}]");
    expect(arena, &list, "/?after=20", "20+5 - [{\"id\":\"21\"}");
    expect(arena, &list, "/?after=25", "25+0 - []");
    expect(arena, &list, "/?after=1000000000", "1000000000+0 - []");
    expect(arena, &list, "/?after=x", "refused");
    expect(arena, &list, "/?after=-1", "refused");
    expect(arena, &list, "/?after=1000000001", "refused");
    expect(arena, &list, "/?after=", "0+10 10");
}

static void sizes_have_a_bound(void **state)
{
    struct arena *arena = *state;
    struct sim_list list = given_list(arena, SIM_COUNTS_ITEMS);
    expect(arena, &list, "/?limit=1000", "0+20 20");
    expect(arena, &list, "/?limit=0", "0+10 10");
    expect(arena, &list, "/?limit=many", "0+10 10");
    list.total = 0;
    expect(arena, &list, "/", "0+0 - []");
}

static void cursors_may_be_page_numbers(void **state)
{
    struct arena *arena = *state;
    struct sim_list list = given_list(arena, SIM_COUNTS_PAGES);
    expect(arena, &list, "/", "0+10 2");
    expect(arena, &list, "/?after=0", "0+10 2");
    expect(arena, &list, "/?after=2", "10+10 3");
    expect(arena, &list, "/?after=3", "20+5 -");
    expect(arena, &list, "/?after=2&limit=20", "20+5 -");
    expect(arena, &list, "/?after=1000000000", "9999999990+0 -");
}

static void cursors_may_be_dressed(void **state)
{
    struct arena *arena = *state;
    struct sim_list list = given_list(arena, SIM_COUNTS_ITEMS);
    list.prefix = STR("cus_");
    list.plus = 100;
    expect(arena, &list, "/", "0+10 cus_110");
    expect(arena, &list, "/?after=cus_110", "10+10 cus_120");
    expect(arena, &list, "/?after=cus_99", "refused");
    expect(arena, &list, "/?after=110", "refused");
    list.base64 = true;
    expect(arena, &list, "/", "0+10 Y3VzXzExMA==");
    expect(arena, &list, "/?after=Y3VzXzExMA==", "10+10 Y3VzXzEyMA==");
    expect(arena, &list, "/?after=cus_110", "refused");
}

int test_page(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(cursors_may_count_items),
        GIVEN_TEST(sizes_have_a_bound),
        GIVEN_TEST(cursors_may_be_page_numbers),
        GIVEN_TEST(cursors_may_be_dressed),
    };
    return cmocka_run_group_tests_name("sim_page", tests, NULL, NULL);
}
