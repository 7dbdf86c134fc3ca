#include "groups.h"
#include "office.h"

#include "directory/ending.h"
#include "event/event.h"

/* Ends that are known before they come: kept with what they are of, told once. */

static bool answered;

static void on_listed(struct event_query *query)
{
    (void)query;
    answered = true;
}

/* "type detail" of every event that tells of an end, oldest first, a line each. */
static str told(struct office *office)
{
    struct event_query query = {.max = 500,
                                .arena = &office->arena,
                                .worker = false_loop_worker(&office->loop, 0),
                                .done = on_listed};
    struct buf text;
    buf_init(&text, 1 << 20);
    answered = false;
    event_list(office->store, &query);
    assert_true(false_loop_wait(&office->loop, &answered));
    for (uint32_t i = query.n; i > 0; i--)
        if (str_ends(query.rows[i - 1].type, STR("_ending")))
            buf_printf(&text, STR_F " " STR_F "\n", STR_A(query.rows[i - 1].type),
                       STR_A(query.rows[i - 1].detail));
    str all = text.n ? arena_str(&office->arena, buf_peek(&text)) : STR("");
    buf_fini(&text);
    return all;
}

static void on_looked(struct ending_look *look)
{
    (void)look;
    answered = true;
}

static struct ending_look look(struct office *office)
{
    struct ending_look look = {.directory = office->directory,
                               .worker = false_loop_worker(&office->loop, 0),
                               .done = on_looked};
    answered = false;
    ending_look(&look);
    assert_true(false_loop_wait(&office->loop, &answered));
    assert_int_equal(look.err, ERR_NONE);
    return look;
}

static usec in_days(struct office *office, int days)
{
    return world_wall(&office->world.world) + days * USEC_DAY;
}

static str new_account(struct office *office)
{
    str environment = office_environment(office, office_stage(office, "live"), NULL);
    return office_account(office, environment, "crm", NULL);
}

static enum err store_key(struct office *office, str account, usec ends)
{
    struct change change = office_change(office, CHANGE_ACCOUNT_CREDENTIALS);
    struct credential key = office_credential("token", "k");
    change.id = account;
    change.credentials = &key;
    change.credential_n = 1;
    change.ends[ENDING_CREDENTIALS] = ends;
    enum err err = office_do(office, &change);
    secret_fini(&key.value);
    return err;
}

static usec end_of(struct office *office, str id)
{
    struct account *account = directory_account(office->directory, id);
    assert_non_null(account);
    usec ends = account->ends;
    account_unref(&account);
    return ends;
}

/* --- accounts --- */

static void the_end_of_a_key_is_kept_with_it(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    usec ends = in_days(office, 90);
    assert_int_equal(store_key(office, id, ends), ERR_NONE);
    assert_int_equal(end_of(office, id), ends);
    office_reopen(office);
    assert_int_equal(end_of(office, id), ends);
    assert_int_equal(store_key(office, id, 0), ERR_NONE); /* another key */
    assert_int_equal(end_of(office, id), 0);
    assert_str(told(office), STR(""));
}

static void an_end_may_be_learned_later_and_taken_back(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    struct change change = office_change(office, CHANGE_ACCOUNT_UPDATE);
    change.id = id;
    change.ends[ENDING_CREDENTIALS] = in_days(office, 90);
    assert_int_equal(office_do(office, &change), ERR_STATE_CONFLICT);
    assert_says(change.detail, "has no credentials yet");
    assert_int_equal(store_key(office, id, 0), ERR_NONE);
    assert_int_equal(office_do(office, &change), ERR_NONE);
    assert_int_equal(end_of(office, id), in_days(office, 90));
    struct change other = office_change(office, CHANGE_ACCOUNT_UPDATE);
    other.id = id;
    other.name = STR("Renamed");
    assert_int_equal(office_do(office, &other), ERR_NONE);
    assert_int_equal(end_of(office, id), in_days(office, 90));
    change.ends[ENDING_CREDENTIALS] = USEC_NEVER;
    assert_int_equal(office_do(office, &change), ERR_NONE);
    assert_int_equal(end_of(office, id), 0);
}

