/*
 * A value that nobody may see: tokens, keys, passwords. Owned memory, wiped when it is
 * freed; there is no way to print one, and no function takes it where a `str` would end
 * up in a log. Whoever must put it on a wire asks secret_peek() at that place, which
 * makes every such place easy to find.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct secret {
    char *bytes;
    size_t n;
};

/* Takes a copy of `s`; the caller wipes his own. Zero-initialized, or the copy of an
 * absent `s` = absent. */
void secret_init(struct secret *secret, str s);
void secret_fini(struct secret *secret); /* wipes; absent afterwards */

/* The bytes, borrowed until secret_fini. */
static inline str secret_peek(const struct secret *secret)
{
    return str_of(secret->bytes, secret->n);
}

static inline bool secret_absent(const struct secret *secret)
{
    return secret->bytes == NULL;
}

/* Compares in a time that depends on the lengths only. */
bool secret_eq(str a, str b);

#endif
