/*
 * A secret that the request carries. In a body with many events each may carry it: with a
 * `*` in the pointer every one must be there and right.
 */
#include "base/secret.h"
#include "signature/webhook_values.h"
#include "signature/signature_scheme.h"

static void check(struct binder *binder, struct signature_rule *rule)
{
    if (rule->signature.source == SIGNAL_NONE)
        bind_fault(binder,
                   "\"signature\" is missing: the header, or another place of the "
                   "request, that holds the secret.");
}

static bool is_there(const struct signature_rule *rule, struct webhook_view *view)
{
    return webhook_values_there(&rule->signature, view);
}

static bool is_secret(const struct signature_rule *rule, str text, const str *secrets,
                      uint32_t secret_n)
{
    bool found = false;
    text = signature_behind_prefix(rule, text);
    for (uint32_t i = 0; i < secret_n; i++)
        found |= !str_absent(text) && secret_eq(text, secrets[i]);
    return found;
}

static enum webhook_reason verify(const struct signature_rule *rule,
                                  struct webhook_view *view)
{
    str secrets[SIGNATURE_SECRETS_MAX];
    enum webhook_reason reason = REASON_none;
    struct webhook_values values;
    if (signature_is_repeated(&rule->signature, view))
        return REASON_header_repeated;
    if (!webhook_values_read(&rule->signature, view, &values))
        return REASON_too_large;
    uint32_t n = signature_secrets(rule, view, false, secrets, &reason);
    bool good = values.n > 0;
    for (uint32_t i = 0; n && i < values.n; i++)
        good &= is_secret(rule, values.items[i], secrets, n);
    return n == 0 ? reason : good ? REASON_none : REASON_signature_wrong;
}

const struct signature_ops signature_token = {.members = SIGNATURE_MEMBER_SIGNATURE |
                                                         SIGNATURE_MEMBER_PREFIX |
                                                         SIGNATURE_MEMBER_SECRET,
                                              .check = check,
                                              .is_there = is_there,
                                              .verify = verify};
