#include "cli/cli_command.h"

enum { NAME_WIDTH = 26 };

const struct cli_command *cli_find(str noun, str verb)
{
    for (size_t i = 0; i < cli_command_n; i++)
        if (str_eq(str_z(cli_commands[i].noun), noun) &&
            str_eq(str_z(cli_commands[i].verb), verb))
            return &cli_commands[i];
    return NULL;
}

bool cli_is_noun(str noun)
{
    for (size_t i = 0; i < cli_command_n; i++)
        if (str_eq(str_z(cli_commands[i].noun), noun) && cli_commands[i].verb[0])
            return true;
    return false;
}

static void put_padded(struct buf *buf, size_t from, size_t width)
{
    do
        buf_char(buf, ' ');
    while (buf->n - from < width);
}

void cli_put_usage(struct buf *buf, const struct cli_command *command)
{
    buf_printf(buf, "breakwater %s", command->noun);
    if (command->verb[0])
        buf_printf(buf, " %s", command->verb);
    if (command->args[0])
        buf_printf(buf, " %s", command->args);
    for (const struct cli_option *option = command->action ? command->action->options
                                                           : NULL;
         option && option->name; option++)
        if (option->required)
            buf_printf(buf, " --%s %s", option->name, option->value);
    buf_str(buf, STR(" [OPTION]...\n"));
}

static void put_option(const struct cli_option *option, void *arg)
{
    struct buf *buf = arg;
    size_t from = buf->n;
    buf_printf(buf, "  --%s%s%s", option->name, option->value ? " " : "",
               option->value ? option->value : "");
    if (buf->n - from >= NAME_WIDTH) {
        buf_char(buf, '\n');
        from = buf->n;
    }
    put_padded(buf, from, NAME_WIDTH);
    buf_printf(buf, "%s\n", option->doc);
}

void cli_put_help(struct buf *buf, const struct cli_command *command)
{
    buf_str(buf, STR("Usage: "));
    cli_put_usage(buf, command);
    buf_printf(buf, "\n%s\n\n", command->doc);
    cli_each_option(command, put_option, buf);
}

static void put_command(struct buf *buf, const struct cli_command *command)
{
    size_t from = buf->n;
    buf_printf(buf, "  %s", command->verb[0] ? command->verb : command->noun);
    if (command->args[0])
        buf_printf(buf, " %s", command->args);
    put_padded(buf, from, NAME_WIDTH);
    buf_printf(buf, "%s\n", command->doc);
}

void cli_put_noun(struct buf *buf, str noun)
{
    buf_printf(buf, "Usage: breakwater " STR_F " VERB [OPTION]...\n\n", STR_A(noun));
    for (size_t i = 0; i < cli_command_n; i++)
        if (str_eq(str_z(cli_commands[i].noun), noun))
            put_command(buf, &cli_commands[i]);
    buf_printf(buf, "\nbreakwater " STR_F " VERB --help says more.\n", STR_A(noun));
}

/* The verbs of a noun on one line. */
static void put_verbs(struct buf *buf, const char *noun)
{
    size_t from = buf->n;
    buf_printf(buf, "  %s", noun);
    put_padded(buf, from, NAME_WIDTH);
    for (size_t i = 0; i < cli_command_n; i++)
        if (strcmp(cli_commands[i].noun, noun) == 0)
            buf_printf(buf, "%s ", cli_commands[i].verb);
    buf->n--;
    buf_char(buf, '\n');
}

void cli_put_overview(struct buf *buf)
{
    const char *last = "";
    buf_str(buf, STR("Usage: breakwater COMMAND [OPTION]...\n\n"));
    for (size_t i = 0; i < cli_command_n; i++) {
        const struct cli_command *command = &cli_commands[i];
        if (!command->verb[0])
            put_command(buf, command);
        else if (strcmp(command->noun, last) != 0)
            put_verbs(buf, command->noun);
        last = command->noun;
    }
    buf_str(buf, STR("\nbreakwater COMMAND --help says more.\n"));
}
