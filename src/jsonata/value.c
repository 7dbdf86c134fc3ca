/* Arrays, truth, numbers, equality and text of values, as the language has them. */
#include <math.h>

#include "base/buf.h"
#include "json/json_write.h"
#include "jsonata/eval.h"
#include "jsonata/function.h"
#include "picture/number_text.h"
#include "jsonata/result.h"

enum { STRING_BYTES_MAX = 64 << 20, RESULT_DEPTH_MAX = 1000 };

/* --- arrays --- */

void eval_stack_grow(struct eval *eval)
{
    if (eval->stack_room > eval->sequence_max)
        eval_fail_value(eval, JSONATA_D2015, json_of_number(eval->sequence_max));
    eval->stack = arena_grow(&eval->arena, eval->stack, eval->stack_n, &eval->stack_room,
                             sizeof(eval->stack[0]));
    eval_charge(eval, eval->stack_room / 8);
}

void eval_push_items(struct eval *eval, struct json array)
{
    eval_charge(eval, array.n / 8);
    for (uint32_t i = 0; i < array.n; i++)
        eval_push(eval, eval_item(array, i));
}

struct json eval_array(struct eval *eval, const struct json *items, uint32_t n,
                       uint16_t marks)
{
    struct json array = {.type = JSON_ARRAY, .mark = marks, .n = n};
    struct json *copy = NULL;
    eval_charge(eval, n / 8);
    if (n) {
        copy = arena_alloc(&eval->arena, n * sizeof(*copy));
        memcpy(copy, items, n * sizeof(*copy));
    }
    array.u.items = copy;
    return array;
}

struct json eval_gather(struct eval *eval, uint32_t base, uint16_t marks)
{
    uint32_t n = eval->stack_n - base;
    eval->stack_n = base;
    if (n > eval->sequence_max)
        eval_fail_value(eval, JSONATA_D2015, json_of_number(eval->sequence_max));
    return eval_array(eval, n ? eval->stack + base : NULL, n, marks);
}

struct json eval_single(struct eval *eval, struct json item, uint16_t marks)
{
    return eval_array(eval, &item, 1, marks);
}

struct json eval_solid(struct eval *eval, struct json array)
{
    if (array.type != JSON_ARRAY || !(array.mark & MARK_RANGE))
        return array;
    struct json *items = arena_alloc(&eval->arena, array.n * sizeof(*items));
    eval_charge(eval, array.n / 8);
    for (uint32_t i = 0; i < array.n; i++)
        items[i] = json_of_number(array.u.number + i);
    array.u.items = items;
    array.mark &= (uint16_t)~MARK_RANGE;
    return array;
}

struct json eval_append(struct eval *eval, struct json a, struct json b)
{
    uint32_t base = eval->stack_n;
    if (eval_is_nothing(a))
        return b;
    if (eval_is_nothing(b))
        return a;
    if (eval_is_array(a))
        eval_push_items(eval, a);
    else
        eval_push(eval, a);
    if (eval_is_array(b))
        eval_push_items(eval, b);
    else
        eval_push(eval, b);
    return eval_gather(eval, base, 0);
}

struct json eval_finish(struct json value, uint16_t flags)
{
    if (value.mark & MARK_TUPLES)
        return value;
    if (flags & NODE_KEEP_ARRAY)
        value.mark |= MARK_KEEP;
    if (value.n == 0)
        return eval_nothing();
    if (value.n == 1 && !(value.mark & MARK_KEEP))
        return eval_item(value, 0);
    return value;
}

/* --- truth, numbers, equality --- */

bool eval_truth(struct eval *eval, struct json value)
{
    switch (value.type) {
    case JSON_TRUE:
        return true;
    case JSON_NUMBER:
        return eval_double(value) != 0 && !isnan(eval_double(value));
    case JSON_STRING:
    case JSON_OBJECT:
        return value.n > 0;
    case JSON_ARRAY:
        eval_check_stack(eval);
        eval_charge(eval, value.n / 8);
        for (uint32_t i = 0; i < value.n; i++)
            if (eval_truth(eval, eval_item(value, i)))
                return true;
        return false;
    default:
        return false;
    }
}

