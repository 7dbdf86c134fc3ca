#include "groups.h"
#include "mill.h"

#include "support/given.h"
#include "unified/model.h"

#define ASSERT_STORY(mill, account, text)                                                \
    assert_string_equal(arena_z(&(mill)->arena, mill_story(mill, account)), text)

static void assert_row(struct mill *mill, int64_t sequence, enum hook_state state,
                       const char *reason)
{
    struct hook_row row = mill_row(mill, sequence);
    if (row.state != state || !str_eq(row.reason, str_z(reason)))
        fail_msg("it is " STR_F " (" STR_F "): " STR_F, STR_A(hook_state_word(row.state)),
                 STR_A(row.reason), STR_A(row.detail));
}

static void a_record_that_is_sent_along_is_told(void **state)
{
    struct mill *mill = *state;
    struct event_row *rows;
    str account = mill_account(mill, "full");
    int64_t hook = mill_hook(mill, account,
                             "[{'type':'contact.updated','action':'updated','version':7,"
                             "'contact':{'id':3,'name':'Ada'},'changed':['name'],"
                             "'by':'us'}]",
                             mill_wall(mill));
    mill_run(mill, USEC_S);
    assert_row(mill, hook, HOOK_DONE, NULL);
    assert_int_equal(mill_row(mill, hook).events, 1);
    assert_int_equal(mill_events(mill, account, &rows), 1);
    struct json data = mill_data(mill, &rows[0]);
    assert_true(str_eq(rows[0].type, STR("record.created")));
    assert_true(str_eq(rows[0].subject, STR("crm/contacts/3")));
    assert_true(str_eq(rows[0].source, STR("hok_0000000000000001")));
    assert_true(str_eq(rows[0].integration, STR("full")));
    assert_true(str_eq(json_member_text(&data, STR("id")), STR("3")));
    assert_true(str_eq(json_member_text(&data, STR("resource")), STR("crm/contacts")));
    assert_true(str_eq(json_member_text(&data, STR("action")), STR("created")));
    assert_true(str_eq(json_member_text(&data, STR("origin")), STR("self")));
    assert_true(json_is(json_member(&data, STR("late")), JSON_FALSE));
    assert_int_equal(json_number(json_member(&data, STR("version"))), 7);
    assert_int_equal(json_member(&data, STR("changed"))->n, 1);
    assert_null(json_member(&data, STR("original")));
    assert_int_equal(mill->calls, 0);
}

static void a_record_that_is_not_sent_along_is_fetched_once(void **state)
{
    struct mill *mill = *state;
    struct event_row *rows;
    str account = mill_account(mill, "thin");
    mill_hook(mill, account,
              "[{'type':'contact.created','action':'created','contact':3,'version':1},"
              "{'type':'contact.updated','action':'updated','contact':3,'version':2,"
              "'changed':['name']},"
              "{'type':'contact.updated','action':'updated','contact':3,'version':3,"
              "'changed':['mail']}]",
              0);
    mill_run(mill, 10 * USEC_S);
    ASSERT_STORY(mill, account, "record.created 3 v1");
    assert_int_equal(mill->calls, 1);
    mill_events(mill, account, &rows);
    struct json data = mill_data(mill, &rows[0]);
    assert_int_equal(json_member(&data, STR("changed"))->n, 2);
    assert_row(mill, 2, HOOK_DONE, "equal");
    assert_row(mill, 3, HOOK_DONE, "equal");
}

static str origin_of(struct mill *mill, str account, uint32_t at)
{
    struct event_row *rows;
    assert_true(at < mill_events(mill, account, &rows));
    struct json data = mill_data(mill, &rows[at]);
    return json_member_text(&data, STR("origin"));
}

static void note_write(struct mill *mill, str account, const char *record)
{
    const struct model *model = models_find(mill->models, STR("crm"), STR("contacts"));
    const struct json *made =
        record ? given_json(&mill->arena, given_quotes(&mill->arena, record)) : NULL;
    struct account *found = directory_account(mill->directory, account);
    echo_on_written(mill->echo, found, model, STR("1"), made);
    account_unref(&found);
}

