#include "policy/signal.h"

#include <math.h>

#include "http/date.h"
#include "http/field.h"
#include "http/url.h"
#include "json/json_write.h"

static const char *const unit_words[] = {
    "s", "ms", "min", "epoch_s", "epoch_ms", "iso8601", "http_date", "retry_after", NULL};
static const char *const part_words[] = {"whole", "before_slash", "after_slash", NULL};

/* --- reading the document --- */

static void read_from(struct binder *binder, const struct json *value, void *field)
{
    struct signal *signal = CONTAINER_OF(field, struct signal, source);
    str text = json_text(value);
    if (!json_is(value, JSON_STRING) || text.n == 0) {
        bind_fault(binder, "must be a header name, or a JSON pointer into the body that "
                           "starts with \"/\".");
        return;
    }
    if (text.p[0] == '/') {
        signal->source = SIGNAL_BODY;
        if (!pointer_parse(binder->arena, text, POINTER_STAR, &signal->pointer))
            bind_fault(binder, "is not a JSON pointer: \"~\" must be written \"~0\".");
    } else if (str_eq(text, STR("#text"))) {
        signal->source = SIGNAL_TEXT;
    } else if (str_eq(text, STR("#status"))) {
        signal->source = SIGNAL_STATUS;
    } else if (text.p[0] == '?' && text.n > 1) {
        signal->source = SIGNAL_QUERY;
        signal->query = str_from(text, 1);
    } else if (header_name_valid(text)) {
        signal->source = SIGNAL_HEADER;
        signal->header = text;
    } else {
        bind_fault(binder,
                   "is \"%.*s\", which is neither a header name nor a JSON "
                   "pointer.",
                   STR_A(text));
    }
}

static void read_words(struct binder *binder, const struct json *value, void *field)
{
    struct bind_list *list = field;
    if (!json_is(value, JSON_OBJECT)) {
        bind_fault(binder, "must be an object from words to numbers.");
        return;
    }
    struct signal_word *words = arena_array(binder->arena, value->n, sizeof(*words));
    for (uint32_t i = 0; i < value->n; i++) {
        const struct json_member *member = &value->u.members[i];
        words[i] = (struct signal_word){json_key(member), json_number(&member->value)};
        if (!json_is(&member->value, JSON_NUMBER))
            bind_fault_at(binder, json_key(member), "must be a number.");
    }
    *list = (struct bind_list){words, value->n};
}

static const struct bind_row signal_rows[] = {
    {.name = "from",
     .kind = BIND_CUSTOM,
     .offset = offsetof(struct signal, source),
     .custom = read_from,
     .custom_schema = "{\"type\":\"string\",\"minLength\":1}",
     .doc =
         "A header name; or a JSON pointer into the body (starts with \"/\"; the token "
         "\"*\" is the first item or member); or \"#text\", the body as text; or "
         "\"#status\"; of a request also \"?name\", a parameter of its query."},
    {.name = "expression",
     .kind = BIND_CUSTOM,
     .offset = offsetof(struct signal, expression),
     .custom = expression_read,
     .custom_schema = EXPRESSION_SCHEMA,
     .doc = "In place of `from`: JSONata over the answer. The input is its body, "
            "`$response` has status, headers and body; over a request, `$request` has "
            "method, url, query, headers and body. `false` is no value."},
    {.name = "item",
     .kind = BIND_TEXT,
     .offset = offsetof(struct signal, item),
     .doc = "Of a composite value such as \"total=100; remaining=99\": the value of this "
            "name."},
    {.name = "part",
     .kind = BIND_ENUM,
     .offset = offsetof(struct signal, part),
     .words = part_words,
     .doc = "Of a value such as \"18/5000\": which side of the slash."},
    {.name = "after",
     .kind = BIND_TEXT,
     .offset = offsetof(struct signal, after),
     .doc = "The value starts behind this text."},
    {.name = "before",
     .kind = BIND_TEXT,
     .offset = offsetof(struct signal, before),
     .doc = "The value ends where this text begins."},
    {.name = "unit",
     .kind = BIND_ENUM,
     .offset = offsetof(struct signal, unit),
     .words = unit_words,
     .doc = "How the value tells a time."},
    {.name = "words",
     .kind = BIND_CUSTOM,
     .offset = offsetof(struct signal, words),
     .custom = read_words,
     .custom_schema =
         "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"number\"}}",
     .doc = "Numbers for values that are words: {\"TEN_SECONDLY\": 10}."},
};

