/*
 * The completion script for bash: the words that may stand in each place, from the table
 * of commands.
 *
 *   1st word  nouns and commands of one word
 *   2nd word  verbs of the noun
 *   further   options of the command; files where it takes one
 */
#include "cli/cli_command.h"

static bool is_first_of_noun(size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (strcmp(cli_commands[i].noun, cli_commands[at].noun) == 0)
            return false;
    return true;
}

static void put_nouns(struct buf *buf)
{
    for (size_t i = 0; i < cli_command_n; i++)
        if (is_first_of_noun(i))
            buf_printf(buf, "%s%s", i ? " " : "", cli_commands[i].noun);
}

static void put_verbs(struct buf *buf, const char *noun)
{
    const char *gap = "";
    for (size_t i = 0; i < cli_command_n; i++)
        if (strcmp(cli_commands[i].noun, noun) == 0) {
            buf_printf(buf, "%s%s", gap, cli_commands[i].verb);
            gap = " ";
        }
}

static void put_option(const struct cli_option *option, void *arg)
{
    buf_printf(arg, " --%s", option->name);
}

static void put_options(struct buf *buf, const struct cli_command *command)
{
    buf_printf(buf, "    \"%s %s\") words=\"", command->noun, command->verb);
    cli_each_option(command, put_option, buf);
    buf_str(buf, STR("\" ;;\n"));
}

static int run_completion(struct cli *cli)
{
    struct buf *buf = &cli->out;
    buf_str(buf, STR("# bash completion for breakwater\n_breakwater() {\n"
                     "  local current=\"${COMP_WORDS[COMP_CWORD]}\" words=\"\"\n"
                     "  local noun=\"${COMP_WORDS[1]}\" verb=\"${COMP_WORDS[2]}\"\n"
                     "  if [ \"$COMP_CWORD\" -eq 1 ]; then words=\""));
    put_nouns(buf);
    buf_str(buf, STR("\"\n  elif [ \"$COMP_CWORD\" -eq 2 ]; then case \"$noun\" in\n"));
    for (size_t i = 0; i < cli_command_n; i++) {
        if (!cli_commands[i].verb[0] || !is_first_of_noun(i))
            continue;
        buf_printf(buf, "    %s) words=\"", cli_commands[i].noun);
        put_verbs(buf, cli_commands[i].noun);
        buf_str(buf, STR("\" ;;\n"));
    }
    buf_str(buf, STR("    esac\n  fi\n  if [ -z \"$words\" ]; then\n"
                     "    case \" "));
    put_nouns(buf);
    buf_str(buf, STR(" \" in *\" $noun \"*) ;; *) return ;; esac\n"
                     "    case \"$noun $verb\" in\n"));
    for (size_t i = 0; i < cli_command_n; i++)
        if (cli_commands[i].verb[0])
            put_options(buf, &cli_commands[i]);
    buf_str(buf, STR("    *) case \"$noun \" in\n"));
    for (size_t i = 0; i < cli_command_n; i++)
        if (!cli_commands[i].verb[0])
            put_options(buf, &cli_commands[i]);
    buf_str(buf, STR("    esac ;;\n    esac\n  fi\n"
                     "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n}\n"
                     "complete -o default -F _breakwater breakwater\n"));
    return CLI_DONE;
}

const struct cli_action action_completion = {.local = true, .run = run_completion};
