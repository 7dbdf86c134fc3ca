/*
 * A run that is given too little memory ends with U1002 and leaves nothing behind; a run
 * that is given enough gives what it always gives.
 */
#include "evaluated.h"
#include "support/given.h"
#include "tests.h"

static const char *const input = "{\"a\":[{\"b\":3,\"c\":\"x\"},{\"b\":1,\"c\":\"y\"},{"
                                 "\"b\":2}],\"t\":\"one two two\"}";

static const char *const expressions[] = {
    "a.b",
    "a^(>b).{'b': b, 'c': c & '!'}",
    "a{c: $sum(b)}",
    "a#$i.{'i': $i, 'of': %.t}",
    "$map(a, function($v, $i){$v.b + $i}) ~> $reverse",
    "$replace(t, /t(wo)/, function($m){$uppercase($m.match) & $m.groups[0]})",
    "$match(t, /\\w+/).match",
    "$split(t, ' ') ~> $distinct ~> $join('-')",
    "$ ~> |a|{'d': b * 2}, 'c'|",
    "$eval('a[b > 1].$string()')",
    "$fromMillis(1.6e12, '[Y]-[M01]-[D01] [FNn]') & $formatNumber(1234.5, '#,##0.00')",
    "($f := function($n){$n < 2 ? 1 : $n * $f($n - 1)}; $f(20))",
    "[1..500].($ * $)",
    "$string($, true)",
    "$eval('1 + \"a\"')",
    "$eval('\"' & $pad('', 3000, 'ab') & '\"')",
    "$eval('function($a, $b)<n-(sa<n>)?:n>{$a}(1)')",
    "$formatNumber(1234.5, '#.##0,00', {'decimal-separator': ',', "
    "'grouping-separator': '.', 'zero-digit': 0})",
    "$zip(a.b, a.c, [1..3]) ~> $sort(function($l, $r){$l[0] > $r[0]})",
};

static str run_within(const struct jsonata *expression, struct arena *arena, size_t bytes)
{
    struct jsonata_run run = {.arena = arena,
                              .input = *given_json(arena, str_z(input)),
                              .limits = {.bytes_max = bytes}};
    return evaluated_run(expression, &run);
}

/* Every limit up to the first that suffices. */
static void starve(struct arena *kept, const char *source)
{
    struct jsonata_fault fault;
    struct jsonata *expression = jsonata_compile(kept, str_z(source), &fault);
    assert_non_null(expression);
    str wanted = run_within(expression, kept, (size_t)1 << 26);
    bool enough = false;
    unsigned refused = 0;
    for (size_t bytes = 1; !enough; bytes += bytes < 4096 ? 16 : 512) {
        struct arena arena;
        arena_init(&arena, 16, (size_t)1 << 26);
        str outcome = run_within(expression, &arena, bytes);
        enough = str_eq(outcome, wanted);
        refused += !enough;
        if (!enough && !str_eq(outcome, STR("!U1002")))
            fail_msg("%s within %zu: " STR_F, source, bytes, STR_A(outcome));
        arena_fini(&arena);
    }
    assert_true(refused > 0);
    jsonata_destroy(&expression);
}

static void little_memory_ends_a_run_and_no_more(void **state)
{
    for (size_t i = 0; i < COUNT_OF(expressions); i++)
        starve(*state, expressions[i]);
}

/* The arena goes on to be used after a fault in it. */
static void an_arena_outlives_its_faults(void **state)
{
    struct arena *arena = *state;
    for (int i = 0; i < 50; i++) {
        struct arena_mark mark = arena_mark(arena);
        struct jsonata_limits small = {.bytes_max = 10000};
        assert_str(evaluated(arena, STR("$pad('', 50000)"), NULL, &small), STR("!U1002"));
        assert_str(evaluated(arena, STR("$length($pad('', 50000))"), NULL, NULL),
                   STR("50000"));
        assert_str(evaluated(arena, STR("$number('x')"), NULL, NULL), STR("!D3030"));
        arena_rewind(arena, mark);
    }
}

/* What a fault tells lives in the arena, not in the expression or the input. */
static void faults_outlive_their_expressions(void **state)
{
    struct arena *arena = *state;
    struct arena inputs;
    struct json value;
    struct jsonata_fault fault;
    arena_init(&inputs, 4096, 1 << 20);
    struct jsonata_run run = {
        .arena = arena, .input = *given_json(&inputs, STR("{\"a\":\"\\u00e9 x\"}"))};
    struct jsonata *expression = jsonata_compile(arena, STR("a + 1"), &fault);
    assert_false(jsonata_eval(expression, &run, &value, &fault));
    jsonata_destroy(&expression);
    arena_fini(&inputs);
    assert_str(fault.token, STR("+"));
    assert_str(json_text(&fault.value), STR("\xc3\xa9 x"));
    assert_int_equal(fault.position, 3);
    assert_null(
        jsonata_compile(arena, STR("'\xc3\xa9' & \xf0\x9f\x98\x80 & (1 2)"), &fault));
    assert_int_equal(fault.code, JSONATA_S0202);
    assert_str(fault.token, STR("2"));
}

/* Ranges, functions and large values among them. */
static void faults_tell_of_any_value(void **state)
{
    static const struct evaluated_row rows[] = {
        {"[1..5] < 'a'", NULL, "!T2010"},
        {"[[1..3], $sum, {'f': function(){1}, 'r': [1..2]}] + 1", NULL, "!T2001"},
        {"$number([1..9000000])", NULL, "!T0410"},
        {"{$sum: 1}", NULL, "!T1003"},
        {"$pad('', 1000000, 'ab') + 1", NULL, "!T2001"},
        {"[1..10000].{'a': [$]} + 1", NULL, "!T2001"},
        {"$error($string([1..3]))", NULL, "!D3137"},
        {"$map([1..40], function($i){[1..40]}) < 1", NULL, "!T2010"},
        {"$reduce([1..200], function($s, $v){[[$s]]}, 1) + 1", NULL, "!T2001"},
    };
    assert_rows(*state, rows, (&(struct jsonata_limits){.steps_max = 1000 * 1000}));
}

static void signatures_of_anything(void **state)
{
    static const struct evaluated_row rows[] = {
        {"function($a)<a<(>>{$a}('f')", NULL, "!T0412"},
        {"function($a)<a<\xc3\xa9>:n>{$a}(['f'])", NULL, "!T0412"},
        {"function($a)<a<{>:n>{$a}([])", NULL, "!S0202"},
    };
    assert_rows(*state, rows, NULL);
}

static void an_arena_of_little_room_still_tells_why(void **state)
{
    struct jsonata_fault fault;
    struct json value;
    (void)state;
    for (size_t room = 0; room < 400 * 1024; room += 1000) {
        struct arena arena;
        arena_init(&arena, 4096, room + 64 * 1024);
        struct jsonata *expression =
            jsonata_compile(&arena, STR("$pad('', 1e6, 'ab') + 1"), &fault);
        struct jsonata_run run = {.arena = &arena};
        assert_false(jsonata_eval(expression, &run, &value, &fault));
        jsonata_destroy(&expression);
        arena_fini(&arena);
    }
}

int test_memory(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(little_memory_ends_a_run_and_no_more),
        GIVEN_TEST(an_arena_outlives_its_faults),
        GIVEN_TEST(faults_outlive_their_expressions),
        GIVEN_TEST(faults_tell_of_any_value),
        GIVEN_TEST(signatures_of_anything),
        GIVEN_TEST(an_arena_of_little_room_still_tells_why),
    };
    return cmocka_run_group_tests_name("jsonata/memory", tests, NULL, NULL);
}
