/*
 * What tables alone cannot say: that the methods which mappings and searches name are
 * there, and change nothing where nothing may change; and that rules of events name
 * mappings that can make records of them.
 */
#include "catalog/document.h"
#include "catalog/repeat_search.h"

const struct method *integration_named_method(const struct integration *integration,
                                              str name)
{
    const struct resource *resources = integration->resources.items;
    size_t dot = str_find(name, '.');
    str resource = str_of(name.p, dot);
    for (uint32_t i = 0; dot < name.n && i < integration->resources.n; i++) {
        const struct method *methods = resources[i].methods.items;
        for (uint32_t k = 0; k < resources[i].methods.n; k++)
            if (str_eq(resources[i].name, resource) &&
                str_eq(methods[k].name, str_from(name, dot + 1)))
                return &methods[k];
    }
    return NULL;
}

static void check_step(struct binder *binder, const struct integration *integration,
                       const struct mapping *mapping, enum mapping_operation operation)
{
    const struct mapping_step *step = mapping->steps[operation];
    enum mapping_kind kind = mapping_operation_kind(operation);
    const struct method *method = integration_named_method(integration, step->method);
    if (!method)
        bind_fault_at(binder, STR("method"),
                      "is \"" STR_F "\", but /resources has no such RESOURCE.METHOD.",
                      STR_A(step->method));
    else if (!method->safe && (kind == MAPPING_LISTS || kind == MAPPING_READS))
        bind_fault_at(binder, STR("method"),
                      "is \"" STR_F "\", which may change something at the vendor; if it "
                      "does not, say so there: \"safe\": true.",
                      STR_A(step->method));
    else if (operation == MAPPING_CREATE_MANY && !method->items)
        bind_fault_at(binder, STR("method"),
                      "is \"" STR_F "\", whose answers do not say what became of each "
                      "record; give it \"items\".",
                      STR_A(step->method));
    else if (kind == MAPPING_LISTS && !method->pagination)
        bind_fault_at(binder, STR("method"),
                      "is \"" STR_F "\", of whose lists nothing is known; give it a "
                      "\"pagination\", of kind none if it gives all at once.",
                      STR_A(step->method));
}

static void check_mapping(struct binder *binder, const struct integration *integration,
                          const struct mapping *mapping)
{
    str before = bind_enter(binder, mapping->name);
    for (int i = 0; i < MAPPING_OPERATION_COUNT; i++) {
        enum mapping_operation operation = (enum mapping_operation)i;
        if (!mapping->steps[i])
            continue;
        str outside = bind_enter(binder, mapping_operation_name(operation));
        check_step(binder, integration, mapping, operation);
        binder->at = outside;
    }
    binder->at = before;
}

/* --- searches --- */

static void check_search(struct binder *binder, const struct integration *integration,
                         const struct idempotency *idempotency)
{
    if (!idempotency->search)
        return;
    str before = bind_enter(binder, STR("idempotency"));
    bind_enter(binder, STR("search"));
    repeat_search_check(binder, integration, idempotency->search);
    binder->at = before;
}

static void check_resource(struct binder *binder, const struct integration *integration,
                           const struct resource *resource)
{
    const struct method *methods = resource->methods.items;
    str before = bind_enter(binder, resource->name);
    bind_enter(binder, STR("methods"));
    for (uint32_t i = 0; i < resource->methods.n; i++) {
        str outside = bind_enter(binder, methods[i].name);
        if (methods[i].has_idempotency)
            check_search(binder, integration, &methods[i].idempotency);
        binder->at = outside;
    }
    binder->at = before;
}

static void check_searches(struct binder *binder, const struct integration *integration)
{
    const struct resource *resources = integration->resources.items;
    check_search(binder, integration, &integration->idempotency);
    str top = bind_enter(binder, STR("resources"));
    for (uint32_t i = 0; i < integration->resources.n; i++)
        check_resource(binder, integration, &resources[i]);
    binder->at = top;
}

/* --- all --- */

void mapped_check(struct binder *binder, const struct integration *integration)
{
    check_searches(binder, integration);
    const struct mapping_category *categories = integration->unified.items;
    str top = bind_enter(binder, STR("unified"));
    for (uint32_t i = 0; i < integration->unified.n; i++) {
        const struct mapping *mappings = categories[i].mappings.items;
        str before = bind_enter(binder, categories[i].name);
        for (uint32_t k = 0; k < categories[i].mappings.n; k++)
            check_mapping(binder, integration, &mappings[k]);
        binder->at = before;
    }
    binder->at = top;
}

/* --- events --- */

static void check_event(struct binder *binder, const struct integration *integration,
                        const struct event_rule *rule)
{
    const struct mapping *mapping =
        mapping_find(&integration->unified, rule->category, rule->resource);
    if (!mapping) {
        bind_fault_at(binder, STR("resource"),
                      "is \"" STR_F "\", but /unified has no such CATEGORY/RESOURCE.",
                      STR_A(rule->target));
        return;
    }
    bool fetched = rule->record.source == SIGNAL_NONE && rule->action != RECORD_DELETED;
    if (fetched && !mapping->steps[MAPPING_GET])
        bind_fault(binder,
                   "has no \"record\", and that of \"" STR_F
                   "\" cannot be fetched: its mapping has no \"get\".",
                   STR_A(rule->target));
    else if (!event_step(mapping))
        bind_fault_at(binder, STR("resource"),
                      "is \"" STR_F "\", whose mapping has neither \"get\" nor \"list\".",
                      STR_A(rule->target));
}

const struct mapping_step *event_step(const struct mapping *mapping)
{
    return mapping->steps[MAPPING_GET] ? mapping->steps[MAPPING_GET]
                                       : mapping->steps[MAPPING_LIST];
}

void event_check(struct binder *binder, const struct integration *integration)
{
    if (!integration->events)
        return;
    const struct event_rule *rules = integration->events->rules.items;
    str top = bind_enter(binder, STR("events"));
    str list = bind_enter(binder, STR("rules"));
    for (uint32_t i = 0; i < integration->events->rules.n; i++) {
        str before = bind_enter_index(binder, i);
        if (!rules[i].ignore)
            check_event(binder, integration, &rules[i]);
        binder->at = before;
    }
    binder->at = list;
    binder->at = top;
}
