/*
 * Paths. A step is evaluated for each item of what the step before gave; what it gives is
 * spread into the next sequence, one level deep. Sequences are built on the run's stack.
 *
 * From the first step on that binds something (@, #, or an input that `%` wants), the
 * path carries tuples: the item, and a slot for each name that any path of the program
 * binds. Steps, predicates and sort terms are then evaluated with the tuple as a frame.
 */
#include <math.h>

#include "jsonata/eval.h"

/* --- names --- */

/* Arrays are looked into item by item; what is found is spread. */
static void look_up_items(struct eval *eval, struct json array, str key)
{
    eval_check_stack(eval);
    eval_charge(eval, array.n);
    for (uint32_t i = 0; i < array.n; i++) {
        struct json item = eval_item(array, i);
        if (eval_is_array(item)) {
            look_up_items(eval, item, key);
            continue;
        }
        const struct json *found = json_member(&item, key);
        if (!found)
            continue;
        if (eval_is_array(*found))
            eval_push_items(eval, *found);
        else
            eval_push(eval, *found);
    }
}

/* A member of an object; where the name was found last is looked at first. */
static const struct json *find(struct eval *eval, const struct node *name,
                               struct json object)
{
    const struct json_member *members = object.u.members;
    const char *key = name->value.u.text;
    uint32_t n = name->value.n;
    uint32_t *hint = &eval->module->hints[name->hint];
    if (*hint < object.n && members[*hint].key_n == n &&
        memcmp(members[*hint].key, key, n) == 0)
        return &members[*hint].value;
    eval_charge(eval, object.n / 16);
    for (uint32_t i = 0; i < object.n; i++)
        if (members[i].key_n == n && memcmp(members[i].key, key, n) == 0) {
            *hint = i;
            return &members[i].value;
        }
    return NULL;
}

struct json eval_look_up(struct eval *eval, struct json input, str key)
{
    if (input.type == JSON_OBJECT) {
        const struct json *found = json_member(&input, key);
        return found ? *found : eval_nothing();
    }
    if (input.type != JSON_ARRAY)
        return eval_nothing();
    uint32_t base = eval->stack_n;
    look_up_items(eval, input, key);
    return eval_gather(eval, base, MARK_SEQUENCE);
}

struct json eval_name(struct eval *eval, const struct node *node, struct json input,
                      struct frame *frame)
{
    (void)frame;
    if (input.type == JSON_OBJECT) {
        const struct json *found = find(eval, node, input);
        return found ? *found : eval_nothing();
    }
    return eval_look_up(eval, input, json_text(&node->value));
}

/* --- wildcards --- */

static void push_flat(struct eval *eval, struct json array)
{
    eval_check_stack(eval);
    eval_charge(eval, array.n);
    for (uint32_t i = 0; i < array.n; i++) {
        struct json item = eval_item(array, i);
        if (eval_is_array(item))
            push_flat(eval, item);
        else
            eval_push(eval, item);
    }
}

/* Once a value was an array, the result is an array like any other. */
struct json eval_wildcard(struct eval *eval, const struct node *node, struct json input,
                          struct frame *frame)
{
    uint32_t base = eval->stack_n;
    uint16_t marks = MARK_SEQUENCE;
    (void)node, (void)frame;
    if (input.mark & MARK_OUTER)
        input = input.u.items[0];
    if (input.type == JSON_OBJECT || input.type == JSON_ARRAY)
        for (uint32_t i = 0; i < input.n; i++) {
            struct json value =
                input.type == JSON_ARRAY ? eval_item(input, i) : input.u.members[i].value;
            eval_charge(eval, 1);
            if (eval_is_array(value)) {
                push_flat(eval, value);
                marks = 0;
            } else {
                eval_push(eval, value);
            }
        }
    return eval_gather(eval, base, marks);
}

