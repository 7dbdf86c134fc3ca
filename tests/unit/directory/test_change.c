#include "groups.h"
#include "office.h"

/* Each kind of change: what it does, and what it refuses. */

static void assert_refused(struct office *office, struct change *change, enum err err,
                           const char *part)
{
    assert_int_equal(office_do(office, change), err);
    assert_says(change->detail, part);
    assert_int_equal(change->new_id.text[0], 0);
    assert_true(str_absent(change->new_key_text));
}

/* --- stages --- */

static void a_stage_is_made_and_found(void **state)
{
    struct office *office = *state;
    struct change change = office_change(office, CHANGE_STAGE_CREATE);
    change.name = STR("live");
    change.stage_kind = STAGE_PRODUCTION;
    assert_int_equal(office_do(office, &change), ERR_NONE);
    assert_true(str_starts(tenant_id_str(&change.new_id), STR("stg_")));
    assert_int_equal(strlen(change.new_id.text), 26);
    struct stage *by_id =
        directory_find_stage(office->directory, tenant_id_str(&change.new_id));
    struct stage *by_name = directory_find_stage(office->directory, STR("live"));
    assert_non_null(by_id);
    assert_ptr_equal(by_id, by_name);
    assert_int_equal(by_id->kind, STAGE_PRODUCTION);
    assert_int_equal(by_id->created, world_wall(&office->world.world));
    stage_unref(&by_id);
    stage_unref(&by_name);
    assert_null(directory_find_stage(office->directory, STR("dead")));
    change.stage_kind = STAGE_SANDBOX;
    assert_refused(office, &change, ERR_OBJECT_EXISTS, "`name` exists already");
}

static void a_stage_in_use_stays(void **state)
{
    struct office *office = *state;
    str stage = office_stage(office, "live");
    str environment = office_environment(office, stage, NULL);
    struct change change = office_change(office, CHANGE_STAGE_DELETE);
    change.id = stage;
    assert_refused(office, &change, ERR_OBJECT_IN_USE, "still has environments (1)");
    struct change leave = office_change(office, CHANGE_ENVIRONMENT_DELETE);
    leave.id = environment;
    assert_int_equal(office_do(office, &leave), ERR_NONE);
    assert_null(directory_find_environment(office->directory, environment));
    str key_text = office_key(office, stage, NULL, -1);
    assert_refused(office, &change, ERR_OBJECT_IN_USE, "still has API keys (1)");
    struct api_key *key = directory_find_key(office->directory, key_text);
    struct change drop = office_change(office, CHANGE_KEY_DELETE);
    drop.id = tenant_id_str(&key->id);
    assert_int_equal(office_do(office, &drop), ERR_NONE);
    api_key_unref(&key);
    assert_int_equal(office_do(office, &change), ERR_NONE);
    assert_null(directory_find_stage(office->directory, stage));
    assert_null(directory_find_stage(office->directory, STR("live")));
    assert_refused(office, &change, ERR_OBJECT_UNKNOWN, "There is no stage of this id.");
}

/* --- environments --- */

static struct environment *environment_of(struct office *office, str id)
{
    struct environment *found = directory_find_environment(office->directory, id);
    assert_non_null(found);
    return found;
}

static void an_environment_is_made_and_changed(void **state)
{
    struct office *office = *state;
    struct change change = office_change(office, CHANGE_ENVIRONMENT_CREATE);
    change.stage_id = office_stage(office, "live");
    change.name = STR("Acme");
    change.external_id = STR("acme/1");
    change.labels = office_json(office, "{\"tier\":\"gold\",\"eu\":\"\"}");
    change.concurrency_max = 7;
    assert_int_equal(office_do(office, &change), ERR_NONE);
    str id = arena_str(&office->arena, tenant_id_str(&change.new_id));
    struct environment *before = environment_of(office, id);
    assert_str(before->name, STR("Acme"));
    assert_str(before->external_id, STR("acme/1"));
    assert_str(json_member_text(&before->labels, STR("tier")), STR("gold"));
    assert_int_equal(before->concurrency_max, 7);
    assert_str(before->stage->name, STR("live"));

    false_world_advance(&office->world, USEC_S);
    struct change update = office_change(office, CHANGE_ENVIRONMENT_UPDATE);
    update.id = id;
    update.name = STR("Acme Inc.");
    update.external_id = STR("");
    assert_int_equal(office_do(office, &update), ERR_NONE);
    struct environment *after = environment_of(office, id);
    assert_str(after->name, STR("Acme Inc."));
    assert_true(str_absent(after->external_id));
    assert_str(json_member_text(&after->labels, STR("tier")), STR("gold"));
    assert_int_equal(after->concurrency_max, 7);
    assert_int_equal(after->updated, before->updated + USEC_S);
    assert_str(before->name, STR("Acme")); /* who holds the old one reads the old one */
    environment_unref(&before);
    environment_unref(&after);
}

