/*
 * A request to a token endpoint: parameters in the order grant, client, the document's
 * own, each later one in the place of an earlier one of its name, then encoded as the
 * document says.
 */
#include "auth/token_rule.h"

#include "auth/auth_scheme.h"
#include "auth/jwt.h"
#include "auth/pkce.h"
#include "directory/tenant.h"
#include "json/json_write.h"
#include "json/merge.h"

enum { BODY_BYTES_MAX = 1 << 20 };

#define GRANT_JWT STR("urn:ietf:params:oauth:grant-type:jwt-bearer")

/* One request under construction. */
struct making {
    const struct token_inputs *inputs;
    enum token_purpose purpose;
    struct json places;   /* OBJECT: what URLs may use */
    struct json values;   /* OBJECT: what everything else may use, secrets too */
    struct sign_key *key; /* NULL: none was wanted */
    struct form form;
    str detail;
};

/* --- values --- */

static struct json no_members(struct arena *arena)
{
    struct json_build build;
    json_build_init(&build, arena);
    return json_build_object(&build);
}

static struct json merged(struct arena *arena, struct json object,
                          const struct json *other)
{
    return other && json_is(other, JSON_OBJECT) ? merge_patch(arena, &object, other)
                                                : object;
}

#define SECRET      STR("client_secret")
#define NEXT_SECRET STR("client_secret_next")

/* The account's credential of that name, else the app's; absent. */
static str secret_of(const struct token_inputs *inputs, str name)
{
    str own = auth_credential(inputs->own, name);
    if (!str_absent(own))
        return own;
    bool next = inputs->next_secret && str_eq(name, SECRET);
    return auth_credential(inputs->apps, next ? NEXT_SECRET : name);
}

bool token_has_next_secret(const struct token_inputs *inputs)
{
    return str_absent(auth_credential(inputs->own, SECRET)) &&
           str_absent(auth_credential(inputs->own, STR("client_id"))) &&
           !str_absent(auth_credential(inputs->apps, NEXT_SECRET));
}

static str client_id(const struct token_inputs *inputs)
{
    str own = auth_credential(inputs->own, STR("client_id"));
    return str_absent(own) ? inputs->client_id : own;
}

/* An account that has an id of its own never goes with the app's secret. */
static str client_secret(const struct token_inputs *inputs)
{
    bool own = !str_absent(auth_credential(inputs->own, STR("client_id")));
    return own ? auth_credential(inputs->own, STR("client_secret"))
               : secret_of(inputs, STR("client_secret"));
}

static str joined_scopes(const struct token_inputs *inputs)
{
    const struct bind_texts *scopes =
        inputs->scopes ? inputs->scopes : &inputs->rule->scopes;
    str *parts = arena_array(inputs->arena, 2 * (size_t)scopes->n, sizeof(parts[0]));
    for (uint32_t i = 0; i < scopes->n; i++) {
        parts[2 * i] = i ? inputs->rule->scope_separator : STR("");
        parts[2 * i + 1] = scopes->items[i];
    }
    return scopes->n ? arena_join(inputs->arena, parts, 2 * (size_t)scopes->n) : STR_NONE;
}

static struct json credentials_object(struct arena *arena,
                                      const struct credentials *credentials)
{
    struct json_build build;
    json_build_init(&build, arena);
    for (uint32_t i = 0; credentials && i < credentials->n; i++)
        json_build_member(&build, credentials->items[i].name,
                          json_of_text(secret_peek(&credentials->items[i].value)));
    return json_build_object(&build);
}

static struct json with_text(struct arena *arena, struct json object, str name, str text)
{
    struct json_build build;
    if (str_absent(text))
        return object;
    json_build_init(&build, arena);
    json_build_member(&build, name, json_of_text(text));
    struct json one = json_build_object(&build);
    return merge_patch(arena, &object, &one);
}

