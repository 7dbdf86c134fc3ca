#include "policy/signal.h"

#include <math.h>

#include "support/reply.h"

int test_signal(void);

struct row {
    const char *signal;
    const char *answer;
    const char *text;  /* NULL: not there */
    double number;     /* NAN: none */
    long long wait_ms; /* −1: none */
};

#define BODY(json) "{\"body\":" json "}"
#define LINE(text) "{\"headers\":{\"X-A\":\"" text "\"}}"

static const struct row rows[] = {
    {"\"X-A\"", LINE("12"), "12", 12, 12000},
    {"\"x-a\"", LINE("12"), "12", 12, 12000},
    {"\"X-B\"", LINE("12"), NULL, NAN, -1},
    {"\"X-A\"", "{}", NULL, NAN, -1},
    {"\"X-A\"", LINE(""), "", NAN, -1},
    {"\"X-A\"", LINE("30 s"), "30 s", 30, 30000},
    {"\"X-A\"", LINE("1,200.50"), "1,200.50", 1200.5, 1200500},
    {"\"X-A\"", LINE("30."), "30.", 30, 30000},
    {"\"X-A\"", LINE("30. Then"), "30. Then", 30, 30000},
    {"\"X-A\"", LINE("+5"), "+5", 5, 5000},
    {"\"X-A\"", LINE("-5"), "-5", -5, -1},
    {"\"X-A\"", LINE("5-6"), "5-6", NAN, -1},
    {"\"X-A\"", LINE("abc 5"), "abc 5", NAN, -1},
    {"\"X-A\"", LINE(",5"), ",5", NAN, -1},
    {"\"X-A\"", LINE("1e300"), "1e300", 1e300, -1},
    {"\"X-A\"", LINE("1e999"), "1e999", NAN, -1},
    {"\"X-A\"", LINE("1E+999 s"), "1E+999 s", NAN, -1},
    {"\"X-A\"", LINE("5 each"), "5 each", 5, 5000},
    {"\"X-A\"", LINE("5e"), "5e", 5, 5000},
    {"\"/a\"", BODY("{\"a\":\"x\"}"), "x", NAN, -1},
    {"\"/a\"", BODY("{\"a\":5}"), "5", 5, 5000},
    {"\"/a\"", BODY("{\"a\":1.5}"), "1.5", 1.5, 1500},
    {"\"/a\"", BODY("{\"a\":1.50}"), "1.50", 1.5, 1500},
    {"\"/a\"", BODY("{\"a\":1e3}"), "1e3", 1000, 1000000},
    {"\"/a\"", BODY("{\"a\":1234567890123456}"), "1234567890123456", 1234567890123456.0,
     -1}, /* forty million years are no wait */
    {"\"/a\"", BODY("{\"a\":0.1}"), "0.1", 0.1, 100},
    {"\"/a\"", BODY("{\"a\":true}"), "true", NAN, -1},
    {"\"/a\"", BODY("{\"a\":false}"), "false", NAN, -1},
    {"\"/a\"", BODY("{\"a\":null}"), NULL, NAN, -1},
    {"\"/a\"", BODY("{\"a\":{}}"), NULL, NAN, -1},
    {"\"/a\"", BODY("{\"a\":[1]}"), NULL, NAN, -1},
    {"\"/a/0\"", BODY("{\"a\":[7]}"), "7", 7, 7000},
    {"\"/a/*\"", BODY("{\"a\":[7,8]}"), "7", 7, 7000},
    {"\"/a/*/0\"", BODY("{\"a\":{\"b\":[\"c\"]}}"), "c", NAN, -1},
    {"\"/a/*\"", BODY("{\"a\":{}}"), NULL, NAN, -1},
    {"\"/0/a\"", BODY("[{\"a\":\"x\"}]"), "x", NAN, -1},
    {"\"/o:e~1x/a\"", BODY("{\"o:e/x\":{\"a\":\"1\"}}"), "1", 1, 1000},
    {"\"/a\"", "{\"body\":\"no JSON\"}", NULL, NAN, -1},
    {"\"#text\"", "{\"body\":\"9 lives\"}", "9 lives", 9, 9000},
    {"\"#text\"", BODY("[1]"), "[1]", NAN, -1},
    {"\"#status\"", "{\"status\":503}", "503", 503, 503000},
    {"{\"expression\":\"a.b + 1\"}", BODY("{\"a\":{\"b\":5}}"), "6", 6, 6000},
    {"{\"expression\":\"(cost - left) / rate\"}",
     BODY("{\"cost\":502,\"left\":102,\"rate\":100}"), "4", 4, 4000},
    {"{\"expression\":\"$response.status\"}", "{\"status\":503}", "503", 503, 503000},
    {"{\"expression\":\"$response.headers.`x-a`\"}", LINE("12"), "12", 12, 12000},
    {"{\"expression\":\"$response.body\"}", "{\"body\":\"9 lives\"}", "9 lives", 9, 9000},
    {"{\"expression\":\"$response.body.a\"}", BODY("{\"a\":true}"), "true", NAN, -1},
    {"{\"expression\":\"a = 1\"}", BODY("{\"a\":2}"), NULL, NAN, -1},
    {"{\"expression\":\"errors[0]\"}", BODY("{\"errors\":[{\"a\":1}]}"), NULL, NAN, -1},
    {"{\"expression\":\"nothing.here\"}", BODY("{\"a\":2}"), NULL, NAN, -1},
    {"{\"expression\":\"a + 1\"}", BODY("{\"a\":\"x\"}"), NULL, NAN, -1},
    {"{\"expression\":\"($f := function($n){ $f($n + 1) }; $f(1))\"}", BODY("{}"), NULL,
     NAN, -1},
    {"{\"expression\":\"$pad('x', 5e8)\"}", BODY("{}"), NULL, NAN, -1},
    {"{\"expression\":\"$eval('1')\"}", BODY("{}"), NULL, NAN, -1},
    {"{\"expression\":\"a\",\"after\":\"x-\"}", BODY("{\"a\":\"x-7\"}"), "7", 7, 7000},
    {"{\"from\":\"X-A\",\"item\":\"b\"}", LINE("a=1; b=2; c=3"), "2", 2, 2000},
    {"{\"from\":\"X-A\",\"item\":\"B\"}", LINE("a=1,b=2"), "2", 2, 2000},
    {"{\"from\":\"X-A\",\"item\":\"d\"}", LINE("a=1; b=2"), NULL, NAN, -1},
    {"{\"from\":\"X-A\",\"item\":\"a\"}", LINE("a"), NULL, NAN, -1},
    {"{\"from\":\"X-A\",\"part\":\"before_slash\"}", LINE("18 / 5000"), "18", 18, 18000},
    {"{\"from\":\"X-A\",\"part\":\"after_slash\"}", LINE("18/5000(x)"), "5000(x)", 5000,
     5000000},
    {"{\"from\":\"X-A\",\"part\":\"after_slash\"}", LINE("18"), NULL, NAN, -1},
    {"{\"from\":\"X-A\",\"after\":\"in \"}", LINE("Wait IN 5 s"), "5 s", 5, 5000},
    {"{\"from\":\"X-A\",\"after\":\"in \"}", LINE("Wait"), NULL, NAN, -1},
    {"{\"from\":\"/a\",\"words\":{\"MIN\":60,\"DAY\":86400}}", BODY("{\"a\":\"MIN\"}"),
     "MIN", 60, 60000},
    {"{\"from\":\"/a\",\"words\":{\"MIN\":60}}", BODY("{\"a\":\"5\"}"), "5", NAN, -1},
    {"{\"from\":\"X-A\",\"unit\":\"ms\"}", LINE("1500"), "1500", 1500, 1500},
    {"{\"from\":\"X-A\",\"unit\":\"min\"}", LINE("0.5"), "0.5", 0.5, 30000},
    {"{\"from\":\"X-A\",\"unit\":\"retry_after\"}", LINE("Thu, 09 Oct 2025 08:53:21 GMT"),
     "Thu, 09 Oct 2025 08:53:21 GMT", NAN, 1000},
    {"{\"from\":\"X-A\",\"unit\":\"iso8601\"}", LINE("2025-10-09 08:53:21Z"),
     "2025-10-09 08:53:21Z", NAN, 1000},
    {"{\"from\":\"X-A\",\"unit\":\"iso8601\"}", LINE("2025-10-10 5 calls"),
     "2025-10-10 5 calls", NAN, 54400000},
    {"{\"from\":\"X-A\",\"unit\":\"iso8601\"}", LINE("2025-10-09T08:53:21Z."),
     "2025-10-09T08:53:21Z.", NAN, 1000},
    {"{\"from\":\"X-A\",\"before\":\" b\"}", LINE("7 B b"), "7", 7, 7000},
    {"{\"from\":\"X-A\",\"before\":\"b\"}", LINE("7"), NULL, NAN, -1},
    {"{\"from\":\"X-A\",\"after\":\"<\",\"before\":\">\"}", LINE("a><7>"), "7", 7, 7000},
};

