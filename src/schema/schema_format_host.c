/* Addresses of hosts and mailboxes. */
#include "base/encode.h"
#include "schema/schema_format.h"
#include "schema/schema_idna.h"

enum { ADDRESS_BYTES_MAX = 45, LOCAL_BYTES_MAX = 64 };

/* dec-octet: no zeros in front (RFC 3986 §3.2.2). */
static bool is_octet(str s)
{
    uint64_t value;
    return s.n >= 1 && s.n <= 3 && !(s.n > 1 && s.p[0] == '0') &&
           str_to_u64(s, 255, &value);
}

bool format_ipv4(str text)
{
    unsigned n = 0;
    str part;
    while (str_next(&text, '.', &part))
        if (!is_octet(part) || ++n > 4)
            return false;
    return n == 4;
}

static bool is_group(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (decode_hex_digit(s.p[i]) < 0)
            return false;
    return s.n >= 1 && s.n <= 4;
}

/* Groups between colons; -1 = one is wrong. An IPv4 address may stand last. */
static int count_groups(str s, bool ipv4)
{
    int n = 0;
    str part;
    if (!s.n)
        return 0;
    while (str_next(&s, ':', &part)) {
        bool last = str_absent(s);
        if (is_group(part))
            n++;
        else if (last && ipv4 && format_ipv4(part))
            n += 2;
        else
            return -1;
    }
    return n;
}

/* RFC 4291 §2.2 */
bool format_ipv6(str text)
{
    if (text.n > ADDRESS_BYTES_MAX || !text.n)
        return false;
    size_t gap = str_find_str(text, STR("::"));
    if (gap == text.n)
        return count_groups(text, true) == 8;
    str tail = str_from(text, gap + 2);
    int before = count_groups(str_of(text.p, gap), false);
    int after = count_groups(tail, true);
    return before >= 0 && after >= 0 && before + after < 8;
}

/* atext of RFC 5322 §3.2.3; beyond ASCII by RFC 6531 §3.3. */
static bool is_atom_char(char c, bool international)
{
    if ((unsigned char)c >= 0x80)
        return international;
    return str_is_digit(c) || (str_lower(c) >= 'a' && str_lower(c) <= 'z') ||
           (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool is_dot_string(str s, bool international)
{
    str atom;
    if (!s.n)
        return false;
    while (str_next(&s, '.', &atom)) {
        if (!atom.n)
            return false;
        for (size_t i = 0; i < atom.n; i++)
            if (!is_atom_char(atom.p[i], international))
                return false;
    }
    return true;
}

/* Quoted-string = DQUOTE *(qtextSMTP / "\" %d32-126) DQUOTE (RFC 5321 §4.1.2) */
static bool is_quoted(str s, bool international)
{
    if (s.n < 2 || s.p[0] != '"' || s.p[s.n - 1] != '"')
        return false;
    for (size_t i = 1; i < s.n - 1; i++) {
        if (s.p[i] == '\\' && ++i == s.n - 1)
            return false;
        unsigned char c = (unsigned char)s.p[i];
        bool escaped = s.p[i - 1] == '\\' && i > 1;
        if (c < 0x20 || c == 0x7f || (c >= 0x80 && !international) ||
            (c == '"' && !escaped))
            return false;
    }
    return true;
}

/* address-literal = "[" IPv4 / "IPv6:" IPv6 "]" */
static bool is_literal(str s)
{
    if (s.n < 2 || s.p[0] != '[' || s.p[s.n - 1] != ']')
        return false;
    str inside = str_of(s.p + 1, s.n - 2);
    if (str_starts_nocase(inside, STR("IPv6:")))
        return format_ipv6(str_from(inside, 5));
    return format_ipv4(inside);
}

static bool is_mailbox(str text, bool international)
{
    size_t at = str_find_last(text, '@');
    if (at == text.n || at > LOCAL_BYTES_MAX)
        return false;
    str local = str_of(text.p, at);
    str domain = str_from(text, at + 1);
    if (!is_dot_string(local, international) && !is_quoted(local, international))
        return false;
    if (is_literal(domain))
        return true;
    return international ? format_idn_hostname(domain) : format_hostname(domain);
}

bool format_email(str text)
{
    return is_mailbox(text, false);
}

bool format_idn_email(str text)
{
    return is_mailbox(text, true);
}

bool format_hostname(str text)
{
    return idna_is_name(text, false);
}

bool format_idn_hostname(str text)
{
    return idna_is_name(text, true);
}
