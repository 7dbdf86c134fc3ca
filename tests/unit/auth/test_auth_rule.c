#include "wallet.h"

int test_auth_rule(void);

static void what_is_left_out_has_its_default(void **state)
{
    const struct auth_rule *bearer = wallet_rule(*state, "\"bearer\"");
    given_same("header", bearer->header, "Authorization");
    given_same("prefix", bearer->prefix, "Bearer");
    const struct auth_rule *basic = wallet_rule(*state, "{\"scheme\":\"basic\"}");
    assert_true(str_absent(basic->username) && str_absent(basic->password));
    const struct auth_rule *one =
        wallet_rule(*state, "{\"scheme\":\"bearer\",\"accept\":\"OAuth\"}");
    assert_int_equal(one->accept.n, 1);
    given_same("header", wallet_rule(*state, "\"wsse\"")->header, "X-WSSE");
}

static void faults_say_where_and_why(void **state)
{
    static const struct {
        const char *rule;
        const char *pointer;
        const char *part; /* of the sentence */
    } rows[] = {
        {"{}", "", "\"scheme\" is missing"},
        {"5", "", "is 5"},
        {"\"bearar\"", "", "did you mean \"bearer\""},
        {"{\"scheme\":\"oauth\"}", "/scheme", "one of"},
        {"{\"scheme\":\"none\",\"header\":\"X\"}", "/header", "no meaning"},
        {"{\"scheme\":\"none\",\"accept\":\"token\"}", "/accept", "no meaning"},
        {"{\"scheme\":\"bearer\",\"query\":\"q\"}", "/query", "no meaning"},
        {"{\"scheme\":\"bearer\",\"username\":\"u\"}", "/username", "no meaning"},
        {"{\"scheme\":\"bearer\",\"prefix\":\"a b\"}", "/prefix", "blank"},
        {"{\"scheme\":\"bearer\",\"prefix\":\"a\\nb\"}", "/prefix", "control character"},
        {"{\"scheme\":\"bearer\",\"header\":\"a b\"}", "/header", "not a header name"},
        {"{\"scheme\":\"bearer\",\"header\":\"Host\"}", "/header", "never reaches"},
        {"{\"scheme\":\"header\",\"header\":\"Connection\"}", "/header", "never reaches"},
        {"{\"scheme\":\"header\",\"header\":\"X-Breakwater-Key\"}", "/header",
         "never reaches"},
        {"{\"scheme\":\"header\",\"header\":\"Content-Length\"}", "/header",
         "never reaches"},
        {"\"header\"", "", "no \"header\""},
        {"{\"scheme\":\"header\",\"header\":\"X\",\"password\":\"\"}", "/password",
         "no meaning"},
        {"\"query\"", "", "no \"query\""},
        {"{\"scheme\":\"query\",\"query\":\"\"}", "/query", "at least 1"},
        {"{\"scheme\":\"query\",\"query\":\"q\",\"prefix\":\"x\"}", "/prefix",
         "no meaning"},
        {"{\"scheme\":\"basic\",\"prefix\":\"x\"}", "/prefix", "no meaning"},
        {"{\"scheme\":\"basic\",\"username\":\"u\",\"password\":\"p\"}", "/password",
         "is fixed"},
        {"{\"scheme\":\"basic\",\"username\":\"u:v\"}", "/username", "colon"},
        {"{\"scheme\":\"basic\",\"username\":\"u\",\"username_suffix\":\"/t\"}",
         "/username_suffix", "no meaning"},
        {"{\"scheme\":\"bearer\",\"signature\":\"HMAC-SHA1\"}", "/signature",
         "no meaning"},
        {"{\"scheme\":\"basic\",\"realm\":\"r\"}", "/realm", "no meaning"},
        {"{\"scheme\":\"none\",\"two_legged\":true}", "/two_legged", "no meaning"},
        {"{\"scheme\":\"oauth1\",\"digest\":\"bytes\"}", "/digest", "no meaning"},
        {"{\"scheme\":\"oauth1\",\"header\":\"X\"}", "/header", "no meaning"},
        {"{\"scheme\":\"oauth1\",\"signature\":\"PLAINTEXT\"}", "/signature", "one of"},
        {"{\"scheme\":\"oauth1\",\"realm\":\"a\\nb\"}", "/realm", "control character"},
        {"{\"scheme\":\"wsse\",\"header\":\"Host\"}", "/header", "never reaches"},
        {"{\"scheme\":\"wsse\",\"digest\":\"sha1\"}", "/digest", "one of"},
        {"{\"scheme\":\"wsse\",\"password\":\"p\"}", "/password", "no meaning"},
        {"{\"scheme\":\"bearer\",\"tls\":\"always\"}", "/tls", "one of"},
        {"{\"scheme\":\"bearer\",\"tls\":{}}", "/tls", "\"certificate\" is missing"},
        {"{\"scheme\":\"bearer\",\"token\":{\"grant\":\"client_credentials\","
         "\"url\":\"https://a.test\",\"client\":\"tls_client_auth\"}}",
         "/token", "\"tls\": \"required\""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct binder binder;
        struct auth_rule rule;
        bind_init(&binder, *state);
        const struct json *json = given_json(*state, str_z(rows[i].rule));
        if (bind_read(&binder, &auth_table, json, &rule))
            fail_msg("%s: no fault", rows[i].rule);
        given_same(rows[i].rule, binder.first->pointer, rows[i].pointer);
        str text = binder.first->text;
        if (str_find_str(text, str_z(rows[i].part)) == text.n)
            fail_msg("%s: \"" STR_F "\"", rows[i].rule, STR_A(text));
    }
}

int test_auth_rule(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(what_is_left_out_has_its_default),
        GIVEN_TEST(faults_say_where_and_why),
    };
    return cmocka_run_group_tests_name("auth: rule", tests, NULL, NULL);
}
