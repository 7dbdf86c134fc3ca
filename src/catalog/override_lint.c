/*
 * What an override's expressions read and nobody has: of the vendor's record, against the
 * samples, where a field that none of them has is mistyped, or new; of the caller's
 * request, against the model. What an expression can read is found without running it
 * (jsonata/reads.h).
 */
#include "catalog/override_change.h"

#include "catalog/catalog_state.h"
#include "json/json_write.h"
#include "jsonata/reads.h"
#include "policy/expression.h"
#include "unified/model.h"

enum { RESULT_BYTES_MAX = 4 << 20 };

struct lint {
    struct catalog_change *change;
    struct override_view *view;
    struct json_out *out;
    str category;
    str resource;
};

/* --- does a sample have it? --- */

/* The first name of a path, without its backquotes. */
static str take_name(str *path)
{
    if (str_starts(*path, STR("`"))) {
        str rest = str_from(*path, 1);
        size_t end = str_find(rest, '`');
        str name = str_of(rest.p, end);
        rest = end < rest.n ? str_from(rest, end + 1) : STR("");
        *path = str_starts(rest, STR(".")) ? str_from(rest, 1) : rest;
        return name;
    }
    size_t dot = str_find(*path, '.');
    str name = str_of(path->p, dot);
    *path = dot < path->n ? str_from(*path, dot + 1) : STR("");
    return name;
}

static bool has_path(const struct json *value, str path)
{
    if (path.n == 0 || path.p[0] == '*' || str_eq(path, STR("$")))
        return true;
    if (json_is(value, JSON_ARRAY)) {
        for (uint32_t i = 0; i < value->n; i++)
            if (has_path(&value->u.items[i], path))
                return true;
        return false;
    }
    str name = take_name(&path);
    const struct json *member = json_member(value, name);
    return member && has_path(member, path);
}

static bool some_sample_has(const struct json *samples, str path)
{
    for (uint32_t i = 0; i < samples->n; i++) {
        const struct json *record = json_member(&samples->u.items[i], STR("record"));
        if (record && has_path(record, path))
            return true;
    }
    return false;
}

/* --- one expression --- */

static void put_finding(const struct lint *lint, str pointer, str path, str text)
{
    json_out_object(lint->out);
    json_out_member_text(lint->out, STR("pointer"), pointer);
    json_out_name(lint->out, STR("path"));
    json_out_text(lint->out, path);
    json_out_member_text(lint->out, STR("text"), text);
    json_out_end(lint->out);
}

/* False: there is none; one with faults would not be in use. */
static bool read_expression(const struct lint *lint, const struct json *value,
                            struct jsonata_reads *ret_reads)
{
    struct binder binder;
    const struct jsonata *expression = NULL;
    bind_init(&binder, lint->change->arena);
    expression_read_lines(&binder, value, &expression);
    if (expression)
        jsonata_reads(expression, lint->change->arena, ret_reads);
    return expression != NULL;
}

/* Variables that nobody gives are nothing, without a fault. */
static void lint_variables(const struct lint *lint, str pointer,
                           const struct jsonata_reads *reads, const char *other)
{
    struct arena *arena = lint->change->arena;
    for (uint32_t i = 0; i < reads->variable_n; i++) {
        str name = reads->variables[i];
        if (str_eq(name, STR("request")) || str_eq(name, str_z(other)))
            continue;
        str path = arena_printf(arena, "$" STR_F, STR_A(name));
        put_finding(lint, pointer, path,
                    arena_printf(arena,
                                 "It reads \"" STR_F "\", which is not there; there are "
                                 "\"$request\" and \"$%s\".",
                                 STR_A(path), other));
    }
}

static void lint_response(const struct lint *lint, str pointer, const struct json *value)
{
    struct arena *arena = lint->change->arena;
    struct jsonata_reads reads;
    const struct json *samples =
        overlay_samples(&lint->view->work, lint->category, lint->resource);
    if (!read_expression(lint, value, &reads))
        return;
    lint_variables(lint, pointer, &reads, "response");
    if (!samples) {
        put_finding(lint, pointer, STR_NONE,
                    STR("There is no sample of this resource to compare it with."));
        return;
    }
    for (uint32_t i = 0; i < reads.path_n; i++)
        if (!some_sample_has(samples, reads.paths[i]))
            put_finding(lint, pointer, reads.paths[i],
                        arena_printf(arena,
                                     "It reads \"" STR_F "\", which none of the %u "
                                     "samples has.",
                                     STR_A(reads.paths[i]), samples->n));
}

