#include "auth/client_auth.h"

#include "base/encode.h"
#include "vectors.h"

int test_client_auth(void);

#define KEYS "tests/cases/keys/"

/* A request to a token endpoint that says grant_type already. */
struct asking {
    struct headers headers;
    struct form form;
    struct client_auth auth;
    const char *why;
};

static const struct client_auth_rule *rule_of(struct arena *arena, const char *json)
{
    struct binder binder;
    struct client_auth_rule *rule = arena_alloc(arena, sizeof(*rule));
    bind_init(&binder, arena);
    if (!bind_read(&binder, &client_auth_table, given_json(arena, str_z(json)), rule))
        fail_msg("%s: " STR_F " " STR_F, json, STR_A(binder.first->pointer),
                 STR_A(binder.first->text));
    return rule;
}

static void ask(struct arena *arena, const char *rule, struct asking *ret_asking)
{
    struct asking *asking = ret_asking;
    *asking = (struct asking){.why = NULL};
    headers_init(&asking->headers, arena, 4);
    form_init(&asking->form, arena);
    form_add(&asking->form, STR("grant_type"), STR("client_credentials"));
    asking->auth = (struct client_auth){
        .rule = rule_of(arena, rule),
        .token_url = STR("https://vendor.test/token"),
        .wall = VECTORS_WALL,
        .jti = STR("r-1"),
        .headers = &asking->headers,
        .form = &asking->form,
    };
}

static const char *line_of(const struct asking *asking)
{
    if (asking->headers.n == 0)
        return "";
    const struct header *header = &asking->headers.items[0];
    assert_int_equal(asking->headers.n, 1);
    return arena_z(asking->form.arena,
                   arena_printf(asking->form.arena, STR_F ": " STR_F, STR_A(header->name),
                                STR_A(header->value)));
}

static void an_app_says_who_it_is(void **state)
{
    static const struct {
        const char *rule;
        const char *id;
        const char *secret;
        const char *line;
        const char *form; /* behind the grant */
    } rows[] = {
        {"\"basic\"", "cl:id", "p@ss word",
         "Authorization: Basic Y2wlM0FpZDpwJTQwc3Mrd29yZA==", ""},
        {"\"basic\"", "cl", "p@ss", "Authorization: Basic Y2w6cCU0MHNz", ""},
        {"\"basic_raw\"", "cl", "p@ss word", "Authorization: Basic Y2w6cEBzcyB3b3Jk", ""},
        {"\"body\"", "cl:id", "p@ss word", "",
         "&client_id=cl%3Aid&client_secret=p%40ss+word"},
        {"{\"kind\":\"body\",\"id_name\":\"appid\",\"secret_name\":\"secret\"}", "i", "s",
         "", "&appid=i&secret=s"},
        {"\"none\"", "cl", NULL, "", "&client_id=cl"},
        {"\"none\"", "cl", "unused", "", "&client_id=cl"},
        {"{\"kind\":\"header\",\"word\":\"ID\"}", "cl", "p:s",
         "Authorization: ID Y2w6cDpz", ""},
        {"\"tls_client_auth\"", "cl", "unused", "", "&client_id=cl"},
        {"{\"kind\":\"tls_client_auth\",\"id_name\":\"app\"}", "cl", NULL, "", "&app=cl"},
        {"{\"kind\":\"header\",\"header\":\"X-Client\"}", "cl", "ps",
         "X-Client: Basic Y2w6cHM=", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct asking asking;
        ask(*state, rows[i].rule, &asking);
        asking.auth.id = str_z(rows[i].id);
        asking.auth.secret = str_z(rows[i].secret);
        asking.auth.certificate = true; /* for the one that wants it */
        assert_int_equal(client_auth_put(&asking.auth, &asking.why), ERR_NONE);
        given_same(rows[i].rule, str_z(line_of(&asking)), rows[i].line);
        str parts[] = {STR("grant_type=client_credentials"), str_z(rows[i].form)};
        assert_str(form_text(&asking.form), arena_join(*state, parts, 2));
    }
}

/* The difference that only reserved characters make. */
static void both_readings_of_basic_are_known(void **state)
{
    static const struct {
        const char *rule;
        const char *header;
    } rows[] = {{"\"basic\"", "header_rfc"}, {"\"basic_raw\"", "header_naive"}};
    const struct json *vector = vectors_get(*state, "client_auth_basic");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct asking asking;
        ask(*state, rows[i].rule, &asking);
        asking.auth.id = json_member_text(vector, STR("client_id"));
        asking.auth.secret = json_member_text(vector, STR("client_secret"));
        assert_int_equal(client_auth_put(&asking.auth, &asking.why), ERR_NONE);
        assert_str(header_value(&asking.headers, HEADER_AUTHORIZATION),
                   json_member_text(vector, str_z(rows[i].header)));
    }
}