static void accounts_see_their_environment_change(void **state)
{
    struct office *office = *state;
    str environment = office_environment(office, office_stage(office, "live"), "e");
    str other = office_environment(office, office_stage(office, "test"), "e");
    str ids[600];
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        ids[i] = office_account(office, i % 10 ? environment : other, "crm", NULL);
    struct change update = office_change(office, CHANGE_ENVIRONMENT_UPDATE);
    update.id = environment;
    update.concurrency_max = 3;
    assert_int_equal(office_do(office, &update), ERR_NONE);
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        struct account *account = directory_account(office->directory, ids[i]);
        assert_int_equal(account->environment->concurrency_max, i % 10 ? 3 : 0);
        account_unref(&account);
    }
}

static void external_ids_of_environments_are_unique_in_their_stage(void **state)
{
    struct office *office = *state;
    str stage = office_stage(office, "live");
    office_environment(office, stage, "acme");
    office_environment(office, office_stage(office, "test"), "acme");
    office_environment(office, stage, NULL);
    str second = office_environment(office, stage, NULL);
    struct change change = office_change(office, CHANGE_ENVIRONMENT_CREATE);
    change.stage_id = stage;
    change.name = STR("x");
    change.external_id = STR("acme");
    assert_refused(office, &change, ERR_OBJECT_EXISTS, "has this `external_id`");
    struct change update = office_change(office, CHANGE_ENVIRONMENT_UPDATE);
    update.id = second;
    update.external_id = STR("acme");
    assert_refused(office, &update, ERR_OBJECT_EXISTS, "has this `external_id`");
    change.external_id = STR_NONE;
    change.stage_id = STR("stg_none");
    assert_refused(office, &change, ERR_OBJECT_UNKNOWN, "There is no stage");
    update.id = STR("env_none");
    assert_refused(office, &update, ERR_OBJECT_UNKNOWN, "There is no environment");
    update.id = STR_NONE;
    assert_refused(office, &update, ERR_OBJECT_UNKNOWN, "There is no environment");
}

static void an_environment_in_use_stays(void **state)
{
    struct office *office = *state;
    str stage = office_stage(office, "live");
    str environment = office_environment(office, stage, NULL);
    str account = office_account(office, environment, "crm", NULL);
    office_key(office, stage, &environment, 1);
    struct change change = office_change(office, CHANGE_ENVIRONMENT_DELETE);
    change.id = environment;
    assert_refused(office, &change, ERR_OBJECT_IN_USE, "still has accounts (1)");
    struct change leave = office_change(office, CHANGE_ACCOUNT_DELETE);
    leave.id = account;
    assert_int_equal(office_do(office, &leave), ERR_NONE);
    assert_refused(office, &change, ERR_OBJECT_IN_USE, "API keys limited to it (1)");
}

/* --- accounts --- */

static struct account *account_of(struct office *office, str id)
{
    struct account *found = directory_account(office->directory, id);
    assert_non_null(found);
    return found;
}

static void an_account_is_made_and_changed(void **state)
{
    struct office *office = *state;
    struct change change = office_change(office, CHANGE_ACCOUNT_CREATE);
    change.environment_id =
        office_environment(office, office_stage(office, "live"), NULL);
    change.integration = STR("crm");
    change.external_id = STR("caf\xc3\xa9");
    change.name = STR("The caf\xc3\xa9");
    change.context = office_json(office, "{\"instance_url\":\"https://x.example\"}");
    assert_int_equal(office_do(office, &change), ERR_NONE);
    str id = arena_str(&office->arena, tenant_id_str(&change.new_id));
    struct account *account = account_of(office, id);
    assert_int_equal(account->state, ACCOUNT_CONNECTING);
    assert_int_equal(account->credential_version, 0);
    assert_str(account->name, STR("The caf\xc3\xa9"));
    assert_str(json_member_text(&account->context, STR("instance_url")),
               STR("https://x.example"));
    assert_int_equal(account->labels.type, JSON_OBJECT);
    account_unref(&account);

    struct change update = office_change(office, CHANGE_ACCOUNT_UPDATE);
    update.id = id;
    update.name = STR("");
    update.labels = office_json(office, "{\"a\":\"\\u0062\\\"\"}");
    update.concurrency_max = 100000;
    assert_int_equal(office_do(office, &update), ERR_NONE);
    account = account_of(office, id);
    assert_true(str_absent(account->name));
    assert_str(account->external_id, STR("caf\xc3\xa9"));
    assert_str(json_member_text(&account->labels, STR("a")), STR("b\""));
    assert_int_equal(account->context.n, 1);
    assert_int_equal(account->concurrency_max, 100000);
    account_unref(&account);
    update.id = STR("acc_none");
    assert_refused(office, &update, ERR_OBJECT_UNKNOWN, "There is no account");
    change.environment_id = STR("env_none");
    assert_refused(office, &change, ERR_OBJECT_UNKNOWN, "There is no environment");
}