static void what_our_own_writes_have_done_is_marked(void **state)
{
    struct mill *mill = *state;
    str account = mill_account(mill, "full"), other = mill_account(mill, "full");
    note_write(mill, account, "{'id':'1','name':'v1'}");
    mill_tell(mill, account, "created", 1, 1);
    mill_tell(mill, other, "created", 1, 1);
    mill_tell(mill, account, "updated", 1, 2);
    mill_run(mill, USEC_S);
    note_write(mill, account, NULL);
    mill_tell(mill, account, "deleted", 1, 3);
    mill_run(mill, USEC_S);
    note_write(mill, account, "{'id':'1','name':'v4'}");
    mill_run(mill, 6 * USEC_MIN);
    mill_tell(mill, account, "created", 1, 4);
    mill_run(mill, USEC_S);
    assert_true(str_eq(origin_of(mill, account, 0), STR("self")));
    assert_true(str_eq(origin_of(mill, other, 0), STR("vendor")));
    assert_true(str_eq(origin_of(mill, account, 1), STR("vendor")));
    assert_true(str_eq(origin_of(mill, account, 2), STR("self")));
    assert_true(str_eq(origin_of(mill, account, 3), STR("vendor"))); /* too long ago */
}

static void what_no_rule_is_for_is_told_as_it_came(void **state)
{
    struct mill *mill = *state;
    struct event_row *rows;
    str account = mill_account(mill, "full");
    mill_hook(mill, account, "[{'type':'deal.won','deal':{'id':1}}]", 0);
    mill_hook(mill, account, "[{'type':'contact.ignored'}]", 0);
    mill_run(mill, USEC_S);
    assert_int_equal(mill_events(mill, account, &rows), 1);
    assert_true(str_eq(rows[0].type, STR("webhook.received")));
    assert_true(str_absent(rows[0].subject));
    struct json data = mill_data(mill, &rows[0]);
    assert_non_null(json_member(json_member(&data, STR("original")), STR("deal")));
    assert_true(str_eq(json_member_text(&data, STR("type")), STR("deal.won")));
    assert_row(mill, 2, HOOK_DONE, "ignored");
}

static void a_record_keeps_its_order_however_it_comes(void **state)
{
    struct mill *mill = *state;
    str account = mill_account(mill, "full");
    mill_tell(mill, account, "updated", 1, 2);
    mill_tell(mill, account, "created", 1, 1);
    mill_run(mill, USEC_S);
    mill_tell(mill, account, "updated", 1, 5);
    mill_tell(mill, account, "updated", 1, 4);
    mill_tell(mill, account, "deleted", 1, 6);
    mill_tell(mill, account, "updated", 1, 3);
    mill_run(mill, USEC_S);
    ASSERT_STORY(mill, account,
                 "record.created 1 v2, record.updated 1 v5, record.deleted 1");
    assert_row(mill, 2, HOOK_DONE, "superseded");
    assert_row(mill, 4, HOOK_DONE, "late");
    assert_row(mill, 6, HOOK_DONE, "late");
}

static void a_record_that_has_not_changed_is_not_told_again(void **state)
{
    static const char *const events[] = {
        "[{'type':'contact.x','action':'updated','contact':{'id':1,'name':'Ada'},"
        "'version':1}]",
        "[{'type':'contact.x','action':'updated','contact':{'id':1,'name':'Ada',"
        "'unmapped':5},'version':2}]"};
    struct mill *mill = *state;
    str account = mill_account(mill, "full");
    mill_hook(mill, account, events[0], 0);
    mill_run(mill, USEC_S);
    mill_stop(mill);
    mill_open(mill);
    mill_hook(mill, account, events[1], 0);
    mill_run(mill, USEC_S);
    ASSERT_STORY(mill, account, "record.created 1 Ada");
    assert_row(mill, 2, HOOK_DONE, "equal");
    assert_int_equal(mill_number(mill, "SELECT version FROM record_version"), 2);
}

