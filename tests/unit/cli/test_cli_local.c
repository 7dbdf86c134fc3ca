/*
 * `json`, which reads files and asks nobody.
 */
#include "groups.h"
#include "support/shell.h"

#include <stdlib.h>

static const char *write_file(struct arena *arena, const char *text, size_t n)
{
    char path[] = "/tmp/breakwater-cli-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, n), n);
    close(fd);
    return arena_z(arena, str_z(path));
}

static struct ran check(struct arena *arena, const char *text, const char *options)
{
    const char *path = write_file(arena, text, strlen(text));
    str words = arena_printf(arena, "json %s %s", options, path);
    struct ran ran = shell_run(arena, arena_z(arena, words), NULL);
    unlink(path);
    return ran;
}

static void test_a_line_a_file(void **state)
{
    struct arena *arena = *state;
    struct ran ran = check(arena, "{\"a\":[1,2.5e3,null]}\n", "");
    assert_ran(ran, 0);
    assert_true(str_starts(ran.out, STR("ok /tmp/breakwater-cli-")));
    ran = check(arena, "{\n  \"a\": 01}", "");
    assert_ran(ran, 1);
    assert_true(str_starts(ran.out, STR("bad /tmp/breakwater-cli-")));
    assert_true(str_ends(ran.out, STR(" (2, 8)\n")));
}

static void test_several_files_are_all_looked_at(void **state)
{
    struct arena *arena = *state;
    const char *good = write_file(arena, "1", 1);
    const char *bad = write_file(arena, "[1,]", 4);
    str words = arena_printf(arena, "json %s %s /nonexistent %s", good, bad, good);
    struct ran ran = shell_run(arena, arena_z(arena, words), NULL);
    unlink(good);
    unlink(bad);
    assert_ran(ran, 1);
    assert_in(ran.out, "bad /nonexistent: it cannot be read\n");
    unsigned lines = 0;
    for (size_t i = 0; i < ran.out.n; i++)
        lines += ran.out.p[i] == '\n';
    assert_int_equal(lines, 4);
}

static void test_as_json(void **state)
{
    struct arena *arena = *state;
    struct ran ran = check(arena, "[1 2]", "--json");
    const struct json *verdict = given_json(arena, ran.out);
    assert_ran(ran, 1);
    assert_int_equal(json_member(verdict, STR("valid"))->type, JSON_FALSE);
    assert_true(json_number(json_member(verdict, STR("column"))) == 4);
}

static void test_standard_input(void **state)
{
    struct ran ran = shell_run(*state, "json -", "{}");
    assert_ran(ran, 0);
    assert_str(ran.out, STR("ok -\n"));
}

static void test_strictness(void **state)
{
    static const char *const bad[] = {
        "",    " ",  "{'a':1}",  "[1,]", "{\"a\":1,}", "\xef\xbb\xbf[]",
        "nul", "+1", "\"\x01\"", "[]x",  "NaN",        "\"\xff\""};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_ran(check(*state, bad[i], ""), 1);
}

int test_cli_local(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(test_a_line_a_file), GIVEN_TEST(test_several_files_are_all_looked_at),
        GIVEN_TEST(test_as_json),       GIVEN_TEST(test_standard_input),
        GIVEN_TEST(test_strictness),
    };
    return cmocka_run_group_tests_name("cli: json", tests, NULL, NULL);
}
