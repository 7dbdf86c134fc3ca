/*
 * A fault of an expression as a person reads it:
 *
 *   T2001: the left side of "+" must be a number
 *     2 | $price + tax
 *       |        ^
 *     it was "ten"
 */
#include "base/utf8.h"
#include "cli/cli_eval.h"
#include "cli/cli_paint.h"
#include "cli/cli_table.h"
#include "json/json_place.h"

enum { NUMBER_WIDTH = 4, LINE_BYTES_MAX = 400, VALUE_BYTES_MAX = 400 };

struct place {
    str line;
    uint32_t number; /* from 1 */
    size_t from;     /* bytes of the line before what is marked */
    size_t n;        /* bytes that are marked */
};

static bool mark_if(struct place *place, str before, str token)
{
    bool good = token.n && str_ends(before, token);
    if (good) {
        place->n = token.n;
        place->from = before.n - token.n;
    }
    return good;
}

/* A fault's position is where its token ends; of a call, behind the parenthesis. */
static void mark_token(struct place *place, str before, str token)
{
    if (mark_if(place, before, token) ||
        (str_ends(before, STR("(")) &&
         mark_if(place, str_of(before.p, before.n - 1), token)))
        return;
    place->n = before.n ? 1 : 0;
    while (place->n < before.n && utf8_is_tail(before.p[before.n - place->n]))
        place->n++;
    place->from = before.n - place->n;
}

static struct place place_of(str source, const struct jsonata_fault *fault)
{
    struct place place;
    size_t end = fault->position < source.n ? fault->position : source.n;
    str above = str_of(source.p, end ? end - 1 : 0); /* a line holds its line feed */
    size_t feed = str_find_last(above, '\n');
    size_t begin = feed < above.n ? feed + 1 : 0;
    place.number = json_place_of(source, above.n).line;
    place.line = str_from(source, begin);
    place.line.n = str_find(place.line, '\n');
    mark_token(&place, str_of(source.p + begin, end - begin), fault->token);
    return place;
}

static void put_marks(struct buf *buf, const struct place *place, bool colour)
{
    size_t blanks = utf8_count(str_of(place->line.p, place->from));
    size_t marks = utf8_count(str_of(place->line.p + place->from, place->n));
    buf_printf(buf, "%*s | %*s", NUMBER_WIDTH, "", (int)blanks, "");
    if (colour)
        paint_begin(buf, PAINT_WRONG);
    for (size_t i = 0; i < marks; i++)
        buf_char(buf, '^');
    if (colour)
        paint_end(buf);
    buf_char(buf, '\n');
}

static void put_place(struct buf *buf, const struct evaluation *evaluation, bool colour)
{
    struct place place = place_of(evaluation->expression, &evaluation->fault);
    if (evaluation->fault.position == 0 || place.line.n > LINE_BYTES_MAX)
        return;
    buf_printf(buf, "%*u | ", NUMBER_WIDTH, place.number);
    table_text(buf, place.line);
    buf_char(buf, '\n');
    put_marks(buf, &place, colour);
}

/* What the fault is about, unless its sentence says it. */
static void put_about(struct buf *buf, const struct json *value, str sentence)
{
    struct buf text;
    if (value->type == JSON_UNDEFINED || value->type >= JSON_TYPE_COUNT)
        return;
    buf_init(&text, VALUE_BYTES_MAX);
    json_write(&text, value, JSON_COMPACT);
    bool said = buf_ok(&text) && str_find_str(sentence, buf_peek(&text)) < sentence.n;
    if (!said) {
        str about = buf_ok(&text) ? buf_peek(&text) : json_type_name(value);
        buf_printf(buf, "%*s   it was ", NUMBER_WIDTH, "");
        table_text(buf, about);
        buf_str(buf, buf_ok(&text) ? STR("\n") : STR(", a long one\n"));
    }
    buf_fini(&text);
}

void evaluation_put_fault(struct buf *buf, const struct evaluation *evaluation,
                          bool colour)
{
    const struct jsonata_fault *fault = &evaluation->fault;
    str sentence = jsonata_fault_text(evaluation->arena, fault);
    if (colour)
        paint_begin(buf, PAINT_WRONG);
    buf_str(buf, jsonata_code_name(fault->code));
    if (colour)
        paint_end(buf);
    buf_str(buf, STR(": "));
    table_text(buf, sentence);
    buf_char(buf, '\n');
    put_place(buf, evaluation, colour);
    put_about(buf, &fault->value, sentence);
}
