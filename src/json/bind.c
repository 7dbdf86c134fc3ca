/*
 * An object is read in the order of its document: each member by its row, members without
 * a row reported. Then come the rows that are required and were not there, and, if all
 * went well, the table's own `finish`. binder->at follows into each member and back.
 *
 * A struct starts from zeroes; its table's `init` runs over it, then the inits of the
 * structs that stand in place inside of it (BIND_OBJECT), whether the document has them
 * or not.
 */
#include "json/bind.h"

#include "json/bind_row.h"
#include "json/bind_say.h"
#include "json/bind_scalar.h"
#include "json/pointer.h"

enum { NAMES_SHOWN_MAX = 16 };

void bind_init(struct binder *binder, struct arena *arena)
{
    *binder = (struct binder){.arena = arena, .at = STR("")};
}

static void add_fault(struct binder *binder, str pointer, const char *fmt, va_list args)
{
    if (binder->fault_n++ >= BIND_FAULTS_MAX)
        return;
    struct bind_fault *fault = arena_zalloc(binder->arena, sizeof(*fault));
    fault->pointer = bind_shortened(pointer);
    fault->text = bind_shortened(arena_vprintf(binder->arena, fmt, args));
    if (binder->last)
        binder->last->next = fault;
    else
        binder->first = fault;
    binder->last = fault;
}

void bind_fault(struct binder *binder, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add_fault(binder, binder->at, fmt, args);
    va_end(args);
}

void bind_fault_at(struct binder *binder, str member, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add_fault(binder, pointer_join(binder->arena, binder->at, member), fmt, args);
    va_end(args);
}

str bind_enter(struct binder *binder, str member)
{
    str before = binder->at;
    binder->at = pointer_join(binder->arena, before, member);
    return before;
}

str bind_enter_index(struct binder *binder, size_t index)
{
    str before = binder->at;
    binder->at = pointer_join_index(binder->arena, before, index);
    return before;
}

static void *field_of(const struct bind_row *row, void *obj)
{
    return (char *)obj + row->offset;
}

/* Defaults, for the object and those in place inside of it. */
static void set_defaults(const struct bind_table *table, void *obj)
{
    if (table->base && table->base->init)
        table->base->init(obj);
    if (table->init)
        table->init(obj);
    for (size_t i = 0; i < bind_row_count(table); i++) {
        const struct bind_row *row = bind_row_at(table, i);
        if (row->kind == BIND_OBJECT)
            set_defaults(row->table, field_of(row, obj));
    }
}

static const struct bind_row *find_row(const struct bind_table *table, str name)
{
    for (size_t i = 0; i < bind_row_count(table); i++)
        if (str_eq(str_z(bind_row_at(table, i)->name), name))
            return bind_row_at(table, i);
    return NULL;
}

/* The names of a table's members, for a sentence. */
static str names_of(struct binder *binder, const struct bind_table *table)
{
    str text = STR("");
    for (size_t i = 0; i < bind_row_count(table) && i < NAMES_SHOWN_MAX; i++)
        text = arena_printf(binder->arena, STR_F "%s\"%s\"", STR_A(text), i ? ", " : "",
                            bind_row_at(table, i)->name);
    return bind_row_count(table) > NAMES_SHOWN_MAX
               ? arena_printf(binder->arena, STR_F ", …", STR_A(text))
               : text;
}

static void fault_unknown(struct binder *binder, const struct bind_table *table, str name)
{
    if (binder->fault_n >= BIND_FAULTS_MAX) {
        binder->fault_n++; /* nobody will read the sentence */
        return;
    }
    size_t n = bind_row_count(table);
    const char **names = arena_array(binder->arena, n + 1, sizeof(names[0]));
    for (size_t i = 0; i < n; i++)
        names[i] = bind_row_at(table, i)->name;
    str nearest = bind_nearest(name, names);
    str shown = bind_say_quoted(binder, name);
    if (!str_absent(nearest))
        bind_fault_at(binder, name,
                      STR_F " is not a member of the %s; did you mean \"" STR_F "\"?",
                      STR_A(shown), table->name, STR_A(nearest));
    else
        bind_fault_at(binder, name,
                      STR_F " is not a member of the %s; it has " STR_F
                            ", and names that start with \"x-\".",
                      STR_A(shown), table->name, STR_A(names_of(binder, table)));
}

static void read_object(struct binder *binder, const struct bind_table *table,
                        const struct json *value, void *obj);

/* Zeroed places for `count` structs of the row's table, or NULL when the count is not
 * within the row's bounds. */
static char *items_room(struct binder *binder, const struct bind_row *row, size_t count)
{
    double max = bind_row_has_max(row) ? row->max : BIND_ITEMS_MAX;
    bind_say_count(binder, count, row->min, max, "item");
    bool fits = (double)count >= row->min && (double)count <= max;
    return fits ? arena_array(binder->arena, count, row->table->bytes) : NULL;
}

static void read_list(struct binder *binder, const struct bind_row *row,
                      const struct json *value, void *field)
{
    size_t each = row->table->bytes;
    if (value->type != JSON_ARRAY) {
        bind_say_unwanted(binder, row, value);
        return;
    }
    char *items = items_room(binder, row, value->n);
    for (uint32_t i = 0; items && i < value->n; i++) {
        str before = bind_enter_index(binder, i);
        set_defaults(row->table, items + i * each);
        read_object(binder, row->table, &value->u.items[i], items + i * each);
        binder->at = before;
    }
    *(struct bind_list *)field = (struct bind_list){items, items ? value->n : 0};
}

