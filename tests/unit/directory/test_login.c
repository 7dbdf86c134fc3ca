#include "groups.h"
#include "office.h"

#include "directory/audit.h"
#include "directory/token_change.h"

/* Who has connected an account is kept with it, and in the audit log. */

static bool answered;

static void on_changed(struct token_change *change)
{
    (void)change;
    answered = true;
}

static void run(struct office *office, struct token_change *change, enum token_step step)
{
    change->step = step;
    answered = false;
    directory_change_token(change);
    assert_true(false_loop_wait(&office->loop, &answered));
    assert_int_equal(change->err, ERR_NONE);
    assert_int_equal(change->end, TOKEN_DONE);
}

static const usec later = 1800000000 * USEC_S;

/* A new set, brought by that session; absent: by nobody. */
static void renew(struct office *office, str id, str session)
{
    struct account *account = directory_account(office->directory, id);
    struct credential token = office_credential("token", "t");
    struct token_change change = {.directory = office->directory,
                                  .worker = false_loop_worker(&office->loop, 0),
                                  .done = on_changed,
                                  .arena = &office->arena,
                                  .account = id,
                                  .version = account->credential_version,
                                  .holder = STR("me"),
                                  .lease = USEC_MIN,
                                  .wall = later,
                                  .credentials = &token,
                                  .credential_n = 1,
                                  .login = {session, STR("192.0.2.7")}};
    account_unref(&account);
    run(office, &change, TOKEN_INTEND);
    run(office, &change, TOKEN_STORE);
    secret_fini(&token.value);
}

static void assert_connected(struct office *office, str id, str by, usec when)
{
    struct account *account = directory_account(office->directory, id);
    assert_non_null(account);
    assert_str(account->connected_by, by);
    assert_int_equal(account->connected, when);
    account_unref(&account);
}

static void on_listed(struct audit_query *query)
{
    (void)query;
    answered = true;
}

/* The last line about the account. */
static struct audit_entry last_line(struct office *office, str id)
{
    struct audit_query query = {.object_id = id,
                                .max = 1,
                                .arena = &office->arena,
                                .worker = false_loop_worker(&office->loop, 0),
                                .done = on_listed};
    answered = false;
    audit_list(office->store, &query);
    assert_true(false_loop_wait(&office->loop, &answered));
    assert_int_equal(query.n, 1);
    return query.rows[0].entry;
}

static str new_account(struct office *office)
{
    str environment = office_environment(office, office_stage(office, "live"), NULL);
    return office_account(office, environment, "crm", NULL);
}

static enum err store(struct office *office, str id, str key, str session)
{
    struct change change = office_change(office, CHANGE_ACCOUNT_CREDENTIALS);
    struct credential token = office_credential("token", "t");
    change.id = id;
    change.actor.key_id = key;
    change.session = session;
    change.credentials = &token;
    change.credential_n = 1;
    enum err err = office_do(office, &change);
    secret_fini(&token.value);
    return err;
}

static void whoever_stores_credentials_has_connected_it(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    assert_connected(office, id, STR_NONE, 0);
    usec now = world_wall(&office->world.world);
    assert_int_equal(store(office, id, STR("key_a"), STR_NONE), ERR_NONE);
    assert_connected(office, id, STR("key_a"), now);
    office_reopen(office);
    assert_connected(office, id, STR("key_a"), now);
    assert_int_equal(store(office, id, STR_NONE, STR("ses_b")), ERR_NONE);
    assert_connected(office, id, STR("ses_b"), now);
    assert_says(last_line(office, id).detail, "\"session\":\"ses_b\"");
    assert_int_equal(store(office, id, STR_NONE, STR_NONE), ERR_NONE);
    assert_connected(office, id, STR_NONE, now); /* the machine itself */
}

static void a_login_is_kept_with_its_line_and_a_renewal_changes_nothing(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    assert_int_equal(store(office, id, STR("key_a"), STR_NONE), ERR_NONE);
    renew(office, id, STR("ses_b"));
    assert_connected(office, id, STR("ses_b"), later);
    struct audit_entry line = last_line(office, id);
    assert_str(line.action, STR("account.connect"));
    assert_str(line.peer, STR("192.0.2.7"));
    assert_str(line.detail, STR("{\"session\":\"ses_b\",\"credential_version\":2}"));
    renew(office, id, STR_NONE);
    assert_connected(office, id, STR("ses_b"), later);
    assert_str(last_line(office, id).detail, line.detail);
    office_reopen(office);
    assert_connected(office, id, STR("ses_b"), later);
}

#define TEST(name)                                                                       \
    cmocka_unit_test_setup_teardown(name, office_setup_durable, office_teardown)

int test_login(void)
{
    const struct CMUnitTest tests[] = {
        TEST(whoever_stores_credentials_has_connected_it),
        TEST(a_login_is_kept_with_its_line_and_a_renewal_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
