/*
 * Integration documents for tests: a small one that is good, with members added or
 * replaced.
 */
#ifndef UNIT_CATALOG_PAPER_H
#define UNIT_CATALOG_PAPER_H

#include "support/given.h"

#include "catalog/integration.h"

/* The text of a good document with `patch` (a JSON object) merged over it. */
str paper_text(struct arena *arena, const char *patch);

/* That document, read; the test fails when it has a fault. */
const struct integration *paper_read(struct arena *arena, const char *patch);

/* A document of the tree: integrations/NAME/integration.json. */
const struct integration *paper_vendor(struct arena *arena, const char *name);

/* The faults of a text as lines `  "POINTER" sentence`; empty when it has none. */
str paper_faults(struct arena *arena, str text);

#endif
