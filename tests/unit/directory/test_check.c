#include "groups.h"
#include "office.h"

/* Input that no change takes. */

static void assert_invalid(struct office *office, struct change change, const char *part)
{
    assert_int_equal(office_do(office, &change), ERR_BODY_INVALID);
    assert_says(change.detail, part);
}

static str repeat(struct office *office, char c, size_t n)
{
    char *text = arena_bytes(&office->arena, n);
    memset(text, c, n);
    return str_of(text, n);
}

static void names_are_printable_and_bounded(void **state)
{
    struct office *office = *state;
    struct change change = office_change(office, CHANGE_STAGE_CREATE);
    const str bad[] = {STR_NONE,
                       STR(""),
                       STR("a\nb"),
                       STR("a\x7f"),
                       STR("\xc2\x85"),
                       STR("\xff"),
                       STR("\xed\xa0\x80"),
                       str_of("a\0b", 3),
                       repeat(office, 'x', 201)};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        change.name = bad[i];
        assert_invalid(office, change,
                       "`name` must be 1 to 200 bytes of printable UTF-8");
    }
    change.name = repeat(office, 'x', 200);
    assert_int_equal(office_do(office, &change), ERR_NONE);
    change.name = STR("\xc2\xa0\xf0\x9f\x8c\x8a");
    assert_int_equal(office_do(office, &change), ERR_NONE);
}

static void external_ids_do_not_look_like_ours(void **state)
{
    struct office *office = *state;
    struct change change = office_change(office, CHANGE_ACCOUNT_CREATE);
    change.integration = STR("crm");
    change.external_id = STR("acc_of_mine");
    assert_invalid(office, change, "`external_id` must be your own name");
    change.external_id = repeat(office, 'x', 201);
    assert_invalid(office, change, "`external_id` must be 1 to 200 bytes");
    change.external_id = STR_NONE;
    change.integration = STR("");
    assert_invalid(office, change, "`integration` must be");
    change = office_change(office, CHANGE_ENVIRONMENT_CREATE);
    change.name = STR("x");
    change.stage_id = office_stage(office, "live");
    change.external_id = STR("acc_of_mine");
    assert_int_equal(office_do(office, &change), ERR_NONE);
}

static str object_of(struct office *office, unsigned members)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_char(&text, '{');
    for (unsigned i = 0; i < members; i++)
        buf_printf(&text, "%s\"m%u\":\"v\"", i ? "," : "", i);
    buf_str(&text, str_of("}", 2));
    str copy = arena_str(&office->arena, buf_peek(&text));
    buf_fini(&text);
    return copy;
}

static void labels_are_objects_of_texts(void **state)
{
    struct office *office = *state;
    struct change change = office_change(office, CHANGE_ACCOUNT_UPDATE);
    const struct {
        const char *text;
        const char *says;
    } rows[] = {
        {"[]", "`labels` must be an object of at most 50 members"},
        {"null", "`labels` must be an object"},
        {object_of(office, 51).p, "`labels` must be an object of at most 50 members"},
        {"{\"a\":1}", "`labels`: the member \"a\" must be a string"},
        {"{\"a\":null}", "the member \"a\" must be a string"},
        {"{\"a\":\"\\u0000\"}", "the member \"a\" must be a string"},
        {"{\"a\":\"\\ud800\"}", "the member \"a\" must be a string"},
        {"{\"\":\"v\"}", "must have a name of 1 to 100 bytes"},
        {"{\"\\n\":\"v\"}", "the member \"\" must have a name"},
    };
    change.id = STR("acc_any");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        change.labels = office_json(office, rows[i].text);
        assert_invalid(office, change, rows[i].says);
    }
    str long_value = repeat(office, 'v', 501);
    struct json_build build;
    json_build_init(&build, &office->arena);
    json_build_member(&build, STR("long"), json_of_text(long_value));
    change.labels = json_build_object(&build);
    assert_invalid(office, change, "the member \"long\" must be a string of at most 500");
    change.labels = office_json(office, object_of(office, 50).p);
    assert_int_equal(office_do(office, &change), ERR_OBJECT_UNKNOWN);
}

static void context_names_are_words(void **state)
{
    struct office *office = *state;
    struct change change = office_change(office, CHANGE_ACCOUNT_UPDATE);
    change.id = STR("acc_any");
    const char *const bad[] = {"{\"A\":\"x\"}", "{\"a-b\":\"x\"}", "{\"a b\":\"x\"}"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        change.context = office_json(office, bad[i]);
        assert_invalid(office, change, "`context`: the member \"");
    }
    change.context = office_json(office, "{\"a_1\":\"x\"}");
    assert_int_equal(office_do(office, &change), ERR_OBJECT_UNKNOWN);
}

