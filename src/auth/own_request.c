#include "auth/own_request.h"

#include "auth/auth_scheme.h"
#include "auth/token_rule.h"

enum { KEEP_MAX = 20, HEADERS_MAX = 20 };

static const char *const verb_words[] = {"GET", "POST", NULL};

#define ROW(field) offsetof(struct own_request, field)

static const struct bind_row rows[] = {
    {.name = "url",
     .kind = BIND_CUSTOM,
     .offset = ROW(url),
     .required = true,
     .custom = template_read,
     .custom_schema = TEMPLATE_SCHEMA,
     .doc = "Where it goes: a path below the base URL, which begins with \"/\", or a "
            "whole URL. {names} are filled from the account's context."},
    {.name = "verb",
     .kind = BIND_ENUM,
     .offset = ROW(verb),
     .words = verb_words,
     .doc = "GET unless given."},
    {.name = "headers",
     .kind = BIND_NAMED,
     .offset = ROW(headers),
     .max = HEADERS_MAX,
     .table = &token_param_table,
     .doc = "Headers of it alone; those of the document are sent in any case."},
    {.name = "body",
     .kind = BIND_JSON,
     .offset = ROW(body),
     .doc = "Sent as JSON, as it stands."},
    {.name = "keep",
     .kind = BIND_NAMED,
     .offset = ROW(keep),
     .max = KEEP_MAX,
     .table = &signal_named_table,
     .doc = "Values of the answer that become members of the account's context."},
};

static void finish(struct binder *binder, void *obj)
{
    struct own_request *request = obj;
    const struct signal_named *keep = request->keep.items;
    if (!own_request_is_below(request))
        token_check_url(binder, "url", &request->url);
    token_check_headers(binder, &request->headers);
    for (uint32_t i = 0; i < request->keep.n; i++)
        token_check_name(binder, "keep", keep[i].name);
    if (!json_is(&request->body, JSON_UNDEFINED) && request->verb == OWN_GET)
        bind_fault_at(binder, STR("body"), "is not sent with GET; make it \"POST\".");
}

const struct bind_table own_request_table = {
    .name = "request",
    .rows = rows,
    .n = COUNT_OF(rows),
    .bytes = sizeof(struct own_request),
    .finish = finish,
    .shorthand = "url",
};

str own_request_verb(const struct own_request *request)
{
    return str_z(verb_words[request->verb]);
}

bool own_request_is_below(const struct own_request *request)
{
    return str_starts(request->url.parts[0].text, STR("/"));
}

static str text_below(const struct url *base, str path, struct arena *arena)
{
    str under = str_eq(base->path, STR("/")) ? STR("") : base->path;
    str parts[] = {url_origin(arena, base), under, path};
    return arena_join(arena, parts, COUNT_OF(parts));
}

enum err own_request_url(const struct own_request *request, const struct url *base,
                         const struct json *context, struct arena *arena,
                         struct url *ret_url, str *ret_detail)
{
    struct template_values values = {context, "the account's context",
                                     "a request of its integration's auth block"};
    const char *why;
    str text;
    if (!template_fill_url(&request->url, &values, arena, &text, ret_detail))
        return ERR_CREDENTIAL_UNUSABLE;
    if (own_request_is_below(request))
        text = text_below(base, text, arena);
    if (url_parse(arena, text, ret_url, &why))
        return ERR_NONE;
    *ret_detail = arena_printf(arena,
                               "The URL of a request of the auth block, once filled, is "
                               "not usable: %s.",
                               why);
    return ERR_CREDENTIAL_UNUSABLE;
}