static void push_descendants(struct eval *eval, struct json value)
{
    eval_check_stack(eval);
    eval_charge(eval, 1 + (uint64_t)value.n / 8);
    if (value.type != JSON_ARRAY)
        eval_push(eval, value);
    if (value.type == JSON_ARRAY)
        for (uint32_t i = 0; i < value.n; i++)
            push_descendants(eval, eval_item(value, i));
    else if (value.type == JSON_OBJECT)
        for (uint32_t i = 0; i < value.n; i++)
            push_descendants(eval, value.u.members[i].value);
}

struct json eval_descendant(struct eval *eval, const struct node *node, struct json input,
                            struct frame *frame)
{
    uint32_t base = eval->stack_n;
    (void)node, (void)frame;
    if (eval_is_nothing(input))
        return eval_array(eval, NULL, 0, MARK_SEQUENCE);
    push_descendants(eval, input);
    return eval_gather(eval, base, MARK_SEQUENCE);
}

/* --- predicates --- */

static bool all_numbers(struct json value)
{
    if (value.type == JSON_NUMBER)
        return true;
    if (value.type != JSON_ARRAY)
        return false;
    for (uint32_t i = 0; i < value.n; i++)
        if (eval_item(value, i).type != JSON_NUMBER)
            return false;
    return true;
}

/* Where a number as an index points to, negative ones counting from the end. */
static double index_in(double index, uint32_t n)
{
    index = floor(index);
    return index < 0 ? index + n : index;
}

static void push_if_index(struct eval *eval, struct json wanted, struct json item,
                          uint32_t at, uint32_t n)
{
    uint32_t count = wanted.type == JSON_NUMBER ? 1 : wanted.n;
    eval_charge(eval, count);
    for (uint32_t i = 0; i < count; i++) {
        struct json index = wanted.type == JSON_NUMBER ? wanted : eval_item(wanted, i);
        if (index_in(eval_double(index), n) == at)
            eval_push(eval, item);
    }
}

static struct json pick(struct json input, double wanted)
{
    double at = index_in(wanted, input.n);
    if (!(at >= 0 && at < input.n))
        return eval_nothing();
    return eval_item(input, (uint32_t)at);
}

static struct json pick_one(struct eval *eval, struct json input, double wanted)
{
    uint16_t tuples = input.mark & MARK_TUPLES;
    struct json item = pick(input, wanted);
    if (eval_is_nothing(item))
        return eval_array(eval, NULL, 0, MARK_SEQUENCE | tuples);
    if (eval_is_array(item) && !tuples)
        return item;
    return eval_single(eval, item, MARK_SEQUENCE | tuples);
}

static void push_if(struct eval *eval, const struct node *filter, struct json input,
                    uint32_t at, struct frame *frame)
{
    struct json item = eval_item(input, at);
    struct json context = item;
    if (input.mark & MARK_TUPLES) {
        frame = eval_tuple_frame(eval, frame, item.u.items);
        context = item.u.items[0];
    }
    struct json verdict = eval_node(eval, filter, context, frame);
    if (all_numbers(verdict))
        push_if_index(eval, verdict, item, at, input.n);
    else if (eval_truth(eval, verdict))
        eval_push(eval, item);
}

struct json eval_filter(struct eval *eval, const struct node *filter, struct json input,
                        struct frame *frame)
{
    uint32_t base = eval->stack_n;
    if (!eval_is_array(input)) {
        if (eval_is_nothing(input)) { /* as in the reference, it may fail or assign */
            if (filter->type != NODE_LITERAL)
                eval_node(eval, filter, input, frame);
            return eval_array(eval, NULL, 0, MARK_SEQUENCE);
        }
        input = eval_single(eval, input, MARK_SEQUENCE);
    }
    if (filter->type == NODE_LITERAL && filter->value.type == JSON_NUMBER)
        return pick_one(eval, input, eval_double(filter->value));
    for (uint32_t i = 0; i < input.n; i++)
        push_if(eval, filter, input, i, frame);
    return eval_gather(eval, base, MARK_SEQUENCE | (input.mark & MARK_TUPLES));
}

