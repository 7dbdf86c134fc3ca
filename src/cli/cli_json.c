/*
 * `json FILE…`: a line a file, `ok FILE` or `bad FILE: why (line, column)`. With
 * `--lines` a file is a JSON value a line, and what is told is the first line that is
 * none.
 */
#include "cli/cli_command.h"
#include "json/json_lines.h"
#include "json/json_write.h"

struct verdict {
    str file;
    bool good;
    const char *why;
    uint64_t line; /* 0: the file could not be read */
    uint32_t column;
};

static void check_text(struct verdict *verdict, struct arena *arena, str text)
{
    struct json value;
    struct json_fault fault = {0};
    verdict->good = json_parse(arena, text, NULL, &value, &fault);
    verdict->why = fault.what;
    verdict->line = fault.line;
    verdict->column = fault.column;
}

static void check_lines(struct verdict *verdict, struct arena *arena, str text)
{
    static const struct json_limits limits = {.bytes_max = UINT32_MAX};
    struct json_lines lines;
    struct arena values;
    enum json_lines_result result;
    arena_init(&values, 1 << 16, SIZE_MAX);
    json_lines_init(&lines, arena, &limits);
    json_lines_feed(&lines, text);
    json_lines_end(&lines);
    do {
        struct json value;
        arena_reset(&values);
        result = json_lines_next(&lines, &values, &value);
    } while (result == JSON_LINES_VALUE);
    verdict->good = result == JSON_LINES_END;
    verdict->why = lines.fault.what;
    verdict->line = lines.fault.line;
    verdict->column = lines.fault.column;
    arena_fini(&values);
}

static struct verdict check_file(str file, bool lines)
{
    struct verdict verdict = {.file = file};
    struct arena arena;
    str text;
    arena_init(&arena, 1 << 16, SIZE_MAX);
    if (!cli_read_file(&arena, file, &text))
        verdict.why = "it cannot be read";
    else
        (lines ? check_lines : check_text)(&verdict, &arena, text);
    arena_fini(&arena);
    return verdict;
}

static void put_text(struct buf *buf, const struct verdict *verdict)
{
    buf_printf(buf, "%s " STR_F, verdict->good ? "ok" : "bad", STR_A(verdict->file));
    if (!verdict->good)
        buf_printf(buf, ": %s", verdict->why);
    if (verdict->line)
        buf_printf(buf, " (%llu, %u)", (unsigned long long)verdict->line,
                   verdict->column);
    buf_char(buf, '\n');
}

static void put_json(struct buf *buf, const struct verdict *verdict)
{
    struct json_out out;
    json_out_init(&out, buf);
    json_out_object(&out);
    json_out_member_text(&out, STR("file"), verdict->file);
    json_out_member_bool(&out, STR("valid"), verdict->good);
    json_out_member_text(&out, STR("why"), str_z(verdict->why));
    if (verdict->line) {
        json_out_member_int(&out, STR("line"), (int64_t)verdict->line);
        json_out_member_int(&out, STR("column"), verdict->column);
    }
    json_out_end(&out);
    buf_char(buf, '\n');
}

static int run_json(struct cli *cli)
{
    int status = CLI_DONE;
    for (uint32_t i = 0; i < cli->arg_n; i++) {
        struct verdict verdict = check_file(cli->args[i], cli_has(cli, "lines"));
        (cli->json ? put_json : put_text)(&cli->out, &verdict);
        if (!verdict.good)
            status = CLI_FAILED;
    }
    return status;
}

static const struct cli_option options[] = {
    {.name = "lines", .doc = "A value a line (NDJSON): says which line is none."}, {0}};

const struct cli_action action_json = {
    .local = true, .options = options, .run = run_json};
