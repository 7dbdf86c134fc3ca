#include "base/encode.h"

static const char hex_digits[] = "0123456789abcdef";

int decode_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The UTF-16 unit of four digits; less than 0 when they are not. */
static int hex_unit(str text)
{
    int unit = text.n >= 4 ? 0 : -1;
    for (size_t i = 0; i < 4 && unit >= 0; i++) {
        int digit = decode_hex_digit(text.p[i]);
        unit = digit < 0 ? -1 : unit << 4 | digit;
    }
    return unit;
}

size_t decode_utf16_escape(str text, uint32_t *ret_character)
{
    int high = hex_unit(text);
    if (high < 0)
        return 0;
    *ret_character = (uint32_t)high;
    if (high < 0xd800 || high >= 0xdc00 || !str_starts(str_from(text, 4), STR("\\u")))
        return 4;
    int low = hex_unit(str_from(text, 6));
    if (low < 0xdc00 || low >= 0xe000)
        return 4;
    *ret_character = 0x10000 + ((uint32_t)(high & 0x3ff) << 10 | (uint32_t)(low & 0x3ff));
    return 10;
}

str encode_hex(struct arena *arena, str bytes)
{
    char *p = arena_bytes(arena, bytes.n * 2);
    for (size_t i = 0; i < bytes.n; i++) {
        p[2 * i] = hex_digits[(unsigned char)bytes.p[i] >> 4];
        p[2 * i + 1] = hex_digits[bytes.p[i] & 15];
    }
    return str_of(p, bytes.n * 2);
}

bool decode_hex(struct arena *arena, str text, str *ret_bytes)
{
    if (text.n % 2)
        return false;
    char *p = arena_bytes(arena, text.n / 2);
    for (size_t i = 0; i < text.n / 2; i++) {
        int high = decode_hex_digit(text.p[2 * i]);
        int low = decode_hex_digit(text.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        p[i] = (char)(high << 4 | low);
    }
    *ret_bytes = str_of(p, text.n / 2);
    return true;
}

static const char base64_std[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64_url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static str base64(struct arena *arena, str bytes, const char *alphabet, bool pad)
{
    char *p = arena_bytes(arena, (bytes.n + 2) / 3 * 4);
    char *at = p;
    for (size_t i = 0; i < bytes.n; i += 3) {
        size_t left = bytes.n - i;
        uint32_t v = (uint32_t)(unsigned char)bytes.p[i] << 16;
        v |= left > 1 ? (uint32_t)(unsigned char)bytes.p[i + 1] << 8 : 0;
        v |= left > 2 ? (uint32_t)(unsigned char)bytes.p[i + 2] : 0;
        for (size_t k = 0; k < 4 && k <= left; k++)
            *at++ = alphabet[v >> (18 - 6 * k) & 63];
        for (size_t k = left + 1; pad && k < 4; k++)
            *at++ = '=';
    }
    return str_of(p, (size_t)(at - p));
}

str encode_base64(struct arena *arena, str bytes)
{
    return base64(arena, bytes, base64_std, true);
}

str encode_base64url(struct arena *arena, str bytes)
{
    return base64(arena, bytes, base64_url, false);
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

bool decode_base64(struct arena *arena, str text, str *ret_bytes)
{
    size_t n = text.n;
    if (n % 4 == 0)
        for (int pad = 0; pad < 2 && n && text.p[n - 1] == '='; pad++)
            n--;
    if (n % 4 == 1)
        return false;
    char *p = arena_bytes(arena, n / 4 * 3 + 2);
    size_t out = 0;
    uint32_t v = 0;
    for (size_t i = 0; i < n; i++) {
        int digit = base64_digit(text.p[i]);
        if (digit < 0)
            return false;
        v = v << 6 | (uint32_t)digit;
        if (i % 4 != 0)
            p[out++] = (char)(v >> (6 - 2 * (i % 4)));
    }
    unsigned spare = n % 4 == 2 ? 15 : n % 4 == 3 ? 3 : 0;
    if (v & spare)
        return false;
    *ret_bytes = str_of(p, out);
    return true;
}

bool encode_is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || str_is_digit(c) ||
           c == '-' || c == '.' || c == '_' || c == '~';
}

static size_t put_escape(char *p, char c)
{
    static const char upper[] = "0123456789ABCDEF";
    p[0] = '%';
    p[1] = upper[(unsigned char)c >> 4];
    p[2] = upper[c & 15];
    return 3;
}

str encode_percent(struct arena *arena, str text)
{
    char *p = arena_bytes(arena, text.n * 3);
    size_t out = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (encode_is_unreserved(text.p[i]))
            p[out++] = text.p[i];
        else
            out += put_escape(p + out, text.p[i]);
    }
    return str_of(p, out);
}

str encode_form(struct arena *arena, str text)
{
    char *p = arena_bytes(arena, text.n * 3);
    size_t out = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == ' ')
            p[out++] = '+';
        else if (c == '*' || (c != '~' && encode_is_unreserved(c)))
            p[out++] = c;
        else
            out += put_escape(p + out, c);
    }
    return str_of(p, out);
}

bool decode_percent(struct arena *arena, str text, str *ret_bytes)
{
    char *p = arena_bytes(arena, text.n);
    size_t out = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != '%') {
            p[out++] = text.p[i];
            continue;
        }
        int high = i + 2 < text.n ? decode_hex_digit(text.p[i + 1]) : -1;
        int low = i + 2 < text.n ? decode_hex_digit(text.p[i + 2]) : -1;
        if (high < 0 || low < 0)
            return false;
        p[out++] = (char)(high << 4 | low);
        i += 2;
    }
    *ret_bytes = str_of(p, out);
    return true;
}

void encode_base62_random(char *ret_text, const uint8_t *random, size_t n)
{
    static const char digits[] =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (size_t i = 0; i < n; i++)
        ret_text[i] = digits[random[i] % 62];
}

size_t encode_decimal(int64_t value, char ret[24])
{
    char digits[20];
    size_t at = sizeof(digits), n = 0;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (value < 0)
        ret[n++] = '-';
    memcpy(ret + n, digits + at, sizeof(digits) - at);
    return n + sizeof(digits) - at;
}
