/*
 * One record: mapped, held to its model, told. What it takes goes before the next one.
 */
#include "operation/operation_steps.h"

#include "loop/world.h"
#include "policy/expression.h"

enum mapping_end operation_map(struct operation *operation, const struct json *original,
                               struct json *ret_model, struct mapping_fault *ret_fault)
{
    const struct mapping_step *step = operation_mapping_step(operation);
    if (operation->response.type == JSON_UNDEFINED)
        operation->response = expression_response(&operation->page, &operation->answer);
    struct mapping_scene scene = {
        .request = operation->wish.request,
        .response = operation->response,
        .now_ms = (double)(operation->answer.wall / USEC_MS),
    };
    return mapping_response(step, original, &scene, &operation->record, ret_model,
                            ret_fault);
}

static enum mapping_end map_and_check(struct operation *operation,
                                      struct operation_record *record)
{
    str detail;
    enum mapping_end end =
        operation_map(operation, &record->original, &record->model, &record->fault);
    if (end == MAPPING_FAULTED)
        record->model = (struct json){0};
    if (end != MAPPING_MADE || model_check(operation->wish.model->record, &record->model,
                                           &operation->record, &detail))
        return end;
    record->fault =
        (struct mapping_fault){.part = "model", .code = STR("model"), .text = detail};
    return MAPPING_FAULTED;
}

/* False: its starter did not take it. */
static bool tell(struct operation *operation, const struct operation_record *record)
{
    if (!operation->ops->on_record(operation, record))
        return false;
    operation->told++;
    if (record->end == MAPPING_FAULTED && operation->faults++ == 0)
        operation->fault = mapping_fault_text(&record->fault, &operation->arena);
    return true;
}

void operation_note_written(const struct operation *operation, str id,
                            const struct json *record)
{
    const struct exchange_env *env = operation->env;
    if (env->on_written && operation->wish.model)
        env->on_written(env->on_written_arg, operation->account, operation->wish.model,
                        id, record);
}

/* What is known for sure of a record that cannot be told. */
static struct json id_only(struct operation *operation, str id)
{
    struct json_build build;
    if (str_absent(id))
        return (struct json){0};
    json_build_init(&build, &operation->record);
    json_build_member(&build, STR("id"), json_of_text(id));
    return json_build_object(&build);
}

bool operation_tell(struct operation *operation, const struct json *original)
{
    struct operation_record record = {
        .end = MAPPING_MADE, .model = *original, .original = *original};
    arena_reset(&operation->record);
    if (operation->wish.mapping)
        record.end = map_and_check(operation, &record);
    if (record.end == MAPPING_MADE &&
        mapping_operation_kind(operation->wish.kind) == MAPPING_WRITES)
        operation_note_written(operation, json_member_text(&record.model, STR("id")),
                               &record.model);
    if (record.end == MAPPING_FAULTED)
        record.model = id_only(operation, json_member_text(&record.model, STR("id")));
    return record.end == MAPPING_LEFT_OUT || tell(operation, &record);
}

void operation_tell_id(struct operation *operation, str id, const char *code, str why)
{
    struct operation_record record = {
        .end = MAPPING_FAULTED,
        .fault = {.part = "response", .code = str_z(code), .text = why},
    };
    arena_reset(&operation->record);
    record.model = id_only(operation, id);
    (void)tell(operation, &record);
}

void operation_tell_item(struct operation *operation, const struct batch_item *item,
                         const struct json *original)
{
    struct operation_record record = {
        .end = MAPPING_FAULTED,
        .original = item->value ? *item->value : (struct json){0},
        .unknown = !item->value,
        .failure = item->failed ? &item->failure : NULL,
        .fault = {.part = "response",
                  .code = STR("item"),
                  .text = STR("the vendor's answer does not say that it was made")}};
    if (item->value && !item->failed) {
        (void)operation_tell(operation, original);
        return;
    }
    arena_reset(&operation->record);
    (void)tell(operation, &record);
}
