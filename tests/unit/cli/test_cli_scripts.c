/*
 * What is made from the table of commands: completion, as bash itself completes with it,
 * and the manual page.
 */
#include "cli/cli_command.h"
#include "groups.h"
#include "support/shell.h"

#include <stdlib.h>

static const char *script(struct arena *arena)
{
    char path[] = "/tmp/breakwater-complete-XXXXXX";
    struct ran ran = shell_run(arena, "completion", NULL);
    assert_ran(ran, 0);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, ran.out.p, ran.out.n), ran.out.n);
    close(fd);
    return arena_z(arena, str_z(path));
}

/* What bash offers behind these words; the last one is begun. */
static str complete(struct arena *arena, const char *words)
{
    const char *path = script(arena);
    char answer[8192] = {0};
    str command = arena_printf(
        arena,
        "bash -c 'source %s; COMP_WORDS=(breakwater %s); "
        "COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _breakwater; echo \"${COMPREPLY[@]}\"'",
        path, words);
    FILE *pipe = popen(arena_z(arena, command), "r");
    assert_non_null(pipe);
    size_t n = fread(answer, 1, sizeof(answer) - 1, pipe);
    assert_int_equal(pclose(pipe), 0);
    unlink(path);
    return arena_str(arena, str_of(answer, n));
}

static void test_bash_completes(void **state)
{
    static const struct {
        const char *words;
        const char *offers;
    } cases[] = {
        {"acc", "accounts\n"},
        {"accounts cre", "create credentials\n"},
        {"master-keys r", "rotate\n"},
        {"accounts list --sta", "--state\n"},
        {"accounts create --environment x --i", "--integration\n"},
        {"json --js", "--json\n"},
        {"stages create --k", "--kind --key\n"},
        {"nonsense x --", "\n"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        given_same(cases[i].words, complete(*state, cases[i].words), cases[i].offers);
}

static void test_bash_knows_every_command(void **state)
{
    str nouns = complete(*state, "\\\"\\\"");
    for (size_t i = 0; i < cli_command_n; i++)
        assert_in(nouns, cli_commands[i].noun);
}

static void test_the_manual_has_every_command(void **state)
{
    struct ran ran = shell_run(*state, "man", NULL);
    assert_ran(ran, 0);
    assert_true(str_starts(ran.out, STR(".TH BREAKWATER 1\n")));
    assert_in(ran.out, ".SS \"breakwater accounts credentials ACCOUNT\"\n");
    assert_in(ran.out, "\\fB\\-\\-from\\-stdin\\fR\n");
    unsigned commands = 0;
    str rest = ran.out;
    str line;
    while (str_next(&rest, '\n', &line)) {
        static const char *const requests[] = {".TH ", ".SH ", ".SS ",
                                               ".TP",  ".B ",  ".I "};
        bool known = line.n == 0 || line.p[0] != '.';
        for (size_t i = 0; i < COUNT_OF(requests); i++)
            known = known || str_starts(line, str_z(requests[i]));
        if (!known)
            fail_msg("\"" STR_F "\" is no request of man", STR_A(line));
        commands += str_starts(line, STR(".SS "));
    }
    assert_int_equal(commands, cli_command_n);
}

int test_cli_scripts(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(test_bash_completes),
        GIVEN_TEST(test_bash_knows_every_command),
        GIVEN_TEST(test_the_manual_has_every_command),
    };
    return cmocka_run_group_tests_name("cli: completion and manual", tests, NULL, NULL);
}
