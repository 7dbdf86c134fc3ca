#include "groups.h"
#include "house.h"

static const char basic_document[] =
    "{'name':'basic','hosts':['api.basic.test'],'base_url':'https://api.basic.test',"
    "'auth':'basic'}";
static const char open_document[] =
    "{'name':'open','hosts':['api.open.test'],'base_url':'https://api.open.test',"
    "'auth':'none'}";

static const char signed_document[] =
    "{'name':'signed','hosts':['api.signed.test'],'base_url':'https://api.signed.test',"
    "'auth':{'scheme':'bearer','token':{'grant':'jwt_bearer','url':"
    "'https://api.signed.test/token','jwt':{'alg':'RS256','claims':{'iss':'{robot}'}}}}}";

static const char *environment;

static int setup(void **state)
{
    int failed = house_setup(state);
    struct house *house = *state;
    make_acme(house);
    put(house, basic_document, "/v1/integrations/basic");
    put(house, open_document, "/v1/integrations/open");
    assert_status(put(house, signed_document, "/v1/integrations/signed"), 200);
    environment = make_environment(house, make_stage(house, "s"), "e");
    return failed;
}

/* The answer to an account with these credentials. */
static struct heard make(struct house *house, const char *integration,
                         const char *credentials)
{
    return post(house,
                format(house, "{'environment':'%s','integration':'%s','credentials':%s}",
                       environment, integration, credentials),
                "/v1/accounts");
}

static void test_they_are_what_the_integration_wants(void **state)
{
    struct house *house = *state;
    struct heard heard = make(house, "basic", "{'usr':'u'}");
    assert_refused(heard, 422, "body_invalid");
    assert_says(heard, "it wants \\\"username\\\"");
    assert_string_equal(text_at(house, heard, "/faults/0/pointer"), "/credentials/usr");
    heard = make(house, "acme", "{}");
    assert_refused(heard, 422, "body_invalid");
    assert_string_equal(text_at(house, heard, "/faults/0/pointer"), "/credentials/token");
    heard = make(house, "open", "{'token':'x'}");
    assert_refused(heard, 422, "body_invalid");
    assert_says(heard, "it wants none");
    assert_status(make(house, "basic", "{'username':'u','password':'p'}"), 201);
}

static void test_values_that_cannot_be_sent_are_refused(void **state)
{
    struct house *house = *state;
    struct heard heard = make(house, "acme", "{'token':'line\\nbreak'}");
    assert_refused(heard, 422, "body_invalid");
    assert_says(heard, "one line");
    assert_int_equal(str_find_str(heard.body, STR("break\"")), heard.body.n);
    assert_says(make(house, "acme", "{'token':''}"), "is empty");
    assert_refused(make(house, "acme", "{'token':1}"), 422, "body_invalid");
    assert_refused(make(house, "acme", "['token']"), 422, "body_invalid");
}

/* The text of a key as JSON: with its line breaks. */
static const char *credentials_with(struct house *house, const char *file)
{
    str pem = given_file(&house->arena, file);
    str text = STR("");
    for (str line; str_next(&pem, '\n', &line);)
        text = arena_printf(&house->arena, STR_F STR_F "\\n", STR_A(text), STR_A(line));
    return format(house, "{'private_key':'%s','key_id':'k1','robot':'r'}",
                  arena_z(&house->arena, text));
}

static void test_a_private_key_has_its_lines_and_can_sign(void **state)
{
    struct house *house = *state;
    struct heard heard =
        make(house, "signed", credentials_with(house, "tests/cases/keys/rsa.pem"));
    assert_status(heard, 201);
    heard =
        make(house, "signed", credentials_with(house, "tests/cases/keys/rsa-1024.pem"));
    assert_refused(heard, 422, "body_invalid");
    assert_string_equal(text_at(house, heard, "/faults/0/pointer"),
                        "/credentials/private_key");
    assert_says(heard, "2048 bits");
    heard = make(house, "signed", "{'private_key':'no key'}");
    assert_refused(heard, 422, "body_invalid");
    assert_int_equal(str_find_str(heard.body, STR("no key")), heard.body.n);
}

static void test_two_who_change_them_at_once_do_not_undo_each_other(void **state)
{
    struct house *house = *state;
    const char *id = make_account(house, environment, "fence");
    static const char body[] = "{'credentials':{'token':'new'},'version':1}";
    struct heard heard = put(house, body, "/v1/accounts/%s/credentials", id);
    assert_status(heard, 200);
    assert_true(number_at(heard, "/credential_version") == 2);
    heard = put(house, body, "/v1/accounts/%s/credentials", id);
    assert_refused(heard, 409, "state_conflict");
    assert_says(heard, "version 2, not 1");
}

static void test_escapes_are_stored_as_what_they_mean(void **state)
{
    struct house *house = *state;
    const char *id = make_account(house, environment, "escape");
    struct heard heard = put(house, "{'credentials':{'token':'a\\u0041\\/b'}}",
                             "/v1/accounts/%s/credentials", id);
    assert_status(heard, 200);
    enum err err;
    struct account *account = directory_account(house->directory, str_z(id));
    const struct credentials *stored =
        directory_credentials(house->directory, account, &err);
    assert_str(secret_peek(&stored->items[0].value), STR("aA/b"));
    account_unref(&account);
}

static const char both_document[] =
    "{'name':'both','hosts':['api.both.test'],'base_url':'https://api.both.test','auth':["
    "{'way':'basic','label':'By name','scheme':'basic'},"
    "{'way':'key','scheme':'header','header':'X-Key'}]}";

/* What is stored without a word about its way is the first's, and stays the first's when
 * the document's order changes. */
