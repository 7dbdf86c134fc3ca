#include "writes/write_message.h"

#include "support/given.h"

#include "groups.h"

static void a_request_comes_back_as_it_was(void **state)
{
    struct arena *arena = *state;
    struct headers headers;
    struct write_message got;
    char bytes[] = "raw\0bytes\n{\"not\":json}\xff";
    str body = str_of(bytes, sizeof(bytes) - 1);
    headers_init(&headers, arena, 2);
    header_add(&headers, HEADER_CONTENT_TYPE, STR("text/plain"));
    header_add_name(&headers, STR("X-Odd"), STR("a \"quoted\" value"));
    struct write_message message = {.verb = STR("POST"),
                                    .path = STR("/a/b"),
                                    .query = STR("x=1&y=%20"),
                                    .host = STR("files.acme.test"),
                                    .category = STR("crm"),
                                    .resource = STR("contacts"),
                                    .operation = STR("create"),
                                    .asked = *given_json(arena, STR("{\"body\":[1]}")),
                                    .headers = &headers,
                                    .body = body};
    assert_true(write_message_read(write_message_text(&message, arena), arena, &got));
    assert_true(str_eq(got.verb, message.verb) && str_eq(got.path, message.path));
    assert_true(str_eq(got.query, message.query) && str_eq(got.host, message.host));
    assert_true(str_eq(got.category, STR("crm")) && str_eq(got.operation, STR("create")));
    assert_true(json_equal(&got.asked, &message.asked));
    assert_int_equal(got.headers->n, 2);
    assert_int_equal(got.headers->items[0].id, HEADER_CONTENT_TYPE);
    assert_true(
        str_eq(header_value_name(got.headers, STR("x-odd")), STR("a \"quoted\" value")));
    assert_true(str_eq(got.body, body));
}

/* No body is none, and an empty one is one. */
static void what_is_absent_stays_absent(void **state)
{
    struct arena *arena = *state;
    struct write_message got;
    struct write_message bare = {.verb = STR("DELETE"),
                                 .path = STR("/a"),
                                 .query = STR_NONE,
                                 .host = STR_NONE,
                                 .category = STR_NONE,
                                 .body = STR_NONE};
    assert_true(write_message_read(write_message_text(&bare, arena), arena, &got));
    assert_true(str_absent(got.query) && str_absent(got.host) && str_absent(got.body));
    assert_true(str_absent(got.category) && json_is(&got.asked, JSON_UNDEFINED));
    bare.body = STR("");
    bare.query = STR("");
    assert_true(write_message_read(write_message_text(&bare, arena), arena, &got));
    assert_false(str_absent(got.body) || str_absent(got.query));
}

static void an_answer_may_have_lost_its_body(void **state)
{
    struct arena *arena = *state;
    struct write_message got;
    struct write_message answer = {.status = 201,
                                   .verb = STR_NONE,
                                   .path = STR_NONE,
                                   .category = STR_NONE,
                                   .body = STR_NONE,
                                   .body_lost = true};
    assert_true(write_message_read(write_message_text(&answer, arena), arena, &got));
    assert_int_equal(got.status, 201);
    assert_true(got.body_lost && str_absent(got.body));
}

static void what_is_no_message_is_not_read(void **state)
{
    static const char *const texts[] = {"",
                                        "{}",
                                        "{}\n",
                                        "[]\n",
                                        "{\"headers\":{}}\n",
                                        "{\"headers\":[[\"a\"]]}\n",
                                        "{\"headers\":[]",
                                        "x\n{\"headers\":[]}"};
    struct write_message got;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (write_message_read(str_z(texts[i]), *state, &got))
            fail_msg("%s was read", texts[i]);
}

int test_write_message(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(a_request_comes_back_as_it_was),
        GIVEN_TEST(what_is_absent_stays_absent),
        GIVEN_TEST(an_answer_may_have_lost_its_body),
        GIVEN_TEST(what_is_no_message_is_not_read),
    };
    return cmocka_run_group_tests_name("writes: message", tests, NULL, NULL);
}
