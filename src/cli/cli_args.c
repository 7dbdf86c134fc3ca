/*
 * The words behind a command: options, wherever they stand, and arguments. `--name value`
 * and `--name=value` are the same; `--` ends the options. Nothing is guessed: an option
 * that is not known, is missing, or stands twice is refused.
 */
#include "cli/cli_command.h"

#include "json/bind.h"

/* Of every command. What runs a daemon has further ones, which stand in its own help. */
const struct cli_option cli_common_options[] = {
    {.name = "json", .doc = "Print JSON instead of text."},
    {.name = "help", .doc = "Say how the command is used."},
    {.name = NULL}};

const struct cli_option cli_target_options[] = {
    {.name = "url",
     .value = "URL",
     .doc = "The Breakwater to ask; else BREAKWATER_URL, else http://127.0.0.1:8080."},
    {.name = "key",
     .value = "KEY",
     .doc = "The API key; better BREAKWATER_KEY or BREAKWATER_ADMIN_KEY, which others on "
            "this machine do not see."},
    {.name = "ca",
     .value = "FILE",
     .doc = "A certificate authority to trust (PEM), beside the system's."},
    {.name = NULL}};

const struct cli_option cli_page_options[] = {
    {.name = "limit",
     .value = "N",
     .place = OPTION_QUERY,
     .doc = "How many items a page has, up to 1000; 100 if it is not given."},
    {.name = "cursor",
     .value = "CURSOR",
     .place = OPTION_QUERY,
     .doc = "Where the page begins: next_cursor of the page before."},
    {.name = "all", .doc = "Every page."},
    {.name = NULL}};

/* --- the options of a command --- */

enum { TABLES_MAX = 4 };

struct tables {
    const struct cli_option *items[TABLES_MAX];
    unsigned n;
};

static struct tables tables_of(const struct cli_command *command)
{
    struct tables tables = {.n = 0};
    const struct cli_action *action = command->action;
    if (action && action->options)
        tables.items[tables.n++] = action->options;
    if (action && action->columns && !action->whole)
        tables.items[tables.n++] = cli_page_options;
    if (action && !action->local)
        tables.items[tables.n++] = cli_target_options;
    tables.items[tables.n++] = cli_common_options;
    return tables;
}

void cli_each_option(const struct cli_command *command,
                     void (*fn)(const struct cli_option *option, void *arg), void *arg)
{
    struct tables tables = tables_of(command);
    for (unsigned i = 0; i < tables.n; i++)
        for (const struct cli_option *option = tables.items[i]; option->name; option++)
            fn(option, arg);
}

struct search {
    str name;
    const struct cli_option *found;
    const char *names[64]; /* all of them, for a suggestion */
    unsigned n;
};

static void look(const struct cli_option *option, void *arg)
{
    struct search *search = arg;
    if (str_eq(str_z(option->name), search->name))
        search->found = option;
    if (search->n + 1 < COUNT_OF(search->names))
        search->names[search->n++] = option->name;
}

static bool may_repeat(const struct cli_option *option)
{
    return option->place == OPTION_LABELS || option->place == OPTION_PAIRS;
}

bool cli_has(const struct cli *cli, const char *name)
{
    for (uint32_t i = 0; i < cli->value_n; i++)
        if (strcmp(cli->values[i].option->name, name) == 0)
            return true;
    return false;
}

str cli_value(const struct cli *cli, const char *name)
{
    for (uint32_t i = 0; i < cli->value_n; i++)
        if (strcmp(cli->values[i].option->name, name) == 0)
            return cli->values[i].text;
    return STR_NONE;
}

/* --- words --- */

struct words {
    int argc;
    char **argv;
    int at;
};

static int refuse_unknown(const struct cli *cli, const struct search *search)
{
    str nearest = bind_nearest(search->name, search->names);
    if (str_absent(nearest))
        return cli_misused(cli, "--" STR_F " is no option of it", STR_A(search->name));
    return cli_misused(cli, "--" STR_F " is no option of it; did you mean --" STR_F "?",
                       STR_A(search->name), STR_A(nearest));
}

