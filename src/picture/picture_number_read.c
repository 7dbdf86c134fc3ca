/*
 * The rules and their order are those of XPath Functions 3.1 §4.7.3 (syntax) and §4.7.4
 * (analysis). Of several rules that a sub-picture breaks the last is reported, as
 * jsonata-js does.
 */
#include "picture/picture_number_read.h"

#include "base/utf8.h"
#include "json/json_write.h"
#include "picture/raise.h"

/* The parts of one sub-picture, all of them slices of it. */
struct parts {
    struct points all;
    struct points active; /* between prefix and suffix */
    struct points mantissa;
    struct points integer;
    struct points fraction;
    struct points exponent;
    size_t from; /* of the active part */
    bool decimal;
    bool scientific;
};

static bool is_digit(const struct number_symbols *symbols, uint32_t c)
{
    return c >= symbols->zero && c < symbols->zero + 10;
}

static bool is_active(const struct number_symbols *symbols, uint32_t c)
{
    return is_digit(symbols, c) || c == symbols->decimal || c == symbols->grouping ||
           c == symbols->exponent || c == symbols->digit || c == symbols->pattern;
}

static bool is_bound(const struct number_symbols *symbols, uint32_t c)
{
    return is_active(symbols, c) && c != symbols->exponent;
}

static size_t count_digits(const struct number_symbols *symbols,
                           const struct points *points)
{
    size_t n = 0;
    for (size_t i = 0; i < points->n; i++)
        n += is_digit(symbols, points->p[i]);
    return n;
}

/* Of both kinds. */
static size_t count_places(const struct number_symbols *symbols,
                           const struct points *points)
{
    return count_digits(symbols, points) + points_count(points, symbols->digit);
}

/* ---- symbols ----------------------------------------------------------------------- */

/* An option as text: numbers and words as they are written; absent without one. */
static str option_text(struct arena *arena, const struct json *options, const char *name)
{
    const struct json *value = options ? json_member(options, str_z(name)) : NULL;
    if (!value || json_is(value, JSON_STRING))
        return value ? json_text(value) : STR_NONE;
    struct buf buf;
    buf_init(&buf, 64);
    json_write(&buf, value, JSON_COMPACT);
    return arena_take(arena, &buf);
}

static uint32_t option_symbol(str text, uint32_t otherwise)
{
    size_t at = 0;
    uint32_t c = text.n ? utf8_next(text, &at) : 0;
    return text.n && at == text.n ? c : otherwise;
}

