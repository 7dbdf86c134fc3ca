#include <string.h>

#include "vendor_token.h"
#include "wallet.h"

int test_token_rule(void);

static void what_is_left_out_has_its_default(void **state)
{
    const struct token_rule *rule = vendor_token(*state, TOKEN_BY_CODE(""));
    assert_int_equal(rule->grant, TOKEN_GRANT_authorization_code);
    assert_int_equal(rule->client.kind, CLIENT_AUTH_basic);
    assert_int_equal(rule->encoding, TOKEN_FORM);
    given_same("verb", rule->verb, "POST");
    given_same("separator", rule->scope_separator, " ");
    assert_true(rule->pkce);
    assert_null(rule->jwt);
    assert_int_equal(rule->margin, 3 * USEC_MIN);
    assert_int_equal(rule->lifetime, 0);
    assert_int_equal(rule->idle_max, 0);
    assert_int_equal(rule->expires.source, SIGNAL_NONE);
    assert_int_equal(rule->scopes.n, 0);
}

static void what_is_given_counts(void **state)
{
    const struct token_rule *rule = vendor_token(
        *state,
        TOKEN_BY_CODE(
            ",\"client\":{\"kind\":\"body\",\"id_name\":\"appid\"},\"encoding\":\"json\","
            "\"verb\":\"PUT\",\"pkce\":false,\"scopes\":\"all\",\"scope_separator\":\"\","
            "\"jwt\":{\"alg\":\"ES256\",\"claims\":{\"iss\":\"{client_id}\"},"
            "\"lifetime\":\"1h\",\"early\":\"1m\"},\"lifetime\":\"2h\",\"margin\":\"5m\","
            "\"idle_max\":\"90d\",\"expires\":{\"from\":\"/until\",\"unit\":\"iso8601\"},"
            "\"revoked\":[\"a\",\"b\"],\"dead\":[{\"status\":401}],"
            "\"keep\":{\"shop\":\"/shop/id\"},\"redirect\":{\"realm\":\"realmId\"}"));
    assert_int_equal(rule->client.kind, CLIENT_AUTH_body);
    assert_int_equal(rule->encoding, TOKEN_JSON);
    given_same("verb", rule->verb, "PUT");
    given_same("separator", rule->scope_separator, "");
    assert_false(rule->pkce);
    assert_int_equal(rule->scopes.n, 1);
    assert_int_equal(rule->jwt->alg, SIGN_ES256);
    assert_int_equal(rule->jwt->lifetime, USEC_H);
    assert_int_equal(rule->jwt->early, USEC_MIN);
    assert_int_equal(rule->lifetime, 2 * USEC_H);
    assert_int_equal(rule->margin, 5 * USEC_MIN);
    assert_int_equal(rule->idle_max, 90 * USEC_DAY);
    assert_int_equal(rule->expires.unit, SIGNAL_ISO8601);
    assert_int_equal(rule->revoked.n, 2);
    assert_int_equal(rule->dead.n, 1);
    assert_int_equal(rule->keep.n, 1);
    assert_int_equal(rule->redirect.n, 1);
}

