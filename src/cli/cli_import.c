/*
 * `import openapi` and `import catalogue`: descriptions of others as documents of ours.
 * What comes out is read as any document is, before it is written anywhere; what could
 * not be taken over goes to standard error, and stands in the document.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "catalog/integration.h"
#include "cli/cli_command.h"
#include "import/import.h"
#include "import/layout.h"
#include "schema/schema.h"

enum { TEXT_BYTES_MAX = 512 << 20 };

/* --- reading --- */

/* Not read at all when it is longer than what will be taken. */
static bool is_too_long(struct cli *cli, str path)
{
    struct stat about;
    return !str_eq(path, STR("-")) && stat(arena_z(&cli->arena, path), &about) == 0 &&
           S_ISREG(about.st_mode) && about.st_size > IMPORT_BYTES_MAX;
}

static int read_value(struct cli *cli, str path, struct json *ret_value)
{
    str text;
    str why = STR("has more than 64 MiB; take the parts that are needed");
    if (is_too_long(cli, path))
        return cli_failed(STR_F " " STR_F, STR_A(path), STR_A(why));
    if (!cli_read_file(&cli->arena, path, &text))
        return cli_failed(STR_F " cannot be read", STR_A(path));
    if (!import_read(&cli->arena, text, ret_value, &why))
        return cli_failed(STR_F " " STR_F, STR_A(path), STR_A(why));
    return CLI_DONE;
}

/* --- checking --- */

static str lay_out(struct cli *cli, const struct json *value)
{
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    layout_write(&text, value);
    CHECK(buf_ok(&text)); /* the input is bounded, and each part of it stands once */
    return arena_take(&cli->arena, &text);
}

/* Whether a daemon will take it; says each fault. */
static bool check_document(struct cli *cli, str name, str text)
{
    struct binder binder;
    bind_init(&binder, &cli->arena);
    if (integration_read(&binder, text))
        return true;
    for (const struct bind_fault *fault = binder.first; fault; fault = fault->next)
        cli_failed(STR_F ": " STR_F " " STR_F, STR_A(name), STR_A(fault->pointer),
                   STR_A(fault->text));
    return false;
}

/* Whether the schemas compile; if not, a note says so. */
static void check_schemas(struct cli *cli, const struct imported *one)
{
    struct schema_source source = {.document = &one->schemas,
                                   .draft = SCHEMA_DRAFT_2020_12};
    struct schema_fault fault;
    struct schema *schema = schema_compile(&cli->arena, &source, &fault);
    if (!schema)
        fprintf(stderr,
                "note: the schemas cannot be used as they are: " STR_F ": " STR_F "\n",
                STR_A(fault.pointer), STR_A(fault.what));
    schema_destroy(&schema);
}

/* --- writing --- */

/* A file that was not there before, whole or not at all. */
static int write_file(struct cli *cli, str folder, const char *name, str text)
{
    struct arena *arena = &cli->arena;
    str path = arena_printf(arena, STR_F "/%s", STR_A(folder), name);
    const char *whole = arena_z(arena, path);
    const char *part = arena_z(arena, arena_printf(arena, STR_F ".new", STR_A(path)));
    FILE *file = fopen(part, "we");
    bool good = file && fwrite(text.p, 1, text.n, file) == text.n;
    if (file)
        good = fclose(file) == 0 && good;
    int linked = good ? link(part, whole) : -1;
    if (file)
        unlink(part);
    return linked == 0 ? CLI_DONE : cli_failed("%s cannot be written", whole);
}

static bool is_there(struct cli *cli, str folder, const char *name)
{
    str path = arena_printf(&cli->arena, STR_F "/%s", STR_A(folder), name);
    if (access(arena_z(&cli->arena, path), F_OK) != 0)
        return false;
    cli_failed(STR_F " is there already; remove it, or take another --name or --output",
               STR_A(path));
    return true;
}

