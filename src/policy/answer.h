/*
 * A vendor's answer as policies look at it: values, nothing to wait for. Made by an
 * exchange once the part of the answer that its integration's rules need is here. A
 * request of the vendor's, a webhook, is looked at in the same way: then `asked` is set,
 * and there is no status.
 */
#ifndef POLICY_ANSWER_H
#define POLICY_ANSWER_H

#include "base/usec.h"
#include "http/header.h"
#include "json/json.h"

/* What a request has and an answer has not. */
struct asked {
    str method;
    str url;                 /* as the vendor has written it */
    str query;               /* absent: none */
    const struct json *body; /* as a whole, where the answer's is an item of it; NULL: it
                              * is no JSON */
};

struct answer {
    int status;
    const struct asked *asked; /* NULL: it is an answer */
    const struct headers *headers;
    str text; /* the body, decompressed, as far as it is known; may be "" */
    const struct json *body;    /* the body as JSON, or NULL */
    usec wall;                  /* our clock when it came */
    str group;                  /* the rate-limit group of the method; may be absent */
    const struct answer *about; /* an answer to a question about this request: $request of
                                 * its expressions; NULL: there is none */
    str *trouble; /* what went wrong with an expression, the first; NULL: nobody asks */
};

/* The vendor's clock: its Date header if it can be read, else our own. */
usec answer_clock(const struct answer *answer);

#endif
