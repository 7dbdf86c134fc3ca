#include "news/normalize.h"

void hook_request_read(struct hook_request *request,
                       const struct integration *integration, struct arena *arena)
{
    const struct hook_message *message = &request->message;
    const struct webhook_rule *rule = integration->webhooks;
    request->request = (struct webhook_request){.method = message->method,
                                                .url = message->url,
                                                .headers = &message->headers,
                                                .body = message->body,
                                                .wall = message->received};
    webhook_view_init(&request->view, &request->request,
                      rule ? rule->form_json : STR_NONE, arena);
    request->view.verified = true; /* before it was kept */
    request->events = (struct webhook_events){0};
    if (rule)
        request->events = webhook_events_of(rule, &request->view);
}

static struct normal fault(const struct normal *normal, const char *why, str detail)
{
    struct normal faulted = *normal;
    faulted.kind = NORMAL_FAULTED;
    faulted.why = why;
    faulted.detail = detail;
    return faulted;
}

static struct normal of_meaning(const struct normal *normal)
{
    static const char *const whys[] = {[EVENT_NO_ID] = "id_missing",
                                       [EVENT_NO_ACTION] = "action_unknown",
                                       [EVENT_NO_RECORD] = "record_missing"};
    const struct event_meaning *meaning = &normal->meaning;
    return fault(normal, whys[meaning->fault], meaning->trouble);
}

static struct json scene_request(str id, struct arena *arena)
{
    struct json_build build;
    json_build_init(&build, arena);
    json_build_member(&build, STR("id"), json_of_text(id));
    return json_build_object(&build);
}

/* An event whose record says to be another one than the rule does would keep the order of
 * the wrong one. */
static struct normal map(const struct normal *normal, usec wall, struct arena *arena)
{
    struct normal made = *normal;
    struct mapping_fault why;
    struct mapping_scene scene = {.request = scene_request(normal->meaning.id, arena),
                                  .now_ms = (double)(wall / USEC_MS)};
    str detail = STR_NONE;
    switch (mapping_response(event_step(normal->mapping), &normal->meaning.record, &scene,
                             arena, &made.record, &why)) {
    case MAPPING_LEFT_OUT:
        made.kind = NORMAL_IGNORED;
        made.why = "left_out";
        return made;
    case MAPPING_FAULTED:
        return fault(normal, "mapping_failed", mapping_fault_text(&why, arena));
    case MAPPING_MADE:
        break;
    }
    if (!model_check(made.model->record, &made.record, arena, &detail))
        return fault(normal, "mapping_failed", detail);
    str id = json_member_text(&made.record, STR("id"));
    if (!str_eq(id, normal->meaning.id))
        return fault(
            normal, "id_differs",
            arena_printf(arena, "The record is \"" STR_F "\", the event's \"" STR_F "\".",
                         STR_A(id), STR_A(normal->meaning.id)));
    return made;
}

static struct normal of_record(const struct integration *integration,
                               const struct models *models, const struct normal *normal,
                               usec wall, struct arena *arena)
{
    struct normal record = *normal;
    const struct event_rule *rule = normal->meaning.rule;
    if (normal->meaning.fault)
        return of_meaning(normal);
    record.kind = NORMAL_RECORD;
    record.mapping = mapping_find(&integration->unified, rule->category, rule->resource);
    record.model = models_find(models, rule->category, rule->resource);
    if (!record.mapping || !record.model)
        return fault(normal, "model_missing", STR_NONE);
    if (normal->meaning.action == RECORD_DELETED)
        return record;
    record.fetch = rule->record.source == SIGNAL_NONE;
    if (record.fetch && !record.mapping->steps[MAPPING_GET])
        return fault(normal, "record_missing", STR_NONE);
    return record.fetch ? record : map(&record, wall, arena);
}

struct normal normalize(const struct integration *integration,
                        const struct models *models, struct hook_request *request,
                        uint32_t item, struct arena *arena)
{
    struct normal normal = {.kind = NORMAL_RAW, .detail = STR_NONE};
    struct webhook_event event = {.type = STR_NONE};
    if (!integration->webhooks)
        return fault(&normal, "webhooks_missing", STR_NONE);
    if (item >= request->events.n)
        return fault(&normal, "item_missing", STR_NONE);
    normal.item = request->events.items[item];
    webhook_event_read(integration->webhooks, &request->view, &normal.item, &event);
    event_rules_read(integration->events, &request->view, &normal.item, event.type,
                     &normal.meaning);
    if (!normal.meaning.rule)
        return normal;
    if (normal.meaning.rule->ignore) {
        normal.kind = NORMAL_IGNORED;
        normal.why = "ignored";
        return normal;
    }
    return of_record(integration, models, &normal, request->message.received, arena);
}
