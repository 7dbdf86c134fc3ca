/*
 * Finding the command that was meant, and running it. What it prints goes out at its end,
 * all at once.
 */
#include "cli/cli.h"

#include <signal.h>
#include <stdio.h>

#include "cli/cli_command.h"
#include "json/bind.h"

enum { OUT_BYTES_MAX = 1 << 30, ARENA_CHUNK = 64 * 1024 };

const struct cli_command cli_commands[] = {
#define ACTION_CLI(symbol)  &action_##symbol
#define ACTION_MAIN(symbol) NULL
#define X(owner, symbol, noun, verb, args, doc)                                          \
    {#symbol, noun, verb, args, doc, ACTION_##owner(symbol)},
#include "cli/command_list.h"
#undef X
};

const size_t cli_command_n = COUNT_OF(cli_commands);

/* --- saying what is wrong --- */

int cli_failed(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fputs("breakwater: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    return CLI_FAILED;
}

int cli_misused(const struct cli *cli, const char *fmt, ...)
{
    va_list args;
    const struct cli_command *command = cli->command;
    const char *gap = command->verb[0] ? " " : "";
    va_start(args, fmt);
    fprintf(stderr, "breakwater %s%s%s: ", command->noun, gap, command->verb);
    vfprintf(stderr, fmt, args);
    fprintf(stderr, "\nbreakwater %s%s%s --help says how it is used.\n", command->noun,
            gap, command->verb);
    va_end(args);
    return CLI_USAGE;
}

/* --- finding --- */

static str suggestion(str word, str noun)
{
    const char *words[COUNT_OF(cli_commands) + 1] = {NULL};
    size_t n = 0;
    for (size_t i = 0; i < cli_command_n; i++)
        if (str_absent(noun))
            words[n++] = cli_commands[i].noun;
        else if (str_eq(str_z(cli_commands[i].noun), noun))
            words[n++] = cli_commands[i].verb;
    return bind_nearest(word, words);
}

static int refuse_word(str word, str noun)
{
    str nearest = suggestion(word, noun);
    if (str_absent(noun))
        fprintf(stderr, "breakwater: there is no command \"" STR_F "\"", STR_A(word));
    else
        fprintf(stderr, "breakwater " STR_F ": there is no \"" STR_F "\"", STR_A(noun),
                STR_A(word));
    if (!str_absent(nearest))
        fprintf(stderr, "; did you mean " STR_F "?", STR_A(nearest));
    fprintf(stderr, "\nbreakwater%s" STR_F " --help lists what there is.\n",
            str_absent(noun) ? "" : " ", STR_A(noun));
    return CLI_USAGE;
}

/* --- running --- */

static bool print_out(struct cli *cli)
{
    if (!buf_ok(&cli->out)) {
        cli_failed("there is more to print than 1 GiB");
        return false;
    }
    if (cli->out.n == 0)
        return true;
    bool good = fwrite(cli->out.p, 1, cli->out.n, stdout) == cli->out.n;
    return fflush(stdout) == 0 && good;
}

static int run_action(struct cli *cli)
{
    if (cli->help) {
        cli_put_help(&cli->out, cli->command);
        return CLI_DONE;
    }
    return cli->action->run ? cli->action->run(cli) : cli_ask(cli);
}

static int run_command(struct cli *cli, const struct cli_command *command, int argc,
                       char **argv)
{
    cli->command = command;
    cli->action = command->action;
    if (!cli->action)
        return cli_failed("%s is not run from here", command->noun);
    int status = cli_parse(cli, argc, argv);
    return status == CLI_DONE ? run_action(cli) : status;
}

static bool asks_help(str word)
{
    return str_eq(word, STR("--help")) || str_eq(word, STR("-h"));
}

static int run_noun(struct cli *cli, str noun, int argc, char **argv)
{
    str verb = argc ? str_z(argv[0]) : STR("");
    const struct cli_command *command = cli_find(noun, verb);
    if (argc && command)
        return run_command(cli, command, argc - 1, argv + 1);
    if (argc && !asks_help(verb))
        return refuse_word(verb, noun);
    cli_put_noun(&cli->out, noun);
    return argc ? CLI_DONE : CLI_USAGE;
}

static int dispatch(struct cli *cli, int argc, char **argv)
{
    str word = argc > 1 ? str_z(argv[1]) : STR("");
    if (cli_is_noun(word))
        return run_noun(cli, word, argc - 2, argv + 2);
    if (str_eq(word, STR("--version")))
        word = STR("version");
    const struct cli_command *command = cli_find(word, STR(""));
    if (command)
        return run_command(cli, command, argc - 2, argv + 2);
    if (argc > 1 && !asks_help(word))
        return refuse_word(word, STR_NONE);
    cli_put_overview(&cli->out);
    return argc > 1 ? CLI_DONE : CLI_USAGE;
}

int cli_main(int argc, char **argv)
{
    struct cli cli = {.arg_n = 0};
    signal(SIGPIPE, SIG_IGN);
    arena_init(&cli.arena, ARENA_CHUNK, SIZE_MAX);
    buf_init(&cli.out, OUT_BYTES_MAX);
    int status = dispatch(&cli, argc, argv);
    if (!print_out(&cli) && status == CLI_DONE)
        status = CLI_FAILED;
    buf_fini(&cli.out);
    arena_fini(&cli.arena);
    return status;
}
