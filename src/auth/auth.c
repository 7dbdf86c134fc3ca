/*
 * The table of the `auth` block and everything that does not depend on the scheme. A
 * caller's key is looked for in every place at once, and each place that holds one is
 * emptied, so that a second key of ours never travels to a vendor behind the first.
 */
#include "auth/auth_scheme.h"

#include "auth/oauth1.h"
#include "auth/wsse.h"
#include "auth/own_request.h"
#include "auth/token_rule.h"
#include "base/encode.h"
#include "directory/tenant.h"
#include "http/field.h"

enum { AUTH_WORD_NONE = INT32_MAX };

static const struct auth_ops *const schemes[AUTH_SCHEME_COUNT] = {
#define X(name, doc) [AUTH_##name] = &auth_##name,
#include "auth/auth_list.h"
#undef X
};

static const char *const scheme_words[] = {
#define X(name, doc) #name,
#include "auth/auth_list.h"
#undef X
    NULL};

const struct auth_ops *auth_ops_of(const struct auth_rule *rule)
{
    CHECK(rule->scheme < AUTH_SCHEME_COUNT);
    return schemes[rule->scheme];
}

str auth_token_name(const struct auth_rule *rule)
{
    if (rule->scheme == AUTH_bearer)
        return STR("token");
    return rule->scheme == AUTH_header || rule->scheme == AUTH_query ? STR("key")
                                                                     : STR_NONE;
}

uint32_t auth_fields(const struct auth_rule *rule, struct auth_field *ret_fields)
{
    uint32_t n = rule->token
                     ? token_fields(rule->token, auth_token_name(rule), ret_fields)
                     : auth_ops_of(rule)->fields(rule, ret_fields);
    return certificate_fields(&rule->tls, rule->token != NULL, ret_fields, n);
}

/* --- reading the document --- */

enum { CONTEXT_REQUESTS_MAX = 5, PERSONAL_SIGNS_MAX = 5 };

static const struct bind_row personal_rows[] = {
    {.name = "is",
     .kind = BIND_TEXT,
     .offset = offsetof(struct personal_sign, is),
     .required = true,
     .min = 1,
     .max = 100,
     .doc = "What the member is where the login is a person's."},
};

static const struct bind_table personal_table = {
    .name = "sign",
    .rows = personal_rows,
    .n = COUNT_OF(personal_rows),
    .bytes = sizeof(struct personal_sign),
    .name_at = offsetof(struct personal_sign, name),
    .shorthand = "is",
};

#define RULE(field) offsetof(struct auth_rule, field)