static void faults_say_where_and_why(void **state)
{
    static const struct {
        const char *rule;
        const char *pointer;
        const char *part; /* of the sentence */
    } rows[] = {
        {"5", "", "is 5"},
        {"{}", "", "\"grant\" is missing"},
        {"{\"grant\":\"password\"}", "/grant", "one of"},
        {"{\"grant\":\"authorization_cod\"}", "/grant", "did you mean"},
        {"{\"grant\":\"client_credentials\"}", "", "no \"url\""},
        {"{\"grant\":\"authorization_code\",\"url\":\"https://a.test\"}", "",
         "no \"authorize_url\""},
        {"{\"grant\":\"jwt_bearer\",\"url\":\"https://a.test\"}", "", "no \"jwt\" block"},
        {TOKEN_BY_CLIENT(",\"scope\":\"a b\""), "/scope", "neither"},
        {TOKEN_BY_CLIENT(",\"ur\":\"a\""), "/ur", "did you mean"},
        {TOKEN_BY_CLIENT(",\"revoke_url\":\"\""), "/revoke_url", "not empty"},
        {TOKEN_BY_CLIENT(",\"revoke_url\":5"), "/revoke_url", "a text"},
        {TOKEN_BY_CLIENT(",\"revoke_url\":\"a/{\""), "/revoke_url", "without a \"}\""},
        {TOKEN_BY_CLIENT(",\"revoke_url\":\"a/{A}\""), "/revoke_url", "a–z"},
        {TOKEN_BY_CLIENT(",\"revoke_url\":\"/revoke\""), "/revoke_url",
         "start with https://"},
        {TOKEN_BY_CLIENT(",\"revoke_url\":\"ftp://a.test\""), "/revoke_url",
         "start with https://"},
        {TOKEN_BY_CLIENT(",\"revoke_url\":\"https://a b.test\""), "/revoke_url",
         "not usable"},
        {TOKEN_BY_CLIENT(",\"revoke_url\":\"https://u@a.test\""), "/revoke_url",
         "not usable"},
        {TOKEN_BY_CLIENT(",\"revoke_url\":\"https://\""), "/revoke_url", "not usable"},
        {TOKEN_BY_CLIENT(",\"authorize_url\":\"https://a.test\""), "/authorize_url",
         "no meaning"},
        {TOKEN_BY_CLIENT(",\"authorize_params\":{\"a\":\"b\"}"), "/authorize_params",
         "no meaning"},
        {TOKEN_BY_CLIENT(",\"code_params\":{\"a\":\"b\"}"), "/code_params", "no meaning"},
        {TOKEN_BY_CLIENT(",\"redirect\":{\"a\":\"b\"}"), "/redirect", "no meaning"},
        {TOKEN_BY_CLIENT(",\"refresh_url\":\"https://a.test\""), "/refresh_url",
         "no meaning"},
        {TOKEN_BY_CLIENT(",\"refresh_params\":{\"a\":\"b\"}"), "/refresh_params",
         "no meaning"},
        {TOKEN_BY_CLIENT(",\"client\":\"bodi\""), "/client", "did you mean \"body\""},
        {TOKEN_BY_CLIENT(",\"client\":{\"kind\":\"body\",\"word\":\"ID\"}"), "/client",
         "\"header\" only"},
        {TOKEN_BY_CLIENT(",\"encoding\":\"xml\""), "/encoding", "one of"},
        {TOKEN_BY_CLIENT(",\"verb\":\"get\""), "/verb", "capitals"},
        {TOKEN_BY_CLIENT(",\"verb\":\"GE T\""), "/verb", "not a method"},
        {TOKEN_BY_CLIENT(",\"verb\":\"\""), "/verb", "at least 1"},
        {TOKEN_BY_CLIENT(",\"pkce\":\"no\""), "/pkce", "true or false"},
        {TOKEN_BY_CLIENT(",\"scopes\":[\"\"]"), "/scopes/0", "at least 1"},
        {TOKEN_BY_CLIENT(",\"scope_separator\":\"----\""), "/scope_separator", "at most"},
        {TOKEN_BY_CLIENT(",\"params\":[]"), "/params", "an object"},
        {TOKEN_BY_CLIENT(",\"params\":{\"a\":5}"), "/params/a", ""},
        {TOKEN_BY_CLIENT(",\"params\":{\"a\":\"{\"}"), "/params/a", "without a \"}\""},
        {TOKEN_BY_CLIENT(",\"headers\":{\"a b\":\"x\"}"), "/headers", "\"a b\""},
        {TOKEN_BY_CLIENT(",\"headers\":{\"Host\":\"x\"}"), "/headers", "\"Host\""},
        {TOKEN_BY_CLIENT(",\"headers\":{\"content-length\":\"1\"}"), "/headers",
         "no header that a vendor can get"},
        {TOKEN_BY_CLIENT(",\"headers\":{\"Transfer-Encoding\":\"x\"}"), "/headers",
         "no header that a vendor can get"},
        {TOKEN_BY_CLIENT(",\"headers\":{\"X-Breakwater-Key\":\"x\"}"), "/headers",
         "no header that a vendor can get"},
        {TOKEN_BY_CLIENT(",\"jwt\":{\"alg\":\"none\"}"), "/jwt/alg", "one of"},
        {TOKEN_BY_CLIENT(",\"jwt\":{\"more\":[1]}"), "/jwt/more", "an object"},
        {TOKEN_BY_CLIENT(",\"jwt\":{\"lifetime\":\"1s\"}"), "/jwt/lifetime", "10"},
        {TOKEN_BY_CLIENT(",\"jwt\":{\"early\":\"1h\"}"), "/jwt/early", "600s"},
        {TOKEN_BY_CLIENT(",\"expires\":{\"unit\":\"s\"}"), "/expires",
         "must have `from`"},
        {TOKEN_BY_CLIENT(",\"expires\":{\"from\":\"/a\",\"unit\":\"h\"}"),
         "/expires/unit", "one of"},
        {TOKEN_BY_CLIENT(",\"access_token\":\"a b\""), "/access_token", "neither"},
        {TOKEN_BY_CLIENT(",\"access_token\":{\"expression\":\"a +\"}"),
         "/access_token/expression", ""},
        {TOKEN_BY_CLIENT(",\"revoked\":[5]"), "/revoked/0", "a string"},
        {TOKEN_BY_CLIENT(",\"dead\":[{}]"), "/dead/0", "is empty"},
        {TOKEN_BY_CLIENT(",\"keep\":{\"apiDomain\":\"/a\"}"), "/keep", "\"apiDomain\""},
        {TOKEN_BY_CLIENT(",\"keep\":{\"a\":\"a b\"}"), "/keep/a", "neither"},
        {TOKEN_BY_CLIENT(",\"keep_secret\":{\"a-b\":\"/a\"}"), "/keep_secret", "\"a-b\""},
        {TOKEN_BY_CLIENT(",\"keep_secret\":{\"refresh_token\":\"/a\"}"), "/keep_secret",
         "member of its own"},
        {TOKEN_BY_CODE(",\"redirect\":{\"realmId\":\"realmId\"}"), "/redirect",
         "\"realmId\""},
        {TOKEN_BY_CLIENT(",\"lifetime\":\"0s\""), "/lifetime", "1s"},
        {TOKEN_BY_CLIENT(",\"margin\":3"), "/margin", "duration"},
        {TOKEN_BY_CLIENT(",\"idle_max\":\"1m\""), "/idle_max", "3600s"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct binder binder;
        struct token_rule rule;
        bind_init(&binder, *state);
        const struct json *json = given_json(*state, str_z(rows[i].rule));
        if (bind_read(&binder, &token_table, json, &rule))
            fail_msg("%s: no fault", rows[i].rule);
        given_same(rows[i].rule, binder.first->pointer, rows[i].pointer);
        str text = binder.first->text;
        if (str_find_str(text, str_z(rows[i].part)) == text.n && *rows[i].part)
            fail_msg("%s: \"" STR_F "\"", rows[i].rule, STR_A(text));
        if (text.n == 0 || !strchr(".?", text.p[text.n - 1]))
            fail_msg("%s: \"" STR_F "\"", rows[i].rule, STR_A(text));
    }
}

static void what_has_no_meaning_is_told_at_once(void **state)
{
    struct binder binder;
    struct token_rule rule;
    bind_init(&binder, *state);
    assert_false(bind_read(
        &binder, &token_table,
        given_json(*state,
                   STR(TOKEN_BY_CLIENT(",\"redirect\":{\"B\":\"b\"},\"verb\":\"x\","
                                       "\"authorize_url\":\"https://a.test\","
                                       "\"revoke_url\":\"mailto:a\""))),
        &rule));
    assert_int_equal(binder.fault_n, 5);
}

static const char *fields_of(struct arena *arena, const char *json, const char *token)
{
    struct auth_field fields[AUTH_FIELDS_MAX];
    uint32_t n = token_fields(vendor_token(arena, json), str_z(token), fields);
    str text = STR("");
    for (uint32_t i = 0; i < n; i++) {
        assert_true(fields[i].secret && fields[i].optional);
        str parts[] = {text, i ? STR(" ") : STR(""), fields[i].name};
        text = arena_join(arena, parts, COUNT_OF(parts));
    }
    return arena_z(arena, text);
}

static void an_account_has_what_an_exchange_could_use(void **state)
{
    static const struct {
        const char *rule;
        const char *fields;
    } rows[] = {
        {TOKEN_BY_CODE(""), "token refresh_token client_id client_secret"},
        {TOKEN_BY_CLIENT(""), "token client_id client_secret"},
        {TOKEN_BY_CLIENT(",\"client\":\"assertion\""),
         "token private_key key_id client_id client_secret"},
        {"{\"grant\":\"jwt_bearer\",\"url\":\"https://{host}/\",\"jwt\":{\"claims\":{"
         "\"iss\":\"{client_id}\",\"sub\":\"{user}\",\"jti\":\"{nonce}\"}}}",
         "token private_key key_id client_id client_secret user"},
        {"{\"grant\":\"login\",\"url\":\"https://a.test\",\"jwt\":{},\"scopes\":\"a\","
         "\"params\":{\"u\":\"{user}\",\"p\":\"{user}:{password}\",\"j\":\"{jwt}\","
         "\"s\":\"{scope}\"},\"headers\":{\"X-Key\":\"{app_key}\"}}",
         "token private_key key_id client_id client_secret user password app_key"},
        {TOKEN_BY_CODE(",\"code_params\":{\"a\":\"{a}\"},"
                       "\"refresh_params\":{\"b\":\"{b}\"},"
                       "\"keep_secret\":{\"user_token\":\"/authed_user/access_token\"}"),
         "token refresh_token client_id client_secret a b user_token"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_string_equal(fields_of(*state, rows[i].rule, "token"), rows[i].fields);
    assert_string_equal(fields_of(*state, TOKEN_BY_CLIENT(""), "key"),
                        "key client_id client_secret");
}

/* Only a key that signs is a text of several lines. */
static void what_answers_leave_is_stored_as_it_is(void **state)
{
    struct auth_field fields[AUTH_FIELDS_MAX];
    const char *json = TOKEN_BY_CLIENT(",\"client\":\"assertion\","
                                       "\"keep_secret\":{\"user_token\":\"/user\"}");
    uint32_t n = token_fields(vendor_token(*state, json), STR("token"), fields);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(fields[i].text, str_eq(fields[i].name, STR("private_key"))
                                             ? AUTH_TEXT_SIGN_KEY
                                             : AUTH_TEXT_LINE);
}

static void no_rule_has_more_fields_than_there_is_room(void **state)
{
    struct auth_field fields[AUTH_FIELDS_MAX];
    struct buf text;
    buf_init(&text, 1 << 16);
    buf_printf(&text, "{\"grant\":\"login\",\"url\":\"https://a.test\",\"params\":{");
    for (int i = 0; i < 100; i++)
        buf_printf(&text, "%s\"p%d\":\"{v%d}\"", i ? "," : "", i, i);
    buf_printf(&text, "}}");
    const char *json = arena_z(*state, buf_peek(&text));
    buf_fini(&text);
    assert_int_equal(token_fields(vendor_token(*state, json), STR("token"), fields),
                     AUTH_FIELDS_MAX);
}

static void the_grant_says_how_a_token_is_renewed(void **state)
{
    static const struct {
        const char *rule;
        const char *own;
        bool want;
        enum token_purpose purpose;
    } rows[] = {
        {TOKEN_BY_CODE(""), "{\"refresh_token\":\"r\"}", true, TOKEN_REFRESH},
        {TOKEN_BY_CODE(""), "{\"refresh_token\":\"\"}", false, TOKEN_REFRESH},
        {TOKEN_BY_CODE(""), "{\"token\":\"t\"}", false, TOKEN_REFRESH},
        {TOKEN_BY_CLIENT(""), "{}", true, TOKEN_OBTAIN},
        {TOKEN_BY_CLIENT(""), "{\"refresh_token\":\"r\"}", true, TOKEN_OBTAIN},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct credentials *own = wallet_open(*state, rows[i].own);
        enum token_purpose purpose;
        bool got = token_renewal(vendor_token(*state, rows[i].rule), own, &purpose);
        if (got != rows[i].want || purpose != rows[i].purpose)
            fail_msg("%s with %s", rows[i].rule, rows[i].own);
        wallet_drop(&own);
    }
}

/* Half of the lifetime at most, and never before a third of the lead is left. */
static void a_token_is_renewed_within_its_margin(void **state)
{
    static const struct {
        const char *margin;
        usec lifetime;
        usec most, least;
    } rows[] = {
        {"", USEC_H, 180 * USEC_S, 60 * USEC_S},
        {"", 60 * USEC_S, 30 * USEC_S, 10 * USEC_S},
        {"", 3 * USEC_S, 1500 * USEC_MS, 500 * USEC_MS},
        {"", 0, 0, 0},
        {",\"margin\":\"5m\"", USEC_H, 300 * USEC_S, 100 * USEC_S},
        {",\"margin\":\"1d\"", USEC_H, USEC_H / 2, USEC_H / 6},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str parts[] = {STR("{\"grant\":\"client_credentials\","
                           "\"url\":\"https://vendor.test\""),
                       str_z(rows[i].margin), STR("}")};
        const struct token_rule *rule =
            vendor_token(*state, arena_z(*state, arena_join(*state, parts, 3)));
        assert_int_equal(token_lead(rule, rows[i].lifetime, 0), rows[i].most);
        usec least = token_lead(rule, rows[i].lifetime, 1 - 1e-12);
        assert_in_range(least, rows[i].least, rows[i].least + 1);
    }
    assert_int_equal(token_reserve(USEC_H), 30 * USEC_S);
    assert_int_equal(token_reserve(USEC_MIN), 10 * USEC_S);
    assert_int_equal(token_reserve(0), 0);
}

int test_token_rule(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(what_is_left_out_has_its_default),
        GIVEN_TEST(what_is_given_counts),
        GIVEN_TEST(faults_say_where_and_why),
        GIVEN_TEST(what_has_no_meaning_is_told_at_once),
        GIVEN_TEST(an_account_has_what_an_exchange_could_use),
        GIVEN_TEST(what_answers_leave_is_stored_as_it_is),
        GIVEN_TEST(no_rule_has_more_fields_than_there_is_room),
        GIVEN_TEST(the_grant_says_how_a_token_is_renewed),
        GIVEN_TEST(a_token_is_renewed_within_its_margin),
    };
    return cmocka_run_group_tests_name("auth: token_rule", tests, NULL, NULL);
}
