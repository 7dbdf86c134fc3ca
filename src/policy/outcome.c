#include "policy/outcome.h"

#include "base/utf8.h"

enum { TEXT_BYTES_MAX = 1000 };

struct row {
    str word;
    enum retry_class retry;
    enum breaker_effect effect;
};

static const struct row rows[OUTCOME_COUNT] = {
#define X(symbol, word, retry, breaker)                                                  \
    [OUTCOME_##symbol] = {STR(word), RETRY_##retry, BREAKER_##breaker},
#include "policy/outcome_list.h"
#undef X
};

const char *const outcome_words[] = {
#define X(symbol, word, retry, breaker) word,
#include "policy/outcome_list.h"
#undef X
    NULL};

str outcome_word(enum outcome_class class)
{
    return rows[class].word;
}

enum retry_class outcome_retry(enum outcome_class class)
{
    return rows[class].retry;
}

enum breaker_effect outcome_effect(enum outcome_class class)
{
    return rows[class].effect;
}

struct fault_row {
    enum outcome_class class;
    enum err err;
};

static const struct fault_row fault_rows[] = {
    [CALL_FAULT_NONE] = {OUTCOME_OK, ERR_NONE},
    [CALL_FAULT_DNS] = {OUTCOME_NETWORK, ERR_UPSTREAM_DNS},
    [CALL_FAULT_CONNECT] = {OUTCOME_NETWORK, ERR_UPSTREAM_CONNECT},
    [CALL_FAULT_CONNECT_TIMEOUT] = {OUTCOME_TIMEOUT, ERR_UPSTREAM_TIMEOUT},
    [CALL_FAULT_TLS] = {OUTCOME_NETWORK, ERR_UPSTREAM_TLS},
    [CALL_FAULT_CERTIFICATE] = {OUTCOME_AUTH_FAILED, ERR_CERTIFICATE_REFUSED},
    [CALL_FAULT_RESET] = {OUTCOME_NETWORK, ERR_UPSTREAM_RESET},
    [CALL_FAULT_INVALID] = {OUTCOME_INVALID, ERR_UPSTREAM_INVALID},
    [CALL_FAULT_FIRST_BYTE_TIMEOUT] = {OUTCOME_TIMEOUT, ERR_UPSTREAM_TIMEOUT},
    [CALL_FAULT_IDLE_TIMEOUT] = {OUTCOME_TIMEOUT, ERR_UPSTREAM_TIMEOUT},
    [CALL_FAULT_TOTAL_TIMEOUT] = {OUTCOME_TIMEOUT, ERR_UPSTREAM_TIMEOUT},
    [CALL_FAULT_DEADLINE] = {OUTCOME_LOCAL, ERR_DEADLINE_EXCEEDED},
    [CALL_FAULT_BODY] = {OUTCOME_CANCELLED, ERR_REQUEST_TIMEOUT},
    [CALL_FAULT_REFUSED] = {OUTCOME_LOCAL, ERR_ADDRESS_REFUSED},
    [CALL_FAULT_CANCELLED] = {OUTCOME_CANCELLED, ERR_DEADLINE_EXCEEDED},
};

enum outcome_class outcome_of_fault(enum call_fault fault)
{
    return fault_rows[fault].class;
}

enum err outcome_err(enum call_fault fault)
{
    return fault_rows[fault].err;
}

/* --- reading the document --- */

static void read_class(struct binder *binder, const struct json *value, void *field)
{
    uint32_t *class = field;
    str word = json_text(value);
    for (uint32_t i = 0; i < OUTCOME_LOCAL; i++)
        if (json_is(value, JSON_STRING) && str_eq(word, rows[i].word)) {
            *class = i;
            return;
        }
    str nearest = bind_nearest(word, outcome_words);
    if (str_absent(nearest))
        bind_fault(binder,
                   "must be one of the outcome classes, such as \"auth_refresh\", "
                   "\"forbidden\" or \"rate_limited\".");
    else
        bind_fault(binder, "is no outcome class; did you mean \"%.*s\"?", STR_A(nearest));
}

static const struct bind_row class_rows[] = {
    {.name = "if",
     .kind = BIND_OBJECT,
     .offset = offsetof(struct class_rule, condition),
     .required = true,
     .table = &condition_table,
     .doc = "Which answers."},
    {.name = "class",
     .kind = BIND_CUSTOM,
     .offset = offsetof(struct class_rule, class),
     .required = true,
     .custom = read_class,
     .custom_schema = "{\"type\":\"string\"}",
     .doc = "What they mean."},
};

static const struct bind_table class_table = {
    .name = "error class",
    .rows = class_rows,
    .n = COUNT_OF(class_rows),
    .bytes = sizeof(struct class_rule),
};

#define SIGNALS(field, text)                                                             \
    {                                                                                    \
        .name = #field, .kind = BIND_LIST, .offset = offsetof(struct error_rule, field), \
        .max = 8, .table = &signal_table, .doc = text                                    \
    }

static const struct bind_row error_rows[] = {
    SIGNALS(message, "Where an error's message stands; the first that is there counts."),
    SIGNALS(code, "Where an error's code stands."),
    SIGNALS(request_id, "Where the vendor's request id stands."),
    {.name = "failed",
     .kind = BIND_LIST,
     .offset = offsetof(struct error_rule, failed),
     .max = 8,
     .table = &condition_table,
     .doc = "Answers that are errors although their status says otherwise."},
    {.name = "classes",
     .kind = BIND_LIST,
     .offset = offsetof(struct error_rule, classes),
     .max = 50,
     .table = &class_table,
     .doc =
         "What certain errors mean; the first that fits counts, then the status does."},
};

static void finish_error_rule(struct binder *binder, void *obj)
{
    struct error_rule *rule = obj;
    const struct condition *failed = rule->failed.items;
    const struct class_rule *classes = rule->classes.items;
    (void)binder;
    for (uint32_t i = 0; i < rule->failed.n; i++)
        rule->asks_success |= condition_asks_success(&failed[i]);
    for (uint32_t i = 0; i < rule->classes.n; i++)
        rule->asks_success |= condition_asks_success(&classes[i].condition);
}

bool error_needs_body_of_success(const struct error_rule *rule, str group)
{
    const struct condition *failed = rule->failed.items;
    const struct class_rule *classes = rule->classes.items;
    for (uint32_t i = 0; i < rule->failed.n; i++)
        if (condition_needs_body_of_success(&failed[i], group))
            return true;
    for (uint32_t i = 0; i < rule->classes.n; i++)
        if (condition_needs_body_of_success(&classes[i].condition, group))
            return true;
    return false;
}

const struct bind_table error_table = {
    .name = "errors block",
    .rows = error_rows,
    .n = COUNT_OF(error_rows),
    .bytes = sizeof(struct error_rule),
    .finish = finish_error_rule,
};

/* --- judging --- */

static enum outcome_class class_of_5xx(int status)
{
    bool failing = status == 500 || (status >= 502 && status <= 504) ||
                   (status >= 520 && status <= 529);
    return failing ? OUTCOME_SERVER : OUTCOME_SERVER_REFUSAL;
}

static enum outcome_class class_of_status(int status)
{
    if (status < 400)
        return OUTCOME_OK;
    switch (status) {
    case 400:
    case 422:
        return OUTCOME_VALIDATION;
    case 401:
        return OUTCOME_AUTH_REFRESH;
    case 403:
        return OUTCOME_FORBIDDEN;
    case 404:
    case 410:
        return OUTCOME_NOT_FOUND;
    case 409:
    case 412:
        return OUTCOME_CONFLICT;
    default:
        return status < 500 ? OUTCOME_CLIENT : class_of_5xx(status);
    }
}

static bool is_failed(const struct error_rule *rule, const struct answer *answer,
                      struct arena *arena)
{
    const struct condition *failed = rule->failed.items;
    for (uint32_t i = 0; i < rule->failed.n; i++)
        if (condition_holds(&failed[i], answer, arena))
            return true;
    return false;
}

enum outcome_class outcome_of_answer(const struct error_rule *rule,
                                     const struct answer *answer, bool throttled,
                                     struct arena *arena)
{
    const struct class_rule *classes = rule->classes.items;
    if (answer->status < 400 && !throttled && !rule->asks_success)
        return OUTCOME_OK;
    for (uint32_t i = 0; i < rule->classes.n; i++)
        if (condition_holds(&classes[i].condition, answer, arena))
            return (enum outcome_class)classes[i].class;
    if (throttled)
        return OUTCOME_RATE_LIMITED;
    if (answer->status < 400 && is_failed(rule, answer, arena))
        return OUTCOME_VALIDATION;
    return class_of_status(answer->status);
}

/* At most TEXT_BYTES_MAX bytes, and no part of a character. */
static str cut_text(str text)
{
    if (text.n <= TEXT_BYTES_MAX)
        return text;
    size_t n = TEXT_BYTES_MAX;
    while (n && utf8_is_tail(text.p[n]))
        n--;
    return str_of(text.p, n);
}

static str first_text(const struct bind_list *list, const struct answer *answer,
                      struct arena *arena)
{
    const struct signal *signals = list->items;
    for (uint32_t i = 0; i < list->n; i++) {
        str text = signal_text(&signals[i], answer, arena);
        if (!str_absent(text) && text.n)
            return cut_text(text);
    }
    return STR_NONE;
}

void outcome_vendor_error(const struct error_rule *rule, const struct answer *answer,
                          struct arena *arena, struct vendor_error *ret_error)
{
    *ret_error = (struct vendor_error){
        .status = answer->status,
        .message = first_text(&rule->message, answer, arena),
        .code = first_text(&rule->code, answer, arena),
        .request_id = first_text(&rule->request_id, answer, arena),
    };
    if (str_absent(ret_error->request_id))
        ret_error->request_id =
            cut_text(header_value(answer->headers, HEADER_X_REQUEST_ID));
}