static const struct bind_row rule_rows[] = {
    {.name = "scheme",
     .kind = BIND_ENUM,
     .offset = RULE(scheme),
     .required = true,
     .words = scheme_words,
     .doc =
         "How the credential is carried: none; bearer, a token in Authorization; basic, "
         "user name and password; header, a key in a header; query, a key in a query "
         "parameter; oauth1, a signature of each request (OAuth 1.0a) with an account's "
         "consumer_key, consumer_secret, token and token_secret; wsse, a UsernameToken "
         "with a digest of the password in a header."},
    {.name = "header",
     .kind = BIND_TEXT,
     .offset = RULE(header),
     .min = 1,
     .max = 100,
     .doc =
         "The header's name. With bearer it is Authorization, with wsse X-WSSE, unless "
         "given."},
    {.name = "prefix",
     .kind = BIND_TEXT,
     .offset = RULE(prefix),
     .min = 1,
     .max = 100,
     .doc = "With bearer the word before the token, Bearer unless given. With header the "
            "text right before the key, blanks included: \"Token token=\"."},
    {.name = "query",
     .kind = BIND_TEXT,
     .offset = RULE(query),
     .min = 1,
     .max = 100,
     .doc = "The query parameter's name."},
    {.name = "username",
     .kind = BIND_TEXT,
     .offset = RULE(username),
     .max = 200,
     .doc = "Basic, wsse: a user name that is the same for every account; the account "
            "then has a password only."},
    {.name = "password",
     .kind = BIND_TEXT,
     .offset = RULE(password),
     .max = 200,
     .doc =
         "Basic: a password that is the same for every account, such as \"X\" or \"\"; "
         "the account's secret is then its user name."},
    {.name = "username_suffix",
     .kind = BIND_TEXT,
     .offset = RULE(username_suffix),
     .min = 1,
     .max = 100,
     .doc = "Basic: text put behind the account's user name, such as \"/token\"."},
    {.name = "accept",
     .kind = BIND_TEXTS,
     .offset = RULE(accept),
     .min = 1,
     .max = 40,
     .doc = "Further words that an SDK puts before its token in Authorization; Bearer, "
            "token and Basic are known."},
    {.name = "signature",
     .kind = BIND_ENUM,
     .offset = RULE(signature),
     .words = oauth1_method_words,
     .doc = "Oauth1: how requests are signed; HMAC-SHA1 unless given."},
    {.name = "realm",
     .kind = BIND_TEXT,
     .offset = RULE(realm),
     .min = 1,
     .max = 200,
     .doc = "Oauth1: a realm that is the same for every account. Without it an account "
            "may have one of its own, as the credential \"realm\"."},
    {.name = "two_legged",
     .kind = BIND_BOOL,
     .offset = RULE(two_legged),
     .doc = "Oauth1: requests are signed with the consumer's key and secret alone; an "
            "account has no token."},
    {.name = "digest",
     .kind = BIND_ENUM,
     .offset = RULE(digest),
     .words = wsse_digest_words,
     .doc =
         "Wsse: bytes, the digest is over the nonce's bytes, which stand in base64 "
         "(OASIS WS-Security); text, over the nonce as it stands (the header X-WSSE of "
         "Atom); hex, as text, with the digest in hexadecimal inside its base64; none, "
         "the password itself. Bytes unless given."},
    {.name = "tls",
     .kind = BIND_OBJECT,
     .offset = RULE(tls),
     .table = &auth_tls_table,
     .doc = "The certificate that an account shows on its connections, whatever the "
            "scheme."},
    {.name = "token",
     .kind = BIND_OPTION,
     .offset = RULE(token),
     .table = &token_table,
     .doc = "How the token is obtained and renewed; without it credentials are as they "
            "were stored."},
    {.name = "context",
     .kind = BIND_LIST,
     .offset = RULE(context),
     .max = CONTEXT_REQUESTS_MAX,
     .table = &own_request_table,
     .doc = "Requests that fill the account's context once it has credentials, in turn: "
            "each may use what those before have kept."},
    {.name = "check",
     .kind = BIND_OPTION,
     .offset = RULE(check),
     .table = &own_request_table,
     .doc = "A request that any credentials may make and that changes nothing: whether "
            "the vendor takes them, before they are stored and when calls are refused."},
    {.name = "personal",
     .kind = BIND_NAMED,
     .offset = RULE(personal),
     .max = PERSONAL_SIGNS_MAX,
     .table = &personal_table,
     .doc =
         "Where a service account is wanted: members of the account's context, and the "
         "value that each has where the login is a person's. It is warned of, and "
         "works."},
};

const struct personal_sign *auth_personal(const struct auth_rule *rule,
                                          const struct json *context)
{
    const struct personal_sign *signs = rule->personal.items;
    for (uint32_t i = 0; i < rule->personal.n; i++)
        if (str_eq(json_member_text(context, signs[i].name), signs[i].is))
            return &signs[i];
    return NULL;
}

/* So that a word that was given is told from one that was not. */
static void init_rule(void *obj)
{
    struct auth_rule *rule = obj;
    *rule = (struct auth_rule){.signature = AUTH_WORD_NONE, .digest = AUTH_WORD_NONE};
}

static void set_default(str *text, str value)
{
    if (str_absent(*text))
        *text = value;
}

