/*
 * Regular expressions as functions: a matcher takes a text and gives a match object
 * {match, start, end, groups, next}, where `next` is a function that gives the next one.
 * Matchers may be written in the language too. For those that are regular expressions the
 * functions below go from match to match without making the objects.
 *
 * Offsets in match objects count UTF-16 units, as JavaScript does; inside, bytes.
 */
#include <math.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "jsonata/function.h"
#include "picture/text_units.h"
#include "regex/regex.h"

enum { REPLACED_BYTES_MAX = 64 << 20 };

/* --- match objects --- */

static struct json group_of(const struct regex_match *match, str text, uint32_t i)
{
    struct regex_span span = match->spans[i];
    if (span.from > span.to)
        return eval_nothing();
    return json_of_text(str_of(text.p + span.from, span.to - span.from));
}

static struct json groups_of(struct eval *eval, const struct regex_match *match, str text)
{
    uint32_t base = eval->stack_n;
    for (uint32_t i = 1; i < match->n; i++)
        eval_push(eval, group_of(match, text, i));
    return eval_gather(eval, base, 0);
}

static struct json_member member(const char *key, struct json value)
{
    return (struct json_member){key, (uint32_t)strlen(key), 0, value};
}

static struct json match_object(struct eval *eval, const struct function *regex,
                                const struct regex_match *match, str text)
{
    struct json_member *members = arena_alloc(&eval->arena, 5 * sizeof(*members));
    struct function *next = arena_zalloc(&eval->arena, sizeof(*next));
    struct regex_span span = match->spans[0];
    *next = (struct function){
        .kind = FUNCTION_NEXT, .node = regex->node, .text = text, .from = span.to};
    members[0] = member("match", group_of(match, text, 0));
    members[1] = member("start", json_of_number((double)text_unit_of(text, span.from)));
    members[2] = member("end", json_of_number((double)text_unit_of(text, span.to)));
    members[3] = member("groups", groups_of(eval, match, text));
    members[4] = member("next", function_value(next));
    eval_charge(eval, text.n / 64);
    return (struct json){.type = JSON_OBJECT, .n = 5, .u.members = members};
}

/* The first match from `from` on. */
static bool find(struct eval *eval, const struct node *node, str text, size_t from,
                 struct regex_match *ret_match)
{
    eval_charge(eval, 4);
    switch (regex_find(node->regex, text, from, 0, ret_match)) {
    case REGEX_MATCH:
        return true;
    case REGEX_NONE:
        return false;
    case REGEX_TIRED:
        eval_fail(eval, JSONATA_U1003, node);
    }
    return false;
}

/* A match after the first may not be empty, or the walk would not end. */
static bool find_next(struct eval *eval, const struct node *node, str text,
                      struct regex_match *match)
{
    size_t from = match->spans[0].to;
    if (from >= text.n || !find(eval, node, text, from, match))
        return false;
    if (match->spans[0].from == match->spans[0].to)
        eval_throw(eval, &(struct jsonata_fault){.code = JSONATA_D1004,
                                                 .position = node->position,
                                                 .value = node->value});
    return true;
}

static size_t byte_of_unit(str text, double unit)
{
    size_t at = 0;
    double units = 0;
    while (at < text.n && units < unit)
        units += utf8_next(text, &at) > 0xffff ? 2 : 1;
    return at;
}

struct json function_match(struct eval *eval, const struct function *function,
                           const struct json *args, uint32_t n)
{
    struct regex_match match;
    if (function->kind == FUNCTION_NEXT) {
        match.spans[0] = (struct regex_span){function->from, function->from};
        if (!find_next(eval, function->node, function->text, &match))
            return eval_nothing();
        return match_object(eval, function, &match, function->text);
    }
    if (n == 0 || args[0].type != JSON_STRING)
        return eval_nothing();
    str text = json_text(&args[0]);
    bool later = n > 1 && args[1].type == JSON_NUMBER;
    size_t from = later ? byte_of_unit(text, eval_double(args[1])) : 0;
    if (!find(eval, function->node, text, from, &match))
        return eval_nothing();
    return match_object(eval, function, &match, text);
}

/* --- walking from match to match --- */

