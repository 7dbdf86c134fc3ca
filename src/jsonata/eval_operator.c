/* Operators between two values. An undefined side makes most of them undefined. */
#include <math.h>

#include "base/buf.h"
#include "jsonata/eval.h"
#include "picture/text_units.h"

static const double range_max = 1e7;

static _Noreturn void fail_at(struct eval *eval, enum jsonata_code code,
                              const struct node *node, struct json value)
{
    eval_throw(eval, &(struct jsonata_fault){.code = code,
                                             .position = node->position,
                                             .token = lexer_op_text(node->op),
                                             .value = value});
}

/* --- numbers --- */

static double modulo(double x, double y)
{
    return fmod(x, y);
}

static double computed(enum token_op op, double x, double y)
{
    switch ((int)op) {
    case OP_PLUS:
        return x + y;
    case OP_MINUS:
        return x - y;
    case OP_STAR:
        return x * y;
    case OP_SLASH:
        return x / y;
    default:
        return modulo(x, y);
    }
}

static struct json arithmetic(struct eval *eval, const struct node *node, struct json a,
                              struct json b)
{
    double x = 0, y = 0;
    bool a_known = !eval_is_nothing(a), b_known = !eval_is_nothing(b);
    if (a_known && !eval_number(eval, a, &x))
        fail_at(eval, JSONATA_T2001, node, a);
    if (b_known && !eval_number(eval, b, &y))
        fail_at(eval, JSONATA_T2002, node, b);
    if (!a_known || !b_known)
        return eval_nothing();
    return json_of_number(computed(node->op, x, y));
}

/* --- comparing --- */

static bool is_comparable(struct json value)
{
    return eval_is_nothing(value) || value.type == JSON_NUMBER ||
           value.type == JSON_STRING;
}

static bool holds(enum token_op op, int order, bool ordered)
{
    if (!ordered)
        return false; /* a number that is none */
    switch ((int)op) {
    case OP_LESS:
        return order < 0;
    case OP_LESS_EQUAL:
        return order <= 0;
    case OP_GREATER:
        return order > 0;
    default:
        return order >= 0;
    }
}

static struct json comparison(struct eval *eval, const struct node *node, struct json a,
                              struct json b)
{
    if (!is_comparable(a) || !is_comparable(b))
        fail_at(eval, JSONATA_T2010, node, is_comparable(a) ? b : a);
    if (eval_is_nothing(a) || eval_is_nothing(b))
        return eval_nothing();
    if (a.type != b.type)
        eval_throw(eval, &(struct jsonata_fault){.code = JSONATA_T2009,
                                                 .position = node->position,
                                                 .token = lexer_op_text(node->op),
                                                 .value = a,
                                                 .value2 = b});
    if (a.type == JSON_STRING)
        return json_of_bool(
            holds(node->op, text_compare(json_text(&a), json_text(&b)), true));
    double x = eval_double(a), y = eval_double(b);
    return json_of_bool(holds(node->op, (x > y) - (x < y), !isnan(x) && !isnan(y)));
}

static bool is_in(struct json a, struct json b)
{
    if (a.type != b.type)
        return false;
    switch (a.type) {
    case JSON_NUMBER:
        return eval_double(a) == eval_double(b);
    case JSON_STRING:
        return str_eq(json_text(&a), json_text(&b));
    case JSON_ARRAY:
    case JSON_OBJECT:
    case JSONATA_FUNCTION: /* the same, not an equal one */
        return a.u.other == b.u.other && a.n == b.n && a.n > 0;
    default:
        return true;
    }
}

/* What most lists are looked through for. */
static bool has_text(struct json list, str text)
{
    for (uint32_t i = 0; i < list.n; i++) {
        const struct json *item = &list.u.items[i];
        if (item->n == text.n && item->type == JSON_STRING &&
            memcmp(item->u.text, text.p, text.n) == 0)
            return true;
    }
    return false;
}

static struct json inclusion(struct eval *eval, struct json a, struct json b)
{
    if (eval_is_nothing(a) || eval_is_nothing(b))
        return json_of_bool(false);
    if (!eval_is_array(b))
        return json_of_bool(is_in(a, b));
    eval_charge(eval, b.n);
    if (a.type == JSON_STRING && !(b.mark & MARK_RANGE))
        return json_of_bool(has_text(b, json_text(&a)));
    for (uint32_t i = 0; i < b.n; i++)
        if (is_in(a, eval_item(b, i)))
            return json_of_bool(true);
    return json_of_bool(false);
}

