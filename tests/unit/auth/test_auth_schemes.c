/*
 * What every scheme of auth_list.h must keep, whichever it is.
 */
#include "wallet.h"

int test_auth_schemes(void);

/* A rule a scheme, with what it needs. */
static const char *const rules[AUTH_SCHEME_COUNT] = {
    [AUTH_none] = "\"none\"",
    [AUTH_bearer] = "\"bearer\"",
    [AUTH_basic] = "{\"scheme\":\"basic\",\"username_suffix\":\"/token\"}",
    [AUTH_header] = "{\"scheme\":\"header\",\"header\":\"X-Key\",\"prefix\":\"Key \"}",
    [AUTH_query] = "{\"scheme\":\"query\",\"query\":\"api_key\"}",
    [AUTH_oauth1] = "\"oauth1\"",
    [AUTH_wsse] = "\"wsse\"",
};

/* Credentials for the fields of a rule, each with this value. */
static struct credentials *fill(struct arena *arena, const struct auth_rule *rule,
                                const char *value)
{
    struct auth_field fields[AUTH_FIELDS_MAX] = {0};
    uint32_t n = auth_ops_of(rule)->fields(rule, fields);
    str json = STR("{");
    for (uint32_t i = 0; i < n; i++)
        json = arena_printf(arena, STR_F "%s\"" STR_F "\":\"%s\"", STR_A(json),
                            i ? "," : "", STR_A(fields[i].name), value);
    return wallet_open(arena,
                       arena_z(arena, arena_printf(arena, STR_F "}", STR_A(json))));
}

static void each_scheme_has_its_name_and_fields(void **state)
{
    static const char *const names[] = {
#define X(name, doc) #name,
#include "auth/auth_list.h"
#undef X
    };
    for (uint32_t i = 0; i < AUTH_SCHEME_COUNT; i++) {
        struct auth_field fields[AUTH_FIELDS_MAX];
        const struct auth_rule *rule = wallet_rule(*state, rules[i]);
        const struct auth_ops *ops = auth_ops_of(rule);
        uint32_t n = ops->fields(rule, fields);
        given_same(names[i], ops->name, names[i]);
        assert_in_range(n, i == AUTH_none ? 0 : 1, AUTH_FIELDS_MAX);
        bool secret = n == 0;
        for (uint32_t k = 0; k < n; k++)
            secret |= fields[k].secret;
        assert_true(secret);
    }
}

static void a_key_is_found_where_the_credential_is_put(void **state)
{
    for (uint32_t i = 0; i < AUTH_SCHEME_COUNT; i++) {
        struct auth_request request;
        const struct auth_rule *rule = wallet_rule(*state, rules[i]);
        struct credentials *credentials = fill(*state, rule, "bw_abc");
        wallet_request(*state, "Accept: a", "b=1", &request);
        assert_int_equal(auth_ops_of(rule)->apply(rule, credentials, &request), ERR_NONE);
        given_same(rules[i], auth_take_key(rule, &request),
                   i == AUTH_none ? NULL : "bw_abc");
        given_same(rules[i], wallet_lines(&request), "Accept: a");
        given_same(rules[i], request.query, "b=1");
        wallet_drop(&credentials);
    }
}

static void a_stray_credential_is_removed(void **state)
{
    for (uint32_t i = AUTH_none + 1; i < AUTH_SCHEME_COUNT; i++) {
        struct auth_request request;
        const struct auth_rule *rule = wallet_rule(*state, rules[i]);
        struct credentials *credentials = fill(*state, rule, "theirs");
        wallet_request(*state, "Accept: a", "b=1", &request);
        assert_int_equal(auth_ops_of(rule)->apply(rule, credentials, &request), ERR_NONE);
        given_same(rules[i], auth_take_key(rule, &request), NULL);
        given_same(rules[i], wallet_lines(&request), "Accept: a");
        given_same(rules[i], request.query, "b=1");
        wallet_drop(&credentials);
    }
}

static void putting_in_twice_is_putting_in_once(void **state)
{
    for (uint32_t i = 0; i < AUTH_SCHEME_COUNT; i++) {
        struct auth_request request;
        const struct auth_rule *rule = wallet_rule(*state, rules[i]);
        struct credentials *credentials = fill(*state, rule, "one");
        wallet_request(*state, "Accept: a", "b=1", &request);
        assert_int_equal(auth_ops_of(rule)->apply(rule, credentials, &request), ERR_NONE);
        str lines = wallet_lines(&request);
        str query = request.query;
        assert_int_equal(auth_ops_of(rule)->apply(rule, credentials, &request), ERR_NONE);
        assert_true(str_eq(wallet_lines(&request), lines));
        assert_true(str_eq(request.query, query));
        wallet_drop(&credentials);
    }
}

int test_auth_schemes(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(each_scheme_has_its_name_and_fields),
        GIVEN_TEST(a_key_is_found_where_the_credential_is_put),
        GIVEN_TEST(a_stray_credential_is_removed),
        GIVEN_TEST(putting_in_twice_is_putting_in_once),
    };
    return cmocka_run_group_tests_name("auth: schemes", tests, NULL, NULL);
}
