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

static void parts_are_told_apart(void **state)
{
    static const struct {
        const char *text;
        bool tls;
        const char *host;
        uint16_t port;
        const char *path;
        const char *query;
    } rows[] = {
        {"https://api.example.com/v1/a?b=c#d", true, "api.example.com", 443, "/v1/a",
         "b=c"},
        {"http://h", false, "h", 80, "/", NULL},
        {"http://h/", false, "h", 80, "/", NULL},
        {"http://h?", false, "h", 80, "/", ""},
        {"http://h?q?r/s", false, "h", 80, "/", "q?r/s"},
        {"http://h#f?g", false, "h", 80, "/", NULL},
        {"http://h/a#f?g", false, "h", 80, "/a", NULL},
        {"http://h/#@evil.com/", false, "h", 80, "/", NULL},
        {"HTTPS://API.Example.COM/Path?Q", true, "api.example.com", 443, "/Path", "Q"},
        {"https://h:8443/", true, "h", 8443, "/", NULL},
        {"https://h:443/", true, "h", 443, "/", NULL},
        {"http://h:443/", false, "h", 443, "/", NULL},
        {"https://h:/", true, "h", 443, "/", NULL},
        {"https://h:00443/", true, "h", 443, "/", NULL},
        {"http://h:65535", false, "h", 65535, "/", NULL},
        {"http://127.0.0.1:8080/x", false, "127.0.0.1", 8080, "/x", NULL},
        {"http://[::1]/", false, "::1", 80, "/", NULL},
        {"http://[::1]:81", false, "::1", 81, "/", NULL},
        {"https://[2001:DB8::A]?q", true, "2001:db8::a", 443, "/", "q"},
        {"http://[::ffff:192.0.2.1]/", false, "::ffff:192.0.2.1", 80, "/", NULL},
        {"http://xn--bcher-kva.example/", false, "xn--bcher-kva.example", 80, "/", NULL},
        {"http://my_host.local/", false, "my_host.local", 80, "/", NULL},
        {"http://azb.example.0xz/", false, "azb.example.0xz", 80, "/", NULL},
        {"http://3com.com/", false, "3com.com", 80, "/", NULL},
        {"http://h/a/../b/./c", false, "h", 80, "/a/../b/./c", NULL},
        {"http://h/%7Ea%2fb%zz?%41", false, "h", 80, "/%7Ea%2fb%zz", "%41"},
        {"http://h/a@b:c//d", false, "h", 80, "/a@b:c//d", NULL},
        {"http://h/a\\b", false, "h", 80, "/a\\b", NULL},
        {"http://h?a@b", false, "h", 80, "/", "a@b"},
        {"http://h/caf\xc3\xa9", false, "h", 80, "/caf\xc3\xa9", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct url url = must_parse(*state, rows[i].text);
        text_true(rows[i].text, url.tls == rows[i].tls && url.port == rows[i].port);
        text_same(rows[i].text, url.host, rows[i].host);
        text_same(rows[i].text, url.path, rows[i].path);
        text_same(rows[i].text, url.query, rows[i].query);
    }
}

static const struct {
    str text;
    const char *why;
} hostile[] = {
    {STR(""), "start with"},
    {STR("h/a"), "start with"},
    {STR("//h/a"), "start with"},
    {STR("/a"), "start with"},
    {STR("ftp://h/"), "start with"},
    {STR("javascript:alert(1)"), "start with"},
    {STR("https:/h/"), "start with"},
    {STR("https:h"), "start with"},
    {STR("https:\\\\h\\"), "start with"},
    {STR("httpsx://h/"), "start with"},
    {STR("http"), "start with"},
    {STR("http:/"), "start with"},
    {STR("http://"), "empty"},
    {STR("https:///a"), "empty"},
    {STR("https://?a"), "empty"},
    {STR("https://#a"), "empty"},
    {STR("https://:443/"), "empty"},
    {STR("https://a@b"), "user info"},
    {STR("https://a:b@c/"), "user info"},
    {STR("https://@b/"), "user info"},
    {STR("https://a%40b@c/"), "user info"},
    {STR("https://good.com\\@evil.com/"), "user info"},
    {STR("https://good.com\\.evil.com/"), "not a name"},
    {STR("https://a%2eb/"), "not a name"},
    {STR("https://a%00b/"), "not a name"},
    {STR("https://%41/"), "not a name"},
    {STR("https://a.b./"), "not a name"},
    {STR("https://./"), "not a name"},
    {STR("https://.a/"), "not a name"},
    {STR("https://a..b/"), "not a name"},
    {STR("https://a,b/"), "not a name"},
    {STR("https://a*b/"), "not a name"},
    {STR("https://*.a/"), "not a name"},
    {STR("https://a;b/"), "not a name"},
    {STR("https://b\xc3\xbc"
         "cher.example/"),
     "not a name"},
    {STR("https://a\xe3\x80\x82"
         "b/"),
     "not a name"},
    {STR("https://a\xff/"), "not a name"},
    {STR("https://a b/"), "blank"},
    {STR("https://a/b c"), "blank"},
    {STR(" https://a/"), "blank"},
    {STR("https://a/\n"), "blank"},
    {STR("https://a\t/"), "blank"},
    {STR("https://a/\r\nHost: b"), "blank"},
    {STR("https://a/?\x7f"), "blank"},
    {STR("https://a/#\x01"), "blank"},
    {STR("https://a\0.b/"), "blank"},
    {STR("https://a/\0"), "blank"},
    {STR("https://a:0/"), "port"},
    {STR("https://a:65536/"), "port"},
    {STR("https://a:99999999999999999999999/"), "port"},
    {STR("https://a:-1/"), "port"},
    {STR("https://a:+1/"), "port"},
    {STR("https://a:8x/"), "port"},
    {STR("https://a:80:81/"), "port"},
    {STR("https://a:%38/"), "port"},
    {STR("https://a:*/"), "port"},
    {STR("https://::1/"), "empty"},
    {STR("https://1::1/"), "number"},
    {STR("https://[::1/"), "bracket"},
    {STR("https://[/"), "bracket"},
    {STR("https://[]/"), "IPv6"},
    {STR("https://[::1%25eth0]/"), "IPv6"},
    {STR("https://[::1%eth0]/"), "IPv6"},
    {STR("https://[v1.a]/"), "IPv6"},
    {STR("https://[1.2.3.4]/"), "IPv6"},
    {STR("https://[a]/"), "IPv6"},
    {STR("https://[:::]/"), "IPv6"},
    {STR("https://[1:2:3:4:5:6:7:8:9]/"), "IPv6"},
    {STR("https://[::12345]/"), "IPv6"},
    {STR("https://[::1]x/"), "port"},
    {STR("https://[::1]./"), "port"},
    {STR("https://[::1]:x/"), "port"},
    {STR("https://x[::1]/"), "not a name"},
    {STR("https://2130706433/"), "number"},
    {STR("https://127.1/"), "number"},
    {STR("https://0x7f.0.0.1/"), "number"},
    {STR("https://0x7f000001/"), "number"},
    {STR("https://a.0X1F/"), "number"},
    {STR("https://a.0xa/"), "number"},
    {STR("https://a.0x/"), "number"},
    {STR("https://017700000001/"), "number"},
    {STR("https://127.0.0.01/"), "number"},
    {STR("https://127.0.0.256/"), "number"},
    {STR("https://1.2.3.4.5/"), "number"},
    {STR("https://example.1/"), "number"},
};

static void hostile_urls_are_refused(void **state)
{
    for (size_t i = 0; i < COUNT_OF(hostile); i++) {
        struct url url;
        const char *why = NULL;
        text_true(hostile[i].text.p, !url_parse(*state, hostile[i].text, &url, &why));
        if (!why || !strstr(why, hostile[i].why))
            fail_msg("%s: %s, want %s", hostile[i].text.p, why, hostile[i].why);
        text_true(hostile[i].text.p, !url_parse(*state, hostile[i].text, &url, NULL));
    }
}

static str host_of(struct arena *arena, size_t labels, size_t label_chars)
{
    str text = STR("http://");
    for (size_t i = 0; i < labels; i++) {
        str label = arena_printf(arena, "%s%0*d", i ? "." : "", (int)label_chars, 0);
        ((char *)(uintptr_t)label.p)[label.n - 1] = 'a';
        text = arena_join(arena, (str[]){text, label}, 2);
    }
    return text;
}

static void long_hosts_are_refused(void **state)
{
    struct url url;
    assert_true(url_parse(*state, host_of(*state, 1, 63), &url, NULL));
    assert_false(url_parse(*state, host_of(*state, 1, 64), &url, NULL));
    assert_true(url_parse(*state, host_of(*state, 127, 1), &url, NULL));
    assert_int_equal(url.host.n, 253);
    assert_false(url_parse(*state, host_of(*state, 128, 1), &url, NULL));
}

static void urls_are_written_as_they_were_meant(void **state)
{
    static const struct {
        const char *text;
        const char *authority;
        const char *origin;
        const char *whole;
    } rows[] = {
        {"https://H/a?b#c", "h", "https://h", "https://h/a?b"},
        {"https://h:443?", "h", "https://h", "https://h/?"},
        {"http://h:443", "h:443", "http://h:443", "http://h:443/"},
        {"http://h:80/", "h", "http://h", "http://h/"},
        {"https://h:80/", "h:80", "https://h:80", "https://h:80/"},
        {"http://[::A]:8080/x", "[::a]:8080", "http://[::a]:8080", "http://[::a]:8080/x"},
        {"http://[::1]", "[::1]", "http://[::1]", "http://[::1]/"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct url url = must_parse(*state, rows[i].text);
        text_same(rows[i].text, url_authority(*state, &url), rows[i].authority);
        text_same(rows[i].text, url_origin(*state, &url), rows[i].origin);
        text_same(rows[i].text, url_format(*state, &url), rows[i].whole);
    }
}

static void origins_compare_scheme_host_and_port(void **state)
{
    static const struct {
        const char *a;
        const char *b;
        bool same;
    } rows[] = {
        {"https://a/x?y", "HTTPS://A:443/z", true},
        {"https://a/", "http://a/", false},
        {"https://a/", "http://a:443/", false},
        {"https://a/", "https://a:444/", false},
        {"https://a/", "https://a.b/", false},
        {"http://[::1]:80", "http://[::1]/", true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct url a = must_parse(*state, rows[i].a);
        struct url b = must_parse(*state, rows[i].b);
        text_true(rows[i].b, url_same_origin(&a, &b) == rows[i].same);
        text_true(rows[i].b, url_same_origin(&b, &a) == rows[i].same);
    }
}

static void addresses_are_told_from_names(void **state)
{
    static const char *const addresses[] = {
        "0.0.0.0",
        "127.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "1::",
        "fe80::1",
        "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7::",
        "A:b::C",
        "::1.2.3.4",
        "::ffff:127.0.0.1",
        "1:2:3:4:5:6:1.2.3.4",
    };
    static const char *const names[] = {
        "",
        "a",
        "a.b",
        "1.2.3",
        "1.2.3.4.",
        "1.2.3.4.5",
        "01.2.3.4",
        "1.2.3.256",
        "1.2.3.x",
        "0x1.2.3.4",
        "[::1]",
        "::1%lo",
        "1:2:3",
        ":::",
        "::1::",
        "12345::",
        "1:2:3:4:5:6:7",
        ":1",
        "1::2::3",
        " 1.2.3.4",
        "1.2.3.4 ",
        "2130706433",
        "1:2:3:4:5:6:7:8:9",
        "0000:0000:0000:0000:0000:0000:255.255.255.2555",
        "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(addresses); i++)
        text_true(addresses[i], url_host_is_address(str_z(addresses[i])));
    for (size_t i = 0; i < COUNT_OF(names); i++)
        text_true(names[i], !url_host_is_address(str_z(names[i])));
    assert_false(url_host_is_address(STR("1.2.3.4\0")));
    assert_false(url_host_is_address(STR_NONE));
}

int test_url(void)
{
    static const struct CMUnitTest tests[] = {
        TEXT_TEST(parts_are_told_apart),
        TEXT_TEST(hostile_urls_are_refused),
        TEXT_TEST(long_hosts_are_refused),
        TEXT_TEST(urls_are_written_as_they_were_meant),
        TEXT_TEST(origins_compare_scheme_host_and_port),
        TEXT_TEST(addresses_are_told_from_names),
    };
    return cmocka_run_group_tests_name("http/url", tests, NULL, NULL);
}
