/*
 * JSON Web Tokens (RFC 7519) of vendors. Which algorithms are taken is the document's
 * word and never the token's alone: HS256 with a secret, or those of public keys, not
 * both in one rule (RFC 8725 §2.1).
 *
 * A token says who sent a request; with `claim` also which: that claim is a digest of
 * parts of the request.
 */
#include "base/encode.h"
#include "base/secret.h"
#include "json/json_parse.h"
#include "signature/webhook_values.h"
#include "signature/signature_scheme.h"

enum { TOKEN_BYTES_MAX = 64 * 1024, KEYS_MAX = 20 };

static const char *const algorithm_words[] = {"HS256", "RS256", "RS384", "RS512",
                                              "ES256", "EdDSA", NULL};

/* --- checking a rule --- */

static bool is_known(str word)
{
    for (size_t i = 0; algorithm_words[i]; i++)
        if (str_eq(str_z(algorithm_words[i]), word))
            return true;
    return false;
}

static bool is_shared(str word)
{
    return str_eq(word, STR("HS256"));
}

static bool takes_secret(const struct signature_rule *rule)
{
    return rule->algorithms.n > 0 && is_shared(rule->algorithms.items[0]);
}

static void check_algorithms(struct binder *binder, const struct signature_rule *rule)
{
    if (rule->algorithms.n == 0)
        bind_fault(binder, "\"algorithms\" is missing: those with which the vendor signs "
                           "its tokens, such as \"HS256\".");
    for (uint32_t i = 0; i < rule->algorithms.n; i++) {
        str word = rule->algorithms.items[i];
        if (!is_known(word))
            bind_fault_at(binder, STR("algorithms"),
                          "has " STR_F ", which is not verified here; there are HS256, "
                          "RS256, RS384, RS512, ES256 and EdDSA.",
                          STR_A(bind_shortened(word)));
        else if (is_shared(word) != takes_secret(rule))
            bind_fault_at(binder, STR("algorithms"),
                          "has HS256, which takes a secret, beside others, which take "
                          "public keys; make two entries of it.");
    }
}

static void check(struct binder *binder, struct signature_rule *rule)
{
    static const str prefixes[] = {STR("Bearer "), STR("JWT ")};
    bool header = rule->signature.source == SIGNAL_NONE;
    signature_default_header(rule);
    if (header && rule->prefix.n == 0)
        rule->prefix = (struct bind_texts){prefixes, COUNT_OF(prefixes)};
    check_algorithms(binder, rule);
    if ((rule->content.n > 0) == str_absent(rule->claim))
        bind_fault(binder, "must have both \"claim\" and \"content\", or neither: the "
                           "claim is a digest of the content.");
    if (content_has(&rule->content, CONTENT_TIMESTAMP) ||
        content_has(&rule->content, CONTENT_SECRET))
        bind_fault_at(binder, STR("content"),
                      "holds {timestamp} or {secret}, which a token has not.");
}

static bool is_there(const struct signature_rule *rule, struct webhook_view *view)
{
    struct webhook_values values;
    if (!webhook_values_read(&rule->signature, view, &values))
        return true;
    for (uint32_t i = 0; i < values.n; i++)
        if (!str_absent(signature_behind_prefix(rule, values.items[i])))
            return true;
    return false;
}

/* --- a token --- */

struct token {
    str signed_text;
    struct json header;
    struct json claims;
    str signature;
};

static bool parse_part(struct arena *arena, str part, struct json *ret_value)
{
    static const struct json_limits limits = {.depth_max = WEBHOOK_BODY_DEPTH_MAX,
                                              .duplicates = JSON_DUPLICATES_REFUSE};
    struct json_fault fault;
    str text;
    return decode_base64(arena, part, &text) &&
           json_parse(arena, text, &limits, ret_value, &fault) &&
           json_is(ret_value, JSON_OBJECT);
}

/* What must be understood (`crit`, RFC 7515 §4.1.11) never is. */
static bool parse_token(struct arena *arena, str text, struct token *ret_token)
{
    str header, claims, rest = text;
    if (text.n > TOKEN_BYTES_MAX || !str_next(&rest, '.', &header) ||
        !str_next(&rest, '.', &claims) || str_absent(rest) ||
        str_find(rest, '.') < rest.n)
        return false;
    ret_token->signed_text = str_of(text.p, header.n + 1 + claims.n);
    return parse_part(arena, header, &ret_token->header) &&
           parse_part(arena, claims, &ret_token->claims) &&
           decode_base64(arena, rest, &ret_token->signature) &&
           !json_member(&ret_token->header, STR("crit"));
}

