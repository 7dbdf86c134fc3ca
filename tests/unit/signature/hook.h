/*
 * A webhook out of JSON, as the rows of tests/cases/webhooks.jsonl have it, and the
 * verdict on it: `secret`, `secrets`, `now` (seconds), `request` with method, url,
 * headers (a text or a list of them), body or body_base64, certificate_names.
 */
#ifndef UNIT_SIGNATURE_HOOK_H
#define UNIT_SIGNATURE_HOOK_H

#include "signature/webhook.h"
#include "support/given.h"

enum { HOOK_SECRETS_MAX = 8, HOOK_NAMES_MAX = 8 };

struct hook {
    struct headers headers;
    struct webhook_secret secrets[HOOK_SECRETS_MAX];
    str names[HOOK_NAMES_MAX];
    struct webhook_request request;
    struct webhook_rule rule;
    struct webhook_view view;
    struct webhook_verdict verdict;
};

/* Its secrets are of the hook and of anyone; fails the test when the block has faults. */
void hook_judge(struct hook *hook, struct arena *arena, const struct json *block,
                const struct json *order);

/* The first fault of a block with quotes as in given_quotes, as "POINTER SENTENCE";
 * absent: it has none. */
str hook_fault(struct arena *arena, const char *block);

#endif
