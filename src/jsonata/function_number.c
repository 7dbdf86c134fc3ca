/* Built-in functions on numbers. An undefined argument makes them undefined. */
#include <math.h>

#include "jsonata/function.h"
#include "picture/number_text.h"
#include "picture/picture_integer.h"
#include "picture/picture_number.h"

struct json builtin_abs(struct eval *eval, const struct call_args *args)
{
    (void)eval;
    return is_missing(args, 0) ? eval_nothing()
                               : json_of_number(fabs(arg_number(args, 0)));
}

struct json builtin_ceil(struct eval *eval, const struct call_args *args)
{
    (void)eval;
    return is_missing(args, 0) ? eval_nothing()
                               : json_of_number(ceil(arg_number(args, 0)));
}

struct json builtin_floor(struct eval *eval, const struct call_args *args)
{
    (void)eval;
    return is_missing(args, 0) ? eval_nothing()
                               : json_of_number(floor(arg_number(args, 0)));
}

struct json builtin_sqrt(struct eval *eval, const struct call_args *args)
{
    if (is_missing(args, 0))
        return eval_nothing();
    if (arg_number(args, 0) < 0)
        eval_fail_value(eval, JSONATA_D3060, args->items[0]);
    return json_of_number(sqrt(arg_number(args, 0)));
}

struct json builtin_power(struct eval *eval, const struct call_args *args)
{
    if (is_missing(args, 0))
        return eval_nothing();
    double exponent = is_missing(args, 1) ? NAN : arg_number(args, 1);
    /* 1 to the power of what is no number is no number here, other than in C */
    double power = isfinite(exponent) ? pow(arg_number(args, 0), exponent) : NAN;
    if (!isfinite(power))
        eval_throw(eval, &(struct jsonata_fault){.code = JSONATA_D3061,
                                                 .value = args->items[0],
                                                 .value2 = arg(args, 1)});
    return json_of_number(power);
}

/* Whole places between −400 and 400 are all there are. */
static int places_of(double places)
{
    if (isnan(places))
        return 0;
    return places > 400 ? 400 : places < -400 ? -400 : (int)places;
}

struct json builtin_round(struct eval *eval, const struct call_args *args)
{
    (void)eval;
    if (is_missing(args, 0))
        return eval_nothing();
    int places = is_missing(args, 1) ? 0 : places_of(arg_number(args, 1));
    return json_of_number(number_round(arg_number(args, 0), places));
}

/* splitmix64 (Steele, Lea, Flood 2014), from the run's seed. */
static double next_random(struct eval *eval)
{
    uint64_t z = eval->seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

struct json builtin_random(struct eval *eval, const struct call_args *args)
{
    (void)args;
    return json_of_number(next_random(eval));
}

struct json builtin_number(struct eval *eval, const struct call_args *args)
{
    double number;
    if (is_missing(args, 0))
        return eval_nothing();
    struct json value = args->items[0];
    if (value.type == JSON_NUMBER)
        return json_of_number(eval_double(value));
    if (json_is_bool(&value))
        return json_of_number(value.type == JSON_TRUE);
    if (value.type != JSON_STRING || !number_text_parse(json_text(&value), &number))
        eval_fail_value(eval, JSONATA_D3030, value);
    return json_of_number(number);
}

/* --- as text, by a picture --- */

struct json builtin_formatNumber(struct eval *eval, const struct call_args *args)
{
    str text;
    struct jsonata_fault fault = {.code = JSONATA_OK};
    if (is_missing(args, 0))
        return eval_nothing();
    str picture = is_missing(args, 1) ? STR("") : arg_text(args, 1);
    const struct json *options = is_missing(args, 2) ? NULL : &args->items[2];
    if (!picture_format_number(&eval->arena, arg_number(args, 0), picture, options, &text,
                               &fault))
        eval_throw(eval, &fault);
    eval_charge(eval, text.n);
    return json_of_text(text);
}

struct json builtin_formatBase(struct eval *eval, const struct call_args *args)
{
    str text;
    struct jsonata_fault fault = {.code = JSONATA_OK};
    if (is_missing(args, 0))
        return eval_nothing();
    double radix = is_missing(args, 1) ? 10 : arg_number(args, 1);
    if (!number_format_base(&eval->arena, arg_number(args, 0), radix, &text, &fault))
        eval_throw(eval, &fault);
    return json_of_text(text);
}

static const struct picture_integer *picture_of(struct eval *eval,
                                                const struct call_args *args)
{
    struct picture_integer *picture;
    struct jsonata_fault fault = {.code = JSONATA_OK};
    str text = is_missing(args, 1) ? STR("") : arg_text(args, 1);
    const struct prepared *prepared = arg_prepared(eval, args, 1);
    if (prepared && prepared->integer)
        return prepared->integer;
    eval_charge(eval, 1 + text.n);
    if (!picture_integer_compile(&eval->arena, text, &picture, &fault))
        eval_throw(eval, &fault);
    return picture;
}

struct json builtin_formatInteger(struct eval *eval, const struct call_args *args)
{
    str text;
    struct jsonata_fault fault = {.code = JSONATA_OK};
    if (is_missing(args, 0))
        return eval_nothing();
    if (!picture_integer_format(&eval->arena, picture_of(eval, args), arg_number(args, 0),
                                &text, &fault))
        eval_throw(eval, &fault);
    eval_charge(eval, text.n);
    return json_of_text(text);
}

struct json builtin_parseInteger(struct eval *eval, const struct call_args *args)
{
    if (is_missing(args, 0))
        return eval_nothing();
    double number =
        picture_integer_parse(&eval->arena, picture_of(eval, args), arg_text(args, 0));
    return json_of_number(number); /* NaN, which JSON writes as null, when it is none */
}
