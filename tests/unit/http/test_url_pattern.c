#include "http/url.h"

#include "tests.h"
#include "text.h"

static void patterns_are_read(void **state)
{
    static const struct {
        const char *text;
        struct url_pattern want;
    } rows[] = {
        {"api.example.com", {true, false, false, 443, STR("api.example.com")}},
        {"API.Example.com", {true, false, false, 443, STR("api.example.com")}},
        {"https://a", {true, false, false, 443, STR("a")}},
        {"HTTP://a", {false, false, false, 80, STR("a")}},
        {"a:8443", {true, false, false, 8443, STR("a")}},
        {"http://a:8080", {false, false, false, 8080, STR("a")}},
        {"*.example.com", {true, true, false, 443, STR("example.com")}},
        {"http://*.example.com:81", {false, true, false, 81, STR("example.com")}},
        {"*.com", {true, true, false, 443, STR("com")}},
        {"http://127.0.0.1:*", {false, false, true, 80, STR("127.0.0.1")}},
        {"*.example.com:*", {true, true, true, 443, STR("example.com")}},
        {"http://[::1]", {false, false, false, 80, STR("::1")}},
        {"http://[::1]:*", {false, false, true, 80, STR("::1")}},
        {"[::1]:8443", {true, false, false, 8443, STR("::1")}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct url_pattern got;
        const char *why = "";
        if (!url_pattern_parse(*state, text_input(*state, rows[i].text), &got, &why))
            fail_msg("%s: %s", rows[i].text, why);
        const struct url_pattern *want = &rows[i].want;
        text_true(rows[i].text, got.tls == want->tls && got.below == want->below &&
                                    got.any_port == want->any_port &&
                                    got.port == want->port);
        text_true(rows[i].text, str_eq(got.host, want->host));
    }
}

static void bad_patterns_are_refused(void **state)
{
    static const struct {
        str text;
        const char *why;
    } rows[] = {
        {STR(""), "empty"},
        {STR("https://"), "empty"},
        {STR("*"), "star"},
        {STR("https://*"), "star"},
        {STR("*:443"), "star"},
        {STR("*:*"), "star"},
        {STR("*."), "empty"},
        {STR("*.:*"), "empty"},
        {STR(":*"), "empty"},
        {STR(":443"), "empty"},
        {STR("*.*"), "star"},
        {STR("*.*.com"), "star"},
        {STR("a.*.com"), "star"},
        {STR("*a.com"), "star"},
        {STR("a.com*"), "star"},
        {STR("a:*0"), "star"},
        {STR("a:*:*"), "star"},
        {STR("*.a."), "not a name"},
        {STR("a."), "not a name"},
        {STR("*..a"), "not a name"},
        {STR("%2a.a"), "not a name"},
        {STR("\xc3\xbc.example"), "not a name"},
        {STR("a:"), "port"},
        {STR("a:0"), "port"},
        {STR("a:65536"), "port"},
        {STR("a:1-2"), "port"},
        {STR("a/"), "path"},
        {STR("a/b"), "path"},
        {STR("a?b"), "path"},
        {STR("a#b"), "path"},
        {STR("ftp://a"), "path"},
        {STR("//a"), "path"},
        {STR("u@a"), "user info"},
        {STR("a b"), "blank"},
        {STR("a\n"), "blank"},
        {STR("*.127.0.0.1"), "below an address"},
        {STR("*.[::1]"), "below an address"},
        {STR("*.0.0.1"), "number"},
        {STR("2130706433"), "number"},
        {STR("::1"), "empty"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct url_pattern pattern;
        const char *why = NULL;
        text_true(rows[i].text.p,
                  !url_pattern_parse(*state, rows[i].text, &pattern, &why));
        if (!why || !strstr(why, rows[i].why))
            fail_msg("%s: %s, want %s", rows[i].text.p, why, rows[i].why);
        text_true(rows[i].text.p,
                  !url_pattern_parse(*state, rows[i].text, &pattern, NULL));
    }
    struct url_pattern pattern;
    assert_false(url_pattern_parse(*state, STR("a\0b"), &pattern, NULL));
    assert_false(url_pattern_parse(*state, STR_NONE, &pattern, NULL));
}

static void patterns_match_what_they_name(void **state)
{
    static const struct {
        const char *pattern;
        const char *url;
        bool match;
    } rows[] = {
        {"a.com", "https://a.com/x", true},
        {"A.com", "https://a.COM:443/", true},
        {"a.com", "http://a.com/", false},
        {"a.com", "http://a.com:443/", false},
        {"a.com", "https://a.com:444/", false},
        {"a.com", "https://b.a.com/", false},
        {"a.com", "https://a.com.evil.com/", false},
        {"a.com", "https://xa.com/", false},
        {"*.a.com", "https://b.a.com/", true},
        {"*.a.com", "https://c.b.a.com/", true},
        {"*.a.com", "https://a.com/", false},
        {"*.a.com", "https://xa.com/", false},
        {"*.a.com", "https://b.a.com.evil.com/", false},
        {"*.a.com", "https://b.a.com:8443/", false},
        {"*.a.com", "http://b.a.com/", false},
        {"*.com", "https://anything.com/", true},
        {"*.com", "https://com/", false},
        {"*.com", "https://a.org/", false},
        {"*.a.com:*", "https://b.a.com:8443/", true},
        {"*.a.com:*", "https://a.com:8443/", false},
        {"*.a.com:8443", "https://b.a.com:8443/", true},
        {"*.a.com:8443", "https://b.a.com/", false},
        {"http://127.0.0.1:*", "http://127.0.0.1:35791/", true},
        {"http://127.0.0.1:*", "http://127.0.0.1/", true},
        {"http://127.0.0.1:*", "https://127.0.0.1/", false},
        {"http://127.0.0.1:*", "http://127.0.0.2/", false},
        {"http://[::1]:*", "http://[::1]:9/", true},
        {"http://[::1]:*", "http://[::2]:9/", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct url_pattern pattern;
        struct url url;
        text_true(rows[i].pattern,
                  url_pattern_parse(*state, text_input(*state, rows[i].pattern), &pattern,
                                    NULL));
        text_true(rows[i].url,
                  url_parse(*state, text_input(*state, rows[i].url), &url, NULL));
        if (url_pattern_match(&pattern, &url) != rows[i].match)
            fail_msg("%s and %s", rows[i].pattern, rows[i].url);
    }
}

int test_url_pattern(void)
{
    static const struct CMUnitTest tests[] = {
        TEXT_TEST(patterns_are_read),
        TEXT_TEST(bad_patterns_are_refused),
        TEXT_TEST(patterns_match_what_they_name),
    };
    return cmocka_run_group_tests_name("http/url_pattern", tests, NULL, NULL);
}
