#include "groups.h"
#include "house.h"

#include "base/encode.h"

enum { ACCOUNTS = 2500, CROWD = 9000 };

static const char *crowded;
static const char *other;

/* Accounts straight into the directory. */
static void fill(struct house *house, const char *environment, unsigned n)
{
    struct json gold = *given_json(&house->arena, STR("{\"tier\":\"gold\"}"));
    for (unsigned i = 0; i < n; i++) {
        struct change change = {.kind = CHANGE_ACCOUNT_CREATE,
                                .directory = house->directory,
                                .arena = &house->arena,
                                .environment_id = str_z(environment),
                                .integration = i % 2 ? STR("odd") : STR("even"),
                                .concurrency_max = -1};
        if (i % 1000 == 0)
            change.labels = gold;
        directory_change_now(&change);
        assert_int_equal(change.err, ERR_NONE);
    }
}

static int setup(void **state)
{
    int failed = house_setup(state);
    struct house *house = *state;
    const char *stage = make_stage(house, "s");
    crowded = make_environment(house, stage, "crowded");
    other = make_environment(house, stage, "other");
    fill(house, crowded, ACCOUNTS);
    fill(house, other, CROWD - ACCOUNTS);
    return failed;
}

/* Walks all pages; answers how many items there were, each greater than the one before.
 */
static unsigned walk(struct house *house, const char *query, unsigned *ret_pages)
{
    unsigned n = 0;
    const char *cursor = "";
    str last = STR("");
    *ret_pages = 0;
    for (;;) {
        struct heard heard = get(house, "/v1/accounts?%s%s", query, cursor);
        assert_status(heard, 200);
        const struct json *items = at(heard, "/items");
        for (uint32_t i = 0; i < items->n; i++, n++) {
            str id = json_member_text(&items->u.items[i], STR("id"));
            assert_true(str_cmp(id, last) > 0);
            last = id;
        }
        (*ret_pages)++;
        if (is_null_at(heard, "/next_cursor"))
            return n;
        assert_true(items->n > 0);
        cursor = format(house, "&cursor=%s", text_at(house, heard, "/next_cursor"));
    }
}

static void test_every_account_comes_once(void **state)
{
    struct house *house = *state;
    unsigned pages;
    const char *of_one = format(house, "environment=%s", crowded);
    assert_int_equal(walk(house, of_one, &pages), ACCOUNTS);
    assert_int_equal(pages, 25);
    assert_int_equal(walk(house, format(house, "%s&limit=1000", of_one), &pages),
                     ACCOUNTS);
    assert_int_equal(pages, 3);
    assert_int_equal(walk(house, format(house, "%s&limit=7", of_one), &pages), ACCOUNTS);
    assert_int_equal(walk(house, "limit=1000", &pages), CROWD);
}

static void test_a_last_page_that_is_just_full_has_no_next(void **state)
{
    struct house *house = *state;
    unsigned pages;
    assert_int_equal(
        walk(house, format(house, "environment=%s&limit=500", crowded), &pages),
        ACCOUNTS);
    assert_int_equal(pages, 5);
    assert_int_equal(walk(house,
                          format(house, "environment=%s&limit=100",
                                 make_environment(house, "s", "none")),
                          &pages),
                     0);
}

static void test_a_filter_that_finds_little_looks_at_all(void **state)
{
    struct house *house = *state;
    unsigned pages;
    assert_int_equal(walk(house, "label.tier=gold", &pages), 3 + 7);
    assert_int_equal(pages, 1);
    assert_int_equal(walk(house, "label.tier=gold&limit=2", &pages), 3 + 7);
    assert_int_equal(pages, 5);
    assert_int_equal(walk(house, "label.tier=none", &pages), 0);
    assert_int_equal(walk(house, "integration=odd&limit=1000", &pages), CROWD / 2);
}

static void test_one_environments_accounts_for_its_key(void **state)
{
    struct house *house = *state;
    unsigned pages;
    const char *reach = format(house, "'stage':'s','environments':['%s']", crowded);
    house->key = make_key(house, "['read']", reach);
    assert_int_equal(walk(house, "limit=1000", &pages), ACCOUNTS);
    assert_int_equal(walk(house, "label.tier=gold&limit=2", &pages), 3);
    assert_refused(get(house, "/v1/accounts?environment=%s", other), 404,
                   "object_unknown");
    house->key = house->admin;
}

/* --- cursors --- */

static const char *first_cursor(struct house *house, const char *query)
{
    return text_at(house, get(house, "/v1/accounts?%s", query), "/next_cursor");
}

