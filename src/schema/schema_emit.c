#include "schema/schema_emit.h"

#include "schema/schema_pattern.h"

enum { PATTERNS_MAX = 10000, ENUM_SIZE_MAX = 1000 };

struct op *emit_op(struct emit *emit, enum op_code code, unsigned types,
                   enum keyword keyword)
{
    emit->ops = arena_grow(emit->library->scratch, emit->ops, emit->ops_n,
                           &emit->ops_room, sizeof(emit->ops[0]));
    struct op *op = &emit->ops[emit->ops_n++];
    *op = (struct op){
        .code = (uint8_t)code, .types = (uint8_t)types, .keyword = (uint8_t)keyword};
    return op;
}

void emit_queue(struct emit *emit, struct block *block)
{
    if (block->queued)
        return;
    block->queued = true;
    emit->queue = arena_grow(emit->library->scratch, emit->queue, emit->queue_n,
                             &emit->queue_room, sizeof(struct block *));
    emit->queue[emit->queue_n++] = block;
}

const struct block *emit_use(struct emit *emit, enum keyword keyword,
                             const struct json *node)
{
    struct block *block = library_block(emit->library, node);
    if (!block) {
        emit_fault(emit, keyword, "must hold schemas: objects, true or false.");
        return NULL;
    }
    emit_queue(emit, block);
    return block;
}

const struct block *const *emit_use_list(struct emit *emit, enum keyword keyword,
                                         const struct json *list)
{
    const struct block **blocks = arena_array(emit->arena, list->n, sizeof(blocks[0]));
    for (uint32_t i = 0; i < list->n; i++)
        blocks[i] = emit_use(emit, keyword, &list->u.items[i]);
    return blocks;
}

bool emit_expect(struct emit *emit, enum keyword keyword, const struct json *value,
                 enum json_type type)
{
    static const char *const words[JSON_TYPE_COUNT] = {
        [JSON_NUMBER] = "a number",
        [JSON_STRING] = "a string",
        [JSON_ARRAY] = "an array",
        [JSON_OBJECT] = "an object",
    };
    if (json_is(value, type))
        return true;
    emit_fault(emit, keyword, "must be %s.", words[type]);
    return false;
}

const struct pattern *emit_new_pattern(struct emit *emit, enum keyword keyword, str text)
{
    struct regex_fault fault = {0};
    if (++emit->patterns_n > PATTERNS_MAX) {
        emit_fault(emit, keyword, "is one pattern too many; at most %d are allowed.",
                   PATTERNS_MAX);
        return NULL;
    }
    struct pattern *pattern = pattern_create(emit->arena, text, &fault);
    if (!pattern) {
        emit_fault(emit, keyword, "is not a regular expression: at offset %u, " STR_F ".",
                   fault.offset, STR_A(fault.what));
        return NULL;
    }
    pattern->next = emit->schema->patterns;
    emit->schema->patterns = pattern;
    return pattern;
}

void emit_nothing(struct emit *emit, enum keyword keyword, const struct json *value)
{
    (void)emit;
    (void)keyword;
    (void)value;
}

static void (*const emitters[KEYWORD_COUNT])(struct emit *, enum keyword,
                                             const struct json *) = {
#define KEYWORD(id, name, drafts, vocabulary, children, emitter) [KEYWORD_##id] = emitter,
#include "schema/schema_keyword_list.h"
#undef KEYWORD
};

static bool has_emitter(const struct emit *emit, unsigned keyword)
{
    return emit->keywords.at[keyword] && emitters[keyword] != emit_nothing;
}

/* A block whose only keyword is $ref is answered by the block it leads to, unless
 * entering that brings a resource into the dynamic scope. */
static bool is_alias(const struct emit *emit)
{
    for (unsigned i = 0; i < KEYWORD_COUNT; i++)
        if (i != KEYWORD_REF && has_emitter(emit, i))
            return false;
    return emit->keywords.at[KEYWORD_REF] && emit->ops_n == 1 &&
           emit->ops[0].code == OP_REF && !emit->ops[0].flag;
}

/* What runs before all else in a block, and over all of it. */
static void emit_frame(struct emit *emit)
{
    struct block *block = emit->block;
    struct resource *resource = block->resource;
    if (resource->root == block && resource->scope)
        emit_op(emit, OP_SCOPE, TYPES_ALL, KEYWORD_ID)->u.scope = resource->scope;
    unsigned types = 0;
    if (emit->keywords.at[KEYWORD_UNEVALUATED_ITEMS])
        types |= TYPES_ARRAY;
    if (emit->keywords.at[KEYWORD_UNEVALUATED_PROPERTIES])
        types |= TYPES_OBJECT;
    if (types)
        emit_op(emit, OP_COLLECT, types, KEYWORD_ID);
}

/* Called with OP_END in place. A large enum is compared as an operation, which counts its
 * steps. */
