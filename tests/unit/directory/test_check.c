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
    };
    return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
