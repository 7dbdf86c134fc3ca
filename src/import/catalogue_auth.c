/*
 * How a provider's accounts log in. Where the credential goes stands in its headers and
 * query, as `${apiKey}` or `${accessToken}`; the rest is the block `token`.
 */
#include "import/catalogue.h"

struct carried {
    bool query;
    str name;   /* of the header or parameter */
    str before; /* the text before the credential */
    str behind;
};

static str text_of(const struct provider *provider, const char *member)
{
    return import_text(provider->at, str_z(member));
}

/* --- where the credential goes --- */

static bool look(const struct json *all, str secret, struct carried *ret)
{
    for (uint32_t i = 0; all && json_is(all, JSON_OBJECT) && i < all->n; i++) {
        str value = json_text(&all->u.members[i].value);
        size_t at = str_find_str(value, secret);
        if (at >= value.n)
            continue;
        ret->name = json_key(&all->u.members[i]);
        ret->before = str_of(value.p, at);
        ret->behind = str_from(value, at + secret.n);
        return true;
    }
    return false;
}

static bool find_carried(struct provider *provider, str secret, struct carried *ret)
{
    *ret = (struct carried){.query = false};
    if (!provider->proxy)
        return false;
    if (look(import_at(provider->proxy, STR("headers")), secret, ret)) {
        map_put(&provider->secret_headers, ret->name, provider);
        return true;
    }
    ret->query = look(import_at(provider->proxy, STR("query")), secret, ret);
    return ret->query;
}

/* Basic ${base64(${apiKey}:X)}: the key is the user name, what follows the password. */
static bool put_basic(struct json_build *auth, const struct carried *carried)
{
    str password = carried->behind;
    if (!str_eq_nocase(carried->before, STR("basic ${base64(")) ||
        !str_starts(password, STR(":")) || !str_ends(password, STR(")}")))
        return false;
    password = str_of(password.p + 1, password.n - 3);
    if (str_find(password, '$') < password.n)
        return false;
    json_build_member(auth, STR("scheme"), json_of_text(STR("basic")));
    json_build_member(auth, STR("password"), json_of_text(password));
    return true;
}

/* A word and a blank, which is what a bearer has before its token. */
static bool is_word(str before)
{
    return before.n > 1 && str_find(before, ' ') == before.n - 1 &&
           str_find(before, '$') == before.n;
}

static bool put_carried(struct provider *provider, struct json_build *auth,
                        const struct carried *carried)
{
    bool standard = str_eq_nocase(carried->name, STR("authorization"));
    if (!carried->query && standard && put_basic(auth, carried))
        return true;
    if (carried->behind.n || str_find(carried->before, '$') < carried->before.n) {
        provider_say(provider, "how " STR_F " carries the credential cannot be said.",
                     STR_A(carried->name));
        return false;
    }
    if (!carried->query && standard && is_word(carried->before)) {
        str word = str_of(carried->before.p, carried->before.n - 1);
        json_build_member(auth, STR("scheme"), json_of_text(STR("bearer")));
        if (!str_eq_nocase(word, STR("bearer")))
            json_build_member(auth, STR("prefix"), json_of_text(word));
        return true;
    }
    str scheme = carried->query ? STR("query") : STR("header");
    json_build_member(auth, STR("scheme"), json_of_text(scheme));
    json_build_member(auth, scheme, json_of_text(carried->name));
    if (carried->before.n && !carried->query)
        json_build_member(auth, STR("prefix"), json_of_text(carried->before));
    return carried->before.n == 0 || !carried->query;
}

static bool put_key(struct provider *provider, struct json_build *auth)
{
    struct carried carried;
    if (find_carried(provider, STR("${apiKey}"), &carried))
        return put_carried(provider, auth, &carried);
    provider_say(provider, "nothing says where its key goes; no document is made.");
    return false;
}

/* A bearer's token, unless a header says otherwise. */
static bool put_token_place(struct provider *provider, struct json_build *auth)
{
    struct carried carried;
    if (find_carried(provider, STR("${accessToken}"), &carried))
        return put_carried(provider, auth, &carried);
    json_build_member(auth, STR("scheme"), json_of_text(STR("bearer")));
    return true;
}

/* --- the block `token` --- */

static bool put_url(struct provider *provider, struct json_build *token,
                    const char *member, const char *row)
{
    str written = text_of(provider, member);
    str url =
        str_absent(written) ? STR_NONE : provider_template(provider, member, written);
    if (url.n)
        json_build_member(token, str_z(row), json_of_text(url));
    return url.n > 0;
}

