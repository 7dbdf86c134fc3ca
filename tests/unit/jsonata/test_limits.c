/*
 * Whatever expression and data: a run ends, and its fault names the limit that it
 * reached.
 */
#include "evaluated.h"
#include "support/given.h"
#include "tests.h"

/* --- expressions that want too much --- */

/* Nodes within nodes are counted, but the stack of the machine may end before. */
static void endless_recursion_ends(void **state)
{
    static const char *const sources[] = {
        "($f := function($n){1 + $f($n)}; $f(1))",
        "($f := function($a){$map([1, 2], $f)}; $f(1))",
        "($f := function($a){[1] ~> $filter($f)}; $f(1))",
        "($f := function($m){$replace('a', /a/, $f)}; $f(1))",
        "($f := function($l, $r){$sort([1, 2], $f)}; $f(1))",
        "($f := function(){{'a': $f()}}; $f())",
        "($s := '$eval($s)'; $eval($s))",
        "($f := function($x){$x ~> $f}; $f(1))",
        "($f := function($x){$eval('$f($x)')}; $f(1))",
    };
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        str outcome = evaluated(arena, str_z(sources[i]), NULL, NULL);
        if (!str_eq(outcome, STR("!U1001")) && !str_eq(outcome, STR("!D1011")))
            fail_msg("%s gives " STR_F, sources[i], STR_A(outcome));
    }
}

static void endless_loops_end(void **state)
{
    static const struct evaluated_row rows[] = {
        {"($f := function($n){$f($n)}; $f(1))", NULL, "!D1012"},
        {"($f := function($n){$g($n)}; $g := function($n){$f($n)}; $f(1))", NULL,
         "!D1012"},
        {"($f := function($x){($y := $x + 1; $f($y))}; $f(1))", NULL, "!D1012"},
    };
    assert_rows(*state, rows, (&(struct jsonata_limits){.steps_max = 1000 * 1000}));
}

static void steps_are_counted(void **state)
{
    static const struct evaluated_row rows[] = {
        {"$reduce([1..40], function($a, $i){ {\"x\":$a, \"y\":$a} }, 1)", NULL, "!D1012"},
        {"$count([1..1000].([1..1000].$))", NULL, "!D1012"},
        {"$map([1..10000], function($v){$sum([1..$v])})", NULL, "!D1012"},
        {"$sort($map([1..100000], function($v){-$v}), function($l, $r){$l > $r})[0]",
         NULL, "!D1012"},
        {"$reduce([1..100000], function($s, $v){$s & 'abcdefgh'}, '') ~> $length", NULL,
         "!D1012"},
        {"$distinct([1..30000].{'a': $})[0]", NULL, "!D1012"},
        {"[1..3000][$ in [1..3000]][0]", NULL, "!D1012"},
        {"1 + 1", NULL, "2"},
    };
    assert_rows(*state, rows, (&(struct jsonata_limits){.steps_max = 1000 * 1000}));
}

static void depth_is_counted(void **state)
{
    static const struct evaluated_row rows[] = {
        {"[[[[[[[[[[1]]]]]]]]]]", NULL, "!U1001"},
        {"(((((((((1)))))))))", NULL, "!U1001"},
        {"[[[1]]]", NULL, "[[[1]]]"},
        {"($f := function($n){$n = 0 ? 'end' : $f($n - 1)}; $f(1000))", NULL, "\"end\""},
    };
    assert_rows(*state, rows, (&(struct jsonata_limits){.depth_max = 8}));
}

static void bytes_are_counted(void **state)
{
    static const struct evaluated_row rows[] = {
        {"$pad('', 5e8)", NULL, "!U1002"},
        {"$pad('', -5e8, 'abc')", NULL, "!U1002"},
        {"$length($pad('', 1000000))", NULL, "1000000"},
        {"$join([1..1000000].$string(), '--------')", NULL, "!U1002"},
        {"($f := function($s){$length($s) > 1e9 ? 'end' : $f($s & $s)}; $f('abc'))", NULL,
         "!U1002"},
        {"($f := function($a){$count($a) > 1e8 ? 'end' : $f($append($a, $a))}; $f([1, "
         "2]))",
         NULL, "!U1002"},
        {"$string([1..2000000])", NULL, "!U1002"},
        {"$replace($pad('', 100000, 'a'), 'a', $pad('', 1000, 'b'))", NULL, "!U1002"},
        {"$split($pad('', 1000000, 'a'), '')[0]", NULL, "!U1002"},
        {"$formatBase(1, 2) & $formatNumber(1, $pad('', 9000000, '0'))", NULL, "!U1002"},
    };
    assert_rows(
        *state, rows,
        (&(struct jsonata_limits){.bytes_max = 8 << 20, .steps_max = UINT64_MAX}));
}

