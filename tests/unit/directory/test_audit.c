#include "directory/audit.h"

#include "groups.h"
#include "json/json_parse.h"
#include "office.h"

static bool answered;

static void on_listed(struct audit_query *query)
{
    (void)query;
    answered = true;
}

static struct audit_query query_of(struct office *office, uint32_t max)
{
    return (struct audit_query){.max = max,
                                .arena = &office->arena,
                                .worker = false_loop_worker(&office->loop, 0),
                                .done = on_listed};
}

static void ask(struct office *office, struct audit_query *query)
{
    answered = false;
    audit_list(office->store, query);
    assert_true(false_loop_wait(&office->loop, &answered));
    assert_int_equal(query->err, ERR_NONE);
}

static struct json detail_of(struct office *office, const struct audit_row *row)
{
    struct json detail;
    assert_true(json_parse(&office->arena, row->entry.detail, NULL, &detail, NULL));
    return detail;
}

static void each_change_leaves_one_line(void **state)
{
    struct office *office = *state;
    struct audit_query query = query_of(office, 10);
    str stage = office_stage(office, "live");
    str environment = office_environment(office, stage, "acme");
    str account = office_account(office, environment, "crm", "main");
    struct change change = office_change(office, CHANGE_STAGE_DELETE);
    change.id = stage;
    assert_int_equal(office_do(office, &change), ERR_OBJECT_IN_USE); /* leaves none */
    ask(office, &query);
    assert_int_equal(query.n, 3);
    const struct audit_entry *entry = &query.rows[0].entry;
    assert_int_equal(query.rows[0].sequence, 3);
    assert_str(entry->action, STR("account.create"));
    assert_str(entry->object_kind, STR("account"));
    assert_str(entry->object_id, account);
    assert_str(entry->environment, environment);
    assert_str(entry->actor, STR("key_actor"));
    assert_str(entry->peer, STR("127.0.0.1"));
    assert_str(entry->request_id, STR("req_1"));
    assert_int_equal(entry->time, world_wall(&office->world.world));
    struct json detail = detail_of(office, &query.rows[0]);
    assert_str(json_member_text(&detail, STR("integration")), STR("crm"));
    assert_str(json_member_text(&detail, STR("external_id")), STR("main"));
    assert_str(query.rows[2].entry.action, STR("stage.create"));
    assert_true(str_absent(query.rows[2].entry.environment));
}

static str newest_detail(struct office *office)
{
    struct audit_query query = query_of(office, 1);
    ask(office, &query);
    return query.rows[0].entry.detail;
}

static void a_keys_expiry_is_a_time_for_people(void **state)
{
    struct office *office = *state;
    str text = office_key(office, STR_NONE, NULL, -1);
    struct api_key *key = directory_find_key(office->directory, text);
    struct change update = office_change(office, CHANGE_KEY_UPDATE);
    update.id = tenant_id_str(&key->id);
    update.name = STR("ci");
    update.expires = 4102444800 * USEC_S; /* 2100-01-01 */
    assert_int_equal(office_do(office, &update), ERR_NONE);
    assert_str(newest_detail(office),
               STR("{\"label\":\"ci\",\"expires\":\"2100-01-01T00:00:00.000Z\"}"));
    update.expires = 0; /* never */
    assert_int_equal(office_do(office, &update), ERR_NONE);
    assert_str(newest_detail(office), STR("{\"label\":\"ci\",\"expires\":null}"));
    update.expires = -1; /* as it is */
    assert_int_equal(office_do(office, &update), ERR_NONE);
    assert_str(newest_detail(office), STR("{\"label\":\"ci\"}"));
    api_key_unref(&key);
}

static void secrets_are_not_in_it(void **state)
{
    struct office *office = *state;
    struct audit_query query = query_of(office, 10);
    str environment = office_environment(office, office_stage(office, "live"), NULL);
    str account = office_account(office, environment, "crm", NULL);
    str key = office_key(office, STR_NONE, NULL, -1);
    assert_int_equal(office_store_credential(office, account, "token", "hush"), ERR_NONE);
    ask(office, &query);
    assert_int_equal(query.n, 5);
    for (uint32_t i = 0; i < query.n; i++) {
        str detail = query.rows[i].entry.detail;
        assert_int_equal(str_find_str(detail, STR("hush")), detail.n);
        assert_int_equal(str_find_str(detail, key), detail.n);
    }
    assert_str(query.rows[0].entry.detail,
               STR("{\"credentials\":[\"token\"],\"credential_version\":1}"));
    assert_str(query.rows[1].entry.detail,
               STR("{\"label\":\"A key\",\"permissions\":[\"call\"],\"expires\":null}"));
}

static void a_machine_acts_without_a_key(void **state)
{
    struct office *office = *state;
    struct audit_query query = query_of(office, 1);
    struct change change = office_change(office, CHANGE_STAGE_CREATE);
    change.name = STR("live");
    change.actor = (struct actor){0};
    assert_int_equal(office_do(office, &change), ERR_NONE);
    ask(office, &query);
    assert_true(str_absent(query.rows[0].entry.actor));
}

static void pages_go_back_without_gaps(void **state)
{
    struct office *office = *state;
    struct audit_query query = query_of(office, 7);
    int64_t expected = 50;
    for (int i = 0; i < 50; i++)
        office_stage(office, arena_printf(&office->arena, "s%d", i).p);
    do {
        ask(office, &query);
        for (uint32_t i = 0; i < query.n; i++)
            assert_int_equal(query.rows[i].sequence, expected--);
        if (query.n)
            query.before = query.rows[query.n - 1].sequence;
    } while (query.n == query.max);
    assert_int_equal(expected, 0);
}

static void lines_are_filtered(void **state)
{
    struct office *office = *state;
    str stage = office_stage(office, "live");
    str environments[2], accounts[4];
    usec start = world_wall(&office->world.world);
    for (int i = 0; i < 2; i++)
        environments[i] = office_environment(office, stage, NULL);
    for (int i = 0; i < 4; i++) {
        false_world_advance(&office->world, USEC_S);
        accounts[i] = office_account(office, environments[i % 2], "crm", NULL);
    }
    struct audit_query query = query_of(office, 10);
    query.environment = environments[1];
    ask(office, &query);
    assert_int_equal(query.n, 3);
    query.object_id = accounts[3];
    ask(office, &query);
    assert_int_equal(query.n, 1);
    query.object_id = accounts[0]; /* of the other environment */
    ask(office, &query);
    assert_int_equal(query.n, 0);
    query.environment = STR_NONE;
    ask(office, &query);
    assert_int_equal(query.n, 1);
    query = query_of(office, 10);
    query.from = start + 2 * USEC_S;
    query.until = start + 4 * USEC_S;
    ask(office, &query);
    assert_int_equal(query.n, 2);
    assert_str(query.rows[0].entry.object_id, accounts[2]);
    assert_str(query.rows[1].entry.object_id, accounts[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, office_setup, office_teardown)

int test_audit(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_change_leaves_one_line), TEST(a_keys_expiry_is_a_time_for_people),
        TEST(secrets_are_not_in_it),       TEST(a_machine_acts_without_a_key),
        TEST(pages_go_back_without_gaps),  TEST(lines_are_filtered),
    };
    return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
