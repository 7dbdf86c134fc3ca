#include "groups.h"
#include "office.h"

static str new_account(struct office *office)
{
    return office_account(office,
                          office_environment(office, office_stage(office, "live"), NULL),
                          "crm", NULL);
}

static const struct credentials *open_of(struct office *office, str id,
                                         struct account **ret_account, enum err *ret_err)
{
    *ret_account = directory_account(office->directory, id);
    assert_non_null(*ret_account);
    return directory_credentials(office->directory, *ret_account, ret_err);
}

static void assert_credential(struct office *office, str id, uint64_t version,
                              const char *name, const char *value)
{
    struct account *account;
    enum err err = ERR_NONE;
    const struct credentials *credentials = open_of(office, id, &account, &err);
    assert_int_equal(err, ERR_NONE);
    assert_int_equal(credentials->version, version);
    assert_int_equal(credentials->n, 1);
    assert_str(credentials->items[0].name, str_z(name));
    assert_str(secret_peek(&credentials->items[0].value), str_z(value));
    account_unref(&account);
}

static void credentials_are_stored_and_opened(void **state)
{
    struct office *office = *state;
    struct account *account;
    enum err err = ERR_NONE;
    str id = new_account(office);
    assert_null(open_of(office, id, &account, &err));
    assert_int_equal(err, ERR_ACCOUNT_NOT_CONNECTED);
    assert_int_equal(account->state, ACCOUNT_CONNECTING);
    account_unref(&account);
    assert_int_equal(office_store_credential(office, id, "token", "hush"), ERR_NONE);
    assert_credential(office, id, 1, "token", "hush");
    assert_int_equal(office_store_credential(office, id, "password", ""), ERR_NONE);
    assert_credential(office, id, 2, "password", "");
    office_reopen(office);
    assert_credential(office, id, 2, "password", "");
}

static void they_are_opened_once(void **state)
{
    struct office *office = *state;
    struct account *account;
    enum err err;
    str id = new_account(office);
    assert_int_equal(office_store_credential(office, id, "token", "hush"), ERR_NONE);
    const struct credentials *first = open_of(office, id, &account, &err);
    assert_non_null(first);
    assert_ptr_equal(directory_credentials(office->directory, account, &err), first);
    account_unref(&account);
}

static void several_values_of_any_bytes_come_back(void **state)
{
    struct office *office = *state;
    struct change change = office_change(office, CHANGE_ACCOUNT_CREATE);
    struct credential given[3] = {
        {.name = STR("a")}, {.name = STR("b")}, {.name = STR("c")}};
    char *large = arena_zalloc(&office->arena, 200000);
    secret_init(&given[0].value, str_of("\0\xff\"", 3));
    secret_init(&given[1].value, STR(""));
    secret_init(&given[2].value, str_of(large, 200000));
    change.environment_id =
        office_environment(office, office_stage(office, "live"), NULL);
    change.integration = STR("crm");
    change.credentials = given;
    change.credential_n = 3;
    assert_int_equal(office_do(office, &change), ERR_NONE);
    struct account *account;
    enum err err = ERR_NONE;
    const struct credentials *found =
        open_of(office, tenant_id_str(&change.new_id), &account, &err);
    assert_int_equal(account->state, ACCOUNT_ACTIVE);
    assert_int_equal(found->version, 1);
    assert_int_equal(found->n, 3);
    for (int i = 0; i < 3; i++) {
        assert_str(found->items[i].name, given[i].name);
        assert_true(
            str_eq(secret_peek(&found->items[i].value), secret_peek(&given[i].value)));
        secret_fini(&given[i].value);
    }
    account_unref(&account);
}

static enum account_state state_of(struct office *office, str id)
{
    struct account *account = directory_account(office->directory, id);
    enum account_state found = account->state;
    account_unref(&account);
    return found;
}

