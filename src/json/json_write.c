/*
 * A value may be as deep as the text it came from, so json_write does not recurse: the
 * open containers stand on a stack, which begins in the C frame and goes on in an arena
 * of its own.
 *
 * Text is copied run by run: json_scan_text finds the next byte that needs a look. Lone
 * surrogates (WTF-8) go out as the escapes that they came in as, so that the output is
 * UTF-8.
 */
#include "json/json_write.h"

#include <math.h>

#include "json/json_scan.h"

static inline void put(struct buf *buf, const char *p, size_t n)
{
    if (n > buf->room - buf->n) {
        buf_put(buf, p, n);
    } else if (n) {
        memcpy(buf->p + buf->n, p, n);
        buf->n += n;
    }
}

static inline void put_char(struct buf *buf, char c)
{
    put(buf, &c, 1);
}

static void put_escape(struct buf *buf, unsigned unit)
{
    static const char digits[] = "0123456789abcdef";
    char text[6] = {'\\', 'u'};
    for (unsigned i = 0; i < 4; i++)
        text[2 + i] = digits[unit >> (12 - 4 * i) & 15];
    put(buf, text, sizeof(text));
}

/* An ASCII character that may not stand for itself. */
static void put_special(struct buf *buf, char c)
{
    static const char special[] = {'"', '\\', '\b', '\f', '\n', '\r', '\t'};
    static const char named[] = {'"', '\\', 'b', 'f', 'n', 'r', 't'};
    const char *hit = memchr(special, c, sizeof(special));
    if (hit)
        put(buf, (char[]){'\\', named[hit - special]}, 2);
    else
        put_escape(buf, (unsigned char)c);
}

/* The UTF-16 unit of a surrogate in WTF-8, or 0. */
static unsigned surrogate_at(const char *p, size_t n)
{
    if (n < 3 || p[0] != '\xed' || (unsigned char)p[1] < 0xa0 || !utf8_is_tail(p[1]) ||
        !utf8_is_tail(p[2]))
        return 0;
    return 0xd000 | (unsigned)(p[1] & 0x3f) << 6 | (unsigned)(p[2] & 0x3f);
}

/* Puts what json_scan_text has stopped at; answers how many bytes that was. */
static size_t put_odd(struct buf *buf, const char *p, size_t n)
{
    if ((unsigned char)*p < 0x80) {
        put_special(buf, *p);
        return 1;
    }
    unsigned unit = surrogate_at(p, n);
    if (unit) {
        put_escape(buf, unit);
        return 3;
    }
    buf_str(buf, STR("\xef\xbf\xbd"));
    return 1;
}

/* A text that may stand as it is. */
static inline void put_quoted(struct buf *buf, const char *p, size_t n)
{
    if (n + 2 > buf->room - buf->n && !buf_reserve(buf, n + 2))
        return;
    char *at = buf->p + buf->n;
    at[0] = '"';
    if (n)
        memcpy(at + 1, p, n);
    at[n + 1] = '"';
    buf->n += n + 2;
}

void json_write_text(struct buf *buf, str text)
{
    bool ascii;
    if (json_scan_all_plain(text.p, text.n)) {
        put_quoted(buf, text.p, text.n);
        return;
    }
    put_char(buf, '"');
    const char *p = text.p;
    const char *end = p + text.n;
    while (p < end) {
        const char *run = p;
        p = json_scan_text(p, end, &ascii);
        put(buf, run, (size_t)(p - run));
        if (p < end)
            p += put_odd(buf, p, (size_t)(end - p));
    }
    put_char(buf, '"');
}

static inline void put_string(struct buf *buf, const struct json *string)
{
    if (string->flags & JSON_PLAIN)
        put_quoted(buf, string->u.text, string->n);
    else
        json_write_text(buf, json_text(string));
}

static void put_number(struct buf *buf, const struct json *number)
{
    char text[32];
    if (number->flags & JSON_NUMERAL)
        put(buf, number->u.text, number->n);
    else if (isfinite(number->u.number))
        put(buf, text, json_write_number(number->u.number, text));
    else
        buf_str(buf, STR("null"));
}

static void put_word(struct buf *buf, uint8_t type)
{
    if (type == JSON_NULL)
        buf_str(buf, STR("null"));
    else
        buf_str(buf, type == JSON_TRUE ? STR("true") : STR("false"));
}

/* An open container, and where the writer stands in it. */
struct level {
    const struct json *value;
    uint32_t next;
    bool has_one; /* a comma is due */
};

struct writer {
    struct buf *buf;
    enum json_style style;
    struct level *levels;
    uint32_t n;
    uint32_t room;
    struct arena arena;
};

static void put_break(const struct writer *w)
{
    if (w->style == JSON_COMPACT)
        return;
    put_char(w->buf, '\n');
    for (size_t i = 0; i < w->n && buf_ok(w->buf); i++)
        put(w->buf, "  ", 2);
}

static void open_level(struct writer *w, const struct json *value)
{
    put_char(w->buf, value->type == JSON_ARRAY ? '[' : '{');
    w->levels = arena_grow(&w->arena, w->levels, w->n, &w->room, sizeof(w->levels[0]));
    w->levels[w->n++] = (struct level){.value = value};
}

static void close_level(struct writer *w)
{
    const struct level *level = &w->levels[--w->n];
    if (level->has_one)
        put_break(w);
    put_char(w->buf, level->value->type == JSON_ARRAY ? ']' : '}');
}

/* UNDEFINED, and what only engines above have. */
static bool is_unwritten(const struct json *v)
{
    return v->type == JSON_UNDEFINED || v->type >= JSON_TYPE_COUNT;
}

