#include "keeper/errand.h"

#include <string.h>

#include "auth/certificate.h"
#include "json/json_parse.h"
#include "json/json_write.h"
#include "json/merge.h"
#include "keeper/party.h"

enum { BODY_BYTES_MAX = 64 << 10, LOOK_ARENA_BYTES_MAX = 64 << 20 };

const usec errand_deadline = 30 * USEC_S;

static bool send(struct errand *errand);

static void end(struct errand *errand, enum errand_end end, enum err err, str fault)
{
    errand->end = end;
    errand->err = err;
    errand->fault = fault;
}

/* --- what came back --- */

static bool is_refusal(enum outcome_class class)
{
    return class == OUTCOME_AUTH_REFRESH || class == OUTCOME_AUTH_FAILED ||
           class == OUTCOME_RECONNECT_REQUIRED;
}

/* A vendor in trouble, or one that is asked too often, says nothing of credentials. */
static bool is_no_trouble(enum outcome_class class)
{
    return class == OUTCOME_OK || class == OUTCOME_VALIDATION ||
           class == OUTCOME_NOT_FOUND || class == OUTCOME_CONFLICT ||
           class == OUTCOME_CLIENT || class == OUTCOME_FORBIDDEN ||
           class == OUTCOME_RESYNC;
}

static str place_of(const struct errand *errand)
{
    str parts[] = {errand->fetch.request.verb, STR(" "),
                   url_origin(errand->envoy.arena, &errand->fetch.request.url),
                   errand->fetch.request.url.path};
    return arena_join(errand->envoy.arena, parts, COUNT_OF(parts));
}

static str vendor_words(struct errand *errand, const struct answer *answer,
                        struct arena *look)
{
    struct vendor_error error;
    outcome_vendor_error(&errand->envoy.integration->errors, answer, look, &error);
    return arena_printf(errand->envoy.arena, STR_F " answered %d%s" STR_F ".",
                        STR_A(place_of(errand)), answer->status,
                        error.message.n ? ": " : "", STR_A(error.message));
}

/* Takes what the request keeps into the context; false with what is missing. */
static bool keep(struct errand *errand, const struct answer *answer, struct arena *look,
                 str *ret_missing)
{
    const struct bind_list *list = &errand->requests[errand->at].keep;
    const struct signal_named *items = list->items;
    struct json_build build;
    json_build_init(&build, errand->envoy.arena);
    for (uint32_t i = 0; i < list->n; i++) {
        *ret_missing = items[i].name;
        str value = signal_text(&items[i].signal, answer, look);
        if (str_absent(value))
            return false;
        json_build_member(&build, items[i].name,
                          json_of_text(arena_str(errand->envoy.arena, value)));
    }
    struct json kept = json_build_object(&build);
    errand->context = errand->fills
                          ? merge_patch(errand->envoy.arena, &kept, &errand->context)
                          : merge_patch(errand->envoy.arena, &errand->context, &kept);
    return true;
}

static void judge(struct errand *errand, const struct answer *answer, struct arena *look)
{
    enum outcome_class class = errand->fetch.class;
    bool good = class == OUTCOME_OK || (errand->lenient && is_no_trouble(class));
    str missing;
    errand->retry_after = errand->fetch.retry_after;
    if (is_refusal(class))
        end(errand, ERRAND_REFUSED, ERR_NONE, vendor_words(errand, answer, look));
    else if (!good)
        end(errand, ERRAND_FAILED, ERR_NONE, vendor_words(errand, answer, look));
    else if (!keep(errand, answer, look, &missing))
        end(errand, ERRAND_FAILED, ERR_NONE,
            arena_printf(errand->envoy.arena,
                         STR_F " answered %d, and nothing for \"" STR_F "\".",
                         STR_A(place_of(errand)), answer->status, STR_A(missing)));
    else
        end(errand, ERRAND_DONE, ERR_NONE, STR_NONE);
}

static void read_answer(struct errand *errand)
{
    struct arena look;
    struct json body;
    struct answer answer = errand->fetch.answer;
    arena_init(&look, 16 << 10, LOOK_ARENA_BYTES_MAX);
    if (answer.text.n && json_parse(&look, answer.text, NULL, &body, NULL))
        answer.body = &body;
    judge(errand, &answer, &look);
    arena_wipe(&look);
    arena_fini(&look);
}

static void on_fetched(struct token_fetch *fetch)
{
    struct errand *errand = fetch->owner;
    if (fetch->err != ERR_NONE) {
        errand->retry_after = fetch->retry_after;
        end(errand, ERRAND_FAILED, fetch->err,
            arena_printf(errand->envoy.arena, STR_F ": " STR_F ". " STR_F,
                         STR_A(place_of(errand)), STR_A(err_row(fetch->err)->title),
                         STR_A(fetch->detail)));
    } else {
        read_answer(errand);
    }
    if (errand->end == ERRAND_DONE && ++errand->at < errand->n && send(errand))
        return;
    errand->heard(errand);
}

