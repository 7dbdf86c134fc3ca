/*
 * What vendors ask before they send events, or beside them, and what they are answered:
 * data of the `webhooks` block. A handshake that is not signed is looked at before
 * anything is verified, and can do no more than be answered, or bring the secret of a
 * webhook that has none yet; a signed one is a request that holds no event.
 *
 * Pure; any thread.
 */
#ifndef SIGNATURE_HANDSHAKE_H
#define SIGNATURE_HANDSHAKE_H

#include "policy/signal.h"
#include "signature/webhook_request.h"

enum handshake_kind {
#define X(name, doc) HANDSHAKE_##name,
#include "signature/handshake_list.h"
#undef X
    HANDSHAKE_KIND_COUNT
};

struct handshake {
    uint32_t kind;                /* enum handshake_kind */
    struct bind_texts methods;    /* none: any */
    const struct condition *when; /* NULL: whenever its value is there */
    bool is_signed;               /* only after the request was verified */
    struct signal value;          /* what is sent back, or kept; SIGNAL_NONE: nothing */
    bool keeps_secret;            /* the value is the webhook's secret from now on */
    uint32_t status;
};

extern const struct bind_table handshake_table;

/* What the vendor is answered. Texts live as long as rule and request. */
struct webhook_answer {
    uint32_t status;
    str type; /* Content-Type; absent: no body */
    str body;
    str header; /* one header more; absent: none */
    str header_value;
};

/* "echo", … */
str handshake_word(const struct handshake *handshake);

/* Whether the request is this handshake; `ret_value` is absent where it has none. */
bool handshake_is(const struct handshake *handshake, struct webhook_view *view,
                  str *ret_value);

/* Answers with the value. */
void handshake_answer(const struct handshake *handshake, str value,
                      struct webhook_answer *ret_answer);

bool handshake_needs_body(const struct handshake *handshake);

#endif