static void late_ones_are_marked_or_passed_where_the_document_says_so(void **state)
{
    struct mill *mill = *state;
    struct event_row *rows;
    str account = mill_account(mill, "full");
    mill_document(mill, "full", "'late':'mark','original':true,");
    mill_tell(mill, account, "updated", 1, 2);
    mill_tell(mill, account, "updated", 1, 1);
    mill_run(mill, USEC_S);
    mill_document(mill, "full", "'late':'pass',");
    mill_tell(mill, account, "updated", 1, 1);
    mill_run(mill, USEC_S);
    ASSERT_STORY(mill, account,
                 "record.created 1 v2, record.updated 1 v1, record.updated 1 v1");
    mill_events(mill, account, &rows);
    struct json marked = mill_data(mill, &rows[1]), passed = mill_data(mill, &rows[2]);
    assert_true(json_is(json_member(&marked, STR("late")), JSON_TRUE));
    assert_true(json_is(json_member(&passed, STR("late")), JSON_FALSE));
    assert_non_null(json_member(&marked, STR("original")));
}

static void a_record_that_is_gone_when_it_is_fetched_was_deleted(void **state)
{
    struct mill *mill = *state;
    str account = mill_account(mill, "thin");
    mill_tell(mill, account, "created", 1, 1);
    mill_run(mill, 10 * USEC_S);
    mill->records[1].there = false;
    mill_tell(mill, account, "updated", 1, 2);
    mill_tell(mill, account, "deleted", 1, 3);
    mill_run(mill, 10 * USEC_S);
    ASSERT_STORY(mill, account, "record.created 1 v1, record.deleted 1");
}

static enum mill_fate refused(struct mill *mill)
{
    (void)mill;
    return MILL_REFUSED;
}

static enum mill_fate away(struct mill *mill)
{
    (void)mill;
    return MILL_UNREACHABLE;
}

static enum mill_fate limited(struct mill *mill)
{
    return mill->calls == 0 ? MILL_LIMITED : MILL_GOOD;
}

static void a_fetch_that_fails_is_tried_again_and_holds_its_record(void **state)
{
    struct mill *mill = *state;
    str account = mill_account(mill, "thin");
    mill->choose = refused;
    mill_tell(mill, account, "updated", 1, 1);
    mill_run(mill, 2 * USEC_S);
    struct hook_row row = mill_row(mill, 1);
    assert_int_equal(row.state, HOOK_QUEUED);
    assert_int_equal(row.tries, 1);
    assert_true(str_eq(row.lane, STR("crm/contacts/1")));
    assert_true(row.due > mill_wall(mill));
    mill_tell(mill, account, "deleted", 1, 2);
    mill_tell(mill, account, "deleted", 2, 2);
    mill_run(mill, 100 * USEC_MS);
    ASSERT_STORY(mill, account, "record.deleted 2");
    assert_int_equal(mill_row(mill, 2).state, HOOK_QUEUED);
    assert_int_equal(mill_row(mill, 2).tries, 0);
    mill->choose = NULL;
    mill_run(mill, 2 * USEC_H);
    ASSERT_STORY(mill, account,
                 "record.deleted 2, record.created 1 v1, record.deleted 1");
}

static void what_cannot_be_fetched_ends_among_the_dead(void **state)
{
    struct mill *mill = *state;
    struct work_stats stats;
    str account = mill_account(mill, "thin");
    mill->choose = refused;
    mill_document(mill, "thin", "'concurrency':1,");
    mill_tell(mill, account, "updated", 1, 1);
    mill_run(mill, 4 * USEC_DAY);
    struct hook_row row = mill_row(mill, 1);
    assert_row(mill, 1, HOOK_DEAD, "refused");
    assert_int_equal(row.tries, 9);
    assert_true(row.keep == row.ended + HOOK_KEPT);
    ASSERT_STORY(mill, account, "");
    work_stats(mill->work, &stats);
    assert_int_equal(stats.dead, 1);
    assert_int_equal(stats.accounts, 0);
}

