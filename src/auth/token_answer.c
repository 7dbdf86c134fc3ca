/*
 * What a token endpoint answered. Below 300 it is good when it has a token, whatever else
 * it says; without one, what the error says decides. What cannot be understood may pass:
 * only words that are known lead to a person being asked, and never with a status that
 * says that the endpoint itself is in trouble.
 *
 * A new token may be the only one there is, the one before being dead. So it is looked
 * for in what is not quite JSON too: behind a byte order mark, between bytes that are not
 * UTF-8, in a form that says it is something else.
 */
#include "auth/token_rule.h"

#include "base/utf8.h"
#include "directory/tenant.h"
#include "http/form.h"
#include "json/json_parse.h"

enum { FAULT_WORDS_BYTES = 200, FORM_PARAMS_MAX = 100, SCOPE_BYTES_MAX = 8192 };

/* What ends later than that does not end. */
static const usec lifetime_max = 100 * 365 * USEC_DAY;

/* No answer can ask for more patience. */
static const usec retry_after_max = USEC_DAY;

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

static const struct signal *given_or(const struct signal *signal,
                                     const struct signal *otherwise)
{
    return signal->source == SIGNAL_NONE ? otherwise : signal;
}

static str text_at(const struct reading *reading, const struct signal *signal,
                   const struct signal *otherwise)
{
    str text = signal_text(given_or(signal, otherwise), &reading->answer, reading->arena);
    return text.n ? text : STR_NONE;
}

/* A text, or a number; `true` is no token. */
static str token_at(const struct reading *reading, const struct signal *signal,
                    const struct signal *otherwise)
{
    const struct signal *at = given_or(signal, otherwise);
    const struct json *body = reading->answer.body;
    const struct json *found =
        at->source == SIGNAL_BODY && body ? pointer_find(&at->pointer, body) : NULL;
    return found && json_is_bool(found) ? STR_NONE : text_at(reading, at, at);
}

/* --- the body --- */

/* The text with every byte that is not UTF-8 as a "?"; the same length, or less by a
 * byte order mark. */
static str as_utf8(struct arena *arena, str text)
{
    str rest = str_starts(text, STR("\xef\xbb\xbf")) ? str_from(text, 3) : text;
    char *copy = arena_bytes(arena, rest.n);
    for (size_t i = 0, size; i < rest.n; i += size) {
        size = utf8_size(rest.p + i, rest.n - i);
        if (size)
            memcpy(copy + i, rest.p + i, size);
        else
            copy[i] = '?', size = 1;
    }
    return str_of(copy, rest.n);
}

/* The first of its name counts; a form with more than so many is none. */
static struct json json_of_form(struct arena *arena, str text)
{
    struct form form;
    size_t n = 0;
    str name, value;
    form_init(&form, arena);
    for (str rest = text; n < FORM_PARAMS_MAX && url_query_next(&rest, &name, &value);)
        n++;
    if (n < FORM_PARAMS_MAX)
        form_add_text(&form, text);
    return form_json(&form);
}

static bool is_form(const struct answer *answer)
{
    str type = header_value(answer->headers, HEADER_CONTENT_TYPE);
    return str_starts_nocase(type, STR("application/x-www-form-urlencoded"));
}

/* One word with a "=" in it, whatever its type is said to be. */
static bool looks_like_form(str text)
{
    size_t equals = str_find(text, '=');
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] <= ' ' || text.p[i] == '<' || text.p[i] == '{')
            return false;
    return equals > 0 && equals < text.n;
}

static void read_body(struct reading *reading)
{
    struct arena *arena = reading->arena;
    struct json *body = arena_alloc(arena, sizeof(*body));
    struct arena_mark mark = arena_mark(arena);
    str text = reading->answer.text;
    reading->answer.body = body;
    if (json_parse(arena, text, NULL, body, NULL))
        return;
    arena_rewind(arena, mark);
    text = as_utf8(arena, text);
    mark = arena_mark(arena);
    if (json_parse(arena, text, NULL, body, NULL))
        return;
    arena_rewind(arena, mark);
    if (is_form(&reading->answer) || looks_like_form(str_trim(text)))
        *body = json_of_form(arena, str_trim(text));
    else
        reading->answer.body = NULL;
}

/* --- a token --- */

/*
 * −1: not said. Numbers of 0 and below are what vendors write for "never", as are those
 * that no calendar has. A moment that has passed, by the vendor's own clock, is told of a
 * token that was made just now: it says nothing.
 */
static usec lifetime_at(const struct reading *reading, const struct signal *signal)
{
    double number;
    usec wait = 0;
    bool dated = signal->unit == SIGNAL_ISO8601 || signal->unit == SIGNAL_HTTP_DATE;
    bool has_number =
        !dated && signal_number(signal, &reading->answer, reading->arena, &number);
    if (has_number && number <= 0)
        return USEC_NEVER;
    if (!signal_wait(signal, &reading->answer, reading->arena, &wait))
        return has_number ? USEC_NEVER : -1;
    if (wait > lifetime_max)
        return USEC_NEVER;
    return wait > 0 ? wait : -1;
}

