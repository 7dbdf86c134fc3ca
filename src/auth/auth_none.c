#include "auth/auth_scheme.h"

static void check(struct binder *binder, const struct auth_rule *rule)
{
    auth_check_members(binder, rule, 0);
}

static uint32_t fields(const struct auth_rule *rule, struct auth_field *ret_fields)
{
    (void)rule;
    (void)ret_fields;
    return 0;
}

static enum err apply(const struct auth_rule *rule, const struct credentials *credentials,
                      struct auth_request *request)
{
    (void)rule;
    (void)credentials;
    (void)request;
    return ERR_NONE;
}

static str take_key(const struct auth_rule *rule, struct auth_request *request)
{
    (void)rule;
    (void)request;
    return STR_NONE;
}

const struct auth_ops auth_none = {.name = STR("none"),
                                   .check = check,
                                   .fields = fields,
                                   .apply = apply,
                                   .take_key = take_key};