/* --- tuples --- */

struct frame *eval_tuple_frame(struct eval *eval, struct frame *up,
                               const struct json *tuple)
{
    uint32_t n = eval->module->program->tuple_slots;
    struct frame *frame =
        arena_alloc(&eval->arena, sizeof(*frame) + n * sizeof(frame->slots[0]));
    frame->up = up;
    frame->scope = NULL;
    memcpy(frame->slots, tuple + 1, n * sizeof(frame->slots[0]));
    eval_charge(eval, 1 + n / 4);
    return frame;
}

/* A tuple of its own, with the slots of `from` (NULL: none bound). */
static struct json *new_tuple(struct eval *eval, const struct json *from,
                              struct json item)
{
    uint32_t n = eval->module->program->tuple_slots + 1;
    struct json *tuple = arena_alloc(&eval->arena, n * sizeof(*tuple));
    eval_charge(eval, 1 + n / 4);
    if (from)
        memcpy(tuple, from, n * sizeof(*tuple));
    else
        for (uint32_t i = 1; i < n; i++)
            tuple[i] = (struct json){.type = JSONATA_UNBOUND};
    tuple[0] = item;
    return tuple;
}

static void push_tuple(struct eval *eval, struct json *tuple)
{
    eval_push(eval, (struct json){.type = JSON_ARRAY,
                                  .n = eval->module->program->tuple_slots + 1,
                                  .u.items = tuple});
}

static struct json tuples_of(struct eval *eval, struct json input)
{
    uint32_t base = eval->stack_n;
    for (uint32_t i = 0; i < input.n; i++)
        push_tuple(eval, new_tuple(eval, NULL, eval_item(input, i)));
    return eval_gather(eval, base, MARK_SEQUENCE | MARK_TUPLES);
}

static void set_slot(struct json *tuple, uint32_t slot, struct json value)
{
    if (slot != SLOT_NONE)
        tuple[1 + slot] = value;
}

/* What an inner path bound is bound here too. */
static void merge_tuple(struct eval *eval, struct json *tuple, const struct json *inner)
{
    tuple[0] = inner[0];
    for (uint32_t i = 1; i <= eval->module->program->tuple_slots; i++)
        if (inner[i].type != JSONATA_UNBOUND)
            tuple[i] = inner[i];
}

static void push_results(struct eval *eval, const struct node *step,
                         const struct json *before, struct json results)
{
    for (uint32_t i = 0; i < results.n; i++) {
        struct json item = eval_item(results, i);
        struct json *tuple = new_tuple(eval, before, before[0]);
        if (results.mark & MARK_TUPLES) {
            merge_tuple(eval, tuple, item.u.items);
        } else {
            if (step->focus_slot == SLOT_NONE)
                tuple[0] = item;
            set_slot(tuple, step->focus_slot, item);
            set_slot(tuple, step->index_slot, json_of_number(i));
            set_slot(tuple, step->parent_slot, before[0]);
        }
        push_tuple(eval, tuple);
    }
}

/* Each tuple is made anew: others may share it. */
static struct json number_tuples(struct eval *eval, struct json tuples, uint32_t slot)
{
    uint32_t base = eval->stack_n;
    for (uint32_t i = 0; i < tuples.n; i++) {
        const struct json *before = tuples.u.items[i].u.items;
        struct json *tuple = new_tuple(eval, before, before[0]);
        set_slot(tuple, slot, json_of_number(i));
        push_tuple(eval, tuple);
    }
    return eval_gather(eval, base, MARK_SEQUENCE | MARK_TUPLES);
}

static struct json tuple_stages(struct eval *eval, const struct node *step,
                                struct json tuples, struct frame *frame)
{
    for (uint32_t i = 0; i < step->stage_n; i++) {
        const struct stage *stage = &step->stages[i];
        tuples = stage->filter ? eval_filter(eval, stage->filter, tuples, frame)
                               : number_tuples(eval, tuples, stage->slot);
    }
    return tuples;
}

