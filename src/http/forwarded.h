/*
 * Where a caller is: the connection says it, or a proxy that is trusted, in its
 * X-Forwarded-… headers.
 */
#ifndef HTTP_FORWARDED_H
#define HTTP_FORWARDED_H

#include "http/cidr.h"
#include "http/inbound.h"

struct forwarded {
    const struct cidr *trusted; /* proxies whose headers are believed */
    uint32_t n;
};

/* Its address, whether it speaks TLS, and the host that it asked. May stand in the
 * request's arena. */
str forwarded_client(const struct forwarded *forwarded, const struct inbound *in);
bool forwarded_tls(const struct forwarded *forwarded, const struct inbound *in);
str forwarded_host(const struct forwarded *forwarded, const struct inbound *in);

#endif
