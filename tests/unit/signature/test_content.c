#include "signature/content.h"

#include "support/given.h"

int test_content(void);

static str joined(struct arena *arena, const char *text,
                  const struct content_source *source)
{
    struct content content = {0};
    struct binder binder;
    struct json value = json_of_text(str_z(text));
    const str *pieces;
    bind_init(&binder, arena);
    content_read(&binder, &value, &content);
    if (binder.fault_n)
        fail_msg("%s: " STR_F, text, STR_A(binder.first->text));
    assert_true(content_make(&content, source, arena, &pieces));
    return arena_join(arena, pieces, content.n);
}

static void content_is_these_bytes(void **state)
{
    struct headers headers;
    headers_init(&headers, *state, 2);
    header_add_name(&headers, STR("webhook-id"), STR("msg 1"));
    const struct content_source source = {
        .method = STR("post"),
        .url = STR("https://a.test/p%20q?b=2&sig=x&a=%2f&a=1&c&%62=0"),
        .headers = &headers,
        .body = STR("z=1&y=a+b&z=0&z=1&w"),
        .form = true,
        .own = STR("sig"),
        .timestamp = STR("1760000000"),
        .secret = STR("s"),
    };
    static const struct {
        const char *content;
        const char *want;
    } rows[] = {
        {"{body}", "z=1&y=a+b&z=0&z=1&w"},
        {"v0:{timestamp}:{method}.", "v0:1760000000:POST."},
        {"{header:Webhook-Id}{header:none}|{secret}", "msg 1|s"},
        {"{url}", "https://a.test/p%20q?b=2&sig=x&a=%2f&a=1&c&%62=0"},
        {"{path}", "/p%20q"},
        {"{query_sorted}", "%62=0&a=%2f&a=1&b=2&c"},
        {"{query_canonical}", "a=%2F,1&b=0,2&c="},
        {"{form_sorted}", "wya bz0z1"},
        {"}plain", "}plain"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        given_same(rows[i].content, joined(*state, rows[i].content, &source),
                   rows[i].want);
}

static void a_url_without_parts_has_a_path_and_no_query(void **state)
{
    struct headers headers;
    headers_init(&headers, *state, 1);
    const struct content_source source = {
        .url = STR("https://a.test"), .headers = &headers, .body = STR("a=1")};
    given_same("path", joined(*state, "{path}", &source), "/");
    given_same("query", joined(*state, "<{query_sorted}>", &source), "<>");
    given_same("no form", joined(*state, "<{form_sorted}>", &source), "<>");
}

static void unknown_names_are_told(void **state)
{
    static const struct {
        const char *content;
        const char *want; /* NULL: the whole list follows */
    } rows[] = {
        {"{bdy}",
         "has {bdy}, which nothing of a request is called; did you mean {body}?"},
        {"{body",
         "has a \"{\" without \"}\"; what is in braces is a part of the request."},
        {"{header:a b}", NULL},
        {"{}", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct content content = {0};
        struct binder binder;
        struct json value = json_of_text(str_z(rows[i].content));
        bind_init(&binder, *state);
        content_read(&binder, &value, &content);
        assert_int_equal(binder.fault_n, 1);
        if (rows[i].want)
            given_same(rows[i].content, binder.first->text, rows[i].want);
        else
            assert_true(str_ends(binder.first->text, STR("{secret}, {header:NAME}.")));
    }
}

static void content_has_bounds(void **state)
{
    struct content content = {0};
    struct binder binder;
    str parts = STR("");
    for (int i = 0; i < 41; i++)
        parts = arena_printf(*state, STR_F "{body}", STR_A(parts));
    const struct json values[] = {json_of_text(parts), json_of_text(STR("")),
                                  json_of_number(1)};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        bind_init(&binder, *state);
        content_read(&binder, &values[i], &content);
        assert_int_equal(binder.fault_n, 1);
    }
}

static void another_form_of_a_url(void **state)
{
    static const struct {
        const char *url;
        const char *want; /* NULL: none */
    } rows[] = {
        {"https://a.test/x?u=b:1", "https://a.test:443/x?u=b:1"},
        {"http://a.test", "http://a.test:80"},
        {"https://a.test:443/x", "https://a.test/x"},
        {"https://a.test:8443?x", "https://a.test?x"},
        {"https://[::1]/x", "https://[::1]:443/x"},
        {"https://[::1]:443/x", "https://[::1]/x"},
        {"/x", NULL},
        {"ftp://a.test/x", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        given_same(rows[i].url, content_other_port(*state, str_z(rows[i].url)),
                   rows[i].want);
}

static void escapes_that_are_not_signed_are_undone(void **state)
{
    str url = content_unescape(*state, STR("https://a/%3a%3F%20%2B%2?%"), STR(":?"));
    given_same("url", url, "https://a/:?%20%2B%2?%");
}

int test_content(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(content_is_these_bytes),
        GIVEN_TEST(a_url_without_parts_has_a_path_and_no_query),
        GIVEN_TEST(unknown_names_are_told),
        GIVEN_TEST(content_has_bounds),
        GIVEN_TEST(another_form_of_a_url),
        GIVEN_TEST(escapes_that_are_not_signed_are_undone),
    };
    return cmocka_run_group_tests_name("content", tests, NULL, NULL);
}