static bool is_taken(const struct signature_rule *rule, str alg)
{
    for (uint32_t i = 0; i < rule->algorithms.n; i++)
        if (str_eq(rule->algorithms.items[i], alg))
            return true;
    return false;
}

/* --- its signature --- */

static bool holds_secret(const struct token *token, str secret)
{
    uint8_t code[CRYPTO_SHA256_BYTES];
    crypto_hmac_sha256(secret, token->signed_text, code);
    return secret_eq(token->signature, str_of((const char *)code, sizeof(code)));
}

static bool holds_key(const struct token *token, struct verify_key *key,
                      struct arena *arena)
{
    bool good = false;
    str alg = json_member_text(&token->header, STR("alg"));
    for (enum verify_alg i = 0; key && i < VERIFY_ALG_COUNT && !good; i++)
        good = str_eq(alg, str_z(verify_alg_words[i])) &&
               verify_pieces(key, i, arena, &token->signed_text, 1, token->signature);
    verify_key_destroy(&key);
    return good;
}

/* The keys of a set (RFC 7517 §5); NULL: the text is none. */
static const struct json *read_set(str secret, struct arena *arena)
{
    struct json *set = arena_zalloc(arena, sizeof(*set));
    struct json_fault fault;
    str text = str_trim(secret);
    if (!text.n || text.p[0] != '{' || !json_parse(arena, text, NULL, set, &fault))
        return NULL;
    const struct json *keys = json_member(set, STR("keys"));
    return keys && json_is(keys, JSON_ARRAY) ? keys : NULL;
}

static bool is_named(const struct token *token, const struct json *jwk)
{
    const struct json *kid = json_member(&token->header, STR("kid"));
    const struct json *own = json_member(jwk, STR("kid"));
    return !kid || (own && json_equal(kid, own));
}

/* One of the set that has the token's `kid`, if it has one. */
static bool holds_set(const struct token *token, const struct json *keys,
                      struct arena *arena)
{
    bool good = false;
    for (uint32_t i = 0, tried = 0; i < keys->n && tried < KEYS_MAX && !good; i++) {
        if (!is_named(token, &keys->u.items[i]))
            continue;
        good = holds_key(token, public_key_of_jwk(arena, &keys->u.items[i]), arena);
        tried++;
    }
    return good;
}

/* Whether it names a key that no set has: the sets may be older than the key. */
static bool is_key_unknown(const struct token *token, const str *secrets, uint32_t n,
                           struct arena *arena)
{
    bool any = false;
    for (uint32_t i = 0; i < n; i++) {
        const struct json *keys = read_set(secrets[i], arena);
        for (uint32_t j = 0; keys && j < keys->n; j++)
            if (is_named(token, &keys->u.items[j]))
                return false;
        any |= keys != NULL;
    }
    return any;
}

static bool holds(const struct signature_rule *rule, const struct token *token,
                  str secret, struct arena *arena)
{
    if (takes_secret(rule))
        return holds_secret(token, secret);
    const struct json *keys = read_set(secret, arena);
    return keys ? holds_set(token, keys, arena)
                : holds_key(token, public_key_read(arena, secret), arena);
}

/* --- its claims --- */

/* A NumericDate (RFC 7519 §2) in seconds; false when it is there and is none. */
static bool take_time(const struct token *token, str name, double missing,
                      double *ret_seconds)
{
    const struct json *value = json_member(&token->claims, name);
    *ret_seconds = value ? json_number(value) : missing;
    return !value || json_is(value, JSON_NUMBER);
}

static bool is_timely(const struct signature_rule *rule, const struct token *token,
                      usec wall)
{
    double now = (double)wall / USEC_S, leeway = (double)rule->tolerance / USEC_S;
    double ends, begins, made;
    return take_time(token, STR("exp"), -1, &ends) &&
           take_time(token, STR("nbf"), 0, &begins) &&
           take_time(token, STR("iat"), 0, &made) && now <= ends + leeway &&
           now >= begins - leeway && now >= made - leeway;
}

