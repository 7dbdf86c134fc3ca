/*
 * A UsernameToken of WS-Security in a header (wsse.h). In a SOAP envelope, where the
 * profile itself has it, none can be put: bodies stream through and are not rewritten.
 */
#include "auth/auth_scheme.h"

#include "auth/wsse.h"

enum { NONCE_BYTES = 16 };

static void check(struct binder *binder, const struct auth_rule *rule)
{
    auth_check_members(binder, rule,
                       AUTH_MEMBER_HEADER | AUTH_MEMBER_USERNAME | AUTH_MEMBER_DIGEST |
                           AUTH_MEMBER_ACCEPT);
    auth_check_header(binder, rule);
}

static uint32_t fields(const struct auth_rule *rule, struct auth_field *ret_fields)
{
    uint32_t n = 0;
    if (str_absent(rule->username))
        ret_fields[n++] = (struct auth_field){.name = STR("username")};
    ret_fields[n++] = (struct auth_field){.name = STR("password"), .secret = true};
    return n;
}

static enum err apply(const struct auth_rule *rule, const struct credentials *credentials,
                      struct auth_request *request)
{
    const struct wsse wsse = {
        .digest = (enum wsse_digest)rule->digest,
        .username = str_absent(rule->username)
                        ? auth_credential(credentials, STR("username"))
                        : rule->username,
        .password = auth_credential(credentials, STR("password")),
        .nonce = str_of((const char *)request->chance, NONCE_BYTES),
        .wall = request->wall,
    };
    if (wsse.username.n == 0 || wsse.password.n == 0 ||
        !header_value_valid(wsse.username) || !header_value_valid(wsse.password))
        return ERR_CREDENTIAL_UNUSABLE;
    return auth_put_header(request, rule->header, STR(""),
                           wsse_token(&wsse, request->arena));
}

static str take_key(const struct auth_rule *rule, struct auth_request *request)
{
    str named = auth_take_params(request, rule->header);
    str plain = auth_take_header(rule, request, rule->header, true);
    return str_absent(named) ? plain : named;
}

const struct auth_ops auth_wsse = {.name = STR("wsse"),
                                   .signs = true,
                                   .check = check,
                                   .fields = fields,
                                   .apply = apply,
                                   .take_key = take_key};
