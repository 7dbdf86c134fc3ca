#include "hook.h"

#include "base/encode.h"

static void add_header(struct hook *hook, str name, const struct json *value)
{
    bool list = json_is(value, JSON_ARRAY);
    for (uint32_t i = 0; i < (list ? value->n : 1); i++)
        header_add_name(&hook->headers, name,
                        json_text(list ? &value->u.items[i] : value));
}

static void add_secret(struct hook *hook, const struct json *text)
{
    assert_true(hook->request.secret_n < HOOK_SECRETS_MAX);
    hook->secrets[hook->request.secret_n++] =
        (struct webhook_secret){.owner = SECRET_OF_ANYONE, .text = json_text(text)};
}

static void take_secrets(struct hook *hook, const struct json *order)
{
    const struct json *one = json_member(order, STR("secret"));
    const struct json *more = json_member(order, STR("secrets"));
    if (one)
        add_secret(hook, one);
    for (uint32_t i = 0; more && i < more->n; i++)
        add_secret(hook, &more->u.items[i]);
    hook->request.secrets = hook->secrets;
}

static void take_request(struct hook *hook, struct arena *arena,
                         const struct json *request)
{
    const struct json *headers = json_member(request, STR("headers"));
    const struct json *names = json_member(request, STR("certificate_names"));
    str coded = json_member_text(request, STR("body_base64"));
    headers_init(&hook->headers, arena, 8);
    for (uint32_t i = 0; headers && i < headers->n; i++)
        add_header(hook, json_key(&headers->u.members[i]), &headers->u.members[i].value);
    hook->request.headers = &hook->headers;
    hook->request.method = json_member_text(request, STR("method"));
    hook->request.url = json_member_text(request, STR("url"));
    hook->request.body = json_member_text(request, STR("body"));
    if (!str_absent(coded))
        assert_true(decode_base64(arena, coded, &hook->request.body));
    for (uint32_t i = 0; names && i < names->n && i < HOOK_NAMES_MAX; i++)
        hook->names[hook->request.certificate_name_n++] = json_text(&names->u.items[i]);
    hook->request.certificate_names = hook->names;
}

void hook_judge(struct hook *hook, struct arena *arena, const struct json *block,
                const struct json *order)
{
    struct binder binder;
    const struct json *now = json_member(order, STR("now"));
    *hook = (struct hook){.request.wall = now ? (usec)json_number(now) * USEC_S : 0};
    bind_init(&binder, arena);
    if (!bind_read(&binder, &webhook_table, block, &hook->rule))
        fail_msg(STR_F ": " STR_F, STR_A(binder.first->pointer),
                 STR_A(binder.first->text));
    take_secrets(hook, order);
    take_request(hook, arena, json_member(order, STR("request")));
    webhook_view_init(&hook->view, &hook->request, hook->rule.form_json, arena);
    webhook_judge(&hook->rule, &hook->view, &hook->verdict);
}

str hook_fault(struct arena *arena, const char *block)
{
    struct binder binder;
    struct webhook_rule rule;
    bind_init(&binder, arena);
    if (bind_read(&binder, &webhook_table, given_json(arena, given_quotes(arena, block)),
                  &rule))
        return STR_NONE;
    return arena_printf(arena, STR_F " " STR_F, STR_A(binder.first->pointer),
                        STR_A(binder.first->text));
}
