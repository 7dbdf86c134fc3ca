/*
 * Mutual TLS: that the certificate is one of the vendor's, and its owner has the key, was
 * seen to by TLS; here only the name remains.
 */
#include "http/url.h"
#include "signature/signature_scheme.h"

static void check(struct binder *binder, struct signature_rule *rule)
{
    struct url_pattern pattern;
    const char *why;
    if (rule->names.n == 0)
        bind_fault(binder, "\"names\" is missing: the names that the vendor's client "
                           "certificate is for.");
    for (uint32_t i = 0; i < rule->names.n; i++)
        if (!url_pattern_parse(binder->arena, rule->names.items[i], &pattern, &why))
            bind_fault_at(binder, STR("names"), "has what is no name of a host: %s.",
                          why);
}

static bool is_there(const struct signature_rule *rule, struct webhook_view *view)
{
    (void)rule;
    return view->request->certificate_name_n > 0;
}

static bool is_named(str pattern_text, str name, struct arena *arena)
{
    struct url_pattern pattern;
    const char *why;
    struct url url = {.tls = true, .host = arena_lower(arena, name), .port = 443};
    return url_pattern_parse(arena, pattern_text, &pattern, &why) &&
           url_pattern_match(&pattern, &url);
}

static enum webhook_reason verify(const struct signature_rule *rule,
                                  struct webhook_view *view)
{
    const struct webhook_request *request = view->request;
    for (uint32_t i = 0; i < request->certificate_name_n; i++)
        for (uint32_t k = 0; k < rule->names.n; k++)
            if (is_named(rule->names.items[k], request->certificate_names[i],
                         view->arena))
                return REASON_none;
    return REASON_certificate_wrong;
}

const struct signature_ops signature_certificate = {.members = SIGNATURE_MEMBER_NAMES,
                                                    .check = check,
                                                    .is_there = is_there,
                                                    .verify = verify};
