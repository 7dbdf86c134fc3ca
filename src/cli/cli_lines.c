#include "cli/cli_lines.h"

#include <stdio.h>
#include <unistd.h>

#include "json/json_parse.h"

enum {
    LINE_BYTES_MAX = 256 << 20,
    PIECE_BYTES = 64 * 1024,
    ARENA_CHUNK = 64 * 1024,
    OUT_BYTES_MAX = 1 << 30
};
static const size_t arena_bytes_max = (size_t)4 << 30;

/* --- a line --- */

void cli_lines_refuse(struct cli_lines *lines, struct json_out *out, const char *why)
{
    lines->bad = true;
    json_out_name(out, STR("error"));
    json_out_object(out);
    json_out_member_text(out, STR("code"), STR("bad_line"));
    json_out_member_text(out, STR("message"), str_z(why));
    json_out_end(out);
}

static void put_id(struct json_out *out, const struct json *id)
{
    json_out_name(out, STR("id"));
    if (id)
        json_out_value(out, id);
    else
        json_out_null(out);
}

static void answer_line(struct cli_lines *lines, str line)
{
    struct json order = {.type = JSON_UNDEFINED};
    struct json_fault fault;
    struct json_out out;
    arena_reset(&lines->arena);
    json_out_init(&out, &lines->out);
    json_out_object(&out);
    bool good = json_parse(&lines->arena, line, NULL, &order, &fault);
    put_id(&out, json_member(&order, STR("id")));
    if (good)
        lines->answer(lines, &out, &order);
    else
        cli_lines_refuse(lines, &out, fault.what);
    json_out_end(&out);
    buf_char(&lines->out, '\n');
}

/* --- lines --- */

static bool send_answer(struct cli_lines *lines)
{
    bool good = buf_ok(&lines->out) &&
                fwrite(lines->out.p, 1, lines->out.n, stdout) == lines->out.n;
    buf_clear(&lines->out);
    return good;
}

/* Answers the whole lines that are there; `last`: what is left is a line too. */
static bool answer_there(struct cli_lines *lines, bool last)
{
    str rest = buf_peek(&lines->in);
    bool good = true;
    while (good && rest.n) {
        size_t end = str_find(rest, '\n');
        if (end == rest.n && !last)
            break;
        str line = str_trim(str_of(rest.p, end));
        if (line.n && !str_eq(line, STR("\r"))) {
            answer_line(lines, line);
            good = send_answer(lines);
        }
        rest = str_from(rest, end < rest.n ? end + 1 : end);
    }
    buf_drop(&lines->in, lines->in.n - rest.n);
    return fflush(stdout) == 0 && good;
}

static int answer_all(struct cli_lines *lines)
{
    for (;;) {
        if (!buf_reserve(&lines->in, PIECE_BYTES))
            return cli_failed("a line is longer than 256 MiB");
        ssize_t n = read(STDIN_FILENO, lines->in.p + lines->in.n, PIECE_BYTES);
        if (n < 0)
            return cli_failed("standard input cannot be read");
        bool searched = lines->in.n > 0;
        size_t from = lines->in.n;
        lines->in.n += (size_t)n;
        str fresh = str_from(buf_peek(&lines->in), from);
        if (n && searched && str_find(fresh, '\n') == fresh.n)
            continue; /* a long line goes on */
        if (!answer_there(lines, n == 0))
            return cli_failed("the answer cannot be written");
        if (n == 0)
            return lines->bad ? CLI_FAILED : CLI_DONE;
    }
}

int cli_lines_run(void (*answer)(struct cli_lines *lines, struct json_out *out,
                                 const struct json *order),
                  void *arg)
{
    struct cli_lines lines = {.arg = arg, .answer = answer};
    arena_init(&lines.arena, ARENA_CHUNK, arena_bytes_max);
    buf_init(&lines.in, LINE_BYTES_MAX);
    buf_init(&lines.out, OUT_BYTES_MAX);
    int status = answer_all(&lines);
    buf_fini(&lines.out);
    buf_fini(&lines.in);
    arena_fini(&lines.arena);
    return status;
}