bool eval_number(struct eval *eval, struct json value, double *ret)
{
    if (value.type != JSON_NUMBER)
        return false;
    *ret = eval_double(value);
    if (isinf(*ret))
        eval_fail_value(eval, JSONATA_D1001, value);
    return !isnan(*ret);
}

static bool equal_items(struct eval *eval, struct json a, struct json b)
{
    for (uint32_t i = 0; i < a.n; i++)
        if (!eval_equal(eval, eval_item(a, i), eval_item(b, i)))
            return false;
    return true;
}

static bool equal_members(struct eval *eval, struct json a, struct json b)
{
    for (uint32_t i = 0; i < a.n; i++) {
        const struct json_member *member = &a.u.members[i];
        const struct json *other = json_member(&b, json_key(member));
        if (!other || !eval_equal(eval, member->value, *other))
            return false;
    }
    return true;
}

bool eval_equal(struct eval *eval, struct json a, struct json b)
{
    if (a.type != b.type)
        return false;
    switch (a.type) {
    case JSON_NUMBER:
        return eval_double(a) == eval_double(b);
    case JSON_STRING:
        return str_eq(json_text(&a), json_text(&b));
    case JSON_ARRAY:
        eval_check_stack(eval);
        eval_charge(eval, a.n);
        return a.n == b.n && equal_items(eval, a, b);
    case JSON_OBJECT:
        eval_check_stack(eval);
        eval_charge(eval, (uint64_t)a.n * (a.n / 16 + 1));
        return a.n == b.n && equal_members(eval, a, b);
    case JSONATA_FUNCTION:
        return a.u.other == b.u.other;
    default:
        return true;
    }
}

/* --- text --- */

struct json eval_text(str text)
{
    return json_of_text(text);
}

struct print {
    struct eval *eval;
    struct buf *buf;
    bool pretty;
    bool deep; /* it was nested too deeply */
};

static void print_value(struct print *print, struct json value, unsigned depth);

static void print_line(struct print *print, unsigned depth)
{
    if (!print->pretty)
        return;
    buf_char(print->buf, '\n');
    for (unsigned i = 0; i < depth; i++)
        buf_str(print->buf, STR("  "));
}

static void print_items(struct print *print, struct json array, unsigned depth)
{
    buf_char(print->buf, '[');
    for (uint32_t i = 0; i < array.n; i++) {
        if (i)
            buf_char(print->buf, ',');
        print_line(print, depth + 1);
        print_value(print, eval_item(array, i), depth + 1);
    }
    if (array.n)
        print_line(print, depth);
    buf_char(print->buf, ']');
}

static void print_members(struct print *print, struct json object, unsigned depth)
{
    buf_char(print->buf, '{');
    for (uint32_t i = 0; i < object.n; i++) {
        if (i)
            buf_char(print->buf, ',');
        print_line(print, depth + 1);
        json_write_text(print->buf, json_key(&object.u.members[i]));
        buf_str(print->buf, print->pretty ? STR(": ") : STR(":"));
        print_value(print, object.u.members[i].value, depth + 1);
    }
    if (object.n)
        print_line(print, depth);
    buf_char(print->buf, '}');
}

static void print_number(struct print *print, double number)
{
    char text[32];
    if (isfinite(number))
        buf_put(print->buf, text, number_text_15(number, text));
    else
        buf_str(print->buf, STR("null"));
}

static void print_value(struct print *print, struct json value, unsigned depth)
{
    if (depth > RESULT_DEPTH_MAX) {
        print->deep = true;
        return;
    }
    switch (value.type) {
    case JSON_NUMBER:
        print_number(print, eval_double(value));
        break;
    case JSON_ARRAY:
        print_items(print, value, depth);
        break;
    case JSON_OBJECT:
        print_members(print, value, depth);
        break;
    case JSONATA_FUNCTION:
        buf_str(print->buf, STR("\"\""));
        break;
    case JSON_UNDEFINED: /* a group that took no part in a match */
        buf_str(print->buf, STR("null"));
        break;
    default:
        json_write(print->buf, &value, JSON_COMPACT);
        break;
    }
}

