#include "import/hosts.h"

enum { VALUES_MAX = 100 };

static void put(struct arena *arena, struct json_build *hosts, bool tls, str host)
{
    json_build_item(hosts, json_of_text(arena_printf(arena, "%s" STR_F,
                                                     tls ? "" : "http://", STR_A(host))));
}

/* What follows the first dot behind the last variable; "" when that is no more than the
 * end of all names of a kind (com). */
static str common_end(str host)
{
    str end = str_from(host, str_find_last(host, '}') + 1);
    size_t dot = str_find(end, '.');
    str below = dot < end.n ? str_from(end, dot + 1) : STR("");
    return str_find(below, '.') < below.n ? below : STR("");
}

/* Letters, digits, dots, hyphens, a port. */
static bool is_host(str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = str_lower(text.p[i]);
        if (!str_is_digit(c) && !(c >= 'a' && c <= 'z') && !strchr(".-:", c))
            return false;
    }
    return text.n > 0;
}

bool hosts_put(struct arena *arena, str url,
               const struct json *(*values)(void *arg, str name), void *arg,
               struct json_build *hosts)
{
    bool tls = str_starts(url, STR("https://"));
    str host = str_from(url, str_find_str(url, STR("://")) + 3);
    host.n = str_find(host, '/');
    size_t open = str_find(host, '{');
    size_t close = str_find(host, '}');
    if (open == host.n) {
        put(arena, hosts, tls, host);
        return host.n > 0;
    }
    if (close == host.n || close < open)
        return false;
    str end = common_end(host);
    if (end.n) {
        put(arena, hosts, tls, arena_printf(arena, "*." STR_F, STR_A(end)));
        return true;
    }
    const struct json *all = values(arg, str_of(host.p + open + 1, close - open - 1));
    bool one = str_find_last(host, '{') == open;
    if (!all || !one || all->n > VALUES_MAX)
        return false;
    for (uint32_t i = 0; i < all->n; i++)
        if (!is_host(json_text(&all->u.items[i])))
            return false;
    for (uint32_t i = 0; i < all->n; i++) {
        str parts[] = {str_of(host.p, open), json_text(&all->u.items[i]),
                       str_from(host, close + 1)};
        put(arena, hosts, tls, arena_join(arena, parts, COUNT_OF(parts)));
    }
    return true;
}
