/* Built-in functions on dates and times: milliseconds since 1970 and their texts. */
#include "base/calendar.h"
#include "jsonata/function.h"
#include "picture/iso_date.h"
#include "picture/picture_date.h"

static const struct picture_date *picture_of(struct eval *eval,
                                             const struct call_args *args, uint32_t i)
{
    struct picture_date *picture;
    struct jsonata_fault fault = {.code = JSONATA_OK};
    if (is_missing(args, i))
        return NULL;
    const struct prepared *prepared = arg_prepared(eval, args, i);
    if (prepared && prepared->date)
        return prepared->date;
    str text = arg_text(args, i);
    eval_charge(eval, 1 + text.n);
    if (!picture_date_compile(&eval->arena, text, &picture, &fault))
        eval_throw(eval, &fault);
    return picture;
}

static struct json formatted(struct eval *eval, double millis,
                             const struct call_args *args, uint32_t i)
{
    str text;
    struct jsonata_fault fault = {.code = JSONATA_OK};
    str zone = is_missing(args, i + 1) ? STR_NONE : arg_text(args, i + 1);
    if (is_missing(args, i) && str_absent(zone) && calendar_is_usual(millis))
        return json_of_text(iso_date_text(&eval->arena, millis));
    if (!picture_date_format(&eval->arena, picture_of(eval, args, i), millis, zone, &text,
                             &fault))
        eval_throw(eval, &fault);
    eval_charge(eval, text.n / 8);
    return json_of_text(text);
}

struct json builtin_fromMillis(struct eval *eval, const struct call_args *args)
{
    if (is_missing(args, 0))
        return eval_nothing();
    return formatted(eval, arg_number(args, 0), args, 1);
}

struct json builtin_now(struct eval *eval, const struct call_args *args)
{
    return formatted(eval, eval->order->now_ms, args, 0);
}

struct json builtin_millis(struct eval *eval, const struct call_args *args)
{
    (void)args;
    return json_of_number(eval->order->now_ms);
}

struct json builtin_toMillis(struct eval *eval, const struct call_args *args)
{
    double millis;
    struct date_reading reading;
    struct jsonata_fault fault = {.code = JSONATA_OK};
    if (is_missing(args, 0))
        return eval_nothing();
    if (is_missing(args, 1)) {
        if (!iso_date_parse(arg_text(args, 0), &millis))
            eval_fail_value(eval, JSONATA_D3110, args->items[0]);
        return json_of_number(millis);
    }
    if (!picture_date_parse(&eval->arena, picture_of(eval, args, 1), arg_text(args, 0),
                            eval->order->now_ms, &reading, &fault))
        eval_throw(eval, &fault);
    return reading.matched ? json_of_number(reading.millis) : eval_nothing();
}
