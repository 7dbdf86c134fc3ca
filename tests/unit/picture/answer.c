#include "answer.h"

#include <math.h>

#include "picture/iso_date.h"
#include "picture/number_text.h"
#include "picture/picture_date.h"
#include "picture/picture_integer.h"
#include "picture/picture_number.h"
#include "picture/text_case.h"
#include "picture/text_code.h"
#include "picture/text_units.h"

/* One call: its arguments, and what comes of it. */
struct call {
    struct arena *arena;
    const struct json *args;
    struct json value;
    struct jsonata_fault fault;
};

static const struct json *arg(const struct call *call, uint32_t i)
{
    return i < call->args->n ? &call->args->u.items[i] : NULL;
}

static str text_arg(const struct call *call, uint32_t i)
{
    return arg(call, i) ? json_text(arg(call, i)) : STR_NONE;
}

static double number_arg(const struct call *call, uint32_t i, double otherwise)
{
    return arg(call, i) ? json_number(arg(call, i)) : otherwise;
}

static bool give_text(struct call *call, str text)
{
    call->value = json_of_text(arena_str(call->arena, text));
    return true;
}

static bool give_number(struct call *call, double value)
{
    call->value = isfinite(value) ? json_of_number(value) : json_of_null();
    return true;
}

static bool fail(struct call *call, enum jsonata_code code)
{
    call->fault.code = code;
    return false;
}

static bool call_format_number(struct call *call)
{
    str text;
    return picture_format_number(call->arena, number_arg(call, 0, 0), text_arg(call, 1),
                                 arg(call, 2), &text, &call->fault) &&
           give_text(call, text);
}

static bool call_format_integer(struct call *call)
{
    struct picture_integer *picture;
    str text;
    return picture_integer_compile(call->arena, text_arg(call, 1), &picture,
                                   &call->fault) &&
           picture_integer_format(call->arena, picture, number_arg(call, 0, 0), &text,
                                  &call->fault) &&
           give_text(call, text);
}

static bool call_parse_integer(struct call *call)
{
    struct picture_integer *picture;
    return picture_integer_compile(call->arena, text_arg(call, 1), &picture,
                                   &call->fault) &&
           give_number(call,
                       picture_integer_parse(call->arena, picture, text_arg(call, 0)));
}

static bool call_from_millis(struct call *call)
{
    struct picture_date *picture = NULL;
    str text;
    if (arg(call, 1) &&
        !picture_date_compile(call->arena, text_arg(call, 1), &picture, &call->fault))
        return false;
    return picture_date_format(call->arena, picture, number_arg(call, 0, 0),
                               text_arg(call, 2), &text, &call->fault) &&
           give_text(call, text);
}

static bool call_to_millis(struct call *call)
{
    struct picture_date *picture;
    struct date_reading reading;
    double millis;
    if (!arg(call, 1))
        return iso_date_parse(text_arg(call, 0), &millis) ? give_number(call, millis)
                                                          : fail(call, JSONATA_D3110);
    return picture_date_compile(call->arena, text_arg(call, 1), &picture, &call->fault) &&
           picture_date_parse(call->arena, picture, text_arg(call, 0),
                              ANSWER_NOW * 1000.0, &reading, &call->fault) &&
           (!reading.matched || give_number(call, reading.millis));
}

static bool call_string(struct call *call)
{
    char text[32];
    return give_text(call, str_of(text, number_text_15(number_arg(call, 0, 0), text)));
}

static bool call_number(struct call *call)
{
    double value;
    return number_text_parse(text_arg(call, 0), &value) ? give_number(call, value)
                                                        : fail(call, JSONATA_D3030);
}

static bool call_round(struct call *call)
{
    return give_number(call,
                       number_round(number_arg(call, 0, 0), (int)number_arg(call, 1, 0)));
}

static bool call_format_base(struct call *call)
{
    str text;
    return number_format_base(call->arena, number_arg(call, 0, 0),
                              number_arg(call, 1, 10), &text, &call->fault) &&
           give_text(call, text);
}

static bool call_uppercase(struct call *call)
{
    return give_text(call, text_upper(call->arena, text_arg(call, 0)));
}

