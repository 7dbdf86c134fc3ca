/*
 * `json FILE…`: a line a file, `ok FILE` or `bad FILE: why (line, column)`.
 */
#include "cli/cli_command.h"
#include "json/json_parse.h"
#include "json/json_write.h"

struct verdict {
    str file;
    bool good;
    const char *why;
    uint32_t line; /* 0: the file could not be read */
    uint32_t column;
};

static struct verdict check_file(str file)
{
    struct verdict verdict = {.file = file};
    struct arena arena;
    struct json value;
    struct json_fault fault;
    str text;
    arena_init(&arena, 1 << 16, SIZE_MAX);
    if (!cli_read_file(&arena, file, &text)) {
        verdict.why = "it cannot be read";
    } else if (json_parse(&arena, text, NULL, &value, &fault)) {
        verdict.good = true;
    } else {
        verdict.why = fault.what;
        verdict.line = fault.line;
        verdict.column = fault.column;
    }
    arena_fini(&arena);
    return verdict;
}

static void put_text(struct buf *buf, const struct verdict *verdict)
{
    buf_printf(buf, "%s " STR_F, verdict->good ? "ok" : "bad", STR_A(verdict->file));
    if (!verdict->good)
        buf_printf(buf, ": %s", verdict->why);
    if (verdict->line)
        buf_printf(buf, " (%u, %u)", verdict->line, verdict->column);
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
        json_out_member_int(&out, STR("line"), verdict->line);
        json_out_member_int(&out, STR("column"), verdict->column);
    }
    json_out_end(&out);
    buf_char(buf, '\n');
}

static int run_json(struct cli *cli)
{
    int status = CLI_DONE;
    for (uint32_t i = 0; i < cli->arg_n; i++) {
        struct verdict verdict = check_file(cli->args[i]);
        (cli->json ? put_json : put_text)(&cli->out, &verdict);
        if (!verdict.good)
            status = CLI_FAILED;
    }
    return status;
}

const struct cli_action action_json = {.local = true, .run = run_json};
