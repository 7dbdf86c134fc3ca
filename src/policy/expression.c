#include "policy/expression.h"

#include "base/buf.h"
#include "http/form.h"
#include "json/json_place.h"
#include "jsonata/jsonata.h"

enum { SOURCE_BYTES_MAX = 16384, STEPS_MAX = 200 * 1000, RUN_BYTES_MAX = 2 << 20 };

/* --- reading the document --- */

static void forget(void *arg)
{
    struct jsonata *expression = arg;
    jsonata_destroy(&expression);
}

static void report(struct binder *binder, str source, const struct jsonata_fault *fault)
{
    size_t end = fault->position < source.n ? fault->position : source.n;
    struct json_place place = json_place_of(source, end);
    str sentence = jsonata_fault_text(binder->arena, fault);
    str code = jsonata_code_name(fault->code);
    bind_fault(binder,
               "is no JSONata expression: " STR_F " (" STR_F
               ", line %u, up to column %u).",
               STR_A(sentence), STR_A(code), place.line, place.column);
}

static void compile(struct binder *binder, str source,
                    const struct jsonata **ret_expression)
{
    struct jsonata_fault fault;
    struct jsonata *expression = jsonata_compile(binder->arena, source, &fault);
    if (!expression) {
        report(binder, source, &fault);
        return;
    }
    arena_at_end(binder->arena, forget, expression);
    *ret_expression = expression;
}

void expression_read(struct binder *binder, const struct json *value, void *field)
{
    str source = json_text(value);
    if (!json_is(value, JSON_STRING) || source.n == 0 || source.n > SOURCE_BYTES_MAX)
        bind_fault(binder, "must be a JSONata expression of 1 to %d bytes.",
                   SOURCE_BYTES_MAX);
    else
        compile(binder, source, field);
}

/* The lines as one text; absent when one is no text, or all are too long. */
static str join_lines(struct arena *arena, const struct json *lines)
{
    struct buf text;
    bool good = true;
    buf_init(&text, SOURCE_BYTES_MAX);
    for (uint32_t i = 0; i < lines->n && good; i++) {
        good = json_is(&lines->u.items[i], JSON_STRING);
        if (i)
            buf_char(&text, '\n');
        if (good)
            buf_str(&text, json_text(&lines->u.items[i]));
    }
    good = good && buf_ok(&text) && text.n;
    str source = good ? arena_str(arena, buf_peek(&text)) : STR_NONE;
    buf_fini(&text);
    return source;
}

void expression_read_lines(struct binder *binder, const struct json *value, void *field)
{
    if (!json_is(value, JSON_ARRAY)) {
        expression_read(binder, value, field);
        return;
    }
    str source = join_lines(binder->arena, value);
    if (str_absent(source))
        bind_fault(binder,
                   "must be a JSONata expression, or a list of its lines, of 1 to %d "
                   "bytes together.",
                   SOURCE_BYTES_MAX);
    else
        compile(binder, source, field);
}

/* --- looking at an answer --- */

static bool named_before(const struct headers *headers, uint32_t at)
{
    for (uint32_t i = 0; i < at; i++)
        if (str_eq_nocase(headers->items[i].name, headers->items[at].name))
            return true;
    return false;
}

static struct json headers_value(struct arena *arena, const struct headers *headers)
{
    struct json_build build;
    json_build_init(&build, arena);
    for (uint32_t i = 0; headers && i < headers->n; i++) {
        str name = headers->items[i].name;
        if (named_before(headers, i))
            continue;
        str value = header_joined_name(arena, headers, name);
        json_build_member(&build, arena_lower(arena, name),
                          json_of_text(str_absent(value) ? STR("") : value));
    }
    return json_build_object(&build);
}

static struct json body_value(const struct answer *answer)
{
    if (answer->body)
        return *answer->body;
    return answer->text.n ? json_of_text(answer->text) : (struct json){0};
}

struct json expression_response(struct arena *arena, const struct answer *answer)
{
    struct json_build build;
    struct json body = body_value(answer);
    json_build_init(&build, arena);
    json_build_member(&build, STR("status"), json_of_number(answer->status));
    json_build_member(&build, STR("headers"), headers_value(arena, answer->headers));
    if (body.type != JSON_UNDEFINED)
        json_build_member(&build, STR("body"), body);
    return json_build_object(&build);
}

static struct json query_value(struct arena *arena, str query)
{
    struct form form;
    form_init(&form, arena);
    form_add_text(&form, query);
    return form_json(&form);
}

static struct json request_value(struct arena *arena, const struct answer *answer)
{
    const struct asked *asked = answer->asked;
    struct json_build build;
    json_build_init(&build, arena);
    json_build_member(&build, STR("method"), json_of_text(asked->method));
    json_build_member(&build, STR("url"), json_of_text(asked->url));
    json_build_member(&build, STR("query"), query_value(arena, asked->query));
    json_build_member(&build, STR("headers"), headers_value(arena, answer->headers));
    if (asked->body)
        json_build_member(&build, STR("body"), *asked->body);
    else if (answer->text.n)
        json_build_member(&build, STR("body"), json_of_text(answer->text));
    return json_build_object(&build);
}

static uint32_t bind_answer(struct arena *arena, const struct answer *answer,
                            struct jsonata_binding bindings[2])
{
    const struct answer *request = answer->asked ? answer : answer->about;
    uint32_t n = 0;
    if (request)
        bindings[n++] =
            (struct jsonata_binding){STR("request"), request_value(arena, request)};
    if (!answer->asked)
        bindings[n++] =
            (struct jsonata_binding){STR("response"), expression_response(arena, answer)};
    return n;
}

static void note_trouble(const struct answer *answer, struct arena *arena,
                         const struct jsonata_fault *fault)
{
    if (!answer->trouble || !str_absent(*answer->trouble))
        return;
    /* without the values that the sentence is about: they are the vendor's data */
    *answer->trouble = arena_printf(
        arena, STR_F " at %u", STR_A(jsonata_code_name(fault->code)), fault->position);
}

struct json expression_value(const struct jsonata *expression,
                             const struct answer *answer, struct arena *arena)
{
    struct json value;
    struct jsonata_fault fault;
    struct jsonata_binding bindings[2];
    struct jsonata_run run = {
        .arena = arena,
        .input = body_value(answer),
        .bindings = bindings,
        .binding_n = bind_answer(arena, answer, bindings),
        .limits = {.steps_max = STEPS_MAX, .bytes_max = RUN_BYTES_MAX, .no_eval = true},
        .now_ms = (double)(answer->wall / USEC_MS),
    };
    if (jsonata_eval(expression, &run, &value, &fault))
        return value;
    note_trouble(answer, arena, &fault);
    return (struct json){0};
}
