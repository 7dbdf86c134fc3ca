#include "base/uri.h"

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

static bool skip(str *rest, str prefix)
{
    if (!str_starts(*rest, prefix))
        return false;
    *rest = str_from(*rest, prefix.n);
    return true;
}

/*
 * The steps of §5.2.4, a segment with its leading slash at a time. A dot segment that
 * ends the path leaves its slash; ".." takes the last segment written with it.
 */
str uri_remove_dots(struct arena *arena, str path)
{
    str rest = path;
    while (skip(&rest, STR("../")) || skip(&rest, STR("./")))
        ;
    if (str_eq(rest, STR(".")) || str_eq(rest, STR("..")))
        return STR("");
    char *out = arena_bytes(arena, path.n);
    size_t n = 0;
    while (rest.n) {
        size_t end = 1 + str_find(str_from(rest, 1), '/');
        str segment = str_of(rest.p, end);
        rest = str_from(rest, end);
        bool up = str_eq(segment, STR("/.."));
        if (!up && !str_eq(segment, STR("/."))) {
            memcpy(out + n, segment.p, segment.n);
            n += segment.n;
            continue;
        }
        while (up && n && out[--n] != '/')
            ;
        if (rest.n == 0)
            out[n++] = '/';
    }
    return str_of(out, n);
}

str uri_resolve_path(struct arena *arena, str base, str path)
{
    size_t slash = str_find_last(base, '/');
    if (!str_starts(path, STR("/")) && slash < base.n) {
        str parts[] = {str_of(base.p, slash + 1), path};
        path = arena_join(arena, parts, COUNT_OF(parts));
    }
    return uri_remove_dots(arena, path);
}

static str joined(struct arena *arena, const struct uri_parts *parts)
{
    str all[] = {
        parts->scheme,
        str_absent(parts->scheme) ? STR_NONE : STR(":"),
        str_absent(parts->authority) ? STR_NONE : STR("//"),
        parts->authority,
        parts->path,
        str_absent(parts->query) ? STR_NONE : STR("?"),
        parts->query,
    };
    return arena_join(arena, all, COUNT_OF(all));
}

/* RFC 3986 §5.2.2, for a reference without scheme. */
static void complete(struct arena *arena, const struct uri_parts *base,
                     struct uri_parts *ref)
{
    ref->scheme = base->scheme;
    if (!str_absent(ref->authority))
        return;
    ref->authority = base->authority;
    if (!ref->path.n) {
        ref->path = base->path;
        ref->query = str_absent(ref->query) ? base->query : ref->query;
        return;
    }
    bool root = !base->path.n && !str_absent(base->authority);
    ref->path = uri_resolve_path(arena, root ? STR("/") : base->path, ref->path);
}

str uri_resolve(struct arena *arena, str base, str reference, str *ret_fragment)
{
    struct uri_parts at;
    struct uri_parts parts;
    uri_split(reference, &parts);
    *ret_fragment = parts.fragment;
    if (!base.n || !str_absent(parts.scheme))
        return arena_str(arena, str_of(reference.p, str_find(reference, '#')));
    uri_split(base, &at);
    complete(arena, &at, &parts);
    return joined(arena, &parts);
}
