#include "schema/schema.h"

#include "base/mem.h"
#include "schema/schema_emit.h"
#include "schema/schema_pattern.h"
#include "schema/schema_run.h"

enum { SCHEMA_MAGIC = 0x5c8e3a01, CHUNK_BYTES = 4096 };

struct schema *schema_compile(struct arena *arena, const struct schema_source *source,
                              struct schema_fault *ret_fault)
{
    struct library library;
    struct emit emit;
    struct schema *schema = mem_zalloc(sizeof(*schema));
    schema->magic = SCHEMA_MAGIC;
    arena_init(&schema->arena, CHUNK_BYTES, SIZE_MAX);
    library_init(&library, source, &schema->arena, arena);
    bool ok = library_open(&library) && emit_program(&emit, &library, schema);
    if (!ok) {
        *ret_fault = library.fault;
        schema_destroy(&schema);
    }
    library_fini(&library);
    return schema;
}

void schema_destroy(struct schema **schema)
{
    if (!*schema)
        return;
    CHECK_MAGIC(*schema, SCHEMA_MAGIC);
    for (struct pattern *p = (*schema)->patterns; p; p = p->next)
        pattern_fini(p);
    arena_fini(&(*schema)->arena);
    (*schema)->magic = 0;
    mem_free(*schema);
    *schema = NULL;
}

bool schema_valid(const struct schema *schema, struct arena *arena,
                  const struct json *instance)
{
    struct run run;
    CHECK_MAGIC(schema, SCHEMA_MAGIC);
    run_init(&run, schema, arena, instance);
    return run_block(&run, schema->root, instance, NULL) && !run.tired;
}
