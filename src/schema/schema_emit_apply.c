/* Keywords that apply other schemas to the same value. */
#include "schema/schema_emit.h"

/* Where a reference leads; NULL: a fault was noted. */
static struct block *find(struct emit *emit, enum keyword keyword,
                          const struct json *value, const struct anchor **ret_anchor)
{
    if (!emit_expect(emit, keyword, value, JSON_STRING))
        return NULL;
    str reference = json_text(value);
    struct block *block = library_find(emit->library, emit->block, reference, ret_anchor);
    if (!block)
        emit_fault(emit, keyword, "refers to \"" STR_F "\", where there is no schema.",
                   STR_A(reference));
    return block;
}

/* The flag: it enters the middle of a resource that has a dynamic scope. */
void emit_ref(struct emit *emit, enum keyword keyword, const struct json *value)
{
    struct block *block = find(emit, keyword, value, NULL);
    if (!block)
        return;
    emit_queue(emit, block);
    struct op *op = emit_op(emit, OP_REF, TYPES_ALL, keyword);
    op->u.block = block;
    op->flag = block->resource != emit->block->resource && block->resource->scope &&
               block->resource->root != block;
}

/* It looks at the dynamic scope only when it first leads to a $dynamicAnchor (draft
 * 2020-12 core §8.2.3.2). */
void emit_dynamic_ref(struct emit *emit, enum keyword keyword, const struct json *value)
{
    const struct anchor *anchor;
    struct block *block = find(emit, keyword, value, &anchor);
    if (!block)
        return;
    if (!anchor || !anchor->dynamic) {
        emit_ref(emit, keyword, value);
        return;
    }
    emit_queue(emit, block);
    anchor->dynamic->used = true;
    struct dynamic_ref *ref = arena_zalloc(emit->arena, sizeof(*ref));
    ref->dynamic = anchor->dynamic;
    ref->initial = block;
    emit_op(emit, OP_DYNAMIC_REF, TYPES_ALL, keyword)->u.dynamic_ref = ref;
}

static void emit_list(struct emit *emit, enum op_code code, enum keyword keyword,
                      const struct json *value)
{
    if (!emit_expect(emit, keyword, value, JSON_ARRAY))
        return;
    const struct block *const *blocks = emit_use_list(emit, keyword, value);
    struct op *op = emit_op(emit, code, TYPES_ALL, keyword);
    op->u.blocks = blocks;
    op->n = value->n;
}

void emit_all_of(struct emit *emit, enum keyword keyword, const struct json *value)
{
    emit_list(emit, OP_ALL_OF, keyword, value);
}

void emit_any_of(struct emit *emit, enum keyword keyword, const struct json *value)
{
    emit_list(emit, OP_ANY_OF, keyword, value);
}

void emit_one_of(struct emit *emit, enum keyword keyword, const struct json *value)
{
    emit_list(emit, OP_ONE_OF, keyword, value);
}

void emit_not(struct emit *emit, enum keyword keyword, const struct json *value)
{
    const struct block *block = emit_use(emit, keyword, value);
    emit_op(emit, OP_NOT, TYPES_ALL, keyword)->u.block = block;
}

void emit_if(struct emit *emit, enum keyword keyword, const struct json *value)
{
    const struct json *yes = emit->keywords.at[KEYWORD_THEN];
    const struct json *no = emit->keywords.at[KEYWORD_ELSE];
    struct condition *condition = arena_zalloc(emit->arena, sizeof(*condition));
    condition->test = emit_use(emit, keyword, value);
    condition->yes = yes ? emit_use(emit, KEYWORD_THEN, yes) : NULL;
    condition->no = no ? emit_use(emit, KEYWORD_ELSE, no) : NULL;
    emit_op(emit, OP_IF, TYPES_ALL, keyword)->u.condition = condition;
}

void emit_unevaluated(struct emit *emit, enum keyword keyword, const struct json *value)
{
    const struct block *block = emit_use(emit, keyword, value);
    bool items = keyword == KEYWORD_UNEVALUATED_ITEMS;
    enum op_code code = items ? OP_UNEVALUATED_ITEMS : OP_UNEVALUATED_PROPERTIES;
    unsigned types = items ? TYPES_ARRAY : TYPES_OBJECT;
    emit_op(emit, code, types, keyword)->u.block = block;
}
