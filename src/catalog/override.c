/*
 * Reading splits an override in two, along the rows of override_list.h: settings, which
 * are merged into the document, and expressions, which are laid over its mappings. Both
 * keep their places, so that a fault of either has the pointer that its author knows. A
 * null where an expression may stand is a setting: it removes what the document has
 * there.
 */
#include "catalog/override.h"

#include "catalog/document.h"
#include "json/json_parse.h"
#include "json/merge.h"

enum rule { RULE_SET, RULE_MOST, RULE_LEAST, RULE_LAYER };

static const enum rule rules[] = {
#define X(path, rule, doc) RULE_##rule,
#include "catalog/override_list.h"
#undef X
};

static const struct override_row rows[] = {
#define X(path, rule, doc) {path, #rule, doc},
#include "catalog/override_list.h"
#undef X
};

const struct override_row *override_row_at(size_t i)
{
    return i < COUNT_OF(rows) ? &rows[i] : NULL;
}

/* --- places --- */

enum { NAMES_MAX = 40 };

/* Where the split stands. */
struct spot {
    const struct spot *outer; /* NULL: the override itself */
    str name;
    const struct json *base; /* what the document has here, or NULL */
    uint32_t depth;
};

/* What a row says of a spot. */
enum fit { FIT_NONE, FIT_ABOVE, FIT_HERE };

static const struct spot *spot_at(const struct spot *spot, uint32_t depth)
{
    while (spot->depth > depth)
        spot = spot->outer;
    return spot;
}

static bool is_any(str token)
{
    return str_eq(token, STR("*")) || str_eq(token, STR("+"));
}

/* Literals come before stars, as rows of the list do: "request" is never an operation. */
static enum fit fit_row(const struct override_row *row, const struct spot *spot)
{
    str rest = str_z(row->path), token;
    uint32_t depth = 0;
    while (str_next(&rest, '/', &token)) {
        if (depth == spot->depth)
            return FIT_ABOVE;
        const struct spot *at = spot_at(spot, ++depth);
        if (!is_any(token) && !str_eq(token, at->name))
            return FIT_NONE;
        if (str_eq(token, STR("*")) && !at->base)
            return FIT_NONE;
    }
    return depth == spot->depth ? FIT_HERE : FIT_NONE;
}

/* The row that is about this very spot, or NULL with whether some row leads further. */
static bool find_row(const struct spot *spot, size_t *ret_row, bool *ret_above)
{
    *ret_above = false;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        enum fit fit = fit_row(&rows[i], spot);
        *ret_row = i;
        if (fit == FIT_HERE)
            return true;
        *ret_above = *ret_above || fit == FIT_ABOVE;
    }
    return false;
}

/* The token of a row that would stand in the place of the spot, if the row leads there.
 */
static str token_for(const struct override_row *row, const struct spot *spot)
{
    str rest = str_z(row->path), token;
    if (spot->depth > 1 && fit_row(row, spot->outer) != FIT_ABOVE)
        return STR_NONE;
    for (uint32_t depth = 0; depth < spot->depth; depth++)
        if (!str_next(&rest, '/', &token))
            return STR_NONE;
    return token;
}

/* --- faults --- */

struct names {
    const char *items[NAMES_MAX + 1];
    uint32_t n;
    bool star; /* a name of the document may stand here, too */
};

static void add_name(struct names *names, struct arena *arena, str name)
{
    for (uint32_t i = 0; i < names->n; i++)
        if (str_eq(str_z(names->items[i]), name))
            return;
    if (names->n < NAMES_MAX)
        names->items[names->n++] = arena_z(arena, name);
}

static void names_for(const struct spot *spot, struct arena *arena,
                      struct names *ret_names)
{
    *ret_names = (struct names){.n = 0};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str token = token_for(&rows[i], spot);
        if (str_eq(token, STR("*")))
            ret_names->star = true;
        else if (!str_absent(token) && !is_any(token))
            add_name(ret_names, arena, token);
    }
}

