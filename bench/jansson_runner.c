/* jansson_runner FILE MS: as json_runner, with jansson (it checks UTF-8 as well). */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/clock.h"

struct job {
    char *text;
    size_t n;
    int good;
};

static void run(void *arg)
{
    struct job *job = arg;
    json_t *value = json_loadb(job->text, job->n, JSON_DECODE_ANY, NULL);
    job->good = value != NULL;
    json_decref(value);
}

static int read_file(const char *path, struct job *job)
{
    FILE *file = fopen(path, "r");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        return 0;
    job->n = (size_t)ftell(file);
    job->text = malloc(job->n);
    rewind(file);
    size_t n = job->text ? fread(job->text, 1, job->n, file) : 0;
    fclose(file);
    return n == job->n;
}

int main(int argc, char **argv)
{
    struct job job = {NULL, 0, 0};
    if (argc < 3 || !read_file(argv[1], &job))
        return 1;
    run(&job);
    printf("%.0f\n", bench_measure(run, &job, atof(argv[2])));
    free(job.text);
    return job.good ? 0 : 1;
}