static void sequences_are_counted(void **state)
{
    static const struct evaluated_row rows[] = {
        {"[1..20].($x := [1..60]; $x)", NULL, "!D2015"},
        {"[1..10].([1..10].$) ~> $count", NULL, "100"},
        {"$map([1..1001], function($v){$v})", NULL, "!D2015"},
        {"[1..10000001]", NULL, "!D2014"},
        {"[-5e6..5e6]", NULL, "!D2014"},
        {"[1..1e300]", NULL, "!D2014"},
        {"[1e300..1]", NULL, "[]"},
    };
    assert_rows(*state, rows, (&(struct jsonata_limits){.sequence_max = 1000}));
}

static void huge_ranges_cost_nothing_until_looked_at(void **state)
{
    static const struct evaluated_row rows[] = {
        {"$count([1..10000000])", NULL, "10000000"},
        {"[1..10000000][5]", NULL, "6"},
        {"[1..10000000][-1]", NULL, "10000000"},
        {"[1..10000000].($ * 2)", NULL, "!U1002"},
        {"[[1..10000000], [1..10000000]]", NULL, "!U1002"},
    };
    assert_rows(
        *state, rows,
        (&(struct jsonata_limits){.bytes_max = 1 << 20, .steps_max = 5 * 1000 * 1000}));
}

static void regular_expressions_tire(void **state)
{
    static const char *const patterns[] = {"(a+)+$", "(a|aa)+$", "(a*)*$",
                                           "(.*)*x", "(a|a)*$",  "(x+x+)+y|(a+a+)+b"};
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        str source = arena_printf(arena, "$contains($pad('', 40000, 'a') & '!', /%s/)",
                                  patterns[i]);
        str outcome = evaluated(arena, source, NULL, NULL);
        if (!str_eq(outcome, STR("!U1003")) && !str_eq(outcome, STR("false")) &&
            !str_eq(outcome, STR("!D1012")))
            fail_msg(STR_F ": " STR_F, STR_A(source), STR_A(outcome));
    }
}

static void data_that_is_nested_deeply(void **state)
{
    struct arena *arena = *state;
    static const char *const sources[] = {
        "**",           "$string($)", "$ = $",
        "$.a",          "*",          "$distinct([$, $])",
        "$boolean($)",  "$clone($)",  "[$, $] ~> $sort",
        "a.a.a.a.**.a", "$spread($)", "|a|{'b': 1}|"};
    enum { DEPTH = 500 };
    char text[DEPTH * 2 + 2] = "";
    memset(text, '[', DEPTH);
    text[DEPTH] = '1';
    memset(text + DEPTH + 1, ']', DEPTH);
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        str outcome = evaluated(arena, str_z(sources[i]), text, NULL);
        assert_true(outcome.n > 0);
    }
}

/* A value that an expression makes is deeper than any input may be. */
static void values_that_are_made_deep(void **state)
{
    static const struct evaluated_row rows[] = {
        {"$reduce([1..900], function($s, $v){[[$s]]}, 1) ~> $type", NULL, "\"array\""},
        {"$reduce([1..9000], function($s, $v){[[$s]]}, 1)", NULL, "!D1011"},
        {"$reduce([1..9000], function($s, $v){{'a': $s}}, 1)", NULL, "!D1011"},
        {"$reduce([1..9000], function($s, $v){{'a': $s}}, 1) ~> $string", NULL, "!D1011"},
        {"$reduce([1..200000], function($s, $v){{'a': $s}}, 1) ~> $string", NULL,
         "!D1011"},
        {"($x := $reduce([1..200000], function($s, $v){{'a': $s}}, 1); "
         "$y := $reduce([1..200000], function($s, $v){{'a': $s}}, 1); $x = $y)",
         NULL, "!D1011"},
        {"($reduce([1..200000], function($s, $v){{'a': $s}}, 1).**)[0].x", NULL,
         "!D1011"},
        {"$reduce([1..200000], function($s, $v){[[$s]]}, 1) ~> $boolean", NULL, "!D1011"},
        {"$reduce([1..200000], function($s, $v){[[$s]]}, 1).a", NULL, "!D1011"},
        {"$reduce([1..200000], function($s, $v){[[$s]]}, 1).*", NULL, "!D1011"},
        {"$reduce([1..200000], function($s, $v){{'a': $s}}, 1) ~> $clone", NULL,
         "!D1011"},
    };
    assert_rows(*state, rows, (&(struct jsonata_limits){.bytes_max = (size_t)1 << 29}));
}

/* --- sources --- */