static void finish_rule(struct binder *binder, void *obj)
{
    struct auth_rule *rule = obj;
    auth_ops_of(rule)->check(binder, rule);
    if (rule->signature == AUTH_WORD_NONE)
        rule->signature = OAUTH1_HMAC_SHA1;
    if (rule->digest == AUTH_WORD_NONE)
        rule->digest = WSSE_BYTES;
    if (rule->scheme == AUTH_wsse)
        set_default(&rule->header, STR("X-WSSE"));
    if (rule->token && rule->token->client.kind == CLIENT_AUTH_tls_client_auth &&
        rule->tls.certificate == AUTH_CERTIFICATE_NONE)
        bind_fault_at(binder, STR("token"),
                      "has the client \"tls_client_auth\", which is a certificate; add "
                      "\"tls\": \"required\" beside the scheme.");
    if (rule->token && str_absent(auth_token_name(rule)))
        bind_fault_at(
            binder, STR("token"),
            "has no meaning with the scheme \"%s\", which sends no token; choose "
            "bearer, header or query.",
            scheme_words[rule->scheme]);
    if (rule->scheme != AUTH_bearer)
        return;
    set_default(&rule->header, header_name(HEADER_AUTHORIZATION));
    set_default(&rule->prefix, STR("Bearer"));
}

const struct bind_table auth_table = {
    .name = "auth block",
    .rows = rule_rows,
    .n = COUNT_OF(rule_rows),
    .bytes = sizeof(struct auth_rule),
    .init = init_rule,
    .finish = finish_rule,
    .shorthand = "scheme",
};

static void check_member(struct binder *binder, const struct auth_rule *rule,
                         const char *name, bool given)
{
    if (given)
        bind_fault_at(binder, str_z(name),
                      "has no meaning with the scheme \"%s\"; remove "
                      "it, or choose another scheme.",
                      scheme_words[rule->scheme]);
}

