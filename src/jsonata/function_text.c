/* Built-in functions on strings. An undefined argument makes them undefined. */
#include <math.h>

#include "jsonata/function.h"
#include "picture/text_case.h"
#include "picture/text_code.h"
#include "picture/text_units.h"

static struct json text_value(struct eval *eval, str text)
{
    eval_charge(eval, text.n / 64);
    return json_of_text(text.p ? text : STR(""));
}

struct json builtin_string(struct eval *eval, const struct call_args *args)
{
    if (is_missing(args, 0))
        return eval_nothing();
    bool pretty = arg(args, 1).type == JSON_TRUE;
    return text_value(eval, eval_string(eval, args->items[0], pretty));
}

struct json builtin_length(struct eval *eval, const struct call_args *args)
{
    if (is_missing(args, 0))
        return eval_nothing();
    eval_charge(eval, args->items[0].n / 64);
    return json_of_number((double)text_length(arg_text(args, 0)));
}

struct json builtin_lowercase(struct eval *eval, const struct call_args *args)
{
    if (is_missing(args, 0))
        return eval_nothing();
    return text_value(eval, text_lower(&eval->arena, arg_text(args, 0)));
}

struct json builtin_uppercase(struct eval *eval, const struct call_args *args)
{
    if (is_missing(args, 0))
        return eval_nothing();
    return text_value(eval, text_upper(&eval->arena, arg_text(args, 0)));
}

struct json builtin_trim(struct eval *eval, const struct call_args *args)
{
    if (is_missing(args, 0))
        return eval_nothing();
    return text_value(eval, text_trim(&eval->arena, arg_text(args, 0)));
}

struct json builtin_pad(struct eval *eval, const struct call_args *args)
{
    str text;
    struct jsonata_fault fault = {.code = JSONATA_OK};
    if (is_missing(args, 0))
        return eval_nothing();
    double width = is_missing(args, 1) ? 0 : arg_number(args, 1);
    str with = is_missing(args, 2) ? STR(" ") : arg_text(args, 2);
    if (!text_pad(&eval->arena, arg_text(args, 0), width, with, &text, &fault))
        eval_throw(eval, &fault);
    return text_value(eval, text);
}

struct json builtin_substring(struct eval *eval, const struct call_args *args)
{
    if (is_missing(args, 0))
        return eval_nothing();
    double start = is_missing(args, 1) ? 0 : arg_number(args, 1);
    double length = is_missing(args, 2) ? NAN : arg_number(args, 2);
    if (is_missing(args, 1) && !is_missing(args, 2))
        length = 0; /* from nowhere */
    return text_value(eval, text_substring(arg_text(args, 0), start, length));
}

struct json builtin_substringBefore(struct eval *eval, const struct call_args *args)
{
    if (is_missing(args, 0))
        return eval_nothing();
    str text = arg_text(args, 0);
    if (!is_missing(args, 1))
        text.n = str_find_str(text, arg_text(args, 1));
    return text_value(eval, text);
}

struct json builtin_substringAfter(struct eval *eval, const struct call_args *args)
{
    if (is_missing(args, 0))
        return eval_nothing();
    str text = arg_text(args, 0);
    str mark = is_missing(args, 1) ? STR("undefined") : arg_text(args, 1);
    size_t at = str_find_str(text, mark);
    bool found = at < text.n || mark.n == 0;
    return text_value(eval, found ? str_from(text, at + mark.n) : text);
}

struct json builtin_join(struct eval *eval, const struct call_args *args)
{
    if (is_missing(args, 0))
        return eval_nothing();
    struct json array = args->items[0];
    str with = is_missing(args, 1) ? STR("") : arg_text(args, 1);
    str *parts = arena_array(&eval->arena, array.n * (size_t)2 + 1, sizeof(str));
    size_t n = 0;
    for (uint32_t i = 0; i < array.n; i++) {
        struct json item = eval_item(array, i);
        if (i)
            parts[n++] = with;
        parts[n++] = json_text(&item);
    }
    eval_charge(eval, n / 4);
    str joined = arena_join(&eval->arena, parts, n);
    return text_value(eval, text_rejoin(&eval->arena, joined));
}

/* --- other codes --- */

struct json builtin_base64encode(struct eval *eval, const struct call_args *args)
{
    if (is_missing(args, 0))
        return eval_nothing();
    return text_value(eval, text_base64_of_latin1(&eval->arena, arg_text(args, 0)));
}

struct json builtin_base64decode(struct eval *eval, const struct call_args *args)
{
    if (is_missing(args, 0))
        return eval_nothing();
    return text_value(eval, text_base64_to_latin1(&eval->arena, arg_text(args, 0)));
}

static struct json coded(struct eval *eval, const struct call_args *args,
                         bool (*code)(struct arena *arena, str text, bool component,
                                      str *ret_text),
                         bool component)
{
    str text;
    if (is_missing(args, 0))
        return eval_nothing();
    if (!code(&eval->arena, arg_text(args, 0), component, &text))
        eval_fail_value(eval, JSONATA_D3140, args->items[0]);
    return text_value(eval, text);
}

struct json builtin_encodeUrl(struct eval *eval, const struct call_args *args)
{
    return coded(eval, args, text_url_encode, false);
}

struct json builtin_encodeUrlComponent(struct eval *eval, const struct call_args *args)
{
    return coded(eval, args, text_url_encode, true);
}

struct json builtin_decodeUrl(struct eval *eval, const struct call_args *args)
{
    return coded(eval, args, text_url_decode, false);
}

struct json builtin_decodeUrlComponent(struct eval *eval, const struct call_args *args)
{
    return coded(eval, args, text_url_decode, true);
}