static void external_ids_of_accounts_are_unique_with_their_integration(void **state)
{
    struct office *office = *state;
    str environment = office_environment(office, office_stage(office, "live"), NULL);
    office_account(office, environment, "crm", "main");
    office_account(office, environment, "mail", "main");
    str third = office_account(office, environment, "crm", NULL);
    struct change change = office_change(office, CHANGE_ACCOUNT_UPDATE);
    change.id = third;
    change.external_id = STR("main");
    assert_refused(office, &change, ERR_OBJECT_EXISTS, "has this `external_id`");
    struct account *account = account_of(office, third);
    assert_true(str_absent(account->external_id));
    account_unref(&account);
}

static enum err move(struct office *office, str id, enum account_state to,
                     struct change *ret_change)
{
    *ret_change = office_change(office, CHANGE_ACCOUNT_STATE);
    ret_change->id = id;
    ret_change->state = to;
    ret_change->state_reason = STR("because");
    return office_do(office, ret_change);
}

static void states_move_as_the_picture_says(void **state)
{
    static const char legal[6][7] = {
        /* to:  c    a    d    n    x    - */
        "ya..yy", /* from connecting */
        ".ydnyy", /* active */
        ".ydnyy", /* degraded */
        ".y.nyy", /* needs_reauth */
        "yydnyy", /* disabled */
        ".....y", /* deleting */
    };
    struct office *office = *state;
    str environment = office_environment(office, office_stage(office, "live"), NULL);
    struct change change;
    for (unsigned from = 0; from <= ACCOUNT_DELETING; from++) {
        for (unsigned to = 0; to <= ACCOUNT_DELETING; to++) {
            str id = office_account(office, environment, "crm", NULL);
            bool needs_active = from == ACCOUNT_DEGRADED || from == ACCOUNT_NEEDS_REAUTH;
            if (from != ACCOUNT_CONNECTING && needs_active)
                assert_int_equal(move(office, id, ACCOUNT_ACTIVE, &change), ERR_NONE);
            if (from != ACCOUNT_CONNECTING)
                assert_int_equal(move(office, id, (enum account_state)from, &change),
                                 ERR_NONE);
            bool good = legal[from][to] != '.';
            assert_int_equal(move(office, id, (enum account_state)to, &change),
                             good ? ERR_NONE : ERR_STATE_CONFLICT);
            struct account *account = account_of(office, id);
            assert_int_equal(account->state, good ? to : from);
            if (good)
                assert_str(account->state_reason, STR("because"));
            account_unref(&account);
        }
    }
    str id = office_account(office, environment, "crm", NULL);
    assert_int_equal(move(office, id, ACCOUNT_DEGRADED, &change), ERR_STATE_CONFLICT);
    assert_str(change.detail,
               STR("The account is connecting; it can become degraded from "
                   "these states only: active, degraded, disabled."));
    assert_int_equal(move(office, STR("acc_no"), ACCOUNT_ACTIVE, &change),
                     ERR_OBJECT_UNKNOWN);
}

