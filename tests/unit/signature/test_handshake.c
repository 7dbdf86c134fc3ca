#include "signature/handshake.h"

#include "hook.h"

int test_handshake(void);

static void faults_of_a_handshake_are_told(void **state)
{
    static const struct {
        const char *handshake;
        const char *want; /* NULL: it is good */
    } rows[] = {
        {"{'kind':'echo','value':'/challenge'}", NULL},
        {"{'kind':'probe','methods':'GET'}", NULL},
        {"{'kind':'probe','value':'/token','keeps_secret':true,'status':204}", NULL},
        {"{'kind':'echoes'}", "/handshakes/kind "},
        {"{'kind':'echo'}", "\"value\" is missing"},
        {"{'kind':'echo_header','value':'/a'}", "/value is no header"},
        {"{'kind':'probe'}", "would be every request"},
        {"{'kind':'probe','methods':'GET','keeps_secret':true}", "/keeps_secret is set"},
        {"{'kind':'probe','methods':'GET','status':302}", "/status "},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str block = arena_printf(*state, "{'verify':{'scheme':'basic'},'handshakes':%s}",
                                 rows[i].handshake);
        str fault = hook_fault(*state, arena_z(*state, block));
        str want = rows[i].want ? str_z(rows[i].want) : STR("");
        if (str_absent(fault) != !rows[i].want ||
            (rows[i].want && str_find_str(fault, want) == fault.n))
            fail_msg("%s: " STR_F, rows[i].handshake, STR_A(fault));
    }
}

/* Who sends an unsigned request can put no secret in the place of another, and the secret
 * of an app is none of the hook's. */
static void a_secret_is_taken_once(void **state)
{
    struct hook hook;
    const struct json *block = given_json(
        *state, given_quotes(*state, "{'verify':{'scheme':'basic'},'handshakes':{'kind':"
                                     "'probe','value':'X-New','keeps_secret':true}}"));
    const struct json *order = given_json(
        *state, given_quotes(*state, "{'secret':'s','request':{'method':'POST','url':"
                                     "'https://a.test/','headers':{'X-New':'n'}}}"));
    hook_judge(&hook, *state, block, order);
    assert_int_equal(hook.verdict.reason, REASON_secret_known);
    assert_str(hook.verdict.secret, STR_NONE);
    hook.secrets[0].owner = SECRET_OF_APP;
    webhook_judge(&hook.rule, &hook.view, &hook.verdict);
    assert_int_equal(hook.verdict.outcome, WEBHOOK_HANDSHAKE);
    assert_str(hook.verdict.secret, STR("n"));
}

int test_handshake(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(faults_of_a_handshake_are_told),
        GIVEN_TEST(a_secret_is_taken_once),
    };
    return cmocka_run_group_tests_name("handshake", tests, NULL, NULL);
}
