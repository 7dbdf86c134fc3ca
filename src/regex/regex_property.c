#include "regex/regex_property.h"

#include "base/check.h"

struct property {
    const char *pcre;
    const char *names[3];
};

static const struct property categories[] = {
#define X(pcre, short_name, long_name, alias) {pcre, {short_name, long_name, alias}},
#include "regex/regex_category_list.h"
#undef X
};

static const struct property binaries[] = {
#define X(pcre, name, alias) {pcre, {name, alias, alias}},
#include "regex/regex_binary_list.h"
#undef X
};

static const struct property scripts[] = {
#define X(name, alias, other) {"sc:" name, {name, alias, other}},
#include "regex/regex_script_list.h"
#undef X
};

static const struct property extensions[] = {
#define X(name, alias, other) {"scx:" name, {name, alias, other}},
#include "regex/regex_script_list.h"
#undef X
};

static str find_name(const struct property *rows, size_t n, str name)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < COUNT_OF(rows[i].names); k++)
            if (str_eq(name, str_z(rows[i].names[k])))
                return str_z(rows[i].pcre);
    return STR_NONE;
}

/* UnicodePropertyName = UnicodePropertyValue */
static str find_pair(str name, str value)
{
    if (str_eq(name, STR("General_Category")) || str_eq(name, STR("gc")))
        return find_name(categories, COUNT_OF(categories), value);
    if (str_eq(name, STR("Script")) || str_eq(name, STR("sc")))
        return find_name(scripts, COUNT_OF(scripts), value);
    if (str_eq(name, STR("Script_Extensions")) || str_eq(name, STR("scx")))
        return find_name(extensions, COUNT_OF(extensions), value);
    return STR_NONE;
}

str regex_property_find(str text, bool *negated)
{
    size_t equals = str_find(text, '=');
    if (equals < text.n)
        return find_pair(str_of(text.p, equals), str_from(text, equals + 1));
    if (str_eq(text, STR("Assigned"))) {
        *negated = !*negated;
        return STR("Cn");
    }
    str found = find_name(categories, COUNT_OF(categories), text);
    if (str_absent(found))
        found = find_name(binaries, COUNT_OF(binaries), text);
    return found;
}
