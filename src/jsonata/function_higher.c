/* Built-in functions that take functions. */
#include "jsonata/function.h"
#include "picture/text_units.h"

struct json builtin_map(struct eval *eval, const struct call_args *args)
{
    struct json array = arg(args, 0);
    uint32_t base = eval->stack_n;
    if (eval_is_nothing(array))
        return array;
    for (uint32_t i = 0; i < array.n; i++) {
        struct json value =
            function_each(eval, args->items[1], eval_item(array, i), i, array);
        if (!eval_is_nothing(value))
            eval_push(eval, value);
    }
    return eval_gather(eval, base, MARK_SEQUENCE);
}

struct json builtin_filter(struct eval *eval, const struct call_args *args)
{
    struct json array = arg(args, 0);
    uint32_t base = eval->stack_n;
    if (eval_is_nothing(array))
        return array;
    for (uint32_t i = 0; i < array.n; i++) {
        struct json item = eval_item(array, i);
        if (eval_truth(eval, function_each(eval, args->items[1], item, i, array)))
            eval_push(eval, item);
    }
    return eval_gather(eval, base, MARK_SEQUENCE);
}

struct json builtin_single(struct eval *eval, const struct call_args *args)
{
    struct json array = arg(args, 0), found = eval_nothing();
    bool any = false;
    if (eval_is_nothing(array))
        return array;
    for (uint32_t i = 0; i < array.n; i++) {
        struct json item = eval_item(array, i);
        if (!is_missing(args, 1) &&
            !eval_truth(eval, function_each(eval, args->items[1], item, i, array)))
            continue;
        if (any)
            eval_fail_value(eval, JSONATA_D3138, json_of_number(i));
        found = item;
        any = true;
    }
    if (!any)
        eval_fail_value(eval, JSONATA_D3139, eval_nothing());
    return found;
}

struct json builtin_reduce(struct eval *eval, const struct call_args *args)
{
    struct json array = arg(args, 0), value = arg(args, 2);
    uint32_t i = 0;
    if (eval_is_nothing(array))
        return array;
    struct json function = args->items[1];
    uint32_t arity = function_arity(function);
    if (arity < 2)
        eval_fail_value(eval, JSONATA_D3050, json_of_number(1));
    if (eval_is_nothing(value) && array.n)
        value = eval_item(array, i++);
    for (; i < array.n; i++) {
        struct json all[4] = {value, eval_item(array, i), json_of_number(i), array};
        value = function_call(eval, function, all, arity > 4 ? 4 : arity, eval_nothing());
    }
    return value;
}

/* A callback of (value, key, object). */
static struct json call_member(struct eval *eval, struct json function,
                               const struct json_member *member, struct json object)
{
    struct json all[3] = {member->value, json_of_text(json_key(member)), object};
    uint32_t arity = function_arity(function);
    return function_call(eval, function, all,
                         arity > 3   ? 3
                         : arity < 1 ? 1
                                     : arity,
                         eval_nothing());
}

struct json builtin_each(struct eval *eval, const struct call_args *args)
{
    struct json object = arg(args, 0);
    uint32_t base = eval->stack_n;
    if (object.type == JSON_OBJECT)
        for (uint32_t i = 0; i < object.n; i++) {
            struct json value =
                call_member(eval, args->items[1], &object.u.members[i], object);
            if (!eval_is_nothing(value))
                eval_push(eval, value);
        }
    return eval_gather(eval, base, MARK_SEQUENCE);
}

struct json builtin_sift(struct eval *eval, const struct call_args *args)
{
    struct json object = arg(args, 0);
    uint32_t n = 0;
    if (object.type != JSON_OBJECT || is_missing(args, 1))
        return eval_nothing();
    struct json_member *members =
        arena_alloc(&eval->arena, (object.n + 1) * sizeof(*members));
    for (uint32_t i = 0; i < object.n; i++)
        if (eval_truth(eval,
                       call_member(eval, args->items[1], &object.u.members[i], object)))
            members[n++] = object.u.members[i];
    if (n == 0)
        return eval_nothing();
    return (struct json){.type = JSON_OBJECT, .n = n, .u.members = members};
}

/* --- sorting --- */

struct sorter {
    struct eval *eval;
    struct json function; /* UNDEFINED: numbers or strings, in their order */
    struct json *scratch;
};

/* Whether `a` belongs behind `b`. */
static bool is_behind(const struct sorter *s, struct json a, struct json b)
{
    struct json both[2] = {a, b};
    if (!eval_is_nothing(s->function))
        return eval_truth(s->eval,
                          function_call(s->eval, s->function, both, 2, eval_nothing()));
    if (a.type == JSON_STRING)
        return text_compare(json_text(&a), json_text(&b)) > 0;
    return eval_double(a) > eval_double(b);
}

static void merge_sort(const struct sorter *s, struct json *items, uint32_t n)
{
    uint32_t middle = n / 2, left = 0, right = middle;
    if (n < 2)
        return;
    merge_sort(s, items, middle);
    merge_sort(s, items + middle, n - middle);
    eval_charge(s->eval, n);
    /* a callback may sort too, but never in this part of the scratch */
    memcpy(s->scratch, items, n * sizeof(*items));
    for (uint32_t i = 0; i < n; i++) {
        bool take_right = left == middle || (right < n && is_behind(s, s->scratch[left],
                                                                    s->scratch[right]));
        items[i] = s->scratch[take_right ? right++ : left++];
    }
}

static bool all_of(struct json array, uint8_t type)
{
    for (uint32_t i = 0; i < array.n; i++)
        if (eval_item(array, i).type != type)
            return false;
    return true;
}

struct json builtin_sort(struct eval *eval, const struct call_args *args)
{
    struct json array = arg(args, 0);
    if (!eval_is_array(array) || array.n <= 1)
        return array;
    struct sorter sorter = {.eval = eval, .function = arg(args, 1)};
    if (is_missing(args, 1) && !all_of(array, JSON_NUMBER) && !all_of(array, JSON_STRING))
        eval_fail_value(eval, JSONATA_D3070, array);
    struct json copy = eval_array(eval, eval_solid(eval, array).u.items, array.n, 0);
    sorter.scratch = arena_alloc(&eval->arena, array.n * sizeof(struct json));
    merge_sort(&sorter, (struct json *)(uintptr_t)copy.u.items, copy.n);
    return copy;
}