struct walk {
    struct eval *eval;
    str text;
    const struct node *regex; /* NULL: a matcher of another kind */
    struct json object;       /* …and its last match */
    struct regex_match match; /* in bytes, for both kinds */
    struct json *groups;
};

static bool is_match_object(struct json object)
{
    const struct json *start = json_member(&object, STR("start"));
    const struct json *end = json_member(&object, STR("end"));
    const struct json *groups = json_member(&object, STR("groups"));
    const struct json *next = json_member(&object, STR("next"));
    return (start && start->type == JSON_NUMBER) || (end && end->type == JSON_NUMBER) ||
           (groups && groups->type == JSON_ARRAY) || (next && is_function(*next));
}

static double member_number(struct json object, str name, double otherwise)
{
    const struct json *value = json_member(&object, name);
    return value && value->type == JSON_NUMBER ? eval_double(*value) : otherwise;
}

/* What a matcher has answered, as spans. */
static bool take_object(struct walk *walk, struct json object)
{
    if (eval_is_nothing(object))
        return false;
    if (!is_match_object(object))
        eval_fail(walk->eval, JSONATA_T1010, NULL);
    str match = json_member_text(&object, STR("match"));
    size_t from = byte_of_unit(walk->text, member_number(object, STR("start"), 0));
    size_t to = from + match.n;
    walk->object = object;
    walk->match.spans[0] = (struct regex_span){from, to};
    return true;
}

static bool walk_first(struct walk *walk, struct eval *eval, str text,
                       struct json matcher)
{
    const struct function *function = function_of(matcher);
    struct json argument = json_of_text(text);
    walk->eval = eval;
    walk->text = text;
    walk->regex = function->kind == FUNCTION_REGEX ? function->node : NULL;
    if (walk->regex)
        return find(eval, walk->regex, text, 0, &walk->match);
    return take_object(walk, function_call(eval, matcher, &argument, 1, eval_nothing()));
}

static bool walk_next(struct walk *walk)
{
    if (walk->regex)
        return find_next(walk->eval, walk->regex, walk->text, &walk->match);
    const struct json *next = json_member(&walk->object, STR("next"));
    if (!next || !is_function(*next))
        return false;
    return take_object(walk, function_call(walk->eval, *next, NULL, 0, eval_nothing()));
}

static struct json walk_object(struct walk *walk)
{
    struct function regex = {.node = walk->regex};
    return walk->regex ? match_object(walk->eval, &regex, &walk->match, walk->text)
                       : walk->object;
}

static struct json walk_groups(struct walk *walk)
{
    if (walk->regex)
        return groups_of(walk->eval, &walk->match, walk->text);
    const struct json *groups = json_member(&walk->object, STR("groups"));
    return groups ? *groups : eval_array(walk->eval, NULL, 0, 0);
}

static str walk_text(const struct walk *walk)
{
    if (!walk->regex)
        return json_member_text(&walk->object, STR("match"));
    return str_of(walk->text.p + walk->match.spans[0].from,
                  walk->match.spans[0].to - walk->match.spans[0].from);
}

/* --- contains, match, split --- */

struct json builtin_contains(struct eval *eval, const struct call_args *args)
{
    struct walk walk;
    if (is_missing(args, 0) || is_missing(args, 1))
        return eval_nothing();
    str text = arg_text(args, 0);
    str part = arg_text(args, 1);
    eval_charge(eval, text.n / 64);
    if (is_function(args->items[1]))
        return json_of_bool(walk_first(&walk, eval, text, args->items[1]));
    return json_of_bool(part.n == 0 || str_find_str(text, part) < text.n);
}

/* A limit that is left out is none. */
static double limit_of(struct eval *eval, const struct call_args *args, uint32_t i,
                       enum jsonata_code code)
{
    if (is_missing(args, i))
        return INFINITY;
    if (arg_number(args, i) < 0)
        eval_fail_value(eval, code, args->items[i]);
    return arg_number(args, i);
}

