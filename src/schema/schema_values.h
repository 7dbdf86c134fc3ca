/*
 * Values compared by what they say: the choices of `enum`, and items that must all
 * differ. Pure; any thread.
 */
#ifndef SCHEMA_SCHEMA_VALUES_H
#define SCHEMA_SCHEMA_VALUES_H

#include "schema/schema_program.h"

/* How many values stand in a value, itself included; what is nested deeper than anything
 * here can go is not counted. */
uint64_t values_count(const struct json *value);

/* Of the items of an array; copies them. */
const struct choice *choice_create(struct arena *arena, const struct json *array);

/* json_equal, with the quick answers here. */
bool values_equal_slowly(const struct json *a, const struct json *b);

static inline bool values_equal(const struct json *a, const struct json *b)
{
    if (a->type != b->type)
        return false;
    if (a->type < JSON_NUMBER)
        return true;
    if (a->type == JSON_NUMBER && !((a->flags | b->flags) & JSON_NUMERAL))
        return a->u.number == b->u.number;
    if (a->type == JSON_STRING)
        return a->n == b->n && memcmp(a->u.text, b->u.text, a->n) == 0;
    return values_equal_slowly(a, b);
}

bool choice_has(const struct choice *choice, const struct json *value);

/* The same; strings among few are compared here. */
static inline __attribute__((always_inline)) bool choice_admits(
    const struct choice *choice, const struct json *value)
{
    uint64_t head, tail;
    if (value->type != JSON_STRING || choice->texts_n > CHOICE_FEW)
        return choice_has(choice, value);
    name_words(value->u.text, value->n, &head, &tail);
    for (uint32_t i = 0; i < choice->texts_n; i++)
        if (name_is(&choice->few[i], value->u.text, value->n, head, tail))
            return true;
    return false;
}

enum values_result {
    VALUES_DIFFER,
    VALUES_MEET,
    VALUES_TIRED /* the bound is reached */
};

/*
 * Whether two items of an array are equal; *ret_first < *ret_second are the first such.
 * Looks at no more than *steps places and takes them off. The arena is as before.
 */
enum values_result values_differ(struct arena *arena, const struct json *array,
                                 uint64_t *steps, uint32_t *ret_first,
                                 uint32_t *ret_second);

#endif
