#include "api/api_body.h"

#include "base/mem.h"
#include "http/date.h"
#include "json/json_parse.h"

enum { TEXT_BYTES_MAX = 200, JSON_DEPTH = 32, CONCURRENCY_MAX = 100000 };

/* --- readers --- */

void api_read_text_or_null(struct binder *binder, const struct json *value, void *field)
{
    str *text = field;
    if (json_is(value, JSON_NULL))
        *text = STR("");
    else if (!json_is(value, JSON_STRING))
        bind_fault(binder, "is %s; it wants a string, or null for none.",
                   json_type_name(value).p);
    else if (json_text(value).n > TEXT_BYTES_MAX)
        bind_fault(binder, "is too long; at most %d bytes.", TEXT_BYTES_MAX);
    else
        *text = json_text(value);
}

void api_read_labels(struct binder *binder, const struct json *value, void *field)
{
    uint32_t faults = binder->fault_n;
    if (!json_is(value, JSON_OBJECT)) {
        bind_fault(binder, "wants an object whose members are strings.");
        return;
    }
    for (uint32_t i = 0; i < value->n && binder->fault_n < BIND_FAULTS_MAX; i++) {
        const struct json_member *member = &value->u.members[i];
        if (!json_is(&member->value, JSON_STRING))
            bind_fault_at(binder, json_key(member), "wants a string.");
    }
    if (binder->fault_n == faults)
        *(struct json *)field = *value;
}

void api_read_time(struct binder *binder, const struct json *value, void *field)
{
    usec *time = field;
    if (json_is(value, JSON_NULL))
        *time = USEC_NEVER;
    else if (!json_is(value, JSON_STRING) || !date_parse_iso(json_text(value), time) ||
             *time <= 0)
        bind_fault(binder, "wants a time such as \"2026-11-22T08:15:00Z\", or null for "
                           "never.");
}

static unsigned permission_of(const struct json *value)
{
    str word = json_is(value, JSON_STRING) ? json_text(value) : STR_NONE;
    for (unsigned i = 0; permission_words[i]; i++)
        if (!str_absent(word) && str_eq(str_z(permission_words[i]), word))
            return 1u << i;
    return 0;
}

void api_read_permissions(struct binder *binder, const struct json *value, void *field)
{
    unsigned *permissions = field;
    bool list = json_is(value, JSON_ARRAY) && value->n > 0;
    for (uint32_t i = 0; list && i < value->n && binder->fault_n < BIND_FAULTS_MAX; i++) {
        unsigned bit = permission_of(&value->u.items[i]);
        str before = bind_enter_index(binder, i);
        if (!bit)
            bind_fault(binder, "is no permission; there are call, read, write, payloads, "
                               "replay, secrets and admin.");
        *permissions |= bit;
        binder->at = before;
    }
    if (!list)
        bind_fault(binder, "wants a list with at least one of call, read, write, "
                           "payloads, replay, secrets and admin.");
}

void api_read_concurrency(struct binder *binder, const struct json *value, void *field)
{
    uint64_t number;
    if (json_to_u64(value, CONCURRENCY_MAX, &number))
        *(int64_t *)field = (int64_t)number;
    else
        bind_fault(binder, "wants a whole number from 0 to %d.", CONCURRENCY_MAX);
}

/* --- secrets --- */

static void wipe_text(str text)
{
    if (text.n)
        mem_wipe((char *)(uintptr_t)text.p, text.n);
}

void api_take_secrets(struct api_call *call, const struct json *given)
{
    if (!json_is(given, JSON_OBJECT))
        return;
    call->secrets = arena_array(call->arena, given->n, sizeof(call->secrets[0]));
    for (uint32_t i = 0; i < given->n; i++) {
        const struct json_member *member = &given->u.members[i];
        str value = json_text(&member->value);
        call->secrets[i].name = json_key(member);
        secret_init(&call->secrets[i].value, value);
        wipe_text(value);
    }
    call->secret_n = given->n;
}

/* --- the body --- */

static bool parse(struct api_call *call, struct json *ret)
{
    static const struct json_limits limits = {.depth_max = JSON_DEPTH,
                                              .duplicates = JSON_DUPLICATES_REFUSE};
    struct json_fault fault;
    str text = api_body_text(call);
    if (text.n == 0 && call->route->handler->body_kind == API_BODY_OPTION)
        text = STR("{}");
    if (json_parse(call->arena, text, &limits, ret, &fault))
        return true;
    api_refuse_member(call, "", "The body is not JSON: %s (line %u, column %u).",
                      fault.what, fault.line, fault.column);
    return false;
}

static void refuse_faults(struct api_call *call, const struct binder *binder)
{
    uint32_t n = 0;
    struct catalog_fault *faults =
        arena_array(call->arena, BIND_FAULTS_MAX, sizeof(faults[0]));
    for (const struct bind_fault *fault = binder->first; fault; fault = fault->next)
        faults[n++] =
            (struct catalog_fault){.pointer = fault->pointer, .text = fault->text};
    str detail = binder->fault_n == 1
                     ? STR("There is one fault.")
                     : arena_printf(call->arena, "There are %u faults.", binder->fault_n);
    api_refuse_faults(call, ERR_BODY_INVALID, detail, faults, n);
}

bool api_bind(struct api_call *call, void *obj)
{
    struct binder binder;
    struct json value;
    if (!parse(call, &value))
        return false;
    bind_init(&binder, call->arena);
    if (bind_read(&binder, call->route->handler->body, &value, obj))
        return true;
    refuse_faults(call, &binder);
    return false;
}
