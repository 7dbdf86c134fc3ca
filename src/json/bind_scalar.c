/*
 * Each kind has one reader, which stores a good value and reports a bad one.
 */
#include "json/bind_scalar.h"

#include <math.h>

#include "base/usec.h"
#include "base/utf8.h"
#include "json/bind_row.h"
#include "json/bind_say.h"

static double min_of(const struct bind_row *row)
{
    return bind_row_has_min(row) ? row->min : -INFINITY;
}

static double max_of(const struct bind_row *row)
{
    return bind_row_has_max(row) ? row->max : INFINITY;
}

static void fault_beyond(struct binder *binder, str found, bool below, str bound)
{
    bind_fault(binder, STR_F "; must be at %s " STR_F ".", STR_A(found),
               below ? "least" : "most", STR_A(bound));
}

/* Whether a value stands within its bounds; reports a fault when it does not. */
static bool check_range(struct binder *binder, const struct json *value, double min,
                        double max)
{
    double number = json_number(value);
    bool below = number < min;
    if (below || number > max)
        fault_beyond(binder, bind_say_found(binder, value), below,
                     bind_say_number(binder, below ? min : max));
    return !below && number <= max;
}

static void read_bool(struct binder *binder, const struct bind_row *row,
                      const struct json *value, void *field)
{
    if (json_is_bool(value))
        *(bool *)field = value->type == JSON_TRUE;
    else
        bind_say_unwanted(binder, row, value);
}

static void read_uint(struct binder *binder, const struct bind_row *row,
                      const struct json *value, void *field)
{
    uint64_t whole = 0;
    double number = json_number(value);
    double max = fmin(max_of(row), UINT32_MAX);
    if (value->type != JSON_NUMBER || number != floor(number)) {
        bind_say_unwanted(binder, row, value);
        return;
    }
    if (!check_range(binder, value, fmax(min_of(row), 0), max))
        return;
    if (json_to_u64(value, UINT32_MAX, &whole))
        *(uint32_t *)field = (uint32_t)whole;
    else
        bind_say_unwanted(binder, row, value);
}

static void read_number(struct binder *binder, const struct bind_row *row,
                        const struct json *value, void *field)
{
    double number = json_number(value);
    if (value->type != JSON_NUMBER || !isfinite(number))
        bind_say_unwanted(binder, row, value);
    else if (check_range(binder, value, min_of(row), max_of(row)))
        *(double *)field = number;
}

static void read_text(struct binder *binder, const struct bind_row *row,
                      const struct json *value, void *field)
{
    if (value->type != JSON_STRING) {
        bind_say_unwanted(binder, row, value);
        return;
    }
    str text = json_text(value);
    bind_say_count(binder, utf8_count(text), min_of(row), max_of(row), "character");
    *(str *)field = text;
}

static void read_enum(struct binder *binder, const struct bind_row *row,
                      const struct json *value, void *field)
{
    str word = value->type == JSON_STRING ? json_text(value) : STR_NONE;
    for (uint32_t i = 0; row->words[i]; i++)
        if (!str_absent(word) && str_eq(word, str_z(row->words[i]))) {
            *(uint32_t *)field = i;
            return;
        }
    str nearest = bind_nearest(word, row->words);
    if (str_absent(nearest))
        bind_say_unwanted(binder, row, value);
    else
        bind_fault(binder, STR_F "; must be " STR_F "; did you mean \"" STR_F "\"?",
                   STR_A(bind_say_found(binder, value)),
                   STR_A(bind_say_wanted(binder, row)), STR_A(nearest));
}

static void read_duration(struct binder *binder, const struct bind_row *row,
                          const struct json *value, void *field)
{
    usec duration;
    if (value->type != JSON_STRING || !str_to_usec(json_text(value), &duration)) {
        bind_say_unwanted(binder, row, value);
        return;
    }
    double seconds = (double)duration / (double)USEC_S;
    bool below = seconds < min_of(row);
    if (below || seconds > max_of(row)) {
        double bound = below ? row->min : row->max;
        str text = arena_printf(binder->arena, "\"" STR_F "s\"",
                                STR_A(bind_say_number(binder, bound)));
        fault_beyond(binder, bind_say_found(binder, value), below, text);
        return;
    }
    *(usec *)field = duration;
}

static void read_json(struct binder *binder, const struct bind_row *row,
                      const struct json *value, void *field)
{
    (void)binder;
    (void)row;
    *(struct json *)field = *value;
}

/* Reads the items of an array, or the value itself as the only one, into places of
 * `each` bytes. Answers their number, or 0 when there are too many. */
static uint32_t read_each(struct binder *binder, const struct bind_row *row,
                          const struct json *value, size_t each, void **ret_items)
{
    bool many = value->type == JSON_ARRAY;
    bool texts = row->kind == BIND_TEXTS;
    uint32_t n = many ? value->n : 1;
    struct bind_row item = *row;
    bind_say_count(binder, n, 0, BIND_ITEMS_MAX, "item");
    if (n > BIND_ITEMS_MAX)
        return 0;
    if (many)
        item.kind = texts ? BIND_TEXT : BIND_UINT;
    char *items = arena_array(binder->arena, n, each);
    for (uint32_t i = 0; i < n; i++) {
        str before = many ? bind_enter_index(binder, i) : binder->at;
        const struct json *one = many ? &value->u.items[i] : value;
        if (texts)
            read_text(binder, &item, one, items + i * each);
        else
            read_uint(binder, &item, one, items + i * each);
        binder->at = before;
    }
    *ret_items = items;
    return n;
}

static void read_texts(struct binder *binder, const struct bind_row *row,
                       const struct json *value, void *field)
{
    void *items = NULL;
    uint32_t n = read_each(binder, row, value, sizeof(str), &items);
    *(struct bind_texts *)field = (struct bind_texts){items, n};
}

static void read_uints(struct binder *binder, const struct bind_row *row,
                       const struct json *value, void *field)
{
    void *items = NULL;
    uint32_t n = read_each(binder, row, value, sizeof(uint32_t), &items);
    *(struct bind_uints *)field = (struct bind_uints){items, n};
}

void bind_scalar(struct binder *binder, const struct bind_row *row,
                 const struct json *value, void *field)
{
    static void (*const readers[])(struct binder *, const struct bind_row *,
                                   const struct json *, void *) = {
        [BIND_BOOL] = read_bool,     [BIND_UINT] = read_uint,
        [BIND_NUMBER] = read_number, [BIND_TEXT] = read_text,
        [BIND_ENUM] = read_enum,     [BIND_DURATION] = read_duration,
        [BIND_TEXTS] = read_texts,   [BIND_UINTS] = read_uints,
        [BIND_JSON] = read_json,
    };
    CHECK(row->kind < COUNT_OF(readers) && readers[row->kind]);
    readers[row->kind](binder, row, value, field);
}
