/*
 * The machine of a visit. Waits, and who ends them:
 *   EXCHANGE  the exchange, bounded by its total limit and the caller's deadline; the
 *             caller's leaving (except for a write that is on its way)
 *   REPLY     the exchange again; back-pressure both ways is bounded by the connection's
 *             and the call's idle limits
 *   GATHER    the caller, who sends a record, within the connection's limit
 *   OPERATE   the operation, as EXCHANGE
 *   HOLD      the caller, who sends the body of a write that is kept, within the
 *             connection's limit, or leaves
 *   OPEN, PARK, SETTLE  the store, which answers or gives up within its own limit
 *   FINISH    the caller, who takes what is left of a body that was turned, within the
 *             connection's limit, or leaves; then one turn
 */
#include "gate/visit.h"

#include "gate/keep.h"
#include "gate/unify.h"
#include "loop/world.h"

enum { VISIT_MAGIC = 0x56495354 };

struct step {
    const char *name;
    enum visit_step (*run)(struct visit *visit); /* NULL: it waits */
    unsigned moves;
};

#define TO(step) (1u << VISIT_##step)

static const struct step steps[] = {
    [VISIT_ROUTE] = {"route", visit_route, TO(ADMIT) | TO(REFUSE)},
    [VISIT_ADMIT] = {"admit", visit_admit,
                     TO(EXCHANGE) | TO(GATHER) | TO(OPERATE) | TO(REFUSE) | TO(HOLD) |
                         TO(OPEN) | TO(RECALL)},
    [VISIT_HOLD] = {"hold", NULL,
                    TO(OPEN) | TO(PARK) | TO(EXCHANGE) | TO(REFUSE) | TO(FINISH)},
    [VISIT_OPEN] = {"open", NULL, TO(EXCHANGE) | TO(OPERATE) | TO(REFUSE) | TO(SETTLE)},
    [VISIT_EXCHANGE] = {"exchange", NULL,
                        TO(REPLY) | TO(REFUSE) | TO(FINISH) | TO(HOLD) | TO(PARK) |
                            TO(SETTLE)},
    [VISIT_GATHER] = {"gather", NULL, TO(OPERATE) | TO(REFUSE) | TO(FINISH) | TO(OPEN)},
    [VISIT_OPERATE] = {"operate", NULL,
                       TO(REPLY) | TO(REFUSE) | TO(FINISH) | TO(PARK) | TO(SETTLE)},
    [VISIT_REPLY] = {"reply", NULL, TO(FINISH) | TO(SETTLE)},
    [VISIT_PARK] = {"park", NULL, TO(REFUSE)},
    [VISIT_SETTLE] = {"settle", NULL, TO(FINISH) | TO(REFUSE) | TO(REPLY)},
    [VISIT_RECALL] = {"recall", NULL, TO(FINISH)},
    [VISIT_REFUSE] = {"refuse", NULL, TO(FINISH)},
    [VISIT_FINISH] = {"finish", NULL, 0},
};

static void begin_exchange(struct visit *visit);

static void enter(struct visit *visit, enum visit_step step)
{
    switch (step) {
    case VISIT_EXCHANGE:
        begin_exchange(visit);
        return;
    case VISIT_GATHER:
        unify_gather(visit);
        return;
    case VISIT_OPERATE:
        unify_operate(visit);
        return;
    case VISIT_HOLD:
        keep_hold(visit);
        return;
    case VISIT_OPEN:
        keep_open(visit);
        return;
    case VISIT_PARK:
        keep_park(visit);
        return;
    case VISIT_SETTLE:
        keep_settle(visit);
        return;
    case VISIT_RECALL:
        unify_reply_recalled(visit);
        visit_move(visit, VISIT_FINISH);
        return;
    case VISIT_REPLY:
        visit_reply(visit);
        return;
    case VISIT_REFUSE:
        visit_refuse(visit);
        visit_move(visit, VISIT_FINISH);
        return;
    case VISIT_FINISH:
        if (visit->rest.n == 0 || visit->gone)
            timer_start(&visit->finish, 0);
        return;
    case VISIT_ROUTE:
    case VISIT_ADMIT:
        return;
    }
}

void visit_move(struct visit *visit, enum visit_step next)
{
    CHECK_MAGIC(visit, VISIT_MAGIC);
    for (;;) {
        CHECK(visit->step == next || (steps[visit->step].moves & (1u << next)));
        visit->step = next;
        if (!steps[next].run)
            break;
        next = steps[next].run(visit);
    }
    enter(visit, next);
}

