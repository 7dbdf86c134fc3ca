/*
 * A JSON value a line (NDJSON, JSON Lines), from bytes that come in pieces of any size.
 *
 * A line ends with \n, the last one perhaps with the text; a \r before it is a blank.
 * Lines of blanks only (space, tab, \r) are counted and skipped. A line that is no JSON
 * is one fault, after which the next line is read. What is kept of a line under way is
 * bounded: a longer one is a fault, and the rest of it is skipped.
 *
 * A line that stands whole in one piece is read there; else it is put together in the
 * reader's own room. The reader asks nobody and waits for nothing; not thread-safe.
 *
 *     json_lines_feed(&lines, piece);
 *     while ((result = json_lines_next(&lines, &arena, &value)) != JSON_LINES_MORE)
 *         …
 */
#ifndef JSON_JSON_LINES_H
#define JSON_JSON_LINES_H

#include "json/json_parse.h"

struct json_lines_fault {
    uint64_t line;   /* from 1, of all that was fed */
    uint64_t offset; /* in bytes, of all that was fed */
    uint32_t column; /* from 1, in characters */
    const char *what;
};

struct json_lines {
    struct json_limits limits; /* of a line: bytes_max is that of its text */
    uint64_t line;             /* of the last value or fault, from 1 */
    struct json_lines_fault fault;

    /* json_lines.c alone */
    struct arena *arena;
    str piece;         /* what is left of it */
    char *room;        /* the front of a line that came with earlier pieces */
    size_t room_n;     /* how much of it is used */
    uint32_t room_max; /* and how much there is */
    uint64_t offset;   /* of what is left of the piece */
    bool ended;
    bool skipping; /* the line under way was too long */
};

enum json_lines_result {
    JSON_LINES_VALUE,
    JSON_LINES_FAULT, /* lines->fault; the next line may be asked for */
    JSON_LINES_MORE,  /* all that was fed has been read */
    JSON_LINES_END    /* and no more will come */
};

enum { JSON_LINES_BYTES_DEFAULT = 16 << 20 };

/* `arena` is for the room, four times the longest line at most, and belongs to the reader
 * as long as that is used. `limits` may be NULL; bytes_max of 0 is
 * JSON_LINES_BYTES_DEFAULT. */
void json_lines_init(struct json_lines *lines, struct arena *arena,
                     const struct json_limits *limits);

/* Borrows the piece until json_lines_next answers JSON_LINES_MORE, which it must before
 * the next. */
void json_lines_feed(struct json_lines *lines, str piece);

/* Nothing more will come: what is left is a line. */
void json_lines_end(struct json_lines *lines);

/* The value is in `arena` (another than the reader's) and borrows from the line, which
 * lasts until the next call. */
enum json_lines_result json_lines_next(struct json_lines *lines, struct arena *arena,
                                       struct json *ret_value) MUST_CHECK;

#endif
