#include "groups.h"
#include "house.h"

#include <sys/socket.h>

enum { MIB = 1 << 20 };

static struct heard send_stage(struct house *house, str body)
{
    return ask_raw(house, "POST", STR("/v1/stages"), body);
}

static void test_what_is_no_object_is_refused(void **state)
{
    static const char *const bodies[] = {
        "",
        "{",
        "[]",
        "null",
        "1",
        "\"x\"",
        "{}{}",
        "{\"a\":1,}",
        "{\"name\":\"\x80\"}",
        "\xef\xbb\xbf{}",
        "{\"name\":\"a\",\"name\":\"b\",\"kind\":\"sandbox\"}",
        "{'name':'a','kind':'sandbox'}",
    };
    struct house *house = *state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct heard heard = send_stage(house, str_z(bodies[i]));
        assert_refused(heard, 422, "body_invalid");
        assert_true(count_at(heard, "/faults") > 0);
    }
}

static void test_values_of_every_wrong_kind(void **state)
{
    static const char *const values[] = {"null", "true", "1", "[]", "{}", "''"};
    struct house *house = *state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        const char *body = format(house, "{'name':%s,'kind':'sandbox'}", values[i]);
        struct heard heard = post(house, body, "/v1/stages");
        assert_refused(heard, 422, "body_invalid");
        assert_string_equal(text_at(house, heard, "/faults/0/pointer"), "/name");
    }
}

static void test_names_of_ours_to_be_are_let_pass(void **state)
{
    struct house *house = *state;
    assert_status(post(house, "{'name':'x','kind':'sandbox','x-mine':[1]}", "/v1/stages"),
                  201);
}

static void test_what_only_the_directory_knows_has_its_pointer(void **state)
{
    struct house *house = *state;
    struct heard heard =
        send_stage(house, STR("{\"name\":\"a\\u0007b\",\"kind\":\"sandbox\"}"));
    assert_refused(heard, 422, "body_invalid");
    assert_string_equal(text_at(house, heard, "/faults/0/pointer"), "/name");
}

static void test_a_body_past_the_limit_is_refused_before_it_is_read(void **state)
{
    struct house *house = *state;
    int fd = house_connect(house);
    house_say(fd, str_z(format(house,
                               "POST /v1/stages HTTP/1.1\r\nHost: h\r\n"
                               "Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n",
                               house->admin, MIB + 1)));
    str said = house_hear(house, fd);
    assert_true(str_starts(said, STR("HTTP/1.1 413")));
    assert_true(str_find_str(said, STR("body_too_large")) < said.n);
    close(fd);
}

static str chunked(struct house *house, size_t chunks, size_t each)
{
    struct buf out;
    buf_init(&out, (size_t)8 * MIB);
    buf_printf(&out,
               "POST /v1/stages HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
               "Authorization: Bearer %s\r\nTransfer-Encoding: chunked\r\n\r\n",
               house->admin);
    for (size_t i = 0; i < chunks; i++) {
        buf_printf(&out, "%zx\r\n", each);
        for (size_t k = 0; k < each; k++)
            buf_char(&out, ' ');
        buf_str(&out, STR("\r\n"));
    }
    static const char object[] = "{\"name\":\"chunky\",\"kind\":\"sandbox\"}";
    buf_printf(&out, "%zx\r\n%s\r\n0\r\n\r\n", sizeof(object) - 1, object);
    str bytes = arena_str(&house->arena, buf_peek(&out));
    buf_fini(&out);
    return bytes;
}

static void test_a_body_in_chunks_is_read(void **state)
{
    struct house *house = *state;
    int fd = house_connect(house);
    house_say(fd, chunked(house, 30, 5000));
    assert_true(str_starts(house_hear(house, fd), STR("HTTP/1.1 201")));
    close(fd);
}

static void test_chunks_past_the_limit_are_refused(void **state)
{
    struct house *house = *state;
    int fd = house_connect(house);
    house_say(fd, chunked(house, 40, 30000));
    assert_true(str_starts(house_hear(house, fd), STR("HTTP/1.1 413")));
    close(fd);
}

static void test_who_expects_to_be_told_is_told(void **state)
{
    struct house *house = *state;
    static const char body[] = "{\"name\":\"polite\",\"kind\":\"sandbox\"}";
    char first[64] = {0};
    int fd = house_connect(house);
    house_say(fd, str_z(format(house,
                               "POST /v1/stages HTTP/1.1\r\nHost: h\r\n"
                               "Connection: close\r\nExpect: 100-continue\r\n"
                               "Authorization: Bearer %s\r\nContent-Length: %zu\r\n\r\n",
                               house->admin, sizeof(body) - 1)));
    assert_true(recv(fd, first, sizeof(first) - 1, 0) > 0);
    assert_true(str_starts(str_z(first), STR("HTTP/1.1 100 ")));
    house_say(fd, str_z(body));
    assert_true(str_starts(house_hear(house, fd), STR("HTTP/1.1 201")));
    close(fd);
}

/* --- bodies that are small and want to be large --- */

