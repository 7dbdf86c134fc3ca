/*
 * The document says how long; the vendor's own directives shorten that, unless the
 * document says that they are not to be heeded. They never lengthen it: a vendor's year
 * is not what the product was promised. "must-revalidate" does not forbid an old answer
 * when the vendor is gone: it comes marked with its age, and that is what the cache is
 * for.
 */
#include "policy/caching.h"

#include "http/date.h"

static const usec fresh_standard = 300 * USEC_S;
static const usec stale_standard = 24 * USEC_H;
static const usec hold_off_standard = 30 * USEC_S;
static const usec seconds_max = 10 * 365 * USEC_DAY;

/* --- the block --- */

const char *const caching_reach_words[] = {"off", "stale", "fresh", NULL};
static const char *const vendor_words[] = {"heed", "ignore", NULL};

/* Those that may be kept without a word of the vendor's (RFC 9110 §15.1), but for 206. */
static bool is_cacheable(uint32_t status)
{
    static const uint32_t list[] = {200, 203, 204, 300, 301, 308,
                                    404, 405, 410, 414, 501};
    for (size_t i = 0; i < COUNT_OF(list); i++)
        if (list[i] == status)
            return true;
    return false;
}

static void finish_caching(struct binder *binder, void *obj)
{
    const struct caching *caching = obj;
    for (uint32_t i = 0; i < caching->statuses.n; i++)
        if (!is_cacheable(caching->statuses.items[i]))
            bind_fault_at(binder, STR("statuses"),
                          "has %u, which cannot be kept; leave it out. Possible are 200, "
                          "203, 204, 300, 301, 308, 404, 405, 410, 414 and 501.",
                          caching->statuses.items[i]);
    for (uint32_t i = 0; i < caching->vary_by.n; i++)
        if (!header_name_valid(caching->vary_by.items[i]))
            bind_fault_at(binder, STR("vary_by"),
                          "has \"" STR_F "\", which is no header name.",
                          STR_A(caching->vary_by.items[i]));
}

#define FIELD(field) offsetof(struct caching, field)

static const struct bind_row rows[] = {
    {.name = "fresh",
     .kind = BIND_DURATION,
     .offset = FIELD(fresh),
     .min = 0,
     .max = 30 * 86400,
     .doc = "How long an answer stands in for the vendor's; 300s. 0s: never."},
    {.name = "stale",
     .kind = BIND_DURATION,
     .offset = FIELD(stale),
     .min = 0,
     .max = 30 * 86400,
     .doc = "How long it stands in while the vendor cannot answer; 24h. 0s: never."},
    {.name = "hold_off",
     .kind = BIND_DURATION,
     .offset = FIELD(hold_off),
     .min = 0,
     .max = 3600,
     .doc = "After a failure: how long the old answer is given without asking; 30s."},
    {.name = "vary_by",
     .kind = BIND_TEXTS,
     .offset = FIELD(vary_by),
     .min = 1,
     .max = 100,
     .doc = "Request headers that make an answer another one, beside those that the "
            "vendor's Vary names."},
    {.name = "statuses",
     .kind = BIND_UINTS,
     .offset = FIELD(statuses),
     .min = 200,
     .max = 599,
     .doc = "The statuses whose answers are kept; 200."},
    {.name = "proxy",
     .kind = BIND_ENUM,
     .offset = FIELD(proxy),
     .words = caching_reach_words,
     .doc = "What proxied calls get that do not say: off, stale (the default) or fresh."},
    {.name = "vendor",
     .kind = BIND_ENUM,
     .offset = FIELD(vendor),
     .words = vendor_words,
     .doc = "Whether the vendor's Cache-Control and Expires shorten `fresh` and its "
            "no-store is obeyed: heed (the default) or ignore."},
};

const struct caching caching_standard = {.fresh = 300 * USEC_S,
                                         .stale = 24 * USEC_H,
                                         .hold_off = 30 * USEC_S,
                                         .proxy = CACHING_STALE};

static void init_caching(void *obj)
{
    struct caching *caching = obj;
    caching->fresh = fresh_standard;
    caching->stale = stale_standard;
    caching->hold_off = hold_off_standard;
    caching->proxy = CACHING_STALE;
}

const struct bind_table caching_table = {
    .name = "cache block",
    .rows = rows,
    .n = COUNT_OF(rows),
    .bytes = sizeof(struct caching),
    .init = init_caching,
    .finish = finish_caching,
};

/* --- directives --- */

/* delta-seconds (RFC 9111 §1.2.2), perhaps quoted; too much is very long; what is no
 * number is 0, which is the careful reading (§4.2.1). */
static usec read_seconds(str text)
{
    uint64_t seconds;
    text = str_trim(text);
    if (text.n >= 2 && text.p[0] == '"' && text.p[text.n - 1] == '"')
        text = str_of(text.p + 1, text.n - 2);
    if (text.n > 10)
        return seconds_max;
    if (!str_to_u64(text, UINT64_MAX, &seconds))
        return 0;
    return usec_min((usec)seconds * USEC_S, seconds_max);
}

