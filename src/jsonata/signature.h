/*
 * Signatures of functions: `<s-nn?:s>`. One letter an argument (s string, n number,
 * b boolean, l null, a array, o object, f function, j any JSON, x anything), `(…)` a
 * choice of letters, `<…>` the type of an array's items, `?` optional, `+` one or more,
 * `-` the context when it is left out. An undefined argument fits any letter.
 */
#ifndef JSONATA_SIGNATURE_H
#define JSONATA_SIGNATURE_H

#include "picture/fault.h"

struct signature;

enum { SIGNATURE_PARAMS_MAX = 32, SIGNATURE_ARGS_MAX = 256 };

/* NULL: *fault is set (S0401, S0402), without a position. */
struct signature *signature_read(struct arena *arena, str text,
                                 struct jsonata_fault *fault);

struct signature_call {
    struct arena *arena;
    const struct json *args;
    uint32_t n;
    struct json context;
};

/*
 * Checks call->args, and puts the function's own in their place: the context put in,
 * scalars made arrays of one where an array is due. False: *fault is set (T0410, T0411,
 * T0412), without position and token.
 */
bool signature_apply(const struct signature *signature, struct signature_call *call,
                     struct jsonata_fault *fault);

#endif
