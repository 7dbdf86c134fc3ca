/*
 * What a command is: a row of command_list.h and its action, which says what it reads
 * and how it asks the admin API. From the two come parsing, help, the manual page and
 * completion.
 *
 * Most actions are data: a method, a path, options that go into the query or the body,
 * and the columns of the table that comes out. The others have a function.
 */
#ifndef CLI_CLI_COMMAND_H
#define CLI_CLI_COMMAND_H

#include "base/buf.h"
#include "json/json.h"

struct cli;

/* Where the value of an option goes. */
enum option_place {
    OPTION_OWN,          /* the action's function reads it */
    OPTION_QUERY,        /* ?member=value */
    OPTION_LABELS,       /* NAME=VALUE, many: ?member.NAME=VALUE */
    OPTION_TEXT,         /* a text of the body; "" becomes null */
    OPTION_TIME,         /* the same; "never" becomes null */
    OPTION_NUMBER,       /* a whole number of the body */
    OPTION_LIST,         /* A,B,C: a list of the body; "" is the empty one */
    OPTION_LIST_OR_NULL, /* the same; "" becomes null */
    OPTION_TRUE,         /* takes no value: true in the body */
    OPTION_PAIRS /* NAME=VALUE, many: an object of the body; "" is the empty one */
};

struct cli_option {
    const char *name;  /* without the dashes */
    const char *value; /* what its value is called in help; NULL: it takes none */
    enum option_place place;
    const char *member; /* of query or body; NULL: as the option is called */
    bool required;
    const char *doc;
};

/* A column of a table: a member by its JSON pointer. */
struct cli_column {
    const char *title;
    const char *pointer;
};

struct cli_action {
    const char *method;               /* NULL: it does not ask the API as the data says */
    const char *path;                 /* each {} is the next argument */
    const char *const *members;       /* of the body, for the arguments that are left */
    const struct cli_option *options; /* ended by a row without a name; NULL: none */
    const struct cli_column *columns; /* the same; for lists */
    const char *noun;                 /* of what a list has, for an empty one */
    const char *done;   /* printed with the first argument when there is no answer */
    const char *hidden; /* a member that is too long for people */
    bool whole;         /* its list has no pages */
    bool local;         /* it does not talk to the API at all */
    int (*run)(struct cli *cli); /* NULL: all that is above */
};

struct cli_command {
    const char *symbol;
    const char *noun;
    const char *verb;
    const char *args;
    const char *doc;
    const struct cli_action *action; /* NULL: it belongs to main/ */
};

extern const struct cli_command cli_commands[];
extern const size_t cli_command_n;

/* The options that every command has, and those that talk to the API have beside. */
extern const struct cli_option cli_common_options[];
extern const struct cli_option cli_target_options[];
extern const struct cli_option cli_page_options[]; /* of lists */

enum {
    CLI_ARGS_MAX = 64,
    CLI_VALUES_MAX = 64,
    CLI_DONE = 0,
    CLI_FAILED = 1,
    CLI_USAGE = 2
};

struct cli_value {
    const struct cli_option *option;
    str text; /* absent for an option without a value */
};

/* A command as it was given. */
struct cli {
    struct arena arena;
    const struct cli_command *command;
    const struct cli_action *action;
    str args[CLI_ARGS_MAX];
    uint32_t arg_n;
    struct cli_value values[CLI_VALUES_MAX];
    uint32_t value_n;
    bool json;
    bool help;
    struct buf out; /* for standard output, all at once */
};

/* The value of an option, or absent. */
str cli_value(const struct cli *cli, const char *name);
bool cli_has(const struct cli *cli, const char *name);

/* Says on standard error what is wrong with the usage; answers CLI_USAGE. */
int cli_misused(const struct cli *cli, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Says on standard error what went wrong; answers CLI_FAILED. */
int cli_failed(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* --- cli_args.c --- */

/* Reads what follows the command's words. CLI_DONE, or CLI_USAGE after saying why. */
int cli_parse(struct cli *cli, int argc, char **argv);

/* Calls `fn` for each option of the command: its own, then those of lists, of the API,
 * and of all. */
void cli_each_option(const struct cli_command *command,
                     void (*fn)(const struct cli_option *option, void *arg), void *arg);

/* --- cli_ask.c --- */

/* Does what the action's data says. */
int cli_ask(struct cli *cli);

/* Asks once: `path` with the query, `body` absent = none. CLI_DONE with the answer's JSON
 * (UNDEFINED when it has none); else CLI_FAILED after saying why. */
int cli_request(struct cli *cli, const char *method, str path, str body,
                struct json *ret_answer);

/* The path with the arguments in the places of {}. */
str cli_path(struct cli *cli, const char *pattern);

/* Prints an answer: a table, or lines of name and value; JSON if that was asked for. */
void cli_print(struct cli *cli, const struct json *answer);

/* --- cli_help.c --- */

void cli_put_usage(struct buf *buf, const struct cli_command *command);
void cli_put_help(struct buf *buf, const struct cli_command *command);
void cli_put_noun(struct buf *buf, str noun); /* its verbs */
void cli_put_overview(struct buf *buf);
const struct cli_command *cli_find(str noun, str verb);
bool cli_is_noun(str noun);

/* --- cli_input.c --- */

/* The whole file, or standard input for "-". False when it cannot be read. */
bool cli_read_file(struct arena *arena, str path, str *ret_text);

/* The same from standard input, not shown when it is typed. */
bool cli_read_secret(struct arena *arena, str *ret_text);

/* The JSON value of a file's text. CLI_DONE, or CLI_FAILED after saying why not. */
int cli_parse_json(struct arena *arena, str path, str text, struct json *ret_value);

/* A variable of the environment; absent when it is not set. */
str cli_variable(const char *name);

#define X(owner, symbol, noun, verb, args, doc)                                          \
    extern const struct cli_action action_##symbol;
#include "cli/command_list.h"
#undef X

#endif