static void values_are_found_and_read(void **state)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct signal signal;
        double number = NAN;
        usec wait = -1;
        struct answer answer = reply_of(*state, rows[i].answer);
        reply_rule(*state, &signal_table, given_json(*state, str_z(rows[i].signal)),
                   &signal);
        const char *about = rows[i].signal;
        given_same(about, signal_text(&signal, &answer, *state), rows[i].text);
        bool has = signal_number(&signal, &answer, *state, &number);
        if (has == isnan(rows[i].number) || (has && number != rows[i].number))
            fail_msg("%s of %s: number %g", about, rows[i].answer, number);
        if (!signal_wait(&signal, &answer, *state, &wait))
            wait = -1;
        usec want = rows[i].wait_ms < 0 ? -1 : (usec)rows[i].wait_ms * USEC_MS;
        if (wait != want)
            fail_msg("%s of %s: wait %lld", about, rows[i].answer, (long long)wait);
    }
}

static void values_keep_their_type(void **state)
{
    static const struct {
        const char *signal;
        const char *answer;
        const char *value; /* NULL: UNDEFINED */
    } value_rows[] = {
        {"\"/a\"", BODY("{\"a\":[1]}"), "[1]"},
        {"\"/a\"", BODY("{\"a\":null}"), "null"},
        {"\"/a\"", BODY("{}"), NULL},
        {"\"/a\"", BODY("\"text\""), NULL},
        {"\"X-A\"", LINE("12"), "\"12\""},
        {"\"X-B\"", LINE("12"), NULL},
        {"\"#status\"", "{\"status\":204}", "\"204\""},
        {"{\"expression\":\"a.b\"}", BODY("{\"a\":{\"b\":false}}"), "false"},
        {"{\"expression\":\"a.b\"}", BODY("{}"), NULL},
    };
    for (size_t i = 0; i < COUNT_OF(value_rows); i++) {
        struct signal signal;
        struct answer answer = reply_of(*state, value_rows[i].answer);
        reply_rule(*state, &signal_table, given_json(*state, str_z(value_rows[i].signal)),
                   &signal);
        struct json got = signal_value(&signal, &answer, *state);
        bool there = !json_is(&got, JSON_UNDEFINED);
        if (there != (value_rows[i].value != NULL) ||
            (there && !json_equal(&got, given_json(*state, str_z(value_rows[i].value)))))
            fail_msg("%s of %s", value_rows[i].signal, value_rows[i].answer);
    }
}