/* Parameters and headers; `usual` is what each exchange has by itself. */
static void put_params(struct provider *provider, struct json_build *token,
                       const char *member, const char *row, str usual)
{
    struct json_build params;
    const struct json *all = import_at(provider->at, str_z(member));
    json_build_init(&params, provider->import->arena);
    for (uint32_t i = 0; all && json_is(all, JSON_OBJECT) && i < all->n; i++) {
        const struct json_member *one = &all->u.members[i];
        str value = json_text(&one->value);
        if (str_eq(json_key(one), usual) || str_eq_nocase(json_key(one), STR("accept")) ||
            str_eq_nocase(json_key(one), STR("content-type")))
            continue;
        if (json_is_bool(&one->value))
            value = json_is(&one->value, JSON_TRUE) ? STR("true") : STR("false");
        str filled = value.n ? provider_template(provider, member, value) : STR_NONE;
        if (filled.n)
            json_build_member(&params, json_key(one), json_of_text(filled));
    }
    if (params.n)
        json_build_member(token, str_z(row), json_build_object(&params));
}

/* Names that an answer or a redirect brings, as members of the context. */
static void put_kept(struct provider *provider, struct json_build *token,
                     const char *member, const char *row, bool pointers)
{
    struct arena *arena = provider->import->arena;
    const struct json *all = import_at(provider->at, str_z(member));
    struct json_build kept;
    json_build_init(&kept, arena);
    for (uint32_t i = 0; all && json_is(all, JSON_ARRAY) && i < all->n; i++) {
        str name = json_text(&all->u.items[i]);
        str slug = import_slug(arena, name, 64);
        if (slug.n && !import_has(&kept, slug))
            json_build_member(
                &kept, slug,
                json_of_text(pointers ? provider_pointer(arena, name) : name));
        map_remove(&provider->used, slug);
    }
    if (kept.n)
        json_build_member(token, str_z(row), json_build_object(&kept));
}

static void put_scopes(struct provider *provider, struct json_build *token)
{
    const struct json *scopes = import_at(provider->at, STR("default_scopes"));
    str separator = text_of(provider, "scope_separator");
    if (scopes && json_is(scopes, JSON_ARRAY) && scopes->n)
        json_build_member(token, STR("scopes"), *scopes);
    if (separator.n && !str_eq(separator, STR(" ")))
        json_build_member(token, STR("scope_separator"), json_of_text(separator));
}

static void put_form(struct provider *provider, struct json_build *token)
{
    str method = text_of(provider, "token_request_method");
    if (str_eq(text_of(provider, "body_format"), STR("json")))
        json_build_member(token, STR("encoding"), json_of_text(STR("json")));
    if (method.n && !str_eq(method, STR("POST")))
        json_build_member(token, STR("verb"), json_of_text(method));
}

static bool is_true(const struct provider *provider, const char *member)
{
    const struct json *value = import_at(provider->at, str_z(member));
    return value && json_is(value, JSON_TRUE);
}

static bool put_by_code(struct provider *provider, struct json_build *token)
{
    str grant = STR("grant_type");
    str other = text_of(provider, "alternate_access_token_response_path");
    struct arena *arena = provider->import->arena;
    bool basic = str_eq(text_of(provider, "token_request_auth_method"), STR("basic"));
    json_build_member(token, STR("grant"), json_of_text(STR("authorization_code")));
    if (!put_url(provider, token, "authorization_url", "authorize_url") ||
        !put_url(provider, token, "token_url", "url"))
        return false;
    if (!str_eq(text_of(provider, "refresh_url"), text_of(provider, "token_url")))
        put_url(provider, token, "refresh_url", "refresh_url");
    json_build_member(token, STR("client"),
                      json_of_text(basic ? STR("basic") : STR("body")));
    put_form(provider, token);
    if (is_true(provider, "disable_pkce"))
        json_build_member(token, STR("pkce"), json_of_bool(false));
    put_scopes(provider, token);
    put_params(provider, token, "authorization_params", "authorize_params",
               STR("response_type"));
    put_params(provider, token, "token_params", "code_params", grant);
    put_params(provider, token, "refresh_params", "refresh_params", grant);
    put_params(provider, token, "token_headers", "headers", STR(""));
    put_kept(provider, token, "redirect_uri_metadata", "redirect", false);
    put_kept(provider, token, "token_response_metadata", "keep", true);
    if (other.n)
        json_build_member(token, STR("access_token"),
                          json_of_text(provider_pointer(arena, other)));
    return true;
}

static bool put_by_app(struct provider *provider, struct json_build *token)
{
    bool basic = str_eq(text_of(provider, "token_request_auth_method"), STR("basic"));
    const struct json *params = import_at(provider->at, STR("token_params"));
    str grant = import_text(params, STR("grant_type"));
    bool usual = str_absent(grant) || str_eq(grant, STR("client_credentials"));
    json_build_member(token, STR("grant"), json_of_text(STR("client_credentials")));
    if (!put_url(provider, token, "token_url", "url"))
        return false;
    json_build_member(token, STR("client"),
                      json_of_text(basic ? STR("basic") : STR("body")));
    put_form(provider, token);
    put_scopes(provider, token);
    put_params(provider, token, "token_params", "params",
               usual ? STR("grant_type") : STR(""));
    put_params(provider, token, "token_headers", "headers", STR(""));
    return true;
}