static void a_limit_or_a_lost_login_is_no_try(void **state)
{
    struct mill *mill = *state;
    str account = mill_account(mill, "thin"), other = mill_account(mill, "thin");
    mill->choose = limited;
    mill_tell(mill, account, "updated", 1, 1);
    mill_run(mill, 10 * USEC_S);
    mill_move(mill, other, ACCOUNT_NEEDS_REAUTH);
    mill_tell(mill, other, "updated", 1, 1);
    mill_tell(mill, other, "deleted", 2, 1); /* nothing of the vendor is needed */
    mill_run(mill, 10 * USEC_S);
    assert_int_equal(mill_row(mill, 1).tries, 0);
    assert_int_equal(mill_row(mill, 2).tries, 0);
    assert_row(mill, 2, HOOK_QUEUED, "credentials");
    ASSERT_STORY(mill, other, "record.deleted 2");
    mill_move(mill, other, ACCOUNT_ACTIVE);
    mill_run(mill, USEC_H);
    ASSERT_STORY(mill, account, "record.created 1 v1");
    ASSERT_STORY(mill, other, "record.deleted 2, record.created 1 v1");
}

static void a_vendor_that_is_away_for_days_loses_nothing(void **state)
{
    struct mill *mill = *state;
    str account = mill_account(mill, "thin");
    mill->choose = away;
    mill_tell(mill, account, "updated", 1, 1);
    mill_tell(mill, account, "updated", 2, 1);
    mill_run(mill, USEC_DAY);
    assert_row(mill, 1, HOOK_QUEUED, "breaker");
    mill->choose = NULL;
    mill_run(mill, 2 * USEC_H);
    assert_int_equal(mill_number(mill, "SELECT COUNT(*) FROM hook WHERE state = 'done'"),
                     2);
}

static void a_disabled_account_waits_and_a_deleted_ones_events_end(void **state)
{
    struct mill *mill = *state;
    str account = mill_account(mill, "full"), other = mill_account(mill, "full");
    mill_move(mill, account, ACCOUNT_DISABLED);
    mill_tell(mill, account, "updated", 1, 1);
    mill_tell(mill, other, "updated", 1, 1);
    mill_run(mill, USEC_MIN);
    assert_int_equal(mill_row(mill, 1).state, HOOK_QUEUED);
    assert_int_equal(mill_number(mill, "SELECT COUNT(*) FROM record_version"), 1);
    mill_move(mill, account, ACCOUNT_ACTIVE);
    mill_run(mill, USEC_MIN);
    ASSERT_STORY(mill, account, "record.created 1 v1");
    mill_move(mill, other, ACCOUNT_DISABLED);
    int64_t hook = mill_tell(mill, other, "updated", 1, 2);
    mill_delete(mill, other);
    mill_run(mill, USEC_MIN);
    assert_row(mill, hook, HOOK_DEAD, "account_deleted");
    assert_int_equal(mill_number(mill, "SELECT COUNT(*) FROM record_version"), 1);
}

static void what_is_wrong_with_an_event_is_said(void **state)
{
    static const struct {
        const char *event, *why;
    } cases[] = {
        {"[{'type':'contact.x','action':'updated','contact':{'name':'a'}}]",
         "id_missing"},
        {"[{'type':'contact.x','action':'moved','contact':{'id':1}}]", "action_unknown"},
        {"[{'type':'contact.x','action':'updated','contact':{'id':1,'name':7}}]",
         "mapping_failed"},
    };
    struct mill *mill = *state;
    str account = mill_account(mill, "full");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t hook = mill_hook(mill, account, cases[i].event, 0);
        mill_run(mill, USEC_S);
        assert_row(mill, hook, HOOK_QUEUED, cases[i].why);
    }
    mill_run(mill, 4 * USEC_DAY);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_row(mill, (int64_t)i + 1, HOOK_DEAD, cases[i].why);
    ASSERT_STORY(mill, account, "");
}

