/*
 * A kind is a function; the list makes the table. Whatever a kind needs is looked at
 * before anything is added, so that a request that is refused is untouched.
 */
#include "auth/client_auth.h"

#include "auth/jwt.h"
#include "base/encode.h"
#include "json/merge.h"

#define ASSERTION_TYPE STR("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")

/* --- the document --- */

#define RULE(field) offsetof(struct client_auth_rule, field)

static const char *const kind_words[] = {
#define X(kind, doc) #kind,
#include "auth/client_auth_list.h"
#undef X
    NULL};

static const struct bind_row rule_rows[] = {
    {.name = "kind",
     .kind = BIND_ENUM,
     .offset = RULE(kind),
     .required = true,
     .words = kind_words,
     .doc =
         "How an app says who it is: basic, user name and password, escaped as RFC "
         "6749 wants it; basic_raw, the same unescaped; body, as parameters; none, the "
         "id alone; header, base64 of id:secret behind a word of the vendor's; "
         "tls_client_auth, the id and the certificate of the tls block (RFC 8705), "
         "whoever signed it; assertion, a signed JSON Web Token."},
    {.name = "word",
     .kind = BIND_TEXT,
     .offset = RULE(word),
     .min = 1,
     .max = 100,
     .doc = "With header: the word before the base64; Basic unless given."},
    {.name = "header",
     .kind = BIND_TEXT,
     .offset = RULE(header),
     .min = 1,
     .max = 100,
     .doc = "With header: the header's name; Authorization unless given."},
    {.name = "id_name",
     .kind = BIND_TEXT,
     .offset = RULE(id_name),
     .min = 1,
     .max = 100,
     .doc = "The name of the parameter with the client id; client_id unless given."},
    {.name = "secret_name",
     .kind = BIND_TEXT,
     .offset = RULE(secret_name),
     .min = 1,
     .max = 100,
     .doc = "The name of the parameter with the secret; client_secret unless given."},
    {.name = "alg",
     .kind = BIND_ENUM,
     .offset = RULE(alg),
     .words = sign_alg_words,
     .doc = "With assertion: how it is signed; RS256 unless given. HS256 signs with the "
            "client secret."},
    {.name = "audience",
     .kind = BIND_TEXT,
     .offset = RULE(audience),
     .min = 1,
     .max = 1000,
     .doc = "With assertion: its `aud`; the token endpoint's URL unless given."},
    {.name = "lifetime",
     .kind = BIND_DURATION,
     .offset = RULE(lifetime),
     .min = 10,
     .max = 24 * 60 * 60,
     .doc = "With assertion: how long it is valid; 5m unless given."},
    {.name = "with_id",
     .kind = BIND_BOOL,
     .offset = RULE(with_id),
     .doc = "With assertion: the client id is sent as a parameter beside it."},
    {.name = "claims",
     .kind = BIND_JSON,
     .offset = RULE(claims),
     .doc = "With assertion: further claims, over iss, sub, aud, jti, iat and exp; null "
            "leaves one out."},
    {.name = "members",
     .kind = BIND_JSON,
     .offset = RULE(members),
     .doc = "With assertion: further members of the token's header."},
};

static void init_rule(void *obj)
{
    struct client_auth_rule *rule = obj;
    *rule = (struct client_auth_rule){.alg = SIGN_RS256, .lifetime = 5 * USEC_MIN};
}

static void check_object(struct binder *binder, const char *name, const struct json *json)
{
    if (!json_is(json, JSON_UNDEFINED) && !json_is(json, JSON_OBJECT))
        bind_fault_at(binder, str_z(name), "is not an object of members to merge in.");
}

static void check_place(struct binder *binder, const struct client_auth_rule *rule)
{
    if (rule->kind != CLIENT_AUTH_header &&
        (!str_absent(rule->word) || !str_absent(rule->header)))
        bind_fault(binder,
                   "has a \"word\" or a \"header\", which mean something with the "
                   "kind \"header\" only.");
    if (!str_absent(rule->header) &&
        (!header_name_valid(rule->header) ||
         header_flags(header_id_of(rule->header)) & (HEADER_HOP | HEADER_OURS)))
        bind_fault_at(binder, STR("header"),
                      "is not the name of a header that a vendor can get.");
    if (!header_value_valid(rule->word))
        bind_fault_at(binder, STR("word"),
                      "holds a control character; it must fit on a header line.");
}

static void finish_rule(struct binder *binder, void *obj)
{
    struct client_auth_rule *rule = obj;
    check_place(binder, rule);
    check_object(binder, "claims", &rule->claims);
    check_object(binder, "members", &rule->members);
    if (str_absent(rule->word))
        rule->word = STR("Basic");
    if (str_absent(rule->header))
        rule->header = header_name(HEADER_AUTHORIZATION);
    if (str_absent(rule->id_name))
        rule->id_name = STR("client_id");
    if (str_absent(rule->secret_name))
        rule->secret_name = STR("client_secret");
}

const struct bind_table client_auth_table = {
    .name = "client_auth block",
    .rows = rule_rows,
    .n = COUNT_OF(rule_rows),
    .bytes = sizeof(struct client_auth_rule),
    .init = init_rule,
    .finish = finish_rule,
    .shorthand = "kind",
};

/* --- the kinds: each answers what is missing, or NULL --- */