void number_symbols_init(struct number_symbols *symbols, struct arena *arena,
                         const struct json *options)
{
    struct {
        const char *name;
        uint32_t *symbol;
        uint32_t otherwise;
    } rows[] = {
        {"decimal-separator", &symbols->decimal, '.'},
        {"grouping-separator", &symbols->grouping, ','},
        {"exponent-separator", &symbols->exponent, 'e'},
        {"zero-digit", &symbols->zero, '0'},
        {"digit", &symbols->digit, '#'},
        {"pattern-separator", &symbols->pattern, ';'},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        *rows[i].symbol =
            option_symbol(option_text(arena, options, rows[i].name), rows[i].otherwise);
    str minus = option_text(arena, options, "minus-sign");
    str percent = option_text(arena, options, "percent");
    str per_mille = option_text(arena, options, "per-mille");
    symbols->minus = str_absent(minus) ? STR("-") : minus;
    symbols->percent = str_absent(percent) ? STR("%") : percent;
    symbols->per_mille = str_absent(per_mille) ? STR("‰") : per_mille;
}

/* ---- taking apart ------------------------------------------------------------------ */

/* An exponent separator at the very end makes an exponent too, one without digits. */
static void split_exponent(struct parts *parts, size_t from,
                           const struct number_symbols *symbols)
{
    const struct points *active = &parts->active;
    size_t at = points_find(&parts->all, symbols->exponent, from);
    parts->scientific = at < parts->all.n && at - from <= active->n;
    size_t cut = parts->scientific ? at - from : active->n;
    parts->mantissa = points_slice(active, 0, cut);
    parts->exponent =
        points_slice(active, cut < active->n ? cut + 1 : active->n, active->n);
}

/* Prefix and suffix end at the outermost active characters but exponent separators.
 * Without any, all of it is taken for active, which no rule allows. */
static struct parts split(const struct points *all, const struct number_symbols *symbols)
{
    struct parts parts = {.all = *all};
    size_t end = all->n;
    while (parts.from < end && !is_bound(symbols, all->p[parts.from]))
        parts.from++;
    while (end > parts.from && !is_bound(symbols, all->p[end - 1]))
        end--;
    if (parts.from == end) {
        parts.from = 0;
        end = all->n;
    }
    parts.active = points_slice(all, parts.from, end);
    split_exponent(&parts, parts.from, symbols);
    const struct points *mantissa = &parts.mantissa;
    size_t decimal = points_find(mantissa, symbols->decimal, 0);
    parts.decimal = decimal < mantissa->n;
    decimal = parts.decimal ? decimal : mantissa->n;
    parts.integer = points_slice(mantissa, 0, decimal);
    parts.fraction = points_slice(mantissa, decimal + parts.decimal, mantissa->n);
    return parts;
}

/* ---- rules ------------------------------------------------------------------------- */

static bool is_twice(const struct points *points, str text)
{
    size_t first = text.n ? points_find_text(points, text, 0) : points->n;
    return first < points->n && points_find_text(points, text, first + 1) < points->n;
}

static bool has(const struct points *points, str text)
{
    return text.n && points_find_text(points, text, 0) < points->n;
}

static bool has_passive(const struct parts *parts, const struct number_symbols *symbols)
{
    for (size_t i = 0; i < parts->active.n; i++)
        if (!is_active(symbols, parts->active.p[i]))
            return true;
    return false;
}

/* The fault of the grouping separators, or JSONATA_OK. */
static enum jsonata_code check_groups(const struct parts *parts,
                                      const struct number_symbols *symbols)
{
    const struct points *all = &parts->all;
    const struct points *integer = &parts->integer;
    const struct points *fraction = &parts->fraction;
    uint32_t c = symbols->grouping;
    for (size_t i = 1; i < all->n; i++)
        if (all->p[i - 1] == c && all->p[i] == c)
            return JSONATA_D3089;
    bool ends = integer->n && integer->p[integer->n - 1] == c;
    if (parts->decimal && (ends || (fraction->n && fraction->p[0] == c)))
        return JSONATA_D3087;
    return ends && !parts->decimal ? JSONATA_D3088 : JSONATA_OK;
}

/* Optional digits stand at the outer ends of both parts. */
static enum jsonata_code check_order(const struct parts *parts,
                                     const struct number_symbols *symbols)
{
    const struct points *fraction = &parts->fraction;
    size_t first = points_find(&parts->integer, symbols->digit, 0);
    struct points before = points_slice(&parts->integer, 0, first);
    size_t last = 0;
    for (size_t i = 0; i < fraction->n; i++)
        if (fraction->p[i] == symbols->digit)
            last = i + 1;
    struct points behind = points_slice(fraction, last, fraction->n);
    if (last && count_digits(symbols, &behind))
        return JSONATA_D3091;
    return first < parts->integer.n && count_digits(symbols, &before) ? JSONATA_D3090
                                                                      : JSONATA_OK;
}

static enum jsonata_code check_exponent(const struct parts *parts,
                                        const struct number_symbols *symbols)
{
    size_t n = parts->exponent.n;
    if (parts->scientific && (!n || count_digits(symbols, &parts->exponent) < n))
        return JSONATA_D3093;
    bool scaled =
        has(&parts->all, symbols->percent) || has(&parts->all, symbols->per_mille);
    return parts->scientific && scaled ? JSONATA_D3092 : JSONATA_OK;
}

static enum jsonata_code check_signs(const struct parts *parts,
                                     const struct number_symbols *symbols)
{
    if (has(&parts->all, symbols->percent) && has(&parts->all, symbols->per_mille))
        return JSONATA_D3084;
    if (is_twice(&parts->all, symbols->per_mille))
        return JSONATA_D3083;
    if (is_twice(&parts->all, symbols->percent))
        return JSONATA_D3082;
    return points_count(&parts->all, symbols->decimal) > 1 ? JSONATA_D3081 : JSONATA_OK;
}

static enum jsonata_code check(const struct parts *parts,
                               const struct number_symbols *symbols)
{
    enum jsonata_code code = check_exponent(parts, symbols);
    if (!code)
        code = check_order(parts, symbols);
    if (!code)
        code = check_groups(parts, symbols);
    if (!code && has_passive(parts, symbols))
        code = JSONATA_D3086;
    if (!code && !count_places(symbols, &parts->mantissa))
        code = JSONATA_D3085;
    return code ? code : check_signs(parts, symbols);
}

/* ---- analysis ---------------------------------------------------------------------- */

/* How many digits stand between each separator of a part and the decimal separator. */
static const size_t *read_groups(const struct points *part, bool is_integer,
                                 const struct number_symbols *symbols, size_t *ret_n)
{
    size_t n = points_count(part, symbols->grouping);
    size_t *groups = arena_array(part->arena, n, sizeof(*groups));
    size_t all = count_places(symbols, part);
    size_t digits = 0;
    *ret_n = 0;
    for (size_t i = 0; i < part->n && *ret_n < n; i++) {
        if (part->p[i] == symbols->grouping)
            groups[(*ret_n)++] = is_integer ? all - digits : digits;
        else
            digits++;
    }
    return groups;
}

static size_t greatest_divisor(size_t a, size_t b)
{
    return b ? greatest_divisor(b, a % b) : a;
}

static size_t regular(const size_t *groups, size_t n)
{
    size_t distance = 0;
    for (size_t i = 0; i < n; i++)
        distance = greatest_divisor(groups[i], distance);
    for (size_t i = 0; i < n; i++)
        if (groups[i] != (n - i) * distance)
            return 0;
    return distance;
}

/* At least one digit is written, whatever the picture (§4.7.4). */
static void widen(struct number_picture *picture, bool optional)
{
    if (!picture->integer_min && !picture->fraction_max) {
        if (picture->scientific)
            picture->fraction_min = picture->fraction_max = 1;
        else
            picture->integer_min = 1;
    }
    if (picture->scientific && !picture->integer_min && optional)
        picture->integer_min = 1;
    if (!picture->integer_min && !picture->fraction_min)
        picture->fraction_min = 1;
}

static void analyse(const struct parts *parts, const struct number_symbols *symbols,
                    struct number_picture *ret)
{
    size_t end = parts->from + parts->active.n;
    ret->prefix = points_slice(&parts->all, 0, parts->from);
    ret->suffix = points_slice(&parts->all, end, parts->all.n);
    ret->percent = has(&parts->all, symbols->percent);
    ret->per_mille = has(&parts->all, symbols->per_mille);
    ret->scientific = parts->scientific;
    ret->integer_min = count_digits(symbols, &parts->integer);
    ret->scale = ret->integer_min;
    ret->fraction_min = count_digits(symbols, &parts->fraction);
    ret->fraction_max = count_places(symbols, &parts->fraction);
    ret->exponent_min = count_digits(symbols, &parts->exponent);
    ret->integer_groups =
        read_groups(&parts->integer, true, symbols, &ret->integer_groups_n);
    ret->integer_regular = regular(ret->integer_groups, ret->integer_groups_n);
    ret->fraction_groups =
        read_groups(&parts->fraction, false, symbols, &ret->fraction_groups_n);
    widen(ret, points_count(&parts->integer, symbols->digit) > 0);
}

bool picture_number_read(struct arena *arena, str picture, double value,
                         const struct number_symbols *symbols,
                         struct number_picture *ret_picture,
                         struct jsonata_fault *ret_fault)
{
    struct points all = points_of(arena, picture);
    if (all.full)
        return points_full(ret_fault);
    size_t count = points_count(&all, symbols->pattern) + 1;
    if (count > 2)
        return raise_code(ret_fault, JSONATA_D3080);
    size_t from = 0;
    for (size_t i = 0; i < count; i++) {
        size_t end = points_find(&all, symbols->pattern, from);
        struct points one = points_slice(&all, from, end);
        struct parts parts = split(&one, symbols);
        enum jsonata_code code = check(&parts, symbols);
        if (code)
            return raise_code(ret_fault, code);
        if (i == 0 || value < 0)
            analyse(&parts, symbols, ret_picture);
        from = end + 1;
    }
    ret_picture->negative = count > 1 && value < 0;
    return true;
}
