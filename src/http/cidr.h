/*
 * Ranges of addresses: which peers are proxies that may speak for others. Pure.
 */
#ifndef HTTP_CIDR_H
#define HTTP_CIDR_H

#include "base/str.h"

struct cidr {
    uint8_t bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
    uint8_t bits;      /* of the 128 */
};

/* "10.0.0.0/8", "::1", "192.0.2.7". False when it is none. */
bool cidr_parse(str text, struct cidr *ret_cidr);

/* Whether the address, as bytes (IPv4 mapped) or as text, lies in one of the n ranges. */
bool cidr_any_bytes(const struct cidr *ranges, uint32_t n, const uint8_t address[16]);
bool cidr_any(const struct cidr *ranges, uint32_t n, str address);

#endif
