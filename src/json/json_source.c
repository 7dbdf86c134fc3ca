/*
 * Escapes (RFC 8259 §7) are rare, so a string is decoded only from its first backslash
 * on. No escape is longer decoded than written: the distance to the closing quote is
 * room enough.
 */
#include "json/json_source.h"

const char *json_source_fault(struct json_source *source, const char *at,
                              const char *what)
{
    source->fault_at = at;
    source->what = at == source->end ? "the text ends too early" : what;
    return NULL;
}

/* UTF-8 of a code point; of a surrogate, its WTF-8. */
static char *put_code_point(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
        return out;
    }
    if (c < 0x800) {
        *out++ = (char)(0xc0 | c >> 6);
    } else if (c < 0x10000) {
        *out++ = (char)(0xe0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
    } else {
        *out++ = (char)(0xf0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3f));
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
    }
    *out++ = (char)(0x80 | (c & 0x3f));
    return out;
}

static inline int hex_digit(char c)
{
    int digit = c - '0';
    int letter = (c | 0x20) - 'a';
    if (digit >= 0 && digit <= 9)
        return digit;
    return letter >= 0 && letter <= 5 ? letter + 10 : -1;
}

/* The value of four hexadecimal digits; less than 0 when they are not. */
static inline int hex4(const char *p, const char *end)
{
    if (end - p < 4)
        return -1;
    return hex_digit(p[0]) * 0x1000 | hex_digit(p[1]) * 0x100 | hex_digit(p[2]) * 0x10 |
           hex_digit(p[3]);
}

/* `p` stands behind `\u`. A high surrogate takes the low one that follows it; a surrogate
 * alone stays what it is. */
static const char *read_unicode(struct json_source *source, const char *p, char **out)
{
    int unit = hex4(p, source->end);
    if (unit < 0)
        return json_source_fault(source, p,
                                 "\\u must be followed by four hexadecimal digits");
    uint32_t c = (uint32_t)unit;
    p += 4;
    if (c >= 0xd800 && c < 0xdc00 && source->end - p >= 6 && p[0] == '\\' &&
        p[1] == 'u') {
        int low = hex4(p + 2, source->end);
        if (low >= 0xdc00 && low < 0xe000) {
            c = 0x10000 + ((c - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
            p += 6;
        }
    }
    *out = put_code_point(*out, c);
    return p;
}

/* `p` stands behind a backslash. */
static const char *read_escape(struct json_source *source, const char *p, char **out)
{
    static const char meant[256] = {
        ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
        ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'};
    if (p < source->end && *p == 'u')
        return read_unicode(source, p + 1, out);
    char c = p < source->end ? meant[(unsigned char)*p] : 0;
    if (!c)
        return json_source_fault(
            source, p, "there is no such escape; a backslash itself is written \\\\");
    *(*out)++ = c;
    return p + 1;
}

/* The bytes up to the closing quote, or to the end when there is none. */
static size_t bytes_left(const struct json_source *source, const char *p)
{
    const char *at = json_scan_plain(p, source->end);
    while (at < source->end && *at != '"') {
        at += *at == '\\' && source->end - at > 1 ? 2 : 1;
        at = json_scan_plain(at, source->end);
    }
    return (size_t)(at - p);
}

const char *json_source_unescape(struct json_source *source, const char *start,
                                 const char *p, bool ascii, struct json *ret_string)
{
    size_t front = (size_t)(p - start);
    char *text = arena_bytes(source->arena, front + bytes_left(source, p));
    char *out = text + front;
    memcpy(text, start, front);
    while (*p != '"') {
        const char *decoded = out;
        p = read_escape(source, p + 1, &out);
        if (!p)
            return NULL;
        ascii = ascii && (unsigned char)*decoded < 0x80;
        const char *run = p;
        p = json_source_skip(source, p, &ascii);
        if (!p)
            return NULL;
        memcpy(out, run, (size_t)(p - run));
        out += p - run;
    }
    *ret_string = (struct json){.type = JSON_STRING,
                                .flags = ascii ? JSON_ASCII : 0,
                                .n = (uint32_t)(out - text),
                                .u.text = text};
    return p + 1;
}