static void put_expiry(struct provider *provider, struct json_build *token,
                       const struct json *response)
{
    struct arena *arena = provider->import->arena;
    str expires = import_text(response, STR("token_expiration"));
    str strategy = import_text(response, STR("token_expiration_strategy"));
    const struct json *fixed = import_at(provider->at, STR("token_expires_in_ms"));
    uint64_t ms;
    struct json_build signal;
    if (expires.n && str_eq(strategy, STR("expireIn"))) {
        json_build_init(&signal, arena);
        json_build_member(&signal, STR("from"),
                          json_of_text(provider_pointer(arena, expires)));
        json_build_member(&signal, STR("unit"), json_of_text(STR("s")));
        json_build_member(token, STR("expires"), json_build_object(&signal));
    } else if (expires.n) {
        provider_say(provider,
                     "the moment in " STR_F " is not read; the token's end is "
                     "learned.",
                     STR_A(expires));
    }
    if (fixed && json_to_u64(fixed, 366 * 86400000ull, &ms) && ms >= 1000)
        json_build_member(
            token, STR("lifetime"),
            json_of_text(arena_printf(arena, "%llus", (unsigned long long)ms / 1000)));
}

static bool put_by_login(struct provider *provider, struct json_build *token)
{
    const struct json *response = import_at(provider->at, STR("token_response"));
    str path = import_text(response, STR("token"));
    json_build_member(token, STR("grant"), json_of_text(STR("login")));
    if (import_at(provider->at, STR("additional_steps"))) {
        provider_say(provider, "its login takes several requests; no document is made.");
        return false;
    }
    if (!put_url(provider, token, "token_url", "url"))
        return false;
    put_form(provider, token);
    provider->secrets = true;
    put_params(provider, token, "token_params", "params", STR(""));
    put_params(provider, token, "token_headers", "headers", STR(""));
    provider->secrets = false;
    if (path.n && !str_eq(path, STR("access_token")))
        json_build_member(token, STR("access_token"),
                          json_of_text(provider_pointer(provider->import->arena, path)));
    put_expiry(provider, token, response);
    return true;
}

/* --- modes --- */

static bool put_with_token(struct provider *provider, struct json_build *auth,
                           bool (*put)(struct provider *provider,
                                       struct json_build *token))
{
    struct json_build token;
    json_build_init(&token, provider->import->arena);
    if (!put_token_place(provider, auth) || !put(provider, &token)) {
        provider_say(provider, "its token cannot be said; no document is made.");
        return false;
    }
    json_build_member(auth, STR("token"), json_build_object(&token));
    return true;
}

static bool put_scheme(struct provider *provider, struct json_build *auth)
{
    str mode = text_of(provider, "auth_mode");
    if (str_eq(mode, STR("OAUTH2")))
        return put_with_token(provider, auth, put_by_code);
    if (str_eq(mode, STR("OAUTH2_CC")))
        return put_with_token(provider, auth, put_by_app);
    if (str_eq(mode, STR("TWO_STEP")))
        return put_with_token(provider, auth, put_by_login);
    if (str_eq(mode, STR("API_KEY")))
        return put_key(provider, auth);
    if (str_eq(mode, STR("BASIC")) || str_eq(mode, STR("NONE"))) {
        json_build_member(auth, STR("scheme"),
                          json_of_text(mode.n == 4 ? STR("none") : STR("basic")));
        return true;
    }
    if (str_eq(mode, STR("OAUTH1"))) {
        json_build_member(auth, STR("scheme"), json_of_text(STR("oauth1")));
        provider_say(provider, "accounts of OAuth 1.0a are given their four credentials; "
                               "consent in a browser is not said.");
        return true;
    }
    provider_say(provider, "its mode " STR_F " has no counterpart; no document is made.",
                 STR_A(mode.n ? mode : STR("(none)")));
    return false;
}

/* A request that any credentials may make. */
static void put_check(struct provider *provider, struct json_build *auth)
{
    const struct json *check = import_at(provider->proxy, STR("verification"));
    const struct json *paths = import_at(check, STR("endpoints"));
    str method = import_text(check, STR("method"));
    if (!paths || !json_is(paths, JSON_ARRAY) || paths->n == 0)
        return;
    str path = json_text(&paths->u.items[0]);
    bool plain = str_starts(path, STR("/")) && str_find(path, '{') == path.n;
    if (plain && str_eq(method, STR("GET")) &&
        !import_at(check, STR("base_url_override")))
        json_build_member(auth, STR("check"), json_of_text(path));
    else
        provider_say(provider, "proxy.verification is not taken over.");
}

bool provider_put_auth(struct provider *provider, struct json_build *document)
{
    struct json_build auth;
    json_build_init(&auth, provider->import->arena);
    if (!put_scheme(provider, &auth))
        return false;
    put_check(provider, &auth);
    struct json block = json_build_object(&auth);
    json_build_member(document, STR("auth"),
                      block.n == 1 ? block.u.members[0].value : block);
    return true;
}
