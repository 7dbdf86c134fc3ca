/*
 * The input is an integration document. A reading either finds faults, each with a
 * pointer and a sentence, or gives an integration of which everything can be asked: its
 * base URL never leaves its hosts, whatever the context, its methods are found by their
 * own paths, and an answer made of the document's own text can be judged by its rules.
 * What it says of tokens makes requests that go to http or https and can be sent, or a
 * sentence why not.
 */
#include <setjmp.h>

#include "auth/token_rule.h"
#include "base/crypto.h"
#include "catalog/integration.h"
#include "json/json_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { ROOM = 64 << 20 };

static jmp_buf out;

static void on_full(struct arena *arena)
{
    (void)arena;
    longjmp(out, 1);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    crypto_start();
    return 0;
}

static void check_faults(struct arena *arena, const struct binder *binder)
{
    struct pointer pointer;
    CHECK(binder->fault_n > 0 && binder->first);
    for (const struct bind_fault *fault = binder->first; fault; fault = fault->next) {
        CHECK(fault->text.n > 0);
        CHECK(fault->pointer.n > 1000 ||
              pointer_parse(arena, fault->pointer, POINTER_RFC6901, &pointer));
    }
}

static void check_base_url(struct arena *arena, const struct integration *integration,
                           const struct auth_way *way, const struct json *context)
{
    struct url url, again;
    str detail = STR_NONE;
    enum err err = integration_base_url(integration, way, context, arena, &url, &detail);
    if (err != ERR_NONE) {
        CHECK(detail.n > 0);
        return;
    }
    CHECK(integration_allows(integration, &url));
    CHECK(str_starts(url.path, STR("/")) && str_absent(url.query));
    CHECK(url_parse(arena, url_format(arena, &url), &again, NULL));
    CHECK(url_same_origin(&url, &again));
}

/* Contexts that give every variable one value. */
static void check_contexts(struct arena *arena, const struct integration *integration,
                           const struct auth_way *way)
{
    static const char *const values[] = {"x",          "a.b",  "..",          "x/../y",
                                         "evil.test#", "@b.c", "https://a.b", "1"};
    const struct template *template = &way->base_url;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        struct json_build build;
        json_build_init(&build, arena);
        for (uint32_t k = 0; k < template->n; k++)
            if (!str_absent(template->parts[k].name))
                json_build_member(&build, template->parts[k].name,
                                  json_of_text(str_z(values[i])));
        struct json context = json_build_object(&build);
        check_base_url(arena, integration, way, &context);
    }
}

static void check_methods(const struct integration *integration)
{
    const struct resource *resources = integration->resources.items;
    for (uint32_t i = 0; i < integration->resources.n; i++) {
        const struct method *methods = resources[i].methods.items;
        for (uint32_t k = 0; k < resources[i].methods.n; k++) {
            const struct method *method = &methods[k];
            CHECK(method->resource == &resources[i] && method->resilience);
            CHECK(!method->safe || method->has_repeatable || method->repeatable);
            const struct method *found =
                integration_method(integration, method->verb, method->path);
            CHECK(found && str_eq(found->verb, method->verb));
        }
    }
}

static void check_answer(struct arena *arena, const struct integration *integration,
                         int status)
{
    struct headers headers;
    struct throttle throttle;
    struct vendor_error error;
    headers_init(&headers, arena, 4);
    header_add_name(&headers, STR("Retry-After"), STR("5"));
    header_add_name(&headers, STR("X-Left"), STR("a=1; b=2/3"));
    struct answer answer = {.status = status,
                            .headers = &headers,
                            .text = integration->text,
                            .body = &integration->document,
                            .wall = 1760000000 * USEC_S};
    throttle_read(&integration->rate_limit, &answer, arena, &throttle);
    CHECK(throttle.n <= THROTTLE_WINDOWS_MAX && throttle.wait >= -1);
    enum outcome_class class =
        outcome_of_answer(&integration->errors, &answer, throttle.throttled, arena);
    CHECK(class < OUTCOME_LOCAL);
    outcome_vendor_error(&integration->errors, &answer, arena, &error);
    CHECK(error.message.n <= 1000 && error.code.n <= 1000);
}