static bool call_lowercase(struct call *call)
{
    return give_text(call, text_lower(call->arena, text_arg(call, 0)));
}

static bool call_length(struct call *call)
{
    return give_number(call, (double)text_length(text_arg(call, 0)));
}

static bool call_substring(struct call *call)
{
    return give_text(call, text_substring(text_arg(call, 0), number_arg(call, 1, 0),
                                          number_arg(call, 2, NAN)));
}

static bool call_trim(struct call *call)
{
    return give_text(call, text_trim(call->arena, text_arg(call, 0)));
}

static bool call_pad(struct call *call)
{
    str text;
    return text_pad(call->arena, text_arg(call, 0), number_arg(call, 1, 0),
                    text_arg(call, 2), &text, &call->fault) &&
           give_text(call, text);
}

static bool call_join(struct call *call)
{
    return give_text(call, text_join(call->arena, text_arg(call, 0), text_arg(call, 1)));
}

static bool call_split(struct call *call)
{
    size_t n;
    size_t max = (size_t)number_arg(call, 1, 1e9);
    const str *units = text_split_units(call->arena, text_arg(call, 0), max, &n);
    struct json_build build;
    json_build_init(&build, call->arena);
    for (size_t i = 0; i < n; i++)
        json_build_item(&build, json_of_text(units[i]));
    call->value = json_build_array(&build);
    return true;
}

static bool call_compare(struct call *call)
{
    return give_number(call, text_compare(text_arg(call, 0), text_arg(call, 1)));
}

static bool call_base64encode(struct call *call)
{
    return give_text(call, text_base64_of_latin1(call->arena, text_arg(call, 0)));
}

static bool call_base64decode(struct call *call)
{
    return give_text(call, text_base64_to_latin1(call->arena, text_arg(call, 0)));
}

static bool encode(struct call *call, bool component)
{
    str text;
    return text_url_encode(call->arena, text_arg(call, 0), component, &text)
               ? give_text(call, text)
               : fail(call, JSONATA_D3140);
}

static bool decode(struct call *call, bool component)
{
    str text;
    return text_url_decode(call->arena, text_arg(call, 0), component, &text)
               ? give_text(call, text)
               : fail(call, JSONATA_D3140);
}

static bool call_encode_url(struct call *call)
{
    return encode(call, false);
}

static bool call_encode_url_component(struct call *call)
{
    return encode(call, true);
}

static bool call_decode_url(struct call *call)
{
    return decode(call, false);
}

static bool call_decode_url_component(struct call *call)
{
    return decode(call, true);
}

static const struct {
    const char *name;
    bool (*run)(struct call *call);
} calls[] = {
    {"formatNumber", call_format_number},
    {"formatInteger", call_format_integer},
    {"parseInteger", call_parse_integer},
    {"fromMillis", call_from_millis},
    {"toMillis", call_to_millis},
    {"string", call_string},
    {"number", call_number},
    {"round", call_round},
    {"formatBase", call_format_base},
    {"uppercase", call_uppercase},
    {"lowercase", call_lowercase},
    {"length", call_length},
    {"substring", call_substring},
    {"trim", call_trim},
    {"pad", call_pad},
    {"join", call_join},
    {"split", call_split},
    {"compare", call_compare},
    {"base64encode", call_base64encode},
    {"base64decode", call_base64decode},
    {"encodeUrl", call_encode_url},
    {"encodeUrlComponent", call_encode_url_component},
    {"decodeUrl", call_decode_url},
    {"decodeUrlComponent", call_decode_url_component},
};

struct json answer(struct arena *arena, str name, const struct json *args)
{
    struct call call = {.arena = arena, .args = args};
    struct json_build build;
    json_build_init(&build, arena);
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        if (!str_eq(str_z(calls[i].name), name))
            continue;
        if (!calls[i].run(&call))
            json_build_member(&build, STR("code"),
                              json_of_text(jsonata_code_name(call.fault.code)));
        else if (json_is(&call.value, JSON_UNDEFINED))
            json_build_member(&build, STR("none"), json_of_bool(true));
        else
            json_build_member(&build, STR("is"), call.value);
    }
    return json_build_object(&build);
}