static void move(struct office *office, str id, enum account_state to)
{
    struct change change = office_change(office, CHANGE_ACCOUNT_STATE);
    change.id = id;
    change.state = to;
    change.state_reason = STR("why");
    assert_int_equal(office_do(office, &change), ERR_NONE);
}

static void new_credentials_bring_an_account_back(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    assert_int_equal(office_store_credential(office, id, "t", "1"), ERR_NONE);
    assert_int_equal(state_of(office, id), ACCOUNT_ACTIVE);
    move(office, id, ACCOUNT_NEEDS_REAUTH);
    assert_int_equal(office_store_credential(office, id, "t", "2"), ERR_NONE);
    assert_int_equal(state_of(office, id), ACCOUNT_ACTIVE);
    struct account *account = directory_account(office->directory, id);
    assert_true(str_absent(account->state_reason));
    account_unref(&account);
    move(office, id, ACCOUNT_DEGRADED);
    assert_int_equal(office_store_credential(office, id, "t", "3"), ERR_NONE);
    assert_int_equal(state_of(office, id), ACCOUNT_DEGRADED);
    account = directory_account(office->directory, id);
    assert_str(account->state_reason, STR("why"));
    account_unref(&account);
    move(office, id, ACCOUNT_DISABLED);
    assert_int_equal(office_store_credential(office, id, "t", "4"), ERR_NONE);
    assert_int_equal(state_of(office, id), ACCOUNT_DISABLED);
    move(office, id, ACCOUNT_DELETING);
    assert_int_equal(office_store_credential(office, id, "t", "5"), ERR_STATE_CONFLICT);
    assert_credential(office, id, 4, "t", "4");
}

/* The fence of SPEC 5.4. */
static void a_late_writer_does_not_overwrite(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    struct credential credential = office_credential("t", "late");
    struct change change = office_change(office, CHANGE_ACCOUNT_CREDENTIALS);
    change.id = id;
    change.credentials = &credential;
    change.credential_n = 1;
    change.credential_version = 1;
    assert_int_equal(office_do(office, &change), ERR_STATE_CONFLICT);
    assert_int_equal(office_store_credential(office, id, "t", "1"), ERR_NONE);
    assert_int_equal(office_do(office, &change), ERR_NONE); /* follows 1: becomes 2 */
    assert_int_equal(office_do(office, &change), ERR_STATE_CONFLICT);
    assert_says(change.detail, "have version 2, not 1");
    assert_credential(office, id, 2, "t", "late");
    secret_fini(&credential.value);
}

/* --- what is on disk --- */

static void no_secret_is_on_disk(void **state)
{
    struct office *office = *state;
    static const char *const files[] = {"breakwater.db", "breakwater.db-wal"};
    str id = new_account(office);
    str key = office_key(office, STR_NONE, NULL, -1);
    assert_int_equal(office_store_credential(office, id, "token", "hush-hush-hush"),
                     ERR_NONE);
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        assert_false(office_stores(office, files[i], STR("hush-hush-hush")));
        assert_false(office_stores(office, files[i], key));
    }
    assert_true(office_stores(office, files[1], STR("account.credentials")));
}

static void a_deleted_account_leaves_no_data_key(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    assert_int_equal(office_store_credential(office, id, "token", "hush"), ERR_NONE);
    struct account *account = directory_account(office->directory, id);
    str data_key = arena_str(&office->arena, account->data_key);
    account_unref(&account);
    office_reopen(office); /* moves everything from the log into the file */
    assert_true(office_stores(office, "breakwater.db", data_key));
    struct change change = office_change(office, CHANGE_ACCOUNT_DELETE);
    change.id = id;
    assert_int_equal(office_do(office, &change), ERR_NONE);
    office_reopen(office);
    assert_false(office_stores(office, "breakwater.db", data_key));
}

/* --- what cannot be opened --- */

struct damage {
    struct store_op op;
    str account;
    const struct statement *statement;
    str bytes;
};

