/*
 * The metaschemas that are built in: draft 2020-12 with its vocabularies, and draft 7.
 */
#ifndef SCHEMA_SCHEMA_META_H
#define SCHEMA_SCHEMA_META_H

#include "base/str.h"

/* The text of the document at this URI (without fragment); absent when it is none of
 * ours. Static. */
str schema_meta_find(str uri);

#endif
