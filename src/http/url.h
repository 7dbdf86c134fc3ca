/*
 * URLs as RFC 3986 has them, as far as HTTP needs: taking one apart, resolving a
 * reference against a base (§5.2), and matching a host against the patterns an
 * integration allows. Nothing is normalized that would change what a vendor signs or
 * compares: only scheme and host are lower-cased.
 *
 * Pure. Results borrow from the input or stand in the arena.
 */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include "base/arena.h"
#include "base/str.h"

struct url {
    bool tls;      /* https */
    str host;      /* lower case; an IPv6 address without its brackets */
    uint16_t port; /* explicit, or 80 / 443 */
    str path;      /* starts with "/"; "/" when the URL had none */
    str query;     /* without "?"; absent when there is none */
};

/*
 * An absolute http or https URL; a fragment is dropped. False, with a static sentence in
 * *ret_why (may be NULL), for any other scheme, user info, an empty or impossible host,
 * a bad port, blanks or control characters.
 */
bool url_parse(struct arena *arena, str text, struct url *ret_url, const char **ret_why);

/* `host` or `host:port` where the port is not the scheme's default; IPv6 in brackets. */
str url_authority(struct arena *arena, const struct url *url);

/* scheme://authority, without path. */
str url_origin(struct arena *arena, const struct url *url);

/* The whole URL. */
str url_format(struct arena *arena, const struct url *url);

/* RFC 3986 §5.2: what `reference` means when it is found at `base`. */
bool url_resolve(struct arena *arena, const struct url *base, str reference,
                 struct url *ret_url);

bool url_same_origin(const struct url *a, const struct url *b);

/* Whether a server may read the path's ".." segments, escaped ones too, as leading above
 * the folder where the path starts; be it on the way only. */
bool url_path_climbs(str path);

/*
 * A pattern of an allowed host: [scheme://]host[:port]. The scheme is https unless
 * written, the port the scheme's default unless written; port `*` is any. A host of
 * `*.example.com` is any name below example.com (not itself); `*` alone is refused.
 */
struct url_pattern {
    bool tls;
    bool below; /* the host was written with a leading "*." */
    bool any_port;
    uint16_t port;
    str host; /* lower case, without "*." */
};

bool url_pattern_parse(struct arena *arena, str text, struct url_pattern *ret_pattern,
                       const char **ret_why);
bool url_pattern_match(const struct url_pattern *pattern, const struct url *url);

/*
 * Walks the parameters of a query: `*rest` starts as the query. Name and value are as
 * written, still percent-encoded; the value is absent when there was no "=".
 */
bool url_query_next(str *rest, str *ret_name, str *ret_value);

/* The decoded value (`+` is a blank) of the first parameter of that name, or absent. */
str url_query_find(struct arena *arena, str query, str name);

/* What a name or value of a query means: `+` is a blank, escapes are decoded. */
str url_query_decode(struct arena *arena, str written);

/* The query without the parameters of that (decoded) name; absent when none is left. */
str url_query_without(struct arena *arena, str query, str name);

/* The query with name=value behind it, both escaped here. */
str url_query_with(struct arena *arena, str query, str name, str value);

/* An address of RFC 3986 §3.2.2 in text: IPv4 dotted decimal or IPv6. */
bool url_host_is_address(str host);

#endif
