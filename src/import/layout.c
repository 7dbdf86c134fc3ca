/*
 * Each value is first written on one line into a small buffer, which is full as soon as
 * it could not fit; so the time grows with the text, not with its depth.
 */
#include "import/layout.h"

#include "json/json_write.h"

enum { COLUMNS = 88, LINE_BYTES_MAX = 4 * COLUMNS };

static bool is_collection(const struct json *value)
{
    return json_is(value, JSON_OBJECT) || json_is(value, JSON_ARRAY);
}

static void put_line(struct buf *buf, const struct json *value, unsigned depth)
{
    bool object = json_is(value, JSON_OBJECT);
    if (!is_collection(value) || depth == 0) {
        json_write(buf, value, JSON_COMPACT);
        return;
    }
    buf_str(buf, object && value->n ? STR("{ ") : object ? STR("{") : STR("["));
    for (uint32_t i = 0; i < value->n && buf_ok(buf); i++) {
        buf_str(buf, i ? STR(", ") : STR(""));
        if (object) {
            json_write_text(buf, json_key(&value->u.members[i]));
            buf_str(buf, STR(": "));
        }
        put_line(buf, object ? &value->u.members[i].value : &value->u.items[i],
                 depth - 1);
    }
    buf_str(buf, object && value->n ? STR(" }") : object ? STR("}") : STR("]"));
}

static size_t count_columns(str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
    return n;
}

/* Writes it on the line that has `used` columns, if it fits there. */
static bool put_if_fits(struct buf *buf, const struct json *value, size_t used)
{
    struct buf line;
    buf_init(&line, LINE_BYTES_MAX);
    put_line(&line, value, LAYOUT_DEPTH_MAX);
    bool fits = buf_ok(&line) && used + count_columns(buf_peek(&line)) <= COLUMNS;
    if (fits)
        buf_str(buf, buf_peek(&line));
    buf_fini(&line);
    return fits;
}

static void put_indent(struct buf *buf, unsigned depth)
{
    for (unsigned i = 0; i < depth; i++)
        buf_str(buf, STR("  "));
}

static void put(struct buf *buf, const struct json *value, unsigned depth,
                size_t line_at);

static void put_spread(struct buf *buf, const struct json *value, unsigned depth)
{
    bool object = json_is(value, JSON_OBJECT);
    buf_str(buf, object ? STR("{\n") : STR("[\n"));
    for (uint32_t i = 0; i < value->n; i++) {
        size_t line_at = buf->n;
        put_indent(buf, depth + 1);
        if (object) {
            json_write_text(buf, json_key(&value->u.members[i]));
            buf_str(buf, STR(": "));
        }
        put(buf, object ? &value->u.members[i].value : &value->u.items[i], depth + 1,
            line_at);
        buf_str(buf, i + 1 < value->n ? STR(",\n") : STR("\n"));
    }
    put_indent(buf, depth);
    buf_char(buf, object ? '}' : ']');
}

/* `line_at` is where the line begins in the buffer. */
static void put(struct buf *buf, const struct json *value, unsigned depth, size_t line_at)
{
    str line = str_from(buf_peek(buf), line_at);
    if (!is_collection(value) || value->n == 0 || depth >= LAYOUT_DEPTH_MAX)
        put_line(buf, value, 1);
    else if (!put_if_fits(buf, value, count_columns(line)))
        put_spread(buf, value, depth);
}

void layout_write(struct buf *buf, const struct json *value)
{
    if (is_collection(value) && value->n)
        put_spread(buf, value, 0);
    else
        put_line(buf, value, 1);
    buf_char(buf, '\n');
}
