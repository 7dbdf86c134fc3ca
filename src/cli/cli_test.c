/*
 * `test INTEGRATION [FOLDER]`: an integration's recorded pairs, offline. Here are the
 * files, and how the verdicts look; what they are is src/fixture's.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "catalog/integration.h"
#include "cli/cli_command.h"
#include "cli/cli_paint.h"
#include "cli/cli_table.h"
#include "fixture/fixture_run.h"
#include "json/json_write.h"

enum { FILES_MAX = 1000 };

struct test {
    struct cli *cli;
    str folder; /* of the integration */
    struct models *models;
    struct fixture_source files[FILES_MAX];
    struct fixture_run run;
    struct json_out out; /* with --json */
    bool colour;
};

/* --- files --- */

static str join(struct cli *cli, str folder, const char *name)
{
    return arena_printf(&cli->arena, STR_F "/%s", STR_A(folder), name);
}

static bool is_file(struct cli *cli, str path, size_t bytes_max)
{
    struct stat found;
    return stat(arena_z(&cli->arena, path), &found) == 0 && S_ISREG(found.st_mode) &&
           (size_t)found.st_size <= bytes_max;
}

static int by_name(const void *a, const void *b)
{
    const struct fixture_source *one = a, *other = b;
    return str_cmp(one->name, other->name);
}

