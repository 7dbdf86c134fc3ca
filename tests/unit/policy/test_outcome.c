#include "policy/outcome.h"

#include "support/reply.h"

int test_outcome(void);

static enum outcome_class class_of(struct arena *arena, const char *rule_json,
                                   const char *answer_json, bool throttled)
{
    struct error_rule rule;
    struct answer answer = reply_of(arena, answer_json);
    reply_rule(arena, &error_table, given_json(arena, str_z(rule_json)), &rule);
    return outcome_of_answer(&rule, &answer, throttled, arena);
}

/* Every status from 100 to 599, in runs of one class. */
static void statuses_have_their_classes(void **state)
{
    static const struct {
        int from, to;
        enum outcome_class class;
    } runs[] = {
        {100, 399, OUTCOME_OK},           {400, 400, OUTCOME_VALIDATION},
        {401, 401, OUTCOME_AUTH_REFRESH}, {402, 402, OUTCOME_CLIENT},
        {403, 403, OUTCOME_FORBIDDEN},    {404, 404, OUTCOME_NOT_FOUND},
        {405, 408, OUTCOME_CLIENT},       {409, 409, OUTCOME_CONFLICT},
        {410, 410, OUTCOME_NOT_FOUND},    {411, 411, OUTCOME_CLIENT},
        {412, 412, OUTCOME_CONFLICT},     {413, 421, OUTCOME_CLIENT},
        {422, 422, OUTCOME_VALIDATION},   {423, 499, OUTCOME_CLIENT},
        {500, 500, OUTCOME_SERVER},       {501, 501, OUTCOME_SERVER_REFUSAL},
        {502, 504, OUTCOME_SERVER},       {505, 519, OUTCOME_SERVER_REFUSAL},
        {520, 529, OUTCOME_SERVER},       {530, 599, OUTCOME_SERVER_REFUSAL},
    };
    struct error_rule rule;
    struct answer answer = reply_of(*state, "{}");
    int next = 100;
    reply_rule(*state, &error_table, NULL, &rule);
    for (size_t i = 0; i < COUNT_OF(runs); i++) {
        assert_int_equal(runs[i].from, next);
        for (answer.status = next; answer.status <= runs[i].to; answer.status++)
            if (outcome_of_answer(&rule, &answer, false, *state) != runs[i].class)
                fail_msg("status %d", answer.status);
        next = runs[i].to + 1;
    }
    assert_int_equal(next, 600);
}

static void rules_go_before_the_status(void **state)
{
    static const struct {
        const char *rule;
        const char *answer;
        bool throttled;
        enum outcome_class want;
    } rows[] = {
        {"{\"classes\":[{\"if\":{\"status\":403},\"class\":\"not_found\"}]}",
         "{\"status\":403}", false, OUTCOME_NOT_FOUND},
        {"{\"classes\":[{\"if\":{\"status\":403,\"when\":\"/c\",\"is\":\"x\"},\"class\":"
         "\"not_found\"}]}",
         "{\"status\":403,\"body\":{\"c\":\"y\"}}", false, OUTCOME_FORBIDDEN},
        {"{\"classes\":[{\"if\":{\"status\":400,\"when\":\"/c\",\"is\":1},\"class\":"
         "\"conflict\"},{\"if\":{\"status\":400},\"class\":\"resync\"}]}",
         "{\"status\":400,\"body\":{\"c\":1}}", false, OUTCOME_CONFLICT},
        {"{\"classes\":[{\"if\":{\"status\":400,\"when\":\"/c\",\"is\":1},\"class\":"
         "\"conflict\"},{\"if\":{\"status\":400},\"class\":\"resync\"}]}",
         "{\"status\":400,\"body\":{\"c\":2}}", false, OUTCOME_RESYNC},
        {"{}", "{\"status\":403}", true, OUTCOME_RATE_LIMITED},
        {"{}", "{\"status\":200}", true, OUTCOME_RATE_LIMITED},
        {"{\"classes\":[{\"if\":{\"status\":429,\"when\":\"/c\"},\"class\":"
         "\"forbidden\"}]}",
         "{\"status\":429,\"body\":{\"c\":1}}", true, OUTCOME_FORBIDDEN},
        {"{\"failed\":[{\"status\":200,\"when\":\"/ok\",\"is\":false}]}",
         "{\"body\":{\"ok\":false}}", false, OUTCOME_VALIDATION},
        {"{\"failed\":[{\"status\":200,\"when\":\"/ok\",\"is\":false}]}",
         "{\"body\":{\"ok\":true}}", false, OUTCOME_OK},
        {"{\"failed\":[{\"status\":200,\"when\":\"/ok\",\"is\":false}]}",
         "{\"body\":{\"ok\":false}}", true, OUTCOME_RATE_LIMITED},
        {"{\"failed\":[{\"status\":200,\"when\":\"/"
         "ok\",\"is\":false}],\"classes\":[{\"if\":"
         "{\"status\":200,\"when\":\"/error\",\"is\":\"missing_scope\"},\"class\":"
         "\"forbidden\"}]}",
         "{\"body\":{\"ok\":false,\"error\":\"missing_scope\"}}", false,
         OUTCOME_FORBIDDEN},
        {"{\"failed\":[{\"status\":200,\"when\":\"X-Failed\"}]}",
         "{\"headers\":{\"X-Failed\":\"1\"}}", false, OUTCOME_VALIDATION},
        {"{\"classes\":[{\"if\":{\"status\":300},\"class\":\"conflict\"}]}",
         "{\"status\":300}", false, OUTCOME_CONFLICT},
        {"{\"failed\":[{\"status\":500,\"when\":\"/a\"}]}",
         "{\"status\":500,\"body\":{\"a\":1}}", false, OUTCOME_SERVER},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        enum outcome_class got =
            class_of(*state, rows[i].rule, rows[i].answer, rows[i].throttled);
        if (got != rows[i].want)
            fail_msg("%s of %s: %s", rows[i].rule, rows[i].answer, outcome_words[got]);
    }
}

