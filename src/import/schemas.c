/*
 * A schema is turned by walking it; a reference in it is named and put behind a queue
 * that schemas_end works off, so each is turned once and circles end.
 */
#include "import/schemas.h"

#include "json/pointer.h"
#include "regex/regex.h"

struct schema_wanted {
    struct schema_wanted *next;
    str ref;
    str name;
};

enum word_kind {
    WORD_COPY,
    WORD_ONE,
    WORD_LIST,
    WORD_NAMED,
    WORD_GONE,
    WORD_OLD,
    WORD_ODD
};

static const struct {
    str keyword;
    enum word_kind kind;
} words[] = {
#define X(keyword, kind) {STR(keyword), WORD_##kind},
#include "import/schema_word_list.h"
#undef X
};

static enum word_kind kind_of(str keyword)
{
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_eq(words[i].keyword, keyword))
            return words[i].kind;
    return str_starts(keyword, STR("x-")) ? WORD_GONE : WORD_COPY;
}

void schemas_init(struct schemas *schemas, struct import *import, bool old)
{
    *schemas = (struct schemas){.import = import, .old = old};
    map_init(&schemas->names);
    map_init(&schemas->taken);
    json_build_init(&schemas->defs, import->arena);
}

void schemas_fini(struct schemas *schemas)
{
    map_fini(&schemas->names);
    map_fini(&schemas->taken);
}

static struct json turn(struct schemas *schemas, const struct json *schema,
                        unsigned depth);

/* --- references --- */

/* The last token, as far as a name of $defs can have it unescaped. */
static str def_name(struct arena *arena, str ref)
{
    size_t at = str_find_last(ref, '/');
    str name = arena_str(arena, at < ref.n ? str_from(ref, at + 1) : STR("root"));
    char *p = (char *)(uintptr_t)name.p;
    for (size_t i = 0; i < name.n; i++) {
        char c = str_lower(p[i]);
        if (!str_is_digit(c) && !(c >= 'a' && c <= 'z') && !strchr("._-", c))
            p[i] = '_';
    }
    return name.n ? name : STR("root");
}

static const struct schema_wanted *want(struct schemas *schemas, str ref)
{
    struct import *import = schemas->import;
    struct schema_wanted *wanted = map_find(&schemas->names, ref);
    if (wanted)
        return wanted;
    wanted = arena_zalloc(import->arena, sizeof(*wanted));
    wanted->ref = ref;
    wanted->name = import_unique(import, &schemas->taken, def_name(import->arena, ref));
    map_put(&schemas->names, ref, wanted);
    if (schemas->last)
        schemas->last->next = wanted;
    else
        schemas->first = wanted;
    schemas->last = wanted;
    return wanted;
}

static void put_ref(struct schemas *schemas, struct json_build *build,
                    const struct json *value)
{
    struct arena *arena = schemas->import->arena;
    str ref = json_text(value);
    if (!json_is(value, JSON_STRING))
        return;
    if (!str_starts(ref, STR("#"))) {
        struct json_member member = {"$ref", 4, 0, *value};
        struct json alone = {.type = JSON_OBJECT, .n = 1, .u.members = &member};
        import_follow(schemas->import, &alone); /* says that it is another document's */
        return;
    }
    str target = want(schemas, ref)->name;
    json_build_member(build, STR("$ref"),
                      json_of_text(arena_printf(arena, "#/$defs/" STR_F, STR_A(target))));
}

/* --- what 3.0 says in another way --- */

static bool is_true(const struct json *value)
{
    return value && json_is(value, JSON_TRUE);
}

static bool has_null(const struct json *list)
{
    for (uint32_t i = 0; i < list->n; i++)
        if (json_is(&list->u.items[i], JSON_NULL) ||
            str_eq(json_text(&list->u.items[i]), STR("null")))
            return true;
    return false;
}

static struct json with_null(struct arena *arena, const struct json *value,
                             struct json null)
{
    struct json_build build;
    bool list = json_is(value, JSON_ARRAY);
    if (list && has_null(value))
        return *value;
    json_build_init(&build, arena);
    if (!list)
        json_build_item(&build, *value);
    for (uint32_t i = 0; list && i < value->n; i++)
        json_build_item(&build, value->u.items[i]);
    json_build_item(&build, null);
    return json_build_array(&build);
}

/* `exclusiveMinimum: true` beside `minimum`. */
static void put_bound(struct json_build *build, const struct json *schema, str bound,
                      str exclusive)
{
    const struct json *value = import_at(schema, bound);
    const struct json *flag = import_at(schema, exclusive);
    if (value)
        json_build_member(build, is_true(flag) ? exclusive : bound, *value);
    if (flag && json_is(flag, JSON_NUMBER))
        json_build_member(build, exclusive, *flag);
}

static void put_pattern(struct schemas *schemas, struct json_build *build,
                        const struct json *value)
{
    str pattern = json_text(value);
    struct regex_fault fault = {.what = STR("it is no text")};
    struct regex *regex = json_is(value, JSON_STRING)
                              ? regex_compile(pattern, REGEX_UNICODE, &fault)
                              : NULL;
    if (regex)
        json_build_member(build, STR("pattern"), *value);
    else
        import_say(schemas->import,
                   "A schema's pattern \"" STR_F "\" is left out: " STR_F ".",
                   STR_A(pattern), STR_A(fault.what));
    regex_destroy(&regex);
}

