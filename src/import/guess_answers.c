/*
 * Errors: the usual places of text and code in the schemas of refused requests; the first
 * that has any counts. Limits: headers that are called like those of rate limits.
 */
#include "http/header.h"
#include "import/guess.h"
#include "json/pointer.h"

struct place {
    const char *group; /* NULL: the top */
    const char *name;
};

static bool has_place(struct import *import, const struct json *schema,
                      const struct place *place, str *ret_pointer)
{
    const char *const group[] = {place->group, NULL};
    const char *const name[] = {place->name, NULL};
    str outer, inner;
    str pointer = STR("");
    if (place->group) {
        schema = guess_property(import, schema, group, &outer);
        pointer = schema ? pointer_join(import->arena, pointer, outer) : pointer;
    }
    if (place->group && guess_is_type(import, schema, STR("array"))) {
        schema = import_member(import, schema, STR("items"));
        pointer = pointer_join_index(import->arena, pointer, 0);
    }
    const struct json *found = guess_property(import, schema, name, &inner);
    if (!guess_is_scalar(import, found))
        return false;
    *ret_pointer = pointer_join(import->arena, pointer, inner);
    return true;
}

/* Pointers to the places that the schema has; UNDEFINED: none. */
static struct json find_places(struct import *import, const struct json *schema,
                               const struct place *places, size_t n)
{
    str found[8];
    size_t count = 0;
    for (size_t i = 0; i < n && count < COUNT_OF(found); i++)
        count += has_place(import, schema, &places[i], &found[count]);
    return count ? import_texts(import->arena, found, count)
                 : (struct json){.type = JSON_UNDEFINED};
}

static void read_error(struct guess_answers *answers, const struct json *schema)
{
    static const struct place messages[] = {
        {"error", "message"}, {"errors", "message"}, {"errors", "detail"},
        {NULL, "message"},    {NULL, "detail"},      {NULL, "errordescription"},
        {NULL, "error"},      {NULL, "title"},
    };
    static const struct place codes[] = {
        {"error", "code"}, {"error", "type"},   {"errors", "code"},
        {NULL, "code"},    {NULL, "errorcode"}, {NULL, "type"},
    };
    struct import *import = answers->import;
    if (!schema || !json_is(&answers->message, JSON_UNDEFINED))
        return;
    answers->message = find_places(import, schema, messages, COUNT_OF(messages));
    if (!json_is(&answers->message, JSON_UNDEFINED))
        answers->code = find_places(import, schema, codes, COUNT_OF(codes));
}

/* --- headers --- */

static str unit_of(struct import *import, const struct json *header)
{
    header = import_follow(import, header);
    str about = import_text(header, STR("description"));
    const struct json *schema = import_member(import, header, STR("schema"));
    if (str_find_str_nocase(about, STR("epoch")) < about.n ||
        str_find_str_nocase(about, STR("unix")) < about.n)
        return STR("epoch_s");
    if (schema && str_eq(import_text(schema, STR("format")), STR("date-time")))
        return STR("iso8601");
    return str_find_str_nocase(about, STR("second")) < about.n ? STR("s") : STR_NONE;
}

static void take(str *header, str name)
{
    if (str_absent(*header))
        *header = name;
}

static void read_header(struct guess_answers *answers, str name,
                        const struct json *header)
{
    bool limits = str_find_str_nocase(name, STR("ratelimit")) < name.n ||
                  str_find_str_nocase(name, STR("rate-limit")) < name.n;
    if (!header_name_valid(name))
        return;
    if (str_ends_nocase(name, STR("retry-after")))
        take(&answers->retry_after, name);
    else if (str_ends_nocase(name, STR("request-id")))
        take(&answers->request_id, name);
    else if (limits && str_ends_nocase(name, STR("limit")))
        take(&answers->limit, name);
    else if (limits && str_ends_nocase(name, STR("remaining")))
        take(&answers->remaining, name);
    else if (limits && str_ends_nocase(name, STR("reset")) &&
             str_absent(answers->reset)) {
        answers->reset = name;
        answers->reset_unit = unit_of(answers->import, header);
    }
}