static void every_word_but_local_may_be_assigned(void **state)
{
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) {
        struct binder binder;
        struct error_rule rule;
        bind_init(&binder, *state);
        str json = arena_printf(
            *state, "{\"classes\":[{\"if\":{\"status\":418},\"class\":\"%s\"}]}",
            outcome_words[i]);
        bool good = bind_read(&binder, &error_table, given_json(*state, json), &rule);
        assert_int_equal(good, i != OUTCOME_LOCAL);
        if (good)
            assert_int_equal(
                class_of(*state, arena_z(*state, json), "{\"status\":418}", false), i);
        given_same("word", outcome_word((enum outcome_class)i), outcome_words[i]);
    }
    assert_null(outcome_words[OUTCOME_COUNT]);
}

static void classes_say_what_they_mean_for_retries_and_breakers(void **state)
{
    static const struct {
        enum outcome_class class;
        enum retry_class retry;
        enum breaker_effect effect;
    } rows[] = {
        {OUTCOME_OK, RETRY_NONE, BREAKER_SUCCESS},
        {OUTCOME_VALIDATION, RETRY_FAIL_FAST, BREAKER_SUCCESS},
        {OUTCOME_NOT_FOUND, RETRY_FAIL_FAST, BREAKER_SUCCESS},
        {OUTCOME_CONFLICT, RETRY_FAIL_FAST, BREAKER_SUCCESS},
        {OUTCOME_CLIENT, RETRY_FAIL_FAST, BREAKER_SUCCESS},
        {OUTCOME_AUTH_REFRESH, RETRY_UNAUTHORIZED, BREAKER_NEUTRAL},
        {OUTCOME_AUTH_FAILED, RETRY_FAIL_FAST, BREAKER_NEUTRAL},
        {OUTCOME_RECONNECT_REQUIRED, RETRY_FAIL_FAST, BREAKER_NEUTRAL},
        {OUTCOME_FORBIDDEN, RETRY_FAIL_FAST, BREAKER_NEUTRAL},
        {OUTCOME_RESYNC, RETRY_FAIL_FAST, BREAKER_SUCCESS},
        {OUTCOME_RATE_LIMITED, RETRY_RATE_LIMITED, BREAKER_NEUTRAL},
        {OUTCOME_SERVER, RETRY_SERVER, BREAKER_FAILURE},
        {OUTCOME_SERVER_REFUSAL, RETRY_FAIL_FAST, BREAKER_SUCCESS},
        {OUTCOME_TIMEOUT, RETRY_TIMEOUT, BREAKER_FAILURE},
        {OUTCOME_NETWORK, RETRY_NETWORK, BREAKER_FAILURE},
        {OUTCOME_INVALID, RETRY_NETWORK, BREAKER_FAILURE},
        {OUTCOME_CANCELLED, RETRY_FAIL_FAST, BREAKER_NEUTRAL},
        {OUTCOME_LOCAL, RETRY_FAIL_FAST, BREAKER_NEUTRAL},
    };
    (void)state;
    assert_int_equal(COUNT_OF(rows), OUTCOME_COUNT);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(rows[i].class, i);
        assert_int_equal(outcome_retry(rows[i].class), rows[i].retry);
        assert_int_equal(outcome_effect(rows[i].class), rows[i].effect);
    }
}

