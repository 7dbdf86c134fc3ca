/*
 * What a token endpoint answered. It is good when it has a token, whatever the status
 * says otherwise; without one, what the error says decides. What cannot be understood may
 * pass: only words that the document names lead to a person being asked.
 */
#include "auth/token_rule.h"

#include "directory/tenant.h"
#include "http/form.h"
#include "json/json_parse.h"

enum { FAULT_WORDS_BYTES = 200, SECRETS_MAX = 20 };

/* Where RFC 6749 §5.1 and §5.2 have it. */
#define AT(member)                                                                       \
    (const struct signal)                                                                \
    {                                                                                    \
        .source = SIGNAL_BODY, .pointer = {                                              \
            &(const struct pointer_token){.name = STR(member), .index = -1},             \
            1                                                                            \
        }                                                                                \
    }

struct reading {
    const struct token_rule *rule;
    struct answer answer;
    struct arena *arena;
    struct token_answer *ret;
};

static str text_at(const struct reading *reading, const struct signal *signal,
                   const struct signal *otherwise)
{
    const struct signal *at = signal->source == SIGNAL_NONE ? otherwise : signal;
    str text = signal_text(at, &reading->answer, reading->arena);
    return text.n ? text : STR_NONE;
}

/* --- the body --- */

static bool is_form(const struct answer *answer)
{
    str type = header_value(answer->headers, HEADER_CONTENT_TYPE);
    return str_starts_nocase(type, STR("application/x-www-form-urlencoded"));
}

static struct json json_of_form(struct arena *arena, str text)
{
    struct form form;
    struct json_build build;
    form_init(&form, arena);
    form_add_text(&form, text);
    json_build_init(&build, arena);
    for (uint32_t i = 0; i < form.n; i++)
        if (str_eq(form_find(&form, form.items[i].name), form.items[i].value))
            json_build_member(&build, form.items[i].name,
                              json_of_text(form.items[i].value));
    return json_build_object(&build);
}

static void read_body(struct reading *reading)
{
    struct json *body = arena_alloc(reading->arena, sizeof(*body));
    reading->answer.body = NULL;
    if (is_form(&reading->answer))
        *body = json_of_form(reading->arena, reading->answer.text);
    else if (!json_parse(reading->arena, reading->answer.text, NULL, body, NULL))
        return;
    reading->answer.body = body;
}

/* --- a token --- */

static void read_lifetimes(struct reading *reading)
{
    const struct token_rule *rule = reading->rule;
    const struct signal otherwise = AT("expires_in");
    const struct signal *expires =
        rule->expires.source == SIGNAL_NONE ? &otherwise : &rule->expires;
    struct token_answer *ret = reading->ret;
    usec wait;
    ret->lifetime = rule->lifetime ? rule->lifetime : -1;
    ret->refresh_lifetime = -1;
    if (signal_wait(expires, &reading->answer, reading->arena, &wait))
        ret->lifetime = wait > 0 ? wait : USEC_NEVER;
    if (rule->refresh_expires.source != SIGNAL_NONE &&
        signal_wait(&rule->refresh_expires, &reading->answer, reading->arena, &wait) &&
        wait > 0)
        ret->refresh_lifetime = wait;
}

static void read_kept(struct reading *reading)
{
    const struct token_field *keep = reading->rule->keep.items;
    const struct token_field *secret = reading->rule->keep_secret.items;
    struct token_answer *ret = reading->ret;
    struct credential *secrets =
        arena_array(reading->arena, reading->rule->keep_secret.n, sizeof(secrets[0]));
    struct json_build build;
    json_build_init(&build, reading->arena);
    for (uint32_t i = 0; i < reading->rule->keep.n; i++) {
        str text = signal_text(&keep[i].from, &reading->answer, reading->arena);
        if (text.n)
            json_build_member(&build, keep[i].name, json_of_text(text));
    }
    ret->context = json_build_object(&build);
    for (uint32_t i = 0; i < reading->rule->keep_secret.n; i++) {
        str text = signal_text(&secret[i].from, &reading->answer, reading->arena);
        if (text.n)
            secrets[ret->secret_n++] =
                (struct credential){secret[i].name, {(char *)(uintptr_t)text.p, text.n}};
    }
    ret->secrets = secrets;
}

static void read_token(struct reading *reading)
{
    struct token_answer *ret = reading->ret;
    ret->verdict = TOKEN_GOOD;
    ret->refresh_token =
        text_at(reading, &reading->rule->refresh_token, &AT("refresh_token"));
    ret->scope = text_at(reading, &reading->rule->scope, &AT("scope"));
    read_lifetimes(reading);
    read_kept(reading);
}

/* --- none --- */

