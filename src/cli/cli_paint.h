/*
 * Colours for people: JSON text with escape sequences of ECMA-48 around its names and
 * values. Whether anybody sees colours is asked here too.
 */
#ifndef CLI_CLI_PAINT_H
#define CLI_CLI_PAINT_H

#include "base/buf.h"

/* Whether what goes to this descriptor may have colours: a terminal, and NO_COLOR is not
 * set (no-color.org). */
bool paint_wanted(int fd);

enum paint { PAINT_NAME, PAINT_STRING, PAINT_OTHER, PAINT_WRONG, PAINT_FAINT };

void paint_begin(struct buf *buf, enum paint paint);
void paint_end(struct buf *buf);

/* JSON as json_write prints it. */
void paint_json(struct buf *buf, str text);

#endif