static struct json sort_tuples(struct eval *eval, const struct node *step,
                               struct json tuples, struct frame *frame)
{
    tuples = eval_sorted(eval, step, tuples, frame);
    if (step->index_slot != SLOT_NONE)
        tuples = number_tuples(eval, tuples, step->index_slot);
    return tuple_stages(eval, step, tuples, frame);
}

static struct json tuple_step(struct eval *eval, const struct node *step,
                              struct json tuples, struct frame *frame)
{
    uint32_t base = eval->stack_n;
    if (step->type == NODE_SORT)
        return sort_tuples(eval, step, tuples, frame);
    for (uint32_t i = 0; i < tuples.n; i++) {
        const struct json *tuple = tuples.u.items[i].u.items;
        struct frame *inner = eval_tuple_frame(eval, frame, tuple);
        struct json results = eval_node(eval, step, tuple[0], inner);
        if (eval_is_nothing(results))
            continue;
        if (!eval_is_array(results))
            results = eval_single(eval, results, 0);
        push_results(eval, step, tuple, results);
    }
    tuples = eval_gather(eval, base, MARK_SEQUENCE | MARK_TUPLES);
    return tuple_stages(eval, step, tuples, frame);
}

static struct json items_of_tuples(struct eval *eval, struct json tuples)
{
    uint32_t base = eval->stack_n;
    for (uint32_t i = 0; i < tuples.n; i++)
        eval_push(eval, tuples.u.items[i].u.items[0]);
    return eval_gather(eval, base, MARK_SEQUENCE);
}

/* --- steps --- */

static struct json plain_sort(struct eval *eval, const struct node *step,
                              struct json input, struct frame *frame)
{
    struct json result = eval_sorted(eval, step, input, frame);
    for (uint32_t i = 0; i < step->stage_n; i++)
        if (step->stages[i].filter)
            result = eval_filter(eval, step->stages[i].filter, result, frame);
    return result;
}

static struct json step_value(struct eval *eval, const struct node *step,
                              struct json item, struct frame *frame)
{
    if ((step->flags & NODE_BARE) && item.type == JSON_OBJECT) {
        const struct json *found = find(eval, step, item);
        return found ? *found : eval_nothing();
    }
    struct json value = eval_node(eval, step, item, frame);
    if (step->flags & NODE_STEP)
        for (uint32_t i = 0; i < step->stage_n; i++)
            value = eval_filter(eval, step->stages[i].filter, value, frame);
    return value;
}

static void spread(struct eval *eval, struct json value)
{
    if (eval_is_array(value) && !(value.mark & MARK_CONS))
        eval_push_items(eval, value);
    else
        eval_push(eval, value);
}

/* The only result of the last step, when it is an array that is no sequence, stays as it
 * is; so the first result waits until a second one comes. */
static struct json plain_step(struct eval *eval, const struct node *step,
                              struct json input, bool last, struct frame *frame)
{
    uint32_t base = eval->stack_n;
    struct json first = eval_nothing();
    if (step->type == NODE_SORT)
        return plain_sort(eval, step, input, frame);
    for (uint32_t i = 0; i < input.n; i++) {
        struct json value = step_value(eval, step, eval_item(input, i), frame);
        if (eval_is_nothing(value))
            continue;
        if (last && eval_is_nothing(first) && eval->stack_n == base) {
            first = value;
            continue;
        }
        if (!eval_is_nothing(first))
            spread(eval, first);
        first = eval_nothing();
        last = false;
        spread(eval, value);
    }
    if (eval_is_array(first) && !(first.mark & MARK_SEQUENCE))
        return first;
    if (!eval_is_nothing(first))
        spread(eval, first);
    return eval_gather(eval, base, MARK_SEQUENCE);
}

static bool is_bare(const struct node *step)
{
    return step->stage_n == 0 && !step->group && !(step->flags & NODE_TUPLE);
}