static void counts_follow_the_states(void **state)
{
    struct office *office = *state;
    struct directory_counts counts;
    struct change change;
    str environment = office_environment(office, office_stage(office, "live"), NULL);
    str id = office_account(office, environment, "crm", "x");
    office_account(office, environment, "crm", NULL);
    assert_int_equal(move(office, id, ACCOUNT_ACTIVE, &change), ERR_NONE);
    directory_counts(office->directory, &counts);
    assert_int_equal(counts.stages, 1);
    assert_int_equal(counts.environments, 1);
    assert_int_equal(counts.accounts, 2);
    assert_int_equal(counts.accounts_by_state[ACCOUNT_CONNECTING], 1);
    assert_int_equal(counts.accounts_by_state[ACCOUNT_ACTIVE], 1);
    change = office_change(office, CHANGE_ACCOUNT_DELETE);
    change.id = id;
    assert_int_equal(office_do(office, &change), ERR_NONE);
    assert_null(directory_account(office->directory, id));
    assert_refused(office, &change, ERR_OBJECT_UNKNOWN, "There is no account");
    directory_counts(office->directory, &counts);
    assert_int_equal(counts.accounts, 1);
    assert_int_equal(counts.accounts_by_state[ACCOUNT_ACTIVE], 0);
}

/* --- keys --- */

static void a_key_is_shown_once_and_found_by_its_text(void **state)
{
    struct office *office = *state;
    struct change change = office_change(office, CHANGE_KEY_CREATE);
    change.name = STR("ci");
    change.permissions = PERMISSION_ADMIN | PERMISSION_READ;
    assert_int_equal(office_do(office, &change), ERR_NONE);
    str text = change.new_key_text;
    assert_int_equal(text.n, 43);
    assert_true(str_starts(text, STR("bw_")));
    struct api_key *key = directory_find_key(office->directory, text);
    assert_non_null(key);
    assert_str(key->hint, str_of(text.p, 7));
    assert_str(key->label, STR("ci"));
    assert_int_equal(key->permissions, PERMISSION_ADMIN | PERMISSION_READ);
    assert_true(key->expires == USEC_NEVER && key->stage == NULL);
    struct api_key *same = directory_key(office->directory, tenant_id_str(&key->id));
    assert_ptr_equal(key, same);
    api_key_unref(&same);
    api_key_unref(&key);
    assert_null(directory_find_key(office->directory, str_of(text.p, text.n - 1)));
    assert_null(directory_find_key(office->directory, STR("")));
    char *long_text = arena_zalloc(&office->arena, 100000);
    assert_null(directory_find_key(office->directory, str_of(long_text, 100000)));
}

static void a_given_key_is_taken_once(void **state)
{
    struct office *office = *state;
    struct change change = office_change(office, CHANGE_KEY_CREATE);
    change.name = STR("first");
    change.permissions = PERMISSION_ALL;
    change.key_text = STR("bw_given_by_the_environment");
    directory_change_now(&change);
    assert_int_equal(change.err, ERR_NONE);
    assert_str(change.new_key_text, change.key_text);
    struct api_key *key = directory_find_key(office->directory, change.key_text);
    assert_non_null(key);
    api_key_unref(&key);
    directory_change_now(&change);
    assert_int_equal(change.err, ERR_OBJECT_EXISTS);
    assert_says(change.detail, "This `key` exists already.");
    change.key_text = STR("short");
    directory_change_now(&change);
    assert_int_equal(change.err, ERR_BODY_INVALID);
    assert_null(change.work);
}

static void a_key_is_changed_and_goes(void **state)
{
    struct office *office = *state;
    str stage = office_stage(office, "live");
    str environments[] = {office_environment(office, stage, "a"),
                          office_environment(office, stage, "b"), STR("env_none")};
    str text = office_key(office, stage, environments, 1);
    struct api_key *key = directory_find_key(office->directory, text);
    assert_int_equal(key->environment_n, 1);
    struct change update = office_change(office, CHANGE_KEY_UPDATE);
    update.id = tenant_id_str(&key->id);
    update.environment_ids = environments;
    update.environment_n = 2;
    update.expires = world_wall(&office->world.world) + USEC_H;
    assert_int_equal(office_do(office, &update), ERR_NONE);
    struct api_key *after = directory_find_key(office->directory, text);
    assert_ptr_not_equal(after, key);
    assert_int_equal(after->environment_n, 2);
    assert_int_equal(after->permissions, PERMISSION_CALL);
    assert_str(after->label, STR("A key"));
    assert_int_equal(after->expires, update.expires);
    api_key_unref(&after);
    update.environment_n = 3;
    assert_refused(office, &update, ERR_OBJECT_UNKNOWN, "at place 3 of `environments`");
    update.environment_n = 0;
    update.expires = 0;
    assert_int_equal(office_do(office, &update), ERR_NONE);
    after = directory_find_key(office->directory, text);
    assert_true(after->environment_n == 0 && after->expires == USEC_NEVER);
    api_key_unref(&after);
    struct change delete = office_change(office, CHANGE_KEY_DELETE);
    delete.id = tenant_id_str(&key->id);
    assert_int_equal(office_do(office, &delete), ERR_NONE);
    assert_null(directory_find_key(office->directory, text));
    assert_refused(office, &delete, ERR_OBJECT_UNKNOWN, "There is no API key");
    assert_refused(office, &update, ERR_OBJECT_UNKNOWN, "There is no API key");
    api_key_unref(&key);
}

