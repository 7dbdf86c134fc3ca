/*
 * The table of the `token` block, and what follows from it without an exchange: which
 * credentials an account needs, and when a token is renewed.
 */
#include "auth/token_rule.h"

#include "auth/auth_scheme.h"

static const char *const grant_words[] = {
#define X(name, doc) #name,
#include "auth/token_grant_list.h"
#undef X
    NULL};

static const char *const encoding_words[] = {"form", "json", NULL};

enum { NAME_BYTES_MAX = 64 };

static const usec reserve_max = 30 * USEC_S;

/* --- parameters --- */

static const struct bind_row param_rows[] = {
    {.name = "value",
     .kind = BIND_CUSTOM,
     .offset = offsetof(struct token_param, value),
     .required = true,
     .custom = template_read,
     .custom_schema = TEMPLATE_SCHEMA,
     .doc = "The value; {names} in it are filled."},
};

const struct bind_table token_param_table = {
    .name = "parameter",
    .rows = param_rows,
    .n = COUNT_OF(param_rows),
    .bytes = sizeof(struct token_param),
    .name_at = offsetof(struct token_param, name),
    .shorthand = "value",
};

/* --- the jwt block --- */

#define JWT(field) offsetof(struct token_jwt, field)

static const struct bind_row jwt_rows[] = {
    {.name = "alg",
     .kind = BIND_ENUM,
     .offset = JWT(alg),
     .words = sign_alg_words,
     .doc = "The algorithm; RS256 unless given. The key is the credential "
            "\"private_key\" of the account or of its app, its id \"key_id\"; with HS256 "
            "the client secret."},
    {.name = "claims",
     .kind = BIND_NAMED,
     .offset = JWT(claims),
     .table = &token_param_table,
     .doc = "Claims that are texts: iss, sub, aud, jti (\"{nonce}\") and whatever the "
            "vendor wants."},
    {.name = "more",
     .kind = BIND_JSON,
     .offset = JWT(more),
     .doc = "Claims that are not texts, as they are; null leaves one out, iat and exp "
            "too."},
    {.name = "lifetime",
     .kind = BIND_DURATION,
     .offset = JWT(lifetime),
     .min = 10,
     .max = 86400,
     .doc = "How long it is good; 3m unless given."},
    {.name = "early",
     .kind = BIND_DURATION,
     .offset = JWT(early),
     .min = 0,
     .max = 600,
     .doc =
         "How much before now it says it was issued, for vendors whose clock is slow."},
};

static void init_jwt(void *obj)
{
    struct token_jwt *jwt = obj;
    jwt->alg = SIGN_RS256;
    jwt->lifetime = 3 * USEC_MIN;
}

static void finish_jwt(struct binder *binder, void *obj)
{
    const struct token_jwt *jwt = obj;
    if (!json_is(&jwt->more, JSON_UNDEFINED) && !json_is(&jwt->more, JSON_OBJECT))
        bind_fault_at(binder, STR("more"), "must be an object of claims.");
}

static const struct bind_table jwt_table = {
    .name = "jwt block",
    .rows = jwt_rows,
    .n = COUNT_OF(jwt_rows),
    .bytes = sizeof(struct token_jwt),
    .init = init_jwt,
    .finish = finish_jwt,
};

/* --- the block --- */

#define RULE(field) offsetof(struct token_rule, field)

#define URL_ROW(member, text)                                                            \
    {                                                                                    \
        .name = #member, .kind = BIND_CUSTOM, .offset = RULE(member),                    \
        .custom = template_read, .custom_schema = TEMPLATE_SCHEMA, .doc = text           \
    }

#define PARAMS_ROW(member, text)                                                         \
    {                                                                                    \
        .name = #member, .kind = BIND_NAMED, .offset = RULE(member),                     \
        .table = &token_param_table, .doc = text                                         \
    }

/* An object with `from`, or a text: absent unless given. */
#define SIGNAL_ROW(member, text)                                                         \
    {                                                                                    \
        .name = #member, .kind = BIND_OBJECT, .offset = RULE(member),                    \
        .table = &signal_table, .doc = text                                              \
    }