static void what_has_no_credentials_has_no_end(void **state)
{
    struct office *office = *state;
    struct change change = office_change(office, CHANGE_ACCOUNT_CREATE);
    change.environment_id =
        office_environment(office, office_stage(office, "live"), NULL);
    change.integration = STR("crm");
    change.ends[ENDING_CREDENTIALS] = in_days(office, 90);
    assert_int_equal(office_do(office, &change), ERR_BODY_INVALID);
    assert_says(change.detail, "`ends` comes together with credentials");
}

static void an_end_is_told_once_two_weeks_before(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    assert_int_equal(store_key(office, id, in_days(office, 20)), ERR_NONE);
    struct ending_look found = look(office);
    assert_int_equal(found.near + found.come, 0);
    assert_str(told(office), STR(""));
    false_world_advance(&office->world, 6 * USEC_DAY);
    found = look(office);
    assert_int_equal(found.near, 1);
    str event = STR("account.credentials_ending {\"what\":\"credentials\","
                    "\"ends\":\"2025-01-21T00:00:01.000Z\"}\n");
    assert_str(told(office), event);
    look(office);
    assert_str(told(office), event);
    false_world_advance(&office->world, 14 * USEC_DAY);
    found = look(office);
    assert_int_equal(found.near, 0);
    assert_int_equal(found.come, 1);
    assert_str(told(office), event);
}

static void an_end_that_is_near_is_told_at_once_and_anew_when_it_moves(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    assert_int_equal(store_key(office, id, in_days(office, 3)), ERR_NONE);
    str first = STR("account.credentials_ending {\"what\":\"credentials\","
                    "\"ends\":\"2025-01-04T00:00:01.000Z\"}\n");
    assert_str(told(office), first);
    assert_int_equal(store_key(office, id, in_days(office, 3)), ERR_NONE);
    assert_str(told(office), first);
    assert_int_equal(store_key(office, id, in_days(office, 4)), ERR_NONE);
    assert_str(told(office),
               arena_printf(&office->arena, STR_F "%s", STR_A(first),
                            "account.credentials_ending {\"what\":\"credentials\","
                            "\"ends\":\"2025-01-05T00:00:01.000Z\"}\n"));
}

static void nothing_is_told_of_who_is_gone(void **state)
{
    struct office *office = *state;
    str id = new_account(office);
    assert_int_equal(store_key(office, id, in_days(office, 20)), ERR_NONE);
    struct change change = office_change(office, CHANGE_ACCOUNT_DELETE);
    change.id = id;
    assert_int_equal(office_do(office, &change), ERR_NONE);
    false_world_advance(&office->world, 30 * USEC_DAY);
    struct ending_look found = look(office);
    assert_int_equal(found.near + found.come, 0);
    assert_str(told(office), STR(""));
}

static void of_many_each_is_told(void **state)
{
    struct office *office = *state;
    str environment = office_environment(office, office_stage(office, "live"), NULL);
    uint32_t lines = 0;
    for (int i = 0; i < 130; i++)
        assert_int_equal(store_key(office,
                                   office_account(office, environment, "crm", NULL),
                                   in_days(office, 20)),
                         ERR_NONE);
    false_world_advance(&office->world, 10 * USEC_DAY);
    assert_int_equal(look(office).near, 130);
    look(office);
    str all = told(office), line;
    while (str_next(&all, '\n', &line))
        lines += line.n > 0;
    assert_int_equal(lines, 130);
}

/* --- apps --- */

static enum err store_secret(struct office *office, str app, const char *name,
                             const char *value, enum ending ending, usec ends)
{
    struct change change = office_change(office, CHANGE_APP_SECRETS);
    struct credential secret = office_credential(name ? name : "", value);
    change.id = app;
    change.credentials = &secret;
    change.credential_n = name ? 1 : 0;
    change.others_stay = true;
    change.ends[ending] = ends;
    enum err err = office_do(office, &change);
    if (err != ERR_NONE)
        assert_says(change.detail, "whose end it could be");
    secret_fini(&secret.value);
    return err;
}