/* The names in the order of their bytes; a folder that is not there has none. */
static int read_files(struct test *test)
{
    struct cli *cli = test->cli;
    str folder = join(cli, test->folder, "fixtures");
    DIR *dir = opendir(arena_z(&cli->arena, folder));
    const struct dirent *entry;
    uint32_t n = 0;
    while (dir && n < FILES_MAX && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            test->files[n++].name = arena_str(&cli->arena, str_z(entry->d_name));
    if (dir)
        closedir(dir);
    if (n == FILES_MAX)
        return cli_failed(STR_F " has %d files or more", STR_A(folder), FILES_MAX);
    qsort(test->files, n, sizeof(test->files[0]), by_name);
    for (uint32_t i = 0; i < n; i++) {
        str path = arena_printf(&cli->arena, STR_F "/" STR_F, STR_A(folder),
                                STR_A(test->files[i].name));
        if (!is_file(cli, path, FIXTURE_BYTES_MAX) ||
            !cli_read_file(&cli->arena, path, &test->files[i].text))
            test->files[i].text = STR_NONE;
    }
    test->run.files = test->files;
    test->run.file_n = n;
    return CLI_DONE;
}

static const struct model *find_model(void *arg, str category, str resource)
{
    const struct test *test = arg;
    return models_find(test->models, category, resource);
}

static int read_document(struct test *test)
{
    struct cli *cli = test->cli;
    struct binder binder;
    str text, path = join(cli, test->folder, "integration.json");
    if (!is_file(cli, path, FIXTURE_BYTES_MAX) ||
        !cli_read_file(&cli->arena, path, &text))
        return cli_failed(STR_F " cannot be read", STR_A(path));
    bind_init(&binder, &cli->arena);
    test->run.integration = integration_read(&binder, text);
    if (test->run.integration)
        return CLI_DONE;
    for (const struct bind_fault *fault = binder.first; fault; fault = fault->next)
        cli_failed(STR_F ": `" STR_F "` " STR_F, STR_A(path), STR_A(fault->pointer),
                   STR_A(fault->text));
    return CLI_FAILED;
}

/* --- for a person --- */

static void put_painted(const struct test *test, enum paint paint, str text)
{
    struct buf *out = &test->cli->out;
    if (test->colour)
        paint_begin(out, paint);
    table_text(out, text);
    if (test->colour)
        paint_end(out);
}

static void put_value(const struct test *test, const char *what, str value)
{
    buf_printf(&test->cli->out, "        %-8s ", what);
    if (str_absent(value))
        put_painted(test, PAINT_FAINT, STR("nothing"));
    else
        table_text(&test->cli->out, value);
    buf_char(&test->cli->out, '\n');
}

static void put_fault(const struct test *test, const struct fixture_fault *fault)
{
    struct buf *out = &test->cli->out;
    buf_str(out, STR("     "));
    if (fault->path.n) {
        put_painted(test, PAINT_NAME, fault->path);
        buf_str(out, str_absent(fault->text) ? STR("") : STR(": "));
    }
    if (!str_absent(fault->text))
        table_text(out, fault->text);
    buf_char(out, '\n');
    if (!str_absent(fault->text))
        return;
    put_value(test, "expected", fault->expected);
    put_value(test, "got", fault->got);
}

static void tell(void *arg, const struct fixture_verdict *verdict)
{
    const struct test *test = arg;
    struct buf *out = &test->cli->out;
    put_painted(test, verdict->passed ? PAINT_STRING : PAINT_WRONG,
                verdict->passed ? STR("ok  ") : STR("FAIL"));
    buf_char(out, ' ');
    table_text(out, verdict->file);
    buf_printf(out, " %s: ", verdict->part);
    table_text(out, verdict->why);
    buf_char(out, '\n');
    for (uint32_t i = 0; i < verdict->n; i++)
        put_fault(test, &verdict->faults[i]);
    if (verdict->more)
        buf_printf(out, "     and %u more\n", verdict->more);
}

/* --- for a program --- */

static void tell_as_json(void *arg, const struct fixture_verdict *verdict)
{
    struct test *test = arg;
    struct json_out *out = &test->out;
    json_out_object(out);
    json_out_member_text(out, STR("file"), verdict->file);
    json_out_member_text(out, STR("part"), str_z(verdict->part));
    json_out_member_int(out, STR("index"), verdict->index);
    json_out_member_text(out, STR("why"), verdict->why);
    json_out_member_bool(out, STR("passed"), verdict->passed);
    json_out_name(out, STR("faults"));
    json_out_array(out);
    for (uint32_t i = 0; i < verdict->n; i++) {
        const struct fixture_fault *fault = &verdict->faults[i];
        json_out_object(out);
        json_out_member_text(out, STR("path"), fault->path);
        json_out_member_text(out, STR("text"), fault->text);
        json_out_member_text(out, STR("expected"), fault->expected);
        json_out_member_text(out, STR("got"), fault->got);
        json_out_end(out);
    }
    json_out_end(out);
    if (verdict->more)
        json_out_member_int(out, STR("more"), verdict->more);
    json_out_end(out);
}

/* --- the command --- */

static void run_all(struct test *test)
{
    struct cli *cli = test->cli;
    test->run.model = find_model;
    test->run.tell = cli->json ? tell_as_json : tell;
    test->run.arg = test;
    json_out_init(&test->out, &cli->out);
    if (cli->json) {
        json_out_object(&test->out);
        json_out_member_text(&test->out, STR("integration"), cli->args[0]);
        json_out_name(&test->out, STR("fixtures"));
        json_out_array(&test->out);
    }
    fixture_run(&test->run);
    if (cli->json) {
        json_out_end(&test->out);
        json_out_member_int(&test->out, STR("passed"), test->run.passed);
        json_out_member_int(&test->out, STR("failed"), test->run.failed);
        json_out_end(&test->out);
        buf_char(&cli->out, '\n');
    } else if (test->run.passed + test->run.failed == 0) {
        buf_printf(&cli->out,
                   STR_F " has no mappings and no fixtures: there is nothing to test.\n",
                   STR_A(cli->args[0]));
    } else {
        buf_printf(&cli->out, "%u passed, %u failed\n", test->run.passed,
                   test->run.failed);
    }
}

static int run_test(struct cli *cli)
{
    str name = cli->args[0];
    str folder = cli->arg_n > 1 ? cli->args[1] : cli_variable("BREAKWATER_INTEGRATIONS");
    if (name.n == 0 || name.p[0] == '.' || str_find(name, '/') < name.n)
        return cli_misused(cli, "INTEGRATION is a name; its folder stands in FOLDER");
    folder = str_absent(folder) ? STR("integrations") : folder;
    struct test *test = arena_zalloc(&cli->arena, sizeof(*test));
    test->cli = cli;
    test->colour = paint_wanted(STDOUT_FILENO);
    test->folder = arena_printf(&cli->arena, STR_F "/" STR_F, STR_A(folder), STR_A(name));
    crypto_start(); /* a document is known by its hash */
    int status = read_document(test);
    if (status == CLI_DONE)
        status = read_files(test);
    if (status != CLI_DONE)
        return status;
    test->models = models_create();
    run_all(test);
    models_destroy(&test->models);
    return test->run.failed ? CLI_FAILED : CLI_DONE;
}

const struct cli_action action_test = {.local = true, .run = run_test};
