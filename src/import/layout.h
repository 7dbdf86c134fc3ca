/*
 * A document as the house lays its documents out: an object or list stands on one line
 * where it fits into 88 columns (the comma behind it aside), else each member has a line
 * of its own, indented by two blanks; the outermost always. What is written here is what
 * a person would have written, and a change of one member is a change of one line.
 */
#ifndef IMPORT_LAYOUT_H
#define IMPORT_LAYOUT_H

#include "base/buf.h"
#include "json/json.h"

enum { LAYOUT_DEPTH_MAX = 500 }; /* deeper values are written on one line */

void layout_write(struct buf *buf, const struct json *value);

#endif
