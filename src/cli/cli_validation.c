/*
 * Remote schemas come from a folder, by the path of their URL whatever its host is. What
 * is outside of the folder is not read, however the path or a link within leads there.
 */
#include "cli/cli_validate.h"

#include <limits.h>
#include <stdlib.h>

#include "base/encode.h"
#include "json/json_parse.h"

enum { ERRORS_MAX = 100 };

/* The path of an http or https URL without its first slash; absent for other URIs. */
static str path_of(str uri)
{
    if (!str_starts_nocase(uri, STR("http://")) &&
        !str_starts_nocase(uri, STR("https://")))
        return STR_NONE;
    str rest = str_from(uri, str_find_str(uri, STR("//")) + 2);
    rest = str_from(rest, str_find(rest, '/'));
    rest.n = str_find(rest, '?');
    return rest.n ? str_from(rest, 1) : STR_NONE;
}

str validation_real_path(struct arena *arena, str path)
{
    char real[PATH_MAX];
    return arena_str(arena, str_z(realpath(arena_z(arena, path), real)));
}

/* The file a URL stands for, or absent. */
static str file_of(struct arena *arena, str folder, str uri)
{
    str path;
    if (!decode_percent(arena, path_of(uri), &path) || !path.n ||
        str_find(path, '\0') < path.n)
        return STR_NONE;
    str joined = arena_printf(arena, STR_F "/" STR_F, STR_A(folder), STR_A(path));
    str file = validation_real_path(arena, joined);
    str inside = arena_printf(arena, STR_F "/", STR_A(folder));
    return str_starts(file, inside) ? file : STR_NONE;
}

static const struct json *resolve(void *arg, str uri)
{
    const struct validation *validation = arg;
    struct arena *arena = validation->arena;
    struct json *document = arena_alloc(arena, sizeof(*document));
    str text;
    if (str_absent(validation->folder))
        return NULL;
    str file = file_of(arena, validation->folder, uri);
    if (str_absent(file) || !cli_read_file(arena, file, &text) ||
        !json_parse(arena, text, NULL, document, NULL))
        return NULL;
    return document;
}

bool validation_run(struct validation *validation)
{
    struct schema_source source = {.document = validation->schema,
                                   .draft = validation->draft,
                                   .formats = validation->formats,
                                   .resolve = resolve,
                                   .arg = validation};
    struct schema *schema =
        schema_compile(validation->arena, &source, &validation->fault);
    if (!schema)
        return false;
    validation->report = (struct schema_report){.valid = true};
    if (!schema_valid(schema, validation->arena, validation->instance))
        schema_explain(schema, validation->arena, validation->instance, ERRORS_MAX,
                       &validation->report);
    schema_destroy(&schema);
    return true;
}

bool validation_take_draft(str name, enum schema_draft *ret_draft)
{
    bool seven = str_eq(name, STR("7"));
    if (!seven && !str_eq(name, STR("2020-12")))
        return false;
    *ret_draft = seven ? SCHEMA_DRAFT_7 : SCHEMA_DRAFT_2020_12;
    return true;
}

bool validation_place(const struct validation *validation,
                      const struct schema_error *error, struct json_place *ret_place)
{
    struct pointer pointer;
    return !str_absent(validation->text) &&
           pointer_parse(validation->arena, error->instance, POINTER_RFC6901, &pointer) &&
           json_place_find(validation->arena, validation->text, &pointer, ret_place);
}

static void put_error(struct json_out *out, const struct validation *validation,
                      const struct schema_error *error)
{
    struct json_place place;
    json_out_object(out);
    json_out_member_text(out, STR("instance"), error->instance);
    json_out_member_text(out, STR("keyword"), error->keyword);
    json_out_member_text(out, STR("absolute"), error->absolute);
    json_out_member_text(out, STR("sentence"), error->sentence);
    if (validation_place(validation, error, &place)) {
        json_out_member_int(out, STR("line"), place.line);
        json_out_member_int(out, STR("column"), place.column);
    }
    json_out_end(out);
}

static void put_fault(struct json_out *out, const struct schema_fault *fault)
{
    json_out_name(out, STR("error"));
    json_out_object(out);
    json_out_member_text(out, STR("code"), STR("bad_schema"));
    json_out_member_text(out, STR("pointer"), fault->pointer);
    json_out_member_text(out, STR("message"), fault->what);
    json_out_end(out);
}

void validation_put(struct json_out *out, const struct validation *validation, bool good)
{
    if (!good) {
        put_fault(out, &validation->fault);
        return;
    }
    json_out_member_bool(out, STR("valid"), validation->report.valid);
    json_out_name(out, STR("errors"));
    json_out_array(out);
    for (uint32_t i = 0; i < validation->report.n; i++)
        put_error(out, validation, &validation->report.errors[i]);
    json_out_end(out);
    if (validation->report.more)
        json_out_member_bool(out, STR("more"), true);
}
