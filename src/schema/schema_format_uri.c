/*
 * URIs (RFC 3986 appendix A), IRIs (RFC 3987 §2.2), and templates of URIs (RFC 6570 §2).
 */
#include "base/encode.h"
#include "base/utf8.h"
#include "schema/schema_format.h"
#include "base/uri.h"

static bool is_letter(char c)
{
    return str_lower(c) >= 'a' && str_lower(c) <= 'z';
}

static bool is_one_of(char c, const char *set)
{
    return c && strchr(set, c);
}

/* sub-delims */
static bool is_delimiter(char c)
{
    return is_one_of(c, "!$&'()*+,;=");
}

/* "%" and two hexadecimal digits */
static bool is_escape(str s, size_t i)
{
    return s.p[i] == '%' && s.n - i >= 3 && decode_hex_digit(s.p[i + 1]) >= 0 &&
           decode_hex_digit(s.p[i + 2]) >= 0;
}

/* U+E000 … U+F8FF and planes 15 and 16 stand in queries only (iprivate). */
static bool is_private(str s, size_t i)
{
    unsigned char a = (unsigned char)s.p[i];
    return a == 0xee || (a == 0xef && (unsigned char)s.p[i + 1] < 0xa4) ||
           (a == 0xf3 && (unsigned char)s.p[i + 1] >= 0xb0) || a == 0xf4;
}

/* Only characters of pchar, those of `more`, and, in IRIs, those beyond ASCII. */
static bool is_made_of(str s, const char *more, bool international)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if ((unsigned char)c >= 0x80) {
            size_t size = utf8_size(s.p + i, s.n - i);
            bool control = (unsigned char)c == 0xc2 && (unsigned char)s.p[i + 1] < 0xa0;
            if (!international || !size || control ||
                (is_private(s, i) && !is_one_of('?', more)))
                return false;
            i += size - 1;
        } else if (c == '%') {
            if (!is_escape(s, i))
                return false;
            i += 2;
        } else if (!encode_is_unreserved(c) && !is_delimiter(c) && !is_one_of(c, more)) {
            return false;
        }
    }
    return true;
}

static bool is_scheme(str s)
{
    if (!s.n || !is_letter(s.p[0]))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_letter(s.p[i]) && !str_is_digit(s.p[i]) && !is_one_of(s.p[i], "+-."))
            return false;
    return true;
}

/* IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ) */
static bool is_future_address(str s)
{
    size_t dot = str_find(s, '.');
    if (s.n < 2 || str_lower(s.p[0]) != 'v' || dot < 2 || dot + 1 >= s.n)
        return false;
    for (size_t i = 1; i < dot; i++)
        if (decode_hex_digit(s.p[i]) < 0)
            return false;
    str rest = str_from(s, dot + 1);
    return str_find(rest, '%') == rest.n && is_made_of(rest, ":", false);
}

/* authority = [ userinfo "@" ] host [ ":" port ] */
static bool is_authority(str s, bool international)
{
    size_t at = str_find(s, '@');
    if (at < s.n) {
        if (!is_made_of(str_of(s.p, at), ":", international))
            return false;
        s = str_from(s, at + 1);
    }
    size_t host = str_find(s, ':');
    if (s.n && s.p[0] == '[') {
        size_t close = str_find(s, ']');
        str inside = str_of(s.p + 1, close == s.n ? 0 : close - 1);
        if (!format_ipv6(inside) && !is_future_address(inside))
            return false;
        host = close + 1;
        if (host < s.n && s.p[host] != ':')
            return false;
    } else if (!is_made_of(str_of(s.p, host), "", international)) {
        return false;
    }
    for (size_t i = host + 1; i < s.n; i++)
        if (!str_is_digit(s.p[i]))
            return false;
    return true;
}

/* Before a colon stands a scheme, or the colon is behind the first segment. */
static bool has_early_colon(const struct uri_parts *parts)
{
    size_t colon = str_find(parts->path, ':');
    return str_absent(parts->scheme) && str_absent(parts->authority) &&
           colon < parts->path.n && colon < str_find(parts->path, '/');
}

static bool is_reference(str text, bool absolute, bool international)
{
    struct uri_parts parts;
    uri_split(text, &parts);
    if (str_absent(parts.scheme) ? absolute : !is_scheme(parts.scheme))
        return false;
    if (!str_absent(parts.authority) && !is_authority(parts.authority, international))
        return false;
    bool slashes = str_absent(parts.authority) && str_starts(parts.path, STR("//"));
    return !slashes && !has_early_colon(&parts) &&
           is_made_of(parts.path, ":@/", international) &&
           is_made_of(parts.query, ":@/?", international) &&
           is_made_of(parts.fragment, ":@/?", false || international);
}

bool format_uri(str text)
{
    return is_reference(text, true, false);
}

bool format_uri_reference(str text)
{
    return is_reference(text, false, false);
}

bool format_iri(str text)
{
    return is_reference(text, true, true);
}

bool format_iri_reference(str text)
{
    return is_reference(text, false, true);
}

/* varname = varchar *( ["."] varchar ) */
static bool is_variable_name(str s)
{
    bool dot = true; /* none may stand here */
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '.' && dot)
            return false;
        dot = c == '.';
        if (c == '%' && is_escape(s, i))
            i += 2;
        else if (!dot && !is_letter(c) && !str_is_digit(c) && c != '_')
            return false;
    }
    return s.n && !dot;
}

/* varspec = varname [ ":" 1..9999 / "*" ] */
static bool is_variable(str s)
{
    size_t colon = str_find(s, ':');
    if (s.n && s.p[s.n - 1] == '*')
        return is_variable_name(str_of(s.p, s.n - 1));
    if (colon < s.n) {
        str max = str_from(s, colon + 1);
        uint64_t value;
        if (!max.n || max.p[0] == '0' || !str_to_u64(max, 9999, &value))
            return false;
    }
    return is_variable_name(str_of(s.p, colon));
}

/* expression = "{" [ operator ] varspec *( "," varspec ) "}" */
static bool is_expression(str s)
{
    str variable;
    if (s.n && is_one_of(s.p[0], "+#./;?&=,!@|"))
        s = str_from(s, 1);
    if (!s.n)
        return false;
    while (str_next(&s, ',', &variable))
        if (!is_variable(variable))
            return false;
    return true;
}

/* What may stand outside of expressions. */
static bool is_literal(str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool control = c == 0xc2 && (unsigned char)s.p[i + 1] < 0xa0;
        if (c <= 0x20 || c == 0x7f || control || is_one_of((char)c, "\"<>\\^`{|}") ||
            (c == '%' && !is_escape(s, i)))
            return false;
    }
    return true;
}

bool format_uri_template(str text)
{
    while (text.n) {
        size_t open = str_find(text, '{');
        if (!is_literal(str_of(text.p, open)))
            return false;
        text = str_from(text, open);
        size_t close = str_find(text, '}');
        if (!text.n)
            break;
        if (close == text.n || !is_expression(str_of(text.p + 1, close - 1)))
            return false;
        text = str_from(text, close + 1);
    }
    return true;
}
