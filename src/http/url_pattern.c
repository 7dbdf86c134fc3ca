/*
 * A pattern is a URL without path whose host or port may be a star. The stars are taken
 * off here and url_parse() judges the rest, so that what a pattern allows is spelled as
 * a parsed URL spells it and matching is a comparison of bytes.
 */
#include "http/url.h"

static bool refuse(const char **ret_why, const char *why)
{
    if (ret_why)
        *ret_why = why;
    return false;
}

static str take_scheme(str *rest)
{
    str scheme = STR("https://");
    if (str_starts_nocase(*rest, STR("http://")))
        scheme = STR("http://");
    else if (!str_starts_nocase(*rest, scheme))
        return scheme;
    *rest = str_from(*rest, scheme.n);
    return scheme;
}

static bool has_any(str text, const char *set)
{
    for (size_t i = 0; i < text.n; i++)
        if (strchr(set, text.p[i]))
            return true;
    return false;
}

/* What is left without the leading and the last star: no path, and no star. */
static bool check_plain(str rest, const char **ret_why)
{
    if (has_any(rest, "/?#"))
        return refuse(ret_why, "a host pattern has no path and no other scheme");
    if (has_any(rest, "*"))
        return refuse(ret_why,
                      "a star stands for names in front of a dot, or for a port");
    if (str_ends(rest, STR(":")))
        return refuse(ret_why, "the port is missing behind its colon");
    return true;
}

bool url_pattern_parse(struct arena *arena, str text, struct url_pattern *ret_pattern,
                       const char **ret_why)
{
    struct url url;
    str rest = text;
    str scheme = take_scheme(&rest);
    bool below = str_starts(rest, STR("*."));
    if (below)
        rest = str_from(rest, 2);
    bool any_port = str_ends(rest, STR(":*"));
    if (any_port)
        rest.n -= 2;
    if (!check_plain(rest, ret_why))
        return false;
    str parts[] = {scheme, rest};
    if (!url_parse(arena, arena_join(arena, parts, COUNT_OF(parts)), &url, ret_why))
        return false;
    if (below && url_host_is_address(url.host))
        return refuse(ret_why, "there are no names below an address");
    *ret_pattern = (struct url_pattern){url.tls, below, any_port, url.port, url.host};
    return true;
}

/* Hosts have no empty labels: what ends in ".example.com" has a name in front of it. */
static bool is_below(str host, str parent)
{
    return host.n > parent.n && str_ends(host, parent) &&
           host.p[host.n - parent.n - 1] == '.';
}

bool url_pattern_match(const struct url_pattern *pattern, const struct url *url)
{
    if (pattern->tls != url->tls || (!pattern->any_port && pattern->port != url->port))
        return false;
    return pattern->below ? is_below(url->host, pattern->host)
                          : str_eq(url->host, pattern->host);
}
