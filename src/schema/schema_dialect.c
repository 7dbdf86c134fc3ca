#include "schema/schema_dialect.h"

/* Metaschemas that name other metaschemas. */
enum { METASCHEMAS_MAX = 8 };

struct known {
    str uri;
    uint8_t draft;
};

/* Draft 6 is draft 7 without if, then and else. */
static const struct known known[] = {
    {STR("https://json-schema.org/draft/2020-12/schema"), DRAFTS_D2020},
    {STR("https://json-schema.org/draft/2019-09/schema"), DRAFTS_D2019},
    {STR("http://json-schema.org/draft-07/schema"), DRAFTS_D7},
    {STR("https://json-schema.org/draft-07/schema"), DRAFTS_D7},
    {STR("http://json-schema.org/schema"), DRAFTS_D7},
    {STR("http://json-schema.org/draft-06/schema"), DRAFTS_D7},
};

struct vocabulary {
    str name;
    uint8_t bits;
    bool formats;
};

/* The last segment of a vocabulary's URI. */
static const struct vocabulary vocabularies[] = {
    {STR("core"), VOCABULARY_CORE, false},
    {STR("applicator"), VOCABULARY_APPLICATOR, false},
    {STR("unevaluated"), VOCABULARY_UNEVALUATED, false},
    {STR("validation"), VOCABULARY_VALIDATION, false},
    {STR("format-annotation"), VOCABULARY_FORMAT, false},
    {STR("format-assertion"), VOCABULARY_FORMAT, true},
    {STR("format"), VOCABULARY_FORMAT, false},
    {STR("content"), VOCABULARY_CONTENT, false},
    {STR("meta-data"), 0, false},
};

struct dialect dialect_of_draft(enum schema_draft draft)
{
    return (struct dialect){.draft = draft == SCHEMA_DRAFT_7 ? DRAFTS_D7 : DRAFTS_D2020,
                            .vocabularies = VOCABULARIES_ALL};
}

/* False when it is not a vocabulary that we know. */
static bool add_vocabulary(str uri, struct dialect *dialect)
{
    if (!str_starts(uri, STR("https://json-schema.org/draft/20")))
        return false;
    str name = str_from(uri, str_find_last(uri, '/') + 1);
    for (size_t i = 0; i < COUNT_OF(vocabularies); i++) {
        if (!str_eq(vocabularies[i].name, name))
            continue;
        dialect->vocabularies |= vocabularies[i].bits;
        dialect->formats = dialect->formats || vocabularies[i].formats;
        return true;
    }
    return false;
}

/* The $vocabulary of a metaschema; one that is unknown, but required, is a fault. */
static bool read_vocabularies(struct library *library, const struct block *block,
                              const struct json *list, struct dialect *dialect)
{
    dialect->vocabularies = VOCABULARY_CORE;
    for (uint32_t i = 0; i < list->n; i++) {
        const struct json_member *member = &list->u.members[i];
        str uri = json_key(member);
        if (add_vocabulary(uri, dialect) || !json_is(&member->value, JSON_TRUE))
            continue;
        library_fault(library, block, STR("$schema"),
                      "requires the vocabulary " STR_F ", which is not known here.",
                      STR_A(uri));
        return false;
    }
    if (dialect->draft == DRAFTS_D2019 && (dialect->vocabularies & VOCABULARY_APPLICATOR))
        dialect->vocabularies |= VOCABULARY_UNEVALUATED;
    return true;
}

static bool find_known(str uri, struct dialect *ret_dialect)
{
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (str_eq(known[i].uri, uri)) {
            *ret_dialect = (struct dialect){known[i].draft, VOCABULARIES_ALL, false};
            return true;
        }
    return false;
}

/* The nearest $vocabulary on the way from metaschema to metaschema counts; the draft is
 * what stands at its end. */
bool dialect_read(struct library *library, const struct block *block, str uri,
                  struct dialect *ret_dialect)
{
    const struct json *list = NULL;
    for (unsigned i = 0; i < METASCHEMAS_MAX; i++) {
        str plain = str_of(uri.p, str_find(uri, '#'));
        if (find_known(plain, ret_dialect))
            return !list || read_vocabularies(library, block, list, ret_dialect);
        const struct json *metaschema = library_document(library, plain);
        const struct json *own =
            metaschema ? json_member(metaschema, STR("$vocabulary")) : NULL;
        list = !list && own && json_is(own, JSON_OBJECT) ? own : list;
        uri = metaschema ? json_member_text(metaschema, STR("$schema")) : STR_NONE;
        if (str_absent(uri))
            break;
    }
    library_fault(library, block, STR("$schema"),
                  "names a draft or metaschema that is not known here; known are "
                  "draft 2020-12 and draft 7.");
    return false;
}
