#include "paging/page_link.h"

#include "http/field.h"

enum { SHOWN_BYTES_MAX = 200 };

/* Whether something stands there that is no link. */
static bool is_left(str rest)
{
    str item;
    return field_list_next(&rest, &item);
}

enum page_link_found page_link_find(const struct headers *headers, str rel,
                                    struct arena *arena, str *ret_uri)
{
    struct field_link link;
    str rest = header_joined_name(arena, headers, STR("Link"));
    if (str_absent(rest))
        return PAGE_LINK_NONE;
    while (field_link_next(&rest, &link))
        if (field_link_has_rel(&link, rel)) {
            *ret_uri = link.uri;
            return PAGE_LINK_FOUND;
        }
    return is_left(rest) ? PAGE_LINK_MALFORMED : PAGE_LINK_NONE;
}

/* Queries may hold what opens a list to whoever has it. */
static str shown(str link)
{
    link.n = str_find(link, '?');
    return link.n > SHOWN_BYTES_MAX ? str_of(link.p, SHOWN_BYTES_MAX) : link;
}

static bool is_printable(str link)
{
    for (size_t i = 0; i < link.n; i++)
        if ((unsigned char)link.p[i] <= ' ' || (unsigned char)link.p[i] >= 0x7f)
            return false;
    return link.n > 0;
}

static enum err refuse(enum err err, str link, const char *why, struct arena *arena,
                       str *ret_detail)
{
    *ret_detail = arena_printf(arena, "The link to the next page, %s%.*s%s, %s.",
                               is_printable(link) ? "\"" : "",
                               is_printable(link) ? (int)shown(link).n : 0, link.p,
                               is_printable(link) ? "\"" : "of other bytes", why);
    return err;
}

static enum err check_url(const struct page_reach *reach, str link, const struct url *url,
                          struct arena *arena, str *ret_detail)
{
    if (!reach->allows(reach->arg, url))
        return refuse(ERR_PAGE_LINK_FORBIDDEN, link,
                      "leads to a host that the integration does not list", arena,
                      ret_detail);
    if (url->tls != reach->base->tls)
        return refuse(ERR_PAGE_LINK_FORBIDDEN, link,
                      "has another scheme than the base URL", arena, ret_detail);
    if (url_path_climbs(url->path))
        return refuse(ERR_PAGE_LINK_FORBIDDEN, link,
                      "leads above where it starts, by \"..\" segments", arena,
                      ret_detail);
    return ERR_NONE;
}

static bool is_whole(str link)
{
    return str_starts_nocase(link, STR("https://")) ||
           str_starts_nocase(link, STR("http://"));
}

/* The base URL with the path behind its own. */
static bool below_base(const struct url *base, str link, struct arena *arena,
                       struct url *ret_url)
{
    str prefix = base->path;
    if (prefix.n && prefix.p[prefix.n - 1] == '/')
        prefix.n--;
    str parts[] = {prefix, str_starts(link, STR("/")) ? STR("") : STR("/"), link};
    return url_resolve(arena, base, arena_join(arena, parts, COUNT_OF(parts)), ret_url);
}

static bool find_url(const struct page_reach *reach, str link, enum page_link_form form,
                     struct arena *arena, struct url *ret_url)
{
    if (is_whole(link) || form == PAGE_LINK_ABSOLUTE)
        return url_parse(arena, link, ret_url, NULL);
    if (form == PAGE_LINK_BELOW_BASE)
        return !str_starts(link, STR("//")) &&
               !url_path_climbs(str_of(link.p, str_find(link, '?'))) &&
               below_base(reach->base, link, arena, ret_url);
    return url_resolve(arena, reach->request ? reach->request : reach->base, link,
                       ret_url);
}

enum err page_link_read(const struct page_reach *reach, str link,
                        enum page_link_form form, struct arena *arena, str *ret_url,
                        str *ret_detail)
{
    struct url url;
    if (link.n > PAGE_TEXT_MAX)
        return refuse(ERR_PAGE_INVALID, link, "is too long", arena, ret_detail);
    if (!is_printable(link) || !find_url(reach, link, form, arena, &url))
        return refuse(ERR_PAGE_INVALID, link,
                      form == PAGE_LINK_ABSOLUTE ? "is no http URL with a host"
                                                 : "is no URL",
                      arena, ret_detail);
    enum err err = check_url(reach, link, &url, arena, ret_detail);
    if (err)
        return err;
    if (!str_absent(reach->credential))
        url.query = url_query_without(arena, url.query, reach->credential);
    *ret_url = url_format(arena, &url);
    return ERR_NONE;
}

enum err page_link_check(const struct page_reach *reach, str text, struct arena *arena,
                         str *ret_detail)
{
    struct url url;
    if (!url_parse(arena, text, &url, NULL))
        return refuse(ERR_PAGE_INVALID, text, "is no http URL with a host", arena,
                      ret_detail);
    return check_url(reach, text, &url, arena, ret_detail);
}
