/*
 * Built-in functions: most look into their arguments. Some hand them on, to a callback or
 * as their own value, and so lead further into the input.
 */
#include "jsonata/function.h"
#include "jsonata/reads_look.h"

/* What a built-in function hands to its callback, parameter by parameter. */
enum hand { HAND_NOTHING, HAND_ITEM, HAND_FIELD, HAND_RESULT };

static const struct higher {
    str name;
    enum hand hands[4];
    bool keeps; /* its result has items of its first argument, or else the third */
    bool gives; /* …and results of the callback */
} highers[] = {
    {STR("each"), {HAND_FIELD, HAND_NOTHING, HAND_ITEM}, false, true},
    {STR("filter"), {HAND_ITEM, HAND_NOTHING, HAND_ITEM}, true, false},
    {STR("map"), {HAND_ITEM, HAND_NOTHING, HAND_ITEM}, false, true},
    {STR("reduce"), {HAND_RESULT, HAND_ITEM, HAND_NOTHING, HAND_ITEM}, true, true},
    {STR("sift"), {HAND_FIELD, HAND_NOTHING, HAND_ITEM}, true, false},
    {STR("single"), {HAND_ITEM, HAND_NOTHING, HAND_ITEM}, true, false},
    {STR("sort"), {HAND_ITEM, HAND_ITEM}, true, false},
};

static struct set handed(struct look *look, enum hand hand, const struct given *given,
                         const struct thing *callback)
{
    struct set set = {0};
    if (hand == HAND_FIELD)
        return place_step(&look->places, &given->args[0], STR("*"), false);
    if (hand == HAND_RESULT)
        set_add_all(&look->places, &set, &callback->result);
    if (hand == HAND_RESULT && given->n > 2)
        set_add_all(&look->places, &set, &given->args[2]);
    else if (hand != HAND_NOTHING)
        set_add_all(&look->places, &set, &given->args[0]);
    return set;
}

static void call_back(struct look *look, const struct higher *higher,
                      const struct given *given, const struct thing *callback)
{
    for (uint32_t i = 0; i < callback->node->n && i < COUNT_OF(higher->hands); i++) {
        struct set value = handed(look, higher->hands[i], given, callback);
        reads_bind(look, json_text(&callback->node->items[i]->value), &value);
    }
    if (!higher->gives)
        reads_use(look, &callback->result);
}

static struct set call_higher(struct look *look, const struct higher *higher,
                              const struct given *given)
{
    struct set result = {0};
    const struct set *callbacks = &given->args[1];
    if (set_has(callbacks, THING_OTHER) || !set_has(callbacks, THING_LAMBDA)) {
        reads_use_given(look, given);
        return reads_other(look);
    }
    for (uint32_t i = 0; i < callbacks->n; i++) {
        struct thing *callback = callbacks->items[i];
        if (callback->kind != THING_LAMBDA)
            continue;
        call_back(look, higher, given, callback);
        if (higher->gives)
            set_add_all(&look->places, &result, &callback->result);
    }
    if (given->n > 2)
        set_add_all(&look->places, &result, &given->args[2]);
    else if (higher->keeps)
        set_add_all(&look->places, &result, &given->args[0]);
    return result;
}

/* The context stands for the first argument where one that is required is missing. */
static void add_context(struct given *given, str signature)
{
    uint32_t required = 0;
    unsigned group = 0;
    for (size_t i = 1; i < signature.n && signature.p[i] != ':'; i++) {
        char c = signature.p[i];
        group += c == '(' || c == '<';
        group -= group && (c == ')' || c == '>');
        required += c == ')' || (!group && c >= 'a' && c <= 'z');
        required -= c == '?';
    }
    if (str_find(signature, '-') == signature.n || given->n >= required ||
        given->n == READS_ARGS_MAX)
        return;
    for (uint32_t i = given->n++; i > 0; i--)
        given->args[i] = given->args[i - 1];
    given->args[0] = given->context;
}

static struct set pass(struct look *look, const struct given *given)
{
    struct set result = {0};
    for (uint32_t i = 0; i < given->n; i++)
        set_add_all(&look->places, &result, &given->args[i]);
    return result;
}

static bool passes(str name)
{
    static const char *const names[] = {"append",  "clone",  "merge", "reverse",
                                        "shuffle", "spread", "zip"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_eq(name, str_z(names[i])))
            return true;
    return false;
}

/* $lookup(x, "name") is x.name */
static struct set look_up(struct look *look, const struct node *call,
                          const struct given *given)
{
    const struct node *key = call->items[call->n - 1];
    bool known = key->type == NODE_LITERAL && key->value.type == JSON_STRING;
    const struct set *from = given->n > 1 ? &given->args[0] : &given->context;
    if (!known)
        reads_use(look, &given->args[given->n - 1]);
    return place_step(&look->places, from, known ? json_text(&key->value) : STR("*"),
                      known);
}

struct set reads_call(struct look *look, const struct builtin *builtin,
                      const struct node *call, struct given *given)
{
    if (str_eq(builtin->name, STR("lookup")) && call && call->n && given->n)
        return look_up(look, call, given);
    add_context(given, builtin->signature);
    if (str_eq(builtin->name, STR("sift")) && given->n == 1) /* of a function alone */
        add_context(given, STR("<o-f:o>"));
    for (size_t i = 0; i < COUNT_OF(highers); i++)
        if (given->n > 1 && str_eq(builtin->name, highers[i].name))
            return call_higher(look, &highers[i], given);
    if (passes(builtin->name))
        return pass(look, given);
    if (str_eq(builtin->name, STR("eval"))) {
        place_read(&look->places, &look->places.root);
        reads_use(look, &given->context);
    }
    reads_use_given(look, given);
    return reads_other(look);
}

const struct builtin *reads_builtin(struct look *look, const struct node *callee)
{
    str name = json_text(&callee->value);
    if (callee->type != NODE_VARIABLE || reads_find_binding(look, name))
        return NULL;
    struct json function = function_find(name);
    return is_function(function) ? function_of(function)->builtin : NULL;
}