/* A list, or what would stand in a list of one; its table says what that may be. */
static void read_objects(struct binder *binder, const struct bind_row *row,
                         const struct json *value, void *field)
{
    if (value->type == JSON_ARRAY) {
        read_list(binder, row, value, field);
        return;
    }
    void *item = arena_array(binder->arena, 1, row->table->bytes);
    set_defaults(row->table, item);
    read_object(binder, row->table, value, item);
    *(struct bind_list *)field = (struct bind_list){item, 1};
}

static void read_named(struct binder *binder, const struct bind_row *row,
                       const struct json *value, void *field)
{
    size_t each = row->table->bytes;
    if (value->type != JSON_OBJECT) {
        bind_say_unwanted(binder, row, value);
        return;
    }
    char *items = items_room(binder, row, value->n);
    for (uint32_t i = 0; items && i < value->n; i++) {
        str name = json_key(&value->u.members[i]);
        str before = bind_enter(binder, name);
        char *item = items + i * each;
        set_defaults(row->table, item);
        *(str *)(void *)(item + row->table->name_at) = name;
        read_object(binder, row->table, &value->u.members[i].value, item);
        binder->at = before;
    }
    *(struct bind_list *)field = (struct bind_list){items, items ? value->n : 0};
}

static void read_option(struct binder *binder, const struct bind_row *row,
                        const struct json *value, void *field)
{
    void *obj = arena_array(binder->arena, 1, row->table->bytes);
    set_defaults(row->table, obj);
    read_object(binder, row->table, value, obj);
    *(void **)field = obj;
}

static void read_row(struct binder *binder, const struct bind_row *row,
                     const struct json *value, void *field)
{
    if (row->kind == BIND_OBJECT)
        read_object(binder, row->table, value, field);
    else if (row->kind == BIND_OPTION)
        read_option(binder, row, value, field);
    else if (row->kind == BIND_LIST)
        read_list(binder, row, value, field);
    else if (row->kind == BIND_OBJECTS)
        read_objects(binder, row, value, field);
    else if (row->kind == BIND_NAMED)
        read_named(binder, row, value, field);
    else if (row->kind == BIND_CUSTOM)
        row->custom(binder, value, field);
    else
        bind_scalar(binder, row, value, field);
}

static void read_member(struct binder *binder, const struct bind_table *table,
                        const struct json_member *member, void *obj)
{
    str name = json_key(member);
    const struct bind_row *row = find_row(table, name);
    if (row) {
        str before = bind_enter(binder, name);
        read_row(binder, row, &member->value, field_of(row, obj));
        binder->at = before;
    } else if (!str_starts(name, STR("x-"))) {
        fault_unknown(binder, table, name);
    }
}

static void find_missing(struct binder *binder, const struct bind_table *table,
                         const struct json *value)
{
    for (size_t i = 0; i < bind_row_count(table); i++) {
        const struct bind_row *row = bind_row_at(table, i);
        bool is_short = value->type != JSON_OBJECT &&
                        str_eq(str_z(row->name), str_z(table->shorthand));
        if (!row->required || is_short || json_member(value, str_z(row->name)))
            continue;
        if (row->kind == BIND_CUSTOM && row->doc)
            bind_fault(binder, "\"%s\" is missing from the %s. %s", row->name,
                       table->name, row->doc);
        else
            bind_fault(binder, "\"%s\" is missing from the %s; it wants " STR_F ".",
                       row->name, table->name, STR_A(bind_say_wanted(binder, row)));
    }
}

/* What stands in place of an object: the row that is read for short, or a fault. */
static void read_shorthand(struct binder *binder, const struct bind_table *table,
                           const struct json *value, void *obj)
{
    const struct bind_row *row = NULL;
    if (table->shorthand) {
        row = find_row(table, str_z(table->shorthand));
        CHECK(row != NULL);
    }
    if (row && bind_row_takes(row, value))
        read_row(binder, row, value, field_of(row, obj));
    else if (row)
        bind_fault(binder, STR_F "; wants " STR_F ", or an object: the %s.",
                   STR_A(bind_say_found(binder, value)),
                   STR_A(bind_say_wanted(binder, row)), table->name);
    else
        bind_fault(binder, STR_F "; wants an object: the %s.",
                   STR_A(bind_say_found(binder, value)), table->name);
}

/* `obj` has its defaults. */
static void read_object(struct binder *binder, const struct bind_table *table,
                        const struct json *value, void *obj)
{
    uint32_t faults = binder->fault_n;
    if (binder->depth == BIND_DEPTH_MAX) {
        bind_fault(binder, "is nested too deep; at most %d objects may contain it.",
                   BIND_DEPTH_MAX);
        return;
    }
    binder->depth++;
    if (table->whole)
        read_row(binder, table->whole, value, field_of(table->whole, obj));
    else if (value->type == JSON_OBJECT)
        for (uint32_t i = 0; i < value->n; i++)
            read_member(binder, table, &value->u.members[i], obj);
    else
        read_shorthand(binder, table, value, obj);
    if (value->type == JSON_OBJECT || binder->fault_n == faults)
        find_missing(binder, table, value);
    if (table->base && table->base->finish && binder->fault_n == faults)
        table->base->finish(binder, obj);
    if (table->finish && binder->fault_n == faults)
        table->finish(binder, obj);
    binder->depth--;
}

bool bind_read(struct binder *binder, const struct bind_table *table,
               const struct json *value, void *obj)
{
    uint32_t faults = binder->fault_n;
    memset(obj, 0, table->bytes);
    set_defaults(table, obj);
    read_object(binder, table, value, obj);
    return binder->fault_n == faults;
}
