/*
 * Values compared by what they say: the choices of `enum`, and items that must all
 * differ. Pure; any thread.
 */
#ifndef SCHEMA_SCHEMA_VALUES_H
#define SCHEMA_SCHEMA_VALUES_H

#include "schema/schema_program.h"

/* Of the items of an array; copies them. */
const struct choice *choice_create(struct arena *arena, const struct json *array);

bool choice_has(const struct choice *choice, const struct json *value);

enum values_result {
    VALUES_DIFFER,
    VALUES_MEET,
    VALUES_TIRED /* the bound is reached */
};

/*
 * Whether two items of an array are equal; *ret_first < *ret_second are the first such.
 * Looks at no more than *steps pairs and takes them off. The arena is as before.
 */
enum values_result values_differ(struct arena *arena, const struct json *array,
                                 uint64_t *steps, uint32_t *ret_first,
                                 uint32_t *ret_second);

#endif
