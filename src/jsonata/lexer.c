/*
 * token = operator / number / string / quoted-name / name / "$" name / regex
 *
 * A name runs up to the next blank or character that begins an operator; `and`, `or`,
 * `in`, `true`, `false` and `null` are names that mean something else.
 */
#include "jsonata/lexer.h"

#include "base/buf.h"
#include "base/encode.h"
#include "base/utf8.h"
#include "json/json_number.h"
#include "regex/regex.h"

#include <math.h>

struct op_row {
    str text;
    unsigned power;
};

static const struct op_row rows[] = {{STR(""), 0},
#define X(name, text, power) {STR(text), power},
                                     TOKEN_OPERATORS(X)
#undef X
};

unsigned lexer_power(enum token_op op)
{
    return rows[op].power;
}

str lexer_op_text(enum token_op op)
{
    return rows[op].text;
}

static bool fail(struct lexer *lexer, enum jsonata_code code, str token)
{
    bool past = lexer->at > lexer->source.n; /* a backslash ends the source */
    uint32_t at = past ? (uint32_t)lexer->source.n : lexer->at;
    *lexer->fault = (struct jsonata_fault){.code = code, .position = at, .token = token};
    return false;
}

static char peek(const struct lexer *lexer, uint32_t ahead)
{
    size_t at = (size_t)lexer->at + ahead;
    return at < lexer->source.n ? lexer->source.p[at] : 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v';
}

static bool skip_comment(struct lexer *lexer)
{
    str rest = str_from(lexer->source, lexer->at + 2);
    size_t n = str_find_str(rest, STR("*/"));
    if (n == rest.n) {
        lexer->at = (uint32_t)lexer->source.n;
        return fail(lexer, JSONATA_S0106, STR_NONE);
    }
    lexer->at += (uint32_t)n + 4;
    return true;
}

static bool skip_blanks(struct lexer *lexer)
{
    for (;;) {
        while (is_blank(peek(lexer, 0)))
            lexer->at++;
        if (peek(lexer, 0) != '/' || peek(lexer, 1) != '*')
            return true;
        if (!skip_comment(lexer))
            return false;
    }
}

/* --- operators --- */

static enum token_op find_op(str text)
{
    for (unsigned op = 1; op < OP_COUNT; op++)
        if (str_eq(rows[op].text, text))
            return (enum token_op)op;
    return OP_NONE;
}

static enum token_op op_at(const struct lexer *lexer)
{
    str rest = str_from(lexer->source, lexer->at);
    enum token_op op = rest.n >= 2 ? find_op(str_of(rest.p, 2)) : OP_NONE;
    if (op == OP_IN || op == OP_OR)
        return OP_NONE; /* words are names first */
    return op || !rest.n ? op : find_op(str_of(rest.p, 1));
}

static bool ends_name(char c)
{
    return is_blank(c) || (c && find_op(str_of(&c, 1)));
}

/* --- strings --- */

/* Behind \u. Two halves that follow each other are one character. */
static bool take_unit(struct lexer *lexer, struct buf *buf)
{
    uint32_t c;
    char bytes[4];
    size_t taken = decode_utf16_escape(str_from(lexer->source, lexer->at), &c);
    if (!taken)
        return fail(lexer, JSONATA_S0104, STR_NONE);
    lexer->at += (uint32_t)taken;
    buf_str(buf, str_of(bytes, utf8_put(bytes, c)));
    return true;
}

static bool take_escape(struct lexer *lexer, struct buf *buf)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = peek(lexer, 1);
    const char *found = c ? strchr(from, c) : NULL;
    lexer->at += 2;
    if (c == 'u')
        return take_unit(lexer, buf);
    if (!found) {
        if (lexer->at > lexer->source.n)
            return fail(lexer, JSONATA_S0101, STR_NONE);
        return fail(lexer, JSONATA_S0103, str_of(lexer->source.p + lexer->at - 1, 1));
    }
    buf_char(buf, to[found - from]);
    return true;
}

static bool take_string(struct lexer *lexer, struct buf *buf)
{
    char quote = peek(lexer, 0);
    lexer->at++;
    while (lexer->at < lexer->source.n) {
        char c = peek(lexer, 0);
        if (c == quote) {
            lexer->at++;
            return true;
        }
        if (c == '\\') {
            if (!take_escape(lexer, buf))
                return false;
            continue;
        }
        buf_char(buf, c);
        lexer->at++;
    }
    return fail(lexer, JSONATA_S0101, STR_NONE);
}

static bool read_string(struct lexer *lexer, struct token *token)
{
    struct buf buf;
    buf_init(&buf, lexer->source.n + 8);
    bool good = take_string(lexer, &buf);
    token->type = TOKEN_STRING;
    token->text = arena_take(lexer->arena, &buf);
    return good;
}