static struct json found_object(struct walk *walk)
{
    struct eval *eval = walk->eval;
    struct json_member *members = arena_alloc(&eval->arena, 3 * sizeof(*members));
    const struct json *start =
        walk->regex ? NULL : json_member(&walk->object, STR("start"));
    double at = (double)text_unit_of(walk->text, walk->match.spans[0].from);
    eval_charge(eval, walk->match.spans[0].from / 64);
    members[0] = member("match", json_of_text(walk_text(walk)));
    members[1] = member("index", start ? *start : json_of_number(at));
    members[2] = member("groups", walk_groups(walk));
    return (struct json){.type = JSON_OBJECT, .n = 3, .u.members = members};
}

struct json builtin_match(struct eval *eval, const struct call_args *args)
{
    struct walk walk;
    if (is_missing(args, 0))
        return eval_nothing();
    uint32_t base = eval->stack_n;
    double left = limit_of(eval, args, 2, JSONATA_D3040);
    bool found = left > 0 && walk_first(&walk, eval, arg_text(args, 0), args->items[1]);
    for (; found && left > 0; left--) {
        eval_push(eval, found_object(&walk));
        found = walk_next(&walk);
    }
    return eval_gather(eval, base, MARK_SEQUENCE);
}

static void split_by_text(struct eval *eval, str text, str by, double max)
{
    size_t n;
    if (by.n == 0) {
        size_t most = max < 4e9 ? (size_t)max : SIZE_MAX;
        const str *units = text_split_units(&eval->arena, text, most, &n);
        for (size_t i = 0; i < n; i++)
            eval_push(eval, json_of_text(units[i]));
        return;
    }
    for (double left = floor(max); left > 0; left--) {
        size_t at = str_find_str(text, by);
        eval_charge(eval, 1 + at / 64);
        eval_push(eval, json_of_text(str_of(text.p, at)));
        if (at == text.n)
            return;
        text = str_from(text, at + by.n);
    }
}

static void split_by_match(struct eval *eval, str text, struct json matcher, double max)
{
    struct walk walk;
    size_t from = 0;
    bool found = walk_first(&walk, eval, text, matcher);
    double left = max;
    for (; found && left > 0; left--) {
        struct regex_span span = walk.match.spans[0];
        size_t to = span.from < from ? from : span.from;
        eval_push(eval, json_of_text(str_of(text.p + from, to - from)));
        from = span.to;
        found = walk_next(&walk);
    }
    if (left > 0)
        eval_push(eval, json_of_text(str_from(text, from)));
}

struct json builtin_split(struct eval *eval, const struct call_args *args)
{
    if (is_missing(args, 0))
        return eval_nothing();
    uint32_t base = eval->stack_n;
    double max = limit_of(eval, args, 2, JSONATA_D3020);
    if (max > 0 && is_missing(args, 1))
        eval_push(eval, args->items[0]);
    else if (max > 0 && is_function(args->items[1]))
        split_by_match(eval, arg_text(args, 0), args->items[1], max);
    else if (max > 0)
        split_by_text(eval, arg_text(args, 0), arg_text(args, 1), max);
    return eval_gather(eval, base, 0);
}

/* --- replace --- */

/* Text under construction in the arena; nothing is lost when the run ends in between. */
struct build {
    struct eval *eval;
    char *at;
    size_t n, room;
};

static void build_add(struct build *build, str text)
{
    if (build->n + text.n > build->room) {
        size_t room = (build->n + text.n) * 2 + 64;
        char *at = arena_bytes(&build->eval->arena, room);
        if (build->n)
            memcpy(at, build->at, build->n);
        build->at = at;
        build->room = room;
    }
    if (text.n)
        memcpy(build->at + build->n, text.p, text.n);
    build->n += text.n;
    eval_charge(build->eval, text.n / 64);
}

static struct json built(const struct build *build)
{
    if (build->n == 0)
        return json_of_text(STR(""));
    return json_of_text(text_rejoin(&build->eval->arena, str_of(build->at, build->n)));
}

static struct json replace_text(struct eval *eval, str text, str pattern, str with,
                                double max)
{
    struct build build = {.eval = eval};
    for (; max > 0; max--) {
        size_t at = str_find_str(text, pattern);
        if (at == text.n)
            break;
        build_add(&build, str_of(text.p, at));
        build_add(&build, with);
        text = str_from(text, at + pattern.n);
    }
    build_add(&build, text);
    return built(&build);
}

static unsigned digits_of(uint32_t number)
{
    unsigned digits = 1;
    while (number >= 10) {
        number /= 10;
        digits++;
    }
    return digits;
}

