/*
 * The first byte says what is asked, eight more are a number; the rest is a picture and,
 * behind a line feed, a text. What is written must be well-formed, and what was written
 * as a plain integer is read again as the same.
 */
#include <math.h>

#include "base/check.h"
#include "base/utf8.h"
#include "picture/iso_date.h"
#include "picture/number_text.h"
#include "picture/picture_date.h"
#include "picture/picture_integer.h"
#include "picture/picture_number.h"
#include "picture/text_case.h"
#include "picture/text_code.h"
#include "picture/text_units.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* One input, taken apart. */
struct question {
    struct arena *arena;
    double value;
    str picture;
    str text;
};

/* Well-formed WTF-8 of the bytes: what is not ASCII becomes a character of its own. */
static str as_text(struct arena *arena, str bytes)
{
    char *p = arena_bytes(arena, bytes.n * 2);
    size_t n = 0;
    for (size_t i = 0; i < bytes.n; i++)
        n += utf8_put(p + n, (unsigned char)bytes.p[i]);
    return str_of(p, n);
}

static void check_text(str text)
{
    size_t points = 0;
    for (size_t at = 0; at < text.n; points++)
        CHECK(utf8_next(text, &at) <= 0x10ffff);
    CHECK(points == text_length(text));
}

static void ask_number(const struct question *q)
{
    struct jsonata_fault fault = {0};
    str text;
    if (picture_format_number(q->arena, q->value, q->picture, NULL, &text, &fault))
        check_text(text);
    else
        CHECK(fault.code != JSONATA_OK);
}

static void ask_integer(const struct question *q)
{
    struct jsonata_fault fault = {0};
    struct picture_integer *picture;
    str text;
    if (!picture_integer_compile(q->arena, q->picture, &picture, &fault)) {
        CHECK(fault.code != JSONATA_OK);
        return;
    }
    picture_integer_parse(q->arena, picture, q->text);
    if (!picture_integer_format(q->arena, picture, q->value, &text, &fault))
        return;
    check_text(text);
    double read = picture_integer_parse(q->arena, picture, text);
    if (picture->style == INTEGER_DIGITS && !picture->separators_n && !picture->ordinal)
        CHECK(read == floor(q->value));
}

static void ask_date(const struct question *q)
{
    struct jsonata_fault fault = {0};
    struct date_reading reading;
    struct picture_date *picture;
    str text;
    double millis;
    iso_date_parse(q->text, &millis);
    if (!picture_date_compile(q->arena, q->picture, &picture, &fault))
        return;
    if (picture_date_parse(q->arena, picture, q->text, 1.7e12, &reading, &fault) &&
        reading.matched && isfinite(reading.millis))
        picture_date_format(q->arena, NULL, reading.millis, STR_NONE, &text, &fault);
    if (picture_date_format(q->arena, picture, q->value, q->text, &text, &fault))
        check_text(text);
    if (picture_date_format(q->arena, picture, q->value, STR_NONE, &text, &fault)) {
        check_text(text);
        picture_date_parse(q->arena, picture, text, 1.7e12, &reading, &fault);
    }
}

static void ask_text(const struct question *q)
{
    struct jsonata_fault fault = {0};
    str text = q->text;
    str other;
    double number;
    char room[32];
    check_text(text_upper(q->arena, text));
    check_text(text_lower(q->arena, text));
    check_text(text_trim(q->arena, text));
    check_text(text_substring(text, q->value, fmod(q->value, 7)));
    check_text(text_base64_to_latin1(q->arena, text));
    CHECK(text_url_encode(q->arena, text, true, &other));
    CHECK(text_url_decode(q->arena, other, true, &other) && str_eq(other, text));
    CHECK(text_compare(text, q->picture) == -text_compare(q->picture, text));
    text_url_decode(q->arena, text, false, &other);
    if (text_pad(q->arena, text, fmod(q->value, 1000), q->picture, &other, &fault))
        check_text(other);
    CHECK(number_text_15(q->value, room) <= 25);
    CHECK(number_text_parse(str_of(room, number_text_15(q->value, room)), &number));
    number_text_parse(text, &number);
    number_round(q->value, (int)fmod(q->value, 30));
    number_format_base(q->arena, q->value, fmod(q->value, 40), &other, &fault);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static void (*const asks[])(const struct question *) = {ask_number, ask_integer,
                                                            ask_date, ask_text};
    struct question q;
    struct arena arena;
    str rest = str_of((const char *)bytes, n);
    if (n < 1 + sizeof(q.value))
        return 0;
    memcpy(&q.value, bytes + 1, sizeof(q.value));
    q.value = isfinite(q.value) ? q.value : 0;
    rest = str_from(rest, 1 + sizeof(q.value));
    arena_init(&arena, 4096, (size_t)1 << 30);
    q.arena = &arena;
    size_t line = str_find(rest, '\n');
    q.picture = as_text(&arena, str_of(rest.p, line));
    q.text = line < rest.n ? as_text(&arena, str_from(rest, line + 1)) : STR("");
    asks[bytes[0] % COUNT_OF(asks)](&q);
    arena_fini(&arena);
    return 0;
}