static void numbers_are_bounded(void **state)
{
    struct office *office = *state;
    struct change change = office_change(office, CHANGE_ACCOUNT_UPDATE);
    change.concurrency_max = 100001;
    assert_invalid(office, change, "`concurrency_max` must be a whole number from 0");
    change.concurrency_max = -2;
    assert_invalid(office, change, "`concurrency_max` must be");
    change = office_change(office, CHANGE_KEY_CREATE);
    change.name = STR("k");
    assert_invalid(office, change, "`permissions` must be at least one of call");
    change.permissions = 128;
    assert_invalid(office, change, "`permissions` must be");
    change.permissions = PERMISSION_ALL;
    change.environment_n = 1001;
    assert_invalid(office, change, "`environments` must be at most 1000 ids");
    change.environment_n = 0;
    change.expires = world_wall(&office->world.world);
    assert_invalid(office, change, "`expires` must be a time that is still to come");
    change.expires = -1;
    assert_invalid(office, change, "`expires` must be");
    change.expires = 0;
    const str bad[] = {STR(""), STR("nineteen-characters"), STR("with a blank inside it"),
                       STR("with-\xc3\xa9-inside-it-------"), repeat(office, 'x', 201)};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        change.key_text = bad[i];
        assert_invalid(office, change, "`key` must be 20 to 200 printable ASCII");
    }
}

static void credentials_have_words_for_names(void **state)
{
    struct office *office = *state;
    struct change change = office_change(office, CHANGE_ACCOUNT_CREDENTIALS);
    struct credential credentials[51];
    for (int i = 0; i < 51; i++)
        credentials[i] =
            office_credential(arena_printf(&office->arena, "name_%d", i).p, "hush-hush");
    change.id = STR("acc_any");
    change.credentials = credentials;
    assert_invalid(office, change, "`credentials` must not be empty");
    change.credential_n = 51;
    assert_invalid(office, change, "`credentials` must be at most 50");
    change.credential_n = 50;
    assert_int_equal(office_do(office, &change), ERR_OBJECT_UNKNOWN);
    credentials[49].name = STR("name_0");
    assert_invalid(office, change, "each name once");
    credentials[49].name = STR("Token");
    assert_invalid(office, change, "named by 1 to 64 of the letters a-z");
    credentials[49].name = repeat(office, 'x', 65);
    assert_invalid(office, change, "named by 1 to 64");
    credentials[49].name = STR("big");
    secret_fini(&credentials[49].value);
    secret_init(&credentials[49].value, repeat(office, 'x', 256 * 1024));
    assert_invalid(office, change, "at most 256 KiB together");
    for (int i = 0; i < 51; i++)
        secret_fini(&credentials[i].value);
}

static struct change app_change(struct office *office)
{
    struct change change = office_change(office, CHANGE_APP_CREATE);
    change.integration = STR("crm");
    change.name = STR("x");
    change.client_id = STR("client");
    return change;
}

static void client_ids_are_visible_ascii(void **state)
{
    struct office *office = *state;
    const str bad[] = {STR_NONE,        STR(""),    STR("a b"),
                       STR("\xc3\xa9"), STR("a\n"), repeat(office, 'x', 201)};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct change change = app_change(office);
        change.client_id = bad[i];
        assert_invalid(office, change, "`client_id` must be 1 to 200 bytes of visible");
    }
    struct change change = app_change(office);
    change.kind = CHANGE_APP_UPDATE;
    change.id = STR("app_any");
    change.client_id = STR("");
    assert_invalid(office, change, "`client_id` must be");
    change.client_id = STR_NONE;
    change.name = STR("");
    assert_invalid(office, change, "`name` must be");
}

static void redirects_go_to_us_in_the_open_or_to_this_machine(void **state)
{
    static const char *const bad[] = {
        "ftp://a.test/x",
        "https://",
        "https:///x",
        "http://a.test/x",
        "https://a.test/x#f",
        "https://u@a.test/x",
        "https://a.test/a b",
        "/oauth/callback",
        "http://localhost.evil.test/",
        "http://127.0.0.1.x.y/",
        "https://:443/",
        "https://a.test\\@b.test/",
        "javascript://a.test/x",
        "http://localhost@evil.test/",
    };
    static const char *const good[] = {
        "https://a.test",           "https://a.test:8443/cb?x=1",
        "http://localhost:3000/cb", "http://[::1]:8/x",
        "http://127.0.0.1/x",       "http://app.localhost/x",
        "https://[2001:db8::1]/x"};
    struct office *office = *state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct change change = app_change(office);
        change.redirect_uri = str_z(bad[i]);
        assert_invalid(office, change, "`redirect_uri` must be an https URL");
    }
    struct change change = app_change(office);
    str text = repeat(office, 'x', 501);
    memcpy((char *)(uintptr_t)text.p, "https://", 8);
    change.redirect_uri = text;
    assert_invalid(office, change, "`redirect_uri` must be");
    change.redirect_uri.n = 500;
    assert_int_equal(office_do(office, &change), ERR_NONE);
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        change = app_change(office);
        change.redirect_uri = str_z(good[i]);
        assert_int_equal(office_do(office, &change), ERR_NONE);
    }
}

