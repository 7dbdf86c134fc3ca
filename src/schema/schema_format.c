/* The list of formats, and those that name things inside of JSON and programs: pointers,
 * UUIDs, regular expressions. */
#include "schema/schema_format.h"

#include "base/check.h"
#include "base/encode.h"
#include "json/pointer.h"
#include "regex/regex.h"

static const struct format formats[] = {
#define FORMAT(name, holds, meaning) {STR(name), STR(meaning), holds},
#include "schema/schema_format_list.h"
#undef FORMAT
};

const struct format *format_find(str name)
{
    for (size_t i = 0; i < COUNT_OF(formats); i++)
        if (str_eq(formats[i].name, name))
            return &formats[i];
    return NULL;
}

bool format_json_pointer(str text)
{
    return pointer_valid(text);
}

/* A number without zeros in front, then a pointer or "#" (draft-bhutton-relative-json-
 * pointer-00 §3). */
bool format_relative_json_pointer(str text)
{
    size_t n = 0;
    while (n < text.n && str_is_digit(text.p[n]))
        n++;
    if (n == 0 || (n > 1 && text.p[0] == '0'))
        return false;
    str rest = str_from(text, n);
    return str_eq(rest, STR("#")) || pointer_valid(rest);
}

/* 8-4-4-4-12 hexadecimal digits (RFC 4122 §3) */
bool format_uuid(str text)
{
    if (text.n != 36)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (hyphen ? text.p[i] != '-' : decode_hex_digit(text.p[i]) < 0)
            return false;
    }
    return true;
}

bool format_regex(str text)
{
    struct regex *regex = regex_compile(text, REGEX_UNICODE, NULL);
    bool good = regex != NULL;
    regex_destroy(&regex);
    return good;
}
