#include "groups.h"
#include "house.h"

#include "http/date.h"
#include "loop/world.h"

static void test_every_act_is_written_newest_first(void **state)
{
    struct house *house = *state;
    struct heard made = post(house, "{'name':'a','kind':'sandbox'}", "/v1/stages");
    const char *id = text_at(house, made, "/id");
    struct heard heard = get(house, "/v1/audit?limit=1");
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/items/0/action"), "stage.create");
    assert_string_equal(text_at(house, heard, "/items/0/object_id"), id);
    assert_string_equal(text_at(house, heard, "/items/0/peer"), "127.0.0.1");
    assert_str(str_z(text_at(house, heard, "/items/0/request_id")),
               header_of(made, "X-Request-Id"));
    assert_false(is_null_at(heard, "/items/0/actor"));
    assert_string_equal(text_at(house, heard, "/items/0/detail/name"), "a");
    assert_status(del(house, "/v1/stages/%s", id), 204);
    heard = get(house, "/v1/audit?object=%s", id);
    assert_int_equal(count_at(heard, "/items"), 2);
    assert_string_equal(text_at(house, heard, "/items/0/action"), "stage.delete");
    assert_true(is_null_at(heard, "/next_cursor"));
}

static void test_a_refused_act_is_not_written(void **state)
{
    struct house *house = *state;
    double before = number_at(get(house, "/v1/audit?limit=1"), "/items/0/sequence");
    post(house, "{'name':'','kind':'sandbox'}", "/v1/stages");
    del(house, "/v1/stages/nothing");
    assert_true(number_at(get(house, "/v1/audit?limit=1"), "/items/0/sequence") ==
                before);
}

static void test_pages_by_sequence(void **state)
{
    struct house *house = *state;
    for (int i = 0; i < 250; i++)
        make_stage(house, format(house, "page %d", i));
    double last = 1e9;
    unsigned n = 0;
    const char *cursor = "";
    for (;;) {
        struct heard heard = get(house, "/v1/audit?limit=33%s", cursor);
        assert_status(heard, 200);
        for (unsigned i = 0; i < count_at(heard, "/items"); i++, n++) {
            double sequence = number_at(heard, format(house, "/items/%u/sequence", i));
            assert_true(sequence < last);
            last = sequence;
        }
        if (is_null_at(heard, "/next_cursor"))
            break;
        cursor = format(house, "&cursor=%s", text_at(house, heard, "/next_cursor"));
    }
    assert_true(last == 1);
    assert_true(n >= 250);
}

static void test_between_two_times(void **state)
{
    struct house *house = *state;
    char now[DATE_ISO_CHARS + 1];
    usleep(5000);
    date_format_iso(world_wall(world_real()), now);
    usleep(5000);
    make_stage(house, "late");
    struct heard heard = get(house, "/v1/audit?from=%s", now);
    assert_int_equal(count_at(heard, "/items"), 1);
    heard = get(house, "/v1/audit?until=%s&limit=1", now);
    assert_string_not_equal(text_at(house, heard, "/items/0/detail/name"), "late");
    heard = get(house, "/v1/audit?from=%s&until=%s", now, now);
    assert_int_equal(count_at(heard, "/items"), 0);
}

static void test_a_key_sees_the_lines_of_its_environments(void **state)
{
    struct house *house = *state;
    make_acme(house);
    const char *stage = make_stage(house, "mine");
    const char *mine = make_environment(house, stage, "mine");
    const char *other = make_environment(house, stage, "other");
    make_account(house, mine, "m");
    for (int i = 0; i < 150; i++)
        patch(house, "{}", "/v1/environments/%s", other);
    const char *reach = format(house, "'stage':'mine','environments':['%s']", mine);
    house->key = make_key(house, "['read']", reach);
    struct heard heard = get(house, "/v1/audit");
    assert_status(heard, 200);
    assert_int_equal(count_at(heard, "/items"), 2);
    assert_string_equal(text_at(house, heard, "/items/0/action"), "account.create");
    assert_string_equal(text_at(house, heard, "/items/1/action"), "environment.create");
    heard = get(house, "/v1/audit?environment=%s", mine);
    assert_int_equal(count_at(heard, "/items"), 2);
    assert_refused(get(house, "/v1/audit?environment=%s", other), 404, "object_unknown");
    house->key = house->admin;
}

int test_api_audit(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_act_is_written_newest_first),
        cmocka_unit_test(test_a_refused_act_is_not_written),
        cmocka_unit_test(test_pages_by_sequence),
        cmocka_unit_test(test_between_two_times),
        cmocka_unit_test(test_a_key_sees_the_lines_of_its_environments),
    };
    return cmocka_run_group_tests_name("api: audit", tests, house_setup, house_teardown);
}