static void test_a_cursor_belongs_to_its_query(void **state)
{
    struct house *house = *state;
    const char *cursor = first_cursor(house, "integration=odd&state=connecting");
    static const char *const bad[] = {
        "",
        "integration=odd",
        "integration=even&state=connecting",
        "integration=odd&state=active",
        "integration=odd&state=connecting&label.tier=gold",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_refused(
            get(house, "/v1/accounts?%s%scursor=%s", bad[i], *bad[i] ? "&" : "", cursor),
            400, "cursor_invalid");
    assert_refused(get(house, "/v1/limits?integration=odd&cursor=%s", cursor), 400,
                   "cursor_invalid");
    assert_status(
        get(house, "/v1/accounts?state=connecting&integration=odd&cursor=%s", cursor),
        200);
    assert_status(get(house,
                      "/v1/accounts?limit=3&cursor=%s&state=connecting&integration=odd",
                      cursor),
                  200);
}

static void test_a_cursor_belongs_to_the_reach_of_its_key(void **state)
{
    struct house *house = *state;
    const char *reach = format(house, "'stage':'s','environments':['%s']", crowded);
    const char *cursor = first_cursor(house, "limit=5");
    const char *limited = make_key(house, "['read']", reach);
    const char *twin = make_key(house, "['read']", reach);
    house->key = limited;
    assert_refused(get(house, "/v1/accounts?cursor=%s", cursor), 400, "cursor_invalid");
    cursor = first_cursor(house, "limit=5");
    assert_status(get(house, "/v1/accounts?cursor=%s", cursor), 200);
    house->key = twin;
    assert_status(get(house, "/v1/accounts?cursor=%s", cursor), 200);
    house->key = house->admin;
    assert_refused(get(house, "/v1/accounts?cursor=%s", cursor), 400, "cursor_invalid");
}

static void test_a_forged_cursor_is_refused(void **state)
{
    struct house *house = *state;
    str cursor = str_z(first_cursor(house, "limit=5"));
    for (size_t i = 0; i < cursor.n; i++) {
        char *forged = (char *)(uintptr_t)arena_z(&house->arena, cursor);
        forged[i] = forged[i] == 'A' ? 'B' : 'A';
        str bytes, before;
        assert_true(decode_base64(&house->arena, cursor, &before));
        if (decode_base64(&house->arena, str_z(forged), &bytes) && str_eq(bytes, before))
            continue; /* the spare bits of the last character */
        assert_refused(get(house, "/v1/accounts?cursor=%s", forged), 400,
                       "cursor_invalid");
    }
    static const char *const others[] = {"x", "AAAA", "!!!!", "AAAAAAAAAAAAAAAAAAAAAAAA"};
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_refused(get(house, "/v1/accounts?cursor=%s", others[i]), 400,
                       "cursor_invalid");
}

static void test_a_page_ends_when_it_is_large(void **state)
{
    struct house *house = *state;
    struct buf body;
    const char *place = make_environment(house, "s", "large");
    buf_init(&body, 1 << 20);
    buf_str(&body, STR("{'labels':{"));
    for (int i = 0; i < 50; i++) {
        buf_printf(&body, "%s'label%d':'", i ? "," : "", i);
        for (int k = 0; k < 500; k++)
            buf_char(&body, 'x');
        buf_char(&body, '\'');
    }
    buf_str(&body, STR("}}"));
    buf_char(&body, 0);
    fill(house, place, 100);
    struct heard heard = get(house, "/v1/accounts?environment=%s", place);
    for (uint32_t i = 0; i < 100; i++)
        assert_status(patch(house, body.p, "/v1/accounts/%s",
                            text_at(house, heard, format(house, "/items/%u/id", i))),
                      200);
    buf_fini(&body);
    unsigned pages;
    assert_int_equal(walk(house, format(house, "environment=%s", place), &pages), 100);
    assert_true(pages > 1 && pages < 5);
}

int test_api_page(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_account_comes_once),
        cmocka_unit_test(test_a_last_page_that_is_just_full_has_no_next),
        cmocka_unit_test(test_a_filter_that_finds_little_looks_at_all),
        cmocka_unit_test(test_one_environments_accounts_for_its_key),
        cmocka_unit_test(test_a_cursor_belongs_to_its_query),
        cmocka_unit_test(test_a_cursor_belongs_to_the_reach_of_its_key),
        cmocka_unit_test(test_a_forged_cursor_is_refused),
        cmocka_unit_test(test_a_page_ends_when_it_is_large),
    };
    return cmocka_run_group_tests_name("api: pages", tests, setup, house_teardown);
}
