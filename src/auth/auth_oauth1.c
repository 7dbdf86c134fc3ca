/*
 * A signature of the request in Authorization (oauth1.h). The other places that the
 * protocol allows for its parameters, query and form (RFC 5849 §3.5.2, §3.5.3), are not
 * used; what a caller has put into the query is taken out.
 */
#include "auth/auth_scheme.h"

#include "auth/oauth1.h"
#include "base/encode.h"
#include "http/url.h"

static void check(struct binder *binder, const struct auth_rule *rule)
{
    auth_check_members(binder, rule,
                       AUTH_MEMBER_SIGNATURE | AUTH_MEMBER_REALM |
                           AUTH_MEMBER_TWO_LEGGED | AUTH_MEMBER_ACCEPT);
    if (!header_value_valid(rule->realm))
        bind_fault_at(binder, STR("realm"),
                      "holds a control character; it must fit on a header line.");
}

static uint32_t fields(const struct auth_rule *rule, struct auth_field *ret_fields)
{
    uint32_t n = 0;
    ret_fields[n++] = (struct auth_field){.name = STR("consumer_key")};
    ret_fields[n++] = (struct auth_field){.name = STR("consumer_secret"), .secret = true};
    if (!rule->two_legged) {
        ret_fields[n++] = (struct auth_field){.name = STR("token"), .secret = true};
        ret_fields[n++] =
            (struct auth_field){.name = STR("token_secret"), .secret = true};
    }
    if (str_absent(rule->realm))
        ret_fields[n++] = (struct auth_field){.name = STR("realm"), .optional = true};
    return n;
}

static bool is_own(struct arena *arena, str written)
{
    return oauth1_is_own(url_query_decode(arena, written));
}

/* The query without parameters of the protocol; *ret_key: a key of ours among them. */
static str clean_query(struct arena *arena, str query, str *ret_key)
{
    str rest = query, name, value;
    char *p = arena_bytes(arena, query.n);
    size_t n = 0;
    *ret_key = STR_NONE;
    while (url_query_next(&rest, &name, &value)) {
        if (is_own(arena, name)) {
            str content = url_query_decode(arena, value);
            if (str_absent(*ret_key) && auth_is_key(content))
                *ret_key = content;
            continue;
        }
        if (n)
            p[n++] = '&';
        size_t written = str_absent(value) ? name.n : name.n + 1 + value.n;
        memcpy(p + n, name.p, written);
        n += written;
    }
    return n ? str_of(p, n) : STR_NONE;
}

static bool is_usable(const struct oauth1 *oauth1, bool two_legged)
{
    if (!oauth1->consumer_key.n || !oauth1->consumer_secret.n)
        return false;
    if (!two_legged && (!oauth1->token.n || !oauth1->token_secret.n))
        return false;
    return header_value_valid(oauth1->realm);
}

static enum err apply(const struct auth_rule *rule, const struct credentials *credentials,
                      struct auth_request *request)
{
    static const struct url nowhere = {.path = STR("/")};
    char nonce[AUTH_CHANCE_BYTES];
    str key;
    bool two_legged = rule->two_legged;
    struct oauth1 oauth1 = {
        .method = (enum oauth1_method)rule->signature,
        .consumer_key = auth_credential(credentials, STR("consumer_key")),
        .consumer_secret = auth_credential(credentials, STR("consumer_secret")),
        .token = two_legged ? STR_NONE : auth_credential(credentials, STR("token")),
        .token_secret =
            two_legged ? STR_NONE : auth_credential(credentials, STR("token_secret")),
        .realm = str_absent(rule->realm) ? auth_credential(credentials, STR("realm"))
                                         : rule->realm,
        .nonce = str_of(nonce, sizeof(nonce)),
        .timestamp = request->wall / USEC_S,
        .verb = request->verb,
        .url = request->url ? request->url : &nowhere,
        .form = request->form,
    };
    if (!is_usable(&oauth1, two_legged))
        return ERR_CREDENTIAL_UNUSABLE;
    encode_base62_random(nonce, request->chance, sizeof(nonce));
    oauth1.query = request->query = clean_query(request->arena, request->query, &key);
    return auth_put_header(request, header_name(HEADER_AUTHORIZATION), STR(""),
                           oauth1_header(&oauth1, request->arena));
}

static str take_key(const struct auth_rule *rule, struct auth_request *request)
{
    str in_query;
    str authorization = header_name(HEADER_AUTHORIZATION);
    str named = auth_take_params(request, authorization);
    str plain = auth_take_header(rule, request, authorization, true);
    request->query = clean_query(request->arena, request->query, &in_query);
    if (!str_absent(named))
        return named;
    return str_absent(plain) ? in_query : plain;
}

const struct auth_ops auth_oauth1 = {.name = STR("oauth1"),
                                     .signs = true,
                                     .signs_form = true,
                                     .check = check,
                                     .fields = fields,
                                     .apply = apply,
                                     .take_key = take_key};
