#include "groups.h"
#include "made.h"

/* The pagination block of a list with these parameters, answer and headers. */
static void check_pages(struct arena *arena, const char *const row[4])
{
    str text = arena_printf(
        arena,
        MADE_SERVER "paths: { /a: { get: { tags: [a], operationId: go, parameters: [%s], "
                    "responses: { '200': {"
                    " headers: { %s }, content: { application/json: { schema: %s } } } }"
                    " } } }\n",
        row[0], row[1], row[2]);
    struct made made = made_openapi(arena, "3.0.3", arena_z(arena, text));
    given_same(row[0],
               made_at(arena, made.document, "/resources/a/methods/go/pagination"),
               row[3]);
}

#define QUERY(name) "{ name: '" name "', in: query, schema: { type: integer } }, "
#define TEXT(name)  "{ name: '" name "', in: query, schema: { type: string } }, "
#define LIST(members)                                                                    \
    "{ type: object, properties: { data: { type: array, items: { type: "                 \
    "object, properties: { id: { type: string } } } }, " members " } }"

static void test_paging_is_guessed_by_its_usual_names(void **state)
{
    static const char *const cases[][4] = {
        {"{ name: per_page, in: query, schema: { default: 30, maximum: 100 } }",
         "Link: { schema: { type: string } }", "{ type: array, items: {} }",
         "{\"kind\":\"link_header\",\"size\":{\"put\":{\"query\":\"per_page\"},"
         "\"default\":"
         "30,\"max\":100},\"x-guessed\":\"the header Link, per_page\"}"},
        {TEXT("page[after]") QUERY("page[size]"), "",
         LIST("meta: { properties: { after: { type: string }, has_more: {} } }"),
         "{\"kind\":\"cursor_in_body\",\"records\":\"/data\",\"next\":\"/meta/after\","
         "\"put\":\"page[after]\",\"more\":\"/meta/"
         "has_more\",\"size\":{\"put\":{\"query\":"
         "\"page[size]\"}},\"x-guessed\":\"/meta/after, page[after], /meta/has_more, "
         "page[size]\"}"},
        {TEXT("pageToken"), "", LIST("nextPageToken: { type: string }"),
         "{\"kind\":\"cursor_in_body\",\"records\":\"/data\",\"next\":\"/nextPageToken\","
         "\"put\":\"pageToken\",\"x-guessed\":\"/nextPageToken, pageToken\"}"},
        {TEXT("starting_after") QUERY("limit"), "", LIST("has_more: { type: boolean }"),
         "{\"kind\":\"last_item_id\",\"records\":\"/data\",\"item\":\"/id\",\"put\":"
         "\"starting_after\",\"more\":\"/"
         "has_more\",\"size\":{\"put\":{\"query\":\"limit\"}"
         "},\"x-guessed\":\"starting_after, /has_more, limit\"}"},
        {"", "", LIST("links: { properties: { next: { type: string } } }"),
         "{\"kind\":\"url_in_body_absolute\",\"records\":\"/data\",\"next\":\"/links/"
         "next\","
         "\"x-guessed\":\"/links/next\"}"},
        {"{ name: page, in: query, schema: { type: integer, minimum: 0 } }", "", LIST(""),
         "{\"kind\":\"page_number\",\"records\":\"/data\",\"put\":\"page\",\"first\":0,"
         "\"end\":[\"empty_page\"],\"x-guessed\":\"page\"}"},
        {QUERY("offset") "{ name: limit, in: query, schema: { default: 20 } }", "",
         LIST("total: { type: integer }"),
         "{\"kind\":\"offset_limit\",\"records\":\"/data\",\"put\":\"offset\",\"total\":"
         "\"/"
         "total\",\"size\":{\"put\":{\"query\":\"limit\"},\"default\":20},\"x-guessed\":"
         "\"offset, /total, limit\"}"},
        {TEXT("offset"), "",
         LIST("next_page: { type: object, properties: { offset: { type: string } } }"),
         "{\"kind\":\"cursor_in_body\",\"records\":\"/data\",\"next\":\"/next_page/"
         "offset\","
         "\"put\":\"offset\",\"x-guessed\":\"/next_page/offset, offset\"}"},
        {TEXT("cursor"), "",
         "{ properties: { a/b: { type: array }, m~meta: {}, next~cursor: { type: string }"
         " } }",
         "{\"kind\":\"cursor_in_body\",\"records\":\"/a~1b\",\"next\":\"/"
         "next~0cursor\",\"put\":\"cursor\",\"x-guessed\":\"/next~0cursor, cursor\"}"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_pages(*state, cases[i]);
}

/* A list that is there and not found would be an empty one. */
static void test_nothing_is_guessed_where_the_records_are_not_plain(void **state)
{
    static const char *const cases[][4] = {
        {QUERY("page"), "", "{ type: object }", NULL},
        {QUERY("page"), "", "{ properties: { a: { type: array }, b: { type: array } } }",
         NULL},
        {"", "", LIST(""), NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_pages(*state, cases[i]);
}

static void test_lists_that_nobody_can_page_are_counted(void **state)
{
    struct made made = made_openapi(
        *state, "3.0.3",
        MADE_SERVER "paths: { /a: { get: { responses: { '200': { content: {"
                    " application/json: { schema: { type: array } } } } } } } }\n");
    assert_in(made.notes, "1 methods answer lists whose paging could not be guessed");
}

static void test_errors_and_limits_are_guessed(void **state)
{
    struct made made = made_openapi(
        *state, "3.0.3",
        MADE_SERVER
        "paths:\n"
        "  /a:\n"
        "    post:\n"
        "      parameters: [{ name: Idempotency-Key, in: header }]\n"
        "      responses:\n"
        "        '201':\n"
        "          headers:\n"
        "            X-RateLimit-Limit: {}\n"
        "            X-RateLimit-Remaining: {}\n"
        "            X-RateLimit-Reset: { description: Seconds since the Unix epoch. }\n"
        "            X-Request-Id: {}\n"
        "        '429': { headers: { Retry-After: {} } }\n"
        "        default:\n"
        "          content:\n"
        "            application/problem+json:\n"
        "              schema: { properties: { error: { properties: { message: { type:"
        " string }, code: { type: string } } }, title: { type: string } } }\n");
    assert_made(*state, made.document, "/rate_limit",
                "{\"retry_after\":[{\"from\":\"Retry-After\",\"unit\":\"retry_after\"}],"
                "\"windows\":[{\"name\":\"default\",\"limit\":\"X-RateLimit-Limit\","
                "\"remaining\":\"X-RateLimit-Remaining\",\"reset\":{\"from\":"
                "\"X-RateLimit-Reset\",\"unit\":\"epoch_s\"}}],\"x-guessed\":"
                "\"headers that answers declare\"}");
    assert_made(*state, made.document, "/errors",
                "{\"message\":[\"/error/message\",\"/title\"],\"code\":[\"/error/code\"],"
                "\"request_id\":[\"X-Request-Id\"],\"x-guessed\":"
                "\"the schemas of refused requests\"}");
    assert_made(*state, made.document, "/resources/a/methods/create/idempotency",
                "{\"kind\":\"header\",\"header\":\"Idempotency-Key\",\"x-guessed\":"
                "\"the header's name\"}");
}

static void test_a_reset_of_no_known_unit_is_not_read(void **state)
{
    struct made made = made_openapi(
        *state, "3.0.3",
        MADE_SERVER "paths: { /a: { get: { responses: { '200': { headers: {"
                    " X-RateLimit-Limit: {}, X-RateLimit-Reset: {} } } } } } }"
                    "\n");
    assert_made(*state, made.document, "/rate_limit/windows",
                "[{\"name\":\"default\",\"limit\":\"X-RateLimit-Limit\"}]");
    assert_in(made.notes, "The header X-RateLimit-Reset is not read");
}

int test_guess(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(test_paging_is_guessed_by_its_usual_names),
        GIVEN_TEST(test_nothing_is_guessed_where_the_records_are_not_plain),
        GIVEN_TEST(test_lists_that_nobody_can_page_are_counted),
        GIVEN_TEST(test_errors_and_limits_are_guessed),
        GIVEN_TEST(test_a_reset_of_no_known_unit_is_not_read),
    };
    return cmocka_run_group_tests_name("import/guess", tests, NULL, NULL);
}
