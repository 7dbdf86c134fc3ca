/* A schema from its text, for tests of this folder. */
#ifndef UNIT_SCHEMA_COMPILED_H
#define UNIT_SCHEMA_COMPILED_H

#include "support/given.h"

#include "schema/schema.h"

/* NULL: *ret_fault says why. */
static inline struct schema *compiled(struct arena *arena, str text,
                                      struct schema_fault *ret_fault)
{
    struct schema_source source = {.document = given_json(arena, text), .formats = true};
    return schema_compile(arena, &source, ret_fault);
}

/* Whether the instance is valid; the schema must compile. */
static inline bool is_valid(struct arena *arena, str schema_text, str instance)
{
    struct schema_fault fault;
    struct schema *schema = compiled(arena, schema_text, &fault);
    if (!schema)
        fail_msg(STR_F ": " STR_F " " STR_F, STR_A(schema_text), STR_A(fault.pointer),
                 STR_A(fault.what));
    bool valid = schema_valid(schema, arena, given_json(arena, instance));
    schema_destroy(&schema);
    return valid;
}

#endif
