/*
 * By which way of authentication an account is connected, and an app is used: names to
 * the directory, which knows no documents.
 */
#include "groups.h"
#include "office.h"

#include "directory/token_change.h"

static str new_environment(struct office *office)
{
    return office_environment(office, office_stage(office, "live"), NULL);
}

static str way_of(struct office *office, str id)
{
    struct account *account = directory_account(office->directory, id);
    str way = arena_str(&office->arena, account->way);
    account_unref(&account);
    return way;
}

/* --- accounts --- */

static enum err set_way(struct office *office, str id, str way, str *ret_detail)
{
    struct change change = office_change(office, CHANGE_ACCOUNT_UPDATE);
    change.id = id;
    change.way = way;
    enum err err = office_do(office, &change);
    *ret_detail = change.detail;
    return err;
}

static enum err store_by(struct office *office, str id, str way)
{
    struct credential credential = office_credential("token", "hush");
    struct change change = office_change(office, CHANGE_ACCOUNT_CREDENTIALS);
    change.id = id;
    change.way = way;
    change.credentials = &credential;
    change.credential_n = 1;
    enum err err = office_do(office, &change);
    secret_fini(&credential.value);
    return err;
}

static void an_account_has_a_way_from_its_first_day(void **state)
{
    struct office *office = *state;
    struct change change = office_change(office, CHANGE_ACCOUNT_CREATE);
    change.environment_id = new_environment(office);
    change.integration = STR("crm");
    change.way = STR("oauth");
    assert_int_equal(office_do(office, &change), ERR_NONE);
    str id = tenant_id_str(&change.new_id);
    assert_str(way_of(office, id), STR("oauth"));
    office_reopen(office);
    assert_str(way_of(office, id), STR("oauth"));
    /* published once more with its environment */
    struct change move = office_change(office, CHANGE_ENVIRONMENT_UPDATE);
    move.id = change.environment_id;
    move.name = STR("Other");
    assert_int_equal(office_do(office, &move), ERR_NONE);
    assert_str(way_of(office, id), STR("oauth"));
    str other = office_account(office, change.environment_id, "crm", NULL);
    assert_true(str_absent(way_of(office, other)));
}

static void a_way_is_changed_while_there_are_no_credentials(void **state)
{
    struct office *office = *state;
    str detail, id = office_account(office, new_environment(office), "crm", NULL);
    assert_int_equal(set_way(office, id, STR("key"), &detail), ERR_NONE);
    assert_str(way_of(office, id), STR("key"));
    assert_int_equal(set_way(office, id, STR_NONE, &detail), ERR_NONE);
    assert_str(way_of(office, id), STR("key"));
    assert_int_equal(set_way(office, id, STR(""), &detail), ERR_NONE);
    assert_true(str_absent(way_of(office, id)));
    assert_int_equal(store_by(office, id, STR_NONE), ERR_NONE);
    assert_true(str_absent(way_of(office, id)));
    assert_int_equal(set_way(office, id, STR("key"), &detail), ERR_STATE_CONFLICT);
    assert_says(detail, "comes together with new ones");
    assert_int_equal(set_way(office, id, STR(""), &detail), ERR_NONE);
}

static void new_credentials_bring_their_way(void **state)
{
    struct office *office = *state;
    str detail, id = office_account(office, new_environment(office), "crm", NULL);
    assert_int_equal(store_by(office, id, STR("key")), ERR_NONE);
    assert_str(way_of(office, id), STR("key"));
    assert_int_equal(set_way(office, id, STR("key"), &detail), ERR_NONE);
    assert_int_equal(set_way(office, id, STR("oauth"), &detail), ERR_STATE_CONFLICT);
    assert_int_equal(store_by(office, id, STR("oauth")), ERR_NONE);
    assert_int_equal(store_by(office, id, STR_NONE), ERR_NONE);
    office_reopen(office);
    assert_str(way_of(office, id), STR("oauth"));
    assert_int_equal(store_by(office, id, STR("")), ERR_NONE);
    assert_true(str_absent(way_of(office, id)));
}

static void what_is_no_name_is_refused(void **state)
{
    static const char *const bad[] = {"Key", "a b", "a-b", "\xc3\xa4",
                                      "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddx"};
    struct office *office = *state;
    str detail, id = office_account(office, new_environment(office), "crm", NULL);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(set_way(office, id, str_z(bad[i]), &detail), ERR_BODY_INVALID);
        assert_says(detail, "`auth`");
        assert_int_equal(store_by(office, id, str_z(bad[i])), ERR_BODY_INVALID);
    }
}

/* --- tokens --- */

static bool done;

static void on_done(struct token_change *change)
{
    (void)change;
    done = true;
}

static void on_previous(struct token_previous *previous)
{
    (void)previous;
    done = true;
}

static void take(struct office *office, struct token_change *change, enum token_step step)
{
    done = false;
    change->step = step;
    change->done = on_done;
    directory_change_token(change);
    assert_true(false_loop_wait(&office->loop, &done));
    assert_int_equal(change->err, ERR_NONE);
    assert_int_equal(change->end, TOKEN_DONE);
}

