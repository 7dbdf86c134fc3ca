/*
 * A URL is cut from the left: scheme, authority up to the first of "/?#", path, query;
 * the fragment goes.
 *
 * A host has one spelling here, so that no list of allowed hosts can be walked around:
 * user info, escapes, a trailing dot and raw non-ASCII are refused (an IDN comes as its
 * A-labels), and so is a name whose last label is a number, unless all of it is a dotted
 * decimal address: resolvers read 127.1, 0x7f000001 and 017700000001 as 127.0.0.1.
 * A backslash, which browsers take for a slash, is in no host and ends none.
 *
 * References are resolved in the strict way of RFC 3986 §5.2.2: "http:g" is not relative.
 */
#include "http/url.h"

#include "base/encode.h"
#include "base/uri.h"

#include <arpa/inet.h>

enum { HOST_CHARS_MAX = 253, LABEL_CHARS_MAX = 63, PORT_HTTP = 80, PORT_HTTPS = 443 };

static bool refuse(const char **ret_why, const char *why)
{
    if (ret_why)
        *ret_why = why;
    return false;
}

static bool has_blank_or_control(str text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] <= ' ' || text.p[i] == 0x7f)
            return true;
    return false;
}

static size_t find_any(str text, const char *set)
{
    size_t at = 0;
    while (at < text.n && !strchr(set, text.p[at]))
        at++;
    return at;
}

static uint16_t default_port(bool tls)
{
    return tls ? PORT_HTTPS : PORT_HTTP;
}

bool url_host_is_address(str host)
{
    char z[INET6_ADDRSTRLEN];
    struct in6_addr address;
    if (host.n == 0 || host.n >= sizeof(z) || str_find(host, 0) < host.n)
        return false;
    memcpy(z, host.p, host.n);
    z[host.n] = 0;
    return inet_pton(AF_INET, z, &address) == 1 || inet_pton(AF_INET6, z, &address) == 1;
}

static bool is_label(str label)
{
    for (size_t i = 0; i < label.n; i++) {
        char c = str_lower(label.p[i]);
        if (!str_is_digit(c) && !(c >= 'a' && c <= 'z') && c != '-' && c != '_')
            return false;
    }
    return label.n > 0 && label.n <= LABEL_CHARS_MAX;
}

/* Decimal, octal or hexadecimal, as inet_aton reads a part of an address. */
static bool is_number(str label)
{
    bool hex = str_starts_nocase(label, STR("0x"));
    for (size_t i = hex ? 2 : 0; i < label.n; i++)
        if (!(hex ? decode_hex_digit(label.p[i]) >= 0 : str_is_digit(label.p[i])))
            return false;
    return true;
}

static bool check_name(str name, const char **ret_why)
{
    if (name.n == 0)
        return refuse(ret_why, "the host is empty");
    if (name.n > HOST_CHARS_MAX)
        return refuse(ret_why, "the host is longer than 253 characters");
    str rest = name;
    str label = name;
    while (str_next(&rest, '.', &label))
        if (!is_label(label))
            return refuse(ret_why, "the host is not a name or an address");
    if (is_number(label) && !url_host_is_address(name))
        return refuse(ret_why, "the host is a number, but not a dotted decimal address");
    return true;
}

/* "[" IPv6 address "]" (RFC 3986 §3.2.2); leaves what follows the bracket. */
static bool take_bracketed(str *rest, str *ret_host, const char **ret_why)
{
    size_t close = str_find(*rest, ']');
    if (close == rest->n)
        return refuse(ret_why, "the host has no closing bracket");
    str host = str_of(rest->p + 1, close - 1);
    if (str_find(host, ':') == host.n || !url_host_is_address(host))
        return refuse(ret_why, "the host in brackets is not an IPv6 address");
    *ret_host = host;
    *rest = str_from(*rest, close + 1);
    return true;
}

static bool take_host(str *rest, str *ret_host, const char **ret_why)
{
    if (str_starts(*rest, STR("[")))
        return take_bracketed(rest, ret_host, ret_why);
    size_t end = str_find(*rest, ':');
    str host = str_of(rest->p, end);
    if (!check_name(host, ret_why))
        return false;
    *ret_host = host;
    *rest = str_from(*rest, end);
    return true;
}

