/*
 * Links in a vendor's answer, turned into links through the proxy, so that whoever
 * follows them stays inside. A link below the base URL loses the base and gets the way
 * the caller came by; a link to another allowed host gets /~host in front; any other link
 * is passed on untouched, and whoever follows it goes there without any credential of
 * ours.
 */
#include "gate/visit.h"

#include "http/field.h"
#include "json/json_write.h"

enum { BODY_BYTES_MAX = 16 << 20, HEAD_BYTES_MAX = 256 * 1024 };

const struct rewrite *visit_rewrite(const struct visit *visit)
{
    const struct method *method = visit->method;
    return method && method->has_rewrite ? &method->rewrite
                                         : &visit->integration->rewrite;
}

static bool is_absolute(str url)
{
    return str_starts_nocase(url, STR("http://")) ||
           str_starts_nocase(url, STR("https://"));
}

/* scheme://host[/proxy/account] as the caller wrote it; the path alone when it told no
 * host. */
static str caller_base(struct visit *visit)
{
    str scheme =
        gate_client_tls(visit->gate, visit->in) ? STR("https://") : STR("http://");
    str host = gate_client_host(visit->gate, visit->in);
    bool by_path = visit->route == GATE_BY_PATH;
    str parts[] = {host.n ? scheme : STR(""), host, by_path ? STR("/proxy/") : STR(""),
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
    if (!is_absolute(text) || visit->relinked > BODY_BYTES_MAX ||
        !url_parse(arena, text, &url, NULL))
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
    str start = caller_base(visit);
    if (start.n + host.n == 0 && str_starts(path, STR("//")))
        return text; /* alone it would name a host */
    str parts[] = {start,     host,
                   path,      str_absent(url.query) ? STR("") : STR("?"),
                   url.query, fragment_of(text)};
    str turned = arena_join(arena, parts, COUNT_OF(parts));
    visit->relinked += turned.n;
    return turned;
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

/* What stands behind the last link and is none goes on as it is. */
static void put_rest(struct buf *out, str rest)
{
    str left = rest, item;
    if (out->n == 0 || !field_list_next(&left, &item))
        return;
    buf_str(out, STR(", "));
    buf_str(out, str_trim(rest));
}

static str relink_list(struct visit *visit, str value)
{
    struct field_link link;
    struct buf out;
    str rest = value;
    buf_init(&out, HEAD_BYTES_MAX);
    while (buf_ok(&out) && field_link_next(&rest, &link)) {
        buf_str(&out, out.n ? STR(", <") : STR("<"));
        buf_str(&out, visit_relink(visit, absolute(visit, link.uri)));
        buf_char(&out, '>');
        buf_str(&out, link.params);
    }
    put_rest(&out, rest);
    str result = out.n && buf_ok(&out) ? arena_str(visit->arena, buf_peek(&out)) : value;
    buf_fini(&out);
    return result;
}

str visit_relink_header(struct visit *visit, const struct header *header)
{
    if (visit->relinked > HEAD_BYTES_MAX)
        return header->value;
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

/* --- bodies --- */

struct turning {
    struct visit *visit;
    const struct pointer *pointer;
    bool changed;
};

static struct json turn(struct turning *turning, const struct json *value,
                        uint32_t token);

static struct json turn_text(struct turning *turning, const struct json *value)
{
    str old = json_text(value);
    if (!json_is(value, JSON_STRING))
        return *value;
    str by = visit_relink(turning->visit, old);
    if (str_eq(by, old))
        return *value;
    turning->changed = true;
    return json_of_text(by);
}

static bool is_meant(const struct pointer_token *token, uint32_t i)
{
    return token->star || token->index == (int64_t)i;
}

static struct json turn_items(struct turning *turning, const struct json *value,
                              uint32_t token)
{
    struct json copy = *value;
    struct json *items = arena_alloc(turning->visit->arena, value->n * sizeof(items[0]));
    for (uint32_t i = 0; i < value->n; i++)
        items[i] = is_meant(&turning->pointer->tokens[token], i)
                       ? turn(turning, &value->u.items[i], token + 1)
                       : value->u.items[i];
    copy.u.items = items;
    return copy;
}

static struct json turn_members(struct turning *turning, const struct json *value,
                                uint32_t token)
{
    const struct pointer_token *step = &turning->pointer->tokens[token];
    struct json copy = *value;
    struct json_member *members =
        arena_alloc(turning->visit->arena, value->n * sizeof(members[0]));
    for (uint32_t i = 0; i < value->n; i++) {
        members[i] = value->u.members[i];
        if (step->star || str_eq(json_key(&members[i]), step->name))
            members[i].value = turn(turning, &members[i].value, token + 1);
    }
    copy.u.members = members;
    return copy;
}

/* The value with the links that the rest of the pointer leads to turned; `*` means every
 * item or member here. What is not on the way is shared. */
static struct json turn(struct turning *turning, const struct json *value, uint32_t token)
{
    if (token == turning->pointer->n)
        return turn_text(turning, value);
    if (json_is(value, JSON_ARRAY))
        return turn_items(turning, value, token);
    if (json_is(value, JSON_OBJECT))
        return turn_members(turning, value, token);
    return *value;
}

str visit_relink_body(struct visit *visit, const struct bind_list *pointers)
{
    const struct pointer *list = pointers->items;
    struct turning turning = {.visit = visit};
    struct json value = *visit->exchange.answer.json;
    struct buf out;
    for (uint32_t i = 0; i < pointers->n; i++) {
        turning.pointer = &list[i];
        value = turn(&turning, &value, 0);
    }
    if (!turning.changed)
        return STR_NONE;
    buf_init(&out, BODY_BYTES_MAX);
    if (visit->relinked <= BODY_BYTES_MAX)
        json_write(&out, &value, JSON_COMPACT);
    bool good = out.n && buf_ok(&out);
    str body = good ? arena_str(visit->arena, buf_peek(&out)) : STR_NONE;
    visit->links_stay = !good;
    buf_fini(&out);
    return body;
}
