/*
 * The input is a line to resolve, a line as host pattern, and a query. What was read is
 * written and read again to the same; a parsed host holds nothing that ends a host.
 */
#include "http/url.h"

#include "base/arena.h"
#include "base/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static bool same_url(const struct url *a, const struct url *b)
{
    return url_same_origin(a, b) && str_eq(a->path, b->path) &&
           str_eq(a->query, b->query) && str_absent(a->query) == str_absent(b->query);
}

static void check_url(struct arena *arena, const struct url *url)
{
    struct url again;
    CHECK(url->host.n > 0 && url->port > 0 && str_starts(url->path, STR("/")));
    for (size_t i = 0; i < url->host.n; i++)
        CHECK(strchr("abcdefghijklmnopqrstuvwxyz0123456789-_.:", url->host.p[i]));
    CHECK(url_parse(arena, url_format(arena, url), &again, NULL));
    CHECK(same_url(url, &again));
}

static void check_resolve(struct arena *arena, const char *base_text, str reference)
{
    struct url base;
    struct url url;
    struct url again;
    CHECK(url_parse(arena, str_z(base_text), &base, NULL));
    if (!url_resolve(arena, &base, reference, &url))
        return;
    check_url(arena, &url);
    CHECK(str_find_str(url.path, STR("/../")) == url.path.n);
    CHECK(str_find_str(url.path, STR("/./")) == url.path.n);
    CHECK(url_resolve(arena, &base, url_format(arena, &url), &again));
    CHECK(same_url(&url, &again));
}

static void check_pattern(struct arena *arena, str text)
{
    struct url_pattern pattern;
    if (!url_pattern_parse(arena, text, &pattern, NULL))
        return;
    struct url url = {
        .tls = pattern.tls, .host = pattern.host, .port = pattern.port, .path = STR("/")};
    check_url(arena, &url);
    CHECK(url_pattern_match(&pattern, &url) == !pattern.below);
    str parts[] = {STR("x."), pattern.host};
    url.host = arena_join(arena, parts, COUNT_OF(parts));
    CHECK(url_pattern_match(&pattern, &url) == pattern.below);
}

static void check_query(struct arena *arena, str query)
{
    str rest = query;
    str name;
    str value;
    for (int i = 0; i < 100 && url_query_next(&rest, &name, &value); i++) {
        str without = url_query_without(arena, query, name);
        str found = url_query_find(arena, without, name);
        CHECK(str_absent(found));
        found = url_query_find(arena, url_query_with(arena, without, name, value), name);
        CHECK(!str_absent(found) && str_eq(found, value));
    }
}

/* What is let through does not lead above what stands in front of it. */
static void check_climb(struct arena *arena, str line)
{
    str parts[] = {STR("/base"), STR("/"), line};
    if (url_path_climbs(arena_join(arena, parts + 1, 2)))
        return;
    str path = uri_remove_dots(arena, arena_join(arena, parts, 3));
    CHECK(str_starts(path, STR("/base/")));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena arena;
    str rest = str_of((const char *)bytes, n);
    str line = STR_NONE;
    struct url url;
    arena_init(&arena, 4096, 64 << 20);
    str_next(&rest, '\n', &line);
    if (url_parse(&arena, line, &url, NULL))
        check_url(&arena, &url);
    check_resolve(&arena, "http://a/b/c/d;p?q", line);
    check_resolve(&arena, "https://[::1]:8443", line);
    str dots = uri_remove_dots(&arena, line);
    CHECK(str_eq(uri_remove_dots(&arena, dots), dots));
    check_climb(&arena, line);
    if (str_next(&rest, '\n', &line))
        check_pattern(&arena, line);
    if (rest.n < 2000)
        check_query(&arena, rest);
    arena_fini(&arena);
    return 0;
}