static str list_of(struct office *office, const char *item, unsigned n)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_char(&text, '[');
    for (unsigned i = 0; i < n; i++)
        buf_printf(&text, "%s\"%s\"", i ? "," : "", item);
    buf_str(&text, str_of("]", 2));
    str copy = arena_str(&office->arena, buf_peek(&text));
    buf_fini(&text);
    return copy;
}

static void scopes_are_what_a_request_can_carry(void **state)
{
    struct office *office = *state;
    const char *long_scope = arena_z(&office->arena, repeat(office, 'x', 201));
    const char *const bad[] = {"{}",
                               "\"read\"",
                               "[1]",
                               "[\"\"]",
                               "[\"a b\"]",
                               "[\"a\\\"b\"]",
                               "[\"a\\\\b\"]",
                               "[\"\\u00e9\"]",
                               list_of(office, long_scope, 1).p,
                               list_of(office, "s", 201).p};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct change change = app_change(office);
        change.scopes = office_json(office, bad[i]);
        assert_invalid(office, change, "`scopes` must be a list of at most 200 scopes");
    }
    struct change change = app_change(office);
    change.scopes = office_json(office, list_of(office, "https://a.test/b.c", 200).p);
    assert_int_equal(office_do(office, &change), ERR_NONE);
    change = app_change(office);
    change.params = office_json(office, "{\"Tenant\":\"x\"}");
    assert_invalid(office, change, "`params`: the member \"Tenant\" must have a name of");
}

static void return_urls_end_their_host(void **state)
{
    static const char *const bad[] = {"{}",
                                      "[\"https://a.test\"]",
                                      "[\"https://a.test?x\"]",
                                      "[\"http://a.test/\"]",
                                      "[\"https://*.a.test/\", 1]",
                                      "[\"\"]"};
    struct office *office = *state;
    struct change change;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        change = app_change(office);
        change.return_urls = office_json(office, bad[i]);
        assert_invalid(office, change, "`return_urls` must be a list of at most 50");
    }
    change = app_change(office);
    change.return_urls = office_json(office, list_of(office, "https://a.test/", 51).p);
    assert_invalid(office, change, "`return_urls` must be");
    change.return_urls = office_json(office, list_of(office, "https://a.test/", 50).p);
    assert_int_equal(office_do(office, &change), ERR_NONE);
}

static void secrets_of_apps_are_known_ones(void **state)
{
    static const struct {
        const char *name;
        const char *value;
        const char *says;
    } bad[] = {
        {"token", "x",
         "`secrets` must be named client_secret, client_secret_next, private"},
        {"client_secret", "", "`secrets/client_secret` must be 1 to 4096 bytes"},
        {"client_secret", NULL, "`secrets/client_secret` must be 1 to 4096 bytes"},
        {"client_secret_next", "x\n", "without a line end"},
        {"private_key", "x", "`secrets/private_key` must be a private key in PEM"},
        {"private_key", "-----BEGIN PUBLIC KEY-----", "must be a private key"},
        {"private_key", "-----BEGIN ENCRYPTED PRIVATE KEY-----", "without a passphrase"},
        {"private_key", "-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: AES\nENCRYPTED\n",
         "without a passphrase"},
        {"certificate", "x", "given certificate and certificate_key together"},
        {"certificate_key", "x", "given certificate and certificate_key together"},
    };
    struct office *office = *state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct change change = app_change(office);
        struct credential secret = office_credential(bad[i].name, bad[i].value);
        change.credentials = &secret;
        change.credential_n = 1;
        assert_invalid(office, change, bad[i].says);
        assert_int_equal(str_find_str(change.detail, STR("DEK-Info")), change.detail.n);
        secret_fini(&secret.value);
    }
    struct change change = app_change(office);
    struct credential twice[] = {office_credential("client_secret", "a"),
                                 office_credential("client_secret", "b")};
    change.credentials = twice;
    change.credential_n = 2;
    assert_invalid(office, change, "each name once");
    secret_fini(&twice[0].value);
    secret_fini(&twice[1].value);
    struct credential pair[] = {office_credential("certificate", "x"),
                                office_credential("certificate_key", "y")};
    change = app_change(office);
    change.credentials = pair;
    change.credential_n = 2;
    assert_invalid(office, change, "no certificate in the PEM text");
    secret_fini(&pair[0].value);
    secret_fini(&pair[1].value);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, office_setup, office_teardown)

int test_check(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_are_printable_and_bounded),
        TEST(external_ids_do_not_look_like_ours),
        TEST(labels_are_objects_of_texts),
        TEST(context_names_are_words),
        TEST(numbers_are_bounded),
        TEST(credentials_have_words_for_names),
        TEST(client_ids_are_visible_ascii),
        TEST(redirects_go_to_us_in_the_open_or_to_this_machine),
        TEST(scopes_are_what_a_request_can_carry),
        TEST(return_urls_end_their_host),
        TEST(secrets_of_apps_are_known_ones),
    };
    return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