static void a_record_that_its_mapping_leaves_out_is_not_told(void **state)
{
    struct mill *mill = *state;
    str account = mill_account(mill, "full");
    mill_hook(mill, account,
              "[{'type':'contact.x','action':'updated','contact':{'id':1,"
              "'name':'hidden'}}]",
              0);
    mill_run(mill, USEC_S);
    assert_row(mill, 1, HOOK_DONE, "left_out");
    ASSERT_STORY(mill, account, "");
}

static void a_payload_that_is_lost_is_said_and_one_that_is_away_is_waited_for(
    void **state)
{
    struct mill *mill = *state;
    str account = mill_account(mill, "full");
    mill->no_payloads = ERR_JOURNAL_UNAVAILABLE;
    mill_tell(mill, account, "updated", 1, 1);
    mill_run(mill, USEC_MIN);
    assert_int_equal(mill_row(mill, 1).state, HOOK_QUEUED);
    assert_int_equal(mill_row(mill, 1).tries, 0);
    mill->no_payloads = ERR_NONE;
    mill_run(mill, USEC_MIN);
    ASSERT_STORY(mill, account, "record.created 1 v1");
    mill->no_payloads = ERR_PAYLOAD_EXPIRED;
    mill_tell(mill, account, "updated", 1, 2);
    mill_run(mill, USEC_S);
    assert_row(mill, 2, HOOK_DEAD, "payload_lost");
}

static void large_data_stands_in_a_payload(void **state)
{
    struct mill *mill = *state;
    struct event_row *rows;
    str account = mill_account(mill, "full");
    char *name = arena_alloc(&mill->arena, 100001);
    memset(name, 'x', 100000);
    name[100000] = '\0';
    str event = arena_printf(
        &mill->arena, "[{'type':'deal.won','text':'%s'},{'type':'deal.lost'}]", name);
    mill_hook(mill, account, arena_z(&mill->arena, event), 0);
    mill_run(mill, USEC_S);
    assert_int_equal(mill_events(mill, account, &rows), 2);
    assert_true(str_absent(rows[0].sealed));
    assert_false(str_absent(rows[0].payload));
    assert_true(str_absent(rows[1].payload));
    struct json data = mill_data(mill, &rows[0]);
    str text = json_member_text(json_member(&data, STR("original")), STR("text"));
    assert_int_equal(text.n, 100000);
}

static void records_are_fetched_a_few_at_a_time(void **state)
{
    struct mill *mill = *state;
    str account = mill_account(mill, "thin");
    mill_document(mill, "thin", "'concurrency':3,");
    for (unsigned i = 0; i < MILL_RECORDS; i++)
        mill_tell(mill, account, "updated", i, 1);
    mill_run(mill, USEC_MIN);
    assert_int_equal(mill->calls, MILL_RECORDS);
    assert_int_equal(mill->most_at_once, 3);
    assert_int_equal(mill_number(mill, "SELECT COUNT(*) FROM record_version"),
                     MILL_RECORDS);
}

static void a_slow_vendor_keeps_no_other_waiting(void **state)
{
    enum { ACCOUNTS = 80, PLACES = 16 * MILL_WORKERS };
    struct mill *mill = *state;
    str account = mill_account(mill, "full");
    mill->slow = 10 * USEC_S;
    for (unsigned i = 0; i < ACCOUNTS; i++)
        mill_tell(mill, mill_account(mill, "thin"), "updated", i % MILL_RECORDS, 1);
    mill_run(mill, USEC_S);
    mill_tell(mill, account, "updated", 1, 1);
    mill_run(mill, USEC_S);
    ASSERT_STORY(mill, account, "record.created 1 v1");
    assert_in_range(mill->most_at_once, 2, PLACES);
    mill_run(mill, 2 * USEC_MIN);
    assert_in_range(mill->most_at_once, 2, PLACES);
    assert_int_equal(mill_number(mill, "SELECT COUNT(*) FROM hook WHERE state = 'done'"),
                     ACCOUNTS + 1);
}