static struct json path_input(struct eval *eval, const struct node *path,
                              struct json input)
{
    if (eval_is_array(input) && path->items[0]->type != NODE_VARIABLE)
        return input;
    return eval_single(eval, input, MARK_SEQUENCE);
}

struct walk {
    struct json sequence;
    struct json tuples; /* UNDEFINED until a step binds something */
};

static void take_step(struct eval *eval, const struct node *path, uint32_t at,
                      struct walk *walk, struct frame *frame)
{
    const struct node *step = path->items[at];
    bool carries = !eval_is_nothing(walk->tuples) || (step->flags & NODE_TUPLE);
    if (at == 0 && (step->flags & NODE_CONS)) {
        walk->sequence = eval_node(eval, step, walk->sequence, frame);
        if (path->n > 1 && !eval_is_array(walk->sequence)) /* no steps lead on from it */
            walk->sequence = eval_nothing();
    } else if (carries) {
        if (eval_is_nothing(walk->tuples))
            walk->tuples = tuples_of(eval, walk->sequence);
        walk->tuples = tuple_step(eval, step, walk->tuples, frame);
    } else {
        walk->sequence = plain_step(eval, step, walk->sequence, at + 1 == path->n, frame);
    }
}

static struct json path_result(struct eval *eval, const struct node *path,
                               struct walk *walk)
{
    struct json result = walk->sequence;
    if (!eval_is_nothing(walk->tuples))
        result =
            path->flags & NODE_TUPLE ? walk->tuples : items_of_tuples(eval, walk->tuples);
    if ((path->flags & NODE_KEEP_SINGLETON) && eval_is_array(result)) {
        if ((result.mark & MARK_CONS) && !(result.mark & MARK_SEQUENCE))
            result = eval_single(eval, result, MARK_SEQUENCE);
        result.mark |= MARK_KEEP;
    }
    return result;
}

/* Most paths lead through objects by names: as long as there is one object, no sequence
 * is needed. Answers the step that could not be taken so; *value is its input. */
static uint32_t take_names(struct eval *eval, const struct node *path, struct json *value,
                           struct frame *frame)
{
    uint32_t i = 0;
    const struct node *first = path->items[0];
    if (first->type == NODE_VARIABLE && is_bare(first)) {
        *value = eval_node(eval, first, *value, frame);
        i++;
    }
    eval_charge(eval, path->n);
    for (; i < path->n && value->type == JSON_OBJECT; i++) {
        if (!(path->items[i]->flags & NODE_BARE))
            break;
        const struct json *found = find(eval, path->items[i], *value);
        *value = found ? *found : eval_nothing();
    }
    return i;
}

/* What came so far, as the input of the next step. */
static struct json input_after(struct eval *eval, uint32_t taken, struct json value)
{
    if (taken && eval_is_array(value) && !(value.mark & MARK_CONS)) {
        value.mark |= MARK_SEQUENCE;
        return value;
    }
    return eval_single(eval, value, MARK_SEQUENCE);
}

struct json eval_path(struct eval *eval, const struct node *path, struct json input,
                      struct frame *frame)
{
    struct json value = input;
    uint32_t taken = path->flags & NODE_KEEP_SINGLETON || path->group
                         ? 0
                         : take_names(eval, path, &value, frame);
    if (taken && (taken == path->n || eval_is_nothing(value)))
        return value;
    struct walk walk = {taken ? input_after(eval, taken, value)
                              : path_input(eval, path, input),
                        eval_nothing()};
    for (uint32_t i = taken; i < path->n; i++) {
        take_step(eval, path, i, &walk, frame);
        bool empty = !eval_is_array(walk.sequence) || walk.sequence.n == 0;
        if (eval_is_nothing(walk.tuples) && empty)
            break;
    }
    struct json result = path_result(eval, path, &walk);
    if (path->group)
        result = eval_group(eval, path->group,
                            eval_is_nothing(walk.tuples) ? result : walk.tuples, frame);
    return result;
}
