/*
 * reference-token = *( unescaped / "~" ( "0" / "1" ) ), each behind a "/" (RFC 6901 §3).
 */
#include "json/pointer.h"

enum { INDEX_DIGITS_MAX = 18 };

/* array-index = %x30 / ( %x31-39 *(%x30-39) ) (RFC 6901 §4). */
static int64_t index_of(str token)
{
    uint64_t index;
    bool zero_in_front = token.n > 1 && token.p[0] == '0';
    if (zero_in_front || token.n > INDEX_DIGITS_MAX ||
        !str_to_u64(token, INT64_MAX, &index))
        return -1;
    return (int64_t)index;
}

bool pointer_valid(str text)
{
    if (text.n && text.p[0] != '/')
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '~' &&
            (i + 1 == text.n || (text.p[i + 1] != '0' && text.p[i + 1] != '1')))
            return false;
    return true;
}

static str unescaped(struct arena *arena, str token)
{
    if (str_find(token, '~') == token.n)
        return arena_str(arena, token);
    char *p = arena_bytes(arena, token.n);
    size_t n = 0;
    for (size_t i = 0; i < token.n; i++)
        p[n++] = token.p[i] != '~' ? token.p[i] : token.p[++i] == '0' ? '~' : '/';
    return str_of(p, n);
}

static struct pointer_token token_of(struct arena *arena, str text,
                                     enum pointer_syntax syntax)
{
    return (struct pointer_token){
        .name = unescaped(arena, text),
        .index = index_of(text),
        .star = syntax == POINTER_STAR && str_eq(text, STR("*")),
    };
}

static uint32_t count_tokens(str text)
{
    uint32_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '/';
    return n;
}

bool pointer_parse(struct arena *arena, str text, enum pointer_syntax syntax,
                   struct pointer *ret_pointer)
{
    struct pointer pointer = {0};
    if (!pointer_valid(text))
        return false;
    if (text.n == 0) {
        *ret_pointer = pointer;
        return true;
    }
    struct pointer_token *tokens =
        arena_array(arena, count_tokens(text), sizeof(tokens[0]));
    str rest = str_from(text, 1);
    str token;
    while (str_next(&rest, '/', &token))
        tokens[pointer.n++] = token_of(arena, token, syntax);
    pointer.tokens = tokens;
    *ret_pointer = pointer;
    return true;
}

static const struct json *step(const struct pointer_token *token, const struct json *v)
{
    if (v->type == JSON_ARRAY) {
        int64_t index = token->star ? 0 : token->index;
        return index >= 0 && index < v->n ? &v->u.items[index] : NULL;
    }
    if (token->star)
        return v->type == JSON_OBJECT && v->n ? &v->u.members[0].value : NULL;
    return json_member(v, token->name);
}

const struct json *pointer_find(const struct pointer *pointer, const struct json *root)
{
    const struct json *at = root;
    for (uint32_t i = 0; i < pointer->n && at; i++)
        at = step(&pointer->tokens[i], at);
    return at;
}

str pointer_join(struct arena *arena, str base, str token)
{
    char *p = arena_bytes(arena, base.n + 1 + 2 * token.n);
    size_t n = base.n;
    if (base.n)
        memcpy(p, base.p, base.n);
    p[n++] = '/';
    for (size_t i = 0; i < token.n; i++) {
        bool escaped = token.p[i] == '~' || token.p[i] == '/';
        if (escaped)
            p[n++] = '~';
        p[n++] = escaped ? (token.p[i] == '~' ? '0' : '1') : token.p[i];
    }
    return str_of(p, n);
}

str pointer_join_index(struct arena *arena, str base, size_t index)
{
    return arena_printf(arena, STR_F "/%zu", STR_A(base), index);
}
