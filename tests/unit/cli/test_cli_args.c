#include "groups.h"
#include "support/shell.h"

static void test_wrong_usage_is_said(void **state)
{
    static const struct {
        const char *words;
        const char *says;
    } cases[] = {
        {"", "Usage: breakwater COMMAND"},
        {"accuonts", "did you mean accounts?"},
        {"accounts", "breakwater accounts VERB"},
        {"accounts lst", "did you mean list?"},
        {"accounts frobnicate", "there is no \"frobnicate\""},
        {"accounts list --stat x", "did you mean --state?"},
        {"accounts list --frobnicate", "--frobnicate is no option"},
        {"accounts list -x", "\"-x\" is no option"},
        {"accounts list more", "\"more\" is one argument too many"},
        {"accounts list --state", "--state wants its STATE"},
        {"accounts list --state a --state b", "--state is given twice"},
        {"accounts list --json=1", "--json takes no value"},
        {"accounts show", "ACCOUNT is missing"},
        {"accounts show a b", "\"b\" is one argument too many"},
        {"stages create x", "--kind is missing"},
        {"breakers force acme --reason x", "STATE is missing"},
        {"accounts credentials a", "--from-stdin or --from-file"},
        {"accounts credentials a --from-stdin --from-file f",
         "--from-stdin or --from-file"},
        {"accounts credentials a --from-stdin --version x --field f",
         "--version wants a whole number"},
        {"json", "FILE... is missing"},
        {"help accounts frobnicate", "there is no command"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ran ran = shell_run(*state, cases[i].words, NULL);
        assert_ran(ran, 2);
        str both[] = {ran.out, ran.err};
        assert_in(arena_join(*state, both, 2), cases[i].says);
    }
}

static void test_help_is_everywhere(void **state)
{
    static const char *const words[] = {
        "help",
        "--help",
        "-h",
        "accounts --help",
        "accounts list --help",
        "accounts list -h",
        "help accounts",
        "help accounts list",
        "json --help",
        "help serve",
        "stages create --help",
    };
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        struct ran ran = shell_run(*state, words[i], NULL);
        assert_ran(ran, 0);
        assert_in(ran.out, "Usage: breakwater");
        assert_true(ran.err.n == 0);
    }
}

static void test_help_of_a_command_has_its_options(void **state)
{
    struct ran ran = shell_run(*state, "accounts list --help", NULL);
    static const char *const options[] = {"--state STATE", "--label NAME=VALUE",
                                          "--limit N",     "--all",
                                          "--url URL",     "--json"};
    for (size_t i = 0; i < COUNT_OF(options); i++)
        assert_in(ran.out, options[i]);
    ran = shell_run(*state, "integrations faults --help", NULL);
    assert_true(str_find_str(ran.out, STR("--limit")) == ran.out.n);
    ran = shell_run(*state, "json --help", NULL);
    assert_true(str_find_str(ran.out, STR("--url")) == ran.out.n);
}

static void test_options_end_at_two_dashes(void **state)
{
    struct ran ran = shell_run(*state, "json -- --help", NULL);
    assert_ran(ran, 1);
    assert_str(ran.out, STR("bad --help: it cannot be read\n"));
}

static void test_version(void **state)
{
    struct ran ran = shell_run(*state, "version", NULL);
    assert_ran(ran, 0);
    assert_true(str_starts(ran.out, STR("breakwater ")));
    assert_str(shell_run(*state, "--version", NULL).out, ran.out);
    ran = shell_run(*state, "version --json", NULL);
    assert_true(json_member_text(given_json(*state, ran.out), STR("version")).n > 0);
}

int test_cli_args(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(test_wrong_usage_is_said),
        GIVEN_TEST(test_help_is_everywhere),
        GIVEN_TEST(test_help_of_a_command_has_its_options),
        GIVEN_TEST(test_options_end_at_two_dashes),
        GIVEN_TEST(test_version),
    };
    return cmocka_run_group_tests_name("cli: arguments", tests, NULL, NULL);
}