static const struct bind_row rule_rows[] = {
    {.name = "grant",
     .kind = BIND_ENUM,
     .offset = RULE(grant),
     .required = true,
     .words = grant_words,
     .doc = "How an account comes to its token."},
    URL_ROW(authorize_url, "Where a person consents."),
    URL_ROW(url, "The token endpoint."),
    URL_ROW(refresh_url, "The endpoint for refresh tokens, if it is another one."),
    URL_ROW(revoke_url,
            "Where tokens are revoked (RFC 7009) when an account is deleted."),
    {.name = "client",
     .kind = BIND_OBJECT,
     .offset = RULE(client),
     .table = &client_auth_table,
     .doc = "How the app says who it is."},
    {.name = "encoding",
     .kind = BIND_ENUM,
     .offset = RULE(encoding),
     .words = encoding_words,
     .doc = "How parameters are sent: form, unless it is json."},
    {.name = "verb",
     .kind = BIND_TEXT,
     .offset = RULE(verb),
     .min = 1,
     .max = 20,
     .doc =
         "POST unless given, in capitals. With GET the parameters are the URL's query."},
    {.name = "pkce",
     .kind = BIND_BOOL,
     .offset = RULE(pkce),
     .doc =
         "Whether codes are bound to a proof key (RFC 7636, S256); true unless given."},
    {.name = "scopes",
     .kind = BIND_TEXTS,
     .offset = RULE(scopes),
     .min = 1,
     .max = 500,
     .doc = "What is asked for, unless the app says otherwise."},
    {.name = "scope_separator",
     .kind = BIND_TEXT,
     .offset = RULE(scope_separator),
     .max = 3,
     .doc = "Between scopes; a blank unless given."},
    PARAMS_ROW(authorize_params, "Further parameters of the authorize URL."),
    PARAMS_ROW(params, "Further parameters of each exchange."),
    PARAMS_ROW(code_params, "Further parameters of the exchange of a code."),
    PARAMS_ROW(refresh_params, "Further parameters of a refresh."),
    PARAMS_ROW(headers, "Further headers of each exchange."),
    PARAMS_ROW(redirect, "What the redirect brings beside the code: a member of the "
                         "account's context, and the name of the parameter."),
    {.name = "jwt",
     .kind = BIND_OPTION,
     .offset = RULE(jwt),
     .table = &jwt_table,
     .doc = "A JSON Web Token that is signed for each exchange; templates have it as "
            "{jwt}."},
    SIGNAL_ROW(access_token,
               "Where the answer has the token; /access_token unless given."),
    SIGNAL_ROW(refresh_token, "/refresh_token unless given."),
    SIGNAL_ROW(expires,
               "When the token ends; /expires_in in seconds unless given. 0 or less is "
               "never; a moment that has passed says nothing."),
    SIGNAL_ROW(refresh_expires, "When the refresh token ends."),
    SIGNAL_ROW(scope, "The scopes that were granted; /scope unless given."),
    SIGNAL_ROW(error, "The error's code; /error unless given."),
    SIGNAL_ROW(error_text, "The error's sentence; /error_description unless given."),
    {.name = "revoked",
     .kind = BIND_TEXTS,
     .offset = RULE(revoked),
     .min = 1,
     .max = 100,
     .doc = "Error codes, beside invalid_grant, which say that only a person can mend "
            "it. Answers of 408, 429 and from 500 up never say that."},
    {.name = "dead",
     .kind = BIND_LIST,
     .offset = RULE(dead),
     .max = 20,
     .table = &condition_table,
     .doc = "Answers that say the same in another way; those of 408, 429 and from 500 "
            "up only where the condition names the status."},
    {.name = "keep",
     .kind = BIND_NAMED,
     .offset = RULE(keep),
     .table = &signal_named_table,
     .doc = "Values of the answer that become members of the account's context."},
    {.name = "identity",
     .kind = BIND_TEXTS,
     .offset = RULE(identity),
     .min = 1,
     .max = 100,
     .doc =
         "Members of the account's context, filled by keep or redirect, that say whose "
         "login it is: connecting again with another is refused unless it is forced."},
    {.name = "keep_secret",
     .kind = BIND_NAMED,
     .offset = RULE(keep_secret),
     .table = &signal_named_table,
     .doc = "Values of the answer that are kept among the account's credentials."},
    {.name = "lifetime",
     .kind = BIND_DURATION,
     .offset = RULE(lifetime),
     .min = 1,
     .max = 366 * 86400,
     .doc = "How long a token is good when the answer does not say; without it this is "
            "learned from the vendor's first 401."},
    {.name = "margin",
     .kind = BIND_DURATION,
     .offset = RULE(margin),
     .min = 1,
     .max = 86400,
     .doc =
         "How long before its end a token is renewed; 3m unless given. At most half of "
         "its lifetime; each account's moment is spread over the last two thirds."},
    {.name = "idle_max",
     .kind = BIND_DURATION,
     .offset = RULE(idle_max),
     .min = 3600,
     .max = 10 * 366 * 86400.0,
     .doc = "A refresh token that is not used for so long dies; it is used in time."},
};

