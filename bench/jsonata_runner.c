/*
 * jsonata_runner EXPRESSION INPUT [MS]: evaluates the expression of a file over the JSON
 * of another. Prints the value; with MS, instead, the nanoseconds of CPU that it takes to
 * parse the input, evaluate, and write the value, measured for so long. The expression is
 * compiled once, before.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "bench/clock.h"
#include "cli/cli_command.h"
#include "json/json_parse.h"
#include "json/json_write.h"
#include "jsonata/jsonata.h"

enum { OUT_BYTES_MAX = 1 << 30 };

struct job {
    struct jsonata *expression;
    str input;
    struct arena arena;
    struct buf out;
};

static void run(void *arg)
{
    struct job *job = arg;
    struct json value;
    struct jsonata_fault fault;
    struct jsonata_run order = {.arena = &job->arena, .now_ms = 1.7e12, .seed = 1};
    arena_reset(&job->arena);
    buf_clear(&job->out);
    if (json_parse(&job->arena, job->input, NULL, &order.input, NULL) &&
        jsonata_eval(job->expression, &order, &value, &fault))
        json_write(&job->out, &value, JSON_COMPACT);
}

int main(int argc, char **argv)
{
    struct job job;
    struct arena arena;
    struct jsonata_fault fault;
    str source;
    crypto_start();
    arena_init(&arena, 1 << 16, SIZE_MAX);
    arena_init(&job.arena, 1 << 16, SIZE_MAX);
    buf_init(&job.out, OUT_BYTES_MAX);
    if (argc < 3 || !cli_read_file(&arena, str_z(argv[1]), &source) ||
        !cli_read_file(&arena, str_z(argv[2]), &job.input) ||
        !(job.expression = jsonata_compile(&arena, source, &fault)))
        return 1;
    run(&job);
    if (argc > 3)
        printf("%.0f\n", bench_measure(run, &job, atof(argv[3])));
    else
        printf(STR_F "\n", STR_A(buf_peek(&job.out)));
    jsonata_destroy(&job.expression);
    buf_fini(&job.out);
    arena_fini(&job.arena);
    arena_fini(&arena);
    return 0;
}