/* The group that the digits at the start of `text` mean: as many digits as the number of
 * groups has, one less when that is more than there are. */
static bool group_number(str text, uint32_t groups, uint32_t *ret, size_t *ret_digits)
{
    size_t most = groups ? digits_of(groups) : 1, n = 0;
    uint32_t number = 0;
    for (; n < most && n < text.n && str_is_digit(text.p[n]); n++)
        number = number * 10 + (uint32_t)(text.p[n] - '0');
    if (n == 0)
        return false;
    if (n > 1 && number > groups) {
        number /= 10;
        n--;
    }
    *ret = number;
    *ret_digits = digits_of(number);
    return true;
}

static void add_group(struct build *build, struct walk *walk, struct json groups,
                      uint32_t number)
{
    (void)walk;
    if (number == 0 || number > groups.n)
        return;
    struct json group = eval_item(groups, number - 1);
    if (group.type == JSON_STRING)
        build_add(build, json_text(&group));
}

/* $$ is a dollar, $0 the match, $1… its groups; another $ stands for itself. */
static void add_template(struct build *build, struct walk *walk, str with)
{
    struct json groups = walk_groups(walk);
    uint32_t number;
    size_t digits;
    for (;;) {
        size_t at = str_find(with, '$');
        build_add(build, str_of(with.p, at));
        if (at == with.n)
            return;
        with = str_from(with, at + 1);
        if (with.n && with.p[0] == '$') {
            build_add(build, STR("$"));
            with = str_from(with, 1);
        } else if (with.n && with.p[0] == '0') {
            build_add(build, walk_text(walk));
            with = str_from(with, 1);
        } else if (group_number(with, groups.n, &number, &digits)) {
            add_group(build, walk, groups, number);
            with = str_from(with, digits);
        } else {
            build_add(build, STR("$"));
        }
    }
}

static void add_replacement(struct build *build, struct walk *walk, struct json with)
{
    if (with.type == JSON_STRING) {
        add_template(build, walk, json_text(&with));
        return;
    }
    struct json object = walk_object(walk);
    struct json value = function_call(walk->eval, with, &object, 1, eval_nothing());
    if (value.type != JSON_STRING)
        eval_fail_value(walk->eval, JSONATA_D3012, value);
    build_add(build, json_text(&value));
}

static struct json replace_matches(struct eval *eval, str text, struct json matcher,
                                   struct json with, double max)
{
    struct walk walk;
    struct build build = {.eval = eval};
    size_t from = 0;
    bool found = max > 0 && walk_first(&walk, eval, text, matcher);
    if (!found)
        return json_of_text(text);
    for (; found && max > 0; max--) {
        struct regex_span span = walk.match.spans[0];
        size_t to = span.from < from ? from : span.from;
        build_add(&build, str_of(text.p + from, to - from));
        add_replacement(&build, &walk, with);
        from = to + walk_text(&walk).n;
        from = from > text.n ? text.n : from;
        found = walk_next(&walk);
    }
    build_add(&build, str_from(text, from));
    return built(&build);
}

/* A string for a string: each match gives way to the same. */
static struct json replace_by(struct eval *eval, str text, str pattern, struct json with,
                              double max)
{
    if (with.type == JSON_STRING)
        return replace_text(eval, text, pattern, json_text(&with), max);
    if (str_find_str(text, pattern) == text.n || max <= 0)
        return json_of_text(text);
    eval_fail_value(eval, JSONATA_D3012, json_of_text(pattern));
}

struct json builtin_replace(struct eval *eval, const struct call_args *args)
{
    if (is_missing(args, 0))
        return eval_nothing();
    struct json pattern = arg(args, 1);
    if (pattern.type == JSON_STRING && pattern.n == 0)
        eval_fail_value(eval, JSONATA_D3010, pattern);
    double max = limit_of(eval, args, 3, JSONATA_D3011);
    if (is_function(pattern))
        return replace_matches(eval, arg_text(args, 0), pattern, arg(args, 2), max);
    if (pattern.type != JSON_STRING)
        return args->items[0];
    return replace_by(eval, arg_text(args, 0), json_text(&pattern), arg(args, 2), max);
}
