/*
 * Chunked bodies, for parse.c: RFC 9112 §7.1, strictly. See parse_body.
 */
#ifndef HTTP_PARSE_CHUNKED_H
#define HTTP_PARSE_CHUNKED_H

#include "http/parse.h"

/* One step; `body->left` becomes 0 at BODY_END. */
enum body_step parse_chunked(struct body_parser *body, str *bytes, str *ret_chunk);

#endif
