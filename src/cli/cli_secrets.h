/*
 * Secrets on their way to the API: credentials of accounts, secrets of apps. They never
 * stand on a command line, where others on the machine could read them, but come from
 * standard input or a file, as a JSON object of names and values, or as the one value of
 * --field.
 */
#ifndef CLI_CLI_SECRETS_H
#define CLI_CLI_SECRETS_H

#include "cli/cli_command.h"

#define SECRET_OPTIONS(counter, whose)                                                   \
    {.name = "from-stdin", .doc = "Read them from standard input."},                     \
        {.name = "from-file", .value = "FILE", .doc = "Read them from a file."},         \
        {.name = "field",                                                                \
         .value = "NAME",                                                                \
         .doc = "What is read is the value of this one; otherwise it is a JSON object "  \
                "of names and values."},                                                 \
        {.name = "ends",                                                                 \
         .value = "TIME",                                                                \
         .doc = "When " whose ", where that is known: 2027-01-31T00:00:00Z; never "      \
                "= not known."},                                                         \
    {                                                                                    \
        .name = "version", .value = "N",                                                 \
        .doc = "The " counter " that these follow; refused if another came between."     \
    }

/* Where they go: the member of the body that holds them. */
struct secrets_place {
    const char *method;
    const char *path;
    const char *member;
    str way;      /* of authentication, that they are of; absent: not said */
    bool by_name; /* their ends are told by their names */
};

/* Reads them as the options say, sends them, prints the answer; the exit status. */
int secrets_send(struct cli *cli, const struct secrets_place *place);

/* Sends none, only when the one of --field ends. */
int secrets_send_end(struct cli *cli, const struct secrets_place *place);

/* Takes the one of that name away. */
int secrets_remove(struct cli *cli, const struct secrets_place *place, str name);

#endif
