/*
 * Two places hold what is not read yet: the room has the front of the line under way, and
 * the piece what follows. `offset` is where the piece's rest stands in all that was fed.
 */
#include "json/json_lines.h"

void json_lines_init(struct json_lines *lines, struct arena *arena,
                     const struct json_limits *limits)
{
    *lines = (struct json_lines){.arena = arena, .piece = STR("")};
    if (limits)
        lines->limits = *limits;
    if (!lines->limits.bytes_max)
        lines->limits.bytes_max = JSON_LINES_BYTES_DEFAULT;
}

void json_lines_feed(struct json_lines *lines, str piece)
{
    CHECK(!lines->piece.n && !lines->ended);
    lines->piece = str_absent(piece) ? STR("") : piece;
}

void json_lines_end(struct json_lines *lines)
{
    lines->ended = true;
}

/* Moves `n` bytes of the piece to the room, which has no more than a line's. */
static void keep(struct json_lines *lines, size_t n)
{
    while (lines->room_max - lines->room_n < n)
        lines->room = arena_double(lines->arena, lines->room, &lines->room_max, 1);
    if (n)
        memcpy(lines->room + lines->room_n, lines->piece.p, n);
    lines->room_n += n;
}

static void drop(struct json_lines *lines, size_t n)
{
    lines->piece = str_from(lines->piece, n);
    lines->offset += n;
}

static enum json_lines_result fail(struct json_lines *lines, uint64_t line_offset,
                                   const struct json_fault *fault)
{
    lines->fault = (struct json_lines_fault){lines->line, line_offset + fault->offset,
                                             fault->column, fault->what};
    return JSON_LINES_FAULT;
}

static bool is_blank(str line)
{
    for (size_t i = 0; i < line.n; i++)
        if (line.p[i] != ' ' && line.p[i] != '\t' && line.p[i] != '\r')
            return false;
    return true;
}

/* The next line without its end, of which `n` bytes and perhaps \n are in the piece. */
static str take_line(struct json_lines *lines, size_t n)
{
    str line = str_of(lines->piece.p, n);
    if (lines->room_n) {
        keep(lines, n);
        line = str_of(lines->room, lines->room_n);
        lines->room_n = 0;
    }
    drop(lines, n < lines->piece.n ? n + 1 : n);
    return line;
}

/* Passes over the rest of a line that was too long. False: it is not all there yet. */
static bool skip_rest(struct json_lines *lines)
{
    size_t n = str_find(lines->piece, '\n');
    bool there = n < lines->piece.n;
    drop(lines, there ? n + 1 : n);
    lines->skipping = !there;
    return there;
}

static enum json_lines_result refuse_long(struct json_lines *lines)
{
    static const struct json_fault fault = {.column = 1,
                                            .what = "the line is longer than the limit"};
    uint64_t offset = lines->offset - lines->room_n;
    lines->line++;
    lines->room_n = 0;
    lines->skipping = true;
    return fail(lines, offset, &fault);
}

enum json_lines_result json_lines_next(struct json_lines *lines, struct arena *arena,
                                       struct json *ret_value)
{
    struct json_fault fault;
    for (;;) {
        if (lines->skipping && !skip_rest(lines))
            return lines->ended ? JSON_LINES_END : JSON_LINES_MORE;
        size_t n = str_find(lines->piece, '\n');
        if (n > lines->limits.bytes_max - lines->room_n)
            return refuse_long(lines);
        if (n == lines->piece.n && !(lines->ended && n + lines->room_n)) {
            keep(lines, n);
            drop(lines, n);
            return lines->ended ? JSON_LINES_END : JSON_LINES_MORE;
        }
        uint64_t offset = lines->offset - lines->room_n;
        str line = take_line(lines, n);
        lines->line++;
        if (is_blank(line))
            continue;
        if (!json_parse(arena, line, &lines->limits, ret_value, &fault))
            return fail(lines, offset, &fault);
        return JSON_LINES_VALUE;
    }
}
