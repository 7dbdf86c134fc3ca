/*
 * From a unified request to what is wanted of an operation: the resource, what is done
 * with it, the parameters. Whatever nobody knows is refused by name: a filter that is not
 * heard would give the wrong records.
 */
#include "gate/keep.h"
#include "gate/unify.h"

#include "base/encode.h"
#include "base/utf8.h"

static bool is_list(const struct unify *unify)
{
    return mapping_operation_kind(unify->kind) == MAPPING_LISTS;
}

/* --- refusing --- */

static enum visit_step refuse(struct visit *visit, enum err err, const char *fmt,
                              str name)
{
    return visit_no(visit, err, arena_printf(visit->arena, fmt, STR_A(name)), -1);
}

/* "list, get" of what the mapping has. */
static str what_it_can(const struct mapping *mapping, struct arena *arena)
{
    str text = STR_NONE;
    for (int i = 0; i < MAPPING_OPERATION_COUNT; i++) {
        str name = mapping_operation_name((enum mapping_operation)i);
        if (!mapping->steps[i])
            continue;
        str parts[] = {text, STR(", "), name};
        text = str_absent(text) ? name : arena_join(arena, parts, COUNT_OF(parts));
    }
    return text;
}

static enum visit_step refuse_operation(struct visit *visit, str name)
{
    const struct unify *unify = visit->unify;
    str integration = visit->integration->name;
    if (!unify->mapping)
        return visit_no(visit, ERR_OPERATION_UNSUPPORTED,
                        arena_printf(visit->arena,
                                     "The integration \"" STR_F
                                     "\" has no mapping for " STR_F "/" STR_F ".",
                                     STR_A(integration), STR_A(unify->category),
                                     STR_A(unify->resource)),
                        -1);
    return visit_no(visit, ERR_OPERATION_UNSUPPORTED,
                    arena_printf(visit->arena,
                                 "The integration \"" STR_F "\" has no " STR_F
                                 " for " STR_F "; it has: " STR_F ".",
                                 STR_A(integration), STR_A(name), STR_A(unify->resource),
                                 STR_A(what_it_can(unify->mapping, visit->arena))),
                    -1);
}

/* --- the path and the method --- */

/* /unified/CATEGORY/RESOURCE[/ID], or /unified/CATEGORY/RESOURCE/~fields */
static bool read_path(struct visit *visit)
{
    struct unify *unify = visit->unify;
    str rest = str_from(visit->path, STR("/unified/").n), id = STR_NONE;
    if (!str_next(&rest, '/', &unify->category) ||
        !str_next(&rest, '/', &unify->resource))
        return false;
    if (str_next(&rest, '/', &id) && (id.n == 0 || !str_absent(rest)))
        return false;
    if (str_eq(id, STR("~fields"))) {
        unify->kind = MAPPING_FIELDS;
        return true;
    }
    unify->id = id;
    return str_absent(id) ||
           (decode_percent(visit->arena, id, &unify->id) && utf8_is_valid(unify->id));
}

struct verb_row {
    const char *verb;
    bool has_id;
    enum mapping_operation kind;
};

static const struct verb_row verbs[] = {
    {"GET", false, MAPPING_LIST},  {"POST", false, MAPPING_CREATE},
    {"GET", true, MAPPING_GET},    {"PATCH", true, MAPPING_UPDATE},
    {"PUT", true, MAPPING_UPDATE}, {"DELETE", true, MAPPING_DELETE},
};

static bool read_verb(struct visit *visit)
{
    struct unify *unify = visit->unify;
    bool has_id = !str_absent(unify->id);
    if (unify->kind == MAPPING_FIELDS)
        return str_eq(visit->in->head.method, STR("GET"));
    for (size_t i = 0; i < COUNT_OF(verbs); i++) {
        if (verbs[i].has_id != has_id ||
            !str_eq(visit->in->head.method, str_z(verbs[i].verb)))
            continue;
        unify->kind = verbs[i].kind;
        return true;
    }
    return false;
}

str unify_allows(const struct visit *visit)
{
    if (visit->unify->kind == MAPPING_FIELDS)
        return STR("GET");
    return str_absent(visit->unify->id) ? STR("GET, POST")
                                        : STR("GET, PATCH, PUT, DELETE");
}

/* --- parameters --- */

static bool read_bool(struct visit *visit, str name, str value, bool *ret)
{
    *ret = str_eq(value, STR("true"));
    if (*ret || str_eq(value, STR("false")))
        return true;
    refuse(visit, ERR_QUERY_INVALID, "\"" STR_F "\" must be true or false.", name);
    return false;
}

static bool read_limit(struct visit *visit, str value)
{
    if (str_to_u64(value, UNIFY_LIMIT_MAX, &visit->unify->limit) && visit->unify->limit)
        return true;
    visit_no(visit, ERR_QUERY_INVALID,
             arena_printf(visit->arena, "\"limit\" must be 1 to %d.", UNIFY_LIMIT_MAX),
             -1);
    return false;
}

