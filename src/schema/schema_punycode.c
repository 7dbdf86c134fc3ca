/* Names and constants as in RFC 3492 §5 and §6. */
#include "schema/schema_punycode.h"

#include "base/utf8.h"

enum {
    BASE = 36,
    T_MIN = 1,
    T_MAX = 26,
    SKEW = 38,
    DAMP = 700,
    BIAS_FIRST = 72,
    N_FIRST = 128,
    CHARACTER_MAX = 0x10ffff
};

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
    uint32_t k = 0;
    delta = first ? delta / DAMP : delta / 2;
    delta += delta / points;
    for (; delta > ((BASE - T_MIN) * T_MAX) / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static uint32_t threshold(uint32_t k, uint32_t bias)
{
    if (k <= bias + T_MIN)
        return T_MIN;
    return k >= bias + T_MAX ? T_MAX : k - bias;
}

/* BASE when it is no digit. */
static uint32_t digit_of(char c)
{
    if (str_is_digit(c))
        return (uint32_t)(c - '0') + 26;
    char lower = str_lower(c);
    return lower >= 'a' && lower <= 'z' ? (uint32_t)(lower - 'a') : BASE;
}

static char char_of(uint32_t digit)
{
    return (char)(digit < 26 ? 'a' + digit : '0' + (digit - 26));
}

/* A number of variable length: how far to go on. */
static bool take_delta(str *code, uint32_t bias, uint32_t *i)
{
    uint32_t weight = 1;
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t digit = code->n ? digit_of(code->p[0]) : BASE;
        uint32_t step;
        if (digit == BASE || __builtin_mul_overflow(digit, weight, &step) ||
            __builtin_add_overflow(*i, step, i))
            return false;
        *code = str_from(*code, 1);
        uint32_t t = threshold(k, bias);
        if (digit < t)
            return true;
        if (__builtin_mul_overflow(weight, BASE - t, &weight))
            return false;
    }
}

bool punycode_decode(str code, uint32_t *ret_characters, size_t max, size_t *ret_n)
{
    size_t basic = str_find_last(code, '-');
    uint32_t n = N_FIRST, i = 0, bias = BIAS_FIRST;
    size_t count = basic < code.n ? basic : 0;
    if (count > max || !code.n)
        return false;
    for (size_t k = 0; k < count; k++)
        ret_characters[k] = (unsigned char)str_lower(code.p[k]);
    code = basic < code.n ? str_from(code, basic + 1) : code;
    while (code.n) {
        uint32_t before = i;
        uint32_t points = (uint32_t)count + 1;
        if (count == max || !take_delta(&code, bias, &i))
            return false;
        bias = adapt(i - before, points, before == 0);
        if (i / points > CHARACTER_MAX - n)
            return false;
        n += i / points;
        i %= points;
        memmove(ret_characters + i + 1, ret_characters + i,
                (count - i) * sizeof(ret_characters[0]));
        ret_characters[i++] = n;
        count++;
    }
    *ret_n = count;
    return true;
}

struct writer {
    char *p;
    size_t n;
    size_t max;
};

static void put(struct writer *w, char c)
{
    if (w->n < w->max)
        w->p[w->n] = c;
    w->n++;
}

static void put_delta(struct writer *w, uint32_t delta, uint32_t bias)
{
    uint32_t k = BASE;
    for (;; k += BASE) {
        uint32_t t = threshold(k, bias);
        if (delta < t)
            break;
        put(w, char_of(t + (delta - t) % (BASE - t)));
        delta = (delta - t) / (BASE - t);
    }
    put(w, char_of(delta));
}

/* The least character from `from` on. */
static uint32_t least(const uint32_t *characters, size_t n, uint32_t from)
{
    uint32_t found = UINT32_MAX;
    for (size_t i = 0; i < n; i++)
        if (characters[i] >= from && characters[i] < found)
            found = characters[i];
    return found;
}

size_t punycode_encode(const uint32_t *characters, size_t n, char *ret_code, size_t max)
{
    struct writer w = {.p = ret_code, .max = max};
    uint32_t next = N_FIRST, delta = 0, bias = BIAS_FIRST;
    for (size_t i = 0; i < n; i++)
        if (characters[i] < N_FIRST)
            put(&w, (char)characters[i]);
    uint32_t basic = (uint32_t)w.n;
    uint32_t done = basic;
    if (basic)
        put(&w, '-');
    for (; done < n; delta++, next++) {
        uint32_t found = least(characters, n, next);
        delta += (found - next) * (done + 1);
        next = found;
        for (size_t i = 0; i < n; i++) {
            delta += characters[i] < next;
            if (characters[i] != next)
                continue;
            put_delta(&w, delta, bias);
            bias = adapt(delta, done + 1, done == basic);
            delta = 0;
            done++;
        }
    }
    return w.n <= max ? w.n : 0;
}

bool punycode_characters(str text, uint32_t *ret_characters, size_t max, size_t *ret_n)
{
    size_t n = 0;
    for (size_t at = 0; at < text.n;) {
        if (n == max || !utf8_size(text.p + at, text.n - at))
            return false;
        ret_characters[n++] = utf8_next(text, &at);
    }
    *ret_n = n;
    return true;
}
