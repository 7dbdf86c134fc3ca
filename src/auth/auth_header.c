#include "auth/auth_scheme.h"

static void check(struct binder *binder, const struct auth_rule *rule)
{
    auth_check_members(binder, rule,
                       AUTH_MEMBER_HEADER | AUTH_MEMBER_PREFIX | AUTH_MEMBER_ACCEPT);
    auth_check_header(binder, rule);
    if (str_absent(rule->header))
        bind_fault(binder, "has the scheme \"header\" but no \"header\"; add the name of "
                           "the header that carries the key.");
}

static uint32_t fields(const struct auth_rule *rule, struct auth_field *ret_fields)
{
    (void)rule;
    return auth_one_field(STR("key"), ret_fields);
}

static enum err apply(const struct auth_rule *rule, const struct credentials *credentials,
                      struct auth_request *request)
{
    return auth_put_header(request, rule->header, rule->prefix,
                           auth_credential(credentials, STR("key")));
}

static str take_key(const struct auth_rule *rule, struct auth_request *request)
{
    return auth_take_header(rule, request, rule->header, true);
}

const struct auth_ops auth_header = {.name = STR("header"),
                                     .check = check,
                                     .fields = fields,
                                     .apply = apply,
                                     .take_key = take_key};
