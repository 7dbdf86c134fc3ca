/*
 * An operation of a caller's: his record is gathered and looked at before anything is
 * sent; what comes out is collected, or flows as it comes.
 */
#include "gate/keep.h"
#include "gate/unify.h"

#include "json/json_parse.h"

/* --- the caller's record --- */

void unify_gather(struct visit *visit)
{
    if (visit->in->body_state == INBOUND_BODY_ENDED)
        unify_end_body(visit);
    else
        inbound_read_body(visit->in);
}

void unify_take_body(struct visit *visit, str chunk)
{
    struct buf *given = &visit->unify->given;
    buf_str(given, chunk);
    if (!buf_ok(given))
        visit_move(visit, visit_no(visit, ERR_BODY_TOO_LARGE,
                                   STR("What is sent here has 1 MiB at most."), -1));
}

static enum visit_step refuse_record(struct visit *visit, str detail)
{
    return visit_no(visit, ERR_RECORD_INVALID, detail, -1);
}

static struct json with_body(struct visit *visit, const struct json *record)
{
    const struct json *request = &visit->unify->operation.wish.request;
    struct json_build build;
    json_build_init(&build, visit->arena);
    for (uint32_t i = 0; i < request->n; i++)
        json_build_member(&build, json_key(&request->u.members[i]),
                          request->u.members[i].value);
    json_build_member(&build, STR("body"), *record);
    return json_build_object(&build);
}

/* Absent: it may be written; else why not. */
static str misfit(struct visit *visit, const struct json *record)
{
    const struct unify *unify = visit->unify;
    const struct schema *schema =
        unify->kind == MAPPING_UPDATE ? unify->model->changed : unify->model->created;
    enum mapping_operation of =
        unify->kind == MAPPING_CREATE_MANY ? MAPPING_CREATE : unify->kind;
    str detail;
    if (!model_check(schema, record, visit->arena, &detail))
        return detail;
    str unread = mapping_unread(unify->mapping->steps[of], record, visit->arena);
    if (str_absent(unread))
        return STR_NONE;
    return arena_printf(visit->arena, "This integration cannot write \"" STR_F "\".",
                        STR_A(unread));
}

/* Several that are to be made. */
static enum visit_step take_records(struct visit *visit, const struct json *records)
{
    struct unify *unify = visit->unify;
    unify->kind = MAPPING_CREATE_MANY;
    if (!unify_choose_method(visit))
        return VISIT_REFUSE;
    uint64_t max = visit->method->items->max;
    if (records->n == 0 || records->n > max)
        return refuse_record(visit,
                             arena_printf(visit->arena, "It must have 1 to %llu records.",
                                          (unsigned long long)max));
    for (uint32_t i = 0; i < records->n; i++) {
        str why = misfit(visit, &records->u.items[i]);
        if (!str_absent(why))
            return refuse_record(
                visit, arena_printf(visit->arena, "Record %u: " STR_F, i, STR_A(why)));
    }
    buf_str(&unify->data, STR("{\"items\":["));
    unify->operation.wish.request = with_body(visit, records);
    return VISIT_OPERATE;
}

static enum visit_step take_record(struct visit *visit)
{
    struct unify *unify = visit->unify;
    struct json *record = arena_alloc(visit->arena, sizeof(*record));
    bool good = json_parse(visit->arena, buf_peek(&unify->given), NULL, record, NULL);
    if (good && json_is(record, JSON_ARRAY) && unify->kind == MAPPING_CREATE)
        return take_records(visit, record);
    if (!good || !json_is(record, JSON_OBJECT))
        return refuse_record(visit, STR("The body must be a JSON object: the record."));
    str why = misfit(visit, record);
    if (!str_absent(why))
        return refuse_record(visit, why);
    unify->operation.wish.request = with_body(visit, record);
    return keep_admit(visit, VISIT_OPERATE);
}

void unify_end_body(struct visit *visit)
{
    if (visit->step == VISIT_GATHER)
        visit_move(visit,
                   visit->unify->mapping ? take_record(visit) : unify_begin_pages(visit));
}

/* --- the operation --- */

static struct visit *visit_of(struct operation *operation)
{
    return operation->owner;
}

/* Of what flows, a record that has no room waits for the next piece. Of a page, whose
 * size its caller chose, that is an error in the end. */
