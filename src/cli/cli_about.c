#include "cli/cli_command.h"
#include "json/json_write.h"

#define BREAKWATER_VERSION "0.1.0"

/* --- version --- */

static int run_version(struct cli *cli)
{
    struct json_out out;
    if (!cli->json) {
        buf_str(&cli->out, STR("breakwater " BREAKWATER_VERSION "\n"));
        return CLI_DONE;
    }
    json_out_init(&out, &cli->out);
    json_out_object(&out);
    json_out_member_text(&out, STR("version"), STR(BREAKWATER_VERSION));
    json_out_end(&out);
    buf_char(&cli->out, '\n');
    return CLI_DONE;
}

const struct cli_action action_version = {.local = true, .run = run_version};

/* --- help --- */

static void put_option(const struct cli_option *option, void *arg)
{
    struct json_out *out = arg;
    json_out_object(out);
    json_out_member_text(out, STR("name"), str_z(option->name));
    json_out_member_text(out, STR("value"), str_z(option->value));
    json_out_member_bool(out, STR("required"), option->required);
    json_out_member_text(out, STR("doc"), str_z(option->doc));
    json_out_end(out);
}

static void put_command(struct json_out *out, const struct cli_command *command)
{
    json_out_object(out);
    json_out_member_text(out, STR("noun"), str_z(command->noun));
    if (command->verb[0])
        json_out_member_text(out, STR("verb"), str_z(command->verb));
    json_out_member_text(out, STR("arguments"), str_z(command->args));
    json_out_member_text(out, STR("doc"), str_z(command->doc));
    json_out_name(out, STR("options"));
    json_out_array(out);
    cli_each_option(command, put_option, out);
    json_out_end(out);
    json_out_end(out);
}

/* Every command, for programs. */
static void put_all(struct buf *buf)
{
    struct json_out out;
    json_out_init(&out, buf);
    json_out_object(&out);
    json_out_name(&out, STR("commands"));
    json_out_array(&out);
    for (size_t i = 0; i < cli_command_n; i++)
        put_command(&out, &cli_commands[i]);
    json_out_end(&out);
    json_out_end(&out);
    buf_char(buf, '\n');
}

static int run_help(struct cli *cli)
{
    str noun = cli->arg_n > 0 ? cli->args[0] : STR("");
    str verb = cli->arg_n > 1 ? cli->args[1] : STR("");
    const struct cli_command *command = cli_find(noun, verb);
    if (cli->json)
        put_all(&cli->out);
    else if (!noun.n)
        cli_put_overview(&cli->out);
    else if (command)
        cli_put_help(&cli->out, command);
    else if (!verb.n && cli_is_noun(noun))
        cli_put_noun(&cli->out, noun);
    else
        return cli_misused(cli, "there is no command \"" STR_F "%s" STR_F "\"",
                           STR_A(noun), verb.n ? " " : "", STR_A(verb));
    return CLI_DONE;
}

const struct cli_action action_help = {.local = true, .run = run_help};
