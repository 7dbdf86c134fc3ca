/*
 * The ranges are those of the IANA registries of special-purpose addresses (RFC 6890 and
 * what came after it) that are not globally reachable, and those that carry an IPv4
 * address inside: whoever translates them would connect to that.
 */
#include "deliver/guard.h"

#include <netinet/in.h>

static const char *const refused[] = {
    "0.0.0.0/8",       /* this network (RFC 791) */
    "10.0.0.0/8",      /* private (RFC 1918) */
    "100.64.0.0/10",   /* shared by carriers (RFC 6598) */
    "127.0.0.0/8",     /* loopback */
    "169.254.0.0/16",  /* link-local (RFC 3927): metadata of clouds */
    "172.16.0.0/12",   /* private */
    "192.0.0.0/24",    /* protocol assignments (RFC 6890) */
    "192.0.2.0/24",    /* documentation (RFC 5737) */
    "192.88.99.0/24",  /* 6to4 relays (RFC 7526) */
    "192.168.0.0/16",  /* private */
    "198.18.0.0/15",   /* benchmarks (RFC 2544) */
    "198.51.100.0/24", /* documentation */
    "203.0.113.0/24",  /* documentation */
    "224.0.0.0/4",     /* multicast */
    "240.0.0.0/4",     /* reserved, and broadcast */
    "::/96",           /* unspecified, loopback, IPv4-compatible (RFC 4291) */
    "64:ff9b::/96",    /* IPv4 inside (RFC 6052) */
    "64:ff9b:1::/48",  /* the same, local (RFC 8215) */
    "100::/64",        /* discard (RFC 6666) */
    "2001::/23",       /* protocol assignments, Teredo among them (RFC 4380) */
    "2001:db8::/32",   /* documentation */
    "2002::/16",       /* 6to4: IPv4 inside (RFC 3056) */
    "3fff::/20",       /* documentation (RFC 9637) */
    "5f00::/16",       /* segment routing (RFC 9602) */
    "fc00::/7",        /* unique local (RFC 4193) */
    "fe80::/10",       /* link-local */
    "fec0::/10",       /* site-local (RFC 3879) */
    "ff00::/8",        /* multicast */
};

bool guard_init(struct guard *guard, str ranges, bool http, struct arena *arena,
                str *ret_why)
{
    str item, rest = ranges.n ? ranges : STR_NONE;
    *guard = (struct guard){.http = http};
    while (str_next(&rest, ',', &item)) {
        if (guard->n < GUARD_RANGES_MAX &&
            cidr_parse(str_trim(item), &guard->allowed[guard->n])) {
            guard->n++;
            continue;
        }
        *ret_why = arena_printf(arena,
                                "endpoint_ranges: \"" STR_F "\" is no address range, or "
                                "one of more than %d",
                                STR_A(item), GUARD_RANGES_MAX);
        return false;
    }
    return true;
}

static bool is_refused(const uint8_t bytes[16])
{
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct cidr range;
        CHECK(cidr_parse(str_z(refused[i]), &range));
        if (cidr_any_bytes(&range, 1, bytes))
            return true;
    }
    return false;
}

static bool allows_bytes(const struct guard *guard, const uint8_t bytes[16])
{
    return cidr_any_bytes(guard->allowed, guard->n, bytes) || !is_refused(bytes);
}

bool guard_allows(const void *arg, const struct sockaddr *address)
{
    uint8_t bytes[16] = {[10] = 0xff, [11] = 0xff};
    if (address->sa_family == AF_INET6)
        memcpy(bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr,
               16);
    else if (address->sa_family == AF_INET)
        memcpy(bytes + 12, &((const struct sockaddr_in *)(const void *)address)->sin_addr,
               4);
    else
        return false;
    return allows_bytes(arg, bytes);
}

bool guard_takes(const struct guard *guard, const struct url *url, const char **ret_why)
{
    struct cidr address;
    *ret_why = NULL;
    if (!url->tls && !guard->http)
        *ret_why = "It must begin with https://.";
    else if (cidr_parse(url->host, &address) && !allows_bytes(guard, address.bytes))
        *ret_why = "Its address is in a range that is not allowed.";
    return *ret_why == NULL;
}
