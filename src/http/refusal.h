/*
 * A refusal: the whole answer to a request that Breakwater itself says no to, as a
 * problem document (problem.h), with the headers that go with it. Ends the request.
 */
#ifndef HTTP_REFUSAL_H
#define HTTP_REFUSAL_H

#include "base/err.h"
#include "http/inbound.h"

/* `detail` is about this occurrence; absent = none. `request_id` likewise. */
void refusal_send(struct inbound *in, enum err err, str detail, str request_id);

struct problem;

/* The problem with everything in it; `headers` are what goes with it, and have room for
 * four more. */
void refusal_send_problem(struct inbound *in, const struct problem *problem,
                          struct headers *headers);

/* WWW-Authenticate where the error is a 401 (RFC 9110 §15.5.2). */
void refusal_challenge(enum err err, struct headers *headers);

/* 405 with the methods that the path has. */
void refusal_send_method(struct inbound *in, str allow, str request_id);

#endif
