/*
 * Two walks over the tables. The first finds each table once and counts where it is used;
 * those used more than once become $defs, under names made from theirs. The second
 * prints: a table in place, or a $ref to it.
 *
 * What a schema cannot say (bounds of a duration, what `finish` checks) stands in the
 * descriptions or not at all: the binder is stricter than its schema, never laxer.
 */
#include "json/bind_schema.h"

#include "json/bind_row.h"
#include "json/json_parse.h"
#include "json/json_write.h"

struct use {
    const struct bind_table *table;
    size_t count;
    str name; /* under $defs; absent when it stands in place */
};

struct schema {
    struct json_out out;
    struct arena arena;
    struct use *uses; /* the root first */
    uint32_t n;
    uint32_t room;
};

static struct use *find_use(const struct schema *s, const struct bind_table *table)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->uses[i].table == table)
            return &s->uses[i];
    return NULL;
}

static bool has_table(const struct bind_row *row)
{
    return row->kind == BIND_OBJECT || row->kind == BIND_OPTION ||
           row->kind == BIND_LIST || row->kind == BIND_OBJECTS || row->kind == BIND_NAMED;
}

/* Tables are found breadth-first: a table added here is looked into later. */
static void count_use(struct schema *s, const struct bind_table *table)
{
    struct use *use = find_use(s, table);
    if (use) {
        use->count++;
        return;
    }
    s->uses = arena_grow(&s->arena, s->uses, s->n, &s->room, sizeof(s->uses[0]));
    s->uses[s->n++] = (struct use){.table = table, .count = 1};
}

/* OBJECTS has its table in two places, so that the table gets a name. */
static void count_row(struct schema *s, const struct bind_row *row)
{
    if (has_table(row))
        count_use(s, row->table);
    if (row->kind == BIND_OBJECTS)
        count_use(s, row->table);
}

static void count_uses(struct schema *s, const struct bind_table *root)
{
    count_use(s, root);
    for (size_t i = 0; i < s->n; i++) {
        const struct bind_table *table = s->uses[i].table;
        for (size_t k = 0; k < bind_row_count(table); k++)
            count_row(s, bind_row_at(table, k));
        if (table->whole)
            count_row(s, table->whole);
    }
}

static bool name_taken(const struct schema *s, str name)
{
    for (size_t i = 0; i < s->n; i++)
        if (!str_absent(s->uses[i].name) && str_eq(s->uses[i].name, name))
            return true;
    return false;
}

/* "pagination block" → pagination_block, or pagination_block_2 when that is taken. */
static str def_name(struct schema *s, const struct bind_table *table)
{
    char *plain = arena_bytes(&s->arena, strlen(table->name));
    str name = str_of(plain, strlen(table->name));
    for (size_t i = 0; i < name.n; i++)
        plain[i] = table->name[i] == ' ' ? '_' : table->name[i];
    str free = name;
    for (unsigned i = 2; name_taken(s, free); i++)
        free = arena_printf(&s->arena, STR_F "_%u", STR_A(name), i);
    return free;
}

static void name_shared(struct schema *s)
{
    for (size_t i = 1; i < s->n; i++)
        if (s->uses[i].count > 1)
            s->uses[i].name = def_name(s, s->uses[i].table);
}

static void put_type(struct schema *s, const char *type)
{
    json_out_member_text(&s->out, STR("type"), str_z(type));
}

static void put_bound(struct schema *s, const char *name, double bound)
{
    json_out_name(&s->out, str_z(name));
    json_out_number(&s->out, bound);
}

static void put_number(struct schema *s, const struct bind_row *row, bool whole)
{
    put_type(s, whole ? "integer" : "number");
    if (bind_row_has_min(row) || whole)
        put_bound(s, "minimum", row->min > 0 || !whole ? row->min : 0);
    if (bind_row_has_max(row) || whole)
        put_bound(s, "maximum", bind_row_has_max(row) ? row->max : UINT32_MAX);
}

static void put_text(struct schema *s, const struct bind_row *row)
{
    put_type(s, "string");
    if (row->min > 0)
        put_bound(s, "minLength", row->min);
    if (bind_row_has_max(row))
        put_bound(s, "maxLength", row->max);
}

