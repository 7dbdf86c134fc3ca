#include "signature/webhook.h"

enum { VERIFY_MAX = 10, HANDSHAKES_MAX = 10, SIGNALS_MAX = 5, REJECT_STATUS = 401 };

/* --- the table --- */

static const struct bind_row account_rows[] = {
    {.name = "value",
     .kind = BIND_OBJECT,
     .offset = offsetof(struct webhook_account, signal),
     .required = true,
     .table = &request_signal_table,
     .doc = "Where the request, or one of its events, says whose it is."},
    {.name = "context",
     .kind = BIND_TEXT,
     .offset = offsetof(struct webhook_account, context),
     .required = true,
     .min = 1,
     .max = 64,
     .doc = "The member of the account's context that has this value."},
};

static const struct bind_table account_table = {
    .name = "account of webhooks",
    .rows = account_rows,
    .n = COUNT_OF(account_rows),
    .bytes = sizeof(struct webhook_account),
};

#define ANSWER(field) offsetof(struct webhook_answer, field)

static const struct bind_row answer_rows[] = {
    {.name = "status",
     .kind = BIND_UINT,
     .offset = ANSWER(status),
     .min = 200,
     .max = 299,
     .doc = "200 unless given."},
    {.name = "type",
     .kind = BIND_TEXT,
     .offset = ANSWER(type),
     .min = 1,
     .max = 100,
     .doc = "The body's Content-Type."},
    {.name = "body",
     .kind = BIND_TEXT,
     .offset = ANSWER(body),
     .min = 1,
     .max = 4000,
     .doc = "Its body, to the byte."},
};

static void init_answer(void *obj)
{
    struct webhook_answer *answer = obj;
    answer->status = 200;
}

static void finish_answer(struct binder *binder, void *obj)
{
    const struct webhook_answer *answer = obj;
    if (str_absent(answer->type) != str_absent(answer->body))
        bind_fault(binder, "must have both \"type\" and \"body\", or neither.");
    if (answer->type.n && !header_value_valid(answer->type))
        bind_fault_at(binder, STR("type"), "cannot stand on a header line.");
}

static const struct bind_table answer_table = {
    .name = "answer to webhooks",
    .rows = answer_rows,
    .n = COUNT_OF(answer_rows),
    .bytes = sizeof(struct webhook_answer),
    .init = init_answer,
    .finish = finish_answer,
};

#define RULE(field) offsetof(struct webhook_rule, field)

static const struct bind_row rule_rows[] = {
    {.name = "verify",
     .kind = BIND_OBJECTS,
     .offset = RULE(verify),
     .required = true,
     .min = 1,
     .max = VERIFY_MAX,
     .table = &signature_table,
     .doc = "How requests prove where they come from. The first entry that is for a "
            "request, and finds its signature, decides."},
    {.name = "handshakes",
     .kind = BIND_OBJECTS,
     .offset = RULE(handshakes),
     .min = 1,
     .max = HANDSHAKES_MAX,
     .table = &handshake_table,
     .doc = "Requests that are no events, and what they are answered."},
    {.name = "form_json",
     .kind = BIND_TEXT,
     .offset = RULE(form_json),
     .min = 1,
     .max = 100,
     .doc = "Where a body may be a form: the parameter that holds the event as JSON."},
    {.name = "account",
     .kind = BIND_OBJECTS,
     .offset = RULE(account),
     .min = 1,
     .max = SIGNALS_MAX,
     .table = &account_table,
     .doc = "How the account is found whose events these are, where the URL does not "
            "name it; the first that is there counts."},
    {.name = "items",
     .kind = BIND_OBJECT,
     .offset = RULE(items),
     .table = &request_signal_table,
     .doc = "Where a request holds several events: the list of them. A body that is an "
            "array is such a list anyway."},
    {.name = "id",
     .kind = BIND_OBJECTS,
     .offset = RULE(id),
     .min = 1,
     .max = SIGNALS_MAX,
     .table = &request_signal_table,
     .doc = "The vendor's id of an event, by which a second delivery is known; the first "
            "that is there counts. Pointers lead into the event, also where it is one of "
            "a list; `$request.body` is the whole."},
    {.name = "type",
     .kind = BIND_OBJECTS,
     .offset = RULE(type),
     .min = 1,
     .max = SIGNALS_MAX,
     .table = &request_signal_table,
     .doc = "What happened, in the vendor's word."},
    {.name = "time",
     .kind = BIND_OBJECTS,
     .offset = RULE(time),
     .min = 1,
     .max = SIGNALS_MAX,
     .table = &request_signal_table,
     .doc = "When it happened; the unit is epoch_s, epoch_ms, iso8601 or http_date."},
    {.name = "acknowledge",
     .kind = BIND_OBJECT,
     .offset = RULE(acknowledge),
     .table = &answer_table,
     .doc = "What an accepted request is answered, where an empty 200 is not enough."},
};

