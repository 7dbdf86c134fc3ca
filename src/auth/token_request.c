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
           !str_absent(auth_credential(inputs->apps, NEXT_SECRET));
}

static str client_id(const struct token_inputs *inputs)
{
    str own = auth_credential(inputs->own, STR("client_id"));
    return str_absent(own) ? inputs->client_id : own;
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
    making->values = with_text(arena, making->values, SECRET, secret_of(inputs, SECRET));
    making->values =
        with_text(arena, making->values, STR("client_id"), client_id(inputs));
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
    *ret_claims = merged(arena, texts, &jwt->more);
    return ERR_NONE;
}

static enum err sign(struct making *making)
{
    const struct token_inputs *inputs = making->inputs;
    const struct token_jwt *rule = inputs->rule->jwt;
    struct json more;
    str token;
    if (!rule)
        return ERR_NONE;
    enum err err = read_key(making);
    if (err == ERR_NONE)
        err = fill_claims(making, rule, &more);
    if (err != ERR_NONE)
        return err;
    struct jwt_claims facts = {.wall = inputs->wall,
                               .lifetime = rule->lifetime,
                               .early = rule->early,
                               .more = &more};
    struct json claims = jwt_claims_of(&facts, inputs->arena);
    struct jwt jwt = {.alg = (enum sign_alg)rule->alg,
                      .typ = STR("JWT"),
                      .kid = json_member_text(&making->values, STR("key_id")),
                      .claims = &claims};
    if (!jwt_make(&jwt, making->key, inputs->arena, &token)) {
        making->detail = arena_printf(
            inputs->arena, "The credential \"private_key\" cannot sign with " STR_F ".",
            STR_A(sign_alg_word((enum sign_alg)rule->alg)));
        return ERR_CREDENTIAL_UNUSABLE;
    }
    making->values = with_text(inputs->arena, making->values, STR("jwt"), token);
    return ERR_NONE;
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

static str joined_scopes(const struct token_inputs *inputs)
{
    const struct bind_texts *scopes =
        inputs->scopes ? inputs->scopes : &inputs->rule->scopes;
    str text = STR_NONE;
    for (uint32_t i = 0; i < scopes->n; i++) {
        str parts[] = {text, i ? inputs->rule->scope_separator : STR(""),
                       scopes->items[i]};
        text = arena_join(inputs->arena, parts, COUNT_OF(parts));
    }
    return text;
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
        .secret = secret_of(inputs, SECRET),
        .key = making->key,
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
    if (!template_fill_url(template, &values, arena, &text, &making->detail))
        return ERR_CREDENTIAL_UNUSABLE;
    if (url_parse(arena, text, ret_url, &why))
        return ERR_NONE;
    making->detail = arena_printf(
        arena, "The URL of the token endpoint, once filled, is not usable: %s.", why);
    return ERR_CREDENTIAL_UNUSABLE;
}

static const struct template *url_of(const struct making *making)
{
    const struct token_rule *rule = making->inputs->rule;
    if (making->purpose == TOKEN_REVOKE)
        return &rule->revoke_url;
    if (making->purpose == TOKEN_REFRESH && rule->refresh_url.n)
        return &rule->refresh_url;
    return &rule->url;
}

static enum err add_headers(struct making *making, struct headers *headers)
{
    const struct token_param *items = making->inputs->rule->headers.items;
    str text, missing;
    for (uint32_t i = 0; i < making->inputs->rule->headers.n; i++) {
        if (!template_fill(&items[i].value, &making->values, making->inputs->arena, &text,
                           &missing))
            return lacks(making, "A header for the token endpoint", missing);
        if (!header_name_valid(items[i].name) || !header_value_valid(text))
            return lacks(making, "A header for the token endpoint",
                         STR("a usable value"));
        header_set_name(headers, items[i].name, text);
    }
    return ERR_NONE;
}

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
    str body = arena_str(form->arena, buf_peek(&text));
    buf_fini(&text);
    return body;
}

static void put_body(struct making *making, struct token_request *request)
{
    struct form *form = &making->form;
    if (str_eq(request->verb, STR("GET"))) {
        str query = form_text(form);
        str parts[] = {request->url.query, request->url.query.n ? STR("&") : STR(""),
                       query};
        if (query.n)
            request->url.query = arena_join(form->arena, parts, COUNT_OF(parts));
        request->body = STR_NONE;
        return;
    }
    bool json = making->inputs->rule->encoding == TOKEN_JSON;
    header_set(&request->headers, HEADER_CONTENT_TYPE,
               json ? STR("application/json") : STR("application/x-www-form-urlencoded"));
    request->body = json ? form_as_json(form) : form_text(form);
}

static enum err make(struct making *making, struct token_request *request)
{
    const struct token_rule *rule = making->inputs->rule;
    enum err err = fill_url(making, url_of(making), &request->url);
    if (err == ERR_NONE)
        err = sign(making);
    if (err != ERR_NONE)
        return err;
    add_grant(making);
    err = put_client(making, request);
    if (err == ERR_NONE)
        err = add_params(making, &rule->params);
    if (err == ERR_NONE && making->purpose == TOKEN_FOR_CODE)
        err = add_params(making, &rule->code_params);
    if (err == ERR_NONE && making->purpose == TOKEN_REFRESH)
        err = add_params(making, &rule->refresh_params);
    if (err == ERR_NONE)
        err = add_headers(making, &request->headers);
    if (err == ERR_NONE)
        put_body(making, request);
    return err;
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

enum err token_authorize_url(const struct token_inputs *inputs, str state, str *ret_url,
                             str *ret_detail)
{
    struct making making = {.inputs = inputs};
    struct url url;
    form_init(&making.form, inputs->arena);
    gather(&making);
    making.values = making.places; /* what a browser sees holds no secret */
    enum err err = fill_url(&making, &inputs->rule->authorize_url, &url);
    if (err == ERR_NONE) {
        form_add(&making.form, STR("response_type"), STR("code"));
        form_add(&making.form, STR("client_id"), client_id(inputs));
        add_given(&making.form, STR("redirect_uri"), inputs->redirect_uri);
        add_given(&making.form, STR("scope"), joined_scopes(inputs));
        form_add(&making.form, STR("state"), state);
        if (inputs->rule->pkce) {
            form_add(&making.form, STR("code_challenge"),
                     pkce_challenge(inputs->arena, inputs->verifier));
            form_add(&making.form, STR("code_challenge_method"), PKCE_METHOD);
        }
        err = add_params(&making, &inputs->rule->authorize_params);
    }
    if (err == ERR_NONE) {
        str query = form_text(&making.form);
        str parts[] = {url.query, url.query.n ? STR("&") : STR(""), query};
        url.query = arena_join(inputs->arena, parts, COUNT_OF(parts));
        *ret_url = url_format(inputs->arena, &url);
    }
    *ret_detail = making.detail;
    return err;
}