static str repeated(struct arena *arena, const char *head, const char *unit, size_t n,
                    const char *tail)
{
    struct buf buf;
    buf_init(&buf, 1 << 24);
    buf_str(&buf, str_z(head));
    for (size_t i = 0; i < n; i++)
        buf_str(&buf, str_z(unit));
    buf_str(&buf, str_z(tail));
    str text = arena_str(arena, buf_peek(&buf));
    buf_fini(&buf);
    return text;
}

static void sources_that_are_nested_deeply(void **state)
{
    static const struct {
        const char *head, *unit, *tail;
    } rows[] = {
        {"", "(", ""},        {"", "[", ""},           {"", "{'a':", ""},
        {"", "-", "1"},       {"1", "+1", ""},         {"1", " ? 1", ""},
        {"1", "&(1", ""},     {"a", ".a", ""},         {"a", "[0]", ""},
        {"a", "[a", ""},      {"a", "^(a)", ""},       {"a", "@$a", ""},
        {"a", "#$a", ""},     {"a", "{'a':a}", ""},    {"$f", "()", ""},
        {"$f", "(?)", ""},    {"", "function(){", ""}, {"1", "~>$f", ""},
        {"", "$a:=", "1"},    {"", "a.(", ""},         {"1", " and 1", ""},
        {"", "|a|", ""},      {"a", ".%", ""},         {"1", "??1", ""},
        {"a", ".b.(c)", ""},  {"", "%.", "%"},         {"", "$eval(", ""},
        {"1", "~>$f(1)", ""}, {"1", "?:1", ""},        {"", "1;", ""},
    };
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t n = (JSONATA_SOURCE_BYTES_MAX - 20) / strlen(rows[i].unit);
        str source = repeated(arena, rows[i].head, rows[i].unit, n, rows[i].tail);
        struct arena_mark mark = arena_mark(arena);
        str outcome = evaluated(arena, source, "{\"a\":1}", NULL);
        assert_true(outcome.n > 0);
        arena_rewind(arena, mark);
    }
}

static void long_sources_that_are_not_deep(void **state)
{
    struct arena *arena = *state;
    assert_str(evaluated(arena, repeated(arena, "1", "+1", 1000, ""), NULL, NULL),
               STR("1001"));
    assert_str(
        evaluated(arena, repeated(arena, "$sum([1", ",1", 100000, "])"), NULL, NULL),
        STR("100001"));
    assert_str(evaluated(arena, repeated(arena, "(", "$x:=1;", 40000, "$x)"), NULL, NULL),
               STR("1"));
    str longer = repeated(arena, "'", "a", JSONATA_SOURCE_BYTES_MAX, "'");
    assert_str(evaluated(arena, longer, NULL, NULL), STR("!D1011"));
}

/* --- stopping --- */

static bool stop_third(void *arg)
{
    unsigned *asked = arg;
    return ++*asked == 3;
}

static void a_run_is_stopped_from_outside(void **state)
{
    struct jsonata_fault fault;
    unsigned asked = 0;
    struct jsonata_run run = {.arena = *state, .stop = stop_third, .stop_arg = &asked};
    struct jsonata *expression =
        jsonata_compile(*state, STR("($f := function(){$f()}; $f())"), &fault);
    assert_non_null(expression);
    assert_str(evaluated_run(expression, &run), STR("!U1001"));
    assert_int_equal(asked, 3);
    jsonata_destroy(&expression);
}

static void eval_can_be_switched_off(void **state)
{
    static const struct evaluated_row rows[] = {
        {"$eval('1')", NULL, "!D3120"},
        {"['1'] ~> $map($eval)", NULL, "!D3120"},
        {"$eval(zz)", NULL, "undefined"},
    };
    assert_rows(*state, rows, (&(struct jsonata_limits){.no_eval = true}));
}

int test_limits(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(endless_recursion_ends),
        GIVEN_TEST(endless_loops_end),
        GIVEN_TEST(steps_are_counted),
        GIVEN_TEST(depth_is_counted),
        GIVEN_TEST(bytes_are_counted),
        GIVEN_TEST(sequences_are_counted),
        GIVEN_TEST(huge_ranges_cost_nothing_until_looked_at),
        GIVEN_TEST(regular_expressions_tire),
        GIVEN_TEST(data_that_is_nested_deeply),
        GIVEN_TEST(values_that_are_made_deep),
        GIVEN_TEST(sources_that_are_nested_deeply),
        GIVEN_TEST(long_sources_that_are_not_deep),
        GIVEN_TEST(a_run_is_stopped_from_outside),
        GIVEN_TEST(eval_can_be_switched_off),
    };
    return cmocka_run_group_tests_name("jsonata/limits", tests, NULL, NULL);
}