static bool handshakes_need_body(const struct webhook_rule *rule, bool is_signed)
{
    const struct handshake *handshakes = rule->handshakes.items;
    for (uint32_t i = 0; i < rule->handshakes.n; i++)
        if (handshakes[i].is_signed == is_signed && handshake_needs_body(&handshakes[i]))
            return true;
    return false;
}

static bool needs_body(const struct webhook_rule *rule)
{
    const struct signature_rule *verify = rule->verify.items;
    for (uint32_t i = 0; i < rule->verify.n; i++)
        if (signature_needs_body(&verify[i]))
            return true;
    return handshakes_need_body(rule, false);
}

static void finish_rule(struct binder *binder, void *obj)
{
    struct webhook_rule *rule = obj;
    const struct signal *times = rule->time.items;
    for (uint32_t i = 0; i < rule->time.n; i++)
        if (!signal_is_moment(&times[i]))
            bind_fault_at(binder, STR("time"),
                          "must have a unit that is a moment: epoch_s, epoch_ms, iso8601 "
                          "or http_date.");
    rule->needs_body = needs_body(rule);
}

const struct bind_table webhook_table = {
    .name = "webhooks block",
    .rows = rule_rows,
    .n = COUNT_OF(rule_rows),
    .bytes = sizeof(struct webhook_rule),
    .finish = finish_rule,
};

/* --- the verdict --- */

str webhook_outcome_word(enum webhook_outcome outcome)
{
    static const char *const words[] = {"accept", "reject", "handshake"};
    CHECK(outcome < COUNT_OF(words));
    return str_z(words[outcome]);
}

static const struct handshake *find_handshake(const struct webhook_rule *rule,
                                              struct webhook_view *view, bool is_signed,
                                              str *ret_value)
{
    const struct handshake *handshakes = rule->handshakes.items;
    for (uint32_t i = 0; i < rule->handshakes.n; i++)
        if (handshakes[i].is_signed == is_signed &&
            handshake_is(&handshakes[i], view, ret_value))
            return &handshakes[i];
    return NULL;
}

static const struct handshake *find_signed(const struct webhook_rule *rule,
                                           struct webhook_view *view, str *ret_value)
{
    if (handshakes_need_body(rule, true))
        webhook_view_read(view);
    return find_handshake(rule, view, true, ret_value);
}

static void reject(struct webhook_verdict *verdict, enum webhook_reason reason)
{
    *verdict = (struct webhook_verdict){.outcome = WEBHOOK_REJECT,
                                        .reason = reason,
                                        .by = verdict->by,
                                        .answer = {.status = REJECT_STATUS}};
}

static void shake(const struct handshake *handshake, str value,
                  struct webhook_verdict *verdict)
{
    verdict->handshake = handshake;
    handshake_answer(handshake, value, &verdict->answer);
    if (handshake->keeps_secret)
        verdict->secret = value;
}