static void settle_signal(struct binder *binder, struct signal *signal)
{
    if (signal->expression && signal->source != SIGNAL_NONE)
        bind_fault(binder, "has both `from` and `expression`; it takes one of them.");
    else if (signal->expression)
        signal->source = SIGNAL_EXPRESSION;
    else if (signal->source == SIGNAL_NONE)
        bind_fault(binder,
                   "must have `from` (a header name, or a JSON pointer into the body "
                   "that starts with \"/\") or `expression` (JSONata).");
}

static void finish_signal(struct binder *binder, void *obj)
{
    struct signal *signal = obj;
    settle_signal(binder, signal);
    if (signal->source == SIGNAL_QUERY)
        bind_fault_at(binder, STR("from"),
                      "is a parameter of a query, which an answer has not; write a "
                      "header name, or a JSON pointer into the body.");
}

static void finish_request_signal(struct binder *binder, void *obj)
{
    struct signal *signal = obj;
    settle_signal(binder, signal);
    if (signal->source == SIGNAL_STATUS)
        bind_fault_at(
            binder, STR("from"),
            "is the status, which a request has not; write a header name, a "
            "JSON pointer into the body, or \"?\" and the name of a parameter.");
}

const struct bind_table request_signal_table = {
    .name = "signal of a request",
    .rows = signal_rows,
    .n = COUNT_OF(signal_rows),
    .bytes = sizeof(struct signal),
    .finish = finish_request_signal,
    .shorthand = "from",
};

const struct bind_table signal_table = {
    .name = "signal",
    .rows = signal_rows,
    .n = COUNT_OF(signal_rows),
    .bytes = sizeof(struct signal),
    .finish = finish_signal,
    .shorthand = "from",
};

const struct bind_table signal_named_table = {
    .name = "kept value",
    .rows = signal_rows,
    .n = COUNT_OF(signal_rows),
    .bytes = sizeof(struct signal_named),
    .finish = finish_signal,
    .name_at = offsetof(struct signal_named, name),
    .shorthand = "from",
};

static void init_condition(void *obj)
{
    struct condition *condition = obj;
    condition->below = NAN;
}

static void read_is(struct binder *binder, const struct json *value, void *field)
{
    struct bind_texts *texts = field;
    const struct json *items = json_is(value, JSON_ARRAY) ? value->u.items : value;
    uint32_t n = json_is(value, JSON_ARRAY) ? value->n : 1;
    str *list = arena_array(binder->arena, n, sizeof(*list));
    for (uint32_t i = 0; i < n; i++) {
        list[i] = json_as_text(&items[i], binder->arena);
        if (str_absent(list[i]))
            bind_fault(binder, "must be a string, a number or a boolean, or a list of "
                               "them.");
    }
    *texts = (struct bind_texts){list, n};
}

static const struct bind_row question_rows[] = {
    {.name = "is",
     .kind = BIND_CUSTOM,
     .offset = offsetof(struct condition, is),
     .custom = read_is,
     .custom_schema = "{\"type\":[\"string\",\"number\",\"boolean\",\"array\"]}",
     .doc =
         "The value equals one of these; without is, contains and below it only has to "
         "be there."},
    {.name = "contains",
     .kind = BIND_TEXT,
     .offset = offsetof(struct condition, contains),
     .doc = "The value holds this text; letters' case aside."},
    {.name = "below",
     .kind = BIND_NUMBER,
     .offset = offsetof(struct condition, below),
     .min = -1e15,
     .max = 1e15,
     .doc = "The value is a number below this one."},
};