static void read_directive(str directive, struct caching_control *control)
{
    str name = directive;
    bool has = str_next(&directive, '=', &name);
    str value = has && !str_absent(directive) ? directive : STR("");
    name = str_trim(name);
    if (str_eq_nocase(name, STR("no-store")))
        control->no_store = true;
    else if (str_eq_nocase(name, STR("no-cache")))
        control->no_cache = true;
    else if (str_eq_nocase(name, STR("max-age")))
        control->max_age = read_seconds(value);
    else if (str_eq_nocase(name, STR("s-maxage")))
        control->s_maxage = read_seconds(value);
}

/* A comma within a quoted list of names (no-cache="a, b") parts it into words that are no
 * directives, which does no harm. */
void caching_control_read(const struct headers *headers, struct caching_control *ret)
{
    bool given = false;
    *ret = (struct caching_control){.max_age = -1, .s_maxage = -1};
    for (uint32_t i = 0; i < headers->n; i++) {
        if (headers->items[i].id != HEADER_CACHE_CONTROL)
            continue;
        str rest = headers->items[i].value, directive;
        given = true;
        while (str_next(&rest, ',', &directive))
            read_directive(directive, ret);
    }
    if (!given && header_has_token(headers, HEADER_PRAGMA, STR("no-cache")))
        ret->no_cache = true;
}

/* --- answers --- */

static bool has_status(const struct caching *rule, int status)
{
    if (rule->statuses.n == 0)
        return status == 200;
    for (uint32_t i = 0; i < rule->statuses.n; i++)
        if ((int)rule->statuses.items[i] == status)
            return true;
    return false;
}

/* Expires against the vendor's own Date, lest two clocks be compared (§4.2.1). */
static usec until_expiry(const struct headers *headers, usec wall)
{
    usec expires, date;
    str text = header_value(headers, HEADER_EXPIRES);
    if (str_absent(text))
        return -1;
    if (!date_parse_http(text, wall, &expires))
        return 0;
    text = header_value(headers, HEADER_DATE);
    if (str_absent(text) || !date_parse_http(text, wall, &date))
        date = wall;
    return usec_max(expires - date, 0);
}

static usec vendor_life(const struct headers *headers, usec wall)
{
    struct caching_control control;
    caching_control_read(headers, &control);
    if (control.no_cache)
        return 0;
    if (control.s_maxage >= 0)
        return control.s_maxage;
    return control.max_age >= 0 ? control.max_age : until_expiry(headers, wall);
}

static bool is_forbidden(const struct caching *rule, const struct headers *headers)
{
    struct caching_control control;
    if (header_has_token(headers, HEADER_VARY, STR("*")) ||
        header_find(headers, HEADER_CONTENT_RANGE))
        return true;
    caching_control_read(headers, &control);
    return control.no_store && rule->vendor == CACHING_HEED;
}

bool caching_may_keep(const struct caching *rule, int status,
                      const struct headers *headers, usec wall,
                      struct caching_life *ret_life)
{
    if (!has_status(rule, status) || is_forbidden(rule, headers))
        return false;
    struct caching_life life = {.fresh = rule->fresh, .stale = rule->stale};
    str age = header_value(headers, HEADER_AGE);
    life.age = str_absent(age) ? 0 : read_seconds(age);
    usec vendor = rule->vendor == CACHING_HEED ? vendor_life(headers, wall) : -1;
    if (vendor >= 0)
        life.fresh = usec_min(life.fresh, usec_max(vendor - life.age, 0));
    *ret_life = life;
    return life.fresh > 0 || life.stale > 0;
}

bool caching_keeps_header(enum header_id id)
{
    if (header_flags(id) & HEADER_HOP)
        return false;
    switch ((unsigned)id) {
    case HEADER_AGE:
    case HEADER_CONTENT_LENGTH:
    case HEADER_SET_COOKIE:
    case HEADER_TRAILER:
        return false;
    default:
        return true;
    }
}

/* --- requests --- */

bool caching_is_partial(const struct headers *request)
{
    return header_find(request, HEADER_RANGE) || header_find(request, HEADER_IF_RANGE) ||
           header_find(request, HEADER_IF_MATCH) ||
           header_find(request, HEADER_IF_UNMODIFIED_SINCE);
}

bool caching_is_conditional(const struct headers *request)
{
    return header_find(request, HEADER_IF_NONE_MATCH) ||
           header_find(request, HEADER_IF_MODIFIED_SINCE);
}

/* RFC 9110 §8.8.3.2: the weak comparison looks at the opaque part only. */
static str opaque(str etag)
{
    etag = str_trim(etag);
    return str_starts(etag, STR("W/")) ? str_from(etag, 2) : etag;
}

static bool lists_etag(const struct headers *request, str etag)
{
    for (uint32_t i = 0; i < request->n; i++) {
        if (request->items[i].id != HEADER_IF_NONE_MATCH)
            continue;
        str rest = request->items[i].value, one;
        while (str_next(&rest, ',', &one))
            if (str_eq(str_trim(one), STR("*")) ||
                (etag.n && str_eq(opaque(one), opaque(etag))))
                return true;
    }
    return false;
}

bool caching_is_same(const struct headers *request, str etag, str last_modified,
                     usec wall)
{
    usec since, modified;
    if (header_find(request, HEADER_IF_NONE_MATCH))
        return lists_etag(request, etag);
    str text = header_value(request, HEADER_IF_MODIFIED_SINCE);
    return !str_absent(text) && !str_absent(last_modified) &&
           date_parse_http(text, wall, &since) &&
           date_parse_http(last_modified, wall, &modified) && modified <= since;
}
