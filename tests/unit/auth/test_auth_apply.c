#include "wallet.h"

int test_auth_apply(void);

struct row {
    const char *about;
    const char *rule;
    const char *credentials;
    const char *lines; /* before */
    const char *query;
    const char *want_lines;
    const char *want_query;
};

static void check_row(struct arena *arena, const struct row *row)
{
    struct auth_request request;
    const struct auth_rule *rule = wallet_rule(arena, row->rule);
    struct credentials *credentials = wallet_open(arena, row->credentials);
    wallet_request(arena, row->lines, row->query, &request);
    enum err err = auth_ops_of(rule)->apply(rule, credentials, &request);
    given_same(row->about, err_code(err), "ok");
    given_same(row->about, wallet_lines(&request), row->want_lines);
    given_same(row->about, request.query, row->want_query);
    wallet_drop(&credentials);
}

static void credentials_are_put_in(void **state)
{
    static const struct row rows[] = {
        {"none sends nothing", "\"none\"", "{}", "Accept: a", "b=1", "Accept: a", "b=1"},
        {"bearer", "\"bearer\"", "{\"token\":\"t0\"}", "Accept: a", NULL,
         "Accept: a\nAuthorization: Bearer t0", NULL},
        {"bearer replaces the caller's line", "\"bearer\"", "{\"token\":\"t0\"}",
         "authorization: mine", NULL, "Authorization: Bearer t0", NULL},
        {"bearer with another word", "{\"scheme\":\"bearer\",\"prefix\":\"OAuth\"}",
         "{\"token\":\"t0\"}", "", NULL, "Authorization: OAuth t0", NULL},
        {"bearer in another header", "{\"scheme\":\"bearer\",\"header\":\"X-Auth\"}",
         "{\"token\":\"t0\"}", "", NULL, "X-Auth: Bearer t0", NULL},
        {"basic, both halves the account's", "\"basic\"",
         "{\"username\":\"Aladdin\",\"password\":\"open sesame\"}", "", NULL,
         "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", NULL},
        {"basic, key as user", "{\"scheme\":\"basic\",\"password\":\"X\"}",
         "{\"username\":\"key\"}", "", NULL, "Authorization: Basic a2V5Olg=", NULL},
        {"basic, empty password", "{\"scheme\":\"basic\",\"password\":\"\"}",
         "{\"username\":\"key\"}", "", NULL, "Authorization: Basic a2V5Og==", NULL},
        {"basic, fixed user", "{\"scheme\":\"basic\",\"username\":\"anystring\"}",
         "{\"password\":\"key\"}", "", NULL,
         "Authorization: Basic YW55c3RyaW5nOmtleQ==", NULL},
        {"basic with a suffix", "{\"scheme\":\"basic\",\"username_suffix\":\"/token\"}",
         "{\"username\":\"a@b.c\",\"password\":\"key\"}", "", NULL,
         "Authorization: Basic YUBiLmMvdG9rZW46a2V5", NULL},
        {"basic, colons in the password", "\"basic\"",
         "{\"username\":\"u\",\"password\":\"a:b\"}", "", NULL,
         "Authorization: Basic dTphOmI=", NULL},
        {"header", "{\"scheme\":\"header\",\"header\":\"X-Api-Key\"}", "{\"key\":\"k0\"}",
         "x-api-key: mine\nx-api-key: again", NULL, "X-Api-Key: k0", NULL},
        {"header with a prefix",
         "{\"scheme\":\"header\",\"header\":\"Authorization\",\"prefix\":\"Token "
         "token=\"}",
         "{\"key\":\"k0\"}", "", NULL, "Authorization: Token token=k0", NULL},
        {"query", "{\"scheme\":\"query\",\"query\":\"api_token\"}", "{\"key\":\"k 0&\"}",
         "Accept: a", NULL, "Accept: a", "api_token=k%200%26"},
        {"query replaces the caller's parameter",
         "{\"scheme\":\"query\",\"query\":\"api_token\"}", "{\"key\":\"k0\"}", "",
         "a=1&api_token=mine&b=2&api%5Ftoken=again", "", "a=1&b=2&api_token=k0"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_row(*state, &rows[i]);
}

static void unusable_credentials_are_refused(void **state)
{
    static const struct {
        const char *rule;
        const char *credentials;
    } rows[] = {
        {"\"bearer\"", "{}"},
        {"\"bearer\"", "{\"token\":\"\"}"},
        {"\"bearer\"", "{\"key\":\"k\"}"},
        {"\"bearer\"", "{\"token\":\"a\\nb\"}"},
        {"\"bearer\"", "{\"token\":\"a\\r\\nX-Evil: 1\"}"},
        {"\"bearer\"", "{\"token\":\"a\\u0000\"}"},
        {"\"basic\"", "{\"username\":\"u\"}"},
        {"\"basic\"", "{\"password\":\"p\"}"},
        {"\"basic\"", "{\"username\":\"\",\"password\":\"p\"}"},
        {"\"basic\"", "{\"username\":\"a:b\",\"password\":\"p\"}"},
        {"\"basic\"", "{\"username\":\"a\\nb\",\"password\":\"p\"}"},
        {"\"basic\"", "{\"username\":\"a\",\"password\":\"p\\u007f\"}"},
        {"{\"scheme\":\"header\",\"header\":\"X-Key\"}", "{\"token\":\"t\"}"},
        {"{\"scheme\":\"header\",\"header\":\"X-Key\"}", "{\"key\":\"a\\nb\"}"},
        {"{\"scheme\":\"query\",\"query\":\"k\"}", "{}"},
        {"{\"scheme\":\"query\",\"query\":\"k\"}", "{\"key\":\"\"}"},
        {"\"oauth1\"", "{}"},
        {"\"oauth1\"", "{\"consumer_key\":\"c\",\"consumer_secret\":\"s\"}"},
        {"\"oauth1\"", "{\"consumer_key\":\"c\",\"consumer_secret\":\"s\","
                       "\"token\":\"t\"}"},
        {"{\"scheme\":\"oauth1\",\"two_legged\":true}", "{\"consumer_key\":\"c\"}"},
        {"{\"scheme\":\"oauth1\",\"two_legged\":true}", "{\"consumer_secret\":\"c\"}"},
        {"{\"scheme\":\"oauth1\",\"two_legged\":true}",
         "{\"consumer_key\":\"c\",\"consumer_secret\":\"s\",\"realm\":\"a\\nb\"}"},
        {"\"wsse\"", "{}"},
        {"\"wsse\"", "{\"username\":\"u\"}"},
        {"\"wsse\"", "{\"password\":\"p\"}"},
        {"\"wsse\"", "{\"username\":\"u\\n\",\"password\":\"p\"}"},
        {"{\"scheme\":\"wsse\",\"digest\":\"none\"}",
         "{\"username\":\"u\",\"password\":\"p\\r\"}"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct auth_request request;
        const struct auth_rule *rule = wallet_rule(*state, rows[i].rule);
        struct credentials *credentials = wallet_open(*state, rows[i].credentials);
        wallet_request(*state, "Accept: a", "b=1", &request);
        enum err err = auth_ops_of(rule)->apply(rule, credentials, &request);
        given_same(rows[i].credentials, err_code(err), "credential_unusable");
        given_same(rows[i].credentials, wallet_lines(&request), "Accept: a");
        given_same(rows[i].credentials, request.query, "b=1");
        wallet_drop(&credentials);
    }
}

static void no_credentials_at_all_are_unusable(void **state)
{
    struct auth_request request;
    const struct auth_rule *rule = wallet_rule(*state, "\"bearer\"");
    wallet_request(*state, "", NULL, &request);
    assert_int_equal(auth_ops_of(rule)->apply(rule, NULL, &request),
                     ERR_CREDENTIAL_UNUSABLE);
    assert_true(str_absent(auth_credential(NULL, STR("token"))));
}

int test_auth_apply(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(credentials_are_put_in),
        GIVEN_TEST(unusable_credentials_are_refused),
        GIVEN_TEST(no_credentials_at_all_are_unusable),
    };
    return cmocka_run_group_tests_name("auth: apply", tests, NULL, NULL);
}
