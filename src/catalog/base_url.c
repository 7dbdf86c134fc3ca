/*
 * A base URL is a template filled as a URL (http/template.h). Whatever comes out must
 * stand in `hosts`, so that a context can lead a credential nowhere else.
 */
#include "catalog/document.h"

#include "base/uri.h"

/* A URL without query, dot segments and the slash at its end; false with why not. */
static bool parse_base(struct arena *arena, str text, struct url *ret_url,
                       const char **ret_why)
{
    if (!url_parse(arena, text, ret_url, ret_why))
        return false;
    *ret_why = "it has a query";
    if (!str_absent(ret_url->query))
        return false;
    *ret_why = "its path has dot segments";
    if (!str_eq(uri_remove_dots(arena, ret_url->path), ret_url->path))
        return false;
    while (ret_url->path.n > 1 && ret_url->path.p[ret_url->path.n - 1] == '/')
        ret_url->path.n--;
    return true;
}

static bool has_host(const struct integration *integration, const struct url *url)
{
    const struct document_host *hosts = integration->hosts.items;
    for (uint32_t i = 0; i < integration->hosts.n; i++)
        if (url_pattern_match(&hosts[i].pattern, url))
            return true;
    return false;
}

bool integration_allows(const struct integration *integration, const struct url *url)
{
    return has_host(integration, url) &&
           (!integration->bound || has_host(integration->bound, url));
}

static enum err allow_base(const struct integration *integration, const struct url *url,
                           struct arena *arena, str *ret_detail)
{
    if (integration_allows(integration, url))
        return ERR_NONE;
    *ret_detail =
        arena_printf(arena, "\"" STR_F "\" is not among the hosts of \"" STR_F "\"%s.",
                     STR_A(url_origin(arena, url)), STR_A(integration->name),
                     has_host(integration, url) ? " any more" : "");
    return ERR_HOST_FORBIDDEN;
}

enum err integration_base_url(const struct integration *integration,
                              const struct auth_way *way, const struct json *context,
                              struct arena *arena, struct url *ret_url, str *ret_detail)
{
    struct template_values values = {context, "the account's context",
                                     "the base URL of its integration"};
    str text;
    struct url url;
    const char *why;
    if (way->fixed_base.host.n) {
        *ret_url = way->fixed_base;
        return integration->bound ? allow_base(integration, ret_url, arena, ret_detail)
                                  : ERR_NONE;
    }
    if (!template_fill_url(&way->base_url, &values, arena, &text, ret_detail))
        return ERR_CREDENTIAL_UNUSABLE;
    if (!parse_base(arena, text, &url, &why)) {
        *ret_detail = arena_printf(arena,
                                   "The base URL, filled from the account's context, "
                                   "is not usable: %s.",
                                   why);
        return ERR_CREDENTIAL_UNUSABLE;
    }
    *ret_url = url;
    return allow_base(integration, &url, arena, ret_detail);
}

/* --- checking a document --- */

static bool has_scheme(str text)
{
    return str_starts(text, STR("https://")) || str_starts(text, STR("http://"));
}

/* The template with "x" for each variable behind the scheme, the origin left out. */
static str sample(const struct template *template, struct arena *arena)
{
    bool origin = template_has_origin(template);
    str text = origin ? STR("https://x") : STR("");
    for (uint32_t i = 0; i < template->n; i++) {
        const struct template_part *part = &template->parts[i];
        bool named = !str_absent(part->name) && !(origin && i == 0);
        str parts[] = {text, part->text, named ? STR("x") : STR("")};
        text = arena_join(arena, parts, COUNT_OF(parts));
    }
    return text;
}

/* The end of a host that follows its last variable. */
static str literal_end(const struct template *template)
{
    str end = STR("");
    for (uint32_t i = 1; i < template->n; i++) {
        str text = template->parts[i].text;
        size_t stop = str_find(text, '/');
        size_t port = str_find(text, ':');
        end = str_of(text.p, stop < port ? stop : port);
        if (stop < text.n)
            break;
    }
    return end;
}

/* Whether a host with this end can ever match the pattern. */
static bool can_match(const struct url_pattern *pattern, const struct url *url, str end)
{
    if (pattern->tls != url->tls || (!pattern->any_port && pattern->port != url->port))
        return false;
    if (str_ends_nocase(pattern->host, end))
        return true;
    return pattern->below && end.n > pattern->host.n &&
           end.p[end.n - pattern->host.n - 1] == '.' &&
           str_ends_nocase(end, pattern->host);
}

static bool any_can_match(const struct integration *integration, const struct url *url,
                          str end)
{
    const struct document_host *hosts = integration->hosts.items;
    for (uint32_t i = 0; i < integration->hosts.n; i++)
        if (can_match(&hosts[i].pattern, url, end))
            return true;
    return false;
}

static void check_host(struct binder *binder, const struct integration *integration,
                       const struct template *template, const struct url *url)
{
    bool varies = template_has_host(template);
    bool fits = varies ? any_can_match(integration, url, literal_end(template))
                       : integration_allows(integration, url);
    if (!fits && varies)
        bind_fault_at(
            binder, STR("base_url"),
            "leads to hosts that \"hosts\" does not have, whatever its variables "
            "are; add them there, with http:// if it is not https.");
    else if (!fits)
        bind_fault_at(binder, STR("base_url"),
                      "leads to " STR_F ", which is not among \"hosts\"; add it there.",
                      STR_A(url_origin(binder->arena, url)));
}

void base_url_check(struct binder *binder, const struct integration *integration,
                    const struct template *template, struct url *ret_fixed)
{
    struct url url;
    const char *why;
    bool origin = template_has_origin(template);
    if (!origin && !has_scheme(template->parts[0].text)) {
        bind_fault_at(
            binder, STR("base_url"),
            "must start with https:// (or http://), or with a variable that holds "
            "a whole origin.");
        return;
    }
    if (origin && template->n > 1 && template->parts[1].text.n &&
        template->parts[1].text.p[0] != '/') {
        bind_fault_at(binder, STR("base_url"),
                      "must go on with \"/\" behind the variable that holds the origin.");
        return;
    }
    if (!parse_base(binder->arena, sample(template, binder->arena), &url, &why))
        bind_fault_at(binder, STR("base_url"), "is not usable: %s.", why);
    else if (!origin)
        check_host(binder, integration, template, &url);
    if (binder->fault_n == 0 && template->n == 1 && str_absent(template->parts[0].name))
        *ret_fixed = url;
}
