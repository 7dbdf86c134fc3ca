#include "groups.h"
#include "office.h"

/* What a directory refuses to open over: a store that somebody else has written into, and
 * keys that are missing. */

struct edit {
    struct store_op op;
    const struct statement *statement;
};

static enum err run_edit(struct tx *tx, struct store_op *op)
{
    struct edit *edit = CONTAINER_OF(op, struct edit, op);
    return tx_exec(tx, edit->statement, NULL, 0, NULL);
}

static void edit(struct office *office, const struct statement *statement)
{
    struct edit edit = {.op = {.kind = STORE_FULL, .run = run_edit},
                        .statement = statement};
    assert_int_equal(store_run(office->store, &edit.op), ERR_NONE);
    office_close(office);
}

static void fill(struct office *office)
{
    str stage = office_stage(office, "live");
    str environment = office_environment(office, stage, "e");
    str account = office_account(office, environment, "crm", "main");
    assert_int_equal(office_store_credential(office, account, "t", "hush"), ERR_NONE);
    office_app(office, environment, "crm", "c");
    office_key(office, stage, &environment, 1);
}

static void a_missing_master_key_is_refused(void **state)
{
    struct office *office = *state;
    fill(office);
    office_close(office);
    office->key_text = STR("k2 ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=\n");
    assert_says(office_refusal(office), "The master key \"k1\" seals in this store, and");
    office->key_text = STR("k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
                           "k2 ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=\n");
    office_reopen(office);
    assert_str(keyring_sealing_id(office->keyring, &office->arena), STR("k1"));
}

static void a_master_key_that_data_keys_need_is_refused(void **state)
{
    static const struct statement change = {"UPDATE data_key SET master_key = 'k0'"};
    struct office *office = *state;
    fill(office);
    edit(office, &change);
    assert_says(office_refusal(office),
                "\"k0\" is not among the keys that were given, and "
                "the credentials of 2 accounts and apps need it");
}

static void rows_that_cannot_be_read_are_refused(void **state)
{
    static const struct {
        struct statement change;
        const char *says;
    } rows[] = {
        {{"UPDATE stage SET kind = 'other'"}, "in table stage"},
        {{"UPDATE environment SET labels = '{'"}, "in table environment"},
        {{"UPDATE environment SET labels = '[]'"}, "in table environment"},
        {{"UPDATE environment SET labels = '{\"a\":1}'"}, "in table environment"},
        {{"UPDATE account SET state = 'sleepy'"}, "in table account"},
        {{"UPDATE account SET context = 'null'"}, "in table account"},
        {{"UPDATE app SET settings = '{'"}, "in table app"},
        {{"UPDATE app SET settings = '{}'"}, "in table app"},
        {{"UPDATE app SET settings = '{\"client_id\":\"c\",\"scopes\":{}}'"},
         "in table app"},
        {{"UPDATE app SET settings = '{\"client_id\":\"c\",\"params\":{\"a\":1}}'"},
         "in table app"},
        {{"UPDATE app SET secret_names = '[1]'"}, "in table app"},
        {{"UPDATE api_key SET digest = 'short'"}, "in table api_key"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct office *office = *state;
        fill(office);
        edit(office, &rows[i].change);
        str why = office_refusal(office);
        assert_says(why, "The store holds a row that cannot be read: ");
        assert_says(why, rows[i].says);
        office_teardown(state);
        assert_int_equal(office_setup_durable(state), 0);
    }
}

static void a_store_without_its_tables_is_refused(void **state)
{
    static const struct statement change = {"DROP TABLE api_key_environment"};
    struct office *office = *state;
    edit(office, &change);
    assert_says(office_refusal(office), "The store cannot be read: no such table");
}

static void an_empty_store_opens_empty(void **state)
{
    struct office *office = *state;
    struct directory_counts counts;
    office_reopen(office);
    directory_counts(office->directory, &counts);
    assert_int_equal(counts.stages + counts.accounts + counts.keys, 0);
}

#define DURABLE(name)                                                                    \
    cmocka_unit_test_setup_teardown(name, office_setup_durable, office_teardown)

int test_directory_open(void)
{
    const struct CMUnitTest tests[] = {
        DURABLE(a_missing_master_key_is_refused),
        DURABLE(a_master_key_that_data_keys_need_is_refused),
        DURABLE(rows_that_cannot_be_read_are_refused),
        DURABLE(a_store_without_its_tables_is_refused),
        DURABLE(an_empty_store_opens_empty),
    };
    return cmocka_run_group_tests_name("directory_open", tests, NULL, NULL);
}