static void read_lifetimes(struct reading *reading)
{
    const struct token_rule *rule = reading->rule;
    struct token_answer *ret = reading->ret;
    usec refresh = -1;
    ret->lifetime = lifetime_at(reading, given_or(&rule->expires, &AT("expires_in")));
    if (ret->lifetime < 0 && rule->lifetime)
        ret->lifetime = rule->lifetime;
    if (rule->refresh_expires.source != SIGNAL_NONE)
        refresh = lifetime_at(reading, &rule->refresh_expires);
    ret->refresh_lifetime = refresh == USEC_NEVER ? -1 : refresh;
}

static void read_kept(struct reading *reading)
{
    const struct signal_named *keep = reading->rule->keep.items;
    const struct signal_named *secret = reading->rule->keep_secret.items;
    struct token_answer *ret = reading->ret;
    struct credential *secrets =
        arena_array(reading->arena, reading->rule->keep_secret.n, sizeof(secrets[0]));
    struct json_build build;
    json_build_init(&build, reading->arena);
    for (uint32_t i = 0; i < reading->rule->keep.n; i++) {
        str text = signal_text(&keep[i].signal, &reading->answer, reading->arena);
        if (text.n)
            json_build_member(&build, keep[i].name, json_of_text(text));
    }
    ret->context = json_build_object(&build);
    for (uint32_t i = 0; i < reading->rule->keep_secret.n; i++) {
        str text = signal_text(&secret[i].signal, &reading->answer, reading->arena);
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
        token_at(reading, &reading->rule->refresh_token, &AT("refresh_token"));
    str scope = text_at(reading, &reading->rule->scope, &AT("scope"));
    ret->scope = STR_NONE;
    if (!str_absent(scope) && scope.n <= SCOPE_BYTES_MAX)
        ret->scope = as_utf8(reading->arena, scope);
    read_lifetimes(reading);
    read_kept(reading);
}

/* --- none --- */

static bool is_trouble(int status)
{
    return status == 429 || status == 408 || status >= 500;
}

static bool is_revoking_word(const struct token_rule *rule, str error)
{
    for (uint32_t i = 0; i < rule->revoked.n; i++)
        if (str_eq(error, rule->revoked.items[i]))
            return true;
    return str_eq(error, STR("invalid_grant"));
}

static bool is_revoked(const struct reading *reading, str error)
{
    const struct token_rule *rule = reading->rule;
    const struct condition *dead = rule->dead.items;
    bool trouble = is_trouble(reading->answer.status);
    for (uint32_t i = 0; i < rule->dead.n; i++)
        if ((!trouble || dead[i].statuses.n) &&
            condition_holds(&dead[i], &reading->answer, reading->arena))
            return true;
    return !trouble && is_revoking_word(rule, error);
}

static enum token_verdict verdict_of(const struct reading *reading, str error)
{
    int status = reading->answer.status;
    if (is_revoked(reading, error))
        return TOKEN_REVOKED;
    /* RFC 6749 §4.1.2.1 has these two for a server that may recover. */
    if (is_trouble(status) || str_eq(error, STR("temporarily_unavailable")) ||
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

static bool is_control(const char *p, size_t size)
{
    unsigned char c = (unsigned char)p[0];
    bool c1 = size == 2 && c == 0xc2 && (unsigned char)p[1] < 0xa0;
    return c < ' ' || c == 0x7f || c1;
}

/* What a vendor says may be anything, so it is cut, between characters, and made
 * printable. */
static str printable(struct arena *arena, str text)
{
    size_t n = text.n < FAULT_WORDS_BYTES ? text.n : FAULT_WORDS_BYTES;
    for (int i = 0; i < 3 && n && n < text.n && utf8_is_tail(text.p[n]); i++)
        n--;
    str copy = as_utf8(arena, str_of(text.p, n));
    for (size_t i = 0, size; i < copy.n; i += size) {
        size = utf8_size(copy.p + i, copy.n - i);
        if (is_control(copy.p + i, size))
            memset((char *)(uintptr_t)copy.p + i, ' ', size);
    }
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
    ret->retry_after = usec_min(ret->retry_after, retry_after_max);
}

void token_answer_read(const struct token_rule *rule, const struct answer *answer,
                       struct arena *arena, struct token_answer *ret)
{
    struct reading reading = {rule, *answer, arena, ret};
    *ret =
        (struct token_answer){.lifetime = -1, .refresh_lifetime = -1, .retry_after = -1};
    read_body(&reading);
    ret->access_token = token_at(&reading, &rule->access_token, &AT("access_token"));
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
