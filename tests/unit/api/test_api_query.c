#include "groups.h"
#include "house.h"

#include "loop/world.h"

static void test_what_is_not_known_is_refused(void **state)
{
    struct house *house = *state;
    struct heard heard = get(house, "/v1/environments?stagee=x");
    assert_refused(heard, 400, "query_invalid");
    assert_says(heard, "it takes stage, external_id, limit, cursor.");
    heard = get(house, "/v1/stages/x?y=1");
    assert_refused(heard, 400, "query_invalid");
    assert_says(heard, "takes no parameters");
    heard = get(house, "/v1/accounts?labels.tier=gold");
    assert_says(heard, "label.NAME");
}

static void test_what_is_wrong_is_refused(void **state)
{
    static const char *const queries[] = {
        "limit=0",
        "limit=1001",
        "limit=-1",
        "limit=ten",
        "limit=",
        "limit=1&limit=2",
        "state=on",
        "environment=",
        "external_id=",
        "cursor=",
        "label.a=1&label.a=2",
        "limit=1%00",
    };
    struct house *house = *state;
    for (size_t i = 0; i < COUNT_OF(queries); i++) {
        struct heard heard = get(house, "/v1/accounts?%s", queries[i]);
        assert_refused(heard, 400, "query_invalid");
    }
    assert_refused(get(house, "/v1/audit?from=yesterday"), 400, "query_invalid");
    assert_refused(del(house, "/v1/integrations/x?force=yes"), 400, "query_invalid");
}

static void test_more_parameters_than_can_be_meant_are_refused(void **state)
{
    struct house *house = *state;
    struct buf query;
    buf_init(&query, 1 << 16);
    for (int i = 0; i < 40; i++)
        buf_printf(&query, "&label.n%d=x", i);
    struct heard heard =
        get(house, "/v1/accounts?limit=1" STR_F, STR_A(buf_peek(&query)));
    buf_fini(&query);
    assert_refused(heard, 400, "query_invalid");
}

static void test_escapes_are_read(void **state)
{
    struct house *house = *state;
    const char *stage = make_stage(house, "a b");
    struct heard heard = get(house, "/v1/stages/a%%20b");
    assert_string_equal(text_at(house, heard, "/id"), stage);
    assert_status(get(house, "/v1/environments?stage=a+b"), 200);
    assert_status(get(house, "/v1/environments?%%73tage=a%%20b"), 200);
    assert_refused(get(house, "/v1/stages/a%%2fb"), 404, "object_unknown");
}

static void test_routes_and_methods(void **state)
{
    struct house *house = *state;
    assert_refused(get(house, "/v1/nothing"), 404, "route_unknown");
    assert_refused(get(house, "/v1/stages/"), 404, "route_unknown");
    struct heard heard = ask(house, "PUT", "{}", "/v1/stages");
    assert_refused(heard, 405, "method_not_allowed");
    assert_str(header_of(heard, "Allow"), STR("GET, POST"));
    assert_status(ask(house, "HEAD", NULL, "/v1/stages"), 200);
}

static void test_a_key_must_be_shown_known_and_alive(void **state)
{
    struct house *house = *state;
    const char *key = make_key(house, "['read']", "'expires':'2100-01-01T00:00:00Z'");
    house->key = NULL;
    struct heard heard = get(house, "/v1/stages");
    assert_refused(heard, 401, "key_missing");
    assert_true(header_of(heard, "WWW-Authenticate").n > 0);
    house->key = "bw_0123456789012345678901234567890123456789";
    assert_refused(get(house, "/v1/stages"), 401, "key_unknown");
    house->key = key;
    assert_status(get(house, "/v1/stages"), 200);
    house->key = house->admin;
}

static void test_a_key_that_has_expired_is_refused(void **state)
{
    struct house *house = *state;
    usec soon = world_wall(world_real()) + 300 * USEC_MS;
    struct change change = {.kind = CHANGE_KEY_CREATE,
                            .directory = house->directory,
                            .arena = &house->arena,
                            .name = STR("short"),
                            .permissions = PERMISSION_READ,
                            .expires = soon};
    directory_change_now(&change);
    assert_int_equal(change.err, ERR_NONE);
    house->key = arena_z(&house->arena, change.new_key_text);
    assert_status(get(house, "/v1/stages"), 200);
    while (world_wall(world_real()) <= soon)
        usleep(20000);
    assert_refused(get(house, "/v1/stages"), 401, "key_expired");
    house->key = house->admin;
}

static void test_the_key_is_taken_wherever_it_may_stand(void **state)
{
    static const char *const lines[] = {"X-Breakwater-Key: %s", "Authorization: %s",
                                        "Authorization: Bearer %s"};
    struct house *house = *state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        int fd = house_connect(house);
        struct buf out;
        buf_init(&out, 4096);
        buf_str(&out, STR("GET /v1/stages HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"));
        str line = str_z(lines[i]);
        buf_str(&out, str_of(line.p, line.n - 2));
        buf_printf(&out, "%s\r\n\r\n", house->admin);
        house_say(fd, buf_peek(&out));
        buf_fini(&out);
        assert_true(str_starts(house_hear(house, fd), STR("HTTP/1.1 200")));
        close(fd);
    }
}

static void test_each_request_is_logged_once(void **state)
{
    struct house *house = *state;
    unsigned before = atomic_load(&house->lines);
    get(house, "/v1/stages");
    get(house, "/v1/nothing");
    assert_int_equal(atomic_load(&house->lines) - before, 2);
}

int test_api_query(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_not_known_is_refused),
        cmocka_unit_test(test_what_is_wrong_is_refused),
        cmocka_unit_test(test_more_parameters_than_can_be_meant_are_refused),
        cmocka_unit_test(test_escapes_are_read),
        cmocka_unit_test(test_routes_and_methods),
        cmocka_unit_test(test_a_key_must_be_shown_known_and_alive),
        cmocka_unit_test(test_a_key_that_has_expired_is_refused),
        cmocka_unit_test(test_the_key_is_taken_wherever_it_may_stand),
        cmocka_unit_test(test_each_request_is_logged_once),
    };
    return cmocka_run_group_tests_name("api: queries", tests, house_setup,
                                       house_teardown);
}
