/*
 * A base URL is a template with three zones, which decide what a variable may be:
 *
 *   https://{subdomain}.example.com/v3/company/{realm}      {origin}/services/data
 *   └─scheme┘└────── host ────────┘└────── path ─────┘      └whole ┘└── path ────┘
 *
 * In the host: letters, digits, dots, hyphens. In the path: anything, percent-encoded,
 * but no dot segments. As the whole origin: a URL without a path. Whatever comes out must
 * stand in `hosts`, so that a context can lead a credential nowhere else.
 */
#include "catalog/document.h"

#include "base/encode.h"
#include "base/uri.h"

enum zone { ZONE_ORIGIN, ZONE_HOST, ZONE_PATH };

/* --- filling in --- */

static enum zone zone_at_start(const struct template *template)
{
    return template->parts[0].text.n == 0 ? ZONE_ORIGIN : ZONE_HOST;
}

/* The zone behind a literal; that of the scheme counts to the host. */
static enum zone zone_behind(enum zone zone, str literal)
{
    size_t scheme = str_find_str(literal, STR("://"));
    str rest = scheme < literal.n ? str_from(literal, scheme + 3) : literal;
    return str_find(rest, '/') < rest.n ? ZONE_PATH : zone;
}

static bool is_host_text(str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = str_lower(text.p[i]);
        if (!str_is_digit(c) && !(c >= 'a' && c <= 'z') && c != '-' && c != '.')
            return false;
    }
    return text.n > 0;
}

static bool fill_origin(struct arena *arena, str value, str *ret_text)
{
    struct url url;
    if (!url_parse(arena, value, &url, NULL) || !str_eq(url.path, STR("/")) ||
        !str_absent(url.query))
        return false;
    *ret_text = url_origin(arena, &url);
    return true;
}

/* The text that a variable's value gives in its zone; false with what it must be. */
static bool fill_zone(struct arena *arena, enum zone zone, str value, str *ret_text,
                      const char **ret_wanted)
{
    switch (zone) {
    case ZONE_ORIGIN:
        *ret_wanted = "an origin such as https://host, without a path";
        return fill_origin(arena, value, ret_text);
    case ZONE_HOST:
        *ret_wanted =
            "letters, digits, dots and hyphens, since it is part of a host name";
        *ret_text = value;
        return is_host_text(value);
    case ZONE_PATH:
        break;
    }
    *ret_wanted = "a text that is neither empty nor \".\" or \"..\"";
    *ret_text = encode_percent(arena, value);
    return value.n && !str_eq(value, STR(".")) && !str_eq(value, STR(".."));
}

static bool fill_part(const struct template_part *part, enum zone zone,
                      const struct json *context, struct arena *arena, str *ret_text,
                      str *ret_detail)
{
    const char *wanted;
    str value = json_member_text(context, part->name);
    if (str_absent(value)) {
        *ret_detail = arena_printf(arena,
                                   "The account's context has no \"" STR_F "\", which "
                                   "the base URL of its integration needs.",
                                   STR_A(part->name));
        return false;
    }
    if (fill_zone(arena, zone, value, ret_text, &wanted))
        return true;
    *ret_detail =
        arena_printf(arena, "\"" STR_F "\" in the account's context must be %s.",
                     STR_A(part->name), wanted);
    return false;
}

static bool fill(const struct template *template, const struct json *context,
                 struct arena *arena, str *ret_text, str *ret_detail)
{
    enum zone zone = zone_at_start(template);
    str *texts = arena_array(arena, 2 * (size_t) template->n, sizeof(texts[0]));
    for (uint32_t i = 0; i < template->n; i++) {
        const struct template_part *part = &template->parts[i];
        texts[2 * i] = part->text;
        zone = zone_behind(zone, part->text);
        if (!str_absent(part->name) &&
            !fill_part(part, zone, context, arena, &texts[2 * i + 1], ret_detail))
            return false;
        if (zone == ZONE_ORIGIN)
            zone = ZONE_PATH;
    }
    *ret_text = arena_join(arena, texts, 2 * (size_t) template->n);
    return true;
}

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

bool integration_allows(const struct integration *integration, const struct url *url)
{
    const struct document_host *hosts = integration->hosts.items;
    for (uint32_t i = 0; i < integration->hosts.n; i++)
        if (url_pattern_match(&hosts[i].pattern, url))
            return true;
    return false;
}

enum err integration_base_url(const struct integration *integration,
                              const struct json *context, struct arena *arena,
                              struct url *ret_url, str *ret_detail)
{
    str text;
    struct url url;
    const char *why;
    if (integration->fixed_base.host.n) {
        *ret_url = integration->fixed_base;
        return ERR_NONE;
    }
    if (!fill(&integration->base_url, context, arena, &text, ret_detail))
        return ERR_CREDENTIAL_UNUSABLE;
    if (!parse_base(arena, text, &url, &why)) {
        *ret_detail = arena_printf(arena,
                                   "The base URL, filled from the account's context, "
                                   "is not usable: %s.",
                                   why);
        return ERR_CREDENTIAL_UNUSABLE;
    }
    if (!integration_allows(integration, &url)) {
        *ret_detail =
            arena_printf(arena, "\"" STR_F "\" is not among the hosts of \"" STR_F "\".",
                         STR_A(url_origin(arena, &url)), STR_A(integration->name));
        return ERR_HOST_FORBIDDEN;
    }
    *ret_url = url;
    return ERR_NONE;
}

/* --- checking a document --- */

static bool has_scheme(str text)
{
    return str_starts(text, STR("https://")) || str_starts(text, STR("http://"));
}

/* The template with "x" for each variable behind the scheme, the origin left out. */
static str sample(const struct template *template, struct arena *arena)
{
    bool origin = zone_at_start(template) == ZONE_ORIGIN;
    str text = origin ? STR("https://x") : STR("");
    for (uint32_t i = 0; i < template->n; i++) {
        const struct template_part *part = &template->parts[i];
        bool named = !str_absent(part->name) && !(origin && i == 0);
        str parts[] = {text, part->text, named ? STR("x") : STR("")};
        text = arena_join(arena, parts, COUNT_OF(parts));
    }
    return text;
}

static bool host_has_variable(const struct template *template)
{
    return !str_absent(template->parts[0].name) &&
           zone_behind(ZONE_HOST, template->parts[0].text) == ZONE_HOST;
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
                       const struct url *url)
{
    bool varies = host_has_variable(&integration->base_url);
    bool fits = varies
                    ? any_can_match(integration, url, literal_end(&integration->base_url))
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

void base_url_check(struct binder *binder, struct integration *integration)
{
    struct url url;
    const char *why;
    const struct template *template = &integration->base_url;
    bool origin = zone_at_start(template) == ZONE_ORIGIN;
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
        check_host(binder, integration, &url);
    if (binder->fault_n == 0 && template->n == 1 && str_absent(template->parts[0].name))
        integration->fixed_base = url;
}