static void more_than_a_batch_is_worked_through(void **state)
{
    struct mill *mill = *state;
    str account = mill_account(mill, "full");
    for (unsigned i = 1; i <= 200; i++)
        mill_tell(mill, account, "updated", 1, i);
    mill_run(mill, USEC_S);
    assert_int_equal(mill_number(mill, "SELECT COUNT(*) FROM hook WHERE state = 'done'"),
                     200);
    assert_int_equal(mill_number(mill, "SELECT version FROM record_version"), 200);
}

static void a_start_finds_what_waits_and_nothing_is_told_twice(void **state)
{
    struct mill *mill = *state;
    str account = mill_account(mill, "full");
    mill_store_fails(mill, true);
    mill_tell(mill, account, "updated", 1, 1);
    mill_run(mill, 10 * USEC_S);
    ASSERT_STORY(mill, account, "");
    mill_crash(mill);
    mill_open(mill);
    mill_run(mill, USEC_S);
    ASSERT_STORY(mill, account, "record.created 1 v1");
    mill_stop(mill);
    mill_open(mill);
    mill_run(mill, USEC_S);
    ASSERT_STORY(mill, account, "record.created 1 v1");
}

static void who_was_faster_is_seen(void **state)
{
    struct mill *mill = *state;
    str account = mill_account(mill, "thin");
    mill_tell(mill, account, "updated", 1, 1);
    mill_run(mill, 10 * USEC_S);
    mill->records[1].value = 2;
    mill_tell(mill, account, "updated", 1, 2);
    mill_run(mill, 500); /* it has looked, and fetches */
    assert_int_equal(mill->at_once, 1);
    mill_sql(mill, "UPDATE record_version SET version = 9, revision = revision + 1");
    mill_run(mill, 10 * USEC_S);
    ASSERT_STORY(mill, account, "record.created 1 v1");
    assert_row(mill, 2, HOOK_DONE, "late");
}

static void a_clock_that_was_set_back_holds_nothing_for_good(void **state)
{
    struct mill *mill = *state;
    str account = mill_account(mill, "thin");
    mill->choose = refused;
    mill_tell(mill, account, "updated", 1, 1);
    mill_run(mill, 2 * USEC_S);
    mill->choose = NULL;
    false_world_jump(&mill->world, -90 * USEC_DAY);
    mill_run(mill, 2 * USEC_H);
    ASSERT_STORY(mill, account, "record.created 1 v1");
}

#define SILENT  "SELECT COUNT(*) FROM event WHERE type = 'webhooks.silent'"
#define RESUMED "SELECT COUNT(*) FROM event WHERE type = 'webhooks.resumed'"

/* An event an hour for ten days, but for nights of ten hours. */
static void form_habit(struct mill *mill, str account)
{
    for (unsigned day = 0; day < 10; day++) {
        for (unsigned hour = 0; hour < 14; hour++) {
            mill_tell(mill, account, "updated", 1, day * 14 + hour + 1);
            mill_run(mill, USEC_H);
        }
        mill_run(mill, 10 * USEC_H);
    }
}

