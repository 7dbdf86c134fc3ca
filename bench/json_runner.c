/*
 * json_runner FILE MS: the nanoseconds of CPU that parsing a file takes, to a value of
 * which every part may be read, measured for so long. The arena is used again, as every
 * user of the parser does. jansson_runner.c and simdjson_runner.cc do the same.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/clock.h"
#include "cli/cli_command.h"
#include "json/json_parse.h"

struct job {
    struct arena arena;
    str text;
    bool good;
};

static void run(void *arg)
{
    struct job *job = arg;
    struct json value;
    arena_reset(&job->arena);
    job->good = json_parse(&job->arena, job->text, NULL, &value, NULL);
}

int main(int argc, char **argv)
{
    struct job job;
    struct arena arena;
    arena_init(&arena, 1 << 16, SIZE_MAX);
    arena_init(&job.arena, 1 << 16, SIZE_MAX);
    if (argc < 3 || !cli_read_file(&arena, str_z(argv[1]), &job.text))
        return 1;
    run(&job);
    printf("%.0f\n", bench_measure(run, &job, atof(argv[2])));
    arena_fini(&job.arena);
    arena_fini(&arena);
    return job.good ? 0 : 1;
}
