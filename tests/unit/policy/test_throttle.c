/*
 * tests/cases/throttle.jsonl: a rule, an answer, and what it tells. `format` and `code`
 * name what of tests/cases/vendor-patterns.json a case stands for; each of those must
 * have one.
 */
#include "policy/throttle.h"

#include "support/reply.h"

int test_throttle(void);

static usec ms_of(const struct json *object, str key)
{
    const struct json *value = json_member(object, key);
    return value ? (usec)(json_number(value) * (double)USEC_MS) : -1;
}

static double count_of(const struct json *object, str key)
{
    const struct json *value = json_member(object, key);
    return value ? json_number(value) : -1;
}

static void check_windows(const char *about, const struct throttle *throttle,
                          const struct json *want)
{
    if (throttle->n != want->n)
        fail_msg("%s: %u windows", about, throttle->n);
    for (uint32_t i = 0; i < want->n; i++) {
        const struct window_state *got = &throttle->windows[i];
        const struct json *one = &want->u.items[i];
        if (!str_eq(got->name, json_member_text(one, STR("name"))) ||
            got->limit != count_of(one, STR("limit")) ||
            got->remaining != count_of(one, STR("remaining")) ||
            got->reset != ms_of(one, STR("reset_ms")) ||
            got->window != ms_of(one, STR("window_ms")))
            fail_msg("%s: window %u: limit %g, remaining %g, reset %lld, window %lld",
                     about, i, got->limit, got->remaining, (long long)got->reset,
                     (long long)got->window);
    }
}

static void check_case(struct arena *arena, const struct json *line)
{
    struct throttle_rule rule;
    struct answer answer;
    struct throttle throttle;
    const char *about = arena_z(arena, json_member_text(line, STR("about")));
    const struct json *want = json_member(line, STR("want"));
    reply_rule(arena, &throttle_table, json_member(line, STR("rule")), &rule);
    reply_read(arena, line, &answer);
    throttle_read(&rule, &answer, arena, &throttle);
    bool throttled = json_is(json_member(want, STR("throttled")), JSON_TRUE);
    if (throttle.throttled != throttled)
        fail_msg("%s: throttled is %d", about, throttle.throttled);
    if (throttle.wait != ms_of(want, STR("wait_ms")))
        fail_msg("%s: wait is %lld", about, (long long)throttle.wait);
    str reason = json_member_text(want, STR("reason"));
    if (!str_absent(reason))
        assert_true(str_eq(throttle.reason, reason));
    if (json_member(want, STR("windows")))
        check_windows(about, &throttle, json_member(want, STR("windows")));
}

/* Whether a case names `text` under `key`. */
static bool stands_for(const struct json *cases, str key, str text)
{
    for (uint32_t i = 0; i < cases->n; i++)
        if (str_eq(json_member_text(&cases->u.items[i], key), text))
            return true;
    return false;
}

static struct json read_cases(struct arena *arena)
{
    struct json_build build;
    str rest = given_file(arena, "tests/cases/throttle.jsonl"), line;
    json_build_init(&build, arena);
    while (str_next(&rest, '\n', &line))
        if (line.n)
            json_build_item(&build, *given_json(arena, line));
    return json_build_array(&build);
}

static void answers_tell_of_limits(void **state)
{
    struct json cases = read_cases(*state);
    assert_true(cases.n > 80);
    for (uint32_t i = 0; i < cases.n; i++)
        check_case(*state, &cases.u.items[i]);
}

static void every_format_and_status_of_the_field_has_a_case(void **state)
{
    struct json cases = read_cases(*state);
    const struct json *patterns =
        given_json(*state, given_file(*state, "tests/cases/vendor-patterns.json"));
    const struct json *formats = json_member(patterns, STR("rate_limit_formats"));
    const struct json *codes = json_member(patterns, STR("rate_limit_status_codes"));
    assert_true(formats->n > 10 && codes->n > 3);
    for (uint32_t i = 0; i < formats->n; i++) {
        str name = json_text(&formats->u.items[i].u.items[0]);
        if (!stands_for(&cases, STR("format"), name))
            fail_msg("no case for " STR_F, STR_A(name));
    }
    for (uint32_t i = 0; i < codes->n; i++) {
        str code = json_text(&codes->u.items[i]);
        code.n = str_find(code, ' ');
        if (!stands_for(&cases, STR("code"), code))
            fail_msg("no case for " STR_F, STR_A(code));
    }
}

/* At most eight windows are kept, whatever a header says. */
static void a_long_field_is_cut(void **state)
{
    struct throttle_rule rule;
    struct throttle throttle;
    struct answer answer = reply_of(
        *state, "{\"headers\":{\"RateLimit\":\"a;r=1,b;r=1,c;r=1,d;r=1,e;r=1,f;r=1,g;r=1,"
                "h;r=1,i;r=1,j;r=1\"}}");
    reply_rule(*state, &throttle_table, NULL, &rule);
    throttle_read(&rule, &answer, *state, &throttle);
    assert_int_equal(throttle.n, THROTTLE_WINDOWS_MAX);
}

static void rules_have_their_defaults(void **state)
{
    struct throttle_rule rule;
    reply_rule(*state, &throttle_table, NULL, &rule);
    assert_int_equal(rule.backoff_base, USEC_S);
    assert_int_equal(rule.backoff_max, 5 * USEC_MIN);
    assert_int_equal(rule.default_wait, 0);
    assert_int_equal(rule.scope, THROTTLE_ACCOUNT);
    assert_false(rule.asks_success);
    reply_rule(*state, &throttle_table, given_json(*state, STR("{\"scope\":\"group\"}")),
               &rule);
    assert_int_equal(rule.scope, THROTTLE_GROUP);
}

int test_throttle(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(answers_tell_of_limits),
        GIVEN_TEST(every_format_and_status_of_the_field_has_a_case),
        GIVEN_TEST(a_long_field_is_cut),
        GIVEN_TEST(rules_have_their_defaults),
    };
    return cmocka_run_group_tests_name("policy: throttle", tests, NULL, NULL);
}
