/*
 * A text that is known to be good needs no grammar: a value is passed over by counting
 * brackets outside of strings.
 */
#include "json/json_place.h"

#include "base/utf8.h"
#include "json/json_parse.h"

struct json_place json_place_of(str text, size_t offset)
{
    struct json_place place = {offset, 1, 1};
    for (size_t i = 0; i < offset; i++) {
        if (text.p[i] == '\n') {
            place.line++;
            place.column = 1;
        } else {
            place.column += !utf8_is_tail(text.p[i]);
        }
    }
    return place;
}

static const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && strchr(" \t\r\n", *p))
        p++;
    return p;
}

/* From a quote to behind the one that closes. */
static const char *skip_string(const char *p, const char *end)
{
    for (p++; p < end && *p != '"'; p++)
        p += *p == '\\';
    return p < end ? p + 1 : end;
}

/* From the first character of a value to the comma or bracket behind it. */
static const char *skip_value(const char *p, const char *end)
{
    size_t depth = 0;
    while (p < end) {
        if (*p == '"') {
            p = skip_string(p, end);
            continue;
        }
        bool opens = *p == '{' || *p == '[';
        bool closes = *p == '}' || *p == ']';
        if (depth == 0 && (closes || *p == ','))
            return p;
        depth = depth + opens - closes;
        p++;
    }
    return p;
}

/* Whether the string literal that begins at `p` is `name`. */
static bool is_named(struct arena *arena, const char *p, const char *end, str name)
{
    struct json key;
    str literal = str_of(p, (size_t)(skip_string(p, end) - p));
    return json_parse(arena, literal, NULL, &key, NULL) && str_eq(json_text(&key), name);
}

static const char *find_member(struct arena *arena, const char *p, const char *end,
                               str name)
{
    const char *found = NULL;
    p = skip_blanks(p + 1, end);
    while (p < end && *p == '"') {
        const char *colon = skip_blanks(skip_string(p, end), end);
        const char *value = skip_blanks(colon + (colon < end), end);
        if (is_named(arena, p, end, name))
            found = value;
        p = skip_value(value, end);
        if (p < end && *p == ',')
            p = skip_blanks(p + 1, end);
    }
    return found;
}

static const char *find_item(const char *p, const char *end, int64_t index)
{
    p = skip_blanks(p + 1, end);
    for (; index > 0 && p < end && *p != ']'; index--) {
        p = skip_value(p, end);
        if (p == end || *p == ']')
            return NULL;
        p = skip_blanks(p + 1, end);
    }
    return index == 0 && p < end && *p != ']' ? p : NULL;
}

bool json_place_find(struct arena *arena, str text, const struct pointer *pointer,
                     struct json_place *ret_place)
{
    const char *end = text.p + text.n;
    const char *p = skip_blanks(text.p, end);
    for (uint32_t i = 0; i < pointer->n && p; i++) {
        if (p < end && *p == '{')
            p = find_member(arena, p, end, pointer->tokens[i].name);
        else if (p < end && *p == '[')
            p = find_item(p, end, pointer->tokens[i].index);
        else
            p = NULL;
    }
    if (!p || p >= end)
        return false;
    *ret_place = json_place_of(text, (size_t)(p - text.p));
    return true;
}
