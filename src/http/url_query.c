/*
 * Queries as forms write them (application/x-www-form-urlencoded): parameters between
 * "&", empty ones skipped. Decoding is lenient as in browsers (WHATWG URL): a "%" that
 * starts no escape stands for itself. Parameters that stay are copied as written, since
 * a vendor may have signed them.
 */
#include "http/url.h"

#include "base/encode.h"

static bool next_param(str *rest, str *ret_param)
{
    while (str_next(rest, '&', ret_param))
        if (ret_param->n)
            return true;
    return false;
}

static void cut_param(str param, str *ret_name, str *ret_value)
{
    size_t at = str_find(param, '=');
    *ret_name = str_of(param.p, at);
    *ret_value = at < param.n ? str_from(param, at + 1) : STR_NONE;
}

bool url_query_next(str *rest, str *ret_name, str *ret_value)
{
    str param;
    if (!next_param(rest, &param))
        return false;
    cut_param(param, ret_name, ret_value);
    return true;
}

/* The next byte that the text stands for; rest->n > 0. */
static char take_decoded(str *rest)
{
    char c = rest->p[0];
    int high = c == '%' && rest->n > 2 ? decode_hex_digit(rest->p[1]) : -1;
    int low = high >= 0 ? decode_hex_digit(rest->p[2]) : -1;
    *rest = str_from(*rest, low >= 0 ? 3 : 1);
    if (low >= 0)
        return (char)(high << 4 | low);
    return c == '+' ? ' ' : c;
}

static bool means(str written, str name)
{
    size_t at = 0;
    while (written.n && at < name.n)
        if (take_decoded(&written) != name.p[at++])
            return false;
    return written.n == 0 && at == name.n;
}

str url_query_decode(struct arena *arena, str written)
{
    char *p = arena_bytes(arena, written.n);
    size_t n = 0;
    while (written.n)
        p[n++] = take_decoded(&written);
    return str_of(p, n);
}

str url_query_find(struct arena *arena, str query, str name)
{
    str written;
    str value;
    while (url_query_next(&query, &written, &value))
        if (means(written, name))
            return url_query_decode(arena, value);
    return STR_NONE;
}

str url_query_without(struct arena *arena, str query, str name)
{
    char *p = arena_bytes(arena, query.n);
    size_t n = 0;
    str param;
    while (next_param(&query, &param)) {
        str written;
        str value;
        cut_param(param, &written, &value);
        if (means(written, name))
            continue;
        if (n)
            p[n++] = '&';
        memcpy(p + n, param.p, param.n);
        n += param.n;
    }
    return n ? str_of(p, n) : STR_NONE;
}

str url_query_with(struct arena *arena, str query, str name, str value)
{
    str parts[] = {query, query.n ? STR("&") : STR_NONE, encode_percent(arena, name),
                   STR("="), encode_percent(arena, value)};
    return arena_join(arena, parts, COUNT_OF(parts));
}
