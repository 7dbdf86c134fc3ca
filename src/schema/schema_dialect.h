/*
 * Which keywords a schema knows: from the draft of the caller, or from its $schema, which
 * names one of the drafts or a metaschema of somebody's own (draft 2020-12 core §8.1).
 */
#ifndef SCHEMA_SCHEMA_DIALECT_H
#define SCHEMA_SCHEMA_DIALECT_H

#include "schema/schema_library.h"

struct dialect dialect_of_draft(enum schema_draft draft);

/* The dialect of a $schema in `block`. False: a fault was noted. */
bool dialect_read(struct library *library, const struct block *block, str uri,
                  struct dialect *ret_dialect);

#endif