/* What stands behind the host: nothing, or ":" and perhaps a port. */
static bool parse_port(str rest, uint16_t *port, const char **ret_why)
{
    if (rest.n == 0 || str_eq(rest, STR(":")))
        return true;
    uint64_t value;
    if (rest.p[0] != ':' || !str_to_u64(str_from(rest, 1), UINT16_MAX, &value) || !value)
        return refuse(ret_why, "the port is not a number from 1 to 65535");
    *port = (uint16_t)value;
    return true;
}

static bool parse_authority(struct arena *arena, str authority, struct url *url,
                            const char **ret_why)
{
    if (str_find(authority, '@') < authority.n)
        return refuse(ret_why, "the URL has user info before the host");
    str rest = authority;
    str host;
    if (!take_host(&rest, &host, ret_why))
        return false;
    url->host = arena_lower(arena, host);
    url->port = default_port(url->tls);
    return parse_port(rest, &url->port, ret_why);
}

static void cut_path(str text, str *ret_path, str *ret_query)
{
    size_t at = str_find(text, '?');
    *ret_path = str_of(text.p, at);
    *ret_query = at < text.n ? str_from(text, at + 1) : STR_NONE;
}

bool url_parse(struct arena *arena, str text, struct url *ret_url, const char **ret_why)
{
    struct url url = {.tls = str_starts_nocase(text, STR("https://"))};
    if (has_blank_or_control(text))
        return refuse(ret_why, "the URL has a blank or a control character");
    if (!url.tls && !str_starts_nocase(text, STR("http://")))
        return refuse(ret_why, "the URL does not start with https:// or http://");
    text = str_from(text, str_find(text, '/') + 2);
    text.n = str_find(text, '#');
    size_t end = find_any(text, "/?");
    if (!parse_authority(arena, str_of(text.p, end), &url, ret_why))
        return false;
    cut_path(str_from(text, end), &url.path, &url.query);
    if (url.path.n == 0)
        url.path = STR("/");
    *ret_url = url;
    return true;
}

str url_authority(struct arena *arena, const struct url *url)
{
    char port[32] = ":";
    bool v6 = str_find(url->host, ':') < url->host.n;
    bool implied = url->port == default_port(url->tls);
    str suffix =
        implied ? STR_NONE : str_of(port, 1 + encode_decimal(url->port, port + 1));
    if (implied && !v6)
        return url->host;
    str parts[] = {v6 ? STR("[") : STR_NONE, url->host, v6 ? STR("]") : STR_NONE, suffix};
    return arena_join(arena, parts, COUNT_OF(parts));
}

str url_origin(struct arena *arena, const struct url *url)
{
    str parts[] = {url->tls ? STR("https://") : STR("http://"),
                   url_authority(arena, url)};
    return arena_join(arena, parts, COUNT_OF(parts));
}

str url_format(struct arena *arena, const struct url *url)
{
    str mark = str_absent(url->query) ? STR_NONE : STR("?");
    str parts[] = {url_origin(arena, url), url->path, mark, url->query};
    return arena_join(arena, parts, COUNT_OF(parts));
}

bool url_same_origin(const struct url *a, const struct url *b)
{
    return a->tls == b->tls && a->port == b->port && str_eq(a->host, b->host);
}

/* A reference of path and query only: §5.2.2 behind the authority. */
static void apply_relative(struct arena *arena, str reference, struct url *url)
{
    str path;
    str query;
    cut_path(reference, &path, &query);
    if (path.n == 0) {
        if (!str_absent(query))
            url->query = query;
        return;
    }
    str base = url->path.n ? url->path : STR("/");
    url->path = uri_resolve_path(arena, base, path);
    url->query = query;
}

/* Whether a colon stands in the first segment, where only a scheme has one (§4.2). */
static bool has_scheme(str reference)
{
    size_t at = find_any(reference, ":/?");
    return at < reference.n && reference.p[at] == ':';
}

bool url_resolve(struct arena *arena, const struct url *base, str reference,
                 struct url *ret_url)
{
    struct url url = *base;
    if (has_blank_or_control(reference))
        return false;
    reference.n = str_find(reference, '#');
    bool authority = str_starts(reference, STR("//"));
    if (!authority && !has_scheme(reference)) {
        apply_relative(arena, reference, &url);
        *ret_url = url;
        return true;
    }
    str parts[] = {base->tls ? STR("https:") : STR("http:"), reference};
    str text = authority ? arena_join(arena, parts, COUNT_OF(parts)) : reference;
    if (!url_parse(arena, text, &url, NULL))
        return false;
    url.path = uri_remove_dots(arena, url.path);
    *ret_url = url;
    return true;
}
