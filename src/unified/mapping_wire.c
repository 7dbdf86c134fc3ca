#include "unified/mapping_wire.h"

#include "base/encode.h"
#include "http/form.h"
#include "json/json_write.h"

enum { FORM_DEPTH_MAX = 16 };

/* --- the path --- */

static str value_of(str name, const struct mapping_names *names, struct arena *arena)
{
    const struct json *value = json_member(names->made, name);
    if (!value)
        value = json_member(names->context, name);
    if (!value)
        value = json_member(names->fixed, name);
    return json_as_text(value, arena);
}

static void put_value(struct buf *path, str value, bool rest, struct arena *arena)
{
    if (!rest) {
        buf_str(path, encode_percent(arena, value));
        return;
    }
    for (str piece; str_next(&value, '/', &piece);) {
        buf_str(path, encode_percent(arena, piece));
        if (!str_absent(value))
            buf_char(path, '/');
    }
}

str mapping_path(str pattern, const struct mapping_names *names, struct arena *arena)
{
    struct buf path;
    buf_init(&path, MAPPING_PATH_BYTES_MAX + pattern.n);
    while (pattern.n) {
        size_t open = str_find(pattern, '{');
        buf_str(&path, str_of(pattern.p, open));
        pattern = str_from(pattern, open);
        size_t close = str_find(pattern, '}');
        if (close == pattern.n) {
            buf_str(&path, pattern);
            break;
        }
        str name = str_of(pattern.p + 1, close - 1);
        bool rest = str_ends(name, STR("*"));
        name.n -= rest;
        str value = value_of(name, names, arena);
        if (value.n)
            put_value(&path, value, rest, arena);
        else
            buf_str(&path, str_of(pattern.p, close + 1));
        pattern = str_from(pattern, close + 1);
    }
    bool whole = buf_ok(&path);
    str filled = arena_take(arena, &path);
    return whole ? filled : STR_NONE;
}

/* A brace of a value is escaped, so that what has braces is a name. */
str mapping_path_unfilled(str path)
{
    str rest = str_from(path, str_find(path, '{'));
    size_t close = str_find(rest, '}');
    return close < rest.n ? str_of(rest.p + 1, close - 1) : STR_NONE;
}

/* --- the query --- */

str mapping_query(const struct json *values, struct arena *arena)
{
    struct form form;
    form_init(&form, arena);
    for (uint32_t i = 0; i < values->n; i++) {
        const struct json *value = &values->u.members[i].value;
        bool list = json_is(value, JSON_ARRAY);
        for (uint32_t k = 0; k < (list ? value->n : 1); k++)
            form_add(&form, json_key(&values->u.members[i]),
                     json_as_text(list ? &value->u.items[k] : value, arena));
    }
    return form.n ? form_text(&form) : STR_NONE;
}

/* --- the body --- */

static void add_to_form(struct form *form, str name, const struct json *value,
                        unsigned depth)
{
    bool array = json_is(value, JSON_ARRAY);
    if (!array && !json_is(value, JSON_OBJECT)) {
        str text = json_as_text(value, form->arena);
        form_add(form, name, str_absent(text) ? STR("") : text);
        return;
    }
    for (uint32_t i = 0; depth < FORM_DEPTH_MAX && i < value->n; i++) {
        str inner = array ? arena_printf(form->arena, STR_F "[%u]", STR_A(name), i)
                          : arena_printf(form->arena, STR_F "[" STR_F "]", STR_A(name),
                                         STR_A(json_key(&value->u.members[i])));
        add_to_form(form, inner, array ? &value->u.items[i] : &value->u.members[i].value,
                    depth + 1);
    }
}

str mapping_form(const struct json *body, struct arena *arena)
{
    struct form form;
    form_init(&form, arena);
    for (uint32_t i = 0; json_is(body, JSON_OBJECT) && i < body->n; i++)
        add_to_form(&form, json_key(&body->u.members[i]), &body->u.members[i].value, 0);
    return form_text(&form);
}