static void a_key_stays_within_its_stage(void **state)
{
    struct office *office = *state;
    str stage = office_stage(office, "live");
    str other = office_environment(office, office_stage(office, "test"), NULL);
    struct change change = office_change(office, CHANGE_KEY_CREATE);
    change.name = STR("k");
    change.permissions = PERMISSION_CALL;
    change.environment_ids = &other;
    change.environment_n = 1;
    assert_refused(office, &change, ERR_BODY_INVALID, "must be given with them");
    change.stage_id = stage;
    assert_refused(office, &change, ERR_OBJECT_UNKNOWN, "at place 1 of `environments`");
    change.stage_id = STR("stg_none");
    assert_refused(office, &change, ERR_OBJECT_UNKNOWN, "There is no stage");
    struct api_key *all =
        directory_find_key(office->directory, office_key(office, STR_NONE, NULL, -1));
    struct change update = office_change(office, CHANGE_KEY_UPDATE);
    update.id = tenant_id_str(&all->id);
    update.environment_ids = &other;
    update.environment_n = 1;
    assert_refused(office, &update, ERR_BODY_INVALID, "cannot be limited");
    api_key_unref(&all);
}

static bool flushed;

static void on_flushed(struct use_flush *flush)
{
    assert_int_equal(flush->err, ERR_NONE);
    flushed = true;
}

static usec stored_use(struct office *office, str text)
{
    office_reopen(office);
    struct api_key *key = directory_find_key(office->directory, text);
    usec used = atomic_load(&key->last_used);
    api_key_unref(&key);
    return used;
}

static void the_last_use_is_written_to_the_minute(void **state)
{
    struct office *office = *state;
    str text = office_key(office, STR_NONE, NULL, -1);
    struct api_key *key = directory_find_key(office->directory, text);
    struct use_flush flush = {.directory = office->directory, .done = on_flushed};
    usec wall = world_wall(&office->world.world);
    directory_note_use(key, wall + 90 * USEC_S);
    directory_note_use(key, wall); /* earlier: nothing */
    assert_int_equal(atomic_load(&key->last_used), wall - USEC_S + USEC_MIN);

    struct change update = office_change(office, CHANGE_KEY_UPDATE);
    update.id = tenant_id_str(&key->id);
    update.name = STR("renamed");
    assert_int_equal(office_do(office, &update), ERR_NONE); /* keeps the unwritten use */
    api_key_unref(&key);
    struct store_stats before, after;
    store_stats(office->store, &before);
    flushed = false;
    directory_flush_use(&flush, false_loop_worker(&office->loop, 0));
    assert_true(false_loop_wait(&office->loop, &flushed));
    store_stats(office->store, &after);
    assert_int_equal(after.operations, before.operations + 1);
    assert_int_equal(stored_use(office, text), wall - USEC_S + USEC_MIN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, office_setup, office_teardown)
#define DURABLE(name)                                                                    \
    cmocka_unit_test_setup_teardown(name, office_setup_durable, office_teardown)

int test_change(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_stage_is_made_and_found),
        TEST(a_stage_in_use_stays),
        TEST(an_environment_is_made_and_changed),
        TEST(accounts_see_their_environment_change),
        TEST(external_ids_of_environments_are_unique_in_their_stage),
        TEST(an_environment_in_use_stays),
        TEST(an_account_is_made_and_changed),
        TEST(external_ids_of_accounts_are_unique_with_their_integration),
        TEST(states_move_as_the_picture_says),
        TEST(counts_follow_the_states),
        TEST(a_key_is_shown_once_and_found_by_its_text),
        TEST(a_given_key_is_taken_once),
        TEST(a_key_is_changed_and_goes),
        TEST(a_key_stays_within_its_stage),
        DURABLE(the_last_use_is_written_to_the_minute),
    };
    return cmocka_run_group_tests_name("change", tests, NULL, NULL);
}
