/*
 * `eval`: expressions over files and standard input, for people and for programs.
 */
#include "groups.h"
#include "support/shell.h"

#include <stdlib.h>

static void test_the_value_is_printed_indented(void **state)
{
    struct ran ran =
        shell_run(*state, "eval '{\"sum\": a + b}' -", "{\"a\":1,\"b\":2.5}");
    assert_ran(ran, 0);
    assert_str(ran.out, STR("{\n  \"sum\": 3.5\n}\n"));
    ran = shell_run(*state, "eval a", "{\"a\":[1.50]}\n");
    assert_str(ran.out, STR("[\n  1.50\n]\n"));
}

static void test_nothing_on_standard_input_is_no_input(void **state)
{
    struct ran ran = shell_run(*state, "eval '$exists($)'", " \n");
    assert_ran(ran, 0);
    assert_str(ran.out, STR("false\n"));
}

static void test_an_expression_that_finds_nothing(void **state)
{
    struct ran ran = shell_run(*state, "eval a.b", "{}");
    assert_ran(ran, 0);
    assert_str(ran.out, STR(""));
    assert_str(ran.err, STR("undefined\n"));
    ran = shell_run(*state, "eval a.b --json", "{}");
    assert_str(ran.out, STR("{\"undefined\":true}\n"));
}

static void test_an_input_that_is_no_json(void **state)
{
    struct ran ran = shell_run(*state, "eval a -", "{\n1}");
    assert_ran(ran, 1);
    assert_in(ran.err, "(line 2, column 1)");
    ran = shell_run(*state, "eval a /nonexistent", NULL);
    assert_ran(ran, 1);
    assert_in(ran.err, "/nonexistent cannot be read");
}

static void test_a_fault_is_shown_in_its_line(void **state)
{
    struct ran ran = shell_run(*state, "eval '(\n  \"\xc3\xa9\" & a + 1)'", "{\"a\":2}");
    assert_ran(ran, 1);
    assert_str(ran.out, STR(""));
    assert_str(ran.err, STR("T2001: the left side of + must be a number\n"
                            "   2 |   \"\xc3\xa9\" & a + 1)\n"
                            "     |           ^\n"
                            "       it was \"\xc3\xa9"
                            "2\"\n"));
    ran = shell_run(*state, "eval '1 + $uppercase(2)'", NULL);
    assert_in(ran.err, "\n   1 | 1 + $uppercase(2)\n     |      ^^^^^^^^^\n");
    ran = shell_run(*state, "eval '$number(\"x\")'", NULL);
    assert_in(ran.err, "D3030: \"x\" cannot be made a number\n");
    assert_true(str_find_str(ran.err, STR("it was")) == ran.err.n);
}

static void test_a_fault_as_json(void **state)
{
    struct ran ran = shell_run(*state, "eval --json '\"\xf0\x9f\x98\x80\" + 1'", NULL);
    const struct json *error = json_member(given_json(*state, ran.out), STR("error"));
    assert_ran(ran, 1);
    assert_str(json_member_text(error, STR("code")), STR("T2001"));
    assert_str(json_member_text(error, STR("token")), STR("+"));
    assert_true(json_number(json_member(error, STR("position"))) == 6);
}

static void test_limits_end_a_run(void **state)
{
    const char *deep = "eval --depth 100 '($f := function($n){1 + $f($n)}; $f(1))'";
    struct ran ran = shell_run(*state, deep, NULL);
    assert_ran(ran, 1);
    assert_in(ran.err, "U1001");
    ran = shell_run(*state, "eval --timelimit 20 '($f := function(){$f()}; $f())'", NULL);
    assert_in(ran.err, "U1001");
}