static void gather(struct making *making)
{
    const struct token_inputs *inputs = making->inputs;
    struct arena *arena = inputs->arena;
    making->places = merged(arena, no_members(arena), inputs->params);
    making->places = merged(arena, making->places, inputs->context);
    struct json apps = credentials_object(arena, inputs->apps);
    struct json own = credentials_object(arena, inputs->own);
    making->values = merged(arena, making->places, &apps);
    making->values = merged(arena, making->values, &own);
    making->values =
        with_text(arena, making->values, STR("client_id"), client_id(inputs));
    making->values =
        with_text(arena, making->values, STR("client_secret"), client_secret(inputs));
    making->values =
        with_text(arena, making->values, STR("scope"), joined_scopes(inputs));
    making->values = with_text(arena, making->values, STR("nonce"), inputs->nonce);
}

static enum err lacks(struct making *making, const char *what, str name)
{
    making->detail =
        arena_printf(making->inputs->arena,
                     "%s needs \"" STR_F "\", which neither the account's context or "
                     "credentials nor its app have.",
                     what, STR_A(name));
    return ERR_CREDENTIAL_UNUSABLE;
}

/* --- the signed token --- */

static enum err read_key(struct making *making)
{
    const char *why;
    str pem = secret_of(making->inputs, STR("private_key"));
    if (making->key)
        return ERR_NONE;
    if (str_absent(pem))
        return lacks(making, "The token endpoint", STR("private_key"));
    making->key = sign_key_read(pem, &why);
    if (making->key)
        return ERR_NONE;
    making->detail =
        arena_printf(making->inputs->arena, "The credential \"private_key\" %s.", why);
    return ERR_CREDENTIAL_UNUSABLE;
}

static enum err fill_claims(struct making *making, const struct token_jwt *jwt,
                            struct json *ret_claims)
{
    struct arena *arena = making->inputs->arena;
    const struct token_param *claims = jwt->claims.items;
    struct json_build build;
    str text, missing;
    json_build_init(&build, arena);
    for (uint32_t i = 0; i < jwt->claims.n; i++) {
        if (!template_fill(&claims[i].value, &making->values, arena, &text, &missing))
            return lacks(making, "A claim of the signed token", missing);
        json_build_member(&build, claims[i].name, json_of_text(text));
    }
    struct json texts = json_build_object(&build);
    struct jwt_claims facts = {.wall = making->inputs->wall,
                               .lifetime = jwt->lifetime,
                               .early = jwt->early,
                               .more = &texts};
    *ret_claims = merged(arena, jwt_claims_of(&facts, arena), &jwt->more);
    return ERR_NONE;
}

static enum err sign_with(struct making *making, const struct sign_key *key)
{
    struct arena *arena = making->inputs->arena;
    const struct token_jwt *rule = making->inputs->rule->jwt;
    enum sign_alg alg = (enum sign_alg)rule->alg;
    struct json claims;
    str token;
    enum err err = fill_claims(making, rule, &claims);
    if (err != ERR_NONE)
        return err;
    struct jwt jwt = {.alg = alg,
                      .typ = STR("JWT"),
                      .kid = json_member_text(&making->values, STR("key_id")),
                      .claims = &claims};
    if (!jwt_make(&jwt, key, arena, &token)) {
        making->detail = arena_printf(arena,
                                      "The key is of a kind that cannot sign with " STR_F
                                      ", or the claims "
                                      "of the signed token are too long.",
                                      STR_A(sign_alg_word(alg)));
        return ERR_CREDENTIAL_UNUSABLE;
    }
    making->values = with_text(arena, making->values, STR("jwt"), token);
    return ERR_NONE;
}

static enum err sign_with_secret(struct making *making)
{
    str secret = client_secret(making->inputs);
    if (secret.n == 0)
        return lacks(making, "The signed token", STR("client_secret"));
    struct sign_key *key = sign_key_of_bytes(secret);
    enum err err = sign_with(making, key);
    sign_key_destroy(&key);
    return err;
}

static enum err sign(struct making *making)
{
    const struct token_jwt *rule = making->inputs->rule->jwt;
    if (!rule)
        return ERR_NONE;
    if (rule->alg == SIGN_HS256)
        return sign_with_secret(making);
    enum err err = read_key(making);
    return err == ERR_NONE ? sign_with(making, making->key) : err;
}