static const struct json *part_of(struct arena *arena, str token, int part)
{
    str piece = STR_NONE, text;
    for (int i = 0; i <= part; i++)
        assert_true(str_next(&token, '.', &piece));
    assert_true(decode_base64(arena, piece, &text));
    return given_json(arena, text);
}

static struct sign_key *key_of(struct arena *arena, const char *file)
{
    const char *why = NULL;
    struct sign_key *key = sign_key_read(given_file(arena, file), &why);
    assert_non_null(key);
    return key;
}

static void an_assertion_says_what_rfc_7523_wants(void **state)
{
    struct asking asking;
    struct sign_key *key = key_of(*state, KEYS "ec.pem");
    ask(*state, "{\"kind\":\"assertion\",\"alg\":\"ES256\",\"with_id\":true}", &asking);
    asking.auth.id = STR("cl");
    asking.auth.key = key;
    assert_int_equal(client_auth_put(&asking.auth, &asking.why), ERR_NONE);
    assert_int_equal(asking.headers.n, 0);
    assert_str(form_find(&asking.form, STR("client_id")), STR("cl"));
    str token = form_find(&asking.form, STR("client_assertion"));
    assert_true(
        json_equal(part_of(*state, token, 0),
                   given_json(*state, STR("{\"alg\":\"ES256\",\"typ\":\"JWT\"}"))));
    assert_true(json_equal(
        part_of(*state, token, 1),
        given_json(
            *state,
            STR("{\"iss\":\"cl\",\"sub\":\"cl\",\"aud\":\"https://vendor.test/token\","
                "\"jti\":\"r-1\",\"iat\":1760000000,\"exp\":1760000300}"))));
    sign_key_destroy(&key);
}

/* No `sub`, scopes as a list, an hour. */
static void an_assertion_of_another_shape_is_data(void **state)
{
    const struct json *vector = vectors_get(*state, "client_assertion_netsuite");
    const struct json *wanted = json_member(vector, STR("token_request"));
    const struct json *wanted_form = json_member(wanted, STR("form"));
    struct asking asking;
    struct sign_key *key = key_of(*state, KEYS "rsa.pem");
    ask(*state, "{\"kind\":\"assertion\",\"lifetime\":\"1h\",\"claims\":{\"sub\":null}}",
        &asking);
    asking.auth.id = STR("client-id");
    asking.auth.kid = STR("cert-id-1");
    asking.auth.key = key;
    asking.auth.token_url = json_member_text(wanted, STR("url"));
    asking.auth.claims = given_json(*state, STR("{\"scope\":[\"rest_webservices\"]}"));
    assert_int_equal(client_auth_put(&asking.auth, &asking.why), ERR_NONE);
    str token = form_find(&asking.form, STR("client_assertion"));
    assert_true(
        json_equal(part_of(*state, token, 0), json_member(vector, STR("header"))));
    assert_true(
        json_equal(part_of(*state, token, 1), json_member(vector, STR("claims"))));
    assert_int_equal(asking.form.n, wanted_form->n);
    for (uint32_t i = 0; i < wanted_form->n; i++) {
        str name = json_key(&wanted_form->u.members[i]);
        if (!str_eq(name, STR("client_assertion")))
            assert_str(form_find(&asking.form, name),
                       json_member_text(wanted_form, name));
    }
    sign_key_destroy(&key);
}

static void the_secret_can_sign_too(void **state)
{
    struct asking asking;
    ask(*state,
        "{\"kind\":\"assertion\",\"alg\":\"HS256\",\"audience\":\"https://vendor.test\","
        "\"members\":{\"x\":1}}",
        &asking);
    asking.auth.id = STR("cl");
    asking.auth.secret = STR("secret");
    asking.auth.members = given_json(*state, STR("{\"y\":2}"));
    assert_int_equal(client_auth_put(&asking.auth, &asking.why), ERR_NONE);
    str token = form_find(&asking.form, STR("client_assertion"));
    assert_true(json_equal(
        part_of(*state, token, 0),
        given_json(*state, STR("{\"alg\":\"HS256\",\"typ\":\"JWT\",\"x\":1,\"y\":2}"))));
    assert_str(json_member_text(part_of(*state, token, 1), STR("aud")),
               STR("https://vendor.test"));
}

