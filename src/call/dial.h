/*
 * From a host and a port to a connected socket, without blocking. The name is resolved;
 * its addresses are tried in turn, IPv6 and IPv4 alternating, each started when the one
 * before has failed or has been silent for 250 ms (RFC 8305, "Happy Eyeballs", §4 and
 * §5). The first that connects wins, the others are closed.
 *
 * On the worker's own thread.
 */
#ifndef CALL_DIAL_H
#define CALL_DIAL_H

#include "base/str.h"
#include "call/transport.h"
#include "policy/outcome.h"

struct dial;
struct dns;
struct worker;

struct dial_order {
    struct worker *worker;
    struct dns *dns;
    str host; /* a name or an address */
    uint16_t port;
    struct transport_guard guard;
    /* Once, never from inside dial_start; the dial is gone by then. `fd` is non-blocking
     * and the callee's; −1: `fault` and `why` (a static sentence) say what happened. */
    void (*done)(void *arg, int fd, enum call_fault fault, const char *why);
    void *arg;
};

/* Has no time limit of its own. */
struct dial *dial_start(const struct dial_order *order);

/* No `done` comes any more. NULL inside is allowed. */
void dial_cancel(struct dial **dial);

#endif