/* A whole exchange that gives a token, for an account of that way. */
static void exchange(struct office *office, str id, uint64_t version, str way)
{
    struct credential credential = office_credential("token", "new");
    struct token_change change = {.directory = office->directory,
                                  .worker = false_loop_worker(&office->loop, 0),
                                  .arena = &office->arena,
                                  .account = id,
                                  .version = version,
                                  .holder = STR("a"),
                                  .lease = USEC_MIN,
                                  .learned = USEC_H,
                                  .wall = world_wall(&office->world.world),
                                  .credentials = &credential,
                                  .credential_n = 1};
    take(office, &change, TOKEN_INTEND);
    change.way = way;
    take(office, &change, TOKEN_STORE);
    secret_fini(&credential.value);
}

static bool has_previous(struct office *office, str id)
{
    struct account *account = directory_account(office->directory, id);
    struct token_previous previous = {.directory = office->directory,
                                      .worker = false_loop_worker(&office->loop, 0),
                                      .done = on_previous,
                                      .account = account};
    done = false;
    directory_previous_credentials(&previous);
    assert_true(false_loop_wait(&office->loop, &done));
    bool has = previous.credentials != NULL;
    credentials_destroy(&previous.credentials);
    account_unref(&account);
    return has;
}

static usec learned_of(struct office *office, str id)
{
    struct account *account = directory_account(office->directory, id);
    usec learned = account->token.learned;
    account_unref(&account);
    return learned;
}

/* The set before is no help when a token of the new way is refused, and what was learned
 * of its tokens says nothing of these. */
static void a_token_of_another_way_leaves_nothing_behind(void **state)
{
    struct office *office = *state;
    str id = office_account(office, new_environment(office), "crm", NULL);
    assert_int_equal(store_by(office, id, STR("oauth")), ERR_NONE);
    exchange(office, id, 1, STR_NONE);
    assert_str(way_of(office, id), STR("oauth"));
    assert_true(has_previous(office, id));
    assert_int_equal(learned_of(office, id), USEC_H);
    exchange(office, id, 2, STR("oauth"));
    assert_true(has_previous(office, id));
    exchange(office, id, 3, STR("jwt"));
    assert_str(way_of(office, id), STR("jwt"));
    assert_false(has_previous(office, id));
    assert_int_equal(learned_of(office, id), 0);
    exchange(office, id, 4, STR(""));
    assert_true(str_absent(way_of(office, id)));
}

/* --- apps --- */

static str new_app(struct office *office, str environment, const char *way)
{
    struct change change = office_change(office, CHANGE_APP_CREATE);
    change.environment_id = environment;
    change.integration = STR("crm");
    change.name = STR("Ours");
    change.client_id = STR("client");
    change.way = way ? str_z(way) : STR_NONE;
    assert_int_equal(office_do(office, &change), ERR_NONE);
    false_world_advance(&office->world, USEC_S);
    return arena_str(&office->arena, tenant_id_str(&change.new_id));
}

static void assert_app(struct office *office, str environment, const char *way,
                       str wanted)
{
    struct app *app = directory_app_of(office->directory, environment, STR("crm"),
                                       way ? str_z(way) : STR_NONE);
    assert_str(app ? tenant_id_str(&app->id) : STR_NONE, wanted);
    app_unref(&app);
}

static bool is_default(struct office *office, str id)
{
    struct app *app = directory_app(office->directory, id);
    bool found = directory_app_is_default(office->directory, app);
    app_unref(&app);
    return found;
}

static void an_app_for_one_way_comes_before_those_for_all(void **state)
{
    struct office *office = *state;
    str environment = new_environment(office);
    str general = new_app(office, STR_NONE, NULL);
    str partner = new_app(office, STR_NONE, "partner");
    assert_app(office, environment, "oauth", general);
    assert_app(office, environment, "partner", partner);
    assert_app(office, environment, NULL, general); /* the oldest, whichever way */
    assert_true(is_default(office, general) && is_default(office, partner));
    str own = new_app(office, environment, NULL);
    assert_app(office, environment, "partner", own); /* the environment's come first */
    str own_partner = new_app(office, environment, "partner");
    assert_app(office, environment, "partner", own_partner);
    assert_app(office, environment, "oauth", own);
    office_reopen(office);
    assert_app(office, environment, "partner", own_partner);
    str second = new_app(office, environment, "partner");
    assert_false(is_default(office, second));
}

static void an_app_of_another_way_alone_is_none(void **state)
{
    struct office *office = *state;
    str environment = new_environment(office);
    str partner = new_app(office, environment, "partner");
    assert_app(office, environment, "oauth", STR_NONE);
    struct change change = office_change(office, CHANGE_APP_UPDATE);
    change.id = partner;
    change.way = STR("");
    assert_int_equal(office_do(office, &change), ERR_NONE);
    assert_app(office, environment, "oauth", partner);
    change.way = STR("Bad");
    assert_int_equal(office_do(office, &change), ERR_BODY_INVALID);
}

#define DURABLE(name)                                                                    \
    cmocka_unit_test_setup_teardown(name, office_setup_durable, office_teardown)

int test_way(void)
{
    const struct CMUnitTest tests[] = {
        DURABLE(an_account_has_a_way_from_its_first_day),
        DURABLE(a_way_is_changed_while_there_are_no_credentials),
        DURABLE(new_credentials_bring_their_way),
        DURABLE(what_is_no_name_is_refused),
        DURABLE(a_token_of_another_way_leaves_nothing_behind),
        DURABLE(an_app_for_one_way_comes_before_those_for_all),
        DURABLE(an_app_of_another_way_alone_is_none),
    };
    return cmocka_run_group_tests_name("way", tests, NULL, NULL);
}