void guess_answers_read(struct guess_answers *answers, const struct json *responses)
{
    struct import *import = answers->import;
    for (uint32_t i = 0; responses && json_is(responses, JSON_OBJECT) && i < responses->n;
         i++) {
        str status = json_key(&responses->u.members[i]);
        const struct json *answer = import_follow(import, &responses->u.members[i].value);
        const struct json *headers = import_at(answer, STR("headers"));
        bool refused = str_starts(status, STR("4")) || str_starts(status, STR("5")) ||
                       str_eq(status, STR("default"));
        str media;
        if (refused)
            read_error(answers, openapi_content(answer, &media));
        for (uint32_t k = 0; headers && json_is(headers, JSON_OBJECT) && k < headers->n;
             k++)
            read_header(answers, json_key(&headers->u.members[k]),
                        &headers->u.members[k].value);
    }
}

/* --- the blocks --- */

static struct json signal_of(struct arena *arena, str from, str unit)
{
    struct json_build build;
    json_build_init(&build, arena);
    json_build_member(&build, STR("from"), json_of_text(from));
    json_build_member(&build, STR("unit"), json_of_text(unit));
    return json_build_object(&build);
}

static struct json list_of_one(struct arena *arena, struct json item)
{
    struct json_build build;
    json_build_init(&build, arena);
    json_build_item(&build, item);
    return json_build_array(&build);
}

static struct json window_of(const struct guess_answers *answers)
{
    struct arena *arena = answers->import->arena;
    struct json_build window;
    json_build_init(&window, arena);
    json_build_member(&window, STR("name"), json_of_text(STR("default")));
    import_put_text(&window, STR("limit"), answers->limit);
    import_put_text(&window, STR("remaining"), answers->remaining);
    if (answers->reset.n && answers->reset_unit.n)
        json_build_member(&window, STR("reset"),
                          signal_of(arena, answers->reset, answers->reset_unit));
    return json_build_object(&window);
}

static void put_limits(const struct guess_answers *answers, struct json_build *document)
{
    struct arena *arena = answers->import->arena;
    struct json_build block;
    json_build_init(&block, arena);
    if (answers->retry_after.n)
        json_build_member(&block, STR("retry_after"),
                          list_of_one(arena, signal_of(arena, answers->retry_after,
                                                       STR("retry_after"))));
    if (answers->limit.n || answers->remaining.n)
        json_build_member(&block, STR("windows"), list_of_one(arena, window_of(answers)));
    if (answers->reset.n && !answers->reset_unit.n)
        import_say(answers->import,
                   "The header " STR_F " is not read: whether it tells seconds or a "
                   "moment, the OpenAPI document does not say.",
                   STR_A(answers->reset));
    if (block.n == 0)
        return;
    json_build_member(&block, STR("x-guessed"),
                      json_of_text(STR("headers that answers declare")));
    json_build_member(document, STR("rate_limit"), json_build_object(&block));
}

void guess_answers_put(struct guess_answers *answers, struct json_build *document)
{
    struct arena *arena = answers->import->arena;
    struct json_build errors;
    put_limits(answers, document);
    json_build_init(&errors, arena);
    if (!json_is(&answers->message, JSON_UNDEFINED))
        json_build_member(&errors, STR("message"), answers->message);
    if (!json_is(&answers->code, JSON_UNDEFINED))
        json_build_member(&errors, STR("code"), answers->code);
    if (answers->request_id.n)
        json_build_member(&errors, STR("request_id"),
                          import_texts(arena, &answers->request_id, 1));
    if (errors.n == 0)
        return;
    json_build_member(&errors, STR("x-guessed"),
                      json_of_text(STR("the schemas of refused requests")));
    json_build_member(document, STR("errors"), json_build_object(&errors));
}