static void init_rule(void *obj)
{
    struct token_rule *rule = obj;
    rule->verb = STR("POST");
    rule->pkce = true;
    rule->scope_separator = STR(" ");
    rule->margin = 3 * USEC_MIN;
}

static bool given(const struct template *template)
{
    return template->n > 0;
}

void token_check_url(struct binder *binder, const char *member,
                     const struct template *template)
{
    struct url url;
    const char *why;
    if (!given(template) || template_has_origin(template))
        return;
    if (!str_starts(template->parts[0].text, STR("https://")) &&
        !str_starts(template->parts[0].text, STR("http://")))
        bind_fault_at(binder, str_z(member),
                      "must start with https:// (or http://), or with a variable that "
                      "holds a whole origin.");
    else if (template->n == 1 &&
             !url_parse(binder->arena, template->parts[0].text, &url, &why))
        bind_fault_at(binder, str_z(member), "is not usable: %s.", why);
}

/* Methods are told apart by case (RFC 9110 §9.1), and all that vendors have are
 * capitals. */
static bool is_method(str verb)
{
    for (size_t i = 0; i < verb.n; i++)
        if (verb.p[i] < 'A' || verb.p[i] > 'Z')
            return false;
    return verb.n > 0;
}

void token_check_headers(struct binder *binder, const struct bind_list *headers)
{
    const struct token_param *items = headers->items;
    for (uint32_t i = 0; i < headers->n; i++)
        if (!auth_may_carry(items[i].name))
            bind_fault_at(binder, STR("headers"),
                          "names \"" STR_F
                          "\", which is no header that a vendor can get.",
                          STR_A(items[i].name));
}

/* Names under which something is kept: only such can be stored, and used in templates. */
void token_check_name(struct binder *binder, const char *member, str name)
{
    if (!template_name_valid(name) || name.n > NAME_BYTES_MAX)
        bind_fault_at(binder, str_z(member),
                      "names \"" STR_F
                      "\"; a name to keep something under has 1 to 64 of "
                      "the letters a-z, digits and \"_\".",
                      STR_A(name));
}

static void check_kept(struct binder *binder, const struct token_rule *rule)
{
    const struct token_param *redirect = rule->redirect.items;
    const struct signal_named *keep = rule->keep.items;
    const struct signal_named *secret = rule->keep_secret.items;
    for (uint32_t i = 0; i < rule->redirect.n; i++)
        token_check_name(binder, "redirect", redirect[i].name);
    for (uint32_t i = 0; i < rule->keep.n; i++)
        token_check_name(binder, "keep", keep[i].name);
    for (uint32_t i = 0; i < rule->keep_secret.n; i++) {
        token_check_name(binder, "keep_secret", secret[i].name);
        if (str_eq(secret[i].name, STR("refresh_token")))
            bind_fault_at(binder, STR("keep_secret"),
                          "names \"refresh_token\", which has a member of its own; say "
                          "with \"refresh_token\" where the answer has it.");
    }
}

/* What is only looked at when a person consents, or a refresh token is there. */
static void check_by_code(struct binder *binder, const struct token_rule *rule)
{
    const struct {
        const char *member;
        bool given;
    } members[] = {
        {"authorize_url", given(&rule->authorize_url)},
        {"authorize_params", rule->authorize_params.n > 0},
        {"code_params", rule->code_params.n > 0},
        {"redirect", rule->redirect.n > 0},
        {"refresh_url", given(&rule->refresh_url)},
        {"refresh_params", rule->refresh_params.n > 0},
    };
    for (size_t i = 0; i < COUNT_OF(members); i++)
        if (members[i].given)
            bind_fault_at(binder, str_z(members[i].member),
                          "has no meaning with the grant \"%s\": there is no consent and "
                          "no refresh token.",
                          grant_words[rule->grant]);
}

