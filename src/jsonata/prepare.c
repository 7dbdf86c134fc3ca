/*
 * After a tree has its final form: which function evaluates each node, and what can be
 * known before any run: pictures that are written out, objects whose keys are all
 * different strings, names that are looked up without further ado.
 *
 * Where something is wrong with a picture nothing is said here: the run will.
 */
#include "jsonata/eval.h"
#include "picture/picture_date.h"
#include "picture/picture_integer.h"

static bool are_plain_keys(const struct node *object)
{
    for (uint32_t i = 0; i < object->n; i += 2) {
        const struct node *key = object->items[i];
        if (key->type != NODE_LITERAL || key->value.type != JSON_STRING)
            return false;
        for (uint32_t k = 0; k < i; k += 2)
            if (str_eq(json_text(&object->items[k]->value), json_text(&key->value)))
                return false;
    }
    return object->n / 2 <= 256;
}

static bool is_bare(const struct node *node)
{
    return node->stage_n == 0 && !node->group && !(node->flags & NODE_TUPLE);
}

/* --- pictures --- */

static struct prepared *add_prepared(struct program *program, struct node *literal)
{
    if (program->prepared_n == UINT16_MAX >> MARK_BITS)
        return NULL;
    program->prepared = arena_grow(program->arena, program->prepared, program->prepared_n,
                                   &program->prepared_room, sizeof(program->prepared[0]));
    struct prepared *one = &program->prepared[program->prepared_n++];
    *one = (struct prepared){.text = literal->value.u.text};
    literal->value.mark = (uint16_t)(program->prepared_n << MARK_BITS);
    return one;
}

static bool takes_dates(str name)
{
    return str_eq(name, STR("fromMillis")) || str_eq(name, STR("toMillis")) ||
           str_eq(name, STR("now"));
}

static bool takes_integers(str name)
{
    return str_eq(name, STR("formatInteger")) || str_eq(name, STR("parseInteger"));
}

static void prepare_picture(struct program *program, struct node *literal, bool date)
{
    struct jsonata_fault fault;
    struct picture_date *read_date = NULL;
    struct picture_integer *read_integer = NULL;
    str text = json_text(&literal->value);
    struct prepared *one = add_prepared(program, literal);
    if (one && date && picture_date_compile(program->arena, text, &read_date, &fault))
        one->date = read_date;
    if (one && !date &&
        picture_integer_compile(program->arena, text, &read_integer, &fault))
        one->integer = read_integer;
}

static void prepare_call(struct program *program, const struct node *call)
{
    str name = json_text(&call->left->value);
    bool date = takes_dates(name);
    if (call->left->type != NODE_VARIABLE || (!date && !takes_integers(name)))
        return;
    for (uint32_t i = 0; i < call->n; i++)
        if (call->items[i]->type == NODE_LITERAL &&
            call->items[i]->value.type == JSON_STRING)
            prepare_picture(program, call->items[i], date);
}

/* --- arrays --- */

static bool are_literals(const struct node *array)
{
    for (uint32_t i = 0; i < array->n; i++)
        if (array->items[i]->type != NODE_LITERAL || !is_bare(array->items[i]))
            return false;
    return array->n > 0;
}

/* It is the same in every run. */
static void prepare_array(struct program *program, struct node *array)
{
    struct json *items = arena_array(program->arena, array->n, sizeof(*items));
    for (uint32_t i = 0; i < array->n; i++)
        items[i] = array->items[i]->value;
    array->value = (struct json){.type = JSON_ARRAY,
                                 .mark = array->flags & NODE_CONS ? MARK_CONS : 0,
                                 .n = array->n,
                                 .u = {.items = items}};
    array->run = eval_constant;
}

/* --- the tree --- */

static void prepare(struct program *program, struct node *node)
{
    if (!node || node->run)
        return;
    node->run = eval_run_of(node);
    if (node->type == NODE_CALL)
        prepare_call(program, node);
    if (node->type == NODE_OBJECT && are_plain_keys(node))
        node->flags |= NODE_PLAIN_KEYS;
    if (node->type == NODE_NAME)
        node->hint = program->hints++;
    if (node->type == NODE_NAME && is_bare(node))
        node->flags |= NODE_BARE;
    prepare(program, node->left);
    prepare(program, node->right);
    prepare(program, node->third);
    prepare(program, node->group);
    for (uint32_t i = 0; i < node->n; i++)
        prepare(program, node->items[i]);
    for (uint32_t i = 0; i < node->stage_n; i++)
        prepare(program, node->stages[i].filter);
    if (node->type == NODE_ARRAY && are_literals(node))
        prepare_array(program, node);
}

void prepare_tree(struct program *program)
{
    prepare(program, program->tree);
}
