#include "picture/text_code.h"

#include "base/encode.h"
#include "base/utf8.h"
#include "picture/text_units.h"

static bool is_among(const char *set, char c)
{
    return c && strchr(set, c);
}

/* What encodeURI leaves alone although it means something in a URL. */
static bool is_reserved(char c)
{
    return is_among(";/?:@&=+$,#", c);
}

static size_t put_escape(char *p, unsigned char c)
{
    static const char digits[] = "0123456789ABCDEF";
    p[0] = '%';
    p[1] = digits[c >> 4];
    p[2] = digits[c & 15];
    return 3;
}

bool text_url_encode(struct arena *arena, str text, bool component, str *ret_text)
{
    char *p = arena_bytes(arena, text.n * 3);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (!utf8_is_tail(c) && !utf8_size(text.p + i, text.n - i))
            return false;
        if (encode_is_unreserved(c) || is_among("!*'()", c) ||
            (!component && is_reserved(c)))
            p[n++] = c;
        else
            n += put_escape(p + n, (unsigned char)c);
    }
    *ret_text = str_of(p, n);
    return true;
}

/* The byte of the escape %XX at `at`, or -1. */
static int escaped_byte(str text, size_t at)
{
    if (at + 3 > text.n || text.p[at] != '%')
        return -1;
    int high = decode_hex_digit(text.p[at + 1]);
    int low = decode_hex_digit(text.p[at + 2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* The character whose bytes are escaped from `at` on; its size, or 0. */
static size_t escaped_character(str text, size_t at, char ret[4])
{
    size_t n = 0;
    for (int byte; n < 4 && (byte = escaped_byte(text, at + 3 * n)) >= 0; n++)
        ret[n] = (char)byte;
    return n ? utf8_size(ret, n) : 0;
}

bool text_url_decode(struct arena *arena, str text, bool component, str *ret_text)
{
    char *p = arena_bytes(arena, text.n);
    size_t n = 0;
    for (size_t i = 0; i < text.n;) {
        char character[4];
        if (text.p[i] != '%') {
            p[n++] = text.p[i++];
            continue;
        }
        size_t size = escaped_character(text, i, character);
        if (!size)
            return false;
        bool kept = !component && is_reserved(character[0]);
        memcpy(p + n, kept ? text.p + i : character, kept ? 3 : size);
        n += kept ? 3 : size;
        i += 3 * size;
    }
    *ret_text = str_of(p, n);
    return true;
}

/* The low byte of each UTF-16 unit. */
static str low_bytes(struct arena *arena, str text)
{
    char *p = arena_bytes(arena, text.n);
    size_t n = 0;
    struct units units = {.text = text};
    for (uint16_t unit; units_next(&units, &unit);)
        p[n++] = (char)(unit & 0xff);
    return str_of(p, n);
}

str text_base64_of_latin1(struct arena *arena, str text)
{
    return encode_base64(arena, low_bytes(arena, text));
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (str_is_digit(c))
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

str text_base64_to_latin1(struct arena *arena, str text)
{
    str digits = low_bytes(arena, text);
    char *p = arena_bytes(arena, digits.n * 2);
    size_t n = 0;
    uint32_t bits = 0;
    unsigned count = 0; /* of bits that wait */
    for (size_t i = 0; i < digits.n && digits.p[i] != '='; i++) {
        int digit = base64_digit(digits.p[i]);
        if (digit < 0)
            continue;
        bits = (bits << 6 | (uint32_t)digit) & 0xffff;
        count += 6;
        if (count >= 8) {
            count -= 8;
            n += utf8_put(p + n, bits >> count & 0xff);
        }
    }
    return str_of(p, n);
}
