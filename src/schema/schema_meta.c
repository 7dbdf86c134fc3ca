#include "schema/schema_meta.h"

#include "base/check.h"

struct metaschema {
    str uri;
    str text;
};

static const struct metaschema metaschemas[] = {
#define METASCHEMA(uri, ...) {STR(uri), STR(#__VA_ARGS__)},
#include "schema/schema_metaschemas.inc"
#undef METASCHEMA
};

str schema_meta_find(str uri)
{
    for (size_t i = 0; i < COUNT_OF(metaschemas); i++)
        if (str_eq(metaschemas[i].uri, uri))
            return metaschemas[i].text;
    return STR_NONE;
}