/* A request has a query and no status; what its body is an item of stands in $request. */
static void requests_are_looked_at_in_the_same_words(void **state)
{
    static const struct {
        const char *signal;
        const char *text; /* NULL: not there */
    } request_rows[] = {
        {"\"?a\"", "x y"},
        {"\"?b\"", ""},
        {"\"?c\"", NULL},
        {"\"X-A\"", "h"},
        {"\"/n\"", "1"},
        {"{\"expression\":\"$request.(method & query.a & headers.`x-a` & body.all)\"}",
         "PUTx yhyes"},
        {"{\"expression\":\"$request.url\"}", "https://a.test/?a=x+y&b&a=z"},
        {"{\"expression\":\"$exists($response)\"}", NULL},
        {"{\"expression\":\"n + 1\"}", "2"},
    };
    const struct asked asked = {.method = STR("PUT"),
                                .url = STR("https://a.test/?a=x+y&b&a=z"),
                                .query = STR("a=x+y&b&a=z"),
                                .body = given_json(*state, STR("{\"all\":\"yes\"}"))};
    for (size_t i = 0; i < COUNT_OF(request_rows); i++) {
        struct signal signal;
        struct answer answer =
            reply_of(*state, "{\"headers\":{\"X-A\":\"h\"},\"body\":{\"n\":1}}");
        answer.asked = &asked;
        reply_rule(*state, &request_signal_table,
                   given_json(*state, str_z(request_rows[i].signal)), &signal);
        given_same(request_rows[i].signal, signal_text(&signal, &answer, *state),
                   request_rows[i].text);
    }
}

