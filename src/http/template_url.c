/*
 * Templates that give URLs. Each variable stands in a zone, which decides what it may be;
 * what is literal moves the zone on.
 */
#include "http/template.h"

#include "base/encode.h"

enum zone { ZONE_ORIGIN, ZONE_HOST, ZONE_PATH };

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

static str capital(struct arena *arena, const char *words)
{
    str text = arena_str(arena, str_z(words));
    *(char *)(uintptr_t)text.p -= 'a' - 'A';
    return text;
}

static bool fill_part(const struct template_part *part, enum zone zone,
                      const struct template_values *values, struct arena *arena,
                      str *ret_text, str *ret_detail)
{
    const char *wanted;
    str value = json_member_text(values->values, part->name);
    if (str_absent(value)) {
        *ret_detail = arena_printf(arena, STR_F " has no \"" STR_F "\", which %s needs.",
                                   STR_A(capital(arena, values->whose)),
                                   STR_A(part->name), values->what);
        return false;
    }
    if (fill_zone(arena, zone, value, ret_text, &wanted))
        return true;
    *ret_detail = arena_printf(arena, "\"" STR_F "\" in %s must be %s.",
                               STR_A(part->name), values->whose, wanted);
    return false;
}

bool template_fill_url(const struct template *template,
                       const struct template_values *values, struct arena *arena,
                       str *ret_text, str *ret_detail)
{
    enum zone zone = zone_at_start(template);
    str *texts = arena_array(arena, 2 * (size_t) template->n, sizeof(texts[0]));
    for (uint32_t i = 0; i < template->n; i++) {
        const struct template_part *part = &template->parts[i];
        texts[2 * i] = part->text;
        zone = zone_behind(zone, part->text);
        if (!str_absent(part->name) &&
            !fill_part(part, zone, values, arena, &texts[2 * i + 1], ret_detail))
            return false;
        if (zone == ZONE_ORIGIN)
            zone = ZONE_PATH;
    }
    *ret_text = arena_join(arena, texts, 2 * (size_t) template->n);
    return true;
}

bool template_has_origin(const struct template *template)
{
    return zone_at_start(template) == ZONE_ORIGIN;
}

bool template_has_host(const struct template *template)
{
    return !str_absent(template->parts[0].name) &&
           zone_behind(ZONE_HOST, template->parts[0].text) == ZONE_HOST;
}
