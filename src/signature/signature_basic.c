/*
 * Basic credentials (RFC 7617) that the vendor was given with the hook: the secret is
 * `user:password`.
 */
#include "base/encode.h"
#include "base/secret.h"
#include "signature/signature_scheme.h"

static void check(struct binder *binder, struct signature_rule *rule)
{
    (void)binder;
    signature_default_header(rule);
}

/* What stands behind the word, which is of any case; absent when it is another. */
static str credentials_of(const struct signature_rule *rule, struct webhook_view *view)
{
    str word = STR("Basic ");
    str text = signal_text(&rule->signature, &view->answer, view->arena);
    return str_starts_nocase(text, word) ? str_trim(str_from(text, word.n)) : STR_NONE;
}

static bool is_there(const struct signature_rule *rule, struct webhook_view *view)
{
    return !str_absent(credentials_of(rule, view));
}

static enum webhook_reason verify(const struct signature_rule *rule,
                                  struct webhook_view *view)
{
    str given, secrets[SIGNATURE_SECRETS_MAX];
    enum webhook_reason reason = REASON_none;
    if (signature_is_repeated(&rule->signature, view))
        return REASON_header_repeated;
    if (!decode_base64(view->arena, credentials_of(rule, view), &given))
        return REASON_signature_malformed;
    uint32_t n = signature_secrets(rule, view, false, secrets, &reason);
    bool found = false;
    for (uint32_t i = 0; i < n; i++)
        found |= secret_eq(given, secrets[i]);
    return n == 0 ? reason : found ? REASON_none : REASON_signature_wrong;
}

const struct signature_ops signature_basic = {.members = SIGNATURE_MEMBER_SIGNATURE |
                                                         SIGNATURE_MEMBER_SECRET,
                                              .check = check,
                                              .is_there = is_there,
                                              .verify = verify};
