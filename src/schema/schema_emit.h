/*
 * From schema objects to blocks of operations. One schema object at a time: its keywords
 * are read, and each makes its operation (schema_keyword_list.h says which function and
 * in which order). Blocks that are used on the way wait in a queue, so nothing recurses.
 *
 * Inside of schema_emit*.c and schema.c only.
 */
#ifndef SCHEMA_SCHEMA_EMIT_H
#define SCHEMA_SCHEMA_EMIT_H

#include "schema/schema_library.h"

struct emit {
    struct library *library;
    struct schema *schema;
    struct arena *arena; /* the schema's */

    struct block **queue;
    uint32_t queue_at;
    uint32_t queue_n;
    uint32_t queue_room;
    uint32_t patterns_n;
    struct object_plan *plans; /* all */

    /* The block under way. */
    struct block *block;
    struct keywords keywords;
    struct op *ops;
    uint32_t ops_n;
    uint32_t ops_room;
    bool has_object;
    bool has_items;
    bool has_dependencies;
    bool has_content;
};

/* Compiles all that is reached from library->root. False: a fault was noted. */
bool emit_program(struct emit *emit, struct library *library, struct schema *schema);

/* Another operation at the end of the block; valid until the next. */
struct op *emit_op(struct emit *emit, enum op_code code, unsigned types,
                   enum keyword keyword);

/* The block of a value that must be a schema; NULL: a fault was noted. */
const struct block *emit_use(struct emit *emit, enum keyword keyword,
                             const struct json *node);
/* Of `n` values, one each `stride` bytes. */
const struct block *const *emit_use_list(struct emit *emit, enum keyword keyword,
                                         const struct json *list);
void emit_queue(struct emit *emit, struct block *block);

/* Notes that a keyword's value is wrong: "must be …". */
#define emit_fault(emit, keyword, ...)                                                   \
    library_fault((emit)->library, (emit)->block, keyword_name(keyword), __VA_ARGS__)

/* Whether the value is of this JSON type; else notes a fault: "must be `what`." */
bool emit_expect(struct emit *emit, enum keyword keyword, const struct json *value,
                 enum json_type type);

/* A regular expression that the schema owns; NULL: a fault was noted. */
const struct pattern *emit_new_pattern(struct emit *emit, enum keyword keyword, str text);

/* When all blocks have their operations. */
void emit_finish_plan(struct object_plan *plan);

#define KEYWORD(id, name, drafts, vocabulary, children, emitter)                         \
    void emitter(struct emit *emit, enum keyword keyword, const struct json *value);
#include "schema/schema_keyword_list.h"
#undef KEYWORD

#endif