static void assert_ends(struct office *office, str id, usec secret, usec next)
{
    struct app *app = directory_app(office->directory, id);
    assert_non_null(app);
    assert_int_equal(app->ends[ENDING_CLIENT_SECRET], secret);
    assert_int_equal(app->ends[ENDING_CLIENT_SECRET_NEXT], next);
    app_unref(&app);
}

static void both_secrets_of_a_rotation_have_their_ends(void **state)
{
    struct office *office = *state;
    str id = office_app(office, STR_NONE, "crm", "c");
    usec first = in_days(office, 30), next = in_days(office, 400);
    assert_int_equal(
        store_secret(office, id, "client_secret", "a", ENDING_CLIENT_SECRET, first),
        ERR_NONE);
    assert_int_equal(store_secret(office, id, "client_secret_next", "b",
                                  ENDING_CLIENT_SECRET_NEXT, next),
                     ERR_NONE);
    assert_ends(office, id, first, next);
    office_reopen(office);
    assert_ends(office, id, first, next);
    assert_int_equal(office_store_secret(office, id, "client_secret", NULL), ERR_NONE);
    assert_ends(office, id, next, 0); /* the next has taken its place */
    assert_int_equal(office_store_secret(office, id, "client_secret", "c"), ERR_NONE);
    assert_ends(office, id, 0, 0); /* nothing was said of the new one */
}

static void an_end_wants_a_secret(void **state)
{
    struct office *office = *state;
    str id = office_app(office, STR_NONE, "crm", "c");
    usec ends = in_days(office, 90);
    assert_int_equal(
        store_secret(office, id, "client_secret", "a", ENDING_CLIENT_SECRET_NEXT, ends),
        ERR_BODY_INVALID);
    assert_int_equal(office_store_secret(office, id, "client_secret", "a"), ERR_NONE);
    assert_int_equal(store_secret(office, id, NULL, NULL, ENDING_CLIENT_SECRET, ends),
                     ERR_NONE);
    assert_ends(office, id, ends, 0);
    assert_str(office_secret(office, id, "client_secret"), STR("a"));
}

static void the_end_of_a_secret_is_told_of_its_app(void **state)
{
    struct office *office = *state;
    str id = office_app(office, STR_NONE, "crm", "c");
    assert_int_equal(store_secret(office, id, "client_secret", "a", ENDING_CLIENT_SECRET,
                                  in_days(office, 20)),
                     ERR_NONE);
    assert_str(told(office), STR(""));
    false_world_advance(&office->world, 7 * USEC_DAY);
    assert_int_equal(look(office).near, 1);
    str event = arena_printf(&office->arena,
                             "app.secret_ending {\"app\":\"" STR_F
                             "\",\"what\":\"client_secret\","
                             "\"ends\":\"2025-01-21T00:00:01.000Z\"}\n",
                             STR_A(id));
    assert_str(told(office), event);
    struct change change = office_change(office, CHANGE_APP_DELETE);
    change.id = id;
    assert_int_equal(office_do(office, &change), ERR_NONE);
    assert_int_equal(look(office).near, 0);
}

#define TEST(name)                                                                       \
    cmocka_unit_test_setup_teardown(name, office_setup_durable, office_teardown)

int test_ending(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_end_of_a_key_is_kept_with_it),
        TEST(an_end_may_be_learned_later_and_taken_back),
        TEST(what_has_no_credentials_has_no_end),
        TEST(an_end_is_told_once_two_weeks_before),
        TEST(an_end_that_is_near_is_told_at_once_and_anew_when_it_moves),
        TEST(nothing_is_told_of_who_is_gone),
        TEST(of_many_each_is_told),
        TEST(both_secrets_of_a_rotation_have_their_ends),
        TEST(an_end_wants_a_secret),
        TEST(the_end_of_a_secret_is_told_of_its_app),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
