/*
 * The table of commands against itself.
 */
#include "cli/cli_command.h"
#include "groups.h"
#include "support/shell.h"

static uint32_t count_arguments(const char *args, bool required)
{
    str rest = str_z(args);
    str name;
    uint32_t n = 0;
    while (rest.n && str_next(&rest, ' ', &name))
        n += !required || !str_starts(name, STR("["));
    return n;
}

static uint32_t count_places(const char *pattern)
{
    uint32_t n = 0;
    for (; *pattern; pattern++)
        n += *pattern == '{';
    return n;
}

static void check_data(const struct cli_command *command)
{
    const struct cli_action *action = command->action;
    uint32_t places = count_places(action->path);
    uint32_t members = 0;
    while (action->members && action->members[members])
        members++;
    assert_non_null(action->method);
    assert_true(places <= count_arguments(command->args, true));
    if (!action->run)
        assert_int_equal(places + members, count_arguments(command->args, false));
    if (action->columns)
        assert_non_null(action->noun);
    if (strcmp(action->method, "DELETE") == 0)
        assert_non_null(action->done);
}

static void test_each_command_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_command_n; i++) {
        const struct cli_command *command = &cli_commands[i];
        assert_true(str_ends(str_z(command->doc), STR(".")));
        assert_ptr_equal(cli_find(str_z(command->noun), str_z(command->verb)), command);
        if (!command->action)
            continue;
        if (command->action->local)
            assert_non_null(command->action->run);
        else
            check_data(command);
    }
}

static void check_option(const struct cli_option *option, void *arg)
{
    (void)arg;
    if (!str_ends(str_z(option->doc), STR(".")))
        fail_msg("--%s: its sentence has no end", option->name);
    assert_true(!option->required || option->value);
    assert_true(option->value || option->place <= OPTION_QUERY ||
                option->place == OPTION_TRUE);
}

static void test_each_option_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_command_n; i++)
        cli_each_option(&cli_commands[i], check_option, NULL);
}

struct names {
    const char *items[64];
    unsigned n;
};

static void note_name(const struct cli_option *option, void *arg)
{
    struct names *names = arg;
    for (unsigned i = 0; i < names->n; i++)
        assert_string_not_equal(names->items[i], option->name);
    names->items[names->n++] = option->name;
}

static void test_no_option_hides_another(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_command_n; i++) {
        struct names names = {.n = 0};
        cli_each_option(&cli_commands[i], note_name, &names);
    }
}

static void test_the_list_is_there_for_programs(void **state)
{
    struct ran ran = shell_run(*state, "help --json", NULL);
    assert_ran(ran, 0);
    const struct json *commands =
        json_member(given_json(*state, ran.out), STR("commands"));
    assert_int_equal(commands->n, cli_command_n);
}

static void test_every_command_and_option_is_in_the_documentation(void **state)
{
    str page = given_file(*state, "docs/cli.md");
    for (size_t i = 0; i < cli_command_n; i++) {
        const struct cli_command *command = &cli_commands[i];
        str name = arena_printf(*state, "%s%s%s", command->noun,
                                command->verb[0] ? " " : "", command->verb);
        assert_in(page, arena_z(*state, name));
    }
}

int test_cli_commands(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(test_each_command_is_whole),
        GIVEN_TEST(test_each_option_is_whole),
        GIVEN_TEST(test_no_option_hides_another),
        GIVEN_TEST(test_the_list_is_there_for_programs),
        GIVEN_TEST(test_every_command_and_option_is_in_the_documentation),
    };
    return cmocka_run_group_tests_name("cli: commands", tests, NULL, NULL);
}
