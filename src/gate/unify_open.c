/*
 * What all operations of callers begin with: the operation, and where its walk begins.
 */
#include "gate/unify.h"

#include "loop/world.h"

/* --- the operation --- */

/* What wishes say of each vendor request. A whole list waits for the vendor's limits,
 * and lets others go first, unless its caller says otherwise. */
static struct exchange_request base_of(struct visit *visit)
{
    const struct wishes *wishes = &visit->wishes;
    const struct unify *unify = visit->unify;
    usec began = visit->in->began;
    bool waits = unify->all && wishes->wait_on_limit == 0 && !wishes->refuse_on_limit;
    return (struct exchange_request){
        .deadline = wishes->deadline < 0 ? USEC_NEVER : began + wishes->deadline,
        .wait_on_limit = waits ? VISIT_WAIT_MAX : wishes->wait_on_limit,
        .refuse_on_limit = wishes->refuse_on_limit,
        .background = wishes->background || unify->all,
        .single_attempt = wishes->single_attempt,
        .traceparent = visit_continue_trace(visit),
        .cache = visit_recall_wish(visit),
    };
}

void unify_open(struct visit *visit)
{
    struct unify *unify = visit->unify;
    struct operation *operation = &unify->operation;
    struct gate *gate = visit->gate;
    operation_init(operation, &gate->exchange, visit->in->worker,
                   &gate->parts[visit->in->worker->id].budget);
    visit->operating = true;
    operation->ops = &unify_events;
    operation->owner = visit;
    operation->pin = visit->pin;
    operation->account = visit->account;
    operation->wish.model = unify->model;
    operation->wish.wanted = unify->all ? 0 : unify->limit;
    operation->wish.stop_at_fault = unify->stop_at_fault;
    operation->wish.key = header_value(&visit->in->head.headers, HEADER_IDEMPOTENCY_KEY);
    operation->wish.base = base_of(visit);
    buf_init(&unify->given, UNIFY_BODY_BYTES_MAX);
    buf_init(&unify->data, UNIFY_ANSWER_BYTES_MAX);
    if (mapping_operation_kind(unify->kind) == MAPPING_LISTS && !unify->all)
        buf_str(&unify->data, STR("{\"data\":["));
    buf_init(&unify->originals_text, UNIFY_ANSWER_BYTES_MAX);
    buf_init(&unify->faults_text, UNIFY_ANSWER_BYTES_MAX);
    buf_init(&unify->text, 3 * (size_t)UNIFY_ANSWER_BYTES_MAX);
}

void unify_aim(struct visit *visit)
{
    struct unify *unify = visit->unify;
    struct operation *operation = &unify->operation;
    operation->integration = visit->integration;
    operation->way = visit->way;
    operation->wish.kind = unify->kind;
    operation->wish.method = visit->method;
    operation->wish.mapping = unify->mapping;
}

/* --- the walk --- */

static bool resume_walk(struct visit *visit, const struct page_rule *rule)
{
    struct unify *unify = visit->unify;
    uint64_t wanted = unify->operation.wish.wanted;
    str detail = STR_NONE;
    enum err err = cursor_check(&unify->from, rule, &detail);
    if (err) {
        visit_no(visit, err, detail, -1);
        return false;
    }
    unify->operation.walk = unify->from.walk;
    unify->begun = unify->from.begun;
    /* another limit than before is met as well as the kind of pages allows */
    (void)walk_resize(rule, operation_page_size(rule, wanted), &unify->operation.walk);
    return true;
}

bool unify_begin_walk(struct visit *visit)
{
    struct unify *unify = visit->unify;
    const struct page_rule *rule = operation_rule(&unify->operation);
    uint64_t wanted = unify->operation.wish.wanted;
    if (!rule) {
        visit_no(visit, ERR_PAGES_UNKNOWN, STR_NONE, -1);
        return false;
    }
    if (!str_absent(unify->cursor))
        return resume_walk(visit, rule);
    unify->begun = world_wall(visit->in->worker->world);
    walk_begin(rule, operation_page_size(rule, wanted), STR_NONE, &unify->operation.walk);
    return true;
}
