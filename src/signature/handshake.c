#include "signature/handshake.h"

enum { STATUS_MIN = 200, STATUS_MAX = 299 };

static const char *const kind_words[] = {
#define X(name, doc) #name,
#include "signature/handshake_list.h"
#undef X
    NULL};

/* --- reading the document --- */

#define HANDSHAKE(field) offsetof(struct handshake, field)

static const struct bind_row handshake_rows[] = {
    {.name = "kind",
     .kind = BIND_ENUM,
     .offset = HANDSHAKE(kind),
     .required = true,
     .words = kind_words,
     .doc = "What is answered: echo, the value as text; echo_header, the value in the "
            "header that it came in; probe, the status alone."},
    {.name = "methods",
     .kind = BIND_TEXTS,
     .offset = HANDSHAKE(methods),
     .min = 1,
     .max = 20,
     .doc = "Only requests with one of these methods, such as GET."},
    {.name = "if",
     .kind = BIND_OPTION,
     .offset = HANDSHAKE(when),
     .table = &request_condition_table,
     .doc = "Only requests for which this holds."},
    {.name = "signed",
     .kind = BIND_BOOL,
     .offset = HANDSHAKE(is_signed),
     .doc = "It is signed as events are, and verified before it is answered."},
    {.name = "value",
     .kind = BIND_OBJECT,
     .offset = HANDSHAKE(value),
     .table = &request_signal_table,
     .doc = "What is sent back or kept. Requests without it are no such handshake."},
    {.name = "keeps_secret",
     .kind = BIND_BOOL,
     .offset = HANDSHAKE(keeps_secret),
     .doc = "The value is the secret of the webhook from now on, if it has none."},
    {.name = "status",
     .kind = BIND_UINT,
     .offset = HANDSHAKE(status),
     .min = STATUS_MIN,
     .max = STATUS_MAX,
     .doc = "200 unless given."},
};

static void init_handshake(void *obj)
{
    struct handshake *handshake = obj;
    handshake->status = STATUS_MIN;
}

static void finish_handshake(struct binder *binder, void *obj)
{
    const struct handshake *handshake = obj;
    bool has_value = handshake->value.source != SIGNAL_NONE;
    if (handshake->kind != HANDSHAKE_probe && !has_value)
        bind_fault(binder, "\"value\" is missing: what is sent back.");
    if (handshake->kind == HANDSHAKE_echo_header && has_value &&
        handshake->value.source != SIGNAL_HEADER)
        bind_fault_at(binder, STR("value"), "is no header, in which it could be echoed.");
    if (handshake->keeps_secret && !has_value)
        bind_fault_at(binder, STR("keeps_secret"), "is set, but no \"value\" is named.");
    if (handshake->kind == HANDSHAKE_probe && !handshake->methods.n && !handshake->when &&
        !has_value)
        bind_fault(binder, "would be every request; add \"methods\", \"if\" or "
                           "\"value\".");
}

const struct bind_table handshake_table = {
    .name = "handshake",
    .rows = handshake_rows,
    .n = COUNT_OF(handshake_rows),
    .bytes = sizeof(struct handshake),
    .init = init_handshake,
    .finish = finish_handshake,
};

/* --- a request --- */

str handshake_word(const struct handshake *handshake)
{
    CHECK(handshake->kind < HANDSHAKE_KIND_COUNT);
    return str_z(kind_words[handshake->kind]);
}

static bool has_method(const struct handshake *handshake, str method)
{
    for (uint32_t i = 0; i < handshake->methods.n; i++)
        if (str_eq_nocase(handshake->methods.items[i], method))
            return true;
    return handshake->methods.n == 0;
}

/* A header that is sent back has to fit on a line, which one that came always does. */
bool handshake_is(const struct handshake *handshake, struct webhook_view *view,
                  str *ret_value)
{
    *ret_value = STR_NONE;
    if (!has_method(handshake, view->request->method) ||
        (handshake->when &&
         !condition_value_holds(handshake->when, &view->answer, view->arena)))
        return false;
    if (handshake->value.source == SIGNAL_NONE)
        return true;
    *ret_value = signal_text(&handshake->value, &view->answer, view->arena);
    return ret_value->n > 0;
}

void handshake_answer(const struct handshake *handshake, str value,
                      struct webhook_answer *ret_answer)
{
    *ret_answer = (struct webhook_answer){.status = handshake->status};
    if (handshake->kind == HANDSHAKE_echo) {
        ret_answer->type = STR("text/plain");
        ret_answer->body = value;
    } else if (handshake->kind == HANDSHAKE_echo_header) {
        ret_answer->header = handshake->value.header;
        ret_answer->header_value = value;
    }
}

bool handshake_needs_body(const struct handshake *handshake)
{
    return signal_needs_body(&handshake->value) ||
           (handshake->when && signal_needs_body(&handshake->when->signal));
}