static bool on_record(struct operation *operation, const struct operation_record *record)
{
    struct unify *unify = visit_of(operation)->unify;
    size_t before = unify->data.n;
    unify_put_record(unify, record);
    if (!unify->all ||
        (buf_ok(&unify->data) &&
         unify->data.n <= UNIFY_ANSWER_BYTES_MAX - UNIFY_PROGRESS_BYTES_MAX))
        return true;
    buf_truncate(&unify->data, before);
    return false;
}

/* What was made flows to the caller; then the next page, or the end. */
static bool flow(struct visit *visit)
{
    struct unify *unify = visit->unify;
    visit_put_rest(visit);
    if (visit->rest.n)
        return false;
    buf_clear(&unify->data);
    return true;
}

static bool on_page(struct operation *operation)
{
    struct visit *visit = visit_of(operation);
    struct unify *unify = visit->unify;
    if (!unify->all)
        return true;
    unify_put_progress(visit);
    if (visit->step == VISIT_OPERATE)
        visit_move(visit, VISIT_REPLY);
    visit->rest = buf_peek(&unify->data);
    return flow(visit);
}

/* What was told of a page that then ended the list. */
static void flow_rest(struct visit *visit)
{
    if (!visit->rest.n)
        visit->rest = buf_peek(&visit->unify->data);
}

/* The last line, once everything before it has been taken. */
static void end_flow(struct visit *visit)
{
    struct unify *unify = visit->unify;
    if (!flow(visit))
        return;
    if (!unify->closed) {
        unify->closed = true;
        unify_put_end(visit);
        visit->rest = buf_peek(&unify->data);
    }
    if (flow(visit))
        visit_move(visit, VISIT_FINISH);
}

static void reply_whole(struct visit *visit)
{
    visit_move(visit, VISIT_REPLY);
    visit_move(visit, VISIT_FINISH);
}

void unify_told(struct visit *visit)
{
    if (visit->unify->operation.err)
        visit_move(visit, VISIT_REFUSE);
    else if (visit->unify->operation.cut)
        visit_move(visit, VISIT_FINISH);
    else
        reply_whole(visit);
}

static void on_done(struct operation *operation)
{
    struct visit *visit = visit_of(operation);
    struct unify *unify = visit->unify;
    bool unheard = visit->gone || visit->answered;
    if (unify->recalling || visit->step == VISIT_FINISH)
        return; /* stopped before it began; the visit ends with what it waits for */
    unify->over = true;
    visit->err = operation->err;
    visit->err_detail = operation->detail;
    visit->aborted = operation->cut && visit->answered;
    if (keep_concerns(visit) && (keep_takes(visit) || visit->keep->opened)) {
        unify_keep_answer(visit);
        visit_move(visit, keep_where(visit));
        return;
    }
    if (operation->err && !unheard)
        visit_move(visit, VISIT_REFUSE);
    else if (visit->gone || operation->cut)
        visit_move(visit, VISIT_FINISH);
    else if (visit->step == VISIT_OPERATE)
        reply_whole(visit);
    if (visit->step != VISIT_REPLY)
        return;
    flow_rest(visit);
    end_flow(visit);
}

const struct operation_ops unify_events = {
    .on_record = on_record, .on_page = on_page, .on_done = on_done};

void unify_operate(struct visit *visit)
{
    struct operation *operation = &visit->unify->operation;
    if (visit->unify->recalling) {
        unify_wait_version(visit);
        return;
    }
    visit->outcome = &operation->outcome;
    operation_start(operation);
}

void unify_drained(struct visit *visit)
{
    struct unify *unify = visit->unify;
    if (unify->over)
        end_flow(visit);
    else if (flow(visit))
        operation_resume(&unify->operation);
}

void unify_leave(struct visit *visit)
{
    bool gathers = visit->step == VISIT_GATHER;
    if (visit->unify->recalling)
        return;
    if (!gathers && !operation_cancel(&visit->unify->operation))
        return;
    visit_move(visit,
               !gathers && keep_concerns(visit) ? keep_where(visit) : VISIT_FINISH);
}

void unify_fini(struct visit *visit)
{
    struct unify *unify = visit->unify;
    operation_fini(&unify->operation);
    recall_release(&unify->recalled);
    buf_fini(&unify->given);
    buf_fini(&unify->data);
    buf_fini(&unify->originals_text);
    buf_fini(&unify->faults_text);
    buf_fini(&unify->text);
}
