/*
 * Links in a vendor's answer, turned into links through the proxy, so that whoever
 * follows them stays inside. A link below the base URL loses the base and gets the way
 * the caller came by; a link to another allowed host gets /~host in front; any other link
 * is passed on untouched, and whoever follows it goes there without any credential of
 * ours.
 */
#include "gate/visit.h"

#include <stdlib.h>

#include "http/field.h"

static bool is_absolute(str url)
{
    return str_starts_nocase(url, STR("http://")) ||
           str_starts_nocase(url, STR("https://"));
}

/* scheme://host[/proxy/account] as the caller wrote it. */
static str caller_base(struct visit *visit)
{
    str scheme =
        gate_client_tls(visit->gate, visit->in) ? STR("https://") : STR("http://");
    str host = gate_client_host(visit->gate, visit->in);
    bool by_path = visit->route == GATE_BY_PATH;
    str parts[] = {scheme, host, by_path ? STR("/proxy/") : STR(""),
                   by_path ? visit->account_ref : STR("")};
    return arena_join(visit->arena, parts, COUNT_OF(parts));
}

/* The path of `url` below the base URL's, or absent. */
static str below_base(const struct url *base, const struct url *url)
{
    str prefix = base->path;
    if (prefix.n && prefix.p[prefix.n - 1] == '/')
        prefix.n--;
    if (!url_same_origin(base, url) || !str_starts(url->path, prefix))
        return STR_NONE;
    str rest = str_from(url->path, prefix.n);
    return rest.n && rest.p[0] == '/' ? rest : STR_NONE;
}

static str fragment_of(str text)
{
    size_t at = str_find(text, '#');
    return str_from(text, at);
}

str visit_relink(struct visit *visit, str text)
{
    struct url url;
    const struct url *base = &visit->exchange.base;
    struct arena *arena = visit->arena;
    if (!is_absolute(text) || !url_parse(arena, text, &url, NULL))
        return text;
    str path = below_base(base, &url);
    str host = STR("");
    if (str_absent(path)) {
        if (!integration_allows(visit->integration, &url) || url.tls != base->tls)
            return text;
        str marked[] = {STR("/~"), url_authority(arena, &url)};
        host = arena_join(arena, marked, COUNT_OF(marked));
        path = url.path;
    }
    str parts[] = {caller_base(visit),
                   host,
                   path,
                   str_absent(url.query) ? STR("") : STR("?"),
                   url.query,
                   fragment_of(text)};
    return arena_join(arena, parts, COUNT_OF(parts));
}

/* A relative reference (RFC 3986 §4.2) in Location or Link is meant against the request's
 * own URL; made absolute it can be turned like the others. */
static str absolute(struct visit *visit, str reference)
{
    struct url url;
    if (is_absolute(reference) || reference.n == 0 || reference.p[0] == '#' ||
        !url_resolve(visit->arena, &visit->exchange.call.url, reference, &url))
        return reference;
    str parts[] = {url_format(visit->arena, &url), fragment_of(reference)};
    return arena_join(visit->arena, parts, 2);
}

static str relink_list(struct visit *visit, str value)
{
    struct field_link link;
    struct buf out;
    str rest = value;
    buf_init(&out, 256 * 1024);
    while (field_link_next(&rest, &link)) {
        buf_str(&out, out.n ? STR(", <") : STR("<"));
        buf_str(&out, visit_relink(visit, absolute(visit, link.uri)));
        buf_char(&out, '>');
        buf_str(&out, link.params);
    }
    str result = out.n && buf_ok(&out) ? arena_str(visit->arena, buf_peek(&out)) : value;
    buf_fini(&out);
    return result;
}

str visit_relink_header(struct visit *visit, const struct header *header)
{
    switch ((unsigned)header->id) {
    case HEADER_LINK:
        return relink_list(visit, header->value);
    case HEADER_LOCATION:
    case HEADER_CONTENT_LOCATION:
        return visit_relink(visit, absolute(visit, header->value));
    default:
        return header->value;
    }
}

/* --- bodies
 * ------------------------------------------------------------------------------ */

struct splice {
    size_t at; /* in the text: the first byte behind the opening quote */
    size_t n;
    str by;
};

enum { SPLICES_MAX = 256 };

struct splices {
    struct visit *visit;
    str text;
    struct splice items[SPLICES_MAX];
    uint32_t n;
};

/* A string whose bytes stand in the text as they are can be replaced in place. */
static void splice_value(struct splices *splices, const struct json *value)
{
    str old = json_text(value);
    const char *begin = splices->text.p;
    if (!json_is(value, JSON_STRING) || splices->n == SPLICES_MAX || old.p < begin ||
        old.p + old.n > begin + splices->text.n)
        return;
    str by = visit_relink(splices->visit, old);
    if (by.p == old.p || str_find(by, '"') < by.n || str_find(by, '\\') < by.n)
        return;
    splices->items[splices->n++] = (struct splice){(size_t)(old.p - begin), old.n, by};
}

/* Follows the tokens; `*` means every item or member here. */
static void splice_at(struct splices *splices, const struct json *value,
                      const struct pointer *pointer, uint32_t token)
{
    if (!value)
        return;
    if (token == pointer->n) {
        splice_value(splices, value);
        return;
    }
    const struct pointer_token *step = &pointer->tokens[token];
    if (step->star && json_is(value, JSON_ARRAY)) {
        for (uint32_t i = 0; i < value->n; i++)
            splice_at(splices, &value->u.items[i], pointer, token + 1);
    } else if (step->star && json_is(value, JSON_OBJECT)) {
        for (uint32_t i = 0; i < value->n; i++)
            splice_at(splices, &value->u.members[i].value, pointer, token + 1);
    } else {
        struct pointer one = {step, 1};
        splice_at(splices, pointer_find(&one, value), pointer, token + 1);
    }
}

static int by_place(const void *a, const void *b)
{
    const struct splice *left = a, *right = b;
    return left->at < right->at ? -1 : left->at > right->at;
}

static str apply(struct splices *splices)
{
    struct buf out;
    size_t at = 0;
    buf_init(&out, splices->text.n + SPLICES_MAX * 4096);
    for (uint32_t i = 0; i < splices->n; i++) {
        const struct splice *splice = &splices->items[i];
        if (splice->at < at)
            continue; /* two pointers to the same place */
        buf_put(&out, splices->text.p + at, splice->at - at);
        buf_str(&out, splice->by);
        at = splice->at + splice->n;
    }
    buf_str(&out, str_from(splices->text, at));
    str result =
        buf_ok(&out) ? arena_str(splices->visit->arena, buf_peek(&out)) : splices->text;
    buf_fini(&out);
    return result;
}

str visit_relink_body(struct visit *visit, const struct bind_list *pointers)
{
    const struct pointer *list = pointers->items;
    struct splices *splices = arena_alloc(visit->arena, sizeof(*splices));
    splices->visit = visit;
    splices->text = visit->exchange.answer.text;
    splices->n = 0;
    for (uint32_t i = 0; i < pointers->n; i++)
        splice_at(splices, visit->exchange.answer.json, &list[i], 0);
    qsort(splices->items, splices->n, sizeof(splices->items[0]), by_place);
    return splices->n ? apply(splices) : STR_NONE;
}
