/*
 * The values of JSON text that hold no others: strings, numbers and words. These are
 * parts of the parser's loop (json_parse.c), in a file of their own; readers take and
 * answer places as json_source.h says. `end` is source->end, in a register.
 */
#ifndef JSON_JSON_SCALAR_H
#define JSON_JSON_SCALAR_H

#include "json/json_source.h"

/* A part of the parser's loop. */
#define HOT static inline __attribute__((always_inline))

/* Field by field: a literal would be zeroed first, and be stored in more pieces. */
HOT void json_scalar_set(struct json *v, uint8_t type, uint8_t flags, size_t n)
{
    v->type = type;
    v->flags = flags;
    v->mark = 0;
    v->n = (uint32_t)n;
}

HOT uint64_t json_scalar_load_8(const char *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof(x));
    return x;
}

HOT uint32_t json_scalar_load_4(const char *p)
{
    uint32_t x;
    memcpy(&x, p, sizeof(x));
    return x;
}

static const char json_scalar_missing[] = "a value is expected here";

/* `p` stands at the opening quote. */
HOT const char *json_scalar_string(struct json_source *source, const char *p,
                                   struct json *ret_string)
{
    bool ascii = true;
    const char *start = p + 1;
    p = json_source_skip(source, start, &ascii);
    if (!p)
        return NULL;
    if (*p != '"')
        return json_source_unescape(source, start, p, ascii, ret_string);
    json_scalar_set(ret_string, JSON_STRING, ascii ? JSON_PLAIN | JSON_ASCII : JSON_PLAIN,
                    (size_t)(p - start));
    ret_string->u.text = start;
    return p + 1;
}

/*
 * number = [ "-" ] int [ "." 1*DIGIT ] [ "e" [ "-" / "+" ] 1*DIGIT ]; int has no zeros in
 * front (RFC 8259 §6). `p` stands behind int.
 */
static __attribute__((noinline)) const char *json_scalar_fraction(
    struct json_source *source, const char *p, const char *end)
{
    if (p < end && *p == '.') {
        size_t n = json_scan_digits(++p, end);
        p += n;
        if (!n)
            return json_source_fault(source, p, "a digit must follow the decimal point");
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        p += p < end && (*p == '-' || *p == '+');
        size_t n = json_scan_digits(p, end);
        p += n;
        if (!n)
            return json_source_fault(source, p, "the exponent of a number needs a digit");
    }
    return p;
}

/* The same, where one look at the digits saw the end of int, and perhaps that of the
 * fraction: `others` has a bit for each byte behind int that is no digit, from the second
 * on. Most numbers end here. */
HOT const char *json_scalar_rest(struct json_source *source, const char *p,
                                 const char *end, uint64_t others)
{
    const char *behind = p;
    if (*p == '.' && others && !(others & 1))
        behind += 1 + __builtin_ctzll(others);
    if (__builtin_expect((*behind | 0x20) != 'e' && (*behind != '.' || behind != p), 1))
        return behind;
    return json_scalar_fraction(source, p, end);
}

/* Whether a number may begin so, in one comparison; '.' and '/', which stand between '-'
 * and '0', are refused as a number then. */
HOT bool json_scalar_begins_number(char c)
{
    return (unsigned char)(c - '-') <= '9' - '-';
}

/* Whole numbers of up to 15 digits are doubles that print the same again, but for "-0";
 * all others keep their text. */
HOT const char *json_scalar_number(struct json_source *source, const char *start,
                                   const char *end, struct json *ret_number)
{
    bool negative = *start == '-';
    const char *digits = start + negative;
    uint64_t others = json_scan_others(digits, end);
    size_t n = others ? (size_t)__builtin_ctzll(others) : json_scan_digits(digits, end);
    if (n == 0)
        return json_source_fault(source, digits,
                                 negative ? "a digit must follow the minus sign"
                                          : json_scalar_missing);
    if (__builtin_expect((*digits == '0') & (n > 1), 0))
        return json_source_fault(source, start, "a number may not start with a zero");
    const char *p = digits + n;
    p = others ? json_scalar_rest(source, p, end, others >> 1 >> n)
               : json_scalar_fraction(source, p, end);
    if (!p)
        return NULL;
    if (p == digits + n && n <= 15 && !(negative && *digits == '0')) {
        int64_t whole = (int64_t)json_scan_whole(digits, n, end);
        json_scalar_set(ret_number, JSON_NUMBER, 0, 0);
        ret_number->u.number = (double)(negative ? -whole : whole);
        return p;
    }
    json_scalar_set(ret_number, JSON_NUMBER, JSON_NUMERAL, (size_t)(p - start));
    ret_number->u.text = start;
    return p;
}

/* `true`, `false` or `null`; whatever else stands here is no value. */
HOT const char *json_scalar_word(struct json_source *source, const char *p,
                                 const char *end, struct json *ret_word)
{
    uint32_t four = end - p >= 4 ? json_scalar_load_4(p) : 0;
    ret_word->u.text = NULL;
    if (four == json_scalar_load_4("true")) {
        json_scalar_set(ret_word, JSON_TRUE, 0, 0);
        return p + 4;
    }
    if (four == json_scalar_load_4("null")) {
        json_scalar_set(ret_word, JSON_NULL, 0, 0);
        return p + 4;
    }
    if (four == json_scalar_load_4("fals") && end - p >= 5 && p[4] == 'e') {
        json_scalar_set(ret_word, JSON_FALSE, 0, 0);
        return p + 5;
    }
    return json_source_fault(source, p, json_scalar_missing);
}

#endif