/* --- a request --- */

static enum err add_headers(struct errand *errand, const struct own_request *own,
                            struct headers *headers, str *ret_detail)
{
    const struct token_param *items = own->headers.items;
    str text, missing;
    headers_init(headers, errand->envoy.arena, own->headers.n + 2);
    header_set_name(headers, STR("Accept"), STR("application/json"));
    for (uint32_t i = 0; i < own->headers.n; i++) {
        missing = STR("a usable value");
        if (!template_fill(&items[i].value, &errand->context, errand->envoy.arena, &text,
                           &missing) ||
            !header_value_valid(text)) {
            *ret_detail = arena_printf(errand->envoy.arena,
                                       "The header " STR_F " needs \"" STR_F
                                       "\" in the account's context.",
                                       STR_A(items[i].name), STR_A(missing));
            return ERR_CREDENTIAL_UNUSABLE;
        }
        header_set_name(headers, items[i].name, text);
    }
    return ERR_NONE;
}

static void add_body(struct errand *errand, const struct own_request *own,
                     struct token_request *request)
{
    struct buf text;
    struct json_out out;
    request->body = STR_NONE;
    if (json_is(&own->body, JSON_UNDEFINED))
        return;
    buf_init(&text, BODY_BYTES_MAX);
    json_out_init(&out, &text);
    json_out_value(&out, &own->body);
    request->body = arena_str(errand->envoy.arena, buf_peek(&text));
    buf_fini(&text);
    header_set(&request->headers, HEADER_CONTENT_TYPE, STR("application/json"));
}

/* What goes below the base URL goes where that may; another place is trusted as far as
 * the document alone names it. */
static enum err find_place(struct errand *errand, const struct own_request *own,
                           struct url *ret_url, str *ret_detail)
{
    struct url base = {0};
    enum err err = ERR_NONE;
    if (own_request_is_below(own))
        err = integration_base_url(errand->envoy.integration, errand->envoy.way,
                                   &errand->context, errand->envoy.arena, &base,
                                   ret_detail);
    if (err == ERR_NONE)
        err = own_request_url(own, &base, &errand->context, errand->envoy.arena, ret_url,
                              ret_detail);
    if (err != ERR_NONE || own_request_is_below(own))
        return err;
    return envoy_may_go(&errand->envoy, &own->url, ret_url, ret_detail);
}

/* That of the set, or, if it has none, of the account or its app as they are stored; what
 * is missing the exchange says. */
static void take_certificate(struct errand *errand)
{
    struct certificate *ret = &errand->fetch.request.certificate;
    const char *why;
    if (certificate_choose(errand->credentials, NULL, ret, &why) == ERR_NONE &&
        ret->chain.n)
        return;
    if (party_certificate(errand->envoy.directory, errand->envoy.account,
                          errand->envoy.way, errand->envoy.arena, ret, &why) != ERR_NONE)
        *ret = (struct certificate){STR_NONE, STR_NONE};
}

static bool send(struct errand *errand)
{
    const struct own_request *own = &errand->requests[errand->at];
    struct token_fetch *fetch = &errand->fetch;
    struct token_request *request = &fetch->request;
    str detail;
    *fetch = envoy_fetch(&errand->envoy, errand->until, on_fetched, errand);
    fetch->credentials = errand->credentials;
    fetch->context = &errand->context;
    request->verb = own_request_verb(own);
    enum err err = find_place(errand, own, &request->url, &detail);
    if (err == ERR_NONE)
        err = add_headers(errand, own, &request->headers, &detail);
    if (err != ERR_NONE) {
        end(errand, ERRAND_FAILED, err, detail);
        return false;
    }
    add_body(errand, own, request);
    take_certificate(errand);
    envoy_send(&errand->envoy, fetch);
    return true;
}

/* --- the caller's calls --- */

bool errand_start(struct errand *errand)
{
    CHECK(errand->n > 0);
    errand->at = 0;
    errand->retry_after = -1;
    errand->until = errand->envoy.worker->now + errand_deadline;
    return send(errand);
}

void errand_abandon(struct errand *errand)
{
    errand->envoy.ops->abandon(&errand->fetch);
}

bool errand_take_context(struct errand *errand, const struct auth_rule *rule)
{
    errand->requests = rule->context.items;
    errand->n = rule->context.n;
    errand->lenient = false;
    return errand->n > 0;
}

bool errand_take_check(struct errand *errand, const struct auth_rule *rule)
{
    errand->requests = rule->check;
    errand->n = rule->check ? 1 : 0;
    errand->lenient = true;
    return errand->n > 0;
}

const struct credentials *errand_credentials(const struct credential *set, uint32_t n,
                                             struct arena *arena)
{
    struct credentials *credentials =
        arena_zalloc(arena, sizeof(*credentials) + n * sizeof(set[0]));
    credentials->n = n;
    memcpy(credentials->items, set, n * sizeof(set[0]));
    return credentials;
}