static bool is_one_of(const struct bind_texts *texts, const struct json *value)
{
    for (uint32_t i = 0; i < texts->n; i++)
        if (json_is(value, JSON_STRING) && str_eq(json_text(value), texts->items[i]))
            return true;
    return false;
}

/* A claim may be a list, as `aud` is (RFC 7519 §4.1.3). */
static bool has_claim(const struct claim_rule *rule, const struct token *token)
{
    const struct json *value = json_member(&token->claims, rule->name);
    if (!value || !json_is(value, JSON_ARRAY))
        return value && is_one_of(&rule->is, value);
    for (uint32_t i = 0; i < value->n; i++)
        if (is_one_of(&rule->is, &value->u.items[i]))
            return true;
    return false;
}

static bool has_claims(const struct signature_rule *rule, const struct token *token)
{
    const struct claim_rule *claims = rule->claims.items;
    for (uint32_t i = 0; i < rule->claims.n; i++)
        if (!has_claim(&claims[i], token))
            return false;
    return true;
}

static enum webhook_reason check_bound(const struct signature_rule *rule,
                                       const struct token *token,
                                       struct webhook_view *view)
{
    const struct webhook_request *request = view->request;
    const struct content_source source = {.method = request->method,
                                          .url = request->url,
                                          .headers = request->headers,
                                          .body = request->body,
                                          .form = view->form,
                                          .own = rule->signature.query};
    uint8_t digest[CRYPTO_HASH_BYTES_MAX];
    const str *pieces;
    str named;
    if (str_absent(rule->claim))
        return REASON_none;
    if (!content_make(&rule->content, &source, view->arena, &pieces))
        return REASON_too_large;
    size_t n = crypto_hash_pieces(rule->digest, pieces, rule->content.n, digest);
    str text = json_member_text(&token->claims, rule->claim);
    bool good = !str_absent(text) &&
                signature_decode(rule->encoding, view->arena, text, &named) &&
                secret_eq(named, str_of((char *)digest, n));
    return good ? REASON_none : REASON_token_unbound;
}

/* --- all of it --- */

static enum webhook_reason verify_one(const struct signature_rule *rule,
                                      struct webhook_view *view, str text,
                                      const str *secrets, uint32_t secret_n)
{
    struct token token;
    bool found = false;
    if (str_absent(text) || !parse_token(view->arena, text, &token))
        return REASON_token_malformed;
    if (!is_taken(rule, json_member_text(&token.header, STR("alg"))))
        return REASON_algorithm_refused;
    for (uint32_t i = 0; i < secret_n && !found; i++)
        found = holds(rule, &token, secrets[i], view->arena);
    if (!found && !takes_secret(rule) &&
        is_key_unknown(&token, secrets, secret_n, view->arena))
        return REASON_key_unknown;
    if (!found)
        return REASON_signature_wrong;
    if (!is_timely(rule, &token, view->request->wall))
        return REASON_token_stale;
    return has_claims(rule, &token) ? check_bound(rule, &token, view)
                                    : REASON_claim_wrong;
}

static enum webhook_reason verify(const struct signature_rule *rule,
                                  struct webhook_view *view)
{
    str secrets[SIGNATURE_SECRETS_MAX];
    enum webhook_reason reason = REASON_none;
    struct webhook_values values;
    if (signed_is_repeated(rule, view))
        return REASON_header_repeated;
    if (!webhook_values_read(&rule->signature, view, &values) ||
        values.n > SIGNATURES_MAX)
        return REASON_too_large;
    uint32_t n = signature_secrets(rule, view, false, secrets, &reason);
    if (n == 0)
        return reason;
    for (uint32_t i = 0; i < values.n && !reason; i++)
        reason = verify_one(rule, view, signature_behind_prefix(rule, values.items[i]),
                            secrets, n);
    return reason;
}

const struct signature_ops signature_jwt = {
    .members = SIGNATURE_MEMBER_SIGNATURE | SIGNATURE_MEMBER_PREFIX |
               SIGNATURE_MEMBER_DIGEST | SIGNATURE_MEMBER_ENCODING |
               SIGNATURE_MEMBER_CONTENT | SIGNATURE_MEMBER_TOLERANCE |
               SIGNATURE_MEMBER_JWT | SIGNATURE_MEMBER_SECRET,
    .check = check,
    .is_there = is_there,
    .verify = verify};
