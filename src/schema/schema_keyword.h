/*
 * The keywords, and what a schema object says with them. Which keywords there are depends
 * on the dialect: a draft, and the vocabularies that a metaschema turns on.
 *
 * Pure; any thread.
 */
#ifndef SCHEMA_SCHEMA_KEYWORD_H
#define SCHEMA_SCHEMA_KEYWORD_H

#include "json/json.h"

enum keyword {
#define KEYWORD(id, name, drafts, vocabulary, children, emit) KEYWORD_##id,
#include "schema/schema_keyword_list.h"
#undef KEYWORD
    KEYWORD_COUNT
};

/* 2019-09 is known only so that others may refer to its documents. */
enum {
    DRAFTS_D7 = 1,
    DRAFTS_D2019 = 2,
    DRAFTS_D2020 = 4,
    DRAFTS_EARLIER = DRAFTS_D7 | DRAFTS_D2019,
    DRAFTS_LATER = DRAFTS_D2019 | DRAFTS_D2020,
    DRAFTS_ALL = 7
};

enum {
    VOCABULARY_CORE = 1,
    VOCABULARY_APPLICATOR = 2,
    VOCABULARY_UNEVALUATED = 4,
    VOCABULARY_VALIDATION = 8,
    VOCABULARY_FORMAT = 16,
    VOCABULARY_CONTENT = 32,
    VOCABULARIES_ALL = 63
};

enum children {
    CHILDREN_NONE,
    CHILDREN_ONE,
    CHILDREN_LIST,
    CHILDREN_MAP,
    CHILDREN_ONE_OR_LIST
};

struct dialect {
    uint8_t draft;        /* one DRAFTS_… bit */
    uint8_t vocabularies; /* VOCABULARY_… bits */
    bool formats;         /* its metaschema wants `format` asserted */
};

/* The values of the keywords of one schema object; NULL = it is not there. */
struct keywords {
    const struct json *at[KEYWORD_COUNT];
};

/* Only what the dialect knows. In draft 7 nothing stands beside $ref but definitions. */
void keywords_read(const struct json *node, const struct dialect *dialect,
                   struct keywords *ret_keywords);

str keyword_name(enum keyword keyword);
enum children keyword_children(enum keyword keyword);

#endif
