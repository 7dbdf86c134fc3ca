#include "regex/regex_text.h"

#include "base/utf8.h"

/* As utf8_size(), but surrogates are characters. */
static size_t size_of(const char *p, size_t n)
{
    size_t size = utf8_size(p, n);
    if (size == 0 && n >= 3 && (unsigned char)p[0] == 0xed && utf8_is_tail(p[1]) &&
        utf8_is_tail(p[2]))
        return 3;
    return size;
}

/* Past ASCII from `at` on, eight bytes a step. */
static size_t skip_ascii(str text, size_t at)
{
    uint64_t eight;
    while (text.n - at >= sizeof(eight)) {
        memcpy(&eight, text.p + at, sizeof(eight));
        if (eight & 0x8080808080808080u)
            break;
        at += sizeof(eight);
    }
    while (at < text.n && !((unsigned char)text.p[at] & 0x80))
        at++;
    return at;
}

bool regex_text_sound(str text)
{
    for (size_t at = skip_ascii(text, 0); at < text.n; at = skip_ascii(text, at)) {
        size_t size = size_of(text.p + at, text.n - at);
        if (size == 0)
            return false;
        at += size;
    }
    return true;
}

void regex_text_mend(str text, char *ret)
{
    size_t size;
    for (size_t at = 0; at < text.n; at += size) {
        size = size_of(text.p + at, text.n - at);
        if (size == 0) {
            ret[at] = 0x1a;
            size = 1;
        } else {
            memcpy(ret + at, text.p + at, size);
        }
    }
}