static void write_value(struct writer *w, const struct json *v)
{
    if (v->type == JSON_STRING)
        put_string(w->buf, v);
    else if (v->type == JSON_NUMBER)
        put_number(w->buf, v);
    else if (v->type == JSON_ARRAY || v->type == JSON_OBJECT)
        open_level(w, v);
    else if (!is_unwritten(v))
        put_word(w->buf, v->type);
}

static void write_next(struct writer *w, struct level *level)
{
    const struct json *container = level->value;
    bool in_array = container->type == JSON_ARRAY;
    uint32_t at = level->next++;
    const struct json_member *member = in_array ? NULL : &container->u.members[at];
    const struct json *value = in_array ? &container->u.items[at] : &member->value;
    if (is_unwritten(value))
        return;
    if (level->has_one)
        put_char(w->buf, ',');
    level->has_one = true;
    put_break(w);
    if (member) {
        json_write_text(w->buf, json_key(member));
        put(w->buf, ": ", w->style == JSON_PRETTY ? 2 : 1);
    }
    write_value(w, value);
}

void json_write(struct buf *buf, const struct json *value, enum json_style style)
{
    struct level first[64];
    struct writer w = {
        .buf = buf, .style = style, .levels = first, .room = COUNT_OF(first)};
    arena_init(&w.arena, 4096, SIZE_MAX);
    write_value(&w, value);
    while (w.n && buf_ok(buf)) {
        struct level *level = &w.levels[w.n - 1];
        if (level->next == level->value->n)
            close_level(&w);
        else
            write_next(&w, level);
    }
    arena_fini(&w.arena);
}

void json_out_init(struct json_out *out, struct buf *buf)
{
    *out = (struct json_out){.buf = buf};
}

static uint64_t level_bit(const struct json_out *out)
{
    return (uint64_t)1 << out->depth;
}

static bool in_object(const struct json_out *out)
{
    return out->in_object & level_bit(out);
}

static void put_comma(struct json_out *out)
{
    if (out->has_one & level_bit(out))
        put_char(out->buf, ',');
    out->has_one |= level_bit(out);
}

/* Before each value. */
static void expect_value(struct json_out *out)
{
    CHECK(in_object(out) == out->named);
    if (!out->named && out->depth)
        put_comma(out);
    out->named = false;
}

static void open_container(struct json_out *out, char bracket)
{
    expect_value(out);
    put_char(out->buf, bracket);
    CHECK(out->depth < 63);
    out->depth++;
    out->has_one &= ~level_bit(out);
    out->in_object &= ~level_bit(out);
    out->in_object |= bracket == '{' ? level_bit(out) : 0;
}

void json_out_object(struct json_out *out)
{
    open_container(out, '{');
}

void json_out_array(struct json_out *out)
{
    open_container(out, '[');
}

void json_out_end(struct json_out *out)
{
    CHECK(out->depth > 0 && !out->named);
    put_char(out->buf, in_object(out) ? '}' : ']');
    out->depth--;
}

void json_out_name(struct json_out *out, str name)
{
    CHECK(in_object(out) && !out->named);
    out->name_at = out->buf->n;
    put_comma(out);
    json_write_text(out->buf, name);
    put_char(out->buf, ':');
    out->named = true;
}

void json_out_text(struct json_out *out, str text)
{
    if (str_absent(text)) {
        json_out_null(out);
        return;
    }
    expect_value(out);
    json_write_text(out->buf, text);
}

void json_out_int(struct json_out *out, int64_t value)
{
    expect_value(out);
    buf_put_int(out->buf, value);
}

void json_out_number(struct json_out *out, double value)
{
    struct json number = json_of_number(value);
    expect_value(out);
    put_number(out->buf, &number);
}

void json_out_bool(struct json_out *out, bool value)
{
    expect_value(out);
    put_word(out->buf, value ? JSON_TRUE : JSON_FALSE);
}

void json_out_null(struct json_out *out)
{
    expect_value(out);
    put_word(out->buf, JSON_NULL);
}

/* Takes back the name that was put for a value that is not written. */
static void take_back_name(struct json_out *out)
{
    if (!out->named || !buf_ok(out->buf))
        return;
    if (out->buf->p[out->name_at] != ',')
        out->has_one &= ~level_bit(out);
    out->buf->n = out->name_at;
}

void json_out_value(struct json_out *out, const struct json *value)
{
    if (is_unwritten(value)) {
        CHECK(in_object(out) == out->named);
        take_back_name(out);
        out->named = false;
        return;
    }
    expect_value(out);
    json_write(out->buf, value, JSON_COMPACT);
}

void json_out_raw(struct json_out *out, str json)
{
    expect_value(out);
    put(out->buf, json.p, json.n);
}

void json_out_member_text(struct json_out *out, str name, str text)
{
    if (str_absent(text))
        return;
    json_out_name(out, name);
    json_out_text(out, text);
}

void json_out_member_int(struct json_out *out, str name, int64_t value)
{
    json_out_name(out, name);
    json_out_int(out, value);
}

void json_out_member_bool(struct json_out *out, str name, bool value)
{
    json_out_name(out, name);
    json_out_bool(out, value);
}

str json_as_text(const struct json *value, struct arena *arena)
{
    char text[32];
    if (!value)
        return STR_NONE;
    if (json_is_bool(value))
        return json_is(value, JSON_TRUE) ? STR("true") : STR("false");
    str written = json_text(value);
    if (!json_is(value, JSON_NUMBER) || !str_absent(written))
        return written;
    return arena_str(arena, str_of(text, json_write_number(json_number(value), text)));
}
