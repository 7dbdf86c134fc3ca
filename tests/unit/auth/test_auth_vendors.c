/*
 * The row `basic_user_key` of tests/cases/vendor-patterns.json names vendors with what
 * stands in their Basic. Each can be said by a rule.
 */
#include "wallet.h"

#include "base/encode.h"

int test_auth_vendors(void);

static const struct {
    const char *vendor;
    const char *rule;
    const char *credentials;
    const char *pair;
} rows[] = {
    {"freshdesk key:X", "{\"scheme\":\"basic\",\"password\":\"X\"}",
     "{\"username\":\"k0\"}", "k0:X"},
    {"bamboohr key:x", "{\"scheme\":\"basic\",\"password\":\"x\"}",
     "{\"username\":\"k0\"}", "k0:x"},
    {"zendesk email/token:key", "{\"scheme\":\"basic\",\"username_suffix\":\"/token\"}",
     "{\"username\":\"a@b.c\",\"password\":\"k0\"}", "a@b.c/token:k0"},
    {"jira email:token", "\"basic\"", "{\"username\":\"a@b.c\",\"password\":\"t0\"}",
     "a@b.c:t0"},
    {"twilio sid:token", "\"basic\"", "{\"username\":\"AC0\",\"password\":\"t0\"}",
     "AC0:t0"},
    {"mailchimp any:key", "{\"scheme\":\"basic\",\"username\":\"any\"}",
     "{\"password\":\"k0-us1\"}", "any:k0-us1"},
    {"stripe key:", "{\"scheme\":\"basic\",\"password\":\"\"}", "{\"username\":\"sk_0\"}",
     "sk_0:"},
};

static str pattern_of(struct arena *arena, const char *name)
{
    const struct json *patterns =
        given_json(arena, given_file(arena, "tests/cases/vendor-patterns.json"));
    const struct json *modes = json_member(patterns, STR("auth_modes"));
    for (uint32_t i = 0; i < modes->n; i++)
        if (str_eq(json_text(&modes->u.items[i].u.items[0]), str_z(name)))
            return json_text(&modes->u.items[i].u.items[1]);
    fail_msg("no row %s", name);
    return STR_NONE;
}

static bool has_row(str vendor)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (str_eq(str_z(rows[i].vendor), vendor))
            return true;
    return false;
}

static void every_vendor_of_the_pattern_has_a_row(void **state)
{
    str rest = pattern_of(*state, "basic_user_key"), vendor;
    size_t n = 0;
    for (; str_next(&rest, ',', &vendor); n++)
        if (!has_row(str_trim(vendor)))
            fail_msg("no row for " STR_F, STR_A(vendor));
    assert_int_equal(n, COUNT_OF(rows));
}

static void each_can_be_said_by_a_rule(void **state)
{
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct auth_request request;
        const struct auth_rule *rule = wallet_rule(arena, rows[i].rule);
        struct credentials *credentials = wallet_open(arena, rows[i].credentials);
        wallet_request(arena, "", NULL, &request);
        assert_int_equal(auth_ops_of(rule)->apply(rule, credentials, &request), ERR_NONE);
        str parts[] = {STR("Basic "), encode_base64(arena, str_z(rows[i].pair))};
        given_same(rows[i].vendor, header_value(request.headers, HEADER_AUTHORIZATION),
                   arena_z(arena, arena_join(arena, parts, COUNT_OF(parts))));
        wallet_drop(&credentials);
    }
}

int test_auth_vendors(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(every_vendor_of_the_pattern_has_a_row),
        GIVEN_TEST(each_can_be_said_by_a_rule),
    };
    return cmocka_run_group_tests_name("auth: vendors", tests, NULL, NULL);
}
