/*
 * Links to next pages: where one stands in Link headers (RFC 8288), what a relative one
 * means, and whether it may be followed. A vendor decides what its links say, so that a
 * link is looked at like any URL from outside: only hosts of the integration, the base
 * URL's scheme, no way out of a base path by dot segments (docs/decisions/0013).
 *
 * Pure; any thread.
 */
#ifndef PAGING_PAGE_LINK_H
#define PAGING_PAGE_LINK_H

#include "base/err.h"
#include "http/header.h"
#include "http/url.h"

/* No position is longer, be it a URL or a cursor. */
enum { PAGE_TEXT_MAX = 6144 };

/* Where a walk may go. */
struct page_reach {
    const struct url *base;    /* the account's base URL */
    const struct url *request; /* what was asked; NULL before the first answer */
    bool (*allows)(const void *arg, const struct url *url); /* integration_allows */
    const void *arg;
    str credential; /* a parameter of the query that carries the credential, which is
                     * taken out of links; absent: none */
};

enum page_link_found { PAGE_LINK_NONE, PAGE_LINK_FOUND, PAGE_LINK_MALFORMED };

/* The link of that relation type among all Link lines. MALFORMED: it is not there, and
 * something in them cannot be read as a link. */
enum page_link_found page_link_find(const struct headers *headers, str rel,
                                    struct arena *arena, str *ret_uri);

enum page_link_form { PAGE_LINK_ABSOLUTE, PAGE_LINK_RELATIVE, PAGE_LINK_BELOW_BASE };

/*
 * The whole URL that a link means: one with scheme and host; a reference (RFC 3986 §4.2)
 * against the request's URL; or a path below the base URL. The last two may be whole URLs
 * too. ERR_PAGE_INVALID, ERR_PAGE_LINK_FORBIDDEN with a sentence, which does not show the
 * link's query.
 */
enum err page_link_read(const struct page_reach *reach, str link,
                        enum page_link_form form, struct arena *arena, str *ret_url,
                        str *ret_detail);

/* The same question about a URL that was stored. */
enum err page_link_check(const struct page_reach *reach, str url, struct arena *arena,
                         str *ret_detail);

#endif