static int write_one(struct cli *cli, str output, const struct imported *one, str text)
{
    struct arena *arena = &cli->arena;
    str folder = arena_printf(arena, STR_F "/" STR_F, STR_A(output), STR_A(one->name));
    mkdir(arena_z(arena, output), 0777);
    mkdir(arena_z(arena, folder), 0777); /* what is wrong with them, writing tells */
    bool schemas = !json_is(&one->schemas, JSON_UNDEFINED);
    if (is_there(cli, folder, "integration.json") ||
        (schemas && is_there(cli, folder, "schemas.json")))
        return CLI_FAILED;
    int status = write_file(cli, folder, "integration.json", text);
    if (status == CLI_DONE && schemas)
        status = write_file(cli, folder, "schemas.json", lay_out(cli, &one->schemas));
    if (status == CLI_DONE)
        buf_printf(&cli->out, STR_F "/integration.json\n", STR_A(folder));
    return status;
}

static int put_one(struct cli *cli, const struct imported *one)
{
    str output = cli_value(cli, "output");
    str text = lay_out(cli, &one->document);
    if (!check_document(cli, one->name, text))
        return CLI_FAILED;
    if (!json_is(&one->schemas, JSON_UNDEFINED))
        check_schemas(cli, one);
    if (!str_absent(output))
        return write_one(cli, output, one, text);
    buf_str(&cli->out, text);
    return CLI_DONE;
}

static void tell_notes(const struct import *import)
{
    for (const struct import_note *note = import->notes; note; note = note->next)
        fprintf(stderr, "note: " STR_F "\n", STR_A(note->text));
}

/* --- the commands --- */

static int start(struct cli *cli, struct import *import, struct json *value)
{
    str name = cli_value(cli, "name");
    int status = read_value(cli, cli->args[0], value);
    if (status != CLI_DONE)
        return status;
    crypto_start(); /* for the hash of a document that is read */
    import_init(import, &cli->arena, value);
    import->name = name;
    import->base_url = cli_value(cli, "base-url");
    return CLI_DONE;
}

static int finish(struct cli *cli, struct import *import, bool good,
                  const struct import_list *list)
{
    int status =
        good ? CLI_DONE
             : cli_failed(STR_F " " STR_F, STR_A(cli->args[0]), STR_A(import->fault));
    tell_notes(import);
    for (uint32_t i = 0; good && i < list->n; i++)
        if (put_one(cli, &list->items[i]) != CLI_DONE)
            status = CLI_FAILED;
    if (good && list->n == 0)
        status = cli_failed(STR_F " gives no document", STR_A(cli->args[0]));
    import_fini(import);
    return status;
}

static int run_openapi(struct cli *cli)
{
    struct json value;
    struct import import;
    struct imported one;
    struct import_list list = {.items = &one, .n = 1};
    int status = start(cli, &import, &value);
    if (status != CLI_DONE)
        return status;
    bool good = import_openapi(&import, &one);
    return finish(cli, &import, good, &list);
}

static int run_catalogue(struct cli *cli)
{
    struct json value;
    struct import import;
    struct import_list list = {.n = 0};
    int status = start(cli, &import, &value);
    if (status != CLI_DONE)
        return status;
    bool good = import_catalogue(&import, &list);
    if (good && list.n > 1 && !cli_has(cli, "output")) {
        import_fini(&import);
        return cli_misused(cli, "several documents want --output, or one of them --name");
    }
    return finish(cli, &import, good, &list);
}

static const struct cli_option openapi_options[] = {
    {.name = "name", .value = "NAME", .doc = "What the integration is called."},
    {.name = "base-url",
     .value = "URL",
     .doc = "Where the vendor is, in place of what the document says."},
    {.name = "output",
     .value = "FOLDER",
     .doc = "Write FOLDER/NAME/integration.json, and schemas.json beside it; without it "
            "the document is printed."},
    {.name = NULL}};

static const struct cli_option catalogue_options[] = {
    {.name = "name", .value = "PROVIDER", .doc = "Only this provider."},
    {.name = "base-url",
     .value = "URL",
     .doc = "Where the vendor is, in place of what the catalogue says."},
    {.name = "output",
     .value = "FOLDER",
     .doc =
         "Write FOLDER/PROVIDER/integration.json; without it the document is printed."},
    {.name = NULL}};

const struct cli_action action_import_openapi = {
    .local = true, .options = openapi_options, .run = run_openapi};
const struct cli_action action_import_catalogue = {
    .local = true, .options = catalogue_options, .run = run_catalogue};