static const char *need_secret(const struct client_auth *auth)
{
    return auth->secret.n ? NULL
                          : "The app has no client secret, which the token endpoint "
                            "wants. For apps without one there is the kind \"none\".";
}

static void put_pair(const struct client_auth *auth, str name, str word, str id,
                     str secret)
{
    struct arena *arena = auth->form->arena;
    str pair[] = {id, STR(":"), secret};
    str value[] = {word, STR(" "),
                   encode_base64(arena, arena_join(arena, pair, COUNT_OF(pair)))};
    header_set_name(auth->headers, name, arena_join(arena, value, COUNT_OF(value)));
}

static const char *put_basic(const struct client_auth *auth)
{
    struct arena *arena = auth->form->arena;
    const char *why = need_secret(auth);
    if (!why)
        put_pair(auth, header_name(HEADER_AUTHORIZATION), STR("Basic"),
                 encode_form(arena, auth->id), encode_form(arena, auth->secret));
    return why;
}

/* An id with a colon is sent as it is: a vendor that gives such ids knows how to read
 * them. */
static const char *put_raw(const struct client_auth *auth, str name, str word)
{
    const char *why = need_secret(auth);
    if (!why)
        put_pair(auth, name, word, auth->id, auth->secret);
    return why;
}

static const char *put_basic_raw(const struct client_auth *auth)
{
    return put_raw(auth, header_name(HEADER_AUTHORIZATION), STR("Basic"));
}

static const char *put_header(const struct client_auth *auth)
{
    return put_raw(auth, auth->rule->header, auth->rule->word);
}

static const char *put_none(const struct client_auth *auth)
{
    form_add(auth->form, auth->rule->id_name, auth->id);
    return NULL;
}

/* RFC 8705 §2: the certificate is shown on the connection, the id says whose it must
 * be. */
static const char *put_tls_client_auth(const struct client_auth *auth)
{
    return auth->certificate
               ? put_none(auth)
               : "The app has no client certificate, by which the token endpoint wants "
                 "to "
                 "know it; store its \"certificate\" and \"certificate_key\".";
}

static const char *put_body(const struct client_auth *auth)
{
    const char *why = need_secret(auth);
    if (why)
        return why;
    form_add(auth->form, auth->rule->id_name, auth->id);
    form_add(auth->form, auth->rule->secret_name, auth->secret);
    return NULL;
}

/* The app's members over the rule's; NULL when there are none. */
static const struct json *merged(struct arena *arena, const struct json *rule,
                                 const struct json *app)
{
    if (!json_is(rule, JSON_OBJECT))
        return app;
    if (!app)
        return rule;
    struct json *both = arena_alloc(arena, sizeof(*both));
    *both = merge_patch(arena, rule, app);
    return both;
}

/* RFC 7523 §3: iss and sub are the client id. */
static bool make_assertion(const struct client_auth *auth, const struct sign_key *key,
                           str *ret_token)
{
    const struct client_auth_rule *rule = auth->rule;
    struct arena *arena = auth->form->arena;
    const struct jwt_claims claims = {
        .iss = auth->id,
        .sub = auth->id,
        .aud = str_absent(rule->audience) ? auth->token_url : rule->audience,
        .jti = auth->jti,
        .wall = auth->wall,
        .lifetime = rule->lifetime,
        .more = merged(arena, &rule->claims, auth->claims),
    };
    struct json object = jwt_claims_of(&claims, arena);
    const struct jwt jwt = {
        .alg = (enum sign_alg)rule->alg,
        .typ = STR("JWT"),
        .kid = auth->kid,
        .header = merged(arena, &rule->members, auth->members),
        .claims = &object,
    };
    return jwt_make(&jwt, key, arena, ret_token);
}

static const char *put_signed(const struct client_auth *auth, const struct sign_key *key)
{
    str token;
    if (!sign_key_fits(key, (enum sign_alg)auth->rule->alg))
        return "The app's private key is of a kind that the algorithm of the client_auth "
               "block cannot sign with.";
    if (!make_assertion(auth, key, &token))
        return "The app's private key cannot sign, or the claims are too long.";
    if (auth->rule->with_id)
        form_add(auth->form, auth->rule->id_name, auth->id);
    form_add(auth->form, STR("client_assertion_type"), ASSERTION_TYPE);
    form_add(auth->form, STR("client_assertion"), token);
    return NULL;
}

static const char *put_assertion(const struct client_auth *auth)
{
    if (auth->rule->alg != SIGN_HS256)
        return auth->key ? put_signed(auth, auth->key)
                         : "The app has no private key, with which the token endpoint "
                           "wants a token signed.";
    const char *why = need_secret(auth);
    if (why)
        return why;
    struct sign_key *key = sign_key_of_bytes(auth->secret);
    why = put_signed(auth, key);
    sign_key_destroy(&key);
    return why;
}

enum err client_auth_put(const struct client_auth *auth, const char **ret_why)
{
    static const char *(*const put[])(const struct client_auth *auth) = {
#define X(kind, doc) [CLIENT_AUTH_##kind] = put_##kind,
#include "auth/client_auth_list.h"
#undef X
    };
    CHECK(auth->rule->kind < CLIENT_AUTH_KIND_COUNT);
    const char *why = auth->id.n ? put[auth->rule->kind](auth)
                                 : "The app has no client id; store the one that the "
                                   "vendor gave it.";
    if (why)
        *ret_why = why;
    return why ? ERR_CREDENTIAL_UNUSABLE : ERR_NONE;
}