static void what_an_app_lacks_is_said_and_nothing_added(void **state)
{
    static const struct {
        const char *rule;
        const char *id;
        const char *secret;
        const char *key;
        const char *part;
    } rows[] = {
        {"\"basic\"", "", "s", NULL, "no client id"},
        {"\"none\"", NULL, "s", NULL, "no client id"},
        {"\"basic\"", "i", "", NULL, "no client secret"},
        {"\"basic_raw\"", "i", NULL, NULL, "no client secret"},
        {"\"header\"", "i", NULL, NULL, "no client secret"},
        {"\"body\"", "i", NULL, NULL, "no client secret"},
        {"\"tls_client_auth\"", "i", "s", NULL, "no client certificate"},
        {"\"assertion\"", "i", "s", NULL, "no private key"},
        {"\"assertion\"", "i", "s", KEYS "ec.pem", "of a kind that"},
        {"{\"kind\":\"assertion\",\"alg\":\"HS256\"}", "i", NULL, KEYS "ec.pem",
         "no client secret"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct asking asking;
        struct sign_key *key = rows[i].key ? key_of(*state, rows[i].key) : NULL;
        ask(*state, rows[i].rule, &asking);
        asking.auth.id = str_z(rows[i].id);
        asking.auth.secret = str_z(rows[i].secret);
        asking.auth.key = key;
        assert_int_equal(client_auth_put(&asking.auth, &asking.why),
                         ERR_CREDENTIAL_UNUSABLE);
        if (!strstr(asking.why, rows[i].part))
            fail_msg("%s: %s", rows[i].rule, asking.why);
        assert_int_equal(asking.headers.n, 0);
        assert_int_equal(asking.form.n, 1);
        sign_key_destroy(&key);
    }
}

static void claims_that_are_too_long_are_refused(void **state)
{
    static char text[70000];
    struct asking asking;
    struct json_build build;
    memset(text, 'x', sizeof(text));
    json_build_init(&build, *state);
    json_build_member(&build, STR("a"), json_of_text(str_of(text, sizeof(text))));
    struct json claims = json_build_object(&build);
    ask(*state, "{\"kind\":\"assertion\",\"alg\":\"HS256\"}", &asking);
    asking.auth.id = asking.auth.secret = STR("x");
    asking.auth.claims = &claims;
    assert_int_equal(client_auth_put(&asking.auth, &asking.why), ERR_CREDENTIAL_UNUSABLE);
    assert_non_null(strstr(asking.why, "too long"));
}

static void faults_of_the_block_are_told(void **state)
{
    static const struct {
        const char *rule;
        const char *pointer;
        const char *part;
    } rows[] = {
        {"\"post\"", "", "one of"},
        {"{}", "", "\"kind\" is missing"},
        {"{\"kind\":\"body\",\"word\":\"ID\"}", "", "kind \"header\" only"},
        {"{\"kind\":\"basic\",\"header\":\"X\"}", "", "kind \"header\" only"},
        {"{\"kind\":\"header\",\"header\":\"a b\"}", "/header", "not the name"},
        {"{\"kind\":\"header\",\"header\":\"Connection\"}", "/header", "not the name"},
        {"{\"kind\":\"header\",\"word\":\"a\\nb\"}", "/word", "control character"},
        {"{\"kind\":\"assertion\",\"alg\":\"none\"}", "/alg", "one of"},
        {"{\"kind\":\"assertion\",\"claims\":[]}", "/claims", "not an object"},
        {"{\"kind\":\"assertion\",\"members\":1}", "/members", "not an object"},
        {"{\"kind\":\"assertion\",\"lifetime\":\"2d\"}", "/lifetime", "at most"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct binder binder;
        struct client_auth_rule rule;
        bind_init(&binder, *state);
        const struct json *json = given_json(*state, str_z(rows[i].rule));
        if (bind_read(&binder, &client_auth_table, json, &rule))
            fail_msg("%s: no fault", rows[i].rule);
        given_same(rows[i].rule, binder.first->pointer, rows[i].pointer);
        str text = binder.first->text;
        if (str_find_str(text, str_z(rows[i].part)) == text.n)
            fail_msg("%s: \"" STR_F "\"", rows[i].rule, STR_A(text));
    }
}

int test_client_auth(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(an_app_says_who_it_is),
        GIVEN_TEST(both_readings_of_basic_are_known),
        GIVEN_TEST(an_assertion_says_what_rfc_7523_wants),
        GIVEN_TEST(an_assertion_of_another_shape_is_data),
        GIVEN_TEST(the_secret_can_sign_too),
        GIVEN_TEST(what_an_app_lacks_is_said_and_nothing_added),
        GIVEN_TEST(claims_that_are_too_long_are_refused),
        GIVEN_TEST(faults_of_the_block_are_told),
    };
    return cmocka_run_group_tests_name("auth: client_auth", tests, NULL, NULL);
}
