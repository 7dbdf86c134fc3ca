#include "wallet.h"

int test_auth_take_key(void);

#define HEADER "{\"scheme\":\"header\",\"header\":\"X-Key\"}"
#define PREFIXED                                                                         \
    "{\"scheme\":\"header\",\"header\":\"Authorization\",\"prefix\":\"Zoho-oauthtoken "  \
    "\"}"
#define QUERY    "{\"scheme\":\"query\",\"query\":\"api_token\"}"
#define SUFFIXED "{\"scheme\":\"basic\",\"username_suffix\":\"/token\"}"

struct row {
    const char *rule; /* NULL: none is known */
    const char *lines;
    const char *query;
    const char *want; /* the key */
    const char *left_lines;
    const char *left_query;
};

/* base64: "bw_abc:" YndfYWJjOg==, "bw_abc" YndfYWJj, "x:bw_abc" eDpid19hYmM=,
 * "bw_abc:bw_def" YndfYWJjOmJ3X2RlZg==, "a@b.c/token:bw_abc" YUBiLmMvdG9rZW46YndfYWJj,
 * "bw_abc/token:x" YndfYWJjL3Rva2VuOng=, "u:p" dTpw */
static const struct row rows[] = {
    {NULL, "", NULL, NULL, "", NULL},
    {NULL, "X-Breakwater-Key: bw_abc\nAccept: a", NULL, "bw_abc", "Accept: a", NULL},
    {NULL, "x-breakwater-key:  bw_abc ", NULL, "bw_abc", "", NULL},
    {NULL, "X-Breakwater-Key: mistyped", NULL, "mistyped", "", NULL},
    {NULL, "X-Breakwater-Key: ", NULL, NULL, "", NULL},
    {NULL, "X-Breakwater-Key: bw_abc\nAuthorization: Bearer bw_def", NULL, "bw_abc", "",
     NULL},
    {NULL, "Authorization: Bearer bw_abc", NULL, "bw_abc", "", NULL},
    {NULL, "Authorization: bearer   bw_abc", NULL, "bw_abc", "", NULL},
    {NULL, "Authorization: token bw_abc", NULL, "bw_abc", "", NULL},
    {NULL, "Authorization: bw_abc", NULL, "bw_abc", "", NULL},
    {NULL, "Authorization: Basic YndfYWJjOg==", NULL, "bw_abc", "", NULL},
    {NULL, "Authorization: Basic YndfYWJj", NULL, "bw_abc", "", NULL},
    {NULL, "Authorization: basic eDpid19hYmM=", NULL, "bw_abc", "", NULL},
    {NULL, "Authorization: Basic YndfYWJjOmJ3X2RlZg==", NULL, "bw_def", "", NULL},
    {NULL, "Authorization: OAuth bw_abc", NULL, NULL, "Authorization: OAuth bw_abc",
     NULL},
    {NULL, "Authorization: Bearer", NULL, NULL, "Authorization: Bearer", NULL},
    {NULL, "Authorization: Bearer xyz", NULL, NULL, "Authorization: Bearer xyz", NULL},
    {NULL, "Authorization: Basic dTpw", NULL, NULL, "Authorization: Basic dTpw", NULL},
    {NULL, "Authorization: Basic %%%", NULL, NULL, "Authorization: Basic %%%", NULL},
    {NULL, "Authorization: Bearer xyz\nAuthorization: Bearer bw_abc", NULL, "bw_abc", "",
     NULL},
    {NULL, "X-Key: bw_abc", "api_token=bw_abc", NULL, "X-Key: bw_abc",
     "api_token=bw_abc"},
    {"\"none\"", "Authorization: Bearer xyz", NULL, NULL, "Authorization: Bearer xyz",
     NULL},
    {"\"none\"", "Authorization: Bearer bw_abc", NULL, "bw_abc", "", NULL},
    {"\"bearer\"", "Authorization: Bearer bw_abc\nAccept: a", NULL, "bw_abc", "Accept: a",
     NULL},
    {"\"bearer\"", "Authorization: Bearer xyz\nAccept: a", NULL, NULL, "Accept: a", NULL},
    {"\"bearer\"", "Authorization: Digest whatever", NULL, NULL, "", NULL},
    {"{\"scheme\":\"bearer\",\"accept\":\"OAuth\"}", "Authorization: OAuth bw_abc", NULL,
     "bw_abc", "", NULL},
    {"{\"scheme\":\"bearer\",\"prefix\":\"ApiKey\"}", "Authorization: ApiKey bw_abc",
     NULL, "bw_abc", "", NULL},
    {"{\"scheme\":\"bearer\",\"header\":\"X-Auth\"}", "X-Auth: Bearer bw_abc", NULL,
     "bw_abc", "", NULL},
    {"{\"scheme\":\"bearer\",\"header\":\"X-Auth\"}",
     "Authorization: Bearer bw_abc\nX-Auth: theirs", NULL, "bw_abc", "", NULL},
    {SUFFIXED, "Authorization: Basic YUBiLmMvdG9rZW46YndfYWJj", NULL, "bw_abc", "", NULL},
    {SUFFIXED, "Authorization: Basic YndfYWJjL3Rva2VuOng=", NULL, "bw_abc", "", NULL},
    {HEADER, "X-Key: bw_abc", NULL, "bw_abc", "", NULL},
    {HEADER, "x-key: Bearer bw_abc", NULL, "bw_abc", "", NULL},
    {HEADER, "X-Key: theirs\nX-Key: more", NULL, NULL, "", NULL},
    {HEADER, "X-Key: bw_abc\nAuthorization: Bearer theirs", NULL, "bw_abc", "", NULL},
    {HEADER, "X-Key: bw_abc\nAuthorization: Bearer bw_def", NULL, "bw_def", "", NULL},
    {PREFIXED, "Authorization: Zoho-oauthtoken bw_abc", NULL, "bw_abc", "", NULL},
    {PREFIXED, "Authorization: zoho-oauthtoken  bw_abc", NULL, "bw_abc", "", NULL},
    {PREFIXED, "Authorization: bw_abc", NULL, "bw_abc", "", NULL},
    {QUERY, "", "a=1&api_token=bw_abc&b", "bw_abc", "", "a=1&b"},
    {QUERY, "", "api%5Ftoken=bw%5Fabc", "bw_abc", "", NULL},
    {QUERY, "", "api_token=theirs&a=1", NULL, "", "a=1"},
    {QUERY, "", "api_token=&a=1", NULL, "", "a=1"},
    {QUERY, "", "api_token=bw_abc&api_token=bw_def", "bw_abc", "", NULL},
    {QUERY, "", NULL, NULL, "", NULL},
    {"\"oauth1\"",
     "Authorization: OAuth realm=\"r\",oauth_consumer_key=\"ck\",oauth_token=\"bw_abc\"",
     NULL, "bw_abc", "", NULL},
    {"\"oauth1\"", "Authorization: OAuth oauth_consumer_key=bw_abc, oauth_nonce=\"n\"",
     NULL, "bw_abc", "", NULL},
    {"\"oauth1\"", "Authorization: OAuth oauth_token=\"theirs\"", NULL, NULL, "", NULL},
    {"\"oauth1\"", "Authorization: Bearer bw_abc", NULL, "bw_abc", "", NULL},
    {"\"oauth1\"", "", "a=1&oauth_token=bw_abc&oauth_nonce=n", "bw_abc", "", "a=1"},
    {"\"oauth1\"", "Authorization: OAuth oauth_token=\"bw_abc\"", "oauth_token=bw_def",
     "bw_abc", "", NULL},
    {"\"wsse\"", "X-WSSE: UsernameToken Username=\"bw_abc\", PasswordDigest=\"d\"", NULL,
     "bw_abc", "", NULL},
    {"\"wsse\"", "X-WSSE: UsernameToken Username=\"u\", PasswordText=\"bw_abc\"", NULL,
     "bw_abc", "", NULL},
    {"\"wsse\"", "X-WSSE: UsernameToken Username=\"u\"\nX-WSSE: bw_abc", NULL, "bw_abc",
     "", NULL},
    {"\"wsse\"",
     "Authorization: WSSE profile=\"UsernameToken\"\nX-WSSE: UsernameToken "
     "Username=\"u\"",
     NULL, NULL, "", NULL},
    {"{\"scheme\":\"wsse\",\"header\":\"Authorization\"}",
     "Authorization: UsernameToken Username=\"bw_abc\"", NULL, "bw_abc", "", NULL},
};

