/*
 * credentials = "Basic" 1*SP base64(user-id ":" password) (RFC 7617 §2). Many vendors
 * know one secret only and fix the other half; what is fixed stands in the rule, what is
 * left is the account's.
 */
#include "auth/auth_scheme.h"

#include "base/encode.h"

static void check(struct binder *binder, const struct auth_rule *rule)
{
    auth_check_members(binder, rule,
                       AUTH_MEMBER_USERNAME | AUTH_MEMBER_PASSWORD | AUTH_MEMBER_SUFFIX |
                           AUTH_MEMBER_ACCEPT);
    if (!str_absent(rule->username) && !str_absent(rule->password))
        bind_fault_at(binder, STR("password"),
                      "is fixed, and so is \"username\"; leave out the one that each "
                      "account has of its own.");
    if (!str_absent(rule->username) && !str_absent(rule->username_suffix))
        bind_fault_at(binder, STR("username_suffix"),
                      "has no meaning beside a fixed \"username\"; write it there.");
    if (str_find(rule->username, ':') < rule->username.n)
        bind_fault_at(binder, STR("username"),
                      "holds a colon, which would end it (RFC 7617); remove the colon.");
}

/* Where the password is fixed, the user name is the secret. */
static uint32_t fields(const struct auth_rule *rule, struct auth_field *ret_fields)
{
    uint32_t n = 0;
    bool secret = !str_absent(rule->password);
    if (str_absent(rule->username))
        ret_fields[n++] = (struct auth_field){.name = STR("username"), .secret = secret};
    if (str_absent(rule->password))
        ret_fields[n++] = (struct auth_field){.name = STR("password"), .secret = true};
    return n;
}

static bool is_usable(str user, str password)
{
    return !str_absent(password) && user.n && str_find(user, ':') == user.n &&
           header_value_valid(user) && header_value_valid(password);
}

static enum err apply(const struct auth_rule *rule, const struct credentials *credentials,
                      struct auth_request *request)
{
    str user = str_absent(rule->username) ? auth_credential(credentials, STR("username"))
                                          : rule->username;
    str password = str_absent(rule->password)
                       ? auth_credential(credentials, STR("password"))
                       : rule->password;
    if (!is_usable(user, password))
        return ERR_CREDENTIAL_UNUSABLE;
    str parts[] = {user, rule->username_suffix, STR(":"), password};
    str pair = arena_join(request->arena, parts, COUNT_OF(parts));
    return auth_put_header(request, header_name(HEADER_AUTHORIZATION), STR("Basic "),
                           encode_base64(request->arena, pair));
}

static str take_key(const struct auth_rule *rule, struct auth_request *request)
{
    return auth_take_header(rule, request, header_name(HEADER_AUTHORIZATION), true);
}

const struct auth_ops auth_basic = {.name = STR("basic"),
                                    .check = check,
                                    .fields = fields,
                                    .apply = apply,
                                    .take_key = take_key};