static void a_request_has_no_status_and_an_answer_no_query(void **state)
{
    static const struct {
        const struct bind_table *table;
        const char *signal;
        bool good;
    } table_rows[] = {
        {&signal_table, "\"?a\"", false},
        {&signal_table, "\"#status\"", true},
        {&request_signal_table, "\"?a\"", true},
        {&request_signal_table, "\"?\"", false},
        {&request_signal_table, "\"#status\"", false},
        {&request_condition_table, "{\"when\":\"?a\",\"status\":200}", false},
        {&request_condition_table, "{\"is\":\"b\"}", false},
        {&request_condition_table, "{\"when\":\"?a\",\"is\":\"b\"}", true},
    };
    for (size_t i = 0; i < COUNT_OF(table_rows); i++) {
        struct condition rule; /* the largest of them */
        struct binder binder;
        bind_init(&binder, *state);
        bool good = bind_read(&binder, table_rows[i].table,
                              given_json(*state, str_z(table_rows[i].signal)), &rule);
        if (good != table_rows[i].good)
            fail_msg("%s", table_rows[i].signal);
    }
}

static void moments_are_read_by_their_unit(void **state)
{
    static const struct {
        const char *unit;
        const char *text;
        usec wall; /* −1: none */
    } moment_rows[] = {
        {"epoch_s", "5", 5 * USEC_S},
        {"epoch_ms", "1500", 1500 * USEC_MS},
        {"epoch_s", "0.25", 250 * USEC_MS},
        {"epoch_s", "-5", -1},
        {"epoch_s", "soon", -1},
        {"iso8601", "1970-01-01T00:00:05.5Z", 5500 * USEC_MS},
        {"iso8601", "1970-01-01 00:00:05", 5 * USEC_S},
        {"http_date", "Thu, 01 Jan 1970 00:00:05 GMT", 5 * USEC_S},
        {"s", "5", -1},
    };
    for (size_t i = 0; i < COUNT_OF(moment_rows); i++) {
        struct signal signal;
        usec wall = -1;
        str rule = arena_printf(*state, "{\"from\":\"X-A\",\"unit\":\"%s\"}",
                                moment_rows[i].unit);
        str reply = arena_printf(*state, LINE("%s"), moment_rows[i].text);
        struct answer answer = reply_of(*state, arena_z(*state, reply));
        reply_rule(*state, &signal_table, given_json(*state, rule), &signal);
        bool found = signal_moment(&signal, &answer, *state, &wall);
        if (found != (moment_rows[i].wall >= 0) || wall != moment_rows[i].wall)
            fail_msg("%s: %lld", moment_rows[i].text, (long long)wall);
    }
}