void auth_check_members(struct binder *binder, const struct auth_rule *rule,
                        unsigned allowed)
{
    const struct {
        unsigned member;
        const char *name;
        bool given;
    } rows[] = {
        {AUTH_MEMBER_HEADER, "header", !str_absent(rule->header)},
        {AUTH_MEMBER_PREFIX, "prefix", !str_absent(rule->prefix)},
        {AUTH_MEMBER_QUERY, "query", !str_absent(rule->query)},
        {AUTH_MEMBER_USERNAME, "username", !str_absent(rule->username)},
        {AUTH_MEMBER_PASSWORD, "password", !str_absent(rule->password)},
        {AUTH_MEMBER_SUFFIX, "username_suffix", !str_absent(rule->username_suffix)},
        {AUTH_MEMBER_ACCEPT, "accept", rule->accept.n > 0},
        {AUTH_MEMBER_SIGNATURE, "signature", rule->signature != AUTH_WORD_NONE},
        {AUTH_MEMBER_REALM, "realm", !str_absent(rule->realm)},
        {AUTH_MEMBER_TWO_LEGGED, "two_legged", rule->two_legged},
        {AUTH_MEMBER_DIGEST, "digest", rule->digest != AUTH_WORD_NONE},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (!(allowed & rows[i].member))
            check_member(binder, rule, rows[i].name, rows[i].given);
}

bool auth_may_carry(str name)
{
    enum header_id id = header_id_of(name);
    if (!header_name_valid(name) || header_flags(id) & (HEADER_HOP | HEADER_OURS))
        return false;
    return id != HEADER_HOST && id != HEADER_CONTENT_LENGTH && id != HEADER_CONNECTION;
}

void auth_check_header(struct binder *binder, const struct auth_rule *rule)
{
    if (!str_absent(rule->header) && !header_name_valid(rule->header))
        bind_fault_at(binder, STR("header"),
                      "is not a header name; it may have letters, digits and \"-\".");
    else if (!str_absent(rule->header) && !auth_may_carry(rule->header))
        bind_fault_at(
            binder, STR("header"),
            "is a header that never reaches a vendor or that HTTP itself needs; "
            "name the vendor's own.");
    if (!header_value_valid(rule->prefix))
        bind_fault_at(binder, STR("prefix"),
                      "holds a control character; it must fit on a header line.");
}

uint32_t auth_one_field(str name, struct auth_field *ret_fields)
{
    ret_fields[0] = (struct auth_field){.name = name, .secret = true};
    return 1;
}

/* --- sending --- */

str auth_credential(const struct credentials *credentials, str name)
{
    for (uint32_t i = 0; credentials && i < credentials->n; i++)
        if (str_eq(credentials->items[i].name, name))
            return secret_peek(&credentials->items[i].value);
    return STR_NONE;
}

enum err auth_put_header(struct auth_request *request, str name, str prefix, str secret)
{
    if (secret.n == 0 || !header_value_valid(secret))
        return ERR_CREDENTIAL_UNUSABLE;
    str parts[] = {prefix, secret};
    header_set_name(request->headers, name,
                    arena_join(request->arena, parts, COUNT_OF(parts)));
    return ERR_NONE;
}

/* --- finding our key --- */

bool auth_is_key(str text)
{
    return str_starts(text, STR("bw_"));
}

/* user-pass = user-id ":" password (RFC 7617 §2); either may be the key, and the user
 * name may carry the rule's suffix. */
static str key_of_basic(const struct auth_rule *rule, struct arena *arena, str text)
{
    str pair;
    if (!decode_base64(arena, text, &pair))
        return STR_NONE;
    size_t colon = str_find(pair, ':');
    str user = str_of(pair.p, colon);
    str password = colon < pair.n ? str_from(pair, colon + 1) : STR_NONE;
    if (auth_is_key(password))
        return password;
    if (rule && rule->username_suffix.n && str_ends(user, rule->username_suffix))
        user.n -= rule->username_suffix.n;
    return auth_is_key(user) ? user : STR_NONE;
}

static bool is_token_word(const struct auth_rule *rule, str word)
{
    if (str_eq_nocase(word, STR("Bearer")) || str_eq_nocase(word, STR("token")))
        return true;
    for (uint32_t i = 0; rule && i < rule->accept.n; i++)
        if (str_eq_nocase(word, rule->accept.items[i]))
            return true;
    return false;
}

static str key_or_none(str text)
{
    text = str_trim(text);
    return auth_is_key(text) ? text : STR_NONE;
}

/* value = key / prefix key / word 1*SP key / "Basic" 1*SP base64 */
static str key_of_value(const struct auth_rule *rule, struct arena *arena, str value)
{
    value = str_trim(value);
    if (auth_is_key(value))
        return value;
    if (rule && rule->prefix.n && str_starts_nocase(value, rule->prefix)) {
        str key = key_or_none(str_from(value, rule->prefix.n));
        if (!str_absent(key))
            return key;
    }
    size_t blank = str_find(value, ' ');
    str word = str_of(value.p, blank);
    str rest = str_trim(str_from(value, blank));
    if (str_eq_nocase(word, STR("Basic")))
        return key_of_basic(rule, arena, rest);
    return is_token_word(rule, word) ? key_or_none(rest) : STR_NONE;
}

str auth_take_header(const struct auth_rule *rule, struct auth_request *request, str name,
                     bool always)
{
    const struct headers *headers = request->headers;
    str key = STR_NONE;
    for (uint32_t i = 0; i < headers->n && str_absent(key); i++)
        if (str_eq_nocase(headers->items[i].name, name))
            key = key_of_value(rule, request->arena, headers->items[i].value);
    if (always || !str_absent(key))
        header_remove_name(request->headers, name);
    return key;
}

/* value = [word] name "=" (key / DQUOTE key DQUOTE) *( "," … ); escapes are not undone,
 * since a key needs none. */
static str key_of_params(str value)
{
    str piece, name, content;
    while (field_list_next(&value, &piece)) {
        field_pair(piece, &name, &content);
        if (auth_is_key(content))
            return content;
    }
    return STR_NONE;
}

str auth_take_params(struct auth_request *request, str name)
{
    const struct headers *headers = request->headers;
    str key = STR_NONE;
    for (uint32_t i = 0; i < headers->n && str_absent(key); i++)
        if (str_eq_nocase(headers->items[i].name, name))
            key = key_of_params(headers->items[i].value);
    if (!str_absent(key))
        header_remove_name(request->headers, name);
    return key;
}

str auth_take_key(const struct auth_rule *rule, struct auth_request *request)
{
    bool sends = rule && rule->scheme != AUTH_none;
    str ours = str_trim(header_value(request->headers, HEADER_X_BREAKWATER_KEY));
    header_remove(request->headers, HEADER_X_BREAKWATER_KEY);
    str place = rule ? auth_ops_of(rule)->take_key(rule, request) : STR_NONE;
    str general =
        auth_take_header(rule, request, header_name(HEADER_AUTHORIZATION), sends);
    if (ours.n)
        return ours;
    return str_absent(general) ? place : general;
}
