/*
 * Which addresses a delivery may connect to. A URL is what a customer wrote: without a
 * guard it would reach whatever the daemon reaches, its own admin API and the metadata
 * service of its cloud first (server-side request forgery). So all that is not the public
 * network is refused, unless a setting names it; asked of the address that is connected
 * to, not of the name, which may change between two look-ups.
 *
 * Constant after guard_init; any thread.
 */
#ifndef DELIVER_GUARD_H
#define DELIVER_GUARD_H

#include "base/arena.h"
#include "call/transport.h"
#include "http/cidr.h"
#include "http/url.h"

enum { GUARD_RANGES_MAX = 64 };

struct guard {
    struct cidr allowed[GUARD_RANGES_MAX];
    uint32_t n;
    bool http; /* URLs without TLS are taken */
};

/* `ranges`: parted by commas; empty: none. False with a sentence. */
bool guard_init(struct guard *guard, str ranges, bool http, struct arena *arena,
                str *ret_why);

/* Whether the address may be connected to; an IPv4 address that an IPv6 one has inside
 * counts as itself. `arg` is the guard: for struct transport_guard. */
bool guard_allows(const void *arg, const struct sockaddr *address);

/* What can be said of a URL without asking anybody: false with a static sentence. */
bool guard_takes(const struct guard *guard, const struct url *url, const char **ret_why);

#endif
