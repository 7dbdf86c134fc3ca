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

/* 405 with the methods that the path has. */
void refusal_send_method(struct inbound *in, str allow, str request_id);

#endif