static str repeated(struct house *house, const char *start, const char *piece,
                    const char *end)
{
    struct buf out;
    buf_init(&out, 2 * MIB);
    buf_str(&out, str_z(start));
    while (out.n + strlen(piece) + strlen(end) + 16 < MIB)
        buf_str(&out, str_z(piece));
    if (out.p[out.n - 1] == ',')
        out.n--;
    buf_str(&out, str_z(end));
    str text = arena_str(&house->arena, buf_peek(&out));
    buf_fini(&out);
    return text;
}

static void test_a_hostile_body_only_hurts_itself(void **state)
{
    static const char *const bodies[][3] = {
        {"[", "0,", "]"},
        {"[", "[],", "]"},
        {"[", "{\"\":[]},", "]"},
        {"{\"name\":[", "\"\\u0041\",", "],\"kind\":\"sandbox\"}"},
        {"{\"name\":\"", "\\u0041", "\",\"kind\":\"sandbox\"}"},
        {"{\"", "~", "\":1}"},
        {"{\"", "name", "\":1}"},
        {"", "[", ""},
        {"{\"a\":", "{\"a\":", ""},
        {"\"", "\xf0\x9f\x98\x80", "\""},
    };
    struct house *house = *state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        const char *const *b = bodies[i];
        struct heard heard = send_stage(house, repeated(house, b[0], b[1], b[2]));
        assert_refused(heard, 422, "body_invalid");
        assert_true(heard.body.n < 300 * 1024);
    }
}

static void test_a_hundred_thousand_unknown_members(void **state)
{
    struct house *house = *state;
    struct buf out;
    buf_init(&out, 2 * MIB);
    buf_char(&out, '{');
    for (unsigned i = 0; out.n < MIB - 64; i++)
        buf_printf(&out, "%s\"n%x\":0", i ? "," : "", i);
    buf_char(&out, '}');
    struct heard heard = send_stage(house, arena_str(&house->arena, buf_peek(&out)));
    buf_fini(&out);
    assert_refused(heard, 422, "body_invalid");
    assert_int_equal(count_at(heard, "/faults"), 50);
}

static void test_many_wrong_labels_and_permissions(void **state)
{
    struct house *house = *state;
    struct heard heard =
        ask_raw(house, "POST", STR("/v1/keys"),
                repeated(house, "{\"label\":\"x\",\"permissions\":[", "0,", "]}"));
    assert_refused(heard, 422, "body_invalid");
    heard = ask_raw(
        house, "POST", STR("/v1/keys"),
        repeated(house, "{\"label\":\"x\",\"permissions\":[\"read\"],\"environments\":[",
                 "\"\",", "]}"));
    assert_refused(heard, 422, "body_invalid");
    heard = ask_raw(house, "POST", STR("/v1/environments"),
                    repeated(house, "{\"name\":\"x\",\"labels\":[", "{\"\":0},", "]}"));
    assert_refused(heard, 422, "body_invalid");
}

static void test_too_many_large_bodies_at_once_wait_outside(void **state)
{
    enum { N = 65 };
    struct house *house = *state;
    int fds[N];
    unsigned overloaded = 0;
    char first[32];
    for (int i = 0; i < N; i++) {
        fds[i] = house_connect(house);
        house_say(fds[i],
                  str_z(format(house,
                               "POST /v1/stages HTTP/1.1\r\nHost: h\r\n"
                               "Authorization: Bearer %s\r\nExpect: 100-continue\r\n"
                               "Content-Length: %d\r\n\r\n",
                               house->admin, MIB)));
        assert_true(recv(fds[i], first, sizeof(first), 0) > 12);
        overloaded += memcmp(first, "HTTP/1.1 503", 12) == 0;
    }
    assert_int_equal(overloaded, 1);
    for (int i = 0; i < N; i++)
        close(fds[i]);
    struct heard heard = {0};
    for (int i = 0; i < 100 && heard.status != 422; i++)
        heard = send_stage(house, STR("[]"));
    assert_status(heard, 422);
}

int test_api_body(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_no_object_is_refused),
        cmocka_unit_test(test_values_of_every_wrong_kind),
        cmocka_unit_test(test_names_of_ours_to_be_are_let_pass),
        cmocka_unit_test(test_what_only_the_directory_knows_has_its_pointer),
        cmocka_unit_test(test_a_body_past_the_limit_is_refused_before_it_is_read),
        cmocka_unit_test(test_a_body_in_chunks_is_read),
        cmocka_unit_test(test_chunks_past_the_limit_are_refused),
        cmocka_unit_test(test_who_expects_to_be_told_is_told),
        cmocka_unit_test(test_a_hostile_body_only_hurts_itself),
        cmocka_unit_test(test_a_hundred_thousand_unknown_members),
        cmocka_unit_test(test_many_wrong_labels_and_permissions),
        cmocka_unit_test(test_too_many_large_bodies_at_once_wait_outside),
    };
    return cmocka_run_group_tests_name("api: bodies", tests, house_setup, house_teardown);
}