/* --- parameters --- */

/* In the place of all of that name. */
static void set_param(struct form *form, str name, str value)
{
    for (uint32_t i = 0; i < form->n; i++)
        if (str_eq(form->items[i].name, name)) {
            form->items[i].value = value;
            return;
        }
    form_add(form, name, value);
}

static void add_given(struct form *form, str name, str value)
{
    if (!str_absent(value))
        form_add(form, name, value);
}

static void add_grant(struct making *making)
{
    const struct token_inputs *inputs = making->inputs;
    struct form *form = &making->form;
    if (making->purpose == TOKEN_REFRESH) {
        form_add(form, STR("grant_type"), STR("refresh_token"));
        form_add(form, STR("refresh_token"), inputs->refresh_token);
        return;
    }
    if (making->purpose == TOKEN_REVOKE) {
        form_add(form, STR("token"), inputs->refresh_token);
        form_add(form, STR("token_type_hint"), STR("refresh_token"));
        return;
    }
    switch ((enum token_grant)inputs->rule->grant) {
    case TOKEN_GRANT_authorization_code:
        form_add(form, STR("grant_type"), STR("authorization_code"));
        form_add(form, STR("code"), inputs->code);
        add_given(form, STR("redirect_uri"), inputs->redirect_uri);
        add_given(form, STR("code_verifier"), inputs->verifier);
        return;
    case TOKEN_GRANT_client_credentials:
        form_add(form, STR("grant_type"), STR("client_credentials"));
        add_given(form, STR("scope"), joined_scopes(inputs));
        return;
    case TOKEN_GRANT_jwt_bearer:
        form_add(form, STR("grant_type"), GRANT_JWT);
        form_add(form, STR("assertion"), json_member_text(&making->values, STR("jwt")));
        return;
    case TOKEN_GRANT_login:
    case TOKEN_GRANT_COUNT:
        return;
    }
}

static enum err add_params(struct making *making, const struct bind_list *params)
{
    const struct token_param *items = params->items;
    str text, missing;
    for (uint32_t i = 0; i < params->n; i++) {
        if (!template_fill(&items[i].value, &making->values, making->inputs->arena, &text,
                           &missing))
            return lacks(making, "A parameter of the token endpoint", missing);
        set_param(&making->form, items[i].name, text);
    }
    return ERR_NONE;
}

/* --- the client --- */

/* Copied, since account and app may be let go before the connection is made. */
static void take_certificate(struct making *making, struct token_request *request)
{
    const struct token_inputs *inputs = making->inputs;
    struct certificate found;
    const char *half; /* of which nothing can be shown: as none */
    if (certificate_choose(inputs->own, inputs->apps, &found, &half) == ERR_NONE &&
        found.chain.n)
        request->certificate = (struct certificate){arena_str(inputs->arena, found.chain),
                                                    arena_str(inputs->arena, found.key)};
}

/* A login says who it is in its own way; an assertion says it for a client without id. */
static bool names_client(const struct making *making)
{
    const struct token_rule *rule = making->inputs->rule;
    if (rule->grant == TOKEN_GRANT_login)
        return false;
    return rule->grant != TOKEN_GRANT_jwt_bearer ||
           !str_absent(client_id(making->inputs));
}

static enum err put_client(struct making *making, struct token_request *request)
{
    const struct token_inputs *inputs = making->inputs;
    const struct client_auth_rule *rule = &inputs->rule->client;
    const char *why;
    enum err err = ERR_NONE;
    if (!names_client(making))
        return ERR_NONE;
    if (rule->kind == CLIENT_AUTH_assertion &&
        !str_absent(secret_of(inputs, STR("private_key"))))
        err = read_key(making);
    if (err != ERR_NONE)
        return err;
    struct client_auth auth = {
        .rule = rule,
        .id = client_id(inputs),
        .secret = client_secret(inputs),
        .key = making->key,
        .certificate = request->certificate.chain.n > 0,
        .kid = json_member_text(&making->values, STR("key_id")),
        .token_url = url_format(inputs->arena, &request->url),
        .wall = inputs->wall,
        .jti = inputs->nonce,
        .headers = &request->headers,
        .form = &making->form,
    };
    err = client_auth_put(&auth, &why);
    if (err != ERR_NONE)
        making->detail = str_z(why);
    return err;
}

