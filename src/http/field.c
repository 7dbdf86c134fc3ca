/*
 * Everything here rests on one scan: find_end() looks for a separator and jumps over
 * quoted strings, and over parentheses and angle brackets where they nest. What is opened
 * and never closed reaches to the end of the value, so that each byte is looked at once
 * and a stray quote hides what follows it instead of inventing pieces.
 */
#include "http/field.h"

/* Where the quoted string that begins at `at` has its closing quote; s.n when it has
 * none. */
static size_t find_quote(str s, size_t at)
{
    for (at++; at < s.n; at++) {
        if (s.p[at] == '"')
            return at;
        if (s.p[at] == '\\')
            at++;
    }
    return s.n;
}

static size_t skip_quoted(str s, size_t at)
{
    size_t end = find_quote(s, at);
    return end < s.n ? end + 1 : s.n;
}

/* Behind the parenthesis that begins at `at`, with what nests in it. */
static size_t skip_parens(str s, size_t at)
{
    size_t depth = 0;
    do {
        if (s.p[at] == '"') {
            at = skip_quoted(s, at);
            continue;
        }
        depth += s.p[at] == '(';
        depth -= s.p[at] == ')';
        at++;
    } while (at < s.n && depth > 0);
    return at;
}

static size_t skip_angles(str s, size_t at)
{
    size_t end = at + str_find(str_from(s, at), '>');
    return end < s.n ? end + 1 : s.n;
}

/* Index of the first `sep` outside quotes and, when asked, outside brackets; or s.n. */
static size_t find_end(str s, char sep, bool brackets)
{
    size_t at = 0;
    while (at < s.n && s.p[at] != sep) {
        char c = s.p[at];
        if (c == '"')
            at = skip_quoted(s, at);
        else if (brackets && c == '(')
            at = skip_parens(s, at);
        else if (brackets && c == '<')
            at = skip_angles(s, at);
        else
            at++;
    }
    return at;
}

/* Takes `end` bytes and the separator behind them. */
static str take_piece(str *rest, size_t end)
{
    str piece = str_trim(str_of(rest->p, end));
    *rest = end < rest->n ? str_from(*rest, end + 1) : STR_NONE;
    return piece;
}

bool field_list_next(str *rest, str *ret_item)
{
    while (!str_absent(*rest)) {
        str item = take_piece(rest, find_end(*rest, ',', false));
        if (item.n == 0)
            continue;
        *ret_item = item;
        return true;
    }
    return false;
}

bool field_piece_next(str *rest, char sep, str *ret_piece)
{
    if (str_absent(*rest))
        return false;
    *ret_piece = take_piece(rest, find_end(*rest, sep, true));
    return true;
}

bool field_list_has(str value, str token)
{
    str item;
    while (field_list_next(&value, &item))
        if (str_eq_nocase(item, token))
            return true;
    return false;
}

/* Whether all of the text is one quoted string. */
static bool is_quoted(str text)
{
    return text.n >= 2 && text.p[0] == '"' && find_quote(text, 0) == text.n - 1;
}

void field_pair(str piece, str *ret_name, str *ret_value)
{
    size_t at = find_end(piece, '=', true);
    *ret_name = str_trim(str_of(piece.p, at));
    *ret_value = STR_NONE;
    if (at == piece.n)
        return;
    str value = str_trim(str_from(piece, at + 1));
    *ret_value = is_quoted(value) ? str_of(value.p + 1, value.n - 2) : value;
}

/* Takes a quoted string, or the content of one as field_pair() gives it. */
str field_unquote(struct arena *arena, str text)
{
    if (is_quoted(text))
        text = str_of(text.p + 1, text.n - 2);
    if (str_find(text, '\\') == text.n)
        return text;
    char *p = arena_bytes(arena, text.n);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\\' && i + 1 < text.n)
            i++;
        p[n++] = text.p[i];
    }
    return str_of(p, n);
}

str field_quote(struct arena *arena, str text)
{
    char *p = arena_bytes(arena, text.n * 2 + 2);
    size_t n = 0;
    p[n++] = '"';
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\')
            p[n++] = '\\';
        p[n++] = text.p[i];
    }
    p[n++] = '"';
    return str_of(p, n);
}

/* RFC 8288 §3: link-value = "<" URI-Reference ">" *( OWS ";" OWS link-param ) */
bool field_link_next(str *rest, struct field_link *ret_link)
{
    str s = *rest;
    while (s.n && strchr(" \t,", s.p[0]))
        s = str_from(s, 1);
    size_t close = str_find(s, '>');
    if (close == s.n || s.p[0] != '<')
        return false;
    str uri = str_of(s.p + 1, close - 1);
    s = str_from(s, close + 1);
    str params = take_piece(&s, find_end(s, ',', false));
    if (params.n && params.p[0] != ';')
        return false;
    *ret_link = (struct field_link){uri, params};
    *rest = s;
    return true;
}

static bool has_word(str words, str word)
{
    str item;
    while (str_next(&words, ' ', &item))
        if (item.n && str_eq_nocase(item, word))
            return true;
    return false;
}

/* Only the first `rel` of a link counts (RFC 8288 §3.3). */
bool field_link_has_rel(const struct field_link *link, str rel)
{
    str params = link->params;
    while (!str_absent(params)) {
        str name;
        str value;
        field_pair(take_piece(&params, find_end(params, ';', false)), &name, &value);
        if (str_eq_nocase(name, STR("rel")))
            return has_word(value, rel);
    }
    return false;
}
