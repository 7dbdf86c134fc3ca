/*
 * `verify --jsonl`: an order is a `webhooks` block with a request, and what a receiver
 * would know: secrets and the time. The answer is the verdict, and of an accepted request
 * the events in it.
 */
#include "base/crypto.h"
#include "base/encode.h"
#include "cli/cli_lines.h"
#include "http/date.h"
#include "loop/world.h"
#include "signature/webhook.h"

enum { SECRETS_MAX = 16, NAMES_MAX = 16 };

/* What an order holds, read. */
struct verification {
    struct arena *arena;
    const struct json *block;
    struct headers headers;
    struct webhook_secret secrets[SECRETS_MAX];
    str names[NAMES_MAX];
    struct webhook_request request;
};

/* --- the order; each answers NULL, or what is wrong --- */

static bool is_given(const struct json *value)
{
    return value && value->type != JSON_NULL;
}

static bool add_secret(struct verification *verification, const struct json *text)
{
    struct webhook_request *request = &verification->request;
    if (!json_is(text, JSON_STRING) || request->secret_n == SECRETS_MAX)
        return false;
    verification->secrets[request->secret_n++] =
        (struct webhook_secret){.owner = SECRET_OF_ANYONE, .text = json_text(text)};
    return true;
}

static const char *take_secrets(struct verification *verification,
                                const struct json *order)
{
    const struct json *one = json_member(order, STR("secret"));
    const struct json *more = json_member(order, STR("secrets"));
    if (is_given(one) && !add_secret(verification, one))
        return "secret is no string";
    if (!is_given(more))
        return NULL;
    for (uint32_t i = 0; json_is(more, JSON_ARRAY) && i < more->n; i++)
        if (!add_secret(verification, &more->u.items[i]))
            return "secrets is no array of at most 16 strings, with secret";
    return json_is(more, JSON_ARRAY) ? NULL : "secrets is no array of strings";
}

/* Seconds since 1970, or a time as RFC 3339 has it; without one it is now. */
static const char *take_now(struct verification *verification, const struct json *now)
{
    usec *wall = &verification->request.wall;
    *wall = world_wall(world_real());
    if (!is_given(now))
        return NULL;
    double seconds = json_number(now);
    if (json_is(now, JSON_NUMBER) && seconds >= 0 && seconds < 1e11) {
        *wall = (usec)(seconds * (double)USEC_S);
        return NULL;
    }
    return json_is(now, JSON_STRING) && date_parse_iso(json_text(now), wall)
               ? NULL
               : "now is neither seconds since 1970 nor a time";
}

static bool add_header(struct headers *headers, str name, const struct json *value)
{
    str text = json_text(value);
    if (!json_is(value, JSON_STRING) || !header_name_valid(name) ||
        !header_value_valid(text))
        return false;
    header_add_name(headers, name, str_trim(text));
    return true;
}

/* A list stands for several lines of one name. */
static const char *take_headers(struct verification *verification,
                                const struct json *given)
{
    static const char why[] = "request.headers is no object of strings, or of lists of "
                              "them, that can stand on header lines";
    struct headers *headers = &verification->headers;
    headers_init(headers, verification->arena, 16);
    verification->request.headers = headers;
    if (!is_given(given))
        return NULL;
    for (uint32_t i = 0; json_is(given, JSON_OBJECT) && i < given->n; i++) {
        const struct json_member *member = &given->u.members[i];
        const struct json *value = &member->value;
        bool list = json_is(value, JSON_ARRAY);
        for (uint32_t k = 0; k < (list ? value->n : 1); k++)
            if (!add_header(headers, json_key(member), list ? &value->u.items[k] : value))
                return why;
    }
    return json_is(given, JSON_OBJECT) ? NULL : why;
}

static const char *take_body(struct verification *verification,
                             const struct json *request)
{
    const struct json *text = json_member(request, STR("body"));
    const struct json *coded = json_member(request, STR("body_base64"));
    str *body = &verification->request.body;
    *body = STR("");
    if (is_given(text) && is_given(coded))
        return "request has both body and body_base64";
    if (is_given(text) && !json_is(text, JSON_STRING))
        return "request.body is no string";
    if (is_given(text))
        *body = json_text(text);
    else if (is_given(coded) &&
             !decode_base64(verification->arena, json_text(coded), body))
        return "request.body_base64 is no base64";
    return NULL;
}

/* The names of a client certificate that TLS would have verified. */
static const char *take_names(struct verification *verification, const struct json *given)
{
    static const char why[] =
        "request.certificate_names is no array of at most 16 strings";
    if (!is_given(given))
        return NULL;
    if (!json_is(given, JSON_ARRAY) || given->n > NAMES_MAX)
        return why;
    for (uint32_t i = 0; i < given->n; i++) {
        if (!json_is(&given->u.items[i], JSON_STRING))
            return why;
        verification->names[i] = json_text(&given->u.items[i]);
    }
    verification->request.certificate_names = verification->names;
    verification->request.certificate_name_n = given->n;
    return NULL;
}

