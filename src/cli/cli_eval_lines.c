/*
 * `eval --jsonl`: what has come in is answered before more is read, so that a program may
 * ask line by line as well as send a whole file.
 */
#include <stdio.h>
#include <unistd.h>

#include "cli/cli_eval.h"
#include "json/json_parse.h"

enum {
    LINE_BYTES_MAX = 256 << 20,
    PIECE_BYTES = 64 * 1024,
    ARENA_CHUNK = 64 * 1024,
    OUT_BYTES_MAX = 1 << 30
};
static const size_t arena_bytes_max = (size_t)4 << 30;

struct lines {
    struct arena arena; /* of the line under way */
    struct buf in;
    struct buf out;
    bool bad; /* a line was no order */
};

/* --- a line --- */

static bool take_bindings(struct evaluation *evaluation, const struct json *bindings)
{
    if (!bindings || bindings->type == JSON_NULL)
        return true;
    if (bindings->type != JSON_OBJECT || bindings->n > EVAL_BINDINGS_MAX)
        return false;
    for (uint32_t i = 0; i < bindings->n; i++)
        evaluation->bindings[i] = (struct jsonata_binding){
            json_key(&bindings->u.members[i]), bindings->u.members[i].value};
    evaluation->binding_n = bindings->n;
    return true;
}

static bool take_number(const struct json *value, uint64_t max, uint64_t *ret)
{
    *ret = 0;
    return !value || value->type == JSON_NULL || json_to_u64(value, max, ret);
}

/* NULL, or what is wrong with the order. */
static const char *take_order(struct evaluation *evaluation, const struct json *order)
{
    uint64_t depth;
    const struct json *expression = json_member(order, STR("expr"));
    const struct json *input = json_member(order, STR("input"));
    if (!expression || expression->type != JSON_STRING)
        return "expr is no string";
    if (!take_bindings(evaluation, json_member(order, STR("bindings"))))
        return "bindings is no object of at most 256 members";
    if (!take_number(json_member(order, STR("timelimit")), UINT32_MAX,
                     &evaluation->ms_max))
        return "timelimit is no whole number";
    if (!take_number(json_member(order, STR("depth")), UINT32_MAX, &depth))
        return "depth is no whole number";
    evaluation->expression = json_text(expression);
    evaluation->depth_max = (uint32_t)depth;
    if (input)
        evaluation->input = *input;
    return NULL;
}

static void refuse(struct lines *lines, struct json_out *out, const char *why)
{
    lines->bad = true;
    json_out_name(out, STR("error"));
    json_out_object(out);
    json_out_member_text(out, STR("code"), STR("bad_line"));
    json_out_member_text(out, STR("message"), str_z(why));
    json_out_end(out);
}

static bool asks_explanation(const struct json *order)
{
    const struct json *explain = json_member(order, STR("explain"));
    return explain && explain->type == JSON_TRUE;
}

static void answer_order(struct lines *lines, struct json_out *out,
                         const struct json *order)
{
    struct evaluation evaluation = {.arena = &lines->arena};
    const struct json *id = json_member(order, STR("id"));
    json_out_name(out, STR("id"));
    if (id)
        json_out_value(out, id);
    else
        json_out_null(out);
    const char *why = take_order(&evaluation, order);
    if (why)
        refuse(lines, out, why);
    else if (!asks_explanation(order))
        evaluation_put(out, &evaluation, evaluation_run(&evaluation));
    else if (!evaluation_explain(out, &evaluation))
        evaluation_put(out, &evaluation, false);
}

static void answer_line(struct lines *lines, str line)
{
    struct json order = {.type = JSON_UNDEFINED};
    struct json_fault fault;
    struct json_out out;
    arena_reset(&lines->arena);
    json_out_init(&out, &lines->out);
    json_out_object(&out);
    if (json_parse(&lines->arena, line, NULL, &order, &fault)) {
        answer_order(lines, &out, &order);
    } else {
        json_out_name(&out, STR("id"));
        json_out_null(&out);
        refuse(lines, &out, fault.what);
    }
    json_out_end(&out);
    buf_char(&lines->out, '\n');
}

/* --- lines --- */

static bool send(struct lines *lines)
{
    bool good = buf_ok(&lines->out) &&
                fwrite(lines->out.p, 1, lines->out.n, stdout) == lines->out.n;
    buf_clear(&lines->out);
    return good;
}

/* Answers the whole lines that are there; `last`: what is left is a line too. */
static bool answer(struct lines *lines, bool last)
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
            good = send(lines);
        }
        rest = str_from(rest, end < rest.n ? end + 1 : end);
    }
    buf_drop(&lines->in, lines->in.n - rest.n);
    return fflush(stdout) == 0 && good;
}

static int answer_all(struct lines *lines)
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
        if (!answer(lines, n == 0))
            return cli_failed("the answer cannot be written");
        if (n == 0)
            return lines->bad ? CLI_FAILED : CLI_DONE;
    }
}

int evaluation_lines(struct cli *cli)
{
    struct lines lines = {.bad = false};
    (void)cli;
    arena_init(&lines.arena, ARENA_CHUNK, arena_bytes_max);
    buf_init(&lines.in, LINE_BYTES_MAX);
    buf_init(&lines.out, OUT_BYTES_MAX);
    int status = answer_all(&lines);
    buf_fini(&lines.out);
    buf_fini(&lines.in);
    arena_fini(&lines.arena);
    return status;
}