static enum err run_damage(struct tx *tx, struct store_op *op)
{
    struct damage *damage = CONTAINER_OF(op, struct damage, op);
    struct value params[] = {V_TEXT(damage->account), V_BLOB(damage->bytes)};
    return tx_exec(tx, damage->statement, params, 2, NULL);
}

/* Puts bytes in the place of what stands in the account's row. */
static void damage(struct office *office, str account, const struct statement *statement,
                   str bytes)
{
    struct damage damage = {.op = {.kind = STORE_FULL, .run = run_damage},
                            .account = account,
                            .statement = statement,
                            .bytes = bytes};
    assert_int_equal(store_run(office->store, &damage.op), ERR_NONE);
}

static const struct statement spoil_credential = {
    "UPDATE credential SET sealed = $2 WHERE account = $1"};

static str sealed_of(struct office *office, str id)
{
    struct account *account = directory_account(office->directory, id);
    str sealed = arena_str(&office->arena, account->sealed);
    account_unref(&account);
    return sealed;
}

static void an_older_set_cannot_be_put_back(void **state)
{
    struct office *office = *state;
    struct account *account;
    enum err err = ERR_NONE;
    str id = new_account(office);
    assert_int_equal(office_store_credential(office, id, "token", "one"), ERR_NONE);
    str older = sealed_of(office, id);
    assert_int_equal(office_store_credential(office, id, "token", "two"), ERR_NONE);
    damage(office, id, &spoil_credential, older);
    office_reopen(office);
    assert_str(sealed_of(office, id), older);
    assert_null(open_of(office, id, &account, &err));
    assert_int_equal(err, ERR_CREDENTIAL_UNUSABLE);
    account_unref(&account);
}

static void damaged_credentials_are_unusable(void **state)
{
    struct office *office = *state;
    struct account *account;
    enum err err = ERR_NONE;
    str id = new_account(office);
    assert_int_equal(office_store_credential(office, id, "token", "hush"), ERR_NONE);
    damage(office, id, &spoil_credential, STR("\1rubbish"));
    office_reopen(office);
    assert_null(open_of(office, id, &account, &err));
    assert_int_equal(err, ERR_CREDENTIAL_UNUSABLE);
    account_unref(&account);
    assert_int_equal(office_store_credential(office, id, "token", "again"), ERR_NONE);
    assert_credential(office, id, 2, "token", "again");
}

static void a_damaged_data_key_takes_no_credentials(void **state)
{
    static const struct statement spoil = {
        "UPDATE data_key SET sealed = $2 WHERE owner = $1"};
    struct office *office = *state;
    struct account *account;
    enum err err = ERR_NONE;
    str id = new_account(office);
    assert_int_equal(office_store_credential(office, id, "token", "hush"), ERR_NONE);
    damage(office, id, &spoil, STR("\1rubbish"));
    assert_int_equal(office_store_credential(office, id, "token", "x"),
                     ERR_CREDENTIAL_UNUSABLE);
    office_reopen(office);
    assert_null(open_of(office, id, &account, &err));
    assert_int_equal(err, ERR_CREDENTIAL_UNUSABLE);
    account_unref(&account);
}

#define DURABLE(name)                                                                    \
    cmocka_unit_test_setup_teardown(name, office_setup_durable, office_teardown)

int test_credential(void)
{
    const struct CMUnitTest tests[] = {
        DURABLE(credentials_are_stored_and_opened),
        DURABLE(they_are_opened_once),
        DURABLE(several_values_of_any_bytes_come_back),
        DURABLE(new_credentials_bring_an_account_back),
        DURABLE(a_late_writer_does_not_overwrite),
        DURABLE(no_secret_is_on_disk),
        DURABLE(a_deleted_account_leaves_no_data_key),
        DURABLE(an_older_set_cannot_be_put_back),
        DURABLE(damaged_credentials_are_unusable),
        DURABLE(a_damaged_data_key_takes_no_credentials),
    };
    return cmocka_run_group_tests_name("credential", tests, NULL, NULL);
}