static bool knows_own_secret(const struct webhook_request *request)
{
    for (uint32_t i = 0; i < request->secret_n; i++)
        if (request->secrets[i].text.n && (request->secrets[i].owner == SECRET_OF_HOOK ||
                                           request->secrets[i].owner == SECRET_OF_ANYONE))
            return true;
    return false;
}

/* Anybody can send one: it must not put his own secret in the place of the vendor's. */
static void judge_unsigned(const struct handshake *handshake, str value,
                           const struct webhook_view *view,
                           struct webhook_verdict *verdict)
{
    if (handshake->keeps_secret && knows_own_secret(view->request)) {
        reject(verdict, REASON_secret_known);
        return;
    }
    verdict->outcome = WEBHOOK_HANDSHAKE;
    shake(handshake, value, verdict);
}

static enum webhook_reason verify(const struct webhook_rule *rule,
                                  struct webhook_view *view,
                                  const struct signature_rule **ret_by)
{
    const struct signature_rule *rules = rule->verify.items;
    for (uint32_t i = 0; i < rule->verify.n; i++)
        if (signature_is_there(&rules[i], view)) {
            *ret_by = &rules[i];
            return signature_verify(&rules[i], view);
        }
    return REASON_signature_missing;
}

void webhook_judge(const struct webhook_rule *rule, struct webhook_view *view,
                   struct webhook_verdict *ret_verdict)
{
    str value;
    *ret_verdict = (struct webhook_verdict){.outcome = WEBHOOK_ACCEPT};
    if (rule->needs_body)
        webhook_view_read(view);
    const struct handshake *handshake = find_handshake(rule, view, false, &value);
    if (handshake) {
        judge_unsigned(handshake, value, view, ret_verdict);
        return;
    }
    enum webhook_reason reason = verify(rule, view, &ret_verdict->by);
    if (reason) {
        reject(ret_verdict, reason);
        return;
    }
    view->verified = true;
    ret_verdict->answer = rule->acknowledge;
    handshake = find_signed(rule, view, &value);
    if (handshake)
        shake(handshake, value, ret_verdict);
}

/* --- events --- */

struct webhook_events webhook_events_of(const struct webhook_rule *rule,
                                        struct webhook_view *view)
{
    struct json *found = arena_zalloc(view->arena, sizeof(*found));
    webhook_view_read(view);
    if (view->answer.body)
        *found = *view->answer.body;
    if (rule->items.source != SIGNAL_NONE)
        *found = signal_value(&rule->items, &view->answer, view->arena);
    if (json_is(found, JSON_ARRAY))
        return (struct webhook_events){found->u.items, found->n};
    bool none = rule->items.source != SIGNAL_NONE && json_is(found, JSON_UNDEFINED);
    return (struct webhook_events){found, !none};
}

static str first_text(const struct bind_list *signals, const struct answer *answer,
                      struct arena *arena)
{
    const struct signal *items = signals->items;
    str text = STR_NONE;
    for (uint32_t i = 0; i < signals->n && text.n == 0; i++)
        text = signal_text(&items[i], answer, arena);
    return text.n ? text : STR_NONE;
}

void webhook_event_read(const struct webhook_rule *rule, struct webhook_view *view,
                        const struct json *item, struct webhook_event *ret_event)
{
    struct answer event = view->answer;
    const struct signal *times = rule->time.items;
    const struct webhook_account *accounts = rule->account.items;
    event.body = json_is(item, JSON_UNDEFINED) ? NULL : item;
    *ret_event = (struct webhook_event){
        .id = first_text(&rule->id, &event, view->arena),
        .type = first_text(&rule->type, &event, view->arena),
    };
    for (uint32_t i = 0; i < rule->time.n && !ret_event->wall; i++)
        if (!signal_moment(&times[i], &event, view->arena, &ret_event->wall))
            ret_event->wall = 0;
    for (uint32_t i = 0; i < rule->account.n && !ret_event->account; i++) {
        ret_event->account_value = signal_text(&accounts[i].signal, &event, view->arena);
        if (ret_event->account_value.n)
            ret_event->account = &accounts[i];
    }
}
