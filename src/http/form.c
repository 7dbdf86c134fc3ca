#include "http/form.h"

#include "base/encode.h"
#include "http/url.h"
#include "json/json_distinct.h"

bool form_is_body(const struct headers *headers)
{
    str type = header_value(headers, HEADER_CONTENT_TYPE);
    type.n = str_find(type, ';');
    return str_eq_nocase(str_trim(type), STR("application/x-www-form-urlencoded"));
}

void form_init(struct form *form, struct arena *arena)
{
    *form = (struct form){.arena = arena};
}

static void grow(struct form *form)
{
    uint32_t room = form->room ? 2 * form->room : 8;
    struct form_param *items = arena_array(form->arena, room, sizeof(*items));
    if (form->n)
        memcpy(items, form->items, form->n * sizeof(*items));
    form->items = items;
    form->room = room;
}

void form_add(struct form *form, str name, str value)
{
    if (form->n == form->room)
        grow(form);
    form->items[form->n++] = (struct form_param){name, value};
}

void form_add_text(struct form *form, str text)
{
    str name, value;
    while (url_query_next(&text, &name, &value))
        form_add(form, url_query_decode(form->arena, name),
                 url_query_decode(form->arena, value));
}

str form_find(const struct form *form, str name)
{
    for (uint32_t i = 0; i < form->n; i++)
        if (str_eq(form->items[i].name, name))
            return form->items[i].value;
    return STR_NONE;
}

/* From the end to the front: of members with one name the last has its way. */
struct json form_json(const struct form *form)
{
    struct json_member *members = arena_array(form->arena, form->n, sizeof(*members));
    uint32_t n = form->n, again;
    for (uint32_t i = 0; i < n; i++) {
        const struct form_param *param = &form->items[n - 1 - i];
        members[i] = (struct json_member){.key = param->name.p,
                                          .key_n = (uint32_t)param->name.n,
                                          .value = json_of_text(param->value)};
    }
    json_distinct(form->arena, members, &n, &again);
    return (struct json){.type = JSON_OBJECT, .n = n, .u.members = members};
}

str form_text(const struct form *form)
{
    struct arena *arena = form->arena;
    if (form->n == 0)
        return STR("");
    str *parts = arena_array(arena, 4 * (size_t)form->n, sizeof(*parts));
    for (uint32_t i = 0; i < form->n; i++) {
        parts[4 * i] = i ? STR("&") : STR("");
        parts[4 * i + 1] = encode_form(arena, form->items[i].name);
        parts[4 * i + 2] = STR("=");
        parts[4 * i + 3] = encode_form(arena, form->items[i].value);
    }
    return arena_join(arena, parts, 4 * (size_t)form->n);
}
