/*
 * Looking for what usually has certain names.
 */
#include "import/guess.h"

/* Compares "pageSize", "page_size", "page[size]" and "$page-size" as "pagesize". */
static bool is_alike(str name, str plain)
{
    size_t at = 0;
    for (size_t i = 0; i < name.n; i++) {
        char c = str_lower(name.p[i]);
        if (!str_is_digit(c) && !(c >= 'a' && c <= 'z'))
            continue;
        if (at >= plain.n || plain.p[at++] != c)
            return false;
    }
    return at == plain.n && at > 0;
}

bool guess_is_one_of(str name, const char *const *names)
{
    for (; *names; names++)
        if (is_alike(name, str_z(*names)))
            return true;
    return false;
}

static const struct json *find_property(struct import *import, const struct json *schema,
                                        str wanted, unsigned depth, str *ret_name)
{
    static const char *const parts[] = {"allOf", "anyOf", "oneOf", NULL};
    schema = import_follow(import, schema);
    const struct json *all = import_at(schema, STR("properties"));
    if (!import_step(import, all))
        return NULL;
    for (uint32_t i = 0; all && json_is(all, JSON_OBJECT) && i < all->n; i++)
        if (is_alike(json_key(&all->u.members[i]), wanted)) {
            *ret_name = json_key(&all->u.members[i]);
            return import_follow(import, &all->u.members[i].value);
        }
    for (size_t i = 0; schema && depth && parts[i]; i++) {
        const struct json *list = import_at(schema, str_z(parts[i]));
        for (uint32_t k = 0; list && json_is(list, JSON_ARRAY) && k < list->n && k < 8;
             k++) {
            const struct json *found =
                find_property(import, &list->u.items[k], wanted, depth - 1, ret_name);
            if (found)
                return found;
        }
    }
    return NULL;
}

const struct json *guess_property(struct import *import, const struct json *schema,
                                  const char *const *names, str *ret_name)
{
    for (; schema && *names; names++) {
        const struct json *found =
            find_property(import, schema, str_z(*names), 2, ret_name);
        if (found)
            return found;
    }
    return NULL;
}

bool guess_is_type(struct import *import, const struct json *schema, str type)
{
    schema = import_follow(import, schema);
    const struct json *said = import_at(schema, STR("type"));
    for (uint32_t i = 0; said && json_is(said, JSON_ARRAY) && i < said->n; i++)
        if (str_eq(json_text(&said->u.items[i]), type))
            return true;
    return said && str_eq(json_text(said), type);
}

bool guess_is_scalar(struct import *import, const struct json *schema)
{
    schema = import_follow(import, schema);
    return schema && !guess_is_type(import, schema, STR("object")) &&
           !guess_is_type(import, schema, STR("array")) &&
           !import_at(schema, STR("properties")) && !import_at(schema, STR("items"));
}
