#include "directory/rotation.h"

#include "groups.h"
#include "office.h"

#define K1 "k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
#define K2 "k2 ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=\n"

enum { ACCOUNTS = 250 };

static bool answered;

static void on_rotated(struct rotation *rotation)
{
    (void)rotation;
    answered = true;
}

static void on_status(struct rotation_status *status)
{
    (void)status;
    answered = true;
}

static struct rotation rotate(struct office *office, str master_key)
{
    struct rotation rotation = {.directory = office->directory,
                                .worker = false_loop_worker(&office->loop, 0),
                                .master_key = master_key,
                                .done = on_rotated};
    answered = false;
    rotation_start(&rotation);
    assert_false(answered);
    assert_true(false_loop_wait(&office->loop, &answered));
    return rotation;
}

static struct rotation_status status_of(struct office *office)
{
    struct rotation_status status = {.directory = office->directory,
                                     .worker = false_loop_worker(&office->loop, 0),
                                     .done = on_status};
    answered = false;
    rotation_status(&status);
    assert_true(false_loop_wait(&office->loop, &answered));
    assert_int_equal(status.err, ERR_NONE);
    return status;
}

static void make_accounts(struct office *office, str ids[ACCOUNTS])
{
    str environment = office_environment(office, office_stage(office, "live"), NULL);
    for (int i = 0; i < ACCOUNTS; i++) {
        ids[i] = office_account(office, environment, "crm", NULL);
        if (i % 2)
            assert_int_equal(office_store_credential(office, ids[i], "t", "hush"),
                             ERR_NONE);
    }
}

static void assert_usable(struct office *office, str id, bool usable)
{
    enum err err = ERR_NONE;
    struct account *account = directory_account(office->directory, id);
    const struct credentials *found =
        directory_credentials(office->directory, account, &err);
    assert_int_equal(found != NULL, usable);
    if (found)
        assert_str(secret_peek(&found->items[0].value), STR("hush"));
    account_unref(&account);
}

static void every_data_key_is_sealed_again(void **state)
{
    struct office *office = *state;
    str ids[ACCOUNTS], why = STR_NONE;
    make_accounts(office, ids);
    assert_true(keyring_reload(office->keyring, STR(K1 K2), &office->arena, &why));
    struct rotation_status status = status_of(office);
    assert_string_equal(status.sealing, "k1");
    assert_int_equal(status.n, 1);
    assert_int_equal(status.keys[0].data_keys, ACCOUNTS);

    struct rotation rotation = rotate(office, STR("k2"));
    assert_int_equal(rotation.err, ERR_NONE);
    assert_int_equal(rotation.resealed, ACCOUNTS);
    assert_int_equal(rotation.unreadable, 0);
    status = status_of(office);
    assert_string_equal(status.sealing, "k2");
    assert_int_equal(status.n, 1);
    assert_string_equal(status.keys[0].master_key, "k2");
    assert_true(status.keys[0].listed);

    /* The old key goes: this process does not need it, nor does a new one. */
    assert_true(keyring_reload(office->keyring, STR(K2), &office->arena, &why));
    assert_usable(office, ids[1], true);
    office->key_text = STR(K2);
    office_reopen(office);
    for (int i = 1; i < ACCOUNTS; i += 2)
        assert_usable(office, ids[i], true);
}

static void a_rotation_goes_on_after_a_restart(void **state)
{
    struct office *office = *state;
    str ids[ACCOUNTS];
    make_accounts(office, ids);
    office->key_text = STR(K1 K2);
    office_reopen(office);
    assert_int_equal(rotate(office, STR("k2")).resealed, ACCOUNTS);
    /* As if it had been cut short: some are sealed by the old key again. */
    office_reopen(office);
    assert_true(keyring_seal_with(office->keyring, STR("k1")));
    str late = office_account(
        office, office_environment(office, office_stage(office, "late"), NULL), "crm",
        NULL);
    assert_int_equal(office_store_credential(office, late, "t", "hush"), ERR_NONE);
    office_reopen(office);
    assert_str(keyring_sealing_id(office->keyring, &office->arena), STR("k2"));
    struct rotation_status status = status_of(office);
    assert_int_equal(status.n, 2);
    assert_int_equal(status.keys[0].data_keys, 1);
    assert_int_equal(rotate(office, STR_NONE).resealed, 1);
    assert_int_equal(status_of(office).n, 1);
    assert_usable(office, late, true);
}