static struct json equality(struct eval *eval, struct json a, struct json b, bool wanted)
{
    if (eval_is_nothing(a) || eval_is_nothing(b))
        return json_of_bool(false);
    return json_of_bool(eval_equal(eval, a, b) == wanted);
}

/* --- text --- */

static struct json concatenation(struct eval *eval, struct json a, struct json b)
{
    str left = eval_is_nothing(a) ? STR("") : eval_string(eval, a, false);
    str right = eval_is_nothing(b) ? STR("") : eval_string(eval, b, false);
    eval_charge(eval, (left.n + right.n) / 64);
    return json_of_text(text_join(&eval->arena, left, right));
}

/* --- which is which --- */

static struct json logic(struct eval *eval, const struct node *node, struct json input,
                         struct frame *frame)
{
    bool left = eval_truth(eval, eval_node(eval, node->left, input, frame));
    if (left == (node->op == OP_OR))
        return json_of_bool(left);
    return json_of_bool(eval_truth(eval, eval_node(eval, node->right, input, frame)));
}

struct json eval_binary(struct eval *eval, const struct node *node, struct json input,
                        struct frame *frame)
{
    if (node->op == OP_AND || node->op == OP_OR)
        return logic(eval, node, input, frame);
    struct json a = eval_node(eval, node->left, input, frame);
    struct json b = eval_node(eval, node->right, input, frame);
    switch ((int)node->op) {
    case OP_EQUAL:
    case OP_NOT_EQUAL:
        return equality(eval, a, b, node->op == OP_EQUAL);
    case OP_LESS:
    case OP_LESS_EQUAL:
    case OP_GREATER:
    case OP_GREATER_EQUAL:
        return comparison(eval, node, a, b);
    case OP_IN:
        return inclusion(eval, a, b);
    case OP_CONCAT:
        return concatenation(eval, a, b);
    default:
        return arithmetic(eval, node, a, b);
    }
}

struct json eval_negate(struct eval *eval, const struct node *node, struct json input,
                        struct frame *frame)
{
    double number;
    struct json value = eval_node(eval, node->left, input, frame);
    if (eval_is_nothing(value))
        return value;
    if (!eval_number(eval, value, &number))
        eval_throw(eval, &(struct jsonata_fault){.code = JSONATA_D1002,
                                                 .position = node->position,
                                                 .token = lexer_op_text(OP_MINUS),
                                                 .value = value});
    return json_of_number(-number);
}

static bool whole(struct eval *eval, const struct node *node, struct json value,
                  enum jsonata_code code, double *ret)
{
    if (eval_is_nothing(value))
        return false;
    if (value.type != JSON_NUMBER || eval_double(value) != floor(eval_double(value)) ||
        isinf(eval_double(value)))
        eval_throw(eval, &(struct jsonata_fault){.code = code,
                                                 .position = node->position,
                                                 .token = lexer_op_text(OP_RANGE),
                                                 .value = value});
    *ret = eval_double(value);
    return true;
}

/* Kept as its first number until someone looks at it. */
struct json eval_range(struct eval *eval, const struct node *node, struct json input,
                       struct frame *frame)
{
    double from = 0, to = 0;
    struct json a = eval_node(eval, node->left, input, frame);
    struct json b = eval_node(eval, node->right, input, frame);
    bool a_known = whole(eval, node, a, JSONATA_T2003, &from);
    bool b_known = whole(eval, node, b, JSONATA_T2004, &to);
    if (!a_known || !b_known || from > to)
        return eval_nothing();
    double n = to - from + 1;
    if (n > range_max)
        eval_throw(eval, &(struct jsonata_fault){.code = JSONATA_D2014,
                                                 .position = node->position,
                                                 .token = lexer_op_text(OP_RANGE),
                                                 .value = json_of_number(n)});
    return (struct json){.type = JSON_ARRAY,
                         .mark = MARK_SEQUENCE | MARK_RANGE,
                         .n = (uint32_t)n,
                         .u.number = from};
}