/* --- the request --- */

static enum err fill_url(struct making *making, const struct template *template,
                         struct url *ret_url)
{
    struct template_values values = {&making->places, "the account's context and its app",
                                     "the token endpoint of its integration"};
    struct arena *arena = making->inputs->arena;
    const char *why;
    str text;
    if (template->n == 0) {
        making->detail = STR("The integration has no endpoint for that.");
        return ERR_CREDENTIAL_UNUSABLE;
    }
    if (!template_fill_url(template, &values, arena, &text, &making->detail))
        return ERR_CREDENTIAL_UNUSABLE;
    if (url_parse(arena, text, ret_url, &why))
        return ERR_NONE;
    making->detail = arena_printf(
        arena, "The URL of the token endpoint, once filled, is not usable: %s.", why);
    return ERR_CREDENTIAL_UNUSABLE;
}

const struct template *token_url(const struct token_rule *rule,
                                 enum token_purpose purpose)
{
    if (purpose == TOKEN_REVOKE)
        return &rule->revoke_url;
    if (purpose == TOKEN_REFRESH && rule->refresh_url.n)
        return &rule->refresh_url;
    return &rule->url;
}

static enum err refuse_header(struct making *making, str name)
{
    making->detail = arena_printf(making->inputs->arena,
                                  "What would stand in the header \"" STR_F
                                  "\" for the token endpoint has a control character.",
                                  STR_A(name));
    return ERR_CREDENTIAL_UNUSABLE;
}

static enum err add_headers(struct making *making, struct headers *headers)
{
    const struct token_param *items = making->inputs->rule->headers.items;
    str text, missing;
    for (uint32_t i = 0; i < making->inputs->rule->headers.n; i++) {
        if (!template_fill(&items[i].value, &making->values, making->inputs->arena, &text,
                           &missing))
            return lacks(making, "A header for the token endpoint", missing);
        if (!header_value_valid(text))
            return refuse_header(making, items[i].name);
        header_set_name(headers, items[i].name, text);
    }
    return ERR_NONE;
}

/* Absent when it is too long. */
static str form_as_json(const struct form *form)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, BODY_BYTES_MAX);
    json_out_init(&out, &text);
    json_out_object(&out);
    for (uint32_t i = 0; i < form->n; i++)
        json_out_member_text(&out, form->items[i].name, form->items[i].value);
    json_out_end(&out);
    str body = buf_ok(&text) ? arena_str(form->arena, buf_peek(&text)) : STR_NONE;
    buf_fini(&text);
    return body;
}

static void put_query(struct url *url, const struct form *form)
{
    str query = form_text(form);
    str parts[] = {url->query, url->query.n ? STR("&") : STR(""), query};
    if (query.n)
        url->query = arena_join(form->arena, parts, COUNT_OF(parts));
}

static enum err put_body(struct making *making, struct token_request *request)
{
    struct form *form = &making->form;
    if (str_eq(request->verb, STR("GET"))) {
        put_query(&request->url, form);
        request->body = STR_NONE;
        return ERR_NONE;
    }
    bool json = making->inputs->rule->encoding == TOKEN_JSON;
    if (!header_count(&request->headers, HEADER_CONTENT_TYPE))
        header_set(&request->headers, HEADER_CONTENT_TYPE,
                   json ? STR("application/json")
                        : STR("application/x-www-form-urlencoded"));
    request->body = json ? form_as_json(form) : form_text(form);
    if (!str_absent(request->body))
        return ERR_NONE;
    making->detail = STR("What would be sent to the token endpoint is too long.");
    return ERR_CREDENTIAL_UNUSABLE;
}

