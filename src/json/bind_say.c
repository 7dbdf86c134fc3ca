/*
 * A sentence of a fault says first what was found, then what is wanted. A value that may
 * be long is cut, as the sentence is for a person.
 */
#include "json/bind_say.h"

#include <math.h>

#include "base/utf8.h"
#include "json/json_write.h"

enum { SHOWN_MAX = 40 };

str bind_say_quoted(struct binder *binder, str text)
{
    struct buf buf;
    buf_init(&buf, 8 * (size_t)SHOWN_MAX);
    size_t n = text.n;
    if (n > SHOWN_MAX)
        for (n = SHOWN_MAX; n && utf8_is_tail(text.p[n]); n--)
            continue;
    json_write_text(&buf, str_of(text.p, n));
    str shown = buf_peek(&buf);
    str parts[] = {str_of(shown.p, shown.n - 1), n < text.n ? STR("…\"") : STR("\"")};
    str joined = arena_join(binder->arena, parts, COUNT_OF(parts));
    buf_fini(&buf);
    return joined;
}

str bind_say_number(struct binder *binder, double value)
{
    char text[32];
    if (!isfinite(value))
        return STR("a number beyond all bounds");
    return arena_str(binder->arena, str_of(text, json_write_number(value, text)));
}

str bind_say_found(struct binder *binder, const struct json *value)
{
    if (value->type == JSON_STRING)
        return arena_printf(binder->arena, "is the string " STR_F,
                            STR_A(bind_say_quoted(binder, json_text(value))));
    if (value->type == JSON_NUMBER) {
        str numeral = json_text(value);
        bool brief = !str_absent(numeral) && numeral.n <= SHOWN_MAX;
        str text = brief ? numeral : bind_say_number(binder, json_number(value));
        return arena_printf(binder->arena, "is " STR_F, STR_A(text));
    }
    if (json_is_bool(value))
        return value->type == JSON_TRUE ? STR("is true") : STR("is false");
    if (value->type == JSON_NULL)
        return STR("is null");
    if (value->type == JSON_UNDEFINED)
        return STR("is missing");
    return value->type == JSON_ARRAY ? STR("is an array") : STR("is an object");
}

static str name_words(struct binder *binder, const char *const *words)
{
    str text = STR("one of");
    for (; *words; words++)
        text = arena_printf(binder->arena, STR_F " \"%s\"%s", STR_A(text), *words,
                            words[1] ? "," : "");
    return text;
}

str bind_say_wanted(struct binder *binder, const struct bind_row *row)
{
    static const char *const phrases[] = {
        [BIND_BOOL] = "true or false",
        [BIND_UINT] = "a whole number",
        [BIND_NUMBER] = "a number",
        [BIND_TEXT] = "a string",
        [BIND_ENUM] = "one of its words",
        [BIND_DURATION] = "a duration such as \"250ms\", \"30s\" or \"5m\"",
        [BIND_OBJECT] = "an object",
        [BIND_OPTION] = "an object",
        [BIND_LIST] = "an array of objects",
        [BIND_OBJECTS] = "an object or an array of objects",
        [BIND_NAMED] = "an object with one member for each",
        [BIND_TEXTS] = "a string or an array of strings",
        [BIND_UINTS] = "a whole number or an array of whole numbers",
        [BIND_JSON] = "any value",
        [BIND_CUSTOM] = "a value as its schema says",
    };
    if (row->kind == BIND_ENUM)
        return name_words(binder, row->words);
    return str_z(phrases[row->kind]);
}

void bind_say_unwanted(struct binder *binder, const struct bind_row *row,
                       const struct json *value)
{
    bind_fault(binder, STR_F "; wants " STR_F ".", STR_A(bind_say_found(binder, value)),
               STR_A(bind_say_wanted(binder, row)));
}

void bind_say_count(struct binder *binder, size_t count, double min, double max,
                    const char *noun)
{
    bool below = (double)count < min;
    if (below || (double)count > max)
        bind_fault(binder, "has %zu %s%s; must have at %s " STR_F ".", count, noun,
                   count == 1 ? "" : "s", below ? "least" : "most",
                   STR_A(bind_say_number(binder, below ? min : max)));
}
