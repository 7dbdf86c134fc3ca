/*
 * One evaluation: its scene, its limits, and a look at what it made. The look is bounded
 * by itself: values share memory, so that a small one in memory may be endless when it is
 * written out.
 */
#include "jsonata/jsonata.h"
#include "unified/mapping.h"

enum {
    STEPS_MAX = 1000 * 1000,
    RUN_BYTES_MAX = 8 << 20,
    RUN_DEPTH_MAX = 1000,
    BINDINGS_MAX = 3
};

/* --- how large a value is --- */

/* At least what it takes to write it; `left` is what may still be. */
static bool take_bytes(size_t *left, size_t bytes)
{
    bool fits = bytes <= *left;
    *left -= fits ? bytes : 0;
    return fits;
}

static bool fits(const struct json *value, uint32_t depth, size_t *left)
{
    bool array = json_is(value, JSON_ARRAY);
    if (!take_bytes(left, 2 + (json_is(value, JSON_STRING) ? value->n : 0)))
        return false;
    if (!array && !json_is(value, JSON_OBJECT))
        return true;
    if (depth == MAPPING_MADE_DEPTH_MAX)
        return false;
    for (uint32_t i = 0; i < value->n; i++) {
        if (!array && !take_bytes(left, value->u.members[i].key_n))
            return false;
        if (!fits(array ? &value->u.items[i] : &value->u.members[i].value, depth + 1,
                  left))
            return false;
    }
    return true;
}

/* --- one evaluation --- */

static bool fail(struct mapping_fault *fault, const char *part, const char *code,
                 str text)
{
    *fault = (struct mapping_fault){.part = part, .code = str_z(code), .text = text};
    return false;
}

static void bind(struct jsonata_run *run, struct jsonata_binding *bindings, str name,
                 struct json value)
{
    if (value.type != JSON_UNDEFINED)
        bindings[run->binding_n++] = (struct jsonata_binding){name, value};
}

static bool evaluate(const struct jsonata *expression, struct jsonata_run *run,
                     const char *part, struct json *ret_value,
                     struct mapping_fault *ret_fault)
{
    struct jsonata_fault fault;
    size_t left = MAPPING_MADE_BYTES_MAX;
    run->limits = (struct jsonata_limits){.steps_max = STEPS_MAX,
                                          .depth_max = RUN_DEPTH_MAX,
                                          .bytes_max = RUN_BYTES_MAX,
                                          .no_eval = true};
    if (!jsonata_eval(expression, run, ret_value, &fault)) {
        *ret_fault = (struct mapping_fault){
            .part = part,
            .code = jsonata_code_name(fault.code),
            .text = jsonata_fault_text(run->arena, &fault),
        };
        return false;
    }
    return fits(ret_value, 0, &left) ||
           fail(ret_fault, part, "size",
                STR("what it makes is too large, or nested too deep"));
}

/* --- a record --- */

enum mapping_end mapping_response(const struct mapping_step *step,
                                  const struct json *record,
                                  const struct mapping_scene *scene, struct arena *arena,
                                  struct json *ret_model, struct mapping_fault *ret_fault)
{
    static const char part[] = "response";
    struct jsonata_binding bindings[BINDINGS_MAX];
    struct jsonata_run run = {
        .arena = arena, .input = *record, .bindings = bindings, .now_ms = scene->now_ms};
    bind(&run, bindings, STR("request"), scene->request);
    bind(&run, bindings, STR("response"), scene->response);
    if (!evaluate(step->response, &run, part, ret_model, ret_fault))
        return MAPPING_FAULTED;
    if (ret_model->type == JSON_UNDEFINED)
        return MAPPING_LEFT_OUT;
    if (json_is(ret_model, JSON_OBJECT))
        return MAPPING_MADE;
    fail(ret_fault, part, "shape",
         arena_printf(arena, "what it makes must be an object, but is of type " STR_F,
                      STR_A(json_type_name(ret_model))));
    return MAPPING_FAULTED;
}

/* --- a request --- */

static bool is_plain(const struct json *value)
{
    return json_is(value, JSON_STRING) || json_is(value, JSON_NUMBER);
}

/* A name in a path that is empty would lead to another resource. */
static bool is_path_value(const struct json *value)
{
    return is_plain(value) && !(json_is(value, JSON_STRING) && value->n == 0);
}

static bool is_query_value(const struct json *value)
{
    if (!json_is(value, JSON_ARRAY))
        return is_plain(value) || json_is_bool(value);
    for (uint32_t i = 0; i < value->n; i++)
        if (!is_plain(&value->u.items[i]) && !json_is_bool(&value->u.items[i]))
            return false;
    return true;
}

static bool are_members(const struct json *made, const char *part,
                        bool (*is_good)(const struct json *value), struct arena *arena,
                        struct mapping_fault *ret_fault)
{
    if (made->type == JSON_UNDEFINED)
        return true;
    if (!json_is(made, JSON_OBJECT))
        return fail(ret_fault, part, "shape",
                    arena_printf(arena,
                                 "what it makes must be an object, but is of type " STR_F,
                                 STR_A(json_type_name(made))));
    for (uint32_t i = 0; i < made->n; i++)
        if (!is_good(&made->u.members[i].value))
            return fail(ret_fault, part, "shape",
                        arena_printf(arena, "\"" STR_F "\" cannot stand in a %s",
                                     STR_A(json_key(&made->u.members[i])), part));
    return true;
}

/* {id} of the request's id. */
static struct json usual_path(const struct json *request, struct arena *arena)
{
    const struct json *id = json_member(request, STR("id"));
    struct json_build build;
    if (!id)
        return (struct json){0};
    json_build_init(&build, arena);
    json_build_member(&build, STR("id"), *id);
    return json_build_object(&build);
}

bool mapping_request(const struct mapping_step *step, const struct mapping_scene *scene,
                     struct arena *arena, struct mapping_sent *ret_sent,
                     struct mapping_fault *ret_fault)
{
    const struct mapping_request *request = &step->request;
    struct jsonata_binding bindings[BINDINGS_MAX];
    struct jsonata_run run = {.arena = arena,
                              .input = scene->request,
                              .bindings = bindings,
                              .now_ms = scene->now_ms};
    struct mapping_sent sent = {0};
    bind(&run, bindings, STR("request"), scene->request);
    bind(&run, bindings, STR("current"), scene->current);
    if (!request->path)
        sent.path = usual_path(&scene->request, arena);
    else if (!evaluate(request->path, &run, "path", &sent.path, ret_fault))
        return false;
    if (request->query &&
        !evaluate(request->query, &run, "query", &sent.query, ret_fault))
        return false;
    if (request->body && !evaluate(request->body, &run, "body", &sent.body, ret_fault))
        return false;
    if (!are_members(&sent.path, "path", is_path_value, arena, ret_fault) ||
        !are_members(&sent.query, "query", is_query_value, arena, ret_fault))
        return false;
    *ret_sent = sent;
    return true;
}
