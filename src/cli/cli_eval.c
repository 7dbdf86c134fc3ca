/*
 * `eval EXPR [FILE]`: the value on standard output, what is wrong on standard error.
 */
#include "cli/cli_eval.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/cli_paint.h"
#include "loop/world.h"

static const uint64_t steps_max = (uint64_t)4 * 1000 * 1000 * 1000;
static const size_t bytes_max = (size_t)2 << 30;
enum { OUT_BYTES_MAX = 1 << 30, MS_MAX = 24 * 60 * 60 * 1000, DEPTH_MAX = 100 * 1000 };

/* --- running --- */

static bool is_late(void *arg)
{
    const usec *end = arg;
    return world_now(world_real()) > *end;
}

static struct jsonata_run run_of(const struct evaluation *evaluation)
{
    return (struct jsonata_run){
        .arena = evaluation->arena,
        .input = evaluation->input,
        .bindings = evaluation->bindings,
        .binding_n = evaluation->binding_n,
        .limits = {.steps_max = steps_max,
                   .depth_max = evaluation->depth_max,
                   .bytes_max = bytes_max},
        .now_ms = (double)(world_wall(world_real()) / 1000),
        .seed = world_random_u64(world_real()),
    };
}

bool evaluation_run(struct evaluation *evaluation)
{
    struct jsonata_run run = run_of(evaluation);
    usec end = world_now(world_real()) + (usec)evaluation->ms_max * 1000;
    if (evaluation->ms_max) {
        run.stop = is_late;
        run.stop_arg = &end;
    }
    struct jsonata *expression =
        jsonata_compile(evaluation->arena, evaluation->expression, &evaluation->fault);
    if (!expression)
        return false;
    bool good = jsonata_eval(expression, &run, &evaluation->value, &evaluation->fault);
    if (good) /* what it shares with the expression must outlive it */
        evaluation->value = json_copy(evaluation->arena, &evaluation->value);
    jsonata_destroy(&expression);
    return good;
}

static void put_error(struct json_out *out, const struct evaluation *evaluation)
{
    const struct jsonata_fault *fault = &evaluation->fault;
    json_out_object(out);
    json_out_member_text(out, STR("code"), jsonata_code_name(fault->code));
    json_out_member_int(out, STR("position"),
                        jsonata_fault_unit(fault, evaluation->expression));
    json_out_member_text(out, STR("token"), fault->token);
    json_out_name(out, STR("value"));
    json_out_value(out, &fault->value);
    json_out_member_text(out, STR("message"),
                         jsonata_fault_text(evaluation->arena, fault));
    json_out_end(out);
}

void evaluation_put(struct json_out *out, const struct evaluation *evaluation, bool good)
{
    if (!good) {
        json_out_name(out, STR("error"));
        put_error(out, evaluation);
    } else if (evaluation->value.type == JSON_UNDEFINED) {
        json_out_member_bool(out, STR("undefined"), true);
    } else {
        json_out_name(out, STR("result"));
        json_out_value(out, &evaluation->value);
    }
}

/* --- for a person --- */

static void put_value(struct cli *cli, const struct json *value)
{
    struct buf text;
    buf_init(&text, OUT_BYTES_MAX);
    json_write(&text, value, JSON_PRETTY);
    if (paint_wanted(STDOUT_FILENO))
        paint_json(&cli->out, buf_peek(&text));
    else
        buf_str(&cli->out, buf_peek(&text));
    cli->out.full = cli->out.full || !buf_ok(&text);
    buf_char(&cli->out, '\n');
    buf_fini(&text);
}

static int tell(struct cli *cli, const struct evaluation *evaluation, bool good)
{
    if (good && evaluation->value.type == JSON_UNDEFINED)
        fputs("undefined\n", stderr);
    else if (good)
        put_value(cli, &evaluation->value);
    if (good)
        return CLI_DONE;
    struct buf text;
    buf_init(&text, OUT_BYTES_MAX);
    evaluation_put_fault(&text, evaluation, paint_wanted(STDERR_FILENO));
    fwrite(text.p, 1, text.n, stderr);
    buf_fini(&text);
    return CLI_FAILED;
}

