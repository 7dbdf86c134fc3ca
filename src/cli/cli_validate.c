/*
 * `validate SCHEMA FILE`: an error is a line `FILE:LINE:COLUMN: SENTENCE`, as compilers
 * and editors have it. The place is that of the value in the file; its pointer is part of
 * the sentence.
 */
#include "cli/cli_validate.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/cli_paint.h"

enum { ERR_BYTES_MAX = 1 << 20 };

/* --- for a person --- */

static void put_painted(struct buf *buf, enum paint paint, str text, bool colour)
{
    if (colour)
        paint_begin(buf, paint);
    buf_str(buf, text);
    if (colour)
        paint_end(buf);
}

static void put_error(struct cli *cli, const struct validation *validation,
                      const struct schema_error *error, bool colour)
{
    struct json_place place;
    str where = cli->args[1];
    if (validation_place(validation, error, &place))
        where = arena_printf(&cli->arena, STR_F ":%u:%u", STR_A(where), place.line,
                             place.column);
    put_painted(&cli->out, PAINT_FAINT, where, colour);
    buf_printf(&cli->out, ": " STR_F "\n", STR_A(error->sentence));
}

/* `SCHEMA: POINTER: SENTENCE`; the root's pointer is empty, and left out. */
static void tell_fault(const struct cli *cli, const struct schema_fault *fault)
{
    struct buf text;
    buf_init(&text, ERR_BYTES_MAX);
    buf_printf(&text, STR_F ": ", STR_A(cli->args[0]));
    if (fault->pointer.n) {
        put_painted(&text, PAINT_NAME, fault->pointer, paint_wanted(STDERR_FILENO));
        buf_str(&text, STR(": "));
    }
    buf_printf(&text, STR_F "\n", STR_A(fault->what));
    fwrite(text.p, 1, text.n, stderr);
    buf_fini(&text);
}

static int tell(struct cli *cli, const struct validation *validation, bool good)
{
    const struct schema_report *report = &validation->report;
    bool colour = paint_wanted(STDOUT_FILENO);
    if (!good)
        tell_fault(cli, &validation->fault);
    else if (report->valid)
        buf_printf(&cli->out, "ok " STR_F "\n", STR_A(cli->args[1]));
    for (uint32_t i = 0; i < report->n; i++)
        put_error(cli, validation, &report->errors[i], colour);
    if (report->more)
        buf_printf(&cli->out, "%u errors are shown; there are more\n", report->n);
    return good && report->valid ? CLI_DONE : CLI_FAILED;
}

static int tell_as_json(struct cli *cli, const struct validation *validation, bool good)
{
    struct json_out out;
    json_out_init(&out, &cli->out);
    json_out_object(&out);
    validation_put(&out, validation, good);
    json_out_end(&out);
    buf_char(&cli->out, '\n');
    return good && validation->report.valid ? CLI_DONE : CLI_FAILED;
}

/* --- the command --- */

static int read_json(struct cli *cli, str file, str *ret_text, struct json *ret_value)
{
    if (!cli_read_file(&cli->arena, file, ret_text))
        return cli_failed(STR_F " cannot be read", STR_A(file));
    return cli_parse_json(&cli->arena, file, *ret_text, ret_value);
}

static int validate(struct cli *cli, struct validation *validation)
{
    struct json schema;
    struct json instance;
    str unused;
    if (cli_has(cli, "draft") &&
        !validation_take_draft(cli_value(cli, "draft"), &validation->draft))
        return cli_misused(cli, "--draft wants 2020-12 or 7");
    int status = read_json(cli, cli->args[0], &unused, &schema);
    if (status == CLI_DONE)
        status = read_json(cli, cli->args[1], &validation->text, &instance);
    if (status != CLI_DONE)
        return status;
    validation->schema = &schema;
    validation->instance = &instance;
    bool good = validation_run(validation);
    return (cli->json ? tell_as_json : tell)(cli, validation, good);
}

/* Absent without --schemas. */
static int find_folder(struct cli *cli, str *ret_folder)
{
    *ret_folder = STR_NONE;
    if (!cli_has(cli, "schemas"))
        return CLI_DONE;
    str given = cli_value(cli, "schemas");
    *ret_folder = validation_real_path(&cli->arena, given);
    return str_absent(*ret_folder) ? cli_failed(STR_F " cannot be read", STR_A(given))
                                   : CLI_DONE;
}

static int run_validate(struct cli *cli)
{
    struct validation validation = {.arena = &cli->arena,
                                    .formats = cli_has(cli, "format")};
    bool lines = cli_has(cli, "jsonl");
    if (lines && (cli->arg_n || cli_has(cli, "draft") || cli_has(cli, "format")))
        return cli_misused(cli, "--jsonl takes all but --schemas from standard input");
    if (!lines && cli->arg_n < 2)
        return cli_misused(cli, "%s is missing", cli->arg_n ? "FILE" : "SCHEMA");
    if (!lines && str_eq(cli->args[0], STR("-")) && str_eq(cli->args[1], STR("-")))
        return cli_misused(cli, "SCHEMA and FILE cannot both be standard input");
    int status = find_folder(cli, &validation.folder);
    if (status != CLI_DONE)
        return status;
    return lines ? validation_lines(validation.folder) : validate(cli, &validation);
}

static const struct cli_option options[] = {
    {.name = "jsonl", .doc = "Validate what each line of standard input says."},
    {.name = "schemas",
     .value = "DIR",
     .doc = "Where schemas that are referred to by URL are, by its path."},
    {.name = "draft",
     .value = "DRAFT",
     .doc = "2020-12 or 7, for a schema without $schema; else 2020-12."},
    {.name = "format", .doc = "What has another `format` than is asked is invalid."},
    {.name = NULL}};

const struct cli_action action_validate = {
    .local = true, .options = options, .run = run_validate};