enum visit_step visit_no(struct visit *visit, enum err err, str detail, usec retry_after)
{
    visit->err = err;
    visit->err_detail = detail;
    visit->err_retry_after = retry_after;
    return VISIT_REFUSE;
}

/* --- the request's body --- */

static void on_body_start(struct body *body)
{
    struct visit *visit = CONTAINER_OF(body, struct visit, body);
    inbound_read_body(visit->in);
}

static void on_body_room(struct body *body)
{
    struct visit *visit = CONTAINER_OF(body, struct visit, body);
    inbound_resume(visit->in);
}

static void on_body_data(struct body *body)
{
    struct visit *visit = CONTAINER_OF(body, struct visit, body);
    exchange_body_ready(&visit->exchange);
}

static void on_inbound_body(struct inbound *in, str chunk)
{
    struct visit *visit = in->owner;
    visit->bytes_in += chunk.n;
    if (visit->step == VISIT_GATHER) {
        unify_take_body(visit, chunk);
        return;
    }
    if (visit->step == VISIT_HOLD) {
        keep_take_body(visit, chunk);
        return;
    }
    if (visit->step != VISIT_EXCHANGE && visit->step != VISIT_REPLY)
        return;
    if (!body_put(&visit->body, chunk))
        inbound_pause(in);
}

static void on_inbound_end(struct inbound *in)
{
    struct visit *visit = in->owner;
    body_end(&visit->body);
    if (visit->unify)
        unify_end_body(visit);
    else if (visit->step == VISIT_HOLD)
        keep_end_body(visit);
}

/* --- the exchange --- */

static struct visit *visit_of(struct exchange *exchange)
{
    return exchange->owner;
}

static void on_inform(struct exchange *exchange, const struct message_head *head)
{
    visit_inform(visit_of(exchange), head);
}

static void on_answer(struct exchange *exchange)
{
    struct visit *visit = visit_of(exchange);
    if (!keep_takes(visit))
        visit_move(visit, VISIT_REPLY);
}

static void on_answer_body(struct exchange *exchange, str chunk)
{
    struct visit *visit = visit_of(exchange);
    if (visit->keep && visit->keep->parking)
        return;
    keep_answer(visit, chunk);
    if (visit->body_replaced)
        return;
    visit->bytes_out += chunk.n;
    if (!inbound_write(visit->in, chunk))
        exchange_pause(exchange);
}

static void on_drained(struct inbound *in)
{
    struct visit *visit = in->owner;
    if (visit->unify && visit->step == VISIT_REPLY) {
        unify_drained(visit);
        return;
    }
    visit_put_rest(visit);
    if (visit->step == VISIT_FINISH)
        enter(visit, VISIT_FINISH);
    else
        exchange_resume(&visit->exchange);
}

static void on_done(struct exchange *exchange)
{
    struct visit *visit = visit_of(exchange);
    const struct outcome *outcome = &exchange->outcome;
    bool failed = outcome->err && !visit->answered;
    visit_no(visit, outcome->err, outcome->detail, outcome->retry_after);
    visit->aborted = outcome->cut && visit->answered;
    if (keep_concerns(visit) &&
        ((failed && keep_takes(visit)) || visit->keep->parking || visit->keep->opened))
        visit_move(visit, keep_where(visit));
    else
        visit_move(visit, failed && !visit->gone ? VISIT_REFUSE : VISIT_FINISH);
}

static void begin_exchange(struct visit *visit)
{
    static const struct exchange_ops ops = {on_inform, on_answer, on_answer_body,
                                            on_done};
    struct exchange *exchange = &visit->exchange;
    exchange->ops = &ops;
    exchange->owner = visit;
    visit->exchanging = true;
    visit->outcome = &exchange->outcome;
    exchange_start(exchange);
}

/* --- the caller leaves --- */

