/*
 * The ways in which a vendor takes credentials: each an auth block with a name, and with
 * what differs from the document's when an account is connected by it.
 */
#include "catalog/document.h"

enum { WAY_NAME_MAX = 40 };

static bool is_name(str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!str_is_digit(c) && !(c >= 'a' && c <= 'z') && c != '_')
            return false;
    }
    return name.n > 0 && name.n <= WAY_NAME_MAX;
}

static void read_name(struct binder *binder, const struct json *value, void *field)
{
    str name = json_text(value);
    if (json_is(value, JSON_STRING) && is_name(name))
        *(str *)field = name;
    else
        bind_fault(binder, "must be a name of 1 to %d characters: a–z, 0–9, \"_\".",
                   WAY_NAME_MAX);
}

#define WAY(field) offsetof(struct auth_way, field)

static const struct bind_row rows[] = {
    {.name = "way",
     .kind = BIND_CUSTOM,
     .offset = WAY(name),
     .custom = read_name,
     .custom_schema = "{\"type\":\"string\",\"pattern\":\"^[a-z0-9_]{1,40}$\"}",
     .doc = "The name by which accounts say that they are connected by it; only one that "
            "is alone needs none."},
    {.name = "label",
     .kind = BIND_TEXT,
     .offset = WAY(label),
     .min = 1,
     .max = 100,
     .doc = "Its name for people who choose among the ways."},
    {.name = "base_url",
     .kind = BIND_CUSTOM,
     .offset = WAY(base_url),
     .custom = template_read,
     .custom_schema = "{\"type\":\"string\",\"minLength\":1}",
     .doc = "What callers' paths are put behind, in place of the document's."},
    {.name = "connect",
     .kind = BIND_OBJECT,
     .offset = WAY(connect),
     .table = &connect_table,
     .doc = "What a person is asked when an account is connected by it, before what the "
            "document asks."},
};

static void finish_way(struct binder *binder, void *obj)
{
    struct auth_way *way = obj;
    way->place = binder->at;
    way->own_base = way->base_url.n > 0;
}

const struct bind_table way_table = {
    .name = "auth block",
    .base = &auth_table,
    .rows = rows,
    .n = COUNT_OF(rows),
    .bytes = sizeof(struct auth_way),
    .finish = finish_way,
    .shorthand = "scheme",
};

static bool is_taken(const struct auth_way *ways, uint32_t before, str name)
{
    for (uint32_t i = 0; i < before; i++)
        if (str_eq(ways[i].name, name))
            return true;
    return false;
}

static void check_way(struct binder *binder, struct integration *integration, uint32_t at)
{
    struct auth_way *ways = integration->ways.items;
    struct auth_way *way = &ways[at];
    str before = binder->at;
    binder->at = way->place;
    if (str_absent(way->name) && integration->ways.n > 1)
        bind_fault(binder, "has no \"way\"; where there are several, each has a name, "
                           "such as \"oauth\" or \"key\".");
    else if (is_taken(ways, at, way->name))
        bind_fault_at(binder, STR("way"),
                      "is the name of another way too; give each its own.");
    if (way->own_base)
        base_url_check(binder, integration, &way->base_url, &way->fixed_base);
    binder->at = before;
}

void way_check(struct binder *binder, struct integration *integration)
{
    struct auth_way *ways = integration->ways.items;
    struct url fixed_base = {0};
    base_url_check(binder, integration, &integration->base_url, &fixed_base);
    ways[0].is_default = true;
    for (uint32_t i = 0; i < integration->ways.n; i++) {
        check_way(binder, integration, i);
        if (ways[i].own_base)
            continue;
        ways[i].base_url = integration->base_url;
        ways[i].fixed_base = fixed_base;
    }
}
