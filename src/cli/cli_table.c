#include "cli/cli_table.h"

#include "base/utf8.h"
#include "json/json_write.h"
#include "json/pointer.h"

enum { GAP = 2, CELL_BYTES_MAX = 1 << 20, COLUMNS_MAX = 16, NAME_BYTES_MAX = 1 << 16 };

/* --- cells --- */

/* Control characters, ASCII's and Latin-1's, become "?". */
void table_text(struct buf *buf, str text)
{
    while (text.n) {
        size_t n = utf8_size(text.p, text.n);
        unsigned char first = (unsigned char)text.p[0];
        bool control = n == 0 || (n == 1 && (first < 0x20 || first == 0x7f)) ||
                       (n == 2 && first == 0xc2 && (unsigned char)text.p[1] < 0xa0);
        if (control)
            buf_char(buf, '?');
        else
            buf_put(buf, text.p, n);
        text = str_from(text, n ? n : 1);
    }
}

static void put_members(struct buf *buf, const struct json *object)
{
    for (uint32_t i = 0; i < object->n; i++) {
        if (i)
            buf_char(buf, ',');
        table_text(buf, json_key(&object->u.members[i]));
        buf_char(buf, '=');
        table_cell(buf, &object->u.members[i].value);
    }
}

static void put_items(struct buf *buf, const struct json *array)
{
    for (uint32_t i = 0; i < array->n; i++) {
        if (i)
            buf_char(buf, ',');
        table_cell(buf, &array->u.items[i]);
    }
}

void table_cell(struct buf *buf, const struct json *value)
{
    bool empty = (json_is(value, JSON_OBJECT) || json_is(value, JSON_ARRAY)) && !value->n;
    if (empty || json_is(value, JSON_NULL) || json_is(value, JSON_UNDEFINED))
        buf_char(buf, '-');
    else if (json_is(value, JSON_STRING))
        table_text(buf, json_text(value).n ? json_text(value) : STR("-"));
    else if (json_is_bool(value))
        buf_str(buf, json_is(value, JSON_TRUE) ? STR("yes") : STR("no"));
    else if (json_is(value, JSON_OBJECT))
        put_members(buf, value);
    else if (json_is(value, JSON_ARRAY))
        put_items(buf, value);
    else
        json_write(buf, value, JSON_COMPACT);
}

/* --- tables --- */

static const struct json *find(struct arena *arena, const struct json *item,
                               const char *text)
{
    struct pointer pointer;
    CHECK(pointer_parse(arena, str_z(text), POINTER_RFC6901, &pointer));
    return pointer_find(&pointer, item);
}

static str cell_of(struct arena *arena, const struct json *item, const char *pointer)
{
    struct buf cell;
    const struct json undefined = {0};
    const struct json *value = find(arena, item, pointer);
    buf_init(&cell, CELL_BYTES_MAX);
    table_cell(&cell, value ? value : &undefined);
    str text = arena_str(arena, buf_peek(&cell));
    buf_fini(&cell);
    return text;
}

static size_t widest(size_t width, str cell)
{
    size_t n = utf8_count(cell);
    return n > width ? n : width;
}

static void put_padded(struct buf *buf, str cell, size_t width)
{
    buf_str(buf, cell);
    for (size_t n = utf8_count(cell); n < width + GAP; n++)
        buf_char(buf, ' ');
}

/* Blanks at the end of a line help nobody. */
static void end_line(struct buf *buf)
{
    while (buf->n && buf->p[buf->n - 1] == ' ')
        buf->n--;
    buf_char(buf, '\n');
}

void table_list(struct buf *buf, const struct cli_column *columns,
                const struct json *items)
{
    struct arena arena;
    size_t widths[COLUMNS_MAX];
    size_t n = 0;
    arena_init(&arena, 1 << 16, SIZE_MAX);
    while (columns[n].title)
        n++;
    CHECK(n <= COLUMNS_MAX);
    str *cells = arena_array(&arena, (size_t)items->n * n, sizeof(cells[0]));
    for (size_t c = 0; c < n; c++) {
        widths[c] = widest(0, str_z(columns[c].title));
        for (uint32_t i = 0; i < items->n; i++) {
            str *cell = &cells[i * n + c];
            *cell = cell_of(&arena, &items->u.items[i], columns[c].pointer);
            widths[c] = widest(widths[c], *cell);
        }
    }
    for (size_t c = 0; c < n; c++)
        put_padded(buf, str_z(columns[c].title), widths[c]);
    end_line(buf);
    for (uint32_t i = 0; i < items->n; i++) {
        for (size_t c = 0; c < n; c++)
            put_padded(buf, cells[i * n + c], widths[c]);
        end_line(buf);
    }
    arena_fini(&arena);
}

/* --- objects --- */

struct line {
    str name;
    str cell;
};

struct lines {
    struct arena arena;
    struct line *items;
    uint32_t n;
    uint32_t room;
};

static void add_line(struct lines *lines, str name, str cell)
{
    lines->items = arena_grow(&lines->arena, lines->items, lines->n, &lines->room,
                              sizeof(lines->items[0]));
    lines->items[lines->n++] = (struct line){name, cell};
}

static bool holds_objects(const struct json *value)
{
    return json_is(value, JSON_ARRAY) && value->n &&
           json_is(&value->u.items[0], JSON_OBJECT);
}

static void add_value(struct lines *lines, str name, const struct json *value);

static void add_members(struct lines *lines, str name, const struct json *object)
{
    for (uint32_t i = 0; i < object->n; i++) {
        const struct json_member *member = &object->u.members[i];
        str parts[] = {name, name.n ? STR(".") : STR(""), json_key(member)};
        add_value(lines, arena_join(&lines->arena, parts, 3), &member->value);
    }
}

static void add_value(struct lines *lines, str name, const struct json *value)
{
    if (json_is(value, JSON_OBJECT) && value->n) {
        add_members(lines, name, value);
    } else if (holds_objects(value)) {
        for (uint32_t i = 0; i < value->n; i++)
            add_value(lines, arena_printf(&lines->arena, STR_F ".%u", STR_A(name), i + 1),
                      &value->u.items[i]);
    } else {
        struct buf cell;
        buf_init(&cell, CELL_BYTES_MAX);
        table_cell(&cell, value);
        add_line(lines, name, arena_str(&lines->arena, buf_peek(&cell)));
        buf_fini(&cell);
    }
}

void table_object(struct buf *buf, const struct json *object, const char *hidden)
{
    struct lines lines = {.n = 0};
    size_t width = 0;
    arena_init(&lines.arena, 1 << 16, SIZE_MAX);
    for (uint32_t i = 0; json_is(object, JSON_OBJECT) && i < object->n; i++) {
        const struct json_member *member = &object->u.members[i];
        if (!hidden || !str_eq(json_key(member), str_z(hidden)))
            add_value(&lines, json_key(member), &member->value);
    }
    for (uint32_t i = 0; i < lines.n; i++)
        width = widest(width, lines.items[i].name);
    for (uint32_t i = 0; i < lines.n; i++) {
        put_padded(buf, lines.items[i].name, width);
        buf_str(buf, lines.items[i].cell);
        end_line(buf);
    }
    arena_fini(&lines.arena);
}
