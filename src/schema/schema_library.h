/*
 * The documents that a schema is made of while it is compiled: which schema objects stand
 * in them, under which URI and dialect, and where a reference leads.
 *
 * A document is walked when it comes in, along the keywords that hold schemas, and each
 * schema becomes a block (schema_program.h). A schema with an $id begins a resource of
 * its own. What stands elsewhere, in an unknown keyword, becomes a block when a reference
 * leads there.
 *
 * Lives as long as the compilation; blocks and resources are in the schema's arena and
 * stay. The first fault is kept, later ones are not looked at.
 */
#ifndef SCHEMA_SCHEMA_LIBRARY_H
#define SCHEMA_SCHEMA_LIBRARY_H

#include "base/map.h"
#include "schema/schema.h"
#include "schema/schema_program.h"

/* A schema with an $id, or the root of a document, with what stands below it up to the
 * next $id. */
struct resource {
    str uri; /* without fragment; empty = none is known */
    struct dialect dialect;
    struct block *root;
    struct anchor *dynamic_anchors;
    struct scope *scope; /* NULL = it has no dynamic anchors */
};

struct anchor {
    struct anchor *next_of_name;
    struct anchor *next_of_resource;
    struct block *block;
    struct dynamic *dynamic; /* NULL = a plain $anchor */
};

struct library {
    const struct schema_source *source;
    struct arena *arena;   /* the schema's */
    struct arena *scratch; /* the caller's */
    struct map resources;  /* URI → struct resource */
    struct map anchors;    /* resource and name → struct anchor */
    struct map nodes;      /* address of a value → struct block */
    struct map dynamics;   /* name → struct dynamic */
    struct map indexes;    /* address of an object → an index of its members */
    struct dynamic *first_dynamic;
    uint32_t dynamic_n;
    uint32_t blocks_n;
    uint32_t resources_n;
    struct block *root;
    uint32_t depth;
    bool failed;
    struct schema_fault fault;
};

void library_init(struct library *library, const struct schema_source *source,
                  struct arena *arena, struct arena *scratch);
void library_fini(struct library *library);

/* Takes in the document to be compiled; sets library->root. */
bool library_open(struct library *library) MUST_CHECK;

/* The block of a value that holds a schema; NULL = the value is no schema. */
struct block *library_block(const struct library *library, const struct json *node);

/* The document at a URI without fragment, a metaschema or one of the caller; or NULL. */
const struct json *library_document(struct library *library, str uri);

/* Where a reference in `from` leads, reading other documents if need be. NULL: a fault
 * was noted. *ret_anchor (may be NULL) is the anchor that was named, or NULL. */
struct block *library_find(struct library *library, const struct block *from,
                           str reference, const struct anchor **ret_anchor);

/* Notes a fault of a keyword's value; `keyword` may be absent. */
void library_fault(struct library *library, const struct block *block, str keyword,
                   const char *fmt, ...) PRINTF_LIKE(4, 5);

/* The pointer of a block in its document, or below its resource. */
str block_pointer(struct arena *arena, const struct block *block);
str block_pointer_in_resource(struct arena *arena, const struct block *block);

#endif
