/*
 * A browser's request while an account is being connected. Inside of src/connect only; on
 * the worker whose connection it came by. It lives in the request's arena, which is
 * wiped.
 */
#ifndef CONNECT_CONSENT_H
#define CONNECT_CONSENT_H

#include "http/inbound.h"

struct connect;

/* They take the request and answer it, later. `secret`: the link's, borrowed. */
void consent_link(struct connect *connect, struct inbound *in, str secret);
void consent_callback(struct connect *connect, struct inbound *in);

#endif
