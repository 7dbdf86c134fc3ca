#include "base/log.h"
#include "support/unit.h"
#include "tests.h"

static char last[LOG_LINE_BYTES + 1];
static size_t lines;

static void keep(void *arg, str line)
{
    (void)arg;
    assert_true(line.n <= LOG_LINE_BYTES);
    memcpy(last, line.p, line.n);
    last[line.n] = 0;
    lines++;
}

/* 2001-09-09T01:46:40.123Z */
static usec at_a_billion(void *arg)
{
    (void)arg;
    return 1000000000 * USEC_S + 123 * USEC_MS + 999;
}

static const struct log json_log = {LOG_INFO, false, keep, at_a_billion, NULL};
static const struct log text_log = {LOG_DEBUG, true, keep, at_a_billion, NULL};

#define HEAD "{\"ts\":\"2001-09-09T01:46:40.123Z\",\"level\":\"info\",\"event\":\"call\""

static void a_line_is_one_json_object(void **state)
{
    (void)state;
    struct log_line line;
    log_open(&line, &json_log, LOG_INFO, "call");
    log_str(&line, "integration", STR("acme"));
    log_str(&line, "absent", STR_NONE);
    log_str(&line, "empty", STR(""));
    log_int(&line, "status", -200);
    log_int(&line, "least", INT64_MIN);
    log_bool(&line, "sent", true);
    log_bool(&line, "parked", false);
    log_close(&line);
    assert_string_equal(last, HEAD ",\"integration\":\"acme\",\"empty\":\"\","
                                   "\"status\":-200,\"least\":-9223372036854775808,"
                                   "\"sent\":true,\"parked\":false}\n");
}

static const char *logged(str value)
{
    struct log_line line;
    log_open(&line, &json_log, LOG_INFO, "call");
    log_str(&line, "v", value);
    log_close(&line);
    size_t head = strlen(HEAD ",\"v\":");
    assert_memory_equal(last, HEAD ",\"v\":", head);
    return last + head;
}

static void strings_are_escaped(void **state)
{
    (void)state;
    assert_string_equal(logged(STR("a\"b\\c")), "\"a\\\"b\\\\c\"}\n");
    assert_string_equal(logged(STR("a\nb\r\t")), "\"a\\u000ab\\u000d\\u0009\"}\n");
    assert_string_equal(logged(STR("\0\x1b[31m\x7f")),
                        "\"\\u0000\\u001b[31m\\u007f\"}\n");
    assert_string_equal(logged(STR("gr\xc3\xbcn \xf0\x9f\x98\x80")),
                        "\"gr\xc3\xbcn \xf0\x9f\x98\x80\"}\n");
}

static void bytes_that_are_not_utf8_are_replaced(void **state)
{
    (void)state;
    assert_string_equal(logged(STR("a\xff\xc3")), "\"a\xef\xbf\xbd\xef\xbf\xbd\"}\n");
    assert_string_equal(logged(STR("\xe2\x82\xac\x80")),
                        "\"\xe2\x82\xac\xef\xbf\xbd\"}\n");
    assert_string_equal(logged(STR("\xed\xa0\x80")),
                        "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}\n");
}

static void less_important_lines_are_not_written(void **state)
{
    (void)state;
    struct log_line line;
    size_t before = lines;
    log_open(&line, &json_log, LOG_DEBUG, "call");
    log_str(&line, "v", STR("x"));
    log_int(&line, "n", 1);
    log_bool(&line, "b", true);
    log_close(&line);
    log_open(&line, NULL, LOG_ERROR, "call");
    log_close(&line);
    assert_int_equal(lines, before);
    log_say(&json_log, LOG_ERROR, "call", "%s", "x");
    assert_int_equal(lines, before + 1);
}

static void members_that_do_not_fit_are_dropped(void **state)
{
    (void)state;
    struct log_line line;
    char big[LOG_LINE_BYTES];
    memset(big, 'x', sizeof(big));
    log_open(&line, &json_log, LOG_INFO, "call");
    log_str(&line, "big", str_of(big, sizeof(big)));
    log_str(&line, "small", STR("fits"));
    log_close(&line);
    assert_string_equal(last, HEAD ",\"small\":\"fits\",\"cut\":true}\n");
}

/* At each length around the limit the line stays whole. */
static void no_length_breaks_a_line(void **state)
{
    (void)state;
    char big[LOG_LINE_BYTES];
    memset(big, '"', sizeof(big));
    for (size_t n = 1900; n < 2100; n++) {
        struct log_line line;
        log_open(&line, &json_log, LOG_INFO, "call");
        log_str(&line, "v", str_of(big, n));
        for (int i = 0; i < 10; i++)
            log_int(&line, "n", 123456789);
        log_close(&line);
        str text = str_z(last);
        bool cut = str_find_str(text, STR("cut")) < text.n;
        assert_true(str_ends(text, cut ? STR(",\"cut\":true}\n") : STR("123456789}\n")));
    }
}

static void text_mode_is_for_people(void **state)
{
    (void)state;
    struct log_line line;
    char big[LOG_LINE_BYTES] = {0};
    log_open(&line, &text_log, LOG_WARN, "breaker");
    log_str(&line, "host", STR("a\nb \"c\""));
    log_int(&line, "n", 5);
    log_bool(&line, "open", true);
    log_close(&line);
    assert_string_equal(last, "2001-09-09T01:46:40.123Z warn breaker "
                              "host=\"a\\u000ab \\\"c\\\"\" n=5 open=true\n");
    log_open(&line, &text_log, LOG_DEBUG, "breaker");
    log_str(&line, "big", str_of(big, sizeof(big)));
    log_close(&line);
    assert_string_equal(last, "2001-09-09T01:46:40.123Z debug breaker cut=true\n");
}

static void a_sentence_is_a_message(void **state)
{
    (void)state;
    log_say(&json_log, LOG_INFO, "call", "%d of %s", 3, "many");
    assert_string_equal(last, HEAD ",\"message\":\"3 of many\"}\n");
}

static void long_sentences_are_cut_between_characters(void **state)
{
    (void)state;
    char text[1201];
    for (size_t i = 0; i < 1200; i += 3)
        memcpy(text + i, "\xe2\x82\xac", 3);
    text[1200] = 0;
    for (size_t skip = 0; skip < 3; skip++) {
        log_say(&json_log, LOG_INFO, "call", "%.*s%s", (int)skip, "ab", text);
        str line = str_z(last);
        assert_true(str_find_str(line, STR("\xef\xbf\xbd")) == line.n);
        assert_true(str_ends(line, STR("\xe2\x82\xac\"}\n")));
    }
}

static void levels_have_names(void **state)
{
    (void)state;
    enum log_level level = LOG_INFO;
    assert_true(log_level_parse(STR("error"), &level));
    assert_int_equal(level, LOG_ERROR);
    assert_true(log_level_parse(STR("debug"), &level));
    assert_int_equal(level, LOG_DEBUG);
    assert_false(log_level_parse(STR("Error"), &level));
    assert_false(log_level_parse(STR_NONE, &level));
    assert_int_equal(level, LOG_DEBUG);
}

int test_log(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_one_json_object),
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(bytes_that_are_not_utf8_are_replaced),
        cmocka_unit_test(less_important_lines_are_not_written),
        cmocka_unit_test(members_that_do_not_fit_are_dropped),
        cmocka_unit_test(no_length_breaks_a_line),
        cmocka_unit_test(text_mode_is_for_people),
        cmocka_unit_test(a_sentence_is_a_message),
        cmocka_unit_test(long_sentences_are_cut_between_characters),
        cmocka_unit_test(levels_have_names),
    };
    return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
