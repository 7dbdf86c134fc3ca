#include "schema/schema_uri.h"

#include "base/buf.h"

enum { URI_BYTES_MAX = 1 << 20 };

/* Cuts off what stands behind the first `c`, without it. */
static str cut_after(str *s, char c)
{
    size_t at = str_find(*s, c);
    if (at == s->n)
        return STR_NONE;
    str tail = str_from(*s, at + 1);
    s->n = at;
    return str_absent(tail) ? STR("") : tail;
}

void uri_split(str uri, struct uri_parts *ret_parts)
{
    struct uri_parts parts = {0};
    parts.fragment = cut_after(&uri, '#');
    parts.query = cut_after(&uri, '?');
    size_t colon = str_find(uri, ':');
    if (colon > 0 && colon < uri.n && colon < str_find(uri, '/')) {
        parts.scheme = str_of(uri.p, colon);
        uri = str_from(uri, colon + 1);
    }
    if (str_starts(uri, STR("//"))) {
        uri = str_from(uri, 2);
        size_t end = str_find(uri, '/');
        parts.authority = str_of(uri.p, end);
        uri = str_from(uri, end);
    }
    parts.path = str_absent(uri) ? STR("") : uri;
    *ret_parts = parts;
}

/* Takes the last segment of a path away, with the slash before it. */
static void drop_segment(struct buf *path)
{
    size_t slash = str_find_last(buf_peek(path), '/');
    path->n = slash == path->n ? 0 : slash;
}

/* RFC 3986 §5.2.4, segment by segment; `ret` is empty. */
static void remove_dots(struct buf *ret, str path)
{
    bool first = true;
    str segment;
    for (; str_next(&path, '/', &segment); first = false) {
        bool up = str_eq(segment, STR(".."));
        bool here = str_eq(segment, STR("."));
        if (up)
            drop_segment(ret);
        if ((up || here) && str_absent(path))
            buf_char(ret, '/');
        if (up || here)
            continue;
        if (!first)
            buf_char(ret, '/');
        buf_str(ret, segment);
    }
}

static void put_path(struct buf *buf, const struct uri_parts *base, str path)
{
    struct buf merged;
    struct buf clean;
    buf_init(&merged, URI_BYTES_MAX);
    buf_init(&clean, URI_BYTES_MAX);
    if (!str_starts(path, STR("/"))) {
        size_t slash = str_find_last(base->path, '/');
        if (slash < base->path.n)
            buf_put(&merged, base->path.p, slash + 1);
        else if (!str_absent(base->authority))
            buf_char(&merged, '/');
    }
    buf_str(&merged, path);
    remove_dots(&clean, buf_peek(&merged));
    buf_str(buf, buf_peek(&clean));
    buf_fini(&merged);
    buf_fini(&clean);
}

static void put_head(struct buf *buf, str scheme, str authority)
{
    if (!str_absent(scheme)) {
        buf_str(buf, scheme);
        buf_char(buf, ':');
    }
    if (!str_absent(authority)) {
        buf_str(buf, STR("//"));
        buf_str(buf, authority);
    }
}

/* RFC 3986 §5.2.2, for a reference without scheme. */
static void put_relative(struct buf *buf, const struct uri_parts *base,
                         const struct uri_parts *ref)
{
    if (!str_absent(ref->authority)) {
        put_head(buf, base->scheme, ref->authority);
        buf_str(buf, ref->path);
        return;
    }
    put_head(buf, base->scheme, base->authority);
    if (ref->path.n)
        put_path(buf, base, ref->path);
    else
        buf_str(buf, base->path);
}

str uri_resolve(struct arena *arena, str base, str reference, str *ret_fragment)
{
    struct uri_parts at;
    struct uri_parts ref;
    struct buf buf;
    uri_split(reference, &ref);
    *ret_fragment = ref.fragment;
    if (!base.n || !str_absent(ref.scheme))
        return arena_str(arena, str_of(reference.p, str_find(reference, '#')));
    buf_init(&buf, 4 * (size_t)URI_BYTES_MAX);
    uri_split(base, &at);
    put_relative(&buf, &at, &ref);
    str query = ref.query;
    if (str_absent(query) && str_absent(ref.authority) && !ref.path.n)
        query = at.query;
    if (!str_absent(query)) {
        buf_char(&buf, '?');
        buf_str(&buf, query);
    }
    str uri = arena_str(arena, buf.n ? buf_peek(&buf) : STR(""));
    buf_fini(&buf);
    return uri;
}