static str print_all(struct eval *eval, struct json value, bool pretty)
{
    struct buf buf;
    struct print print = {eval, &buf, pretty, false};
    size_t room = eval->arena.bytes_max - eval->arena.bytes;
    buf_init(&buf, room < STRING_BYTES_MAX ? room : STRING_BYTES_MAX);
    print_value(&print, value, 0);
    bool good = buf_ok(&buf) && buf.n < room;
    str text = good ? str_of(arena_bytes(&eval->arena, buf.n), buf.n) : STR_NONE;
    if (good && buf.n)
        memcpy((char *)(uintptr_t)text.p, buf.p, buf.n);
    buf_fini(&buf);
    if (print.deep)
        eval_fail(eval, JSONATA_D1011, NULL);
    if (!good)
        eval_fail_value(eval, JSONATA_U1002, json_of_number((double)room));
    eval_charge(eval, text.n / 64);
    return text;
}

str eval_string(struct eval *eval, struct json value, bool pretty)
{
    char text[32];
    switch (value.type) {
    case JSON_STRING:
        return json_text(&value);
    case JSONATA_FUNCTION:
        return STR("");
    case JSON_NUMBER:
        if (!isfinite(eval_double(value)))
            eval_fail_value(eval, JSONATA_D3001, value);
        return arena_str(&eval->arena,
                         str_of(text, number_text_15(eval_double(value), text)));
    case JSON_TRUE:
        return STR("true");
    case JSON_FALSE:
        return STR("false");
    case JSON_NULL:
        return STR("null");
    default:
        return print_all(eval, value, pretty);
    }
}

/* --- what leaves --- */

static struct json result_items(struct eval *eval, struct json array, unsigned depth);
static struct json result_members(struct eval *eval, struct json object, unsigned depth);

/* Looking costs much less than making; but what was made once may stand in many places,
 * and those in many more: without a charge there would be no end to it. */
static void charge_look(struct eval *eval, uint32_t n)
{
    enum { LOOKS_PER_STEP = 16 };
    eval_charge(eval, 1 + n / LOOKS_PER_STEP);
}

static struct json result_value(struct eval *eval, struct json value, unsigned depth)
{
    if (depth > RESULT_DEPTH_MAX)
        eval_fail(eval, JSONATA_D1011, NULL);
    if (value.type == JSON_ARRAY || value.type == JSON_OBJECT)
        charge_look(eval, value.n);
    if (value.type == JSON_ARRAY)
        return result_items(eval, value, depth + 1);
    if (value.type == JSON_OBJECT)
        return result_members(eval, value, depth + 1);
    if (value.type >= JSON_TYPE_COUNT)
        return eval_nothing();
    return value;
}

static bool same(struct json a, struct json b)
{
    return a.type == b.type && a.mark == b.mark && a.u.other == b.u.other;
}

/* Copied from the first item on that is not as it was. */
static struct json result_items(struct eval *eval, struct json array, unsigned depth)
{
    array = eval_solid(eval, array);
    struct json *copy = NULL;
    for (uint32_t i = 0; i < array.n; i++) {
        struct json item = result_value(eval, array.u.items[i], depth);
        if (eval_is_nothing(item))
            item = json_of_null(); /* an array has no gaps */
        if (!copy && !same(item, array.u.items[i])) {
            copy = arena_alloc(&eval->arena, array.n * sizeof(*copy));
            memcpy(copy, array.u.items, array.n * sizeof(*copy));
            array.u.items = copy;
        }
        if (copy)
            copy[i] = item;
    }
    array.mark = 0;
    return array;
}

static struct json result_members(struct eval *eval, struct json object, unsigned depth)
{
    const struct json_member *members = object.u.members;
    struct json_member *copy = NULL;
    uint32_t n = 0;
    for (uint32_t i = 0; i < object.n; i++) {
        struct json value = members[i].value;
        struct json result = result_value(eval, value, depth);
        if (!copy && !same(result, value)) {
            copy = arena_alloc(&eval->arena, object.n * sizeof(*copy));
            memcpy(copy, members, i * sizeof(*copy));
            object.u.members = copy;
            n = i;
        }
        if (!copy || eval_is_nothing(result))
            continue;
        copy[n] = members[i];
        copy[n++].value = result;
    }
    object.n = copy ? n : object.n;
    return object;
}

struct json result_of(struct eval *eval, struct json value)
{
    return result_value(eval, value, 0);
}