static const char *take_request(struct verification *verification,
                                const struct json *request)
{
    if (!request || !json_is(request, JSON_OBJECT))
        return "request is no object";
    str method = json_member_text(request, STR("method"));
    verification->request.url = json_member_text(request, STR("url"));
    verification->request.method = str_absent(method) ? STR("POST") : method;
    if (verification->request.url.n == 0)
        return "request.url is missing";
    const char *why = take_headers(verification, json_member(request, STR("headers")));
    if (!why)
        why = take_body(verification, request);
    if (!why)
        why = take_names(verification, json_member(request, STR("certificate_names")));
    return why;
}

static const char *take_order(struct verification *verification, const struct json *order)
{
    const char *why = NULL;
    verification->block = json_member(order, STR("webhooks"));
    verification->request.secrets = verification->secrets;
    if (!verification->block)
        return "webhooks is missing";
    why = take_secrets(verification, order);
    if (!why)
        why = take_now(verification, json_member(order, STR("now")));
    if (!why)
        why = take_request(verification, json_member(order, STR("request")));
    return why;
}

/* --- the answer --- */

static void put_faults(struct json_out *out, const struct binder *binder)
{
    json_out_name(out, STR("error"));
    json_out_object(out);
    json_out_member_text(out, STR("code"), STR("bad_webhooks"));
    json_out_member_text(out, STR("message"), STR("The webhooks block has faults."));
    json_out_name(out, STR("faults"));
    json_out_array(out);
    for (const struct bind_fault *fault = binder->first; fault; fault = fault->next) {
        json_out_object(out);
        json_out_member_text(out, STR("pointer"), fault->pointer);
        json_out_member_text(out, STR("text"), fault->text);
        json_out_end(out);
    }
    json_out_end(out);
    json_out_end(out);
}

static void put_response(struct json_out *out, const struct webhook_answer *answer)
{
    json_out_name(out, STR("response"));
    json_out_object(out);
    json_out_member_int(out, STR("status"), answer->status);
    json_out_member_text(out, STR("content_type"), answer->type);
    if (!str_absent(answer->header)) {
        json_out_name(out, STR("headers"));
        json_out_object(out);
        json_out_member_text(out, answer->header, answer->header_value);
        json_out_end(out);
    }
    json_out_member_text(out, STR("body"),
                         str_absent(answer->body) ? STR("") : answer->body);
    json_out_end(out);
}

static void put_event(struct json_out *out, const struct webhook_event *event)
{
    char when[DATE_ISO_CHARS + 1];
    json_out_object(out);
    json_out_member_text(out, STR("id"), event->id);
    json_out_member_text(out, STR("type"), event->type);
    if (event->wall) {
        date_format_iso(event->wall, when);
        json_out_member_text(out, STR("time"), str_z(when));
    }
    if (event->account) {
        json_out_name(out, STR("account"));
        json_out_object(out);
        json_out_member_text(out, event->account->context, event->account_value);
        json_out_end(out);
    }
    json_out_end(out);
}

static void put_events(struct json_out *out, const struct webhook_rule *rule,
                       struct webhook_view *view)
{
    struct webhook_event event;
    struct webhook_events events = webhook_events_of(rule, view);
    json_out_name(out, STR("events"));
    json_out_array(out);
    for (uint32_t i = 0; i < events.n; i++) {
        webhook_event_read(rule, view, &events.items[i], &event);
        put_event(out, &event);
    }
    json_out_end(out);
}

static void put_verdict(struct json_out *out, const struct webhook_rule *rule,
                        struct webhook_view *view)
{
    struct webhook_verdict verdict;
    webhook_judge(rule, view, &verdict);
    json_out_member_text(out, STR("verdict"), webhook_outcome_word(verdict.outcome));
    json_out_member_text(out, STR("reason"), webhook_reason_word(verdict.reason));
    json_out_member_text(out, STR("message"), webhook_reason_text(verdict.reason));
    if (verdict.handshake)
        json_out_member_text(out, STR("handshake"), handshake_word(verdict.handshake));
    put_response(out, &verdict.answer);
    json_out_member_text(out, STR("secret"), verdict.secret);
    if (verdict.outcome == WEBHOOK_ACCEPT && !verdict.handshake)
        put_events(out, rule, view);
}

static void answer_order(struct cli_lines *lines, struct json_out *out,
                         const struct json *order)
{
    struct verification verification = {.arena = &lines->arena};
    struct webhook_view view;
    struct webhook_rule rule;
    struct binder binder;
    const char *why = take_order(&verification, order);
    if (why) {
        cli_lines_refuse(lines, out, why);
        return;
    }
    bind_init(&binder, &lines->arena);
    if (!bind_read(&binder, &webhook_table, verification.block, &rule)) {
        put_faults(out, &binder);
        lines->bad = true;
        return;
    }
    webhook_view_init(&view, &verification.request, rule.form_json, &lines->arena);
    put_verdict(out, &rule, &view);
}

static int run_verify(struct cli *cli)
{
    if (!cli_has(cli, "jsonl"))
        return cli_misused(cli, "--jsonl is missing: requests are lines of JSON");
    crypto_start();
    return cli_lines_run(answer_order, NULL);
}

static const struct cli_option options[] = {
    {.name = "jsonl", .doc = "Judge what each line of standard input says."},
    {.name = NULL}};

const struct cli_action action_verify = {
    .local = true, .options = options, .run = run_verify};