/* One, or an array of such. */
static void put_one_or_many(struct schema *s, const struct bind_row *row,
                            void (*put_one)(struct schema *, const struct bind_row *))
{
    json_out_name(&s->out, STR("anyOf"));
    json_out_array(&s->out);
    json_out_object(&s->out);
    put_one(s, row);
    json_out_end(&s->out);
    json_out_object(&s->out);
    put_type(s, "array");
    json_out_name(&s->out, STR("items"));
    json_out_object(&s->out);
    put_one(s, row);
    json_out_end(&s->out);
    put_bound(s, "maxItems", BIND_ITEMS_MAX);
    json_out_end(&s->out);
    json_out_end(&s->out);
}

static void put_uint(struct schema *s, const struct bind_row *row)
{
    put_number(s, row, true);
}

static void put_words(struct schema *s, const char *const *words)
{
    json_out_name(&s->out, STR("enum"));
    json_out_array(&s->out);
    for (; *words; words++)
        json_out_text(&s->out, str_z(*words));
    json_out_end(&s->out);
}

static void put_duration(struct schema *s)
{
    put_type(s, "string");
    json_out_member_text(&s->out, STR("pattern"),
                         STR("^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)$"));
}

/* The members of a schema of ours that is given as text, but for its description. */
static void put_given(struct schema *s, const char *text)
{
    struct json given;
    if (!text)
        return;
    CHECK(json_parse(&s->arena, str_z(text), NULL, &given, NULL) &&
          given.type == JSON_OBJECT);
    for (uint32_t i = 0; i < given.n; i++) {
        str name = json_key(&given.u.members[i]);
        if (str_eq(name, STR("description")))
            continue;
        json_out_name(&s->out, name);
        json_out_value(&s->out, &given.u.members[i].value);
    }
}

static void put_table(struct schema *s, const struct bind_table *table);

static void put_list(struct schema *s, const struct bind_row *row)
{
    bool named = row->kind == BIND_NAMED;
    put_type(s, named ? "object" : "array");
    json_out_name(&s->out, named ? STR("additionalProperties") : STR("items"));
    json_out_object(&s->out);
    put_table(s, row->table);
    json_out_end(&s->out);
    if (row->min > 0)
        put_bound(s, named ? "minProperties" : "minItems", row->min);
    put_bound(s, named ? "maxProperties" : "maxItems",
              bind_row_has_max(row) ? row->max : BIND_ITEMS_MAX);
}

static void put_objects(struct schema *s, const struct bind_row *row)
{
    json_out_name(&s->out, STR("anyOf"));
    json_out_array(&s->out);
    json_out_object(&s->out);
    put_table(s, row->table);
    json_out_end(&s->out);
    json_out_object(&s->out);
    put_list(s, row);
    json_out_end(&s->out);
    json_out_end(&s->out);
}

static void put_kind(struct schema *s, const struct bind_row *row)
{
    switch (row->kind) {
    case BIND_BOOL:
        put_type(s, "boolean");
        break;
    case BIND_UINT:
        put_uint(s, row);
        break;
    case BIND_NUMBER:
        put_number(s, row, false);
        break;
    case BIND_TEXT:
        put_text(s, row);
        break;
    case BIND_ENUM:
        put_words(s, row->words);
        break;
    case BIND_DURATION:
        put_duration(s);
        break;
    case BIND_OBJECT:
    case BIND_OPTION:
        put_table(s, row->table);
        break;
    case BIND_LIST:
    case BIND_NAMED:
        put_list(s, row);
        break;
    case BIND_OBJECTS:
        put_objects(s, row);
        break;
    case BIND_TEXTS:
        put_one_or_many(s, row, put_text);
        break;
    case BIND_UINTS:
        put_one_or_many(s, row, put_uint);
        break;
    case BIND_JSON:
        break;
    case BIND_CUSTOM:
        put_given(s, row->custom_schema);
        break;
    }
}

/* The row's sentence, and the bounds of a duration, which a schema cannot state. */
static str description_of(struct schema *s, const struct bind_row *row)
{
    const char *doc = row->doc ? row->doc : "";
    const char *gap = row->doc ? " " : "";
    if (row->kind != BIND_DURATION || !bind_row_has_min(row))
        return str_z(row->doc);
    if (!bind_row_has_max(row))
        return arena_printf(&s->arena, "%s%sAt least %gs.", doc, gap, row->min);
    return arena_printf(&s->arena, "%s%sFrom %gs to %gs.", doc, gap, row->min, row->max);
}

