/*
 * credentials = word 1*SP token (RFC 6750 §2.1, with Bearer as the word).
 */
#include "auth/auth_scheme.h"

static void check(struct binder *binder, const struct auth_rule *rule)
{
    auth_check_members(binder, rule,
                       AUTH_MEMBER_HEADER | AUTH_MEMBER_PREFIX | AUTH_MEMBER_ACCEPT);
    auth_check_header(binder, rule);
    if (str_find(rule->prefix, ' ') < rule->prefix.n)
        bind_fault_at(
            binder, STR("prefix"),
            "holds a blank; with bearer it is one word, and the blank behind it "
            "comes by itself. For any other text use the scheme \"header\".");
}

static uint32_t fields(const struct auth_rule *rule, struct auth_field *ret_fields)
{
    (void)rule;
    return auth_one_field(STR("token"), ret_fields);
}

static enum err apply(const struct auth_rule *rule, const struct credentials *credentials,
                      struct auth_request *request)
{
    str parts[] = {rule->prefix, STR(" ")};
    return auth_put_header(request, rule->header, arena_join(request->arena, parts, 2),
                           auth_credential(credentials, STR("token")));
}

static str take_key(const struct auth_rule *rule, struct auth_request *request)
{
    return auth_take_header(rule, request, rule->header, true);
}

const struct auth_ops auth_bearer = {.name = STR("bearer"),
                                     .check = check,
                                     .fields = fields,
                                     .apply = apply,
                                     .take_key = take_key};
