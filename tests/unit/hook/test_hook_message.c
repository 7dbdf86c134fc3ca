#include "groups.h"
#include "support/given.h"

#include "base/crypto.h"
#include "hook/hook_message.h"

#define MASTER_KEY "k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"

static struct hook_message example(struct arena *arena)
{
    struct headers *headers = arena_alloc(arena, sizeof(*headers));
    headers_init(headers, arena, 2);
    header_add_name(headers, STR("X-One"), STR("a"));
    header_add_name(headers, STR("x-one"), STR("b \"c\""));
    return (struct hook_message){.method = STR("POST"),
                                 .url = STR("https://hooks.test/x?a=b"),
                                 .headers = headers,
                                 .body = str_of("\0\xff{\n", 4),
                                 .received = 1764000000000001};
}

static void a_request_comes_back_to_the_byte(void **state)
{
    struct hook_message message = example(*state), read;
    assert_true(hook_message_read(hook_message_write(&message, *state), *state, &read));
    assert_true(str_eq(read.method, message.method));
    assert_true(str_eq(read.url, message.url));
    assert_true(str_eq(read.body, message.body));
    assert_int_equal(read.received, message.received);
    assert_int_equal(read.headers->n, 2);
    assert_true(str_eq(read.headers->items[1].name, STR("x-one")));
    assert_true(str_eq(read.headers->items[1].value, STR("b \"c\"")));
    message.body = STR("");
    assert_true(hook_message_read(hook_message_write(&message, *state), *state, &read));
    assert_int_equal(read.body.n, 0);
}

static void what_is_none_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "{}",
        "[]",
        "{\"method\":\"POST\",\"url\":\"u\",\"headers\":[]}",
        "{\"method\":\"POST\",\"url\":\"u\",\"headers\":[[\"a\"]],\"body\":\"\"}",
        "{\"method\":\"POST\",\"url\":\"u\",\"headers\":[],\"body\":\"?\"}"};
    struct hook_message read;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_false(hook_message_read(str_z(texts[i]), *state, &read));
}

static void a_sealed_request_opens_for_its_integration_alone(void **state)
{
    str why, sealed, text;
    crypto_start();
    struct keyring *keyring = keyring_create(STR(MASTER_KEY), *state, &why);
    struct data_key key = {STR("acc_1"),
                           keyring_new_data_key(keyring, STR("acc_1"), *state)};
    assert_true(hook_seal(keyring, &key, STR("acme"), STR("x"), *state, &sealed));
    assert_true(hook_unseal(keyring, &key, STR("acme"), sealed, *state, &text));
    assert_true(str_eq(text, STR("x")));
    assert_false(hook_unseal(keyring, &key, STR("other"), sealed, *state, &text));
    keyring_destroy(&keyring);
}

int test_hook_message(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(a_request_comes_back_to_the_byte),
        GIVEN_TEST(what_is_none_is_refused),
        GIVEN_TEST(a_sealed_request_opens_for_its_integration_alone),
    };
    return cmocka_run_group_tests_name("hook: message", tests, NULL, NULL);
}