static bool read_quoted_name(struct lexer *lexer, struct token *token)
{
    str rest = str_from(lexer->source, lexer->at + 1);
    size_t n = str_find(rest, '`');
    if (n == rest.n) {
        lexer->at = (uint32_t)lexer->source.n;
        return fail(lexer, JSONATA_S0105, STR_NONE);
    }
    token->type = TOKEN_NAME;
    token->text = str_of(rest.p, n);
    lexer->at += (uint32_t)n + 2;
    return true;
}

/* --- numbers --- */

static uint32_t digits_from(const struct lexer *lexer, uint32_t ahead)
{
    while (str_is_digit(peek(lexer, ahead)))
        ahead++;
    return ahead;
}

/* As in JSON, but without a sign; what comes after a leading zero is another token. */
static bool read_number(struct lexer *lexer, struct token *token)
{
    uint32_t n = peek(lexer, 0) == '0' ? 1 : digits_from(lexer, 0);
    if (peek(lexer, n) == '.' && str_is_digit(peek(lexer, n + 1)))
        n = digits_from(lexer, n + 1);
    if (peek(lexer, n) == 'e' || peek(lexer, n) == 'E') {
        uint32_t sign = peek(lexer, n + 1) == '-' || peek(lexer, n + 1) == '+';
        uint32_t end = digits_from(lexer, n + 1 + sign);
        if (end > n + 1 + sign)
            n = end;
    }
    token->type = TOKEN_NUMBER;
    token->text = str_of(lexer->source.p + lexer->at, n);
    token->number = json_number_parse(token->text);
    lexer->at += n;
    return isfinite(token->number) || fail(lexer, JSONATA_S0102, token->text);
}

/* --- regular expressions --- */

/* The first "/" that is not escaped and stands in no bracket ends the pattern. */
static bool find_regex_end(struct lexer *lexer, uint32_t *ret_n)
{
    int depth = 0;
    for (uint32_t i = 0; lexer->at + i < lexer->source.n; i++) {
        char c = peek(lexer, i);
        if (c == '/' && depth == 0) {
            *ret_n = i;
            return true;
        }
        i += c == '\\'; /* and what it escapes */
        depth += c == '(' || c == '[' || c == '{';
        depth -= c == ')' || c == ']' || c == '}';
    }
    lexer->at = (uint32_t)lexer->source.n;
    return fail(lexer, JSONATA_S0302, STR_NONE);
}

static bool read_regex(struct lexer *lexer, struct token *token)
{
    uint32_t n = 0;
    lexer->at++;
    if (!find_regex_end(lexer, &n))
        return false;
    if (n == 0)
        return fail(lexer, JSONATA_S0301, STR_NONE);
    token->type = TOKEN_REGEX;
    token->text = str_of(lexer->source.p + lexer->at, n);
    token->flags = 0;
    lexer->at += n + 1;
    for (char c; (c = peek(lexer, 0)) == 'i' || c == 'm'; lexer->at++)
        token->flags |= c == 'i' ? REGEX_IGNORE_CASE : REGEX_MULTILINE;
    return true;
}

/* --- names --- */

static void read_name(struct lexer *lexer, struct token *token)
{
    uint32_t n = 0;
    while (lexer->at + n < lexer->source.n && !ends_name(peek(lexer, n)))
        n++;
    str text = str_of(lexer->source.p + lexer->at, n);
    lexer->at += n;
    token->text = text;
    token->type = TOKEN_NAME;
    if (text.n && text.p[0] == '$') {
        token->type = TOKEN_VARIABLE;
        token->text = str_from(text, 1);
    } else if (str_eq(text, STR("and")) || str_eq(text, STR("or")) ||
               str_eq(text, STR("in"))) {
        token->type = TOKEN_OPERATOR;
        token->op = find_op(text);
    } else if (str_eq(text, STR("true")) || str_eq(text, STR("false")) ||
               str_eq(text, STR("null"))) {
        token->type = TOKEN_WORD;
    }
}

static bool read(struct lexer *lexer, bool after_operand, struct token *token)
{
    char c = peek(lexer, 0);
    if (c == '/' && !after_operand)
        return read_regex(lexer, token);
    enum token_op op = op_at(lexer);
    if (op == OP_BANG || op == OP_TILDE) { /* parts of others only */
        lexer->at++;
        return fail(lexer, JSONATA_S0204, rows[op].text);
    }
    if (op) {
        token->type = TOKEN_OPERATOR;
        token->op = op;
        token->text = rows[op].text;
        lexer->at += (uint32_t)token->text.n;
        return true;
    }
    if (c == '"' || c == '\'')
        return read_string(lexer, token);
    if (c == '`')
        return read_quoted_name(lexer, token);
    if (str_is_digit(c))
        return read_number(lexer, token);
    read_name(lexer, token);
    return true;
}

bool lexer_next(struct lexer *lexer, bool after_operand, struct token *ret_token)
{
    *ret_token = (struct token){.type = TOKEN_END, .text = STR("(end)")};
    if (!skip_blanks(lexer))
        return false;
    if (lexer->at < lexer->source.n && !read(lexer, after_operand, ret_token))
        return false;
    ret_token->position = lexer->at;
    return true;
}