static int keep_value(struct cli *cli, const struct cli_option *option, str text)
{
    if (cli_has(cli, option->name) && !may_repeat(option))
        return cli_misused(cli, "--%s is given twice", option->name);
    if (cli->value_n == CLI_VALUES_MAX)
        return cli_misused(cli, "there are too many options");
    cli->values[cli->value_n++] = (struct cli_value){option, text};
    cli->json = cli->json || strcmp(option->name, "json") == 0;
    cli->help = cli->help || strcmp(option->name, "help") == 0;
    return CLI_DONE;
}

static int take_option(struct cli *cli, struct words *words, str word)
{
    size_t equals = str_find(word, '=');
    struct search search = {.name = str_of(word.p, equals)};
    str value = equals < word.n ? str_from(word, equals + 1) : STR_NONE;
    cli_each_option(cli->command, look, &search);
    if (!search.found)
        return refuse_unknown(cli, &search);
    if (!search.found->value && !str_absent(value))
        return cli_misused(cli, "--%s takes no value", search.found->name);
    if (search.found->value && str_absent(value)) {
        if (words->at == words->argc)
            return cli_misused(cli, "--%s wants its %s", search.found->name,
                               search.found->value);
        value = str_z(words->argv[words->at++]);
    }
    return keep_value(cli, search.found, value);
}

static int take_argument(struct cli *cli, str word)
{
    if (cli->arg_n == CLI_ARGS_MAX)
        return cli_misused(cli, "there are too many arguments");
    cli->args[cli->arg_n++] = word;
    return CLI_DONE;
}

/* --- what must be there --- */

/* The n-th name of ARGUMENTS; absent behind the last. */
static str argument_name(const char *args, uint32_t n)
{
    str rest = str_z(args);
    str name;
    while (rest.n && str_next(&rest, ' ', &name))
        if (n-- == 0)
            return name;
    return STR_NONE;
}

static int check_arguments(const struct cli *cli)
{
    str next = argument_name(cli->command->args, cli->arg_n);
    str last = STR("");
    for (uint32_t i = 0; i < cli->arg_n; i++) {
        str name = argument_name(cli->command->args, i);
        if (str_absent(name) && !str_ends(last, STR("...")))
            return cli_misused(cli, "\"" STR_F "\" is one argument too many",
                               STR_A(cli->args[i]));
        last = str_absent(name) ? last : name;
    }
    if (!str_absent(next) && !str_starts(next, STR("[")))
        return cli_misused(cli, STR_F " is missing", STR_A(next));
    return CLI_DONE;
}

static int check_required(const struct cli *cli)
{
    const struct cli_option *option = cli->action->options;
    for (; option && option->name; option++)
        if (option->required && !cli_has(cli, option->name))
            return cli_misused(cli, "--%s is missing", option->name);
    return CLI_DONE;
}

int cli_parse(struct cli *cli, int argc, char **argv)
{
    struct words words = {argc, argv, 0};
    bool only_arguments = false;
    while (words.at < words.argc) {
        str word = str_z(words.argv[words.at++]);
        int status = CLI_DONE;
        if (only_arguments || word.n < 2 || !str_starts(word, STR("-")))
            status = take_argument(cli, word);
        else if (str_eq(word, STR("--")))
            only_arguments = true;
        else if (str_eq(word, STR("-h")))
            cli->help = true;
        else if (str_starts(word, STR("--")))
            status = take_option(cli, &words, str_from(word, 2));
        else
            status = cli_misused(cli, "\"" STR_F "\" is no option of it", STR_A(word));
        if (status != CLI_DONE)
            return status;
    }
    if (cli->help)
        return CLI_DONE;
    int status = check_arguments(cli);
    return status == CLI_DONE ? check_required(cli) : status;
}