static bool is_revoked(const struct reading *reading, str error)
{
    const struct token_rule *rule = reading->rule;
    const struct condition *dead = rule->dead.items;
    for (uint32_t i = 0; i < rule->revoked.n; i++)
        if (str_eq(error, rule->revoked.items[i]))
            return true;
    if (rule->revoked.n == 0 && str_eq(error, STR("invalid_grant")))
        return true;
    for (uint32_t i = 0; i < rule->dead.n; i++)
        if (condition_holds(&dead[i], &reading->answer, reading->arena))
            return true;
    return false;
}

static enum token_verdict verdict_of(const struct reading *reading, str error)
{
    int status = reading->answer.status;
    if (is_revoked(reading, error))
        return TOKEN_REVOKED;
    if (status == 429 || status == 408 || status >= 500)
        return TOKEN_TRANSIENT;
    /* RFC 6749 §4.1.2.1 has these two for a server that may recover. */
    if (str_eq(error, STR("temporarily_unavailable")) ||
        str_eq(error, STR("server_error")))
        return TOKEN_TRANSIENT;
    return status >= 400 || error.n ? TOKEN_REFUSED : TOKEN_TRANSIENT;
}

/* RFC 6749 §5.2; some say it with the status alone. */
static bool is_disbelieved(const struct reading *reading, str error)
{
    return reading->ret->verdict == TOKEN_REFUSED &&
           (str_eq(error, STR("invalid_client")) || reading->answer.status == 401);
}

/* What a vendor says may be anything, so it is cut and made printable. */
static str printable(struct arena *arena, str text)
{
    str copy = arena_str(
        arena, str_of(text.p, text.n < FAULT_WORDS_BYTES ? text.n : FAULT_WORDS_BYTES));
    for (size_t i = 0; i < copy.n; i++)
        if ((unsigned char)copy.p[i] < ' ' || copy.p[i] == 0x7f)
            ((char *)(uintptr_t)copy.p)[i] = ' ';
    return copy;
}

static void read_failure(struct reading *reading)
{
    static const struct signal retry_after = {.source = SIGNAL_HEADER,
                                              .header = STR("Retry-After"),
                                              .unit = SIGNAL_RETRY_AFTER};
    struct token_answer *ret = reading->ret;
    str error = text_at(reading, &reading->rule->error, &AT("error"));
    str words = text_at(reading, &reading->rule->error_text, &AT("error_description"));
    ret->verdict = verdict_of(reading, error);
    ret->disbelieved = is_disbelieved(reading, error);
    ret->fault = arena_printf(
        reading->arena, "The token endpoint answered %d%s" STR_F "%s" STR_F ".",
        reading->answer.status, error.n ? ", " : " without a token",
        STR_A(printable(reading->arena, error)), words.n ? ": " : "",
        STR_A(printable(reading->arena, words)));
    if (!signal_wait(&retry_after, &reading->answer, reading->arena, &ret->retry_after))
        ret->retry_after = -1;
}

void token_answer_read(const struct token_rule *rule, const struct answer *answer,
                       struct arena *arena, struct token_answer *ret)
{
    struct reading reading = {rule, *answer, arena, ret};
    *ret =
        (struct token_answer){.lifetime = -1, .refresh_lifetime = -1, .retry_after = -1};
    read_body(&reading);
    ret->access_token = text_at(&reading, &rule->access_token, &AT("access_token"));
    if (answer->status < 300 && ret->access_token.n)
        read_token(&reading);
    else
        read_failure(&reading);
}

/* --- the set to be stored --- */

static void put(struct credential *set, uint32_t *n, str name, str value)
{
    struct secret secret = {(char *)(uintptr_t)value.p, value.n};
    if (str_absent(value))
        return;
    for (uint32_t i = 0; i < *n; i++)
        if (str_eq(set[i].name, name)) {
            set[i].value = secret;
            return;
        }
    set[(*n)++] = (struct credential){name, secret};
}

uint32_t token_merge(const struct credentials *own, str token_name,
                     const struct token_answer *answer, struct arena *arena,
                     const struct credential **ret_set)
{
    uint32_t n = 0, own_n = own ? own->n : 0;
    struct credential *set =
        arena_array(arena, own_n + answer->secret_n + 2, sizeof(set[0]));
    for (uint32_t i = 0; i < own_n; i++)
        put(set, &n, own->items[i].name, secret_peek(&own->items[i].value));
    put(set, &n, token_name, answer->access_token);
    put(set, &n, STR("refresh_token"), answer->refresh_token);
    for (uint32_t i = 0; i < answer->secret_n; i++)
        put(set, &n, answer->secrets[i].name, secret_peek(&answer->secrets[i].value));
    *ret_set = set;
    return n;
}
