/*
 * Text for people from JSON: a list as a table, an object as lines of name and value.
 * Columns are as wide as their widest cell, in characters; two blanks part them. What
 * could steer a terminal is replaced.
 */
#ifndef CLI_CLI_TABLE_H
#define CLI_CLI_TABLE_H

#include "base/buf.h"
#include "cli/cli_command.h"

/* A row for titles and one for each item. */
void table_list(struct buf *buf, const struct cli_column *columns,
                const struct json *items);

/* Members of members with dots between their names; `hidden` (may be NULL) is left
 * out. */
void table_object(struct buf *buf, const struct json *object, const char *hidden);

/* Text without what could steer a terminal. */
void table_text(struct buf *buf, str text);

/* One value as a cell. */
void table_cell(struct buf *buf, const struct json *value);

#endif
