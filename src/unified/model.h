/*
 * The unified models: for each resource what a record looks like, what can be done with
 * it, and what a list can be asked for (docs/models.md). They are built into the program,
 * since callers rely on them as on its routes.
 *
 * Immutable once made; any thread.
 */
#ifndef UNIFIED_MODEL_H
#define UNIFIED_MODEL_H

#include "unified/mapping.h"

struct models;
struct schema;

/* What a list can be asked for. */
struct model_filter {
    str name;
    struct schema *schema;
    bool is_boolean; /* "true" and "false" are meant, not the words */
    bool required;   /* no list is had without it */
};

struct model {
    str category;
    str name;
    uint32_t operations; /* a bit 1 << MAPPING_… for each that there may be */
    const struct json *properties;
    struct schema *record;  /* what a vendor's record must become */
    struct schema *created; /* what a caller may give a new record */
    struct schema *changed; /* what he may change */
    struct model_filter *filters;
    uint32_t filter_n;
    const struct model *fields; /* of what the operation `fields` lists */
};

struct models *models_create(void);
void models_destroy(struct models **models); /* NULL inside is allowed */

/* NULL: there is none of that name. */
const struct model *models_find(const struct models *models, str category, str name);

/* In order of category and name; NULL behind the last. */
const struct model *models_at(const struct models *models, uint32_t i);

/* NULL: lists of this resource know no such filter. */
const struct model_filter *model_filter(const struct model *model, str name);

/* A filter's value out of a query's text. False with a sentence. */
bool model_filter_read(const struct model_filter *filter, str text, struct arena *arena,
                       struct json *ret_value, str *ret_detail) MUST_CHECK;

/* Whether a value is as a schema of the model says. False with a sentence, which may
 * quote it; of at most BIND_FAULT_BYTES_MAX. */
bool model_check(const struct schema *schema, const struct json *value,
                 struct arena *arena, str *ret_detail) MUST_CHECK;

#endif