static void keys_are_found_and_places_emptied(void **state)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct auth_request request;
        const struct auth_rule *rule =
            rows[i].rule ? wallet_rule(*state, rows[i].rule) : NULL;
        const char *about = rows[i].query ? rows[i].query : rows[i].lines;
        wallet_request(*state, rows[i].lines, rows[i].query, &request);
        given_same(about, auth_take_key(rule, &request), rows[i].want);
        given_same(about, wallet_lines(&request), rows[i].left_lines);
        given_same(about, request.query, rows[i].left_query);
    }
}

/* Wherever several keys of ours stand, none is left. */
static void no_key_of_ours_is_left(void **state)
{
    struct auth_request request;
    const struct auth_rule *rule = wallet_rule(*state, QUERY);
    wallet_request(*state,
                   "X-Breakwater-Key: bw_1\nAuthorization: bw_2\nX-Breakwater-Key: bw_3",
                   "api_token=bw_4", &request);
    given_same("key", auth_take_key(rule, &request), "bw_1");
    assert_int_equal(request.headers->n, 0);
    assert_true(str_absent(request.query));
}

int test_auth_take_key(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(keys_are_found_and_places_emptied),
        GIVEN_TEST(no_key_of_ours_is_left),
    };
    return cmocka_run_group_tests_name("auth: take_key", tests, NULL, NULL);
}
