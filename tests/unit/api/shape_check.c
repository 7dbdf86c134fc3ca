#include "shape_check.h"

#include "http/date.h"

/* --- checking --- */

struct check {
    struct arena *arena;
    str why;
};

static bool no(struct check *check, const struct shape *shape, str member,
               const char *what)
{
    check->why = arena_printf(check->arena, "%s: \"" STR_F "\" %s", shape->name,
                              STR_A(member), what);
    return false;
}

static bool is_word(const struct json *value, const char *const *words)
{
    for (; json_is(value, JSON_STRING) && *words; words++)
        if (str_eq(json_text(value), str_z(*words)))
            return true;
    return false;
}

static bool all_texts(const struct json *value)
{
    bool object = json_is(value, JSON_OBJECT);
    if (!object && !json_is(value, JSON_ARRAY))
        return false;
    for (uint32_t i = 0; i < value->n; i++)
        if (!json_is(object ? &value->u.members[i].value : &value->u.items[i],
                     JSON_STRING))
            return false;
    return true;
}

static bool check_object(struct check *check, const struct shape *shape,
                         const struct json *value);

static bool check_list(struct check *check, const struct shape_row *row,
                       const struct json *value)
{
    for (uint32_t i = 0; json_is(value, JSON_ARRAY) && i < value->n; i++) {
        const struct json *item = &value->u.items[i];
        if (row->kind == SHAPE_WORDS ? !is_word(item, row->words)
                                     : !check_object(check, row->shape, item))
            return false;
    }
    return json_is(value, JSON_ARRAY);
}

static bool fits(struct check *check, const struct shape_row *row,
                 const struct json *value)
{
    usec time;
    uint64_t number;
    switch (row->kind) {
    case SHAPE_TEXT:
        return json_is(value, JSON_STRING);
    case SHAPE_TIME:
        return json_is(value, JSON_STRING) && date_parse_iso(json_text(value), &time);
    case SHAPE_UINT:
        return json_to_u64(value, UINT64_MAX, &number);
    case SHAPE_NUMBER:
        return json_is(value, JSON_NUMBER);
    case SHAPE_BOOL:
        return json_is_bool(value);
    case SHAPE_WORD:
        return is_word(value, row->words);
    case SHAPE_TEXTS:
        return json_is(value, JSON_ARRAY) && all_texts(value);
    case SHAPE_LABELS:
        return json_is(value, JSON_OBJECT) && all_texts(value);
    case SHAPE_WORDS:
    case SHAPE_LIST:
        return check_list(check, row, value);
    case SHAPE_OBJECT:
        return check_object(check, row->shape, value);
    case SHAPE_JSON:
        return true;
    }
    return false;
}

static bool check_row(struct check *check, const struct shape *shape,
                      const struct shape_row *row, const struct json *value)
{
    const struct json *member = json_member(value, str_z(row->name));
    if (!member)
        return no(check, shape, str_z(row->name), "is missing");
    if (json_is(member, JSON_NULL) && row->nullable)
        return true;
    if (fits(check, row, member))
        return true;
    return str_absent(check->why)
               ? no(check, shape, str_z(row->name), "is of another kind")
               : false;
}

static bool is_row(const struct shape *shape, str name)
{
    for (size_t i = 0; i < shape->n; i++)
        if (str_eq(str_z(shape->rows[i].name), name))
            return true;
    return false;
}

static bool check_object(struct check *check, const struct shape *shape,
                         const struct json *value)
{
    if (!json_is(value, JSON_OBJECT))
        return no(check, shape, STR(""), "is no object");
    for (uint32_t i = 0; i < value->n; i++)
        if (!is_row(shape, json_key(&value->u.members[i])))
            return no(check, shape, json_key(&value->u.members[i]), "is not described");
    for (size_t i = 0; i < shape->n; i++)
        if (!check_row(check, shape, &shape->rows[i], value))
            return false;
    return true;
}

static bool check_page(struct check *check, const struct shape *shape,
                       const struct json *value)
{
    const struct json *items = json_member(value, STR("items"));
    const struct json *next = json_member(value, STR("next_cursor"));
    struct shape_row row = {.kind = SHAPE_LIST, .shape = shape};
    if (!items || !next || value->n != 2)
        return no(check, shape, STR("items"), "or next_cursor is missing");
    if (!json_is(next, JSON_STRING) && !json_is(next, JSON_NULL))
        return no(check, shape, STR("next_cursor"), "is of another kind");
    return check_list(check, &row, items);
}

bool shape_check(const struct shape *shape, const struct json *value, struct arena *arena,
                 str *ret_why)
{
    struct check check = {arena, STR_NONE};
    bool good = shape->page ? check_page(&check, shape, value)
                            : check_object(&check, shape, value);
    if (!good)
        *ret_why = check.why;
    return good;
}
