/*
 * The schemes that make a credential for each request out of the request itself.
 */
#include "http/url.h"
#include "vectors.h"
#include "wallet.h"

int test_auth_signed(void);

/* Bytes of chance that give this nonce (encode_base62_random). */
static void set_nonce(struct auth_request *request, str nonce)
{
    static const char digits[] =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    assert_int_equal(nonce.n, AUTH_CHANCE_BYTES);
    for (size_t i = 0; i < nonce.n; i++)
        request->chance[i] = (uint8_t)(strchr(digits, nonce.p[i]) - digits);
}

static void aim(struct arena *arena, struct auth_request *request, str text)
{
    struct url *url = arena_alloc(arena, sizeof(*url));
    assert_true(url_parse(arena, text, url, NULL));
    request->url = url;
    request->query = url->query;
}

static void apply(const struct auth_rule *rule, const char *credentials,
                  struct auth_request *request)
{
    struct credentials *stored = wallet_open(request->arena, credentials);
    assert_true(auth_ops_of(rule)->signs);
    assert_int_equal(auth_ops_of(rule)->apply(rule, stored, request), ERR_NONE);
    wallet_drop(&stored);
}

static void a_request_is_signed_as_the_vector_has_it(void **state)
{
    const struct json *vector = vectors_get(*state, "netsuite_tba_oauth1_hmac_sha256");
    struct auth_request request;
    wallet_request(*state, "Authorization: mine", NULL, &request);
    request.verb = json_member_text(vector, STR("method"));
    request.wall = VECTORS_WALL + 999999;
    set_nonce(&request, STR("fjaLirsIcCGVZWzBX0pg"));
    aim(*state, &request, json_member_text(vector, STR("url")));
    str query = request.query;
    apply(wallet_rule(*state, "{\"scheme\":\"oauth1\",\"signature\":\"HMAC-SHA256\"}"),
          "{\"consumer_key\":\"ck_0123\",\"consumer_secret\":\"cs_89ab\","
          "\"token\":\"tk_4567\",\"token_secret\":\"ts_cdef\",\"realm\":\"1234567_SB1\"}",
          &request);
    assert_int_equal(request.headers->n, 1);
    assert_str(header_value(request.headers, HEADER_AUTHORIZATION),
               json_member_text(vector, STR("authorization")));
    assert_str(request.query, query);
}

#define TOKENLESS "{\"consumer_key\":\"ck\",\"consumer_secret\":\"cs\"}"

static void a_realm_of_the_rule_is_every_accounts(void **state)
{
    struct auth_request request;
    wallet_request(*state, "", NULL, &request);
    apply(wallet_rule(*state, "{\"scheme\":\"oauth1\",\"realm\":\"all\","
                              "\"two_legged\":true}"),
          "{\"consumer_key\":\"ck\",\"consumer_secret\":\"cs\",\"realm\":\"mine\","
          "\"token\":\"unused\"}",
          &request);
    str value = header_value(request.headers, HEADER_AUTHORIZATION);
    assert_true(str_starts(
        value, STR("OAuth realm=\"all\",oauth_consumer_key=\"ck\",oauth_signature_")));
    assert_int_equal(str_find_str(value, STR("unused")), value.n);
}

/* The value of oauth_signature for a request with this query and form. */
static str signature_of(struct arena *arena, const char *query, const char *form)
{
    struct auth_request request;
    wallet_request(arena, "", query, &request);
    request.verb = STR("POST");
    request.form = str_z(form);
    apply(wallet_rule(arena, "{\"scheme\":\"oauth1\",\"two_legged\":true}"), TOKENLESS,
          &request);
    str value = header_value(request.headers, HEADER_AUTHORIZATION);
    return str_from(value, str_find_str(value, STR("oauth_signature=")));
}

static void query_and_form_change_the_signature_alike(void **state)
{
    str none = signature_of(*state, NULL, NULL);
    str query = signature_of(*state, "a=1", NULL);
    assert_false(str_eq(none, query));
    assert_str(signature_of(*state, NULL, "a=1"), query);
    assert_false(str_eq(signature_of(*state, "a=1", "a=1"), query));
}

static void parameters_of_the_protocol_are_taken_out_of_the_query(void **state)
{
    static const struct {
        const char *query;
        const char *want;
    } rows[] = {
        {NULL, NULL},
        {"oauth_token=theirs", NULL},
        {"a=1&oauth%5Fnonce=n&b&oauth_signature=s&c=", "a=1&b&c="},
        {"oauth=1&xoauth_token=2", "oauth=1&xoauth_token=2"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct auth_request request;
        wallet_request(*state, "", rows[i].query, &request);
        apply(wallet_rule(*state, "{\"scheme\":\"oauth1\",\"two_legged\":true}"),
              TOKENLESS, &request);
        given_same(rows[i].query, request.query, rows[i].want);
    }
}

static void each_nonce_makes_another_credential(void **state)
{
    static const char *const rules[] = {"{\"scheme\":\"oauth1\",\"two_legged\":true}",
                                        "\"wsse\"",
                                        "{\"scheme\":\"wsse\",\"digest\":\"hex\"}"};
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        struct auth_request request;
        str before = STR_NONE;
        wallet_request(*state, "", NULL, &request);
        for (int k = 0; k < 2; k++) {
            request.chance[3] = (uint8_t)k;
            apply(wallet_rule(*state, rules[i]),
                  "{\"consumer_key\":\"ck\",\"consumer_secret\":\"cs\","
                  "\"username\":\"u\",\"password\":\"p\"}",
                  &request);
            assert_int_equal(request.headers->n, 1);
            assert_false(str_eq(request.headers->items[0].value, before));
            before = request.headers->items[0].value;
        }
    }
}

static void a_username_token_stands_in_its_header(void **state)
{
    static const struct {
        const char *rule;
        const char *lines;
    } rows[] = {
        {"\"wsse\"", "X-WSSE: UsernameToken Username=\"bob\", "
                     "PasswordDigest=\"p173KbIhVlG5HswWf0uPaUPPj5E=\", "
                     "Nonce=\"AAAAAAAAAAAAAAAAAAAAAA==\", "
                     "Created=\"2025-10-09T08:53:20Z\""},
        {"{\"scheme\":\"wsse\",\"header\":\"Authorization\",\"username\":\"all\","
         "\"digest\":\"none\"}",
         "Authorization: UsernameToken Username=\"all\", PasswordText=\"p\", "
         "Nonce=\"AAAAAAAAAAAAAAAAAAAAAA==\", Created=\"2025-10-09T08:53:20Z\""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct auth_request request;
        wallet_request(*state, "", NULL, &request);
        request.wall = VECTORS_WALL;
        apply(wallet_rule(*state, rows[i].rule),
              "{\"username\":\"bob\",\"password\":\"p\"}", &request);
        given_same(rows[i].rule, wallet_lines(&request), rows[i].lines);
    }
}

int test_auth_signed(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(a_request_is_signed_as_the_vector_has_it),
        GIVEN_TEST(a_realm_of_the_rule_is_every_accounts),
        GIVEN_TEST(query_and_form_change_the_signature_alike),
        GIVEN_TEST(parameters_of_the_protocol_are_taken_out_of_the_query),
        GIVEN_TEST(each_nonce_makes_another_credential),
        GIVEN_TEST(a_username_token_stands_in_its_header),
    };
    return cmocka_run_group_tests_name("auth: signed", tests, NULL, NULL);
}