/* What is asked of a value, of answers and requests alike. */
static const struct bind_table question_table = {
    .name = "question",
    .rows = question_rows,
    .n = COUNT_OF(question_rows),
    .bytes = sizeof(struct condition),
    .init = init_condition,
};

static const struct bind_row condition_rows[] = {
    {.name = "status",
     .kind = BIND_UINTS,
     .offset = offsetof(struct condition, statuses),
     .min = 100,
     .max = 599,
     .doc = "The answer has one of these statuses; without it, any status from 400 up."},
    {.name = "when",
     .kind = BIND_OBJECT,
     .offset = offsetof(struct condition, signal),
     .table = &signal_table,
     .doc = "The value to look at; without it the status alone decides."},
    {.name = "group",
     .kind = BIND_TEXT,
     .offset = offsetof(struct condition, group),
     .min = 1,
     .max = 64,
     .doc = "Only answers of methods in this group."},
};

static void finish_condition(struct binder *binder, void *obj)
{
    struct condition *condition = obj;
    bool asks = condition->is.n || condition->contains.n || !isnan(condition->below);
    if (condition->signal.source == SIGNAL_NONE && asks)
        bind_fault(binder, "asks about a value but names none; add \"when\".");
    else if (condition->signal.source == SIGNAL_NONE && condition->statuses.n == 0)
        bind_fault(binder, "is empty; add \"status\" or \"when\".");
}

const struct bind_table condition_table = {
    .name = "condition",
    .base = &question_table,
    .rows = condition_rows,
    .n = COUNT_OF(condition_rows),
    .bytes = sizeof(struct condition),
    .finish = finish_condition,
};

static const struct bind_row request_condition_rows[] = {
    {.name = "when",
     .kind = BIND_OBJECT,
     .offset = offsetof(struct condition, signal),
     .required = true,
     .table = &request_signal_table,
     .doc = "The value to look at."},
};

const struct bind_table request_condition_table = {
    .name = "condition on a request",
    .base = &question_table,
    .rows = request_condition_rows,
    .n = COUNT_OF(request_condition_rows),
    .bytes = sizeof(struct condition),
    .shorthand = "when",
};

/* --- looking at an answer --- */

bool signal_needs_body(const struct signal *signal)
{
    return signal->source == SIGNAL_BODY || signal->source == SIGNAL_TEXT ||
           signal->source == SIGNAL_EXPRESSION;
}

bool condition_asks_success(const struct condition *condition)
{
    for (uint32_t i = 0; i < condition->statuses.n; i++)
        if (condition->statuses.items[i] < 400)
            return true;
    return false;
}

static bool group_fits(const struct condition *condition, str group)
{
    return condition->group.n == 0 || str_eq(condition->group, group);
}

bool condition_needs_body_of_success(const struct condition *condition, str group)
{
    return signal_needs_body(&condition->signal) && condition_asks_success(condition) &&
           group_fits(condition, group);
}

static str expression_text(const struct signal *signal, const struct answer *answer,
                           struct arena *arena)
{
    struct json value = expression_value(signal->expression, answer, arena);
    return json_is(&value, JSON_FALSE) ? STR_NONE : json_as_text(&value, arena);
}

static str raw_text(const struct signal *signal, const struct answer *answer,
                    struct arena *arena)
{
    switch (signal->source) {
    case SIGNAL_NONE:
        return STR_NONE;
    case SIGNAL_HEADER:
        return header_value_name(answer->headers, signal->header);
    case SIGNAL_BODY:
        if (!answer->body)
            return STR_NONE;
        return json_as_text(pointer_find(&signal->pointer, answer->body), arena);
    case SIGNAL_TEXT:
        return answer->text;
    case SIGNAL_STATUS:
        return arena_printf(arena, "%d", answer->status);
    case SIGNAL_QUERY:
        return answer->asked ? url_query_find(arena, answer->asked->query, signal->query)
                             : STR_NONE;
    case SIGNAL_EXPRESSION:
        return expression_text(signal, answer, arena);
    }
    return STR_NONE;
}

