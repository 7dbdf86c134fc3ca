#include "http/cidr.h"

#include <arpa/inet.h>

static bool parse_address(str text, uint8_t ret[16])
{
    char z[INET6_ADDRSTRLEN];
    if (text.n == 0 || text.n >= sizeof(z))
        return false;
    memcpy(z, text.p, text.n);
    z[text.n] = 0;
    memset(ret, 0, 10);
    memset(ret + 10, 0xff, 2);
    return inet_pton(AF_INET, z, ret + 12) == 1 || inet_pton(AF_INET6, z, ret) == 1;
}

bool cidr_parse(str text, struct cidr *ret_cidr)
{
    struct cidr cidr = {.bits = 128};
    size_t slash = str_find(text, '/');
    str address = str_of(text.p, slash);
    uint64_t bits;
    if (!parse_address(address, cidr.bytes))
        return false;
    bool v4 = str_find(address, ':') == address.n;
    if (slash < text.n) {
        if (!str_to_u64(str_from(text, slash + 1), v4 ? 32 : 128, &bits))
            return false;
        cidr.bits = (uint8_t)(v4 ? bits + 96 : bits);
    }
    *ret_cidr = cidr;
    return true;
}

static bool holds(const struct cidr *range, const uint8_t address[16])
{
    unsigned whole = range->bits / 8, rest = range->bits % 8;
    if (memcmp(range->bytes, address, whole) != 0)
        return false;
    if (rest == 0)
        return true;
    uint8_t mask = (uint8_t)(0xff << (8 - rest));
    return ((range->bytes[whole] ^ address[whole]) & mask) == 0;
}

bool cidr_any_bytes(const struct cidr *ranges, uint32_t n, const uint8_t address[16])
{
    for (uint32_t i = 0; i < n; i++)
        if (holds(&ranges[i], address))
            return true;
    return false;
}

bool cidr_any(const struct cidr *ranges, uint32_t n, str address)
{
    uint8_t bytes[16];
    return n > 0 && parse_address(address, bytes) && cidr_any_bytes(ranges, n, bytes);
}
