/* Built-in functions on arrays as a whole. */
#include <math.h>

#include "base/hash.h"
#include "jsonata/function.h"

/* --- one number of many --- */

static double sum_of(struct eval *eval, struct json array)
{
    double sum = 0;
    eval_charge(eval, array.n / 4);
    for (uint32_t i = 0; i < array.n; i++)
        sum += eval_double(eval_item(array, i));
    return sum;
}

struct json builtin_sum(struct eval *eval, const struct call_args *args)
{
    return is_missing(args, 0) ? eval_nothing()
                               : json_of_number(sum_of(eval, args->items[0]));
}

struct json builtin_average(struct eval *eval, const struct call_args *args)
{
    if (is_missing(args, 0) || args->items[0].n == 0)
        return eval_nothing();
    return json_of_number(sum_of(eval, args->items[0]) / args->items[0].n);
}

static struct json extreme(struct eval *eval, const struct call_args *args, bool most)
{
    if (is_missing(args, 0) || args->items[0].n == 0)
        return eval_nothing();
    struct json array = args->items[0];
    double found = eval_double(eval_item(array, 0));
    eval_charge(eval, array.n / 4);
    for (uint32_t i = 1; i < array.n; i++) {
        double number = eval_double(eval_item(array, i));
        if (most ? number > found : number < found)
            found = number;
    }
    return json_of_number(found);
}

struct json builtin_max(struct eval *eval, const struct call_args *args)
{
    return extreme(eval, args, true);
}

struct json builtin_min(struct eval *eval, const struct call_args *args)
{
    return extreme(eval, args, false);
}

struct json builtin_count(struct eval *eval, const struct call_args *args)
{
    (void)eval;
    return json_of_number(is_missing(args, 0) ? 0 : args->items[0].n);
}

/* --- other arrays --- */

struct json builtin_append(struct eval *eval, const struct call_args *args)
{
    return eval_append(eval, arg(args, 0), arg(args, 1));
}

struct json builtin_reverse(struct eval *eval, const struct call_args *args)
{
    struct json array = arg(args, 0);
    if (!eval_is_array(array) || array.n <= 1)
        return array;
    uint32_t base = eval->stack_n;
    for (uint32_t i = array.n; i-- > 0;)
        eval_push(eval, eval_item(array, i));
    eval_charge(eval, array.n / 8);
    return eval_gather(eval, base, 0);
}

/* Fisher and Yates; chance is the run's own. */
struct json builtin_shuffle(struct eval *eval, const struct call_args *args)
{
    struct json array = arg(args, 0);
    if (!eval_is_array(array) || array.n <= 1)
        return array;
    uint32_t base = eval->stack_n;
    eval_push_items(eval, array);
    struct json *items = eval->stack + base;
    for (uint32_t i = array.n - 1; i > 0; i--) {
        struct json chance = builtin_random(eval, args);
        uint32_t other = (uint32_t)(eval_double(chance) * (i + 1));
        struct json item = items[i];
        items[i] = items[other];
        items[other] = item;
    }
    return eval_gather(eval, base, 0);
}

struct json builtin_zip(struct eval *eval, const struct call_args *args)
{
    uint32_t n = args->n ? UINT32_MAX : 0, base = eval->stack_n;
    for (uint32_t i = 0; i < args->n; i++) {
        uint32_t items = eval_is_array(args->items[i]) ? args->items[i].n : 0;
        n = items < n ? items : n;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t inner = eval->stack_n;
        for (uint32_t k = 0; k < args->n; k++)
            eval_push(eval, eval_item(args->items[k], i));
        eval_push(eval, eval_gather(eval, inner, 0));
    }
    return eval_gather(eval, base, 0);
}

/* --- distinct values --- */

/* Equal values have equal hashes; different ones seldom do. */
static uint64_t hash_of(struct eval *eval, struct json value)
{
    double number;
    switch (value.type) {
    case JSON_STRING:
        return hash_str(json_text(&value));
    case JSON_NUMBER:
        number = eval_double(value) + 0.0; /* −0 is 0 */
        return hash_str(str_of((const char *)&number, sizeof(number)));
    case JSON_ARRAY:
        return value.n ? hash_of(eval, eval_item(value, 0)) * 31 + value.n : 3;
    case JSON_OBJECT:
        return 0x9e3779b97f4a7c15u * (value.n + 1);
    default:
        return value.type;
    }
}

struct distinct {
    struct eval *eval;
    uint32_t base;   /* the values found so far are on the stack from here on */
    uint32_t *table; /* 1 + their place from there; 0 = free */
    uint32_t mask;
};

static void add_new(struct distinct *d, struct json value)
{
    struct eval *eval = d->eval;
    uint32_t at = (uint32_t)hash_of(eval, value) & d->mask;
    for (; d->table[at]; at = (at + 1) & d->mask) {
        eval_charge(eval, 1);
        if (eval_equal(eval, eval->stack[d->base + d->table[at] - 1], value))
            return;
    }
    eval_push(eval, value);
    d->table[at] = eval->stack_n - d->base;
}

struct json builtin_distinct(struct eval *eval, const struct call_args *args)
{
    struct json array = arg(args, 0);
    struct distinct d = {.eval = eval, .base = eval->stack_n, .mask = 15};
    if (!eval_is_array(array) || array.n <= 1)
        return array;
    while (d.mask < array.n * (uint64_t)2)
        d.mask = d.mask * 2 + 1;
    d.table = arena_zalloc(&eval->arena, ((size_t)d.mask + 1) * sizeof(*d.table));
    eval_charge(eval, d.mask / 16);
    for (uint32_t i = 0; i < array.n; i++)
        add_new(&d, eval_item(array, i));
    return eval_gather(eval, d.base, array.mark & MARK_SEQUENCE);
}