static void silence_against_the_habit_is_told_once_and_so_is_its_end(void **state)
{
    struct mill *mill = *state;
    str account = mill_account(mill, "full");
    form_habit(mill, account);
    mill_run(mill, 9 * USEC_H); /* twice eleven hours have not passed */
    assert_int_equal(mill_number(mill, SILENT), 0);
    mill_run(mill, 4 * USEC_H);
    assert_int_equal(mill_number(mill, SILENT), 1);
    mill_run(mill, 5 * USEC_DAY);
    assert_int_equal(mill_number(mill, SILENT), 1);
    assert_int_equal(mill_number(mill, RESUMED), 0);
    mill_tell(mill, account, "updated", 1, 1000);
    mill_tell(mill, account, "updated", 1, 1001);
    mill_run(mill, USEC_MIN);
    assert_int_equal(mill_number(mill, RESUMED), 1);
    mill_run(mill, 30 * USEC_H);
    assert_int_equal(mill_number(mill, SILENT), 2); /* five days were no habit */
    mill_delete(mill, account);
    assert_int_equal(mill_number(mill, "SELECT COUNT(*) FROM hook_habit"), 0);
    assert_int_equal(mill_number(mill, "SELECT COUNT(*) FROM record_version"), 0);
}

static void time_in_which_nobody_listens_is_no_silence(void **state)
{
    struct mill *mill = *state;
    str account = mill_account(mill, "full");
    form_habit(mill, account);
    mill_stop(mill);
    false_world_advance(&mill->world, 3 * USEC_DAY);
    mill_open(mill);
    mill_run(mill, 20 * USEC_H);
    assert_int_equal(mill_number(mill, SILENT), 0);
    mill_run(mill, 4 * USEC_H);
    assert_int_equal(mill_number(mill, SILENT), 1);
}

static void events_that_wait_are_no_silence(void **state)
{
    struct mill *mill = *state;
    str account = mill_account(mill, "full");
    form_habit(mill, account);
    mill_move(mill, account, ACCOUNT_DISABLED);
    mill_tell(mill, account, "updated", 1, 1000);
    mill_run(mill, 5 * USEC_DAY);
    assert_int_equal(mill_number(mill, SILENT), 0);
}

int test_work(void)
{
    const struct CMUnitTest tests[] = {
        MILL_TEST(a_record_that_is_sent_along_is_told),
        MILL_TEST(a_record_that_is_not_sent_along_is_fetched_once),
        MILL_TEST(what_our_own_writes_have_done_is_marked),
        MILL_TEST(what_no_rule_is_for_is_told_as_it_came),
        MILL_TEST(a_record_keeps_its_order_however_it_comes),
        MILL_TEST(a_record_that_has_not_changed_is_not_told_again),
        MILL_TEST(late_ones_are_marked_or_passed_where_the_document_says_so),
        MILL_TEST(a_record_that_is_gone_when_it_is_fetched_was_deleted),
        MILL_TEST(a_fetch_that_fails_is_tried_again_and_holds_its_record),
        MILL_TEST(what_cannot_be_fetched_ends_among_the_dead),
        MILL_TEST(a_limit_or_a_lost_login_is_no_try),
        MILL_TEST(a_vendor_that_is_away_for_days_loses_nothing),
        MILL_TEST(a_disabled_account_waits_and_a_deleted_ones_events_end),
        MILL_TEST(what_is_wrong_with_an_event_is_said),
        MILL_TEST(a_record_that_its_mapping_leaves_out_is_not_told),
        MILL_TEST(a_payload_that_is_lost_is_said_and_one_that_is_away_is_waited_for),
        MILL_TEST(large_data_stands_in_a_payload),
        MILL_TEST(records_are_fetched_a_few_at_a_time),
        MILL_TEST(a_slow_vendor_keeps_no_other_waiting),
        MILL_TEST(more_than_a_batch_is_worked_through),
        MILL_TEST(a_start_finds_what_waits_and_nothing_is_told_twice),
        MILL_TEST(who_was_faster_is_seen),
        MILL_TEST(silence_against_the_habit_is_told_once_and_so_is_its_end),
        MILL_TEST(time_in_which_nobody_listens_is_no_silence),
        MILL_TEST(events_that_wait_are_no_silence),
        MILL_TEST(a_clock_that_was_set_back_holds_nothing_for_good),
    };
    return cmocka_run_group_tests_name("hook: work", tests, NULL, NULL);
}