static void test_they_are_of_one_way_and_say_which(void **state)
{
    struct house *house = *state;
    assert_status(put(house, both_document, "/v1/integrations/both"), 200);
    struct heard heard = make(house, "both", "{'username':'u','password':'p'}");
    assert_status(heard, 201);
    assert_string_equal(text_at(house, heard, "/auth"), "basic");
    const char *id = text_at(house, heard, "/id");
    heard = put(house, "{'credentials':{'key':'k'}}", "/v1/accounts/%s/credentials", id);
    assert_refused(heard, 422, "body_invalid");
    assert_string_equal(text_at(house, heard, "/faults/0/pointer"), "/credentials/key");
    heard = put(house, "{'auth':'key','credentials':{'key':'k'}}",
                "/v1/accounts/%s/credentials", id);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/auth"), "key");
    assert_refused(patch(house, "{'auth':'basic'}", "/v1/accounts/%s", id), 409,
                   "state_conflict");
    heard = put(house, "{'auth':null,'credentials':{'username':'u','password':'p'}}",
                "/v1/accounts/%s/credentials", id);
    assert_string_equal(text_at(house, heard, "/auth"), "basic");
    heard = get(house, "/v1/integrations/both");
    assert_int_equal(count_at(heard, "/ways"), 2);
    assert_string_equal(text_at(house, heard, "/ways/0/label"), "By name");
    assert_string_equal(text_at(house, heard, "/ways/1/way"), "key");
    assert_string_equal(text_at(house, heard, "/ways/1/scheme"), "header");
    assert_string_equal(text_at(house, heard, "/ways/1/credentials/0/name"), "key");
    assert_string_equal(text_at(house, heard, "/auth/1"), "header");
}

/* An account from before the document had several is its first way's. */
static void test_the_only_way_becomes_the_first_of_several(void **state)
{
    struct house *house = *state;
    static const char before[] =
        "{'name':'grown','hosts':['api.grown.test'],'base_url':'https://api.grown.test',"
        "'auth':'bearer'}";
    static const char after[] =
        "{'name':'grown','hosts':['api.grown.test'],'base_url':'https://api.grown.test',"
        "'auth':[{'way':'token','scheme':'bearer'},{'way':'basic','scheme':'basic'}]}";
    assert_status(put(house, before, "/v1/integrations/grown"), 200);
    struct heard heard = make(house, "grown", "{'token':'t'}");
    assert_true(is_null_at(heard, "/auth"));
    const char *id = text_at(house, heard, "/id");
    assert_refused(patch(house, "{'auth':'bearer'}", "/v1/accounts/%s", id), 422,
                   "body_invalid");
    assert_status(put(house, after, "/v1/integrations/grown"), 200);
    heard = get(house, "/v1/accounts/%s", id);
    assert_true(is_null_at(heard, "/auth") && is_null_at(heard, "/trouble"));
    assert_status(patch(house, "{'auth':'token'}", "/v1/accounts/%s", id), 200);
    assert_status(patch(house, "{'auth':null}", "/v1/accounts/%s", id), 200);
    assert_refused(patch(house, "{'auth':'basic'}", "/v1/accounts/%s", id), 409,
                   "state_conflict");
    heard =
        put(house, "{'credentials':{'token':'t2'}}", "/v1/accounts/%s/credentials", id);
    assert_string_equal(text_at(house, heard, "/auth"), "token");
}

static void test_a_body_without_credentials_is_refused(void **state)
{
    struct house *house = *state;
    const char *id = make_account(house, environment, "none");
    assert_refused(put(house, "{}", "/v1/accounts/%s/credentials", id), 422,
                   "body_invalid");
    assert_refused(put(house, "{'credentials':{}}", "/v1/accounts/%s/credentials", id),
                   422, "body_invalid");
    assert_refused(put(house, "{'credentials':{'token':'x'}}",
                       "/v1/accounts/acc_unknown/credentials"),
                   404, "account_unknown");
}

static void test_their_end_is_told_and_warned_of(void **state)
{
    struct house *house = *state;
    const char *id = make_account(house, environment, "ends");
    struct heard heard = put(house, "{'credentials':{'token':'x'},'ends':'9000-01-31'}",
                             "/v1/accounts/%s/credentials", id);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/ends"), "9000-01-31T00:00:00.000Z");
    assert_int_equal(count_at(heard, "/warnings"), 0);
    heard = patch(house, "{'ends':'2020-01-31T12:00:00Z'}", "/v1/accounts/%s", id);
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/warnings/0"),
                        "What it was connected with ended 2020-01-31T12:00:00.000Z; "
                        "store the next one.");
    heard = patch(house, "{'ends':null}", "/v1/accounts/%s", id);
    assert_true(is_null_at(heard, "/ends"));
    assert_int_equal(count_at(heard, "/warnings"), 0);
    heard = patch(house, "{'ends':'soon'}", "/v1/accounts/%s", id);
    assert_refused(heard, 422, "body_invalid");
    assert_string_equal(text_at(house, heard, "/faults/0/pointer"), "/ends");
}

int test_api_credentials(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_they_are_what_the_integration_wants),
        cmocka_unit_test(test_values_that_cannot_be_sent_are_refused),
        cmocka_unit_test(test_a_private_key_has_its_lines_and_can_sign),
        cmocka_unit_test(test_two_who_change_them_at_once_do_not_undo_each_other),
        cmocka_unit_test(test_escapes_are_stored_as_what_they_mean),
        cmocka_unit_test(test_they_are_of_one_way_and_say_which),
        cmocka_unit_test(test_the_only_way_becomes_the_first_of_several),
        cmocka_unit_test(test_a_body_without_credentials_is_refused),
        cmocka_unit_test(test_their_end_is_told_and_warned_of),
    };
    return cmocka_run_group_tests_name("api: credentials", tests, setup, house_teardown);
}
