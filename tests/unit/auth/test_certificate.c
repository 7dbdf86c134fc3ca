/* Whose certificate an account shows, and what is wanted of it before. */
#include "auth/certificate.h"

#include "vectors.h"
#include "vendor_token.h"
#include "wallet.h"

int test_certificate(void);

static const char *fields_of(struct arena *arena, const char *rule)
{
    struct auth_field fields[AUTH_FIELDS_MAX];
    uint32_t n = auth_fields(wallet_rule(arena, rule), fields);
    str text = STR("");
    for (uint32_t i = 0; i < n; i++)
        text = arena_printf(arena, STR_F "%s" STR_F "%s%s", STR_A(text), i ? " " : "",
                            STR_A(fields[i].name), fields[i].optional ? "?" : "",
                            fields[i].text == AUTH_TEXT_CERTIFICATE ? "!" : "");
    return arena_z(arena, text);
}

#define BY_CLIENT                                                                        \
    "\"token\":{\"grant\":\"client_credentials\",\"url\":\"https://a.test\"}"

static void a_rule_says_whether_a_certificate_must_be_there(void **state)
{
    static const struct {
        const char *rule;
        const char *fields; /* ?: optional, !: of a certificate */
    } rows[] = {
        {"\"bearer\"", "token"},
        {"{\"scheme\":\"bearer\",\"tls\":\"none\"}", "token"},
        {"{\"scheme\":\"bearer\",\"tls\":\"required\"}",
         "token certificate! certificate_key!"},
        {"{\"scheme\":\"none\",\"tls\":{\"certificate\":\"required\"}}",
         "certificate! certificate_key!"},
        {"{\"scheme\":\"basic\",\"tls\":\"optional\"}",
         "username password certificate?! certificate_key?!"},
        {"{\"scheme\":\"bearer\",\"tls\":\"required\"," BY_CLIENT "}",
         "token? client_id? client_secret? certificate?! certificate_key?!"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_string_equal(fields_of(*state, rows[i].rule), rows[i].fields);
    assert_true(auth_is_stored(wallet_rule(*state, rows[3].rule)));
    assert_false(auth_is_stored(
        wallet_rule(*state, "{\"scheme\":\"none\",\"tls\":\"optional\"}")));
}

struct choice {
    const char *own;
    const char *apps;
    const char *chosen; /* "chain key"; NULL: none */
    const char *part;   /* of the sentence; NULL: no fault */
};

static const struct choice choices[] = {
    {"{}", "{}", NULL, NULL},
    {"{\"certificate\":\"a\",\"certificate_key\":\"b\"}", "{}", "a b", NULL},
    {"{}", "{\"certificate\":\"c\",\"certificate_key\":\"d\"}", "c d", NULL},
    {"{\"certificate\":\"a\",\"certificate_key\":\"b\"}",
     "{\"certificate\":\"c\",\"certificate_key\":\"d\"}", "a b", NULL},
    /* never one of each */
    {"{\"certificate\":\"a\"}", "{\"certificate\":\"c\",\"certificate_key\":\"d\"}", NULL,
     "no \"certificate_key\""},
    {"{\"certificate_key\":\"a\"}", "{}", NULL, "no \"certificate\""},
    {"{}", "{\"certificate\":\"c\"}", NULL, "no \"certificate_key\""},
    /* a client of its own does not come as the app */
    {"{\"client_id\":\"mine\"}", "{\"certificate\":\"c\",\"certificate_key\":\"d\"}",
     NULL, NULL},
};

static void an_account_shows_its_own_or_its_apps(void **state)
{
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT_OF(choices); i++) {
        const struct choice *row = &choices[i];
        struct credentials *own = wallet_open(arena, row->own);
        struct credentials *apps = wallet_open(arena, row->apps);
        struct certificate found;
        const char *why = "";
        enum err err = certificate_choose(own, apps, &found, &why);
        assert_int_equal(err, row->part ? ERR_CREDENTIAL_UNUSABLE : ERR_NONE);
        if (row->part)
            assert_non_null(strstr(why, row->part));
        else if (!row->chosen)
            assert_int_equal(found.chain.n + found.key.n, 0);
        else
            given_same(row->own,
                       arena_printf(arena, STR_F " " STR_F, STR_A(found.chain),
                                    STR_A(found.key)),
                       row->chosen);
        wallet_drop(&own);
        wallet_drop(&apps);
    }
}

/* A request to a token endpoint has what is to be shown with it, for longer than the
 * credentials are there. */
static void a_token_request_brings_its_certificate(void **state)
{
    static const char rule[] = "{\"grant\":\"client_credentials\",\"client\":"
                               "\"tls_client_auth\",\"url\":\"https://a.test/token\"}";
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT_OF(choices); i++) {
        const struct choice *row = &choices[i];
        struct credentials *own = wallet_open(arena, row->own);
        struct credentials *apps = wallet_open(arena, row->apps);
        struct token_inputs inputs = {.rule = vendor_token(arena, rule),
                                      .arena = arena,
                                      .context = given_json(arena, STR("{}")),
                                      .client_id = STR("app"),
                                      .own = own,
                                      .apps = apps,
                                      .nonce = STR("n"),
                                      .wall = VECTORS_WALL};
        struct token_request request;
        str detail;
        enum err err = token_request_make(&inputs, TOKEN_OBTAIN, &request, &detail);
        wallet_drop(&own);
        wallet_drop(&apps);
        if (row->chosen) {
            assert_int_equal(err, ERR_NONE);
            given_same(row->own,
                       arena_printf(arena, STR_F " " STR_F,
                                    STR_A(request.certificate.chain),
                                    STR_A(request.certificate.key)),
                       row->chosen);
            given_same("body", request.body,
                       "grant_type=client_credentials&client_id=app");
        } else {
            assert_int_equal(err, ERR_CREDENTIAL_UNUSABLE);
            assert_true(str_find_str(detail, STR("no client certificate")) < detail.n);
        }
    }
}

int test_certificate(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(a_rule_says_whether_a_certificate_must_be_there),
        GIVEN_TEST(an_account_shows_its_own_or_its_apps),
        GIVEN_TEST(a_token_request_brings_its_certificate),
    };
    return cmocka_run_group_tests_name("auth: certificate", tests, NULL, NULL);
}