static str list_names(const struct names *names, struct arena *arena)
{
    str text = STR("");
    for (uint32_t i = 0; i < names->n; i++)
        text = arena_printf(arena, STR_F "%s\"%s\"", STR_A(text), i ? ", " : "",
                            names->items[i]);
    return text;
}

static bool is_of_documents(str name)
{
    for (size_t i = 0; i < document_table.n; i++)
        if (str_eq(str_z(document_table.rows[i].name), name))
            return true;
    return false;
}

static void refuse(struct binder *binder, const struct spot *spot)
{
    struct names names;
    names_for(spot, binder->arena, &names);
    str nearest = bind_nearest(spot->name, names.items);
    str list = list_names(&names, binder->arena);
    bool known = spot->base || (spot->depth == 1 && is_of_documents(spot->name));
    if (known)
        bind_fault(binder,
                   "belongs to the platform, and cannot be overridden; an override may "
                   "have " STR_F " here.",
                   STR_A(list));
    else if (!str_absent(nearest))
        bind_fault(binder, "is no member of an override; did you mean \"" STR_F "\"?",
                   STR_A(nearest));
    else if (names.star)
        bind_fault(binder,
                   "is not in the document; an override changes what is there%s" STR_F
                   ".",
                   names.n ? ", or has " : "", STR_A(list));
    else
        bind_fault(binder, "is no member of an override; it may have " STR_F " here.",
                   STR_A(list));
}

/* --- splitting --- */

struct split {
    struct json settings;
    struct json layers;
};

static struct split split_object(struct binder *binder, const struct spot *spot,
                                 const struct json *value);

static struct split split_value(struct binder *binder, const struct spot *spot,
                                const struct json *value)
{
    size_t row;
    bool above;
    bool here = find_row(spot, &row, &above);
    if (here && rules[row] == RULE_LAYER && !json_is(value, JSON_NULL))
        return (struct split){.layers = *value};
    if (here)
        return (struct split){.settings = *value};
    if (above && json_is(value, JSON_OBJECT))
        return split_object(binder, spot, value);
    if (above)
        bind_fault(binder, "must be an object: what is in it may be overridden, but not "
                           "all of it together.");
    else if (!str_starts(spot->name, STR("x-"))) /* notes, as in documents */
        refuse(binder, spot);
    return (struct split){0};
}

static void add(struct json_build *build, str name, struct json value)
{
    if (value.type != JSON_UNDEFINED)
        json_build_member(build, name, value);
}

static struct json built(struct json_build *build)
{
    return build->n ? json_build_object(build) : (struct json){0};
}

static struct split split_object(struct binder *binder, const struct spot *spot,
                                 const struct json *value)
{
    struct json_build settings, layers;
    json_build_init(&settings, binder->arena);
    json_build_init(&layers, binder->arena);
    for (uint32_t i = 0; i < value->n; i++) {
        const struct json_member *member = &value->u.members[i];
        str name = json_key(member);
        struct spot inner = {.outer = spot,
                             .name = name,
                             .base = spot->base ? json_member(spot->base, name) : NULL,
                             .depth = spot->depth + 1};
        str before = bind_enter(binder, name);
        struct split split = split_value(binder, &inner, &member->value);
        binder->at = before;
        add(&settings, name, split.settings);
        add(&layers, name, split.layers);
    }
    return (struct split){built(&settings), built(&layers)};
}

static bool parse(struct binder *binder, str text, struct json *ret_document)
{
    static const struct json_limits limits = {.depth_max = OVERRIDE_DEPTH_MAX,
                                              .bytes_max = OVERRIDE_BYTES_MAX,
                                              .duplicates = JSON_DUPLICATES_REFUSE};
    struct json_fault fault;
    if (text.n > OVERRIDE_BYTES_MAX)
        bind_fault(binder, "is larger than %d bytes.", OVERRIDE_BYTES_MAX);
    else if (!json_parse(binder->arena, text, &limits, ret_document, &fault))
        bind_fault(binder, "is not as JSON must be, at line %u, column %u: %s.",
                   fault.line, fault.column, fault.what);
    else if (!json_is(ret_document, JSON_OBJECT))
        bind_fault(binder, "must be an object with members of the document.");
    else
        return true;
    return false;
}

