/*
 * A transport that plays a script on false time: what comes of the first call, of the
 * second, and so on. It takes the whole request body before it answers and remembers what
 * it was sent, as a vendor would see it.
 */
#ifndef SUPPORT_SCRIPT_TRANSPORT_H
#define SUPPORT_SCRIPT_TRANSPORT_H

#include "base/buf.h"
#include "call/call.h"

enum { SCRIPT_CALLS_MAX = 64, SCRIPT_HEADERS_MAX = 8 };

/* What comes of a call. */
struct play {
    enum call_fault fault; /* instead of an answer, or in the middle of its body */
    bool unsent;           /* with a fault: no byte has left */
    bool reused;           /* over a connection that was used before */
    int status;
    const char *headers[SCRIPT_HEADERS_MAX]; /* "Name: value" */
    const char *body;
    size_t body_repeat; /* the body, so many times, piece by piece; 0 = once */
    bool cut;           /* `fault` comes after the body instead of its end */
    usec delay;         /* before the answer, or the fault */
    int inform;         /* an interim status before it */
};

/* What the vendor saw. */
struct heard {
    str method;
    str url;
    struct headers headers;
    str body;
    usec at;
    bool fresh;
};

struct script_transport {
    struct transport transport;
    struct arena arena;
    const struct play *plays; /* the last one is played again and again */
    unsigned n;
    unsigned calls;
    struct heard heard[SCRIPT_CALLS_MAX];
    unsigned cancelled;
    unsigned paused;
};

void script_transport_init(struct script_transport *script, const struct play *plays,
                           unsigned n);
void script_transport_fini(struct script_transport *script);

#endif