/* The value of `item` in a list of name=value pieces, parted by ";" or ",". */
static str find_item(str text, str item)
{
    str piece, name, value, rest = text;
    char sep = str_find(text, ';') < text.n ? ';' : ',';
    while (field_piece_next(&rest, sep, &piece)) {
        field_pair(piece, &name, &value);
        if (str_eq_nocase(name, item))
            return value;
    }
    return STR_NONE;
}

static str cut_part(str text, uint32_t part)
{
    size_t slash = str_find(text, '/');
    if (slash == text.n)
        return STR_NONE;
    return str_trim(part == 1 ? str_of(text.p, slash) : str_from(text, slash + 1));
}

struct json signal_value(const struct signal *signal, const struct answer *answer,
                         struct arena *arena)
{
    static const struct json none;
    const struct json *found;
    if (signal->source == SIGNAL_EXPRESSION)
        return expression_value(signal->expression, answer, arena);
    if (signal->source == SIGNAL_BODY) {
        found = answer->body ? pointer_find(&signal->pointer, answer->body) : NULL;
        return found ? *found : none;
    }
    str text = raw_text(signal, answer, arena);
    return str_absent(text) ? none : json_of_text(text);
}

str signal_text(const struct signal *signal, const struct answer *answer,
                struct arena *arena)
{
    str text = raw_text(signal, answer, arena);
    if (!str_absent(text) && signal->item.n)
        text = find_item(text, signal->item);
    if (!str_absent(text) && signal->part)
        text = cut_part(text, signal->part);
    if (!str_absent(text) && signal->after.n) {
        size_t at = str_find_str_nocase(text, signal->after);
        text = at == text.n ? STR_NONE : str_from(text, at + signal->after.n);
    }
    if (!str_absent(text) && signal->before.n) {
        size_t at = str_find_str_nocase(text, signal->before);
        text = at == text.n ? STR_NONE : str_of(text.p, at);
    }
    return text;
}

static bool is_number_char(char c)
{
    return str_is_digit(c) || c == '.' || c == '-' || c == '+';
}

/* The number at the start of a text, thousands' commas aside: "1,200.00", "30 s". */
static bool leading_number(str text, double *ret_value)
{
    char digits[40];
    size_t n = 0, i;
    text = str_trim(text);
    if (str_to_double(text, ret_value))
        return true;
    for (i = 0; i < text.n && n < sizeof(digits); i++) {
        if (text.p[i] == ',' && i > 0)
            continue;
        if (!is_number_char(text.p[i]))
            break;
        digits[n++] = text.p[i];
    }
    if (i + 1 < text.n && str_lower(text.p[i]) == 'e' && is_number_char(text.p[i + 1]))
        return false; /* 1e999: what stands before the exponent is not the number */
    while (n && digits[n - 1] == '.')
        n--; /* the full stop of a sentence */
    return str_to_double(str_of(digits, n), ret_value);
}

static bool word_number(const struct signal *signal, str text, double *ret_value)
{
    const struct signal_word *words = signal->words.items;
    for (uint32_t i = 0; i < signal->words.n; i++)
        if (str_eq(words[i].name, text)) {
            *ret_value = words[i].value;
            return true;
        }
    return false;
}

static bool text_number(const struct signal *signal, str text, double *ret_value)
{
    if (str_absent(text))
        return false;
    return signal->words.n ? word_number(signal, text, ret_value)
                           : leading_number(text, ret_value);
}

bool signal_number(const struct signal *signal, const struct answer *answer,
                   struct arena *arena, double *ret_value)
{
    return text_number(signal, signal_text(signal, answer, arena), ret_value);
}

static size_t iso_end(str text, size_t from)
{
    size_t n = from;
    while (n < text.n && (str_is_digit(text.p[n]) || strchr("-:.+TZtz", text.p[n])))
        n++;
    return n;
}

/* The date at the start of a text, perhaps with a blank before its time: a sentence may
 * go on behind it. */
