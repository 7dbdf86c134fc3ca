#include "http/url.h"

#include "tests.h"
#include "text.h"

static struct url must_parse(struct arena *arena, const char *text)
{
    struct url url;
    const char *why = "";
    if (!url_parse(arena, str_z(text), &url, &why))
        fail_msg("%s: %s", text, why);
    return url;
}

struct reference {
    const char *reference;
    const char *want; /* NULL: refused */
};

static void resolve_all(struct arena *arena, const char *base_text,
                        const struct reference *rows, size_t n)
{
    struct url base = must_parse(arena, base_text);
    for (size_t i = 0; i < n; i++) {
        struct url url;
        bool good = url_resolve(arena, &base, text_input(arena, rows[i].reference), &url);
        text_same(rows[i].reference, good ? url_format(arena, &url) : STR_NONE,
                  rows[i].want);
    }
}

/* RFC 3986 §5.4.1; fragments are dropped, an empty path is "/". */
static void normal_references_resolve(void **state)
{
    static const struct reference rows[] = {
        {"g:h", NULL},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g/"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q"},
        {"g#s", "http://a/b/c/g"},
        {"g?y#s", "http://a/b/c/g?y"},
        {";x", "http://a/b/c/;x"},
        {"g;x", "http://a/b/c/g;x"},
        {"g;x?y#s", "http://a/b/c/g;x?y"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../", "http://a/"},
        {"../../g", "http://a/g"},
    };
    resolve_all(*state, "http://a/b/c/d;p?q", rows, COUNT_OF(rows));
}

/* RFC 3986 §5.4.2, the strict reading. */
static void abnormal_references_resolve(void **state)
{
    static const struct reference rows[] = {
        {"../../../g", "http://a/g"},
        {"../../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {".g", "http://a/b/c/.g"},
        {"g..", "http://a/b/c/g.."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/./x", "http://a/b/c/g?y/./x"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"g#s/./x", "http://a/b/c/g"},
        {"g#s/../x", "http://a/b/c/g"},
        {"http:g", NULL},
    };
    resolve_all(*state, "http://a/b/c/d;p?q", rows, COUNT_OF(rows));
}

static void other_references_resolve(void **state)
{
    static const struct reference rows[] = {
        {"?", "https://a:8443/b?"},
        {"?page=2&x=%20", "https://a:8443/b?page=2&x=%20"},
        {"#", "https://a:8443/b?q"},
        {"//c:81/d/../e?f#g", "https://c:81/e?f"},
        {"//[::1]/x", "https://[::1]/x"},
        {"http://C/d/./e", "http://c/d/e"},
        {"HTTPS://a:8443/../x", "https://a:8443/x"},
        {"a/b:c", "https://a:8443/a/b:c"},
        {"./a:b", "https://a:8443/a:b"},
        {"?a:b", "https://a:8443/b?a:b"},
        {"#a:b", "https://a:8443/b?q"},
        {"/.//c/d", "https://a:8443//c/d"},
        {"%2e%2e/x", "https://a:8443/%2e%2e/x"},
        {"\\\\evil.com/x", "https://a:8443/\\\\evil.com/x"},
        {"a:b", NULL},
        {":b", NULL},
        {"1:b", NULL},
        {"javascript:alert(1)", NULL},
        {"https:", NULL},
        {"https://", NULL},
        {"//", NULL},
        {"///x", NULL},
        {"//u@c/", NULL},
        {"//c:0/", NULL},
        {"//\xc3\xbc/", NULL},
        {"a b", NULL},
        {"a\r\nb", NULL},
        {"#a b", NULL},
        {" g", NULL},
    };
    resolve_all(*state, "https://a:8443/b?q", rows, COUNT_OF(rows));
    struct url base = must_parse(*state, "http://a/x/../b/c");
    struct url url;
    assert_true(url_resolve(*state, &base, STR("?y"), &url));
    text_same("a base's own path stays", url.path, "/x/../b/c");
    assert_true(url_resolve(*state, &base, STR_NONE, &url));
    text_same("an absent reference", url.path, "/x/../b/c");
    assert_false(url_resolve(*state, &base, STR("a\0b"), &url));
}

static void a_base_without_slash_counts_as_root(void **state)
{
    struct url base = must_parse(*state, "http://a");
    struct url url;
    base.path = STR("");
    assert_true(url_resolve(*state, &base, STR("g"), &url));
    text_same("g", url.path, "/g");
}

static void a_path_that_may_lead_above_its_start_climbs(void **state)
{
    static const char *const climb[] = {
        "/..",
        "/../",
        "/../a",
        "/a/../..",
        "/a/../../b",
        "/./..",
        "//..",
        "/a//../..",
        "/%2e%2e/a",
        "/%2E./a",
        "/.%2e",
        "/..;/a",
        "/..;x=1/a",
        "/..%2fa",
        "/..%2Fa",
        "/a%2f..%2f..%2fb",
        "/..\\a",
        "/..%5Ca",
        "/a\\..\\..\\b",
        "/a%2fb/../..",
        "/a%2fb\\..\\..",
        "/a/b%5c../../..",
        "/;x/..",
        "/../a/b",
    };
    static const char *const stay[] = {
        "/",          "/a",        "/a/..",           "/a/../",    "/a/b/../../c",
        "/...",       "/..a/b",    "/a/..b",          "/.",        "/./a/..",
        "/%2e%2e%2e", "/%2e%2ea",  "/%252e%252e/a",   "/a/%2e%2e", "/a..b/..c",
        "/..x;/a",    "/a/b%2f..", "/v1/a...b/%2e/c", "/.%2f",     "/a/..;/b",
    };
    (void)state;
    assert_false(url_path_climbs(STR("")));
    for (size_t i = 0; i < COUNT_OF(climb); i++)
        if (!url_path_climbs(str_z(climb[i])))
            fail_msg("%s climbs", climb[i]);
    for (size_t i = 0; i < COUNT_OF(stay); i++)
        if (url_path_climbs(str_z(stay[i])))
            fail_msg("%s does not climb", stay[i]);
}

int test_url_resolve(void)
{
    static const struct CMUnitTest tests[] = {
        TEXT_TEST(normal_references_resolve),
        TEXT_TEST(abnormal_references_resolve),
        TEXT_TEST(other_references_resolve),
        TEXT_TEST(a_base_without_slash_counts_as_root),
        TEXT_TEST(a_path_that_may_lead_above_its_start_climbs),
    };
    return cmocka_run_group_tests_name("http/url_resolve", tests, NULL, NULL);
}
