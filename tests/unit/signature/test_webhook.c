#include "signature/webhook.h"

#include "hook.h"

int test_webhook(void);

static void faults_of_a_block_are_told(void **state)
{
    static const struct {
        const char *block;
        const char *want;
    } rows[] = {
        {"{}", " \"verify\" is missing from the webhooks block"},
        {"{'verify':[]}", "/verify "},
        {"{'verify':{'scheme':'basic'},'verfy':1}", "did you mean \"verify\"?"},
        {"{'verify':{'scheme':'basic'},'id':'#status'}", "/id/from is the status"},
        {"{'verify':{'scheme':'basic'},'time':'/at'}", "/time must have a unit"},
        {"{'verify':{'scheme':'basic'},'account':'/a'}", "/account "},
        {"{'verify':{'scheme':'basic'},'account':{'value':'/a'}}",
         "\"context\" is missing"},
        {"{'verify':{'scheme':'basic'},'acknowledge':{'body':'x'}}",
         "/acknowledge must have both"},
        {"{'verify':{'scheme':'basic'},'acknowledge':{'status':500}}",
         "/acknowledge/status "},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str fault = hook_fault(*state, rows[i].block);
        str want = str_z(rows[i].want);
        if (str_absent(fault) || str_find_str(fault, want) == fault.n)
            fail_msg("%s: " STR_F, rows[i].block, STR_A(fault));
    }
}

static void judge(struct hook *hook, struct arena *arena, const char *block,
                  const char *order)
{
    hook_judge(hook, arena, given_json(arena, given_quotes(arena, block)),
               given_json(arena, given_quotes(arena, order)));
}

#define REQUEST "'request':{'method':'POST','url':'https://a.test/','headers':"

/* The first entry that is for a request decides, also against those behind it. */
static void the_first_entry_that_is_for_a_request_decides(void **state)
{
    static const struct {
        const char *headers;
        const char *reason; /* NULL: accepted */
        int by;             /* of verify */
    } rows[] = {
        {"{'X-B':'s'}", NULL, 1},
        {"{'X-A':'s'}", "signature_missing", 0},
        {"{'X-A':'s','X-V':'2'}", NULL, 0},
        {"{'X-A':'no','X-V':'2','X-B':'s'}", "signature_wrong", 0},
        {"{'X-A':'s','X-V':'1','X-B':'s'}", NULL, 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct hook hook;
        str order =
            arena_printf(*state, "{'secret':'s'," REQUEST "%s}}", rows[i].headers);
        judge(
            &hook, *state,
            "{'verify':[{'scheme':'token','signature':'X-A','if':{'when':'X-V','is':2}},"
            "{'scheme':'token','signature':'X-B'}]}",
            arena_z(*state, order));
        given_same(rows[i].headers, webhook_reason_word(hook.verdict.reason),
                   rows[i].reason);
        const struct signature_rule *verify = hook.rule.verify.items;
        if (!rows[i].reason)
            assert_ptr_equal(hook.verdict.by, &verify[rows[i].by]);
    }
}

static void an_event_says_whose_it_is_what_and_when(void **state)
{
    struct hook hook;
    struct webhook_event event;
    judge(&hook, *state,
          "{'verify':{'scheme':'basic'},'items':'/events','id':'/n','type':{'expression':"
          "'kind & \\'.made\\''},'time':[{'from':'/ms','unit':'epoch_ms'},{'from':'/at',"
          "'unit':'iso8601'}],'account':[{'value':'/team','context':'team_id'},{'value':"
          "{'from':'X-Shop','before':'.vendor.test'},'context':'shop'}]}",
          "{" REQUEST "{'X-Shop':'acme.vendor.test'},'body':'{\\\"events\\\":[{\\\"n\\\":"
          "7,\\\"kind\\\":\\\"deal\\\",\\\"at\\\":\\\"1970-01-01T00:00:02Z\\\"},"
          "{\\\"team\\\":\\\"T1\\\",\\\"ms\\\":3000}]}'}}");
    struct webhook_events events = webhook_events_of(&hook.rule, &hook.view);
    assert_int_equal(events.n, 2);
    webhook_event_read(&hook.rule, &hook.view, &events.items[0], &event);
    assert_str(event.id, STR("7"));
    assert_str(event.type, STR("deal.made"));
    assert_int_equal(event.wall, 2 * USEC_S);
    assert_str(event.account->context, STR("shop"));
    assert_str(event.account_value, STR("acme"));
    webhook_event_read(&hook.rule, &hook.view, &events.items[1], &event);
    assert_str(event.id, STR_NONE);
    assert_int_equal(event.wall, 3 * USEC_S);
    assert_str(event.account->context, STR("team_id"));
    assert_str(event.account_value, STR("T1"));
}

static void what_is_not_said_of_an_event_is_absent(void **state)
{
    struct hook hook;
    struct webhook_event event;
    judge(
        &hook, *state,
        "{'verify':{'scheme':'basic'},'id':'/id','time':{'from':'/at','unit':'epoch_s'},"
        "'account':{'value':'/a','context':'a'}}",
        "{" REQUEST "{},'body':'{\\\"at\\\":\\\"soon\\\",\\\"a\\\":\\\"\\\"}'}}");
    struct webhook_events events = webhook_events_of(&hook.rule, &hook.view);
    webhook_event_read(&hook.rule, &hook.view, &events.items[0], &event);
    assert_str(event.id, STR_NONE);
    assert_str(event.type, STR_NONE);
    assert_int_equal(event.wall, 0);
    assert_null(event.account);
}

int test_webhook(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(faults_of_a_block_are_told),
        GIVEN_TEST(the_first_entry_that_is_for_a_request_decides),
        GIVEN_TEST(an_event_says_whose_it_is_what_and_when),
        GIVEN_TEST(what_is_not_said_of_an_event_is_absent),
    };
    return cmocka_run_group_tests_name("webhook", tests, NULL, NULL);
}
