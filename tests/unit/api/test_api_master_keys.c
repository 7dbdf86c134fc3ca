#include "groups.h"
#include "house.h"

static const char *environment;

static int setup(void **state)
{
    int failed = house_setup(state);
    struct house *house = *state;
    make_acme(house);
    environment = make_environment(house, make_stage(house, "s"), "e");
    return failed;
}

static void test_a_rotation_seals_everything_anew(void **state)
{
    struct house *house = *state;
    const char *id = make_account(house, environment, "a");
    make_account(house, environment, "b");
    struct heard heard = get(house, "/v1/master-keys");
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/sealing"), "k1");
    assert_string_equal(text_at(house, heard, "/needed/0/id"), "k1");
    /* the third is the platform's own, for webhooks */
    assert_true(number_at(heard, "/needed/0/data_keys") == 3);
    heard = post(house, "{'master_key':'k2'}", "/v1/master-keys/rotate");
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/sealing"), "k2");
    assert_true(number_at(heard, "/resealed") == 3);
    assert_true(number_at(heard, "/unreadable") == 0);
    heard = get(house, "/v1/master-keys");
    assert_int_equal(count_at(heard, "/needed"), 1);
    assert_string_equal(text_at(house, heard, "/needed/0/id"), "k2");
    enum err err;
    struct account *account = directory_account(house->directory, str_z(id));
    assert_non_null(directory_credentials(house->directory, account, &err));
    account_unref(&account);
    heard = post(house, NULL, "/v1/master-keys/rotate");
    assert_true(number_at(heard, "/resealed") == 0);
}

static void test_the_keys_are_read_again_first(void **state)
{
    struct house *house = *state;
    struct heard heard = post(house, "{'master_key':'k3'}", "/v1/master-keys/rotate");
    assert_refused(heard, 404, "object_unknown");
    house->key_text = STR("k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
                          "k2 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh4=\n"
                          "k3 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh0=\n");
    heard = post(house, "{'master_key':'k3'}", "/v1/master-keys/rotate");
    assert_status(heard, 200);
    assert_string_equal(text_at(house, heard, "/sealing"), "k3");
}

static void test_keys_that_cannot_be_read_change_nothing(void **state)
{
    struct house *house = *state;
    struct heard before = get(house, "/v1/master-keys");
    house->reload_fails = true;
    struct heard heard = post(house, "{'master_key':'k1'}", "/v1/master-keys/rotate");
    house->reload_fails = false;
    assert_refused(heard, 409, "state_conflict");
    assert_says(heard, "The key file is gone.");
    heard = get(house, "/v1/master-keys");
    assert_string_equal(text_at(house, heard, "/sealing"),
                        text_at(house, before, "/sealing"));
}

int test_api_master_keys(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_rotation_seals_everything_anew),
        cmocka_unit_test(test_the_keys_are_read_again_first),
        cmocka_unit_test(test_keys_that_cannot_be_read_change_nothing),
    };
    return cmocka_run_group_tests_name("api: master keys", tests, setup, house_teardown);
}
