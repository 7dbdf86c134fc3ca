/*
 * One evaluation: its scene, its limits, and a look at what it made. A part of a mapping
 * is the platform's expression and those that higher tiers lay over it: each sees the
 * same input, and what they make is merged. The look is bounded by itself: values share
 * memory, so that a small one in memory may be endless when it is written out.
 */
#include "json/merge.h"
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

bool mapping_fits(const struct json *value, size_t *left)
{
    return fits(value, 0, left);
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

/* With the name of a tier that is not the platform's; a mapping's own $error is in its
 * words. */
static bool fail_in_tier(struct mapping_fault *fault, enum mapping_tier tier,
                         struct arena *arena)
{
    fault->tier = tier;
    if (tier != TIER_PLATFORM && !str_eq(fault->code, STR("D3137")))
        fault->text = arena_printf(arena, "in the override of the " STR_F ": " STR_F,
                                   STR_A(mapping_tier_word(tier)), STR_A(fault->text));
    return false;
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

/* --- tiers --- */

/* What all tiers have for one part. */
struct part {
    const char *name;
    const struct jsonata *tiers[TIER_COUNT];
    bool objects; /* whatever a tier above the platform's makes must be an object */
};

static bool is_laid_over(const struct part *part)
{
    return part->tiers[TIER_ENVIRONMENT] || part->tiers[TIER_ACCOUNT];
}

static bool no_object(const char *part, const struct json *made, struct arena *arena,
                      struct mapping_fault *ret_fault)
{
    return fail(ret_fault, part, "shape",
                arena_printf(arena,
                             "what it makes must be an object, but is of type " STR_F,
                             STR_A(json_type_name(made))));
}

/* One tier's output; UNDEFINED when it says nothing. */
static bool evaluate_tier(const struct part *part, enum mapping_tier tier,
                          struct jsonata_run *run, struct json *ret_made,
                          struct mapping_fault *ret_fault)
{
    *ret_made = (struct json){0};
    if (!part->tiers[tier])
        return true;
    if (!evaluate(part->tiers[tier], run, part->name, ret_made, ret_fault))
        return fail_in_tier(ret_fault, tier, run->arena);
    if (tier == TIER_PLATFORM || !part->objects || ret_made->type == JSON_UNDEFINED ||
        json_is(ret_made, JSON_OBJECT))
        return true;
    no_object(part->name, ret_made, run->arena, ret_fault);
    return fail_in_tier(ret_fault, tier, run->arena);
}

/* The layers over what the platform made, which is in *value. */
static bool lay_over(const struct part *part, struct jsonata_run *run, struct json *value,
                     struct mapping_fault *ret_fault)
{
    size_t left = MAPPING_MADE_BYTES_MAX;
    for (int tier = TIER_ENVIRONMENT; tier < TIER_COUNT; tier++) {
        struct json made;
        if (!evaluate_tier(part, (enum mapping_tier)tier, run, &made, ret_fault))
            return false;
        *value = merge_values(run->arena, value, &made);
    }
    return fits(value, 0, &left) ||
           fail(ret_fault, part->name, "size",
                STR("what its tiers make together is too large, or nested too deep"));
}

static bool evaluate_all(const struct part *part, struct jsonata_run *run,
                         struct json *value, struct mapping_fault *ret_fault)
{
    if (part->tiers[TIER_PLATFORM] &&
        !evaluate_tier(part, TIER_PLATFORM, run, value, ret_fault))
        return false;
    return !is_laid_over(part) || lay_over(part, run, value, ret_fault);
}

str mapping_fault_text(const struct mapping_fault *fault, struct arena *arena)
{
    return arena_printf(arena, "The mapping's %s failed: " STR_F " (" STR_F ").",
                        fault->part, STR_A(fault->text), STR_A(fault->code));
}

/* --- a record --- */

static struct part response_of(const struct mapping_step *step)
{
    return (struct part){.name = "response",
                         .tiers = {step->response,
                                   step->layers[TIER_ENVIRONMENT].response,
                                   step->layers[TIER_ACCOUNT].response},
                         .objects = true};
}

static struct jsonata_run run_of_record(const struct json *record,
                                        const struct mapping_scene *scene,
                                        struct arena *arena,
                                        struct jsonata_binding *bindings)
{
    struct jsonata_run run = {
        .arena = arena, .input = *record, .bindings = bindings, .now_ms = scene->now_ms};
    bind(&run, bindings, STR("request"), scene->request);
    bind(&run, bindings, STR("response"), scene->response);
    return run;
}

enum mapping_end mapping_response(const struct mapping_step *step,
                                  const struct json *record,
                                  const struct mapping_scene *scene, struct arena *arena,
                                  struct json *ret_model, struct mapping_fault *ret_fault)
{
    struct part part = response_of(step);
    struct jsonata_binding bindings[BINDINGS_MAX];
    struct jsonata_run run = run_of_record(record, scene, arena, bindings);
    if (!evaluate_tier(&part, TIER_PLATFORM, &run, ret_model, ret_fault))
        return MAPPING_FAULTED;
    if (ret_model->type == JSON_UNDEFINED)
        return MAPPING_LEFT_OUT;
    if (!json_is(ret_model, JSON_OBJECT)) {
        no_object(part.name, ret_model, arena, ret_fault);
        return MAPPING_FAULTED;
    }
    if (is_laid_over(&part) && !lay_over(&part, &run, ret_model, ret_fault))
        return MAPPING_FAULTED;
    return MAPPING_MADE;
}

bool mapping_tier_response(const struct mapping_step *step, enum mapping_tier tier,
                           const struct json *record, const struct mapping_scene *scene,
                           struct arena *arena, struct json *ret_made)
{
    struct mapping_fault fault;
    struct part part = response_of(step);
    struct jsonata_binding bindings[BINDINGS_MAX];
    struct jsonata_run run = run_of_record(record, scene, arena, bindings);
    return evaluate_tier(&part, tier, &run, ret_made, &fault);
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
        return no_object(part, made, arena, ret_fault);
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

#define REQUEST_PART(which, are_objects)                                                 \
    {                                                                                    \
        .name = #which,                                                                  \
        .tiers = {step->request.which, step->layers[TIER_ENVIRONMENT].request.which,     \
                  step->layers[TIER_ACCOUNT].request.which},                             \
        .objects = are_objects                                                           \
    }

bool mapping_request(const struct mapping_step *step, const struct mapping_scene *scene,
                     struct arena *arena, struct mapping_sent *ret_sent,
                     struct mapping_fault *ret_fault)
{
    const struct part path = REQUEST_PART(path, true);
    const struct part query = REQUEST_PART(query, true);
    const struct part body = REQUEST_PART(body, false);
    struct jsonata_binding bindings[BINDINGS_MAX];
    struct jsonata_run run = {.arena = arena,
                              .input = scene->request,
                              .bindings = bindings,
                              .now_ms = scene->now_ms};
    struct mapping_sent sent = {0};
    bind(&run, bindings, STR("request"), scene->request);
    bind(&run, bindings, STR("current"), scene->current);
    if (!step->request.path)
        sent.path = usual_path(&scene->request, arena);
    if (!evaluate_all(&path, &run, &sent.path, ret_fault) ||
        !evaluate_all(&query, &run, &sent.query, ret_fault) ||
        !evaluate_all(&body, &run, &sent.body, ret_fault))
        return false;
    if (!are_members(&sent.path, "path", is_path_value, arena, ret_fault) ||
        !are_members(&sent.query, "query", is_query_value, arena, ret_fault))
        return false;
    *ret_sent = sent;
    return true;
}