/* What the purpose is about must be there. */
static enum err need_subject(struct making *making)
{
    const struct token_inputs *inputs = making->inputs;
    bool by_code = making->purpose == TOKEN_FOR_CODE;
    str subject = by_code ? inputs->code : inputs->refresh_token;
    if (making->purpose == TOKEN_OBTAIN || subject.n)
        return ERR_NONE;
    making->detail = by_code ? STR("There is no code to exchange.")
                             : STR("The account has no refresh token.");
    return ERR_CREDENTIAL_UNUSABLE;
}

static enum err make(struct making *making, struct token_request *request)
{
    const struct token_rule *rule = making->inputs->rule;
    enum err err = need_subject(making);
    if (err == ERR_NONE)
        err = fill_url(making, token_url(making->inputs->rule, making->purpose),
                       &request->url);
    if (err == ERR_NONE)
        err = sign(making);
    if (err != ERR_NONE)
        return err;
    add_grant(making);
    take_certificate(making, request);
    err = put_client(making, request);
    if (err == ERR_NONE)
        err = add_params(making, &rule->params);
    if (err == ERR_NONE && making->purpose == TOKEN_FOR_CODE)
        err = add_params(making, &rule->code_params);
    if (err == ERR_NONE && making->purpose == TOKEN_REFRESH)
        err = add_params(making, &rule->refresh_params);
    if (err == ERR_NONE)
        err = add_headers(making, &request->headers);
    return err == ERR_NONE ? put_body(making, request) : err;
}

enum err token_request_make(const struct token_inputs *inputs, enum token_purpose purpose,
                            struct token_request *ret, str *ret_detail)
{
    struct making making = {.inputs = inputs, .purpose = purpose};
    *ret = (struct token_request){.verb = inputs->rule->verb};
    headers_init(&ret->headers, inputs->arena, 8);
    header_set_name(&ret->headers, STR("Accept"), STR("application/json"));
    form_init(&making.form, inputs->arena);
    gather(&making);
    enum err err = make(&making, ret);
    sign_key_destroy(&making.key);
    *ret_detail = making.detail;
    return err;
}

/* --- consent --- */

static enum err add_consent(struct making *making, str state)
{
    const struct token_inputs *inputs = making->inputs;
    const struct token_rule *rule = inputs->rule;
    struct form *form = &making->form;
    str id_name = rule->client.id_name;
    if (client_id(inputs).n == 0) {
        making->detail = STR("The app has no client id; store the one that the vendor "
                             "gave it.");
        return ERR_CREDENTIAL_UNUSABLE;
    }
    form_add(form, STR("response_type"), STR("code"));
    form_add(form, str_absent(id_name) ? STR("client_id") : id_name, client_id(inputs));
    add_given(form, STR("redirect_uri"), inputs->redirect_uri);
    add_given(form, STR("scope"), joined_scopes(inputs));
    form_add(form, STR("state"), state);
    if (rule->pkce) {
        form_add(form, STR("code_challenge"),
                 pkce_challenge(inputs->arena, inputs->verifier));
        form_add(form, STR("code_challenge_method"), PKCE_METHOD);
    }
    return add_params(making, &rule->authorize_params);
}

enum err token_authorize_url(const struct token_inputs *inputs, str state, str *ret_url,
                             str *ret_detail)
{
    struct making making = {.inputs = inputs};
    struct url url;
    form_init(&making.form, inputs->arena);
    gather(&making);
    /* What a browser sees holds no secret. */
    making.values =
        with_text(inputs->arena, making.places, STR("client_id"), client_id(inputs));
    making.values =
        with_text(inputs->arena, making.values, STR("scope"), joined_scopes(inputs));
    enum err err = fill_url(&making, &inputs->rule->authorize_url, &url);
    if (err == ERR_NONE)
        err = add_consent(&making, state);
    if (err == ERR_NONE) {
        put_query(&url, &making.form);
        *ret_url = url_format(inputs->arena, &url);
    }
    *ret_detail = making.detail;
    return err;
}