static enum block_kind kind_of(const struct emit *emit)
{
    bool alone = emit->ops_n == 2;
    if (alone && emit->ops[0].code == OP_ENUM &&
        emit->ops[0].u.choice->size < ENUM_SIZE_MAX)
        return BLOCK_ENUM;
    if (alone && emit->ops[0].code == OP_OBJECT)
        return BLOCK_OBJECT;
    for (uint32_t i = 0; i < emit->ops_n; i++) {
        unsigned code = emit->ops[i].code;
        bool looks_only = code >= OP_CONST && code <= OP_COUNT;
        if (!looks_only && code != OP_END && code != OP_UNIQUE_ITEMS)
            return BLOCK_ANY;
    }
    return BLOCK_LEAF;
}

static void emit_object_node(struct emit *emit)
{
    struct block *block = emit->block;
    keywords_read(block->node, &block->resource->dialect, &emit->keywords);
    emit_frame(emit);
    for (unsigned i = 0; i < KEYWORD_COUNT && !emit->library->failed; i++)
        if (has_emitter(emit, i))
            emitters[i](emit, (enum keyword)i, emit->keywords.at[i]);
    if (emit->library->failed)
        return;
    if (is_alias(emit))
        block->via = emit->ops[0].u.block;
    if (!emit->ops_n)
        return;
    emit_op(emit, OP_END, 0xff, KEYWORD_ID);
    struct op *ops = arena_array(emit->arena, emit->ops_n, sizeof(ops[0]));
    memcpy(ops, emit->ops, emit->ops_n * sizeof(ops[0]));
    block->ops = ops;
    block->kind = (uint8_t)kind_of(emit);
}

static void emit_block(struct emit *emit, struct block *block)
{
    emit->block = block;
    emit->ops_n = 0;
    emit->has_object = emit->has_items = false;
    emit->has_dependencies = emit->has_content = false;
    block->types = json_is(block->node, JSON_FALSE) ? 0 : TYPES_ALL;
    if (json_is(block->node, JSON_OBJECT))
        emit_object_node(emit);
}

/* Everything that the dynamic scope can lead to is compiled too, which may bring in more
 * documents and names. */
static bool queue_dynamics(struct emit *emit)
{
    uint32_t before = emit->queue_n;
    for (struct dynamic *d = emit->library->first_dynamic; d; d = d->next)
        for (struct anchor *a = d->used ? d->anchors : NULL; a; a = a->next_of_name)
            emit_queue(emit, a->block);
    return emit->queue_n > before;
}

static void fill_scope(struct emit *emit, struct anchor *anchor)
{
    struct resource *resource = anchor->block->resource;
    struct scope *scope = resource->scope;
    uint32_t room = 0;
    for (struct anchor *a = resource->dynamic_anchors; a; a = a->next_of_resource)
        room++;
    if (!scope->entries)
        scope->entries = arena_array(emit->arena, room, sizeof(scope->entries[0]));
    scope->entries[scope->n++] =
        (struct scope_entry){anchor->dynamic->index, anchor->block};
}

/* A name that only one resource has leads there without looking. */
static void fill_scopes(struct emit *emit)
{
    for (struct dynamic *d = emit->library->first_dynamic; d; d = d->next)
        for (struct anchor *a = d->used && d->n > 1 ? d->anchors : NULL; a;
             a = a->next_of_name)
            fill_scope(emit, a);
}

/* Gives an alias the operations of what it stands for, at the end of its chain, and so
 * to all of the chain. A chain longer than there are blocks goes round. */
static void join_alias(struct emit *emit, struct block *block)
{
    const struct block *end = block;
    for (uint32_t i = 0; end->via && !end->joined; i++, end = end->via)
        if (i > emit->queue_n) {
            library_fault(emit->library, block, STR("$ref"),
                          "refers to itself without end.");
            return;
        }
    while (block->via && !block->joined) {
        block->joined = true;
        block->ops = end->ops;
        block->types = end->types;
        block->kind = end->kind;
        block = library_block(emit->library, block->via->node);
    }
}

bool emit_program(struct emit *emit, struct library *library, struct schema *schema)
{
    *emit = (struct emit){.library = library, .schema = schema, .arena = library->arena};
    emit_queue(emit, library->root);
    do {
        while (emit->queue_at < emit->queue_n && !library->failed)
            emit_block(emit, emit->queue[emit->queue_at++]);
    } while (!library->failed && queue_dynamics(emit));
    for (uint32_t i = 0; i < emit->queue_n && !library->failed; i++)
        if (emit->queue[i]->via)
            join_alias(emit, emit->queue[i]);
    if (library->failed)
        return false;
    fill_scopes(emit);
    for (struct object_plan *plan = emit->plans; plan; plan = plan->next)
        emit_finish_plan(plan);
    schema->root = library->root;
    schema->dynamic_n = library->dynamic_n;
    return true;
}