static bool read_fields(struct visit *visit, str value)
{
    str name;
    visit->unify->fields = value;
    while (str_next(&value, ',', &name)) {
        if (json_member(visit->unify->model->properties, name))
            continue;
        refuse(visit, ERR_QUERY_INVALID,
               "\"fields\" names \"" STR_F "\", which the model does not have.", name);
        return false;
    }
    return true;
}

static bool read_custom_fields(struct visit *visit, str value)
{
    struct json_build build;
    str name;
    json_build_init(&build, visit->arena);
    while (str_next(&value, ',', &name))
        json_build_item(&build, json_of_text(name));
    visit->unify->custom = json_build_array(&build);
    return true;
}

static bool read_faults(struct visit *visit, str value)
{
    visit->unify->stop_at_fault = str_eq(value, STR("fail"));
    if (visit->unify->stop_at_fault || str_eq(value, STR("report")))
        return true;
    visit_no(visit, ERR_QUERY_INVALID, STR("\"faults\" must be report or fail."), -1);
    return false;
}

static bool read_filter(struct visit *visit, struct json_build *filters, str name,
                        str value)
{
    const struct unify *unify = visit->unify;
    const struct model_filter *filter = model_filter(unify->asked, name);
    struct json read;
    str detail;
    if (!filter || !is_list(unify)) {
        refuse(visit, ERR_QUERY_INVALID, "There is no parameter \"" STR_F "\" here.",
               name);
        return false;
    }
    if (!model_filter_read(filter, value, visit->arena, &read, &detail)) {
        visit_no(visit, ERR_QUERY_INVALID, detail, -1);
        return false;
    }
    json_build_member(filters, filter->name, read);
    return true;
}

static bool read_param(struct visit *visit, struct json_build *filters, str name,
                       str value)
{
    struct unify *unify = visit->unify;
    bool list = is_list(unify);
    if (str_eq(name, STR("account")))
        return true;
    if (str_eq(name, STR("original")))
        return read_bool(visit, name, value, &unify->originals);
    if (str_eq(name, STR("fields")))
        return read_fields(visit, value);
    if (str_eq(name, STR("custom_fields")))
        return read_custom_fields(visit, value);
    if (list && str_eq(name, STR("all")))
        return read_bool(visit, name, value, &unify->all);
    if (list && str_eq(name, STR("limit")))
        return read_limit(visit, value);
    if (list && str_eq(name, STR("faults")))
        return read_faults(visit, value);
    if (list && str_eq(name, STR("cursor"))) {
        unify->cursor = value;
        return true;
    }
    return read_filter(visit, filters, name, value);
}

/* What stands there twice, or is no text, would be understood in two ways. */
static bool is_readable(struct visit *visit, str before, str name, str value)
{
    if (!utf8_is_valid(name) || !utf8_is_valid(value))
        visit_no(visit, ERR_QUERY_INVALID, STR("The query is not UTF-8."), -1);
    else if (!str_absent(url_query_find(visit->arena, before, name)))
        refuse(visit, ERR_QUERY_INVALID, "\"" STR_F "\" stands there twice.", name);
    else
        return true;
    return false;
}

static bool read_query(struct visit *visit)
{
    struct json_build filters;
    str rest = visit->query, name, value;
    json_build_init(&filters, visit->arena);
    visit->unify->limit = UNIFY_LIMIT;
    while (url_query_next(&rest, &name, &value)) {
        str before = str_of(visit->query.p, (size_t)(name.p - visit->query.p));
        name = url_query_decode(visit->arena, name);
        value = str_absent(value) ? STR("") : url_query_decode(visit->arena, value);
        if (!is_readable(visit, before, name, value) ||
            !read_param(visit, &filters, name, value))
            return false;
    }
    visit->unify->filters = json_build_object(&filters);
    return true;
}

/* --- which list --- */

static bool has_name(const struct bind_texts *texts, str name)
{
    for (uint32_t i = 0; i < texts->n; i++)
        if (str_eq(texts->items[i], name))
            return true;
    return false;
}

/* The first filter that is asked for and not taken, or wanted and not given. */
static str misfit(const struct mapping_step *step, const struct json *filters)
{
    for (uint32_t i = 0; i < filters->n; i++)
        if (!has_name(&step->filters, json_key(&filters->u.members[i])))
            return json_key(&filters->u.members[i]);
    for (uint32_t i = 0; i < step->required.n; i++)
        if (!json_member(filters, step->required.items[i]))
            return step->required.items[i];
    return STR_NONE;
}