bool override_read(struct binder *binder, const struct integration *base, str text,
                   enum mapping_tier tier, struct override *ret_override)
{
    uint32_t faults = binder->fault_n;
    struct json document;
    if (!parse(binder, text, &document))
        return false;
    struct spot top = {.base = &base->document};
    struct split split = split_object(binder, &top, &document);
    *ret_override = (struct override){tier, document, split.settings, split.layers};
    return binder->fault_n == faults;
}

/* --- applying --- */

struct json override_merged(struct arena *arena, const struct integration *base,
                            const struct overrides *overrides)
{
    struct json document = base->document;
    for (int tier = TIER_ENVIRONMENT; tier < TIER_COUNT; tier++)
        document = merge_patch(arena, &document, &overrides->of[tier].settings);
    return document;
}

static bool has_settings(const struct overrides *overrides)
{
    return overrides->of[TIER_ENVIRONMENT].settings.type != JSON_UNDEFINED ||
           overrides->of[TIER_ACCOUNT].settings.type != JSON_UNDEFINED;
}

/* Where a header of the vendor's credential may stand. */
static bool carries_credential(const struct integration *base, str name)
{
    static const char *const usual[] = {"Authorization", "Proxy-Authorization", "Cookie",
                                        "X-WSSE"};
    const struct auth_way *ways = base->ways.items;
    for (size_t i = 0; i < COUNT_OF(usual); i++)
        if (str_eq_nocase(name, str_z(usual[i])))
            return true;
    for (uint32_t i = 0; i < base->ways.n; i++)
        if (str_eq_nocase(name, ways[i].rule.header))
            return true;
    return false;
}

static void check_headers(struct binder *binder, const struct integration *base,
                          const struct override *override)
{
    const struct json *headers = json_member(&override->settings, STR("headers"));
    str before = bind_enter(binder, STR("headers"));
    for (uint32_t i = 0; headers && i < headers->n; i++) {
        str name = json_key(&headers->u.members[i]);
        if (carries_credential(base, name))
            bind_fault_at(binder, name,
                          "carries credentials, which are the platform's to place.");
    }
    binder->at = before;
}

static bool lay(struct binder *binder, struct integration *integration,
                const struct override *override)
{
    static const struct bind_row row = {
        .name = "unified", .kind = BIND_NAMED, .table = &mapping_over_table};
    static const struct bind_table table = {
        .name = "override", .rows = &row, .n = 1, .bytes = sizeof(struct bind_list)};
    struct bind_list overs;
    if (override->layers.type == JSON_UNDEFINED)
        return true;
    if (!bind_read(binder, &table, &override->layers, &overs))
        return false;
    str before = bind_enter(binder, STR("unified"));
    integration->unified =
        mapping_lay(binder, &integration->unified, override->tier, &overs);
    binder->at = before;
    return true;
}

/* The document read anew, with settings merged; or, without any, the base as it is. */
static struct integration *settle(struct binder *binder, const struct integration *base,
                                  const struct overrides *overrides)
{
    struct integration *integration;
    if (has_settings(overrides)) {
        struct json merged = override_merged(binder->arena, base, overrides);
        return integration_read_value(binder, &merged);
    }
    integration = arena_alloc(binder->arena, sizeof(*integration));
    *integration = *base;
    return integration;
}

struct integration *override_apply(struct binder *binder, const struct integration *base,
                                   const struct overrides *overrides)
{
    uint32_t faults = binder->fault_n;
    for (int tier = TIER_ENVIRONMENT; tier < TIER_COUNT; tier++)
        check_headers(binder, base, &overrides->of[tier]);
    struct integration *integration = settle(binder, base, overrides);
    if (!integration)
        return NULL;
    for (int tier = TIER_ENVIRONMENT; tier < TIER_COUNT; tier++)
        if (!lay(binder, integration, &overrides->of[tier]))
            return NULL;
    override_check_limits(binder, base, integration);
    integration->text = base->text;
    integration->revision = base->revision;
    return binder->fault_n == faults ? integration : NULL;
}