static void check_auth(struct arena *arena, const struct auth_rule *rule)
{
    struct headers headers;
    struct auth_field fields[AUTH_FIELDS_MAX];
    headers_init(&headers, arena, 4);
    header_add_name(&headers, STR("Authorization"), STR("Bearer bw_abc"));
    struct auth_request request = {
        .arena = arena, .headers = &headers, .query = STR("a=bw_def")};
    CHECK(auth_ops_of(rule)->fields(rule, fields) <= AUTH_FIELDS_MAX);
    CHECK(str_eq(auth_take_key(rule, &request), STR("bw_abc")));
    CHECK(header_count(&headers, HEADER_AUTHORIZATION) == 0);
}

static void check_token_request(struct arena *arena, const struct token_inputs *inputs,
                                enum token_purpose purpose)
{
    struct token_request request;
    struct url url;
    str detail = STR_NONE;
    if (token_request_make(inputs, purpose, &request, &detail) != ERR_NONE) {
        CHECK(detail.n > 0);
        return;
    }
    CHECK(url_parse(arena, url_format(arena, &request.url), &url, NULL));
    CHECK(url_same_origin(&url, &request.url));
    for (uint32_t i = 0; i < request.headers.n; i++)
        CHECK(header_name_valid(request.headers.items[i].name) &&
              header_value_valid(request.headers.items[i].value));
}

static void check_token(struct arena *arena, const struct token_rule *rule,
                        const char *value)
{
    static const char *const names[] = {"subdomain", "user", "client_secret", "origin"};
    struct json_build build;
    str url, detail = STR_NONE;
    json_build_init(&build, arena);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        json_build_member(&build, str_z(names[i]), json_of_text(str_z(value)));
    struct json context = json_build_object(&build);
    struct token_inputs inputs = {.rule = rule,
                                  .arena = arena,
                                  .context = &context,
                                  .client_id = STR("id"),
                                  .refresh_token = STR("r"),
                                  .code = STR("c"),
                                  .verifier = STR("v"),
                                  .nonce = STR("n"),
                                  .wall = 1760000000 * USEC_S};
    for (int purpose = TOKEN_FOR_CODE; purpose <= TOKEN_REVOKE; purpose++)
        check_token_request(arena, &inputs, (enum token_purpose)purpose);
    if (token_authorize_url(&inputs, STR("s"), &url, &detail) != ERR_NONE)
        CHECK(detail.n > 0);
}

static void check_way(struct arena *arena, const struct integration *integration,
                      const struct auth_way *way)
{
    CHECK(integration_way(integration, way->name) == way);
    check_contexts(arena, integration, way);
    check_auth(arena, &way->rule);
    if (way->rule.token) {
        check_token(arena, way->rule.token, "x");
        check_token(arena, way->rule.token, "evil.test/?#\r\nX: y");
    }
}

static void check_integration(struct arena *arena, const struct integration *integration)
{
    check_methods(integration);
    check_answer(arena, integration, 200);
    check_answer(arena, integration, 429);
    check_answer(arena, integration, 503);
    const struct auth_way *ways = integration->ways.items;
    for (uint32_t i = 0; i < integration->ways.n; i++)
        check_way(arena, integration, &ways[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena arena;
    struct binder binder;
    arena_init(&arena, 64 * 1024, ROOM);
    arena.on_full = on_full;
    bind_init(&binder, &arena);
    if (setjmp(out) == 0) {
        str text = str_of((const char *)bytes, n);
        const struct integration *integration = integration_read(&binder, text);
        if (integration)
            check_integration(&arena, integration);
        else
            check_faults(&arena, &binder);
    }
    arena_fini(&arena);
    return 0;
}
