#include "signature/signature_scheme.h"

static void check(struct binder *binder, struct signature_rule *rule)
{
    signed_check(binder, rule, false);
}

static bool holds(struct signed_try *try)
{
    return public_key_holds(try, VERIFY_ECDSA);
}

static enum webhook_reason verify(const struct signature_rule *rule,
                                  struct webhook_view *view)
{
    return signed_verify(rule, view, true, holds);
}

const struct signature_ops signature_ecdsa = {.members = SIGNATURE_MEMBERS_SIGNED,
                                              .check = check,
                                              .is_there = signed_is_there,
                                              .verify = verify};
