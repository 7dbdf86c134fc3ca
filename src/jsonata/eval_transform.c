/*
 * Transforms: |pattern|update,delete|. The argument is copied through $clone; in the
 * copy, each object that the pattern finds gets the members of `update` and loses those
 * of `delete`. The copy is the only value of a run that is changed after it was made, and
 * nobody else holds it yet.
 *
 * What the pattern finds must be the objects of the copy themselves: values are structs,
 * so an object is known by the place of its members. Each match is written down with its
 * new members first, and put into the copy by a walk over it at the end of the match, so
 * that later matches see what earlier ones did.
 */
#include "jsonata/function.h"

static struct json clone_of(struct eval *eval, const struct node *node, struct json value,
                            struct frame *frame)
{
    struct json clone = eval_node(eval, node->items[0], eval_nothing(), frame);
    if (!is_function(clone))
        eval_fail(eval, JSONATA_T2013, node);
    value = function_call(eval, clone, &value, 1, eval_nothing());
    struct call_args args = {.items = &value, .n = 1};
    /* another $clone may have answered what others hold */
    return function_of(clone)->kind == FUNCTION_BUILTIN ? value
                                                        : builtin_clone(eval, &args);
}

/* --- one object --- */

struct change {
    const struct json_member *members; /* as they were: who is meant */
    struct json to;
};

static uint32_t find_member(const struct json_member *members, uint32_t n, str key)
{
    uint32_t i = 0;
    while (i < n && !str_eq(json_key(&members[i]), key))
        i++;
    return i;
}

static struct json updated(struct eval *eval, struct json object, struct json update)
{
    uint32_t n = object.n;
    struct json_member *members =
        arena_alloc(&eval->arena, ((size_t)n + update.n + 1) * sizeof(*members));
    if (n)
        memcpy(members, object.u.members, n * sizeof(*members));
    for (uint32_t i = 0; i < update.n; i++) {
        const struct json_member *new = &update.u.members[i];
        uint32_t at = find_member(members, n, json_key(new));
        eval_charge(eval, 1 + n / 16);
        members[at] = *new;
        n += at == n;
    }
    return (struct json){.type = JSON_OBJECT, .n = n, .u.members = members};
}

static struct json without(struct eval *eval, struct json object, str key)
{
    uint32_t at = find_member(object.u.members, object.n, key);
    if (at == object.n)
        return object;
    struct json_member *members =
        arena_alloc(&eval->arena, (size_t)object.n * sizeof(*members));
    memcpy(members, object.u.members, at * sizeof(*members));
    memcpy(members + at, object.u.members + at + 1,
           (object.n - at - 1) * sizeof(*members));
    eval_charge(eval, 1 + object.n / 16);
    return (struct json){.type = JSON_OBJECT, .n = object.n - 1, .u.members = members};
}

static struct json changed_by_update(struct eval *eval, const struct node *node,
                                     struct json object, struct frame *frame)
{
    struct json update = eval_node(eval, node->right, object, frame);
    if (eval_is_nothing(update))
        return object;
    if (update.type != JSON_OBJECT)
        eval_throw(eval, &(struct jsonata_fault){.code = JSONATA_T2011,
                                                 .position = node->right->position,
                                                 .value = update});
    return updated(eval, object, update);
}

static struct json changed_by_delete(struct eval *eval, const struct node *node,
                                     struct json context, struct json object,
                                     struct frame *frame)
{
    if (!node->third)
        return object;
    struct json names = eval_node(eval, node->third, context, frame);
    if (eval_is_nothing(names))
        return object;
    struct json list = eval_is_array(names) ? names : eval_single(eval, names, 0);
    for (uint32_t i = 0; i < list.n; i++) {
        struct json name = eval_item(list, i);
        if (name.type != JSON_STRING)
            eval_throw(eval, &(struct jsonata_fault){.code = JSONATA_T2012,
                                                     .position = node->third->position,
                                                     .value = names});
        object = without(eval, object, json_text(&name));
    }
    return object;
}

/* --- the copy --- */

/* The copy with the object that had these members replaced; what holds it is rewritten
 * in place. */
static void put(struct eval *eval, struct json *at, const struct change *change)
{
    eval_check_stack(eval);
    eval_charge(eval, 1 + (uint64_t)at->n / 4);
    if (at->type == JSON_OBJECT) {
        if (at->u.members == change->members) {
            *at = change->to;
            return;
        }
        for (uint32_t i = 0; i < at->n; i++)
            put(eval, (struct json *)(uintptr_t)&at->u.members[i].value, change);
    } else if (at->type == JSON_ARRAY && !(at->mark & MARK_RANGE)) {
        for (uint32_t i = 0; i < at->n; i++)
            put(eval, (struct json *)(uintptr_t)&at->u.items[i], change);
    }
}

static void change_one(struct eval *eval, const struct node *node, struct json match,
                       struct frame *frame, struct json *copy)
{
    if (match.type != JSON_OBJECT)
        return;
    struct json object = changed_by_update(eval, node, match, frame);
    object = changed_by_delete(eval, node, object, object, frame);
    if (object.u.members != match.u.members)
        put(eval, copy, &(struct change){match.u.members, object});
}

struct json function_transform(struct eval *eval, const struct function *function,
                               const struct json *args, uint32_t n)
{
    const struct node *node = function->node;
    struct json value = n ? args[0] : eval_nothing();
    if (n > 1)
        eval_throw(eval, &(struct jsonata_fault){
                             .code = JSONATA_T0410, .index = 2, .value = args[1]});
    if (eval_is_nothing(value))
        return value;
    if (value.type != JSON_OBJECT && value.type != JSON_ARRAY)
        eval_throw(eval, &(struct jsonata_fault){
                             .code = JSONATA_T0410, .index = 1, .value = value});
    struct json copy = clone_of(eval, node, value, function->frame);
    struct json matches = eval_node(eval, node->left, copy, function->frame);
    if (eval_is_nothing(matches))
        return copy;
    if (!eval_is_array(matches))
        matches = eval_single(eval, matches, 0);
    for (uint32_t i = 0; i < matches.n; i++)
        change_one(eval, node, eval_item(matches, i), function->frame, &copy);
    return copy;
}
