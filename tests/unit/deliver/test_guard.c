#include <arpa/inet.h>

#include "groups.h"
#include "support/unit.h"

#include "deliver/guard.h"

static bool allows(const struct guard *guard, const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return guard_allows(guard, (struct sockaddr *)&v4);
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return guard_allows(guard, (struct sockaddr *)&v6);
}

static struct guard make(const char *ranges)
{
    struct guard guard;
    struct arena arena;
    str why;
    arena_init(&arena, 1024, 1 << 20);
    assert_true(guard_init(&guard, str_z(ranges), false, &arena, &why));
    arena_fini(&arena);
    return guard;
}

static void what_is_not_public_is_refused(void **state)
{
    static const char *const inside[] = {"0.0.0.0",
                                         "0.1.2.3",
                                         "10.0.0.1",
                                         "10.255.255.255",
                                         "100.64.0.1",
                                         "100.127.255.255",
                                         "127.0.0.1",
                                         "127.255.255.254",
                                         "169.254.169.254",
                                         "172.16.0.1",
                                         "172.31.255.255",
                                         "192.0.0.8",
                                         "192.0.2.1",
                                         "192.168.0.1",
                                         "198.18.0.1",
                                         "198.19.255.255",
                                         "198.51.100.7",
                                         "203.0.113.7",
                                         "224.0.0.1",
                                         "239.255.255.255",
                                         "240.0.0.1",
                                         "255.255.255.255",
                                         "::",
                                         "::1",
                                         "::7f00:1",
                                         "::ffff:127.0.0.1",
                                         "::ffff:10.0.0.1",
                                         "64:ff9b::7f00:1",
                                         "64:ff9b:1::1",
                                         "100::1",
                                         "2001::1",
                                         "2001:db8::1",
                                         "2002:7f00:1::",
                                         "fc00::1",
                                         "fdff::1",
                                         "fe80::1",
                                         "febf::1",
                                         "fec0::1",
                                         "ff02::1"};
    struct guard guard = make("");
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(inside); i++)
        if (allows(&guard, inside[i]))
            fail_msg("%s is allowed", inside[i]);
}

static void what_is_public_is_allowed(void **state)
{
    static const char *const outside[] = {
        "1.1.1.1",        "9.255.255.255", "11.0.0.1",     "100.63.255.255",
        "100.128.0.1",    "126.0.0.1",     "128.0.0.1",    "172.15.255.255",
        "172.32.0.1",     "192.167.1.1",   "198.17.0.1",   "223.255.255.255",
        "::ffff:8.8.8.8", "2606:4700::1",  "2a00:1450::1", "2400:cb00::1"};
    struct guard guard = make("");
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(outside); i++)
        if (!allows(&guard, outside[i]))
            fail_msg("%s is refused", outside[i]);
}

static void a_setting_allows_ranges(void **state)
{
    struct guard guard = make("10.1.0.0/16, 127.0.0.1,fd00::/8");
    (void)state;
    assert_true(allows(&guard, "10.1.255.1"));
    assert_true(allows(&guard, "::ffff:10.1.2.3"));
    assert_true(allows(&guard, "127.0.0.1"));
    assert_true(allows(&guard, "fd12::1"));
    assert_false(allows(&guard, "10.2.0.1"));
    assert_false(allows(&guard, "127.0.0.2"));
    assert_false(allows(&guard, "fc00::1"));
}

static void other_families_are_refused(void **state)
{
    struct guard guard = make("0.0.0.0/0,::/0");
    struct sockaddr address = {.sa_family = AF_UNIX};
    (void)state;
    assert_false(guard_allows(&guard, &address));
}

static void a_bad_setting_is_told(void **state)
{
    struct guard guard;
    struct arena arena;
    str why = STR_NONE;
    (void)state;
    arena_init(&arena, 1024, 1 << 20);
    assert_false(guard_init(&guard, STR("10.0.0.0/8,x"), false, &arena, &why));
    assert_true(str_find_str(why, STR("\"x\"")) < why.n);
    arena_fini(&arena);
}

static void urls_are_looked_at_first(void **state)
{
    struct guard guard = make("");
    struct guard http = guard;
    struct url url = {.tls = true, .host = STR("example.com")};
    const char *why;
    (void)state;
    http.http = true;
    assert_true(guard_takes(&guard, &url, &why));
    url.tls = false;
    assert_false(guard_takes(&guard, &url, &why));
    assert_non_null(strstr(why, "https"));
    assert_true(guard_takes(&http, &url, &why));
    url.host = STR("::ffff:7f00:1");
    assert_false(guard_takes(&http, &url, &why));
    assert_non_null(strstr(why, "range"));
}

int test_guard(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_public_is_refused),
        cmocka_unit_test(what_is_public_is_allowed),
        cmocka_unit_test(a_setting_allows_ranges),
        cmocka_unit_test(other_families_are_refused),
        cmocka_unit_test(a_bad_setting_is_told),
        cmocka_unit_test(urls_are_looked_at_first),
    };
    return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