/* `search` is a further way to list, for filters that `list` does not have. */
static bool choose_list(struct visit *visit)
{
    struct unify *unify = visit->unify;
    const enum mapping_operation ways[] = {unify->kind, MAPPING_SEARCH};
    size_t n = unify->kind == MAPPING_LIST ? 2 : 1;
    str bad = STR_NONE;
    for (size_t i = 0; i < n; i++) {
        const struct mapping_step *step = unify->mapping->steps[ways[i]];
        str one = step ? misfit(step, &unify->filters) : STR_NONE;
        if (step && str_absent(one)) {
            unify->kind = ways[i];
            return true;
        }
        bad = str_absent(one) ? bad : one;
    }
    if (json_member(&unify->filters, bad))
        refuse(visit, ERR_QUERY_INVALID,
               "This integration cannot filter this list by \"" STR_F
               "\", or not together with the others.",
               bad);
    else
        refuse(visit, ERR_QUERY_INVALID,
               "This integration has no list without \"" STR_F "\".", bad);
    return false;
}

static bool find_mapping(struct visit *visit)
{
    struct unify *unify = visit->unify;
    const struct mapping *mapping =
        mapping_find(&visit->integration->unified, unify->category, unify->resource);
    bool list = unify->kind == MAPPING_LIST;
    unify->mapping = mapping;
    if (mapping &&
        (mapping->steps[unify->kind] || (list && mapping->steps[MAPPING_SEARCH])))
        return true;
    refuse_operation(visit, mapping_operation_name(unify->kind));
    return false;
}

/* --- the steps --- */

/* What may differ from page to page. */
static const char *const not_bound[] = {"account", "cursor",   "limit",  "all",
                                        "fields",  "original", "faults", NULL};

static void bind_cursors(struct visit *visit)
{
    struct unify *unify = visit->unify;
    bool fields = unify->kind == MAPPING_FIELDS;
    str parts[] = {unify->category, STR("/"), unify->resource,
                   fields ? STR("/~fields") : STR("")};
    unify->about = (struct cursor_about){
        .account = tenant_id_str(&visit->account->id),
        .resource = arena_join(visit->arena, parts, COUNT_OF(parts)),
        .query = cursor_query(visit->arena, visit->query, not_bound),
    };
}

static bool takes_body(enum mapping_operation kind)
{
    return mapping_operation_kind(kind) == MAPPING_WRITES;
}

static void give_request(struct unify *unify, struct arena *arena)
{
    struct json_build build;
    json_build_init(&build, arena);
    if (!str_absent(unify->id))
        json_build_member(&build, STR("id"), json_of_text(unify->id));
    json_build_member(&build, STR("filters"), unify->filters);
    if (unify->custom.type != JSON_UNDEFINED)
        json_build_member(&build, STR("custom_fields"), unify->custom);
    unify->operation.wish.request = json_build_object(&build);
}

static enum visit_step refuse_model(struct visit *visit)
{
    const struct unify *unify = visit->unify;
    return visit_no(visit, ERR_MODEL_UNKNOWN,
                    arena_printf(visit->arena,
                                 "There is no resource \"" STR_F
                                 "\" in a category \"" STR_F "\".",
                                 STR_A(unify->resource), STR_A(unify->category)),
                    -1);
}

bool unify_choose_method(struct visit *visit)
{
    struct unify *unify = visit->unify;
    if (!find_mapping(visit) || (is_list(unify) && !choose_list(visit)))
        return false;
    visit->method = integration_named_method(visit->integration,
                                             unify->mapping->steps[unify->kind]->method);
    unify_aim(visit);
    return true;
}

/* What the version of the integration makes of it. */
static enum visit_step choose(struct visit *visit)
{
    struct unify *unify = visit->unify;
    if (!unify_choose_method(visit))
        return VISIT_REFUSE;
    if (!unify->recalled && unify_recall(visit))
        return VISIT_RECALL;
    give_request(unify, visit->arena);
    if (is_list(unify) && !unify_begin_walk(visit))
        return VISIT_REFUSE;
    return takes_body(unify->kind) ? VISIT_GATHER : keep_admit(visit, VISIT_OPERATE);
}

enum visit_step unify_admit(struct visit *visit)
{
    struct unify *unify = visit->unify = arena_zalloc(visit->arena, sizeof(*unify));
    if (!visit_read_wishes(visit))
        return VISIT_REFUSE;
    if (!read_path(visit))
        return visit_no(visit, ERR_ROUTE_UNKNOWN,
                        STR("Unified resources are /unified/CATEGORY/RESOURCE[/ID]."),
                        -1);
    unify->asked = models_find(visit->gate->models, unify->category, unify->resource);
    if (!unify->asked)
        return refuse_model(visit);
    if (!read_verb(visit))
        return visit_no(visit, ERR_METHOD_NOT_ALLOWED, STR_NONE, -1);
    unify->model = unify->kind == MAPPING_FIELDS ? unify->asked->fields : unify->asked;
    if (!read_query(visit))
        return VISIT_REFUSE;
    unify_open(visit);
    if (!is_list(unify))
        return choose(visit);
    bind_cursors(visit);
    return unify_version(visit, choose);
}
