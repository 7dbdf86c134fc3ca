/*
 * Escapes (RFC 8259 §7) are rare, so a string is decoded only from its first backslash
 * on. No escape is longer decoded than written: the distance to the closing quote is
 * room enough.
 */
#include "json/json_source.h"

#include "base/encode.h"
#include "base/utf8.h"

const char *json_source_fault(struct json_source *source, const char *at,
                              const char *what)
{
    source->fault_at = at;
    source->what = at == source->end ? "the text ends too early" : what;
    return NULL;
}

/* `p` stands behind `\u`. A high surrogate takes the low one that follows it; a surrogate
 * alone stays what it is. */
static const char *read_unicode(struct json_source *source, const char *p, char **out)
{
    uint32_t c;
    size_t taken = decode_utf16_escape(str_of(p, (size_t)(source->end - p)), &c);
    if (!taken)
        return json_source_fault(source, p,
                                 "\\u must be followed by four hexadecimal digits");
    *out += utf8_put(*out, c);
    return p + taken;
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
