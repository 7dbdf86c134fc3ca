/*
 * Validates for schema.mjs and bench/schema.mjs. Each line of standard input is
 * {"schema", "draft", "formats", "instances"}. The answer is a line: "error" with a
 * pointer and what is wrong, or a character an instance: 1 valid, 0 not, x when the two
 * ways disagree. With the argument `bench` an answer is instead the nanoseconds of CPU
 * that compiling takes, those that all instances take, how many were valid, and what all
 * take when each is parsed from its text first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/crypto.h"
#include "json/json_parse.h"
#include "json/json_write.h"
#include "schema/schema.h"

enum { BENCH_NS_MIN = 100000000 };

static double now_ns(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

static char check(struct arena *arena, const struct schema *schema,
                  const struct json *instance)
{
    struct schema_report report;
    bool valid = schema_valid(schema, arena, instance);
    schema_explain(schema, arena, instance, 5, &report);
    if (valid != report.valid || valid != (report.n == 0))
        return 'x';
    return valid ? '1' : '0';
}

static void answer(struct arena *arena, const struct schema *schema,
                   const struct json *instances)
{
    for (uint32_t i = 0; i < instances->n; i++)
        putchar(check(arena, schema, &instances->u.items[i]));
    putchar('\n');
}

/* What is measured: over values that are parsed, or from their texts. */
struct job {
    struct arena *arena;
    const struct schema *schema;
    const struct json *instances;
    const str *texts; /* NULL = parsed already */
};

static unsigned run_all(const struct job *job)
{
    unsigned valid = 0;
    struct arena_mark mark = arena_mark(job->arena);
    for (uint32_t i = 0; i < job->instances->n; i++) {
        struct json parsed;
        const struct json *instance = &job->instances->u.items[i];
        if (job->texts) {
            CHECK(json_parse(job->arena, job->texts[i], NULL, &parsed, NULL));
            instance = &parsed;
        }
        valid += schema_valid(job->schema, job->arena, instance);
        arena_rewind(job->arena, mark);
    }
    return valid;
}

static double measure(const struct job *job, unsigned *ret_valid)
{
    double best = 0;
    for (unsigned round = 0; round < 5; round++) {
        double began = now_ns();
        double took = 0;
        unsigned n = 0;
        for (; took < BENCH_NS_MIN / 5; took = now_ns() - began)
            for (unsigned k = 0; k < 10; k++, n++)
                *ret_valid = run_all(job);
        best = !best || took / n < best ? took / n : best;
    }
    return best;
}

static const str *texts_of(struct arena *arena, const struct json *instances)
{
    str *texts = arena_array(arena, instances->n, sizeof(texts[0]));
    for (uint32_t i = 0; i < instances->n; i++) {
        struct buf buf;
        buf_init(&buf, 64 << 20);
        json_write(&buf, &instances->u.items[i], JSON_COMPACT);
        texts[i] = arena_take(arena, &buf);
    }
    return texts;
}

static void bench(struct arena *arena, const struct schema *schema, double compile_ns,
                  const struct json *instances)
{
    unsigned valid = 0;
    struct job job = {arena, schema, instances, NULL};
    double parsed = measure(&job, &valid);
    job.texts = texts_of(arena, instances);
    printf("%.0f %.1f %u %.1f\n", compile_ns, parsed, valid, measure(&job, &valid));
}

static void run_line(str line, bool measured)
{
    struct arena arena;
    struct json row;
    struct schema_fault fault;
    arena_init(&arena, 1 << 16, SIZE_MAX);
    if (json_parse(&arena, line, NULL, &row, NULL)) {
        bool seven = str_eq(json_member_text(&row, STR("draft")), STR("7"));
        struct schema_source source = {
            .document = json_member(&row, STR("schema")),
            .draft = seven ? SCHEMA_DRAFT_7 : SCHEMA_DRAFT_2020_12,
            .formats = json_is(json_member(&row, STR("formats")), JSON_TRUE),
        };
        double began = now_ns();
        struct schema *schema = schema_compile(&arena, &source, &fault);
        double took = now_ns() - began;
        const struct json *instances = json_member(&row, STR("instances"));
        if (!schema)
            printf("error " STR_F " " STR_F "\n", STR_A(fault.pointer),
                   STR_A(fault.what));
        else if (measured)
            bench(&arena, schema, took, instances);
        else
            answer(&arena, schema, instances);
        schema_destroy(&schema);
    }
    fflush(stdout);
    arena_fini(&arena);
}

int main(int argc, char **argv)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    bool measured = argc > 1 && strcmp(argv[1], "bench") == 0;
    crypto_start();
    while ((n = getline(&line, &room, stdin)) > 0)
        run_line(str_of(line, (size_t)n), measured);
    free(line);
    return 0;
}
