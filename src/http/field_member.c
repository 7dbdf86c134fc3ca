/*
 * Structured Fields, read as strictly as RFC 9651 §4.2 asks: one wrong byte spoils the
 * value. Takers take one production off the front of what is left, or answer false.
 *
 *   list   = member *( OWS "," OWS member )
 *   member = item *( ";" *SP key [ "=" bare ] )          item = string / token
 *   bare   = number / string / token / ":" base64 ":" / "?0" / "?1"
 *
 * Inner lists, dates and display strings are not read: RateLimit has none.
 */
#include "http/field.h"

enum { INTEGER_DIGITS_MAX = 15, WHOLE_DIGITS_MAX = 12, FRACTION_DIGITS_MAX = 3 };

static bool is_alpha(char c)
{
    return str_lower(c) >= 'a' && str_lower(c) <= 'z';
}

static bool is_one_of(char c, const char *set)
{
    return c && strchr(set, c);
}

static bool is_key_char(char c)
{
    return (c >= 'a' && c <= 'z') || str_is_digit(c) || is_one_of(c, "_-.*");
}

static bool is_token_char(char c) /* RFC 9110 §5.6.2, and ":" and "/" */
{
    return is_alpha(c) || str_is_digit(c) || is_one_of(c, "!#$%&'*+-.^_`|~:/");
}

static bool is_base64_char(char c)
{
    return is_alpha(c) || str_is_digit(c) || is_one_of(c, "+/=");
}

static str take_while(str *rest, bool (*is_part)(char c))
{
    size_t n = 0;
    while (n < rest->n && is_part(rest->p[n]))
        n++;
    str run = str_of(rest->p, n);
    *rest = str_from(*rest, n);
    return run;
}

static bool take_char(str *rest, char c)
{
    if (rest->n == 0 || rest->p[0] != c)
        return false;
    *rest = str_from(*rest, 1);
    return true;
}

static void skip_blanks(str *rest, const char *set)
{
    while (rest->n && is_one_of(rest->p[0], set))
        *rest = str_from(*rest, 1);
}

/* With its quotes and escapes. */
static bool take_string(str *rest, str *ret_raw)
{
    for (size_t i = 1; i < rest->n; i++) {
        char c = rest->p[i];
        if (c == '"') {
            *ret_raw = str_of(rest->p, i + 1);
            *rest = str_from(*rest, i + 1);
            return true;
        }
        if (c < 0x20 || c > 0x7e)
            return false;
        if (c == '\\' && (++i == rest->n || !is_one_of(rest->p[i], "\"\\")))
            return false;
    }
    return false;
}

static bool take_number(str *rest)
{
    take_char(rest, '-');
    size_t whole = take_while(rest, str_is_digit).n;
    if (!take_char(rest, '.'))
        return whole >= 1 && whole <= INTEGER_DIGITS_MAX;
    size_t fraction = take_while(rest, str_is_digit).n;
    return whole >= 1 && whole <= WHOLE_DIGITS_MAX && fraction >= 1 &&
           fraction <= FRACTION_DIGITS_MAX;
}

static bool take_bare(str *rest)
{
    str unused;
    char c = rest->n ? rest->p[0] : 0;
    if (c == '"')
        return take_string(rest, &unused);
    if (c == '-' || str_is_digit(c))
        return take_number(rest);
    if (take_char(rest, '?'))
        return take_char(rest, '0') || take_char(rest, '1');
    if (take_char(rest, ':')) {
        take_while(rest, is_base64_char);
        return take_char(rest, ':');
    }
    take_while(rest, is_token_char);
    return is_alpha(c) || c == '*';
}

static bool take_params(str *rest)
{
    while (take_char(rest, ';')) {
        skip_blanks(rest, " ");
        str key = take_while(rest, is_key_char);
        if (key.n == 0 || !(key.p[0] == '*' || is_alpha(key.p[0])))
            return false;
        if (take_char(rest, '=') && !take_bare(rest))
            return false;
    }
    return true;
}

static bool take_item(struct arena *arena, str *rest, str *ret_name)
{
    str raw;
    if (rest->n && rest->p[0] == '"') {
        if (!take_string(rest, &raw))
            return false;
        *ret_name = field_unquote(arena, raw);
        return true;
    }
    *ret_name = take_while(rest, is_token_char);
    return ret_name->n && (ret_name->p[0] == '*' || is_alpha(ret_name->p[0]));
}

/* The comma and what must follow it, or the end. */
static bool take_separator(str *rest)
{
    skip_blanks(rest, " \t");
    if (rest->n == 0)
        return true;
    if (!take_char(rest, ','))
        return false;
    skip_blanks(rest, " \t");
    return rest->n > 0;
}

bool field_member_next(struct arena *arena, str *rest, struct field_member *ret_member,
                       bool *ret_bad)
{
    struct field_member member = {0};
    *ret_bad = false;
    skip_blanks(rest, " ");
    if (rest->n == 0)
        return false;
    bool good = take_item(arena, rest, &member.name);
    member.params = *rest;
    good = good && take_params(rest);
    member.params.n -= rest->n;
    if (!good || !take_separator(rest)) {
        *ret_bad = true;
        *rest = STR_NONE;
        return false;
    }
    *ret_member = member;
    return true;
}

/* A key written twice counts where it stands last (§4.2.3.2); one without a value, which
 * means true, is empty here. */
str field_param(struct arena *arena, str params, str key)
{
    str piece;
    str found = STR_NONE;
    while (field_piece_next(&params, ';', &piece)) {
        str name;
        str value;
        field_pair(piece, &name, &value);
        if (str_eq(name, key))
            found = str_absent(value) ? STR("") : value;
    }
    return field_unquote(arena, found);
}

str field_string(struct arena *arena, str text)
{
    char *p = arena_bytes(arena, text.n * 2 + 2);
    size_t n = 0;
    p[n++] = '"';
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (is_one_of(c, "\"\\"))
            p[n++] = '\\';
        p[n++] = c < 0x20 || c > 0x7e ? '?' : c;
    }
    p[n++] = '"';
    return str_of(p, n);
}
