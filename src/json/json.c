/*
 * Values may be nested as deep as the text they came from, so nothing here recurses:
 * json_equal and json_copy keep the containers that are still to be visited on a stack
 * (struct visit), which starts in the C frame and goes on in an arena.
 */
#include "json/json.h"

#include <math.h>

#include "json/json_number.h"
#include "json/json_write.h"
#include "json/member_index.h"

str json_text(const struct json *v)
{
    bool numeral = v->type == JSON_NUMBER && (v->flags & JSON_NUMERAL);
    return v->type == JSON_STRING || numeral ? str_of(v->u.text, v->n) : STR_NONE;
}

double json_number(const struct json *v)
{
    if (v->type != JSON_NUMBER)
        return 0;
    return v->flags & JSON_NUMERAL ? json_number_parse(json_text(v)) : v->u.number;
}

bool json_to_u64(const struct json *v, uint64_t max, uint64_t *ret_value)
{
    if (v->type != JSON_NUMBER)
        return false;
    if (v->flags & JSON_NUMERAL)
        return json_number_to_u64(json_text(v), max, ret_value);
    double d = v->u.number;
    if (!(d >= 0 && d < 0x1p64) || d != floor(d) || (uint64_t)d > max)
        return false;
    *ret_value = (uint64_t)d;
    return true;
}

const struct json *json_member(const struct json *v, str key)
{
    if (v->type != JSON_OBJECT)
        return NULL;
    for (uint32_t i = 0; i < v->n; i++)
        if (str_eq(json_key(&v->u.members[i]), key))
            return &v->u.members[i].value;
    return NULL;
}

str json_member_text(const struct json *v, str key)
{
    const struct json *member = json_member(v, key);
    return member && member->type == JSON_STRING ? json_text(member) : STR_NONE;
}

str json_type_name(const struct json *v)
{
    static const str names[JSON_TYPE_COUNT] = {
        [JSON_UNDEFINED] = STR("undefined"), [JSON_NULL] = STR("null"),
        [JSON_FALSE] = STR("boolean"),       [JSON_TRUE] = STR("boolean"),
        [JSON_NUMBER] = STR("number"),       [JSON_STRING] = STR("string"),
        [JSON_ARRAY] = STR("array"),         [JSON_OBJECT] = STR("object"),
    };
    return v->type < JSON_TYPE_COUNT ? names[v->type] : STR("undefined");
}

/* What is still to be visited: pointers to values, and what belongs to them. */
struct visit {
    struct arena *arena;
    struct json **due;
    uint32_t n;
    uint32_t room;
    struct json *first[64];
};

static void visit_init(struct visit *visit, struct arena *arena)
{
    visit->arena = arena;
    visit->due = visit->first;
    visit->n = 0;
    visit->room = COUNT_OF(visit->first);
}

static void visit_push(struct visit *visit, const struct json *v)
{
    visit->due = arena_grow(visit->arena, visit->due, visit->n, &visit->room,
                            sizeof(visit->due[0]));
    visit->due[visit->n++] = (struct json *)(uintptr_t)v;
}

static bool is_container(const struct json *v)
{
    return v->type == JSON_ARRAY || v->type == JSON_OBJECT;
}

static bool numbers_equal(const struct json *a, const struct json *b)
{
    char room_a[32];
    char room_b[32];
    if (json_number(a) != json_number(b))
        return false;
    if (!((a->flags | b->flags) & JSON_NUMERAL))
        return true;
    str text_a = json_text(a);
    str text_b = json_text(b);
    if (str_absent(text_a))
        text_a = str_of(room_a, json_write_number(a->u.number, room_a));
    if (str_absent(text_b))
        text_b = str_of(room_b, json_write_number(b->u.number, room_b));
    return json_number_same(text_a, text_b);
}

/* Compares all but what stands inside containers, which is put off. */
static bool pair_equal(struct visit *visit, const struct json *a, const struct json *b)
{
    if (a->type != b->type)
        return false;
    if (a->type == JSON_NUMBER)
        return numbers_equal(a, b);
    if (a->type == JSON_STRING)
        return str_eq(json_text(a), json_text(b));
    if (a->type >= JSON_TYPE_COUNT)
        return a->u.text == b->u.text;
    if (!is_container(a))
        return true;
    if (a->n != b->n)
        return false;
    if (a->n && a->u.items != b->u.items) {
        visit_push(visit, a);
        visit_push(visit, b);
    }
    return true;
}