static void on_gone(struct inbound *in)
{
    struct visit *visit = in->owner;
    visit->gone = true;
    if (visit->step == VISIT_FINISH)
        enter(visit, VISIT_FINISH);
    if (visit->step == VISIT_OPEN || visit->step == VISIT_PARK ||
        visit->step == VISIT_SETTLE)
        return; /* the store answers */
    if (visit->step == VISIT_HOLD) {
        visit_move(visit, VISIT_FINISH);
        return;
    }
    if (visit->operating && visit->step != VISIT_FINISH)
        unify_leave(visit);
    if (!visit->exchanging || visit->step == VISIT_FINISH)
        return;
    bool cut_body = in->body_state != INBOUND_BODY_ENDED;
    if (exchange_cancel(&visit->exchange))
        visit_move(visit, keep_concerns(visit) ? keep_where(visit) : VISIT_FINISH);
    else if (cut_body)
        exchange_body_broken(&visit->exchange);
}

void gate_part_init(struct gate_part *part, size_t hold_bytes_max)
{
    *part = (struct gate_part){.budget = {.bytes_max = hold_bytes_max}};
    list_init(&part->visits);
}

/* A visit past its exchange waits for its caller at most, and ends with his connection.
 */
void gate_stop(struct gate *gate, struct worker *worker)
{
    LIST_EACH(node, &gate->parts[worker->id].visits)
    {
        struct visit *visit = CONTAINER_OF(node, struct visit, node);
        CHECK_MAGIC(visit, VISIT_MAGIC);
        if (visit->exchanging)
            exchange_stop(&visit->exchange);
        if (visit->operating)
            operation_stop(&visit->unify->operation);
    }
}

/* --- the end --- */

static void let_go(struct visit *visit)
{
    struct gate *gate = visit->gate;
    if (visit->exchanging)
        exchange_fini(&visit->exchange);
    if (visit->operating)
        unify_fini(visit);
    keep_fini(visit);
    cache_entry_unref(&visit->recalled);
    body_fini(&visit->body);
    if (visit->pin)
        catalog_unpin(gate->catalog, visit->in->worker, visit->pin);
    account_unref(&visit->account);
    api_key_unref(&visit->key);
    list_remove(&visit->node);
    atomic_fetch_sub_explicit(&gate->visits, 1, memory_order_relaxed);
}

static void on_finish(struct timer *timer)
{
    struct visit *visit = CONTAINER_OF(timer, struct visit, finish);
    CHECK_MAGIC(visit, VISIT_MAGIC);
    struct inbound *in = visit->in;
    bool whole = visit->answered && !visit->aborted;
    const struct headers *trailers =
        visit->exchanging ? visit->exchange.answer.trailers : NULL;
    visit->gate->observe(visit->gate->observe_arg, visit);
    if (whole || visit->gone) {
        struct headers none = {0};
        let_go(visit);
        visit->magic = 0;
        inbound_end(in, trailers ? trailers : &none);
        return;
    }
    let_go(visit);
    visit->magic = 0;
    inbound_abort(in);
}

static const struct inbound_ops inbound_events = {on_inbound_body, on_inbound_end,
                                                  on_drained, on_gone};

void gate_visit(struct gate *gate, struct inbound *in, enum gate_route route, str account,
                str path)
{
    struct visit *visit = arena_zalloc(in->arena, sizeof(*visit));
    visit->magic = VISIT_MAGIC;
    visit->gate = gate;
    visit->in = in;
    visit->arena = in->arena;
    visit->route = route;
    visit->account_ref = account;
    visit->path = path;
    visit->query = in->query;
    visit->err_retry_after = -1;
    visit->caller_request_id = header_value(&in->head.headers, HEADER_X_REQUEST_ID);
    in->ops = &inbound_events;
    in->owner = visit;
    world_name(in->worker->world, "req_", visit->request_id);
    timer_init(&visit->finish, in->worker, on_finish);
    int64_t length = in->head.chunked ? -1 : in->head.content_length;
    struct gate_part *part = &gate->parts[in->worker->id];
    list_push_back(&part->visits, &visit->node);
    body_init(&visit->body, &part->budget, GATE_HOLD_BYTES, length);
    visit->body.on_start = on_body_start;
    visit->body.on_room = on_body_room;
    visit->body.on_data = on_body_data;
    if (in->body_state == INBOUND_BODY_ENDED)
        body_end(&visit->body);
    uint32_t before = atomic_fetch_add_explicit(&gate->visits, 1, memory_order_relaxed);
    if (before >= gate->visits_max) {
        visit_no(visit, ERR_OVERLOADED, STR("Raise the setting visits_max."), USEC_S);
        visit->step = VISIT_REFUSE;
        enter(visit, VISIT_REFUSE);
        return;
    }
    visit_move(visit, VISIT_ROUTE);
}