static void finish_rule(struct binder *binder, void *obj)
{
    const struct token_rule *rule = obj;
    bool by_code = rule->grant == TOKEN_GRANT_authorization_code;
    if (!given(&rule->url))
        bind_fault(binder, "has no \"url\"; add the token endpoint.");
    if (by_code && !given(&rule->authorize_url))
        bind_fault(binder, "has no \"authorize_url\", where a person would consent.");
    if (!by_code)
        check_by_code(binder, rule);
    if (rule->grant == TOKEN_GRANT_jwt_bearer && !rule->jwt)
        bind_fault(binder, "has the grant \"jwt_bearer\" and no \"jwt\" block.");
    if (!is_method(rule->verb))
        bind_fault_at(binder, STR("verb"),
                      "is not a method of HTTP, which is written in capitals.");
    token_check_headers(binder, &rule->headers);
    check_kept(binder, rule);
    token_check_url(binder, "url", &rule->url);
    token_check_url(binder, "authorize_url", &rule->authorize_url);
    token_check_url(binder, "refresh_url", &rule->refresh_url);
    token_check_url(binder, "revoke_url", &rule->revoke_url);
}

const struct bind_table token_table = {
    .name = "token block",
    .rows = rule_rows,
    .n = COUNT_OF(rule_rows),
    .bytes = sizeof(struct token_rule),
    .init = init_rule,
    .finish = finish_rule,
};

/* --- the credentials of an account --- */

struct fields {
    struct auth_field *items;
    uint32_t n;
};

/* None must be there: a token that was stored by hand is enough for an account. */
static void add_field(struct fields *fields, str name, enum auth_text text)
{
    for (uint32_t i = 0; i < fields->n; i++)
        if (str_eq(fields->items[i].name, name))
            return;
    if (fields->n < AUTH_FIELDS_MAX)
        fields->items[fields->n++] = (struct auth_field){
            .name = name, .secret = true, .optional = true, .text = text};
}

static bool is_made(str name)
{
    return str_eq(name, STR("jwt")) || str_eq(name, STR("scope")) ||
           str_eq(name, STR("nonce"));
}

/* What templates name, but for what is made. Whether it is the context or a credential
 * that has it cannot be told, so each is optional here. */
static void add_named(struct fields *fields, const struct bind_list *params)
{
    const struct token_param *items = params->items;
    for (uint32_t i = 0; i < params->n; i++)
        for (uint32_t k = 0; k < items[i].value.n; k++) {
            str name = items[i].value.parts[k].name;
            if (!str_absent(name) && !is_made(name))
                add_field(fields, name, AUTH_TEXT_LINE);
        }
}

/* Whoever brings an account from elsewhere brings what answers would have left too. */
static void add_kept(struct fields *fields, const struct bind_list *kept)
{
    const struct signal_named *items = kept->items;
    for (uint32_t i = 0; i < kept->n; i++)
        add_field(fields, items[i].name, AUTH_TEXT_LINE);
}

uint32_t token_fields(const struct token_rule *rule, str token_name,
                      struct auth_field *ret_fields)
{
    struct fields fields = {ret_fields, 0};
    add_field(&fields, token_name, AUTH_TEXT_LINE);
    if (rule->grant == TOKEN_GRANT_authorization_code)
        add_field(&fields, STR("refresh_token"), AUTH_TEXT_LINE);
    if (rule->jwt || rule->client.kind == CLIENT_AUTH_assertion) {
        add_field(&fields, STR("private_key"), AUTH_TEXT_SIGN_KEY);
        add_field(&fields, STR("key_id"), AUTH_TEXT_LINE);
    }
    add_field(&fields, STR("client_id"), AUTH_TEXT_LINE);
    add_field(&fields, STR("client_secret"), AUTH_TEXT_LINE);
    add_named(&fields, &rule->params);
    add_named(&fields, &rule->code_params);
    add_named(&fields, &rule->refresh_params);
    add_named(&fields, &rule->headers);
    if (rule->jwt)
        add_named(&fields, &rule->jwt->claims);
    add_kept(&fields, &rule->keep_secret);
    return fields.n;
}

bool token_renewal(const struct token_rule *rule, const struct credentials *own,
                   enum token_purpose *ret_purpose)
{
    bool by_code = rule->grant == TOKEN_GRANT_authorization_code;
    *ret_purpose = by_code ? TOKEN_REFRESH : TOKEN_OBTAIN;
    return !by_code || auth_credential(own, STR("refresh_token")).n > 0;
}

/* --- when --- */

usec token_lead(const struct token_rule *rule, usec lifetime, double chance)
{
    usec lead = usec_min(rule->margin, lifetime / 2);
    return lead - (usec)((double)lead * chance * 2 / 3);
}

usec token_reserve(usec lifetime)
{
    return usec_min(reserve_max, lifetime / 6);
}
