/*
 * Values that stand in many places of a request: a pointer with `*` leads to every item
 * or member here, where signals take the first. Inside of src/signature only.
 */
#ifndef SIGNATURE_WEBHOOK_VALUES_H
#define SIGNATURE_WEBHOOK_VALUES_H

#include "policy/signal.h"
#include "signature/webhook_request.h"

enum { WEBHOOK_VALUES_MAX = 10000 };

struct webhook_values {
    const str *items; /* absent ones where something that is no text stands, or nothing */
    uint32_t n;
};

/* Every value of the signal; without a `*` there is one, perhaps absent. False when they
 * are more than WEBHOOK_VALUES_MAX. */
bool webhook_values_read(const struct signal *signal, struct webhook_view *view,
                         struct webhook_values *ret_values) MUST_CHECK;

/* Whether there is at least one. */
bool webhook_values_there(const struct signal *signal, struct webhook_view *view);

#endif
