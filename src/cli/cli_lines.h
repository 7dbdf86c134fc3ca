/*
 * Commands that a program asks line by line (--jsonl): each line of standard input is an
 * order, a JSON object with an id, each line of standard output its answer with that id,
 * in order. What has come in is answered before more is read, so that a program may ask
 * line by line as well as send a whole file.
 *
 * What a command owns is one function, which answers an order.
 */
#ifndef CLI_CLI_LINES_H
#define CLI_CLI_LINES_H

#include "cli/cli_command.h"
#include "json/json_write.h"

struct cli_lines {
    struct arena arena; /* of the line under way */
    void *arg;          /* of the command */

    /* Puts members into the object that is open; the id is there already. `order` is any
     * JSON value. */
    void (*answer)(struct cli_lines *lines, struct json_out *out,
                   const struct json *order);

    /* cli_lines.c alone */
    struct buf in;
    struct buf out;
    bool bad; /* a line was no order */
};

/* Until standard input ends. CLI_FAILED after saying why, or when a line was no order. */
int cli_lines_run(void (*answer)(struct cli_lines *lines, struct json_out *out,
                                 const struct json *order),
                  void *arg);

/* The answer to what is no order: the error `bad_line`. */
void cli_lines_refuse(struct cli_lines *lines, struct json_out *out, const char *why);

#endif
