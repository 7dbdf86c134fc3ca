#include "http/forwarded.h"

static bool trusts(const struct forwarded *forwarded, const struct inbound *in)
{
    return cidr_any(forwarded->trusted, forwarded->n, inbound_peer(in));
}

/* Of a list that each proxy adds to, the entry that the nearest untrusted peer has. */
static str last_untrusted(const struct forwarded *forwarded, str list)
{
    str item, found = STR_NONE;
    for (str rest = list; rest.n;) {
        size_t comma = str_find_last(rest, ',');
        item = str_trim(comma < rest.n ? str_from(rest, comma + 1) : rest);
        rest = comma < rest.n ? str_of(rest.p, comma) : STR("");
        found = item;
        if (!cidr_any(forwarded->trusted, forwarded->n, item))
            break;
    }
    return found;
}

str forwarded_client(const struct forwarded *forwarded, const struct inbound *in)
{
    if (forwarded->n && trusts(forwarded, in)) {
        str list = header_joined(&in->head.headers, HEADER_X_FORWARDED_FOR);
        str client = last_untrusted(forwarded, list);
        if (client.n && client.n <= 45)
            return client;
    }
    return inbound_peer(in);
}

bool forwarded_tls(const struct forwarded *forwarded, const struct inbound *in)
{
    str proto = header_value(&in->head.headers, HEADER_X_FORWARDED_PROTO);
    if (forwarded->n && !str_absent(proto) && trusts(forwarded, in))
        return str_eq_nocase(proto, STR("https"));
    return inbound_tls(in);
}

str forwarded_host(const struct forwarded *forwarded, const struct inbound *in)
{
    str host = header_value(&in->head.headers, HEADER_X_FORWARDED_HOST);
    if (forwarded->n && host.n && trusts(forwarded, in))
        return host;
    return header_value(&in->head.headers, HEADER_HOST);
}