/* --- of a request --- */

/* What stands behind `prefix` of a path; absent: it is another path, or has no more. */
static str name_below(str path, const char *prefix)
{
    if (!str_eq(take_name(&path), str_z(prefix)) || path.n == 0 || path.p[0] == '*')
        return STR_NONE;
    return take_name(&path);
}

static bool is_of_request(const struct model *model, str path)
{
    static const char *const roots[] = {
        "id", "filters", "body", "bodies", "custom_fields", "$", "*", "**"};
    str body = name_below(path, "body"), filter = name_below(path, "filters");
    if (!str_absent(body))
        return json_member(model->properties, body) != NULL;
    if (!str_absent(filter))
        return model_filter(model, filter) != NULL;
    str root = take_name(&path);
    for (size_t i = 0; i < COUNT_OF(roots); i++)
        if (str_eq(root, str_z(roots[i])))
            return true;
    return false;
}

static void lint_request(const struct lint *lint, str pointer, const struct json *value)
{
    struct arena *arena = lint->change->arena;
    const struct model *model = models_find(catalog_models(lint->change->catalog),
                                            lint->category, lint->resource);
    struct jsonata_reads reads;
    if (!model || !read_expression(lint, value, &reads))
        return;
    lint_variables(lint, pointer, &reads, "current");
    for (uint32_t i = 0; i < reads.path_n; i++)
        if (!is_of_request(model, reads.paths[i]))
            put_finding(lint, pointer, reads.paths[i],
                        arena_printf(arena,
                                     "It reads \"" STR_F "\", which no request of this "
                                     "resource has.",
                                     STR_A(reads.paths[i])));
}

/* Its members `path`, `query` and `body`. */
static void lint_parts(const struct lint *lint, str place, const struct json *request)
{
    static const char *const parts[] = {"path", "query", "body"};
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        const struct json *value = json_member(request, str_z(parts[i]));
        if (value)
            lint_request(lint, pointer_join(lint->change->arena, place, str_z(parts[i])),
                         value);
    }
}

/* --- all of them --- */

static void lint_expressions(const struct lint *lint, str place, const struct json *value)
{
    struct arena *arena = lint->change->arena;
    for (uint32_t i = 0; i < value->n; i++) {
        const struct json_member *member = &value->u.members[i];
        str pointer = pointer_join(arena, place, json_key(member));
        if (str_eq(json_key(member), STR("response")))
            lint_response(lint, pointer, &member->value);
        else if (str_eq(json_key(member), STR("request")))
            lint_parts(lint, pointer, &member->value);
        else if (json_is(&member->value, JSON_OBJECT))
            lint_expressions(lint, pointer, &member->value);
    }
}

static void lint_category(struct lint *lint, const struct json_member *category)
{
    struct arena *arena = lint->change->arena;
    str place = pointer_join(arena, STR("/unified"), json_key(category));
    lint->category = json_key(category);
    for (uint32_t i = 0; i < category->value.n; i++) {
        const struct json_member *resource = &category->value.u.members[i];
        lint->resource = json_key(resource);
        lint_expressions(lint, pointer_join(arena, place, lint->resource),
                         &resource->value);
    }
}

/* Of the override that is asked about, not of those below it. */
static void lint_override(struct lint *lint)
{
    enum mapping_tier tier =
        str_absent(lint->change->account) ? TIER_ENVIRONMENT : TIER_ACCOUNT;
    const struct json *unified =
        json_member(&lint->view->read.of[tier].layers, STR("unified"));
    for (uint32_t i = 0; unified && i < unified->n; i++)
        lint_category(lint, &unified->u.members[i]);
}

void override_lint(struct catalog_change *change, struct entry *base)
{
    struct override_view view;
    struct json_out out;
    struct buf buf;
    if (!override_look(change, base, &view))
        return;
    struct lint lint = {.change = change, .view = &view, .out = &out};
    buf_init(&buf, RESULT_BYTES_MAX);
    json_out_init(&out, &buf);
    json_out_object(&out);
    json_out_name(&out, STR("findings"));
    json_out_array(&out);
    lint_override(&lint);
    json_out_end(&out);
    json_out_end(&out);
    override_end(change, &buf);
}