static int tell_as_json(struct cli *cli, const struct evaluation *evaluation, bool good)
{
    struct json_out out;
    json_out_init(&out, &cli->out);
    json_out_object(&out);
    evaluation_put(&out, evaluation, good);
    json_out_end(&out);
    buf_char(&cli->out, '\n');
    return good ? CLI_DONE : CLI_FAILED;
}

/* Without FILE it is standard input, unless somebody would have to type it; a text of
 * nothing but blanks is no input. */
static int read_input(struct cli *cli, struct json *ret_input)
{
    str text;
    str file = cli->arg_n > 1 ? cli->args[1] : STR("-");
    *ret_input = (struct json){.type = JSON_UNDEFINED};
    if (cli->arg_n < 2 && isatty(STDIN_FILENO))
        return CLI_DONE;
    if (!cli_read_file(&cli->arena, file, &text))
        return cli_failed(STR_F " cannot be read", STR_A(file));
    size_t blanks = 0;
    while (blanks < text.n && strchr(" \t\r\n", text.p[blanks]))
        blanks++;
    if (blanks == text.n && cli->arg_n < 2)
        return CLI_DONE;
    return cli_parse_json(&cli->arena, file, text, ret_input);
}

static bool read_number(const struct cli *cli, const char *name, uint64_t max,
                        uint64_t *ret)
{
    *ret = 0;
    return !cli_has(cli, name) || (str_to_u64(cli_value(cli, name), max, ret) && *ret);
}

static int evaluate(struct cli *cli)
{
    struct evaluation evaluation = {.arena = &cli->arena, .expression = cli->args[0]};
    uint64_t depth;
    if (!read_number(cli, "timelimit", MS_MAX, &evaluation.ms_max))
        return cli_misused(cli, "--timelimit wants milliseconds, at most a day");
    if (!read_number(cli, "depth", DEPTH_MAX, &depth))
        return cli_misused(cli, "--depth wants a number up to %d", DEPTH_MAX);
    evaluation.depth_max = (uint32_t)depth;
    int status = read_input(cli, &evaluation.input);
    if (status != CLI_DONE)
        return status;
    bool good = evaluation_run(&evaluation);
    return (cli->json ? tell_as_json : tell)(cli, &evaluation, good);
}

static int explain(struct cli *cli)
{
    struct evaluation evaluation = {.arena = &cli->arena, .expression = cli->args[0]};
    struct json_out out;
    if (!cli->json)
        return evaluation_explain_text(&cli->out, &evaluation)
                   ? CLI_DONE
                   : tell(cli, &evaluation, false);
    json_out_init(&out, &cli->out);
    json_out_object(&out);
    bool good = evaluation_explain(&out, &evaluation);
    if (!good)
        evaluation_put(&out, &evaluation, false);
    json_out_end(&out);
    buf_char(&cli->out, '\n');
    return good ? CLI_DONE : CLI_FAILED;
}

static int run_eval(struct cli *cli)
{
    bool lines = cli_has(cli, "jsonl");
    if (lines && cli->arg_n)
        return cli_misused(cli, "--jsonl takes its expressions from standard input");
    if (!lines && cli->arg_n == 0)
        return cli_misused(cli, "EXPR is missing");
    if (cli_has(cli, "explain") && (lines || cli->arg_n > 1))
        return cli_misused(cli, "--explain takes one expression and nothing else");
    if (cli_has(cli, "explain"))
        return explain(cli);
    return lines ? evaluation_lines() : evaluate(cli);
}

static const struct cli_option options[] = {
    {.name = "jsonl", .doc = "Evaluate what each line of standard input says."},
    {.name = "timelimit",
     .value = "MS",
     .doc = "Give up after so many milliseconds: U1001."},
    {.name = "depth", .value = "N", .doc = "Nest at most so deeply: U1001."},
    {.name = "explain",
     .doc = "Do not evaluate; say what it reads of its input, calls and wants."},
    {.name = NULL}};

const struct cli_action action_eval = {
    .local = true, .options = options, .run = run_eval};