static void put_row(struct schema *s, const struct bind_row *row)
{
    json_out_object(&s->out);
    put_kind(s, row);
    json_out_member_text(&s->out, STR("description"), description_of(s, row));
    json_out_end(&s->out);
}

static void put_required(struct schema *s, const struct bind_table *table)
{
    bool any = false;
    for (size_t i = 0; i < bind_row_count(table); i++)
        any = any || bind_row_at(table, i)->required;
    if (!any)
        return;
    json_out_name(&s->out, STR("required"));
    json_out_array(&s->out);
    for (size_t i = 0; i < bind_row_count(table); i++)
        if (bind_row_at(table, i)->required)
            json_out_text(&s->out, str_z(bind_row_at(table, i)->name));
    json_out_end(&s->out);
}

static void put_object(struct schema *s, const struct bind_table *table)
{
    put_type(s, "object");
    json_out_name(&s->out, STR("properties"));
    json_out_object(&s->out);
    for (size_t i = 0; i < bind_row_count(table); i++) {
        json_out_name(&s->out, str_z(bind_row_at(table, i)->name));
        put_row(s, bind_row_at(table, i));
    }
    json_out_end(&s->out);
    put_required(s, table);
    json_out_name(&s->out, STR("patternProperties"));
    json_out_object(&s->out);
    json_out_member_bool(&s->out, STR("^x-"), true);
    json_out_end(&s->out);
    json_out_member_bool(&s->out, STR("additionalProperties"), false);
}

/* The row that is read instead of an object; NULL when there is none. */
static const struct bind_row *shorthand_of(const struct bind_table *table)
{
    for (size_t i = 0; table->shorthand && i < bind_row_count(table); i++)
        if (strcmp(bind_row_at(table, i)->name, table->shorthand) == 0)
            return bind_row_at(table, i);
    return NULL;
}

static void put_body(struct schema *s, const struct bind_table *table)
{
    const struct bind_row *row = shorthand_of(table);
    if (table->whole) {
        put_kind(s, table->whole);
        return;
    }
    if (!row) {
        put_object(s, table);
        return;
    }
    json_out_name(&s->out, STR("anyOf"));
    json_out_array(&s->out);
    put_row(s, row);
    json_out_object(&s->out);
    put_object(s, table);
    json_out_end(&s->out);
    json_out_end(&s->out);
}

static void put_table(struct schema *s, const struct bind_table *table)
{
    const struct use *use = find_use(s, table);
    if (use == s->uses)
        json_out_member_text(&s->out, STR("$ref"), STR("#"));
    else if (!str_absent(use->name))
        json_out_member_text(&s->out, STR("$ref"),
                             arena_printf(&s->arena, "#/$defs/" STR_F, STR_A(use->name)));
    else
        put_body(s, table);
}

static void put_defs(struct schema *s)
{
    bool any = false;
    for (size_t i = 0; i < s->n; i++) {
        if (str_absent(s->uses[i].name))
            continue;
        if (!any) {
            json_out_name(&s->out, STR("$defs"));
            json_out_object(&s->out);
        }
        any = true;
        json_out_name(&s->out, s->uses[i].name);
        json_out_object(&s->out);
        put_body(s, s->uses[i].table);
        json_out_end(&s->out);
    }
    if (any)
        json_out_end(&s->out);
}

void bind_schema_write(struct buf *buf, const struct bind_table *table, str id, str title)
{
    struct schema s = {0};
    arena_init(&s.arena, 4096, SIZE_MAX);
    json_out_init(&s.out, buf);
    count_uses(&s, table);
    name_shared(&s);
    json_out_object(&s.out);
    json_out_member_text(&s.out, STR("$schema"),
                         STR("https://json-schema.org/draft/2020-12/schema"));
    json_out_member_text(&s.out, STR("$id"), id);
    json_out_member_text(&s.out, STR("title"), title);
    put_body(&s, table);
    put_defs(&s);
    json_out_end(&s.out);
    arena_fini(&s.arena);
}