static bool objects_equal(struct visit *visit, const struct json *a, const struct json *b)
{
    struct member_index index = {0};
    for (uint32_t i = 0; i < a->n; i++) {
        const struct json_member *mine = &a->u.members[i];
        const struct json_member *other = &b->u.members[i];
        if (!str_eq(json_key(mine), json_key(other))) {
            if (!index.members)
                member_index_all(&index, visit->arena, b);
            other = member_index_find(&index, json_key(mine));
        }
        if (!other || !pair_equal(visit, &mine->value, &other->value))
            return false;
    }
    return true;
}

static bool arrays_equal(struct visit *visit, const struct json *a, const struct json *b)
{
    for (uint32_t i = 0; i < a->n; i++)
        if (!pair_equal(visit, &a->u.items[i], &b->u.items[i]))
            return false;
    return true;
}

bool json_equal(const struct json *a, const struct json *b)
{
    struct arena arena;
    struct visit visit;
    arena_init(&arena, 4096, SIZE_MAX);
    visit_init(&visit, &arena);
    bool equal = pair_equal(&visit, a, b);
    while (equal && visit.n) {
        b = visit.due[--visit.n];
        a = visit.due[--visit.n];
        equal = a->type == JSON_ARRAY ? arrays_equal(&visit, a, b)
                                      : objects_equal(&visit, a, b);
    }
    arena_fini(&arena);
    return equal;
}

struct json json_of_null(void)
{
    return (struct json){.type = JSON_NULL};
}

struct json json_of_bool(bool b)
{
    return (struct json){.type = b ? JSON_TRUE : JSON_FALSE};
}

struct json json_of_number(double d)
{
    return (struct json){.type = JSON_NUMBER, .u.number = d};
}

struct json json_of_text(str s)
{
    if (str_absent(s))
        return json_of_null();
    CHECK(s.n <= UINT32_MAX);
    return (struct json){.type = JSON_STRING, .n = (uint32_t)s.n, .u.text = s.p};
}

void json_build_init(struct json_build *build, struct arena *arena)
{
    *build = (struct json_build){.arena = arena};
}

/* The next place; arrays and objects differ in the size of one. */
static void *build_next(struct json_build *build, size_t each)
{
    build->at = arena_grow(build->arena, build->at, build->n, &build->room, each);
    return (char *)build->at + each * build->n++;
}

void json_build_item(struct json_build *build, struct json item)
{
    struct json *place = build_next(build, sizeof(*place));
    *place = item;
}

struct json json_build_array(struct json_build *build)
{
    return (struct json){.type = JSON_ARRAY, .n = build->n, .u.items = build->at};
}

void json_build_member(struct json_build *build, str key, struct json value)
{
    CHECK(key.n <= UINT32_MAX);
    struct json_member *place = build_next(build, sizeof(*place));
    *place = (struct json_member){key.p, (uint32_t)key.n, 0, value};
}

struct json json_build_object(struct json_build *build)
{
    return (struct json){.type = JSON_OBJECT, .n = build->n, .u.members = build->at};
}

/* Makes `v`, a copy of a value elsewhere, independent of it; containers are put off. */
static void own(struct visit *visit, struct json *v)
{
    str text = json_text(v);
    if (!str_absent(text))
        v->u.text = arena_str(visit->arena, text).p;
    else if (is_container(v) && v->n)
        visit_push(visit, v);
}

static void own_items(struct visit *visit, struct json *array)
{
    struct json *items = arena_alloc(visit->arena, array->n * sizeof(*items));
    memcpy(items, array->u.items, array->n * sizeof(*items));
    array->u.items = items;
    for (uint32_t i = 0; i < array->n; i++)
        own(visit, &items[i]);
}

static void own_members(struct visit *visit, struct json *object)
{
    struct json_member *members = arena_alloc(visit->arena, object->n * sizeof(*members));
    memcpy(members, object->u.members, object->n * sizeof(*members));
    object->u.members = members;
    for (uint32_t i = 0; i < object->n; i++) {
        members[i].key = arena_str(visit->arena, json_key(&members[i])).p;
        own(visit, &members[i].value);
    }
}

struct json json_copy(struct arena *arena, const struct json *v)
{
    struct json copy = *v;
    struct visit visit;
    visit_init(&visit, arena);
    own(&visit, &copy);
    while (visit.n) {
        struct json *next = visit.due[--visit.n];
        if (next->type == JSON_ARRAY)
            own_items(&visit, next);
        else
            own_members(&visit, next);
    }
    return copy;
}
