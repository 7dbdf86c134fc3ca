#include "auth/auth_scheme.h"

#include "http/url.h"

static void check(struct binder *binder, const struct auth_rule *rule)
{
    auth_check_members(binder, rule, AUTH_MEMBER_QUERY | AUTH_MEMBER_ACCEPT);
    if (str_absent(rule->query))
        bind_fault(binder,
                   "has the scheme \"query\" but no \"query\"; add the name of the "
                   "parameter that carries the key.");
}

static uint32_t fields(const struct auth_rule *rule, struct auth_field *ret_fields)
{
    (void)rule;
    return auth_one_field(STR("key"), ret_fields);
}

static enum err apply(const struct auth_rule *rule, const struct credentials *credentials,
                      struct auth_request *request)
{
    struct arena *arena = request->arena;
    str key = auth_credential(credentials, STR("key"));
    if (key.n == 0)
        return ERR_CREDENTIAL_UNUSABLE;
    str others = url_query_without(arena, request->query, rule->query);
    request->query = url_query_with(arena, others, rule->query, key);
    return ERR_NONE;
}

static str take_key(const struct auth_rule *rule, struct auth_request *request)
{
    str value = url_query_find(request->arena, request->query, rule->query);
    if (str_absent(value))
        return STR_NONE;
    request->query = url_query_without(request->arena, request->query, rule->query);
    return auth_is_key(value) ? value : STR_NONE;
}

const struct auth_ops auth_query = {.name = STR("query"),
                                    .check = check,
                                    .fields = fields,
                                    .apply = apply,
                                    .take_key = take_key};