/* Members that are read together. True: a null is allowed, and nothing says so yet. */
static bool put_old(struct schemas *schemas, struct json_build *build,
                    const struct json *schema)
{
    struct arena *arena = schemas->import->arena;
    const struct json *type = import_at(schema, STR("type"));
    const struct json *values = import_at(schema, STR("enum"));
    const struct json *pattern = import_at(schema, STR("pattern"));
    const struct json *ref = import_at(schema, STR("$ref"));
    bool null = schemas->old && is_true(import_at(schema, STR("nullable")));
    if (ref)
        put_ref(schemas, build, ref);
    if (type)
        json_build_member(build, STR("type"),
                          null ? with_null(arena, type, json_of_text(STR("null")))
                               : *type);
    if (values && json_is(values, JSON_ARRAY))
        json_build_member(build, STR("enum"),
                          null ? with_null(arena, values, json_of_null()) : *values);
    if (pattern)
        put_pattern(schemas, build, pattern);
    put_bound(build, schema, STR("minimum"), STR("exclusiveMinimum"));
    put_bound(build, schema, STR("maximum"), STR("exclusiveMaximum"));
    return null && !type;
}

/* --- turning --- */

static struct json turn_list(struct schemas *schemas, const struct json *list,
                             unsigned depth)
{
    struct json_build build;
    json_build_init(&build, schemas->import->arena);
    for (uint32_t i = 0; i < list->n; i++)
        json_build_item(&build, turn(schemas, &list->u.items[i], depth));
    return json_build_array(&build);
}

static struct json turn_named(struct schemas *schemas, const struct json *named,
                              unsigned depth)
{
    struct json_build build;
    json_build_init(&build, schemas->import->arena);
    for (uint32_t i = 0; i < named->n; i++)
        json_build_member(&build, json_key(&named->u.members[i]),
                          turn(schemas, &named->u.members[i].value, depth));
    return json_build_object(&build);
}

static void put_word(struct schemas *schemas, struct json_build *build,
                     const struct json_member *member, unsigned depth)
{
    const struct json *value = &member->value;
    enum word_kind kind = kind_of(json_key(member));
    if (kind == WORD_ODD)
        import_say(schemas->import, "Schemas say \"" STR_F "\", which is left out.",
                   STR_A(json_key(member)));
    if (kind == WORD_ONE && json_is(value, JSON_ARRAY))
        kind = WORD_LIST;
    if (str_eq(json_key(member), STR("required")) && !json_is(value, JSON_ARRAY))
        kind = WORD_GONE; /* draft 3 had it as a boolean, and some still write it */
    if (kind == WORD_COPY)
        json_build_member(build, json_key(member), *value);
    else if (kind == WORD_ONE)
        json_build_member(build, json_key(member), turn(schemas, value, depth));
    else if (kind == WORD_LIST && json_is(value, JSON_ARRAY) && value->n)
        json_build_member(build, json_key(member), turn_list(schemas, value, depth));
    else if (kind == WORD_NAMED && json_is(value, JSON_OBJECT))
        json_build_member(build, json_key(member), turn_named(schemas, value, depth));
}

static struct json or_null(struct arena *arena, struct json schema)
{
    struct json_build null, either, whole;
    json_build_init(&null, arena);
    json_build_member(&null, STR("type"), json_of_text(STR("null")));
    json_build_init(&either, arena);
    json_build_item(&either, schema);
    json_build_item(&either, json_build_object(&null));
    json_build_init(&whole, arena);
    json_build_member(&whole, STR("anyOf"), json_build_array(&either));
    return json_build_object(&whole);
}

static struct json turn(struct schemas *schemas, const struct json *schema,
                        unsigned depth)
{
    struct import *import = schemas->import;
    struct json_build build;
    if (json_is_bool(schema))
        return *schema;
    if (!json_is(schema, JSON_OBJECT) || depth >= IMPORT_DEPTH_MAX) {
        import_say(import,
                   "A schema is no object, or too deep; anything is taken there.");
        return json_of_bool(true);
    }
    json_build_init(&build, import->arena);
    bool null = put_old(schemas, &build, schema);
    /* What stands beside a reference means nothing in 3.0. */
    bool alone = schemas->old && import_at(schema, STR("$ref"));
    for (uint32_t i = 0; i < schema->n && !alone; i++)
        put_word(schemas, &build, &schema->u.members[i], depth + 1);
    struct json turned = json_build_object(&build);
    return null && !alone ? or_null(import->arena, turned) : turned;
}

struct json schemas_turn(struct schemas *schemas, const struct json *schema)
{
    return turn(schemas, schema, 0);
}

void schemas_put(struct schemas *schemas, str name, const struct json *schema)
{
    if (schema)
        json_build_member(&schemas->defs,
                          import_unique(schemas->import, &schemas->taken, name),
                          turn(schemas, schema, 0));
}

struct json schemas_end(struct schemas *schemas, str title)
{
    struct import *import = schemas->import;
    struct json_build build;
    for (; schemas->first; schemas->first = schemas->first->next) {
        struct json_build alone;
        json_build_init(&alone, import->arena);
        json_build_member(&alone, STR("$ref"), json_of_text(schemas->first->ref));
        struct json ref = json_build_object(&alone);
        const struct json *found = import_follow(import, &ref);
        json_build_member(&schemas->defs, schemas->first->name,
                          found ? turn(schemas, found, 0) : json_of_bool(true));
    }
    if (schemas->defs.n == 0)
        return (struct json){.type = JSON_UNDEFINED};
    json_build_init(&build, import->arena);
    json_build_member(&build, STR("$schema"),
                      json_of_text(STR("https://json-schema.org/draft/2020-12/schema")));
    json_build_member(&build, STR("title"), json_of_text(title));
    json_build_member(&build, STR("$defs"), json_build_object(&schemas->defs));
    return json_build_object(&build);
}