static void conditions_hold_or_not(void **state)
{
    static const struct {
        const char *condition;
        const char *answer;
        bool want;
    } cases[] = {
        {"{\"status\":404}", "{\"status\":404}", true},
        {"{\"status\":404}", "{\"status\":403}", false},
        {"{\"status\":[401,403]}", "{\"status\":403}", true},
        {"{\"status\":200}", "{\"status\":200}", true},
        {"{\"when\":\"X-A\"}", "{\"status\":400,\"headers\":{\"X-A\":\"\"}}", true},
        {"{\"when\":\"X-A\"}", "{\"status\":399,\"headers\":{\"X-A\":\"\"}}", false},
        {"{\"status\":200,\"when\":\"/ok\",\"is\":false}", BODY("{\"ok\":false}"), true},
        {"{\"status\":200,\"when\":\"/ok\",\"is\":false}", BODY("{\"ok\":true}"), false},
        {"{\"status\":200,\"when\":\"/ok\",\"is\":false}", BODY("{}"), false},
        {"{\"status\":200,\"when\":\"/n\",\"is\":[1,2.5]}", BODY("{\"n\":2.5}"), true},
        {"{\"status\":200,\"when\":\"/n\",\"is\":[1,2.5]}", BODY("{\"n\":3}"), false},
        {"{\"status\":200,\"when\":\"/n\",\"is\":\"5\"}", BODY("{\"n\":5}"), true},
        {"{\"status\":200,\"when\":\"/s\",\"contains\":\"RATE\"}",
         BODY("{\"s\":\"the rate limit\"}"), true},
        {"{\"status\":200,\"when\":\"/s\",\"contains\":\"rate\",\"is\":\"x\"}",
         BODY("{\"s\":\"rate\"}"), false},
        {"{\"status\":200,\"when\":\"/n\",\"below\":0}", BODY("{\"n\":-1}"), true},
        {"{\"status\":200,\"when\":\"/n\",\"below\":0}", BODY("{\"n\":0}"), false},
        {"{\"status\":200,\"when\":\"/n\",\"below\":10}", BODY("{\"n\":\"x\"}"), false},
        {"{\"status\":200,\"group\":\"g\"}", "{\"group\":\"g\"}", true},
        {"{\"status\":200,\"group\":\"g\"}", "{\"group\":\"h\"}", false},
        {"{\"status\":200,\"group\":\"g\"}", "{}", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct condition condition;
        struct answer answer = reply_of(*state, cases[i].answer);
        reply_rule(*state, &condition_table,
                   given_json(*state, str_z(cases[i].condition)), &condition);
        if (condition_holds(&condition, &answer, *state) != cases[i].want)
            fail_msg("%s of %s", cases[i].condition, cases[i].answer);
    }
}

static void conditions_say_what_they_need(void **state)
{
    static const struct {
        const char *condition;
        bool success, body, body_of_g;
    } cases[] = {
        {"{\"status\":200,\"when\":\"/a\"}", true, true, true},
        {"{\"status\":[399,500],\"when\":\"#text\"}", true, true, true},
        {"{\"status\":200,\"when\":\"X-A\"}", true, false, false},
        {"{\"status\":300}", true, false, false},
        {"{\"status\":400,\"when\":\"/a\"}", false, false, false},
        {"{\"when\":\"/a\"}", false, false, false},
        {"{\"status\":200,\"when\":\"/a\",\"group\":\"g\"}", true, false, true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct condition condition;
        reply_rule(*state, &condition_table,
                   given_json(*state, str_z(cases[i].condition)), &condition);
        if (condition_asks_success(&condition) != cases[i].success ||
            condition_needs_body_of_success(&condition, STR_NONE) != cases[i].body ||
            condition_needs_body_of_success(&condition, STR("g")) != cases[i].body_of_g)
            fail_msg("%s", cases[i].condition);
    }
}

static void the_vendors_clock_is_its_date(void **state)
{
    struct answer answer =
        reply_of(*state, "{\"headers\":{\"Date\":\"Thu, 09 Oct 2025 08:53:00 GMT\"}}");
    assert_int_equal(answer_clock(&answer), REPLY_WALL - 20 * USEC_S);
    answer = reply_of(*state, "{}");
    assert_int_equal(answer_clock(&answer), REPLY_WALL);
    answer = reply_of(*state, "{\"headers\":{\"Date\":\"today\"}}");
    assert_int_equal(answer_clock(&answer), REPLY_WALL);
}

int test_signal(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(values_are_found_and_read),
        GIVEN_TEST(values_keep_their_type),
        GIVEN_TEST(requests_are_looked_at_in_the_same_words),
        GIVEN_TEST(a_request_has_no_status_and_an_answer_no_query),
        GIVEN_TEST(moments_are_read_by_their_unit),
        GIVEN_TEST(conditions_hold_or_not),
        GIVEN_TEST(conditions_say_what_they_need),
        GIVEN_TEST(the_vendors_clock_is_its_date),
    };
    return cmocka_run_group_tests_name("policy: signal", tests, NULL, NULL);
}
