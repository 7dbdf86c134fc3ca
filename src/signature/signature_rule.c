/*
 * The table of an entry of `verify`, and everything that does not depend on the scheme.
 */
#include "signature/signature_rule.h"

#include "base/encode.h"
#include "http/url.h"
#include "signature/webhook_values.h"
#include "signature/signature_scheme.h"

enum {
    WORD_NONE = INT32_MAX,
    CLAIMS_MAX = 20,
    PREFIX_BYTES_MAX = 100,
    TOLERANCE_S_MAX = 86400
};

static const struct signature_ops *const schemes[SIGNATURE_SCHEME_COUNT] = {
#define X(name, doc) [SIGNATURE_##name] = &signature_##name,
#include "signature/signature_list.h"
#undef X
};

static const char *const scheme_words[] = {
#define X(name, doc) #name,
#include "signature/signature_list.h"
#undef X
    NULL};

static const struct {
    str word;
    str text;
} reasons[REASON_COUNT] = {
#define X(name, doc)                                                                     \
    [REASON_##name] = {{#name, sizeof(#name) - 1}, {doc, sizeof(doc) - 1}},
#include "signature/reason_list.h"
#undef X
};

static const char *const digest_words[] = {"sha1", "sha256", "sha512", NULL};
static const char *const encoding_words[] = {"hex", "base64", NULL};
static const char *const secret_words[] = {"text", "base64", "hex", NULL};

str webhook_reason_word(enum webhook_reason reason)
{
    CHECK(reason < REASON_COUNT);
    return reasons[reason].word;
}

str webhook_reason_text(enum webhook_reason reason)
{
    CHECK(reason < REASON_COUNT);
    return reasons[reason].text;
}

static const struct signature_ops *ops_of(const struct signature_rule *rule)
{
    CHECK(rule->scheme < SIGNATURE_SCHEME_COUNT);
    return schemes[rule->scheme];
}

/* --- the secret --- */

#define SECRET(field) offsetof(struct secret_rule, field)

static const struct bind_row secret_rows[] = {
    {.name = "app",
     .kind = BIND_TEXT,
     .offset = SECRET(of_app),
     .min = 1,
     .max = 64,
     .doc = "It is this secret of the app with which the account is connected, such as "
            "client_secret."},
    {.name = "account",
     .kind = BIND_TEXT,
     .offset = SECRET(of_account),
     .min = 1,
     .max = 64,
     .doc = "It is this credential of the account."},
    {.name = "context",
     .kind = BIND_TEXT,
     .offset = SECRET(of_context),
     .min = 1,
     .max = 64,
     .doc = "It is this member of the account's context, which is no secret at all: for "
            "vendors who have nothing better."},
    {.name = "url",
     .kind = BIND_TEXT,
     .offset = SECRET(of_url),
     .min = 1,
     .max = 500,
     .doc = "The vendor's public keys are a JSON Web Key Set behind this URL."},
    {.name = "prefix",
     .kind = BIND_TEXT,
     .offset = SECRET(prefix),
     .min = 1,
     .max = PREFIX_BYTES_MAX,
     .doc = "What stands before the secret and is not part of it: \"whsec_\"."},
    {.name = "encoding",
     .kind = BIND_ENUM,
     .offset = SECRET(encoding),
     .words = secret_words,
     .doc = "How the secret's text becomes its bytes: text, as it stands; base64; hex. "
            "Public keys are read as what they are."},
};

static void finish_secret(struct binder *binder, void *obj)
{
    struct secret_rule *rule = obj;
    const struct {
        enum secret_owner owner;
        str name;
    } owners[] = {{SECRET_OF_APP, rule->of_app},
                  {SECRET_OF_ACCOUNT, rule->of_account},
                  {SECRET_OF_CONTEXT, rule->of_context},
                  {SECRET_OF_URL, rule->of_url}};
    struct url url;
    uint32_t n = 0;
    for (size_t i = 0; i < COUNT_OF(owners); i++)
        if (!str_absent(owners[i].name)) {
            rule->owner = owners[i].owner;
            rule->name = owners[i].name;
            n++;
        }
    if (n > 1)
        bind_fault(binder, "is of several: keep one of \"app\", \"account\", \"context\" "
                           "and \"url\", or none for one that is kept with the webhook.");
    if (!str_absent(rule->of_url) &&
        (!url_parse(binder->arena, rule->of_url, &url, NULL) || !url.tls))
        bind_fault_at(binder, STR("url"), "is no https URL.");
}

static const struct bind_table secret_table = {
    .name = "secret of webhooks",
    .rows = secret_rows,
    .n = COUNT_OF(secret_rows),
    .bytes = sizeof(struct secret_rule),
    .finish = finish_secret,
};

bool signature_may_use(const struct secret_rule *rule,
                       const struct webhook_secret *secret)
{
    return secret->owner == SECRET_OF_ANYONE ||
           (secret->owner == rule->owner && str_eq(secret->name, rule->name));
}

static bool decode_secret(const struct secret_rule *rule, bool key, struct arena *arena,
                          str text, str *ret_bytes)
{
    if (rule->prefix.n && str_starts(text, rule->prefix))
        text = str_from(text, rule->prefix.n);
    *ret_bytes = text;
    if (key) {
        struct verify_key *public = public_key_read(arena, text);
        bool good = public != NULL;
        verify_key_destroy(&public);
        return good;
    }
    if (rule->encoding == SECRET_BASE64)
        return decode_base64(arena, text, ret_bytes);
    return rule->encoding != SECRET_HEX || decode_hex(arena, text, ret_bytes);
}

/* An empty secret would be known to everybody. */
uint32_t signature_secrets(const struct signature_rule *rule,
                           const struct webhook_view *view, bool keys, str *ret_secrets,
                           enum webhook_reason *ret_reason)
{
    const struct webhook_request *request = view->request;
    uint32_t n = 0;
    *ret_reason = REASON_secret_missing;
    for (uint32_t i = 0; i < request->secret_n && n < SIGNATURE_SECRETS_MAX; i++) {
        const struct webhook_secret *secret = &request->secrets[i];
        if (!signature_may_use(&rule->secret, secret))
            continue;
        *ret_reason = REASON_secret_unusable;
        if (decode_secret(&rule->secret, keys, view->arena, secret->text,
                          &ret_secrets[n]) &&
            ret_secrets[n].n)
            n++;
    }
    if (n)
        *ret_reason = REASON_none;
    return n;
}

/* --- the table --- */

#define RULE(field) offsetof(struct signature_rule, field)

static const struct bind_row digest_rows[] = {
    {.name = "value",
     .kind = BIND_OBJECT,
     .offset = offsetof(struct body_digest, value),
     .required = true,
     .table = &request_signal_table,
     .doc = "Where the request names it."},
    {.name = "digest",
     .kind = BIND_ENUM,
     .offset = offsetof(struct body_digest, digest),
     .required = true,
     .words = digest_words,
     .doc = "Which digest it is."},
    {.name = "encoding",
     .kind = BIND_ENUM,
     .offset = offsetof(struct body_digest, encoding),
     .words = encoding_words,
     .doc = "How it is written; hex unless given."},
};

static const struct bind_table digest_table = {
    .name = "digest of the body",
    .rows = digest_rows,
    .n = COUNT_OF(digest_rows),
    .bytes = sizeof(struct body_digest),
};

static const struct bind_row claim_rows[] = {
    {.name = "is",
     .kind = BIND_TEXTS,
     .offset = offsetof(struct claim_rule, is),
     .required = true,
     .min = 1,
     .max = 500,
     .doc = "One of these, or a list that has one of them."},
};

static const struct bind_table claim_table = {
    .name = "claim",
    .rows = claim_rows,
    .n = COUNT_OF(claim_rows),
    .bytes = sizeof(struct claim_rule),
    .name_at = offsetof(struct claim_rule, name),
    .shorthand = "is",
};

static const struct bind_row rule_rows[] = {
    {.name = "scheme",
     .kind = BIND_ENUM,
     .offset = RULE(scheme),
     .required = true,
     .words = scheme_words,
     .doc = "How the request proves where it comes from: hmac, an HMAC of its content; "
            "hash, a plain digest of content that holds the secret; ecdsa and ed25519, "
            "signatures by the vendor's key; jwt, a JSON Web Token; token, the secret as "
            "it is; basic, user name and password; certificate, mutual TLS."},
    {.name = "if",
     .kind = BIND_OPTION,
     .offset = RULE(when),
     .table = &request_condition_table,
     .doc = "Only for requests where this holds."},
    {.name = "secret",
     .kind = BIND_OBJECT,
     .offset = RULE(secret),
     .table = &secret_table,
     .doc = "Whose the secret is, and how it is written; one that is kept with the "
            "webhook, as it stands, unless given."},
    {.name = "signature",
     .kind = BIND_OBJECT,
     .offset = RULE(signature),
     .table = &request_signal_table,
     .doc = "Where the signature stands, or with token the secret itself: with token and "
            "jwt a \"*\" in a pointer means every one. With jwt and basic it is "
            "Authorization unless given."},
    {.name = "numbered",
     .kind = BIND_BOOL,
     .offset = RULE(numbered),
     .doc = "There are several headers, whose names go on with -1, -2 and so on."},
    {.name = "separator",
     .kind = BIND_TEXT,
     .offset = RULE(separator),
     .min = 1,
     .max = 1,
     .doc = "What stands between several in one value, such as \",\" or \" \"; those "
            "without the prefix are not looked at."},
    {.name = "prefix",
     .kind = BIND_TEXTS,
     .offset = RULE(prefix),
     .min = 1,
     .max = PREFIX_BYTES_MAX,
     .doc = "What stands right before the signature: \"sha256=\", \"v1=\"; one of these, "
            "where there are several. With jwt \"Bearer \" or \"JWT \" unless given."},
    {.name = "digest",
     .kind = BIND_ENUM,
     .offset = RULE(digest),
     .words = digest_words,
     .doc = "Hmac, hash, and jwt with a claim: which digest it is; sha256 unless given."},
    {.name = "encoding",
     .kind = BIND_ENUM,
     .offset = RULE(encoding),
     .words = encoding_words,
     .doc = "How the signature's bytes are written: hex, or base64 in either alphabet; "
            "hex unless given."},
    {.name = "content",
     .kind = BIND_CUSTOM,
     .offset = RULE(content),
     .custom = content_read,
     .custom_schema = CONTENT_SCHEMA,
     .doc = "What is signed: text with parts of the request in braces, which are {body}, "
            "{method}, {url}, {path}, {query_sorted}, {query_canonical}, {form_sorted}, "
            "{timestamp}, {secret} and {header:NAME}."},
    {.name = "timestamp",
     .kind = BIND_OBJECT,
     .offset = RULE(timestamp),
     .table = &request_signal_table,
     .doc = "When it was signed; its unit is epoch_s, epoch_ms, iso8601 or http_date."},
    {.name = "tolerance",
     .kind = BIND_DURATION,
     .offset = RULE(tolerance),
     .min = 1,
     .max = TOLERANCE_S_MAX,
     .doc = "How far that may be from our clock, before or behind; 5m unless given. With "
            "jwt how far beyond its times a token is taken; 1m unless given."},
    {.name = "body_digest",
     .kind = BIND_OPTION,
     .offset = RULE(body_digest),
     .table = &digest_table,
     .doc = "A digest of the body that the request names where its body is not signed."},
    {.name = "either_port",
     .kind = BIND_BOOL,
     .offset = RULE(either_port),
     .doc = "The URL is signed with its port or without."},
    {.name = "unescaped",
     .kind = BIND_TEXT,
     .offset = RULE(unescaped),
     .min = 1,
     .max = 40,
     .doc = "Characters of the URL that are signed as they are where they came escaped."},
    {.name = "algorithms",
     .kind = BIND_TEXTS,
     .offset = RULE(algorithms),
     .min = 1,
     .max = 10,
     .doc = "Jwt: those that are taken, HS256 alone, or some of RS256, RS384, RS512, "
            "ES256 and EdDSA."},
    {.name = "claim",
     .kind = BIND_TEXT,
     .offset = RULE(claim),
     .min = 1,
     .max = 64,
     .doc = "Jwt: a claim that is the digest of `content`."},
    {.name = "claims",
     .kind = BIND_NAMED,
     .offset = RULE(claims),
     .max = CLAIMS_MAX,
     .table = &claim_table,
     .doc = "Jwt: what claims must be, such as iss."},
    {.name = "names",
     .kind = BIND_TEXTS,
     .offset = RULE(names),
     .min = 1,
     .max = 253,
     .doc = "Certificate: the names that it may be for, such as \"*.example.com\"."},
};

static void init_rule(void *obj)
{
    struct signature_rule *rule = obj;
    rule->digest = rule->encoding = WORD_NONE;
}

static void check_member(struct binder *binder, const struct signature_rule *rule,
                         const char *name, bool given, enum signature_member member)
{
    if (given && !(ops_of(rule)->members & member))
        bind_fault_at(binder, str_z(name), "has no meaning with the scheme \"%s\".",
                      scheme_words[rule->scheme]);
}

static bool has_secret(const struct secret_rule *rule)
{
    return rule->owner != SECRET_OF_HOOK || rule->prefix.n || rule->encoding;
}

static void check_members(struct binder *binder, const struct signature_rule *rule)
{
    const struct {
        const char *name;
        bool given;
        enum signature_member member;
    } members[] = {
        {"secret", has_secret(&rule->secret), SIGNATURE_MEMBER_SECRET},
        {"signature", rule->signature.source != SIGNAL_NONE, SIGNATURE_MEMBER_SIGNATURE},
        {"numbered", rule->numbered, SIGNATURE_MEMBER_LIST},
        {"separator", rule->separator.n > 0, SIGNATURE_MEMBER_LIST},
        {"prefix", rule->prefix.n > 0, SIGNATURE_MEMBER_PREFIX},
        {"digest", rule->digest != WORD_NONE, SIGNATURE_MEMBER_DIGEST},
        {"encoding", rule->encoding != WORD_NONE, SIGNATURE_MEMBER_ENCODING},
        {"content", rule->content.n > 0, SIGNATURE_MEMBER_CONTENT},
        {"timestamp", rule->timestamp.source != SIGNAL_NONE, SIGNATURE_MEMBER_TIMESTAMP},
        {"tolerance", rule->tolerance > 0, SIGNATURE_MEMBER_TOLERANCE},
        {"body_digest", rule->body_digest != NULL, SIGNATURE_MEMBER_BODY_DIGEST},
        {"either_port", rule->either_port, SIGNATURE_MEMBER_URL},
        {"unescaped", rule->unescaped.n > 0, SIGNATURE_MEMBER_URL},
        {"algorithms", rule->algorithms.n > 0, SIGNATURE_MEMBER_JWT},
        {"claim", rule->claim.n > 0, SIGNATURE_MEMBER_JWT},
        {"claims", rule->claims.n > 0, SIGNATURE_MEMBER_JWT},
        {"names", rule->names.n > 0, SIGNATURE_MEMBER_NAMES},
    };
    for (size_t i = 0; i < COUNT_OF(members); i++)
        check_member(binder, rule, members[i].name, members[i].given, members[i].member);
}

static void finish_rule(struct binder *binder, void *obj)
{
    struct signature_rule *rule = obj;
    check_members(binder, rule);
    if (rule->digest == WORD_NONE)
        rule->digest = CRYPTO_SHA256;
    if (rule->encoding == WORD_NONE)
        rule->encoding = ENCODING_HEX;
    if (!rule->tolerance)
        rule->tolerance = rule->scheme == SIGNATURE_jwt ? USEC_MIN : 5 * USEC_MIN;
    ops_of(rule)->check(binder, rule);
}

const struct bind_table signature_table = {
    .name = "signature of webhooks",
    .rows = rule_rows,
    .n = COUNT_OF(rule_rows),
    .bytes = sizeof(struct signature_rule),
    .init = init_rule,
    .finish = finish_rule,
};

/* --- what schemes share --- */

void signature_default_header(struct signature_rule *rule)
{
    if (rule->signature.source == SIGNAL_NONE)
        rule->signature =
            (struct signal){.source = SIGNAL_HEADER, .header = STR("Authorization")};
}

str signature_behind_prefix(const struct signature_rule *rule, str text)
{
    for (uint32_t i = 0; i < rule->prefix.n; i++)
        if (!str_absent(text) && str_starts(text, rule->prefix.items[i]))
            return str_from(text, rule->prefix.items[i].n);
    return rule->prefix.n ? STR_NONE : text;
}

bool signature_is_repeated(const struct signal *signal, const struct webhook_view *view)
{
    return signal->source == SIGNAL_HEADER &&
           webhook_header_lines(view->request, signal->header) > 1;
}

bool signature_decode(enum signature_encoding encoding, struct arena *arena, str text,
                      str *ret_bytes)
{
    return encoding == ENCODING_HEX ? decode_hex(arena, text, ret_bytes)
                                    : decode_base64(arena, text, ret_bytes);
}

/* --- a request --- */

bool signature_is_there(const struct signature_rule *rule, struct webhook_view *view)
{
    if (rule->when && !condition_value_holds(rule->when, &view->answer, view->arena))
        return false;
    return ops_of(rule)->is_there(rule, view);
}

enum webhook_reason signature_verify(const struct signature_rule *rule,
                                     struct webhook_view *view)
{
    return ops_of(rule)->verify(rule, view);
}

bool signature_needs_body(const struct signature_rule *rule)
{
    return signal_needs_body(&rule->signature) || signal_needs_body(&rule->timestamp) ||
           (rule->when && signal_needs_body(&rule->when->signal)) ||
           (rule->body_digest && signal_needs_body(&rule->body_digest->value));
}
