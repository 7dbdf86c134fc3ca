/* One compiled expression, one input, many threads: nobody writes to what is shared. */
#include <pthread.h>

#include "evaluated.h"
#include "support/given.h"
#include "tests.h"

enum { THREADS = 4, ROUNDS = 60 };

static const char *const expressions[] = {
    "a^(b).{'b': b, 'u': $uppercase(c)}",
    "a#$i[b > 1].{'i': $i, 'n': %.n}",
    "$match(t, /(\\w)\\w*/).groups[0]",
    "$fromMillis(n, '[Y]-[M01]-[D01]') & $formatInteger(b, 'w')",
    "$ ~> |a|{'d': b}, 'c'|",
    "($f := function($x){$x <= 0 ? 0 : $x + $f($x - 1)}; $f(30))",
    "$eval('a.b')",
    "a[0][]",
    "[a.b, [1..20]]",
    "a{c: b}",
};

struct shared {
    const struct jsonata *const *expressions;
    const struct json *input;
    const str *wanted;
    unsigned wrong;
};

static void *run_many(void *arg)
{
    struct shared *shared = arg;
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < COUNT_OF(expressions); i++) {
            struct arena arena;
            arena_init(&arena, 4096, 1 << 24);
            struct jsonata_run run = {.arena = &arena, .input = *shared->input};
            str outcome = evaluated_run(shared->expressions[i], &run);
            shared->wrong += !str_eq(outcome, shared->wanted[i]);
            arena_fini(&arena);
        }
    return NULL;
}

static void threads_share_expressions_and_inputs(void **state)
{
    struct arena *arena = *state;
    const struct jsonata *compiled[COUNT_OF(expressions)];
    str wanted[COUNT_OF(expressions)];
    struct jsonata_fault fault;
    pthread_t threads[THREADS];
    struct shared shared[THREADS];
    const struct json *input = given_json(
        arena, STR("{\"a\":[{\"b\":2,\"c\":\"x\"},{\"b\":1,\"c\":\"y\"},{\"b\":3.50}],"
                   "\"n\":1600000000000,\"t\":\"one two\"}"));
    for (size_t i = 0; i < COUNT_OF(expressions); i++) {
        struct jsonata_run run = {.arena = arena, .input = *input};
        compiled[i] = jsonata_compile(arena, str_z(expressions[i]), &fault);
        assert_non_null(compiled[i]);
        wanted[i] = evaluated_run(compiled[i], &run);
    }
    for (int i = 0; i < THREADS; i++) {
        shared[i] = (struct shared){compiled, input, wanted, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, run_many, &shared[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(shared[i].wrong, 0);
    }
    for (size_t i = 0; i < COUNT_OF(expressions); i++)
        jsonata_destroy((struct jsonata **)(uintptr_t)&compiled[i]);
}

/* An input is the same after any run; a result may share memory with it. */
static void inputs_are_never_changed(void **state)
{
    static const struct evaluated_row rows[] = {
        {"(a[0][]; a)", "{\"a\":[1]}", "[1]"},
        {"($x := a[]; $x ~> $append(2); a)", "{\"a\":[1]}", "[1]"},
        {"($ ~> |a|{'b': 2}|; a)", "{\"a\":{\"b\":1}}", "{\"b\":1}"},
        {"($sort(a); $reverse(a); $shuffle(a); a)", "{\"a\":[3,1,2]}", "[3,1,2]"},
        {"($merge([a, {'b': 2}]); a)", "{\"a\":{\"b\":1}}", "{\"b\":1}"},
        {"(a^(b); a.b)", "{\"a\":[{\"b\":2},{\"b\":1}]}", "[2,1]"},
    };
    assert_rows(*state, rows, NULL);
}

/* So many pictures that their numbers reach every bit of a mark. */
static void texts_that_were_prepared_are_texts(void **state)
{
    struct arena *arena = *state;
    struct buf buf;
    buf_init(&buf, 1 << 20);
    buf_char(&buf, '[');
    for (int i = 0; i < 2000; i++)
        buf_printf(&buf, "%s$toMillis('%d'[$ != 'x'], '[Y]'{'k': $}.k)", i ? "," : "",
                   1900 + i % 200);
    buf_str(&buf, STR("] ~> $count"));
    assert_str(evaluated(arena, buf_peek(&buf), "[]", NULL), STR("2000"));
    buf_fini(&buf);
}

int test_sharing(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(threads_share_expressions_and_inputs),
        GIVEN_TEST(inputs_are_never_changed),
        GIVEN_TEST(texts_that_were_prepared_are_texts),
    };
    return cmocka_run_group_tests_name("jsonata/sharing", tests, NULL, NULL);
}