static bool leading_iso(str text, usec *ret_wall)
{
    text = str_trim(text);
    size_t n = iso_end(text, 0);
    size_t more = n < text.n && text.p[n] == ' ' ? iso_end(text, n + 1) : n;
    if (more > n + 1 && date_parse_iso(str_of(text.p, more), ret_wall))
        return true;
    while (n && text.p[n - 1] == '.')
        n--;
    return date_parse_iso(str_of(text.p, n), ret_wall);
}

static bool scaled(double value, usec unit, usec *ret_usec)
{
    double wait = value * (double)unit;
    if (!(wait >= 0) || wait > 9e17)
        return false;
    *ret_usec = (usec)(wait + 0.5);
    return true;
}

bool signal_is_moment(const struct signal *signal)
{
    uint32_t unit = signal->unit;
    return unit == SIGNAL_EPOCH_S || unit == SIGNAL_EPOCH_MS || unit == SIGNAL_ISO8601 ||
           unit == SIGNAL_HTTP_DATE;
}

static bool read_moment(const struct signal *signal, str text,
                        const struct answer *answer, usec *ret_wall)
{
    double value;
    if (signal->unit == SIGNAL_ISO8601)
        return leading_iso(text, ret_wall);
    if (signal->unit == SIGNAL_EPOCH_S || signal->unit == SIGNAL_EPOCH_MS)
        return text_number(signal, text, &value) &&
               scaled(value, signal->unit == SIGNAL_EPOCH_S ? USEC_S : USEC_MS, ret_wall);
    return date_parse_http(str_trim(text), answer->wall, ret_wall);
}

bool signal_moment(const struct signal *signal, const struct answer *answer,
                   struct arena *arena, usec *ret_wall)
{
    str text = signal_text(signal, answer, arena);
    return !str_absent(text) && signal_is_moment(signal) &&
           read_moment(signal, text, answer, ret_wall);
}

static bool until_moment(const struct signal *signal, str text,
                         const struct answer *answer, usec *ret_wait)
{
    usec moment;
    if (!read_moment(signal, text, answer, &moment))
        return false;
    *ret_wait = usec_max(moment - answer_clock(answer), 0);
    return true;
}

bool signal_wait(const struct signal *signal, const struct answer *answer,
                 struct arena *arena, usec *ret_wait)
{
    double value;
    str text = signal_text(signal, answer, arena);
    if (str_absent(text))
        return false;
    if (signal_is_moment(signal))
        return until_moment(signal, text, answer, ret_wait);
    if (!text_number(signal, text, &value))
        return signal->unit == SIGNAL_RETRY_AFTER &&
               until_moment(signal, text, answer, ret_wait);
    if (signal->unit == SIGNAL_MS)
        return scaled(value, USEC_MS, ret_wait);
    return scaled(value, signal->unit == SIGNAL_MIN ? USEC_MIN : USEC_S, ret_wait);
}

static bool status_fits(const struct condition *condition, int status)
{
    if (condition->statuses.n == 0)
        return status >= 400;
    for (uint32_t i = 0; i < condition->statuses.n; i++)
        if ((int)condition->statuses.items[i] == status)
            return true;
    return false;
}

static bool is_one_of(const struct bind_texts *texts, str text)
{
    for (uint32_t i = 0; i < texts->n; i++)
        if (str_eq(texts->items[i], text))
            return true;
    return false;
}

bool condition_holds(const struct condition *condition, const struct answer *answer,
                     struct arena *arena)
{
    if (!status_fits(condition, answer->status) || !group_fits(condition, answer->group))
        return false;
    return condition->signal.source == SIGNAL_NONE ||
           condition_value_holds(condition, answer, arena);
}

bool condition_value_holds(const struct condition *condition, const struct answer *answer,
                           struct arena *arena)
{
    double number;
    str text = signal_text(&condition->signal, answer, arena);
    if (str_absent(text))
        return false;
    if (condition->is.n && !is_one_of(&condition->is, text))
        return false;
    if (condition->contains.n && str_find_str_nocase(text, condition->contains) == text.n)
        return false;
    return isnan(condition->below) ||
           (text_number(&condition->signal, text, &number) && number < condition->below);
}