static void data_keys_of_apps_are_sealed_again_too(void **state)
{
    struct office *office = *state;
    str why = STR_NONE;
    str environment = office_environment(office, office_stage(office, "live"), NULL);
    str apps[] = {office_app(office, STR_NONE, "crm", "c"),
                  office_app(office, environment, "crm", "c")};
    for (size_t i = 0; i < COUNT_OF(apps); i++)
        assert_int_equal(office_store_secret(office, apps[i], "client_secret", "hush"),
                         ERR_NONE);
    assert_true(keyring_reload(office->keyring, STR(K1 K2), &office->arena, &why));
    assert_int_equal(rotate(office, STR("k2")).resealed, COUNT_OF(apps));
    assert_true(keyring_reload(office->keyring, STR(K2), &office->arena, &why));
    office->key_text = STR(K2);
    for (int opened = 0; opened < 2; opened++) {
        for (size_t i = 0; i < COUNT_OF(apps); i++)
            assert_str(office_secret(office, apps[i], "client_secret"), STR("hush"));
        office_reopen(office);
    }
}

static void a_key_that_is_not_listed_is_refused(void **state)
{
    struct office *office = *state;
    struct rotation rotation = rotate(office, STR("k9"));
    assert_int_equal(rotation.err, ERR_OBJECT_UNKNOWN);
    assert_str(keyring_sealing_id(office->keyring, &office->arena), STR("k1"));
}

struct spoil {
    struct store_op op;
    str account;
};

static enum err run_spoil(struct tx *tx, struct store_op *op)
{
    static const struct statement update = {
        "UPDATE data_key SET sealed = $2 WHERE owner = $1"};
    struct spoil *spoil = CONTAINER_OF(op, struct spoil, op);
    struct value params[] = {V_TEXT(spoil->account), V_BLOB(STR("rubbish"))};
    return tx_exec(tx, &update, params, 2, NULL);
}

static void what_cannot_be_read_is_counted_and_passed(void **state)
{
    struct office *office = *state;
    str ids[ACCOUNTS], why = STR_NONE;
    make_accounts(office, ids);
    struct spoil spoil = {.op = {.kind = STORE_FULL, .run = run_spoil},
                          .account = ids[9]};
    assert_int_equal(store_run(office->store, &spoil.op), ERR_NONE);
    assert_true(keyring_reload(office->keyring, STR(K1 K2), &office->arena, &why));
    struct rotation rotation = rotate(office, STR("k2"));
    assert_int_equal(rotation.err, ERR_NONE);
    assert_int_equal(rotation.resealed, ACCOUNTS - 1);
    assert_int_equal(rotation.unreadable, 1);
    struct rotation_status status = status_of(office);
    assert_int_equal(status.n, 2);
    assert_string_equal(status.keys[0].master_key, "k1");
    assert_int_equal(status.keys[0].data_keys, 1);
}

#define DURABLE(name)                                                                    \
    cmocka_unit_test_setup_teardown(name, office_setup_durable, office_teardown)

int test_rotation(void)
{
    const struct CMUnitTest tests[] = {
        DURABLE(every_data_key_is_sealed_again),
        DURABLE(a_rotation_goes_on_after_a_restart),
        DURABLE(data_keys_of_apps_are_sealed_again_too),
        DURABLE(a_key_that_is_not_listed_is_refused),
        DURABLE(what_cannot_be_read_is_counted_and_passed),
    };
    return cmocka_run_group_tests_name("rotation", tests, NULL, NULL);
}