static void faults_have_their_classes_and_errors(void **state)
{
    static const struct {
        enum call_fault fault;
        enum outcome_class class;
        const char *code;
    } rows[] = {
        {CALL_FAULT_NONE, OUTCOME_OK, "ok"},
        {CALL_FAULT_DNS, OUTCOME_NETWORK, "upstream_dns"},
        {CALL_FAULT_CONNECT, OUTCOME_NETWORK, "upstream_connect"},
        {CALL_FAULT_CONNECT_TIMEOUT, OUTCOME_TIMEOUT, "upstream_timeout"},
        {CALL_FAULT_TLS, OUTCOME_NETWORK, "upstream_tls"},
        {CALL_FAULT_CERTIFICATE, OUTCOME_AUTH_FAILED, "certificate_refused"},
        {CALL_FAULT_RESET, OUTCOME_NETWORK, "upstream_reset"},
        {CALL_FAULT_INVALID, OUTCOME_INVALID, "upstream_invalid"},
        {CALL_FAULT_FIRST_BYTE_TIMEOUT, OUTCOME_TIMEOUT, "upstream_timeout"},
        {CALL_FAULT_IDLE_TIMEOUT, OUTCOME_TIMEOUT, "upstream_timeout"},
        {CALL_FAULT_TOTAL_TIMEOUT, OUTCOME_TIMEOUT, "upstream_timeout"},
        {CALL_FAULT_DEADLINE, OUTCOME_LOCAL, "deadline_exceeded"},
        {CALL_FAULT_BODY, OUTCOME_CANCELLED, "request_timeout"},
        {CALL_FAULT_REFUSED, OUTCOME_LOCAL, "address_refused"},
        {CALL_FAULT_CANCELLED, OUTCOME_CANCELLED, "deadline_exceeded"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(rows[i].fault, i);
        assert_int_equal(outcome_of_fault(rows[i].fault), rows[i].class);
        given_same("code", err_code(outcome_err(rows[i].fault)), rows[i].code);
    }
    assert_int_equal(COUNT_OF(rows), CALL_FAULT_CANCELLED + 1);
}

static void what_the_vendor_said_is_extracted(void **state)
{
    struct error_rule rule;
    struct vendor_error error;
    struct answer answer = reply_of(
        *state,
        "{\"status\":422,\"headers\":{\"X-Request-Id\":\"r1\",\"X-Id\":\"v1\"},"
        "\"body\":{\"error\":{\"message\":\"\",\"code\":20404},\"title\":\"No\"}}");
    reply_rule(*state, &error_table,
               given_json(*state, STR("{\"message\":[\"/error/message\",\"/title\"],"
                                      "\"code\":[\"/code\",\"/error/code\"],"
                                      "\"request_id\":[\"X-Id\"]}")),
               &rule);
    outcome_vendor_error(&rule, &answer, *state, &error);
    assert_int_equal(error.status, 422);
    given_same("message", error.message, "No"); /* an empty text is none */
    given_same("code", error.code, "20404");
    given_same("request id", error.request_id, "v1");
    reply_rule(*state, &error_table, NULL, &rule);
    outcome_vendor_error(&rule, &answer, *state, &error);
    assert_true(str_absent(error.message) && str_absent(error.code));
    given_same("request id", error.request_id, "r1");
}

/* 999 bytes, then a character of two: it must not be cut in half. */
static void long_texts_are_cut_between_characters(void **state)
{
    struct error_rule rule;
    struct vendor_error error;
    char text[1400];
    memset(text, 'a', sizeof(text));
    memcpy(text + 999, "\xc3\xa9", 2);
    struct answer answer = reply_of(*state, "{\"status\":500}");
    answer.text = str_of(text, sizeof(text));
    reply_rule(*state, &error_table, given_json(*state, STR("{\"message\":[\"#text\"]}")),
               &rule);
    outcome_vendor_error(&rule, &answer, *state, &error);
    assert_int_equal(error.message.n, 999);
    memset(text, 'a', sizeof(text));
    outcome_vendor_error(&rule, &answer, *state, &error);
    assert_int_equal(error.message.n, 1000);
    answer.text.n = 10;
    outcome_vendor_error(&rule, &answer, *state, &error);
    assert_int_equal(error.message.n, 10);
}

int test_outcome(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(statuses_have_their_classes),
        GIVEN_TEST(rules_go_before_the_status),
        GIVEN_TEST(every_word_but_local_may_be_assigned),
        GIVEN_TEST(classes_say_what_they_mean_for_retries_and_breakers),
        GIVEN_TEST(faults_have_their_classes_and_errors),
        GIVEN_TEST(what_the_vendor_said_is_extracted),
        GIVEN_TEST(long_texts_are_cut_between_characters),
    };
    return cmocka_run_group_tests_name("policy: outcome", tests, NULL, NULL);
}