static void test_lines_are_answered_in_order(void **state)
{
    struct ran ran = shell_run(
        *state, "eval --jsonl",
        "{\"id\":1,\"expr\":\"a + $b\",\"input\":{\"a\":1},\"bindings\":{\"b\":2}}\n"
        "\n"
        "{\"id\":\"x\",\"expr\":\"a\",\"input\":null}\r\n"
        "{\"expr\":\"null\"}\n"
        "{\"id\":2,\"expr\":\"1 +\"}\n"
        "{\"id\":3,\"expr\":\"($f := function(){$f()}; $f())\",\"timelimit\":10}\n"
        "{\"id\":4,\"expr\":\"[[[[1]]]]\",\"depth\":3}");
    assert_ran(ran, 0);
    str line;
    str rest = ran.out;
    static const char *const answers[] = {"{\"id\":1,\"result\":3}",
                                          "{\"id\":\"x\",\"undefined\":true}",
                                          "{\"id\":null,\"result\":null}",
                                          "{\"id\":2,\"error\":{\"code\":\"S0207\",",
                                          "{\"id\":3,\"error\":{\"code\":\"U1001\",",
                                          "{\"id\":4,\"error\":{\"code\":\"U1001\","};
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        assert_true(str_next(&rest, '\n', &line));
        assert_true(str_starts(line, str_z(answers[i])));
    }
    assert_int_equal(rest.n, 0);
}

static void test_lines_that_are_no_orders(void **state)
{
    static const char *const bad[] = {"[",
                                      "[]",
                                      "{\"expr\":1}",
                                      "{\"expr\":\"1\",\"bindings\":[]}",
                                      "{\"expr\":\"1\",\"timelimit\":-1}",
                                      "{\"expr\":\"1\",\"depth\":0.5}"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct ran ran = shell_run(*state, "eval --jsonl", bad[i]);
        assert_ran(ran, 1);
        assert_in(ran.out, "\"bad_line\"");
    }
}

static void test_what_an_expression_reads(void **state)
{
    struct ran ran = shell_run(
        *state, "eval --explain '$sum(items.(price * $rate)) & `a b`.*.c'", NULL);
    assert_ran(ran, 0);
    assert_str(ran.out, STR("reads  `a b`.*.c\n"
                            "       items.price\n"
                            "calls  $sum\n"
                            "wants  $rate\n"));
    ran = shell_run(*state, "eval --explain 1", NULL);
    assert_str(ran.out, STR("reads  nothing\n"));
    ran = shell_run(*state, "eval --explain --json '$now() & a'", NULL);
    assert_str(ran.out, STR("{\"reads\":[\"a\"],\"calls\":[\"now\"],\"wants\":[]}\n"));
    ran = shell_run(*state, "eval --explain '1 +'", NULL);
    assert_ran(ran, 1);
    assert_in(ran.err, "S0207");
    ran =
        shell_run(*state, "eval --jsonl", "{\"id\":1,\"expr\":\"a.b\",\"explain\":true}");
    assert_str(ran.out,
               STR("{\"id\":1,\"reads\":[\"a.b\"],\"calls\":[],\"wants\":[]}\n"));
}

static void test_wrong_usage(void **state)
{
    assert_ran(shell_run(*state, "eval", NULL), 2);
    assert_ran(shell_run(*state, "eval --jsonl 1", NULL), 2);
    assert_ran(shell_run(*state, "eval --timelimit soon 1", NULL), 2);
    assert_ran(shell_run(*state, "eval --depth 0 1", NULL), 2);
    assert_ran(shell_run(*state, "eval --explain 1 -", NULL), 2);
}

int test_cli_eval(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(test_the_value_is_printed_indented),
        GIVEN_TEST(test_nothing_on_standard_input_is_no_input),
        GIVEN_TEST(test_an_expression_that_finds_nothing),
        GIVEN_TEST(test_an_input_that_is_no_json),
        GIVEN_TEST(test_a_fault_is_shown_in_its_line),
        GIVEN_TEST(test_a_fault_as_json),
        GIVEN_TEST(test_limits_end_a_run),
        GIVEN_TEST(test_lines_are_answered_in_order),
        GIVEN_TEST(test_lines_that_are_no_orders),
        GIVEN_TEST(test_what_an_expression_reads),
        GIVEN_TEST(test_wrong_usage),
    };
    return cmocka_run_group_tests_name("cli: eval", tests, NULL, NULL);
}
