/*
 * The manual page, in the man macros of roff.
 */
#include "cli/cli_command.h"

/* Text as roff takes it: no escapes, no requests at the start of a line, and hyphens that
 * can be searched for. */
static void put_text(struct buf *buf, const char *text)
{
    for (bool start = true; *text; text++) {
        if (start && (*text == '.' || *text == '\''))
            buf_str(buf, STR("\\&"));
        start = *text == '\n';
        if (*text == '\\')
            buf_str(buf, STR("\\e"));
        else if (*text == '-')
            buf_str(buf, STR("\\-"));
        else
            buf_char(buf, *text);
    }
}

static void put_section(struct buf *buf, const char *title)
{
    buf_printf(buf, ".SH %s\n", title);
}

static void put_option(const struct cli_option *option, void *arg)
{
    struct buf *buf = arg;
    buf_str(buf, STR(".TP\n\\fB\\-\\-"));
    put_text(buf, option->name);
    buf_str(buf, STR("\\fR"));
    if (option->value) {
        buf_str(buf, STR(" \\fI"));
        put_text(buf, option->value);
        buf_str(buf, STR("\\fR"));
    }
    buf_char(buf, '\n');
    put_text(buf, option->doc);
    buf_char(buf, '\n');
}

static void put_options(struct buf *buf, const struct cli_option *options)
{
    for (; options && options->name; options++)
        put_option(options, buf);
}

static void put_command(struct buf *buf, const struct cli_command *command)
{
    buf_str(buf, STR(".SS \"breakwater "));
    put_text(buf, command->noun);
    if (command->verb[0]) {
        buf_char(buf, ' ');
        put_text(buf, command->verb);
    }
    if (command->args[0]) {
        buf_char(buf, ' ');
        put_text(buf, command->args);
    }
    buf_str(buf, STR("\"\n"));
    put_text(buf, command->doc);
    buf_char(buf, '\n');
    if (command->action)
        put_options(buf, command->action->options);
}

static void put_variables(struct buf *buf)
{
    static const char *const variables[][2] = {
        {"BREAKWATER_URL", "The Breakwater to ask, where --url is not given."},
        {"BREAKWATER_KEY", "The API key, where --key is not given."},
        {"BREAKWATER_ADMIN_KEY", "The same, where BREAKWATER_KEY is not set; serve makes "
                                 "it the first admin key."},
    };
    put_section(buf, "ENVIRONMENT");
    for (size_t i = 0; i < COUNT_OF(variables); i++) {
        buf_printf(buf, ".TP\n\\fB%s\\fR\n", variables[i][0]);
        put_text(buf, variables[i][1]);
        buf_char(buf, '\n');
    }
}

static int run_man(struct cli *cli)
{
    struct buf *buf = &cli->out;
    buf_str(buf,
            STR(".TH BREAKWATER 1\n.SH NAME\nbreakwater \\- isolation layer between a "
                "product and third\\-party APIs\n.SH SYNOPSIS\n.B breakwater\n"
                ".I COMMAND\n[\\fIOPTION\\fR]...\n"));
    put_section(buf, "DESCRIPTION");
    put_text(buf,
             "Breakwater stands between a product and the APIs that it calls: it holds "
             "the credentials, makes the calls, absorbs the failures, and says what "
             "happened. The commands below run it, or ask the admin API of one that "
             "runs.\n");
    put_section(buf, "COMMANDS");
    for (size_t i = 0; i < cli_command_n; i++)
        put_command(buf, &cli_commands[i]);
    put_section(buf, "COMMON OPTIONS");
    put_options(buf, cli_common_options);
    put_section(buf, "OPTIONS OF COMMANDS THAT ASK THE ADMIN API");
    put_options(buf, cli_target_options);
    put_section(buf, "OPTIONS OF LISTS");
    put_options(buf, cli_page_options);
    put_variables(buf);
    put_section(buf, "EXIT STATUS");
    put_text(buf, "0: done. 1: failed. 2: wrong usage.\n");
    return CLI_DONE;
}

const struct cli_action action_man = {.local = true, .run = run_man};
