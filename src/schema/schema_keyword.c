#include "schema/schema_keyword.h"

struct row {
    str name;
    uint8_t drafts;
    uint8_t vocabulary;
    uint8_t children;
};

static const struct row rows[KEYWORD_COUNT] = {
#define KEYWORD(id, name, drafts, vocabulary, children, emit)                            \
    [KEYWORD_##id] = {STR(name), DRAFTS_##drafts, VOCABULARY_##vocabulary,               \
                      CHILDREN_##children},
#include "schema/schema_keyword_list.h"
#undef KEYWORD
};

str keyword_name(enum keyword keyword)
{
    return rows[keyword].name;
}

enum children keyword_children(enum keyword keyword)
{
    return rows[keyword].children;
}

/* KEYWORD_COUNT when it is none. */
static enum keyword find(str name)
{
    for (unsigned i = 0; i < KEYWORD_COUNT; i++)
        if (str_eq(rows[i].name, name))
            return (enum keyword)i;
    return KEYWORD_COUNT;
}

/* Draft 7 §8.3: all other properties of an object with $ref are ignored. References may
 * still lead into its definitions. */
static void keep_reference(struct keywords *keywords)
{
    struct keywords kept = {0};
    kept.at[KEYWORD_REF] = keywords->at[KEYWORD_REF];
    kept.at[KEYWORD_DEFINITIONS] = keywords->at[KEYWORD_DEFINITIONS];
    *keywords = kept;
}

void keywords_read(const struct json *node, const struct dialect *dialect,
                   struct keywords *ret_keywords)
{
    struct keywords *keywords = ret_keywords;
    *keywords = (struct keywords){0};
    if (!json_is(node, JSON_OBJECT))
        return;
    for (uint32_t i = 0; i < node->n; i++) {
        const struct json_member *member = &node->u.members[i];
        enum keyword keyword = find(json_key(member));
        if (keyword != KEYWORD_COUNT && (rows[keyword].drafts & dialect->draft) &&
            (rows[keyword].vocabulary & dialect->vocabularies))
            keywords->at[keyword] = &member->value;
    }
    if (dialect->draft == DRAFTS_D7 && keywords->at[KEYWORD_REF])
        keep_reference(keywords);
}
