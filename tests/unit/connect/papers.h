/*
 * Integration documents for the tests of this folder: a small one that is good, with
 * members added or replaced. ' stands for ".
 */
#ifndef UNIT_CONNECT_PAPERS_H
#define UNIT_CONNECT_PAPERS_H

#include "support/given.h"

#include "catalog/integration.h"

struct json papers_json(struct arena *arena, const char *text);

/* The test fails when it has a fault. */
const struct integration *papers_read(struct arena *arena, const char *patch);

#endif
