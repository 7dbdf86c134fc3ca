/*
 * The vendor's side of an attempt: an exchange of a proxied write, an operation of a
 * unified one.
 */
#include "writes/write_run_steps.h"

#include "json/json_write.h"

enum { BODY_BYTES_MAX = 4 << 20 };
static const usec held_pause = 30 * USEC_S;

/* --- what it was answered --- */

/* What an answer is told with later: not what belongs to the way it came by. */
void write_run_keep_headers(struct write_run *run, const struct headers *from)
{
    run->headers = arena_alloc(&run->arena, sizeof(*run->headers));
    headers_init(run->headers, &run->arena, from->n + 1);
    for (uint32_t i = 0; i < from->n; i++) {
        struct header copy = from->items[i];
        if (header_flags(copy.id) & (HEADER_HOP | HEADER_TAKEN))
            continue;
        copy.name = arena_str(&run->arena, copy.name);
        copy.value = arena_str(&run->arena, copy.value);
        header_copy(run->headers, &copy);
    }
}

/* --- a proxied write --- */

static void on_answer(struct exchange *exchange)
{
    struct write_run *run = exchange->owner;
    run->answered = true;
    run->status = exchange->answer.status;
    write_run_keep_headers(run, exchange->answer.headers);
}

static void on_body(struct exchange *exchange, str chunk)
{
    struct write_run *run = exchange->owner;
    if (run->answer_lost)
        return;
    buf_str(&run->answer, chunk);
    run->answer_lost = !buf_ok(&run->answer);
}

static void on_over(struct timer *timer)
{
    write_run_decide(CONTAINER_OF(timer, struct write_run, timer));
}

/* In a turn of its own: what follows frees what the last call stands on. */
static void on_exchange_done(struct exchange *exchange)
{
    struct write_run *run = exchange->owner;
    run->outcome = &exchange->outcome;
    timer_init(&run->timer, run->worker, on_over);
    timer_start(&run->timer, 0);
}

void write_run_fill(struct write_run *run, const struct write_message *message,
                    const struct method *method)
{
    struct writes *writes = run->shard->writes;
    struct exchange *exchange = &run->exchange;
    bool has_body = !str_absent(message->body);
    exchange_init(exchange, writes->config.exchange, run->worker, &run->arena);
    body_init(&run->body, &writes->budgets[run->worker->id], BODY_BYTES_MAX,
              has_body ? (int64_t)message->body.n : 0);
    if (has_body)
        body_put(&run->body, message->body);
    body_end(&run->body);
    exchange->owner = run;
    exchange->pin = run->pin;
    exchange->integration = run->integration;
    exchange->account = run->account;
    exchange->way = run->way;
    exchange->method = method;
    exchange->request = (struct exchange_request){
        .verb = message->verb,
        .path = message->path,
        .query = message->query,
        .host = message->host,
        .headers = message->headers,
        .body = has_body ? &run->body : NULL,
        .body_bytes = has_body ? (int64_t)message->body.n : 0,
        .deadline = USEC_NEVER,
        .single_attempt = true,
        .refuse_on_limit = true,
        .accepted = true,
    };
    run->exchanging = true;
}

void write_run_release(struct write_run *run)
{
    if (!run->exchanging)
        return;
    exchange_fini(&run->exchange);
    body_fini(&run->body);
    run->exchanging = false;
}

void write_run_send(struct write_run *run)
{
    static const struct exchange_ops ops = {
        .on_answer = on_answer, .on_body = on_body, .on_done = on_exchange_done};
    write_run_fill(run, &run->asked, run->method);
    run->exchange.ops = &ops;
    run->exchange.request.keyed = run->keyed;
    exchange_start(&run->exchange);
}

/* --- a unified write --- */

static bool on_record(struct operation *operation, const struct operation_record *record)
{
    struct write_run *run = operation->owner;
    run->answer_lost = !buf_ok(&run->answer);
    if (run->answer.n)
        return true;
    buf_str(&run->answer, STR("{\"data\":"));
    if (json_is(&record->model, JSON_UNDEFINED))
        buf_str(&run->answer, STR("null"));
    else
        json_write(&run->answer, &record->model, JSON_COMPACT);
    buf_char(&run->answer, '}');
    return true;
}

static bool on_page(struct operation *operation)
{
    (void)operation;
    return true;
}

static void take_vendor_answer(struct write_run *run)
{
    const struct operation *operation = &run->operation;
    run->answered = operation->done || operation->refused;
    if (!run->answered)
        return;
    if (operation->done) {
        enum mapping_operation kind = operation->wish.kind;
        run->status = operation_status(kind);
        run->headers = arena_alloc(&run->arena, sizeof(*run->headers));
        headers_init(run->headers, &run->arena, 1);
        if (kind != MAPPING_DELETE)
            header_add(run->headers, HEADER_CONTENT_TYPE, STR("application/json"));
        if (!run->answer.n && kind != MAPPING_DELETE)
            buf_str(&run->answer, STR("{\"data\":null}"));
        return;
    }
    run->status = operation->answer.status;
    write_run_keep_headers(run, operation->answer.headers);
    buf_str(&run->answer, operation->answer.text);
}

static void on_operation_done(struct operation *operation)
{
    struct write_run *run = operation->owner;
    run->outcome = &operation->outcome;
    take_vendor_answer(run);
    timer_init(&run->timer, run->worker, on_over);
    timer_start(&run->timer, 0);
}

static void on_noted(struct write_freeze *freeze)
{
    struct write_run *run = CONTAINER_OF(freeze, struct write_run, freeze);
    CRASH_POINT("write.frozen");
    run->step = RUN_VENDOR;
    if (freeze->err == ERR_NONE && !run->stopped) {
        operation_go_on(&run->operation);
        return;
    }
    (void)operation_cancel(&run->operation);
    run->outcome = &run->operation.outcome;
    write_run_conclude(run, (struct write_decision){VERDICT_WAIT, held_pause, "store"});
}

static void on_write(struct operation *operation)
{
    struct write_run *run = operation->owner;
    const struct exchange_request *request = &operation->exchange.request;
    struct write_message message = {.verb = request->verb,
                                    .path = request->path,
                                    .query = request->query,
                                    .host = request->host,
                                    .headers = request->headers,
                                    .body = operation->text};
    usec wall = write_run_wall(run);
    str text;
    if (run->is_frozen) {
        timer_start(&run->go, 0); /* it was noted at its first attempt */
        return;
    }
    if (!run->row.first_sent)
        run->row.first_sent = wall;
    text = write_message_text(&message, &run->arena);
    CHECK(write_message_read(text, &run->arena, &run->frozen));
    run->step = RUN_NOTE;
    run->freeze = (struct write_freeze){
        .store = run->shard->writes->config.store,
        .worker = run->worker,
        .done = on_noted,
        .id = run->row.id,
        .lease = run->row.lease,
        .frozen = writes_seal(run->shard->writes, run->account, run->row.id,
                              WRITE_PART_FROZEN, text, &run->arena),
        .vendor_key = run->row.vendor_key,
        .wall = run->row.first_sent};
    write_freeze(&run->freeze);
}

static void on_go_on(struct timer *timer)
{
    struct write_run *run = CONTAINER_OF(timer, struct write_run, go);
    if (!run->stopped)
        operation_go_on(&run->operation);
}

static bool find_operation(str name, enum mapping_operation *ret)
{
    for (int i = 0; i < MAPPING_OPERATION_COUNT; i++)
        if (str_eq(name, mapping_operation_name((enum mapping_operation)i))) {
            *ret = (enum mapping_operation)i;
            return true;
        }
    return false;
}

/* With the step of the operation that was asked for; NULL: there is none any more. */
static const struct mapping *find_mapping(const struct write_run *run,
                                          enum mapping_operation *ret_kind)
{
    const struct write_message *asked = &run->asked;
    const struct mapping *mapping =
        mapping_find(&run->integration->unified, asked->category, asked->resource);
    if (!mapping || !find_operation(asked->operation, ret_kind))
        return NULL;
    return mapping->steps[*ret_kind] ? mapping : NULL;
}

const struct method *write_run_method(const struct write_run *run)
{
    const struct write_message *asked = &run->asked;
    enum mapping_operation kind;
    if (str_absent(asked->category))
        return str_absent(asked->host)
                   ? integration_method(run->integration, asked->verb, asked->path)
                   : NULL;
    const struct mapping *mapping = find_mapping(run, &kind);
    return mapping
               ? integration_named_method(run->integration, mapping->steps[kind]->method)
               : NULL;
}

/* False: model, mapping or method are there no more. */
static bool fill_wish(struct write_run *run, struct operation_wish *wish)
{
    const struct write_message *asked = &run->asked;
    wish->model =
        models_find(run->shard->writes->config.models, asked->category, asked->resource);
    wish->mapping = find_mapping(run, &wish->kind);
    wish->method = run->method;
    if (!wish->model || !wish->mapping || !wish->method)
        return false;
    wish->request = asked->asked;
    wish->key = run->row.vendor_key;
    wish->base = (struct exchange_request){.deadline = USEC_NEVER,
                                           .single_attempt = true,
                                           .refuse_on_limit = true,
                                           .accepted = true};
    if (run->is_frozen) {
        run->replay = (struct operation_frozen){run->frozen.path, run->frozen.query,
                                                run->frozen.host, run->frozen.headers,
                                                run->frozen.body};
        wish->frozen = &run->replay;
    }
    if (!json_is(&run->found, JSON_UNDEFINED))
        wish->found = &run->found;
    return true;
}

void write_run_operate(struct write_run *run)
{
    static const struct operation_ops ops = {.on_record = on_record,
                                             .on_page = on_page,
                                             .on_done = on_operation_done,
                                             .on_write = on_write};
    struct writes *writes = run->shard->writes;
    struct operation *operation = &run->operation;
    operation_init(operation, writes->config.exchange, run->worker,
                   &writes->budgets[run->worker->id]);
    timer_init(&run->go, run->worker, on_go_on);
    operation->ops = &ops;
    operation->owner = run;
    operation->pin = run->pin;
    operation->integration = run->integration;
    operation->way = run->way;
    operation->account = run->account;
    run->operating = true;
    run->outcome = &operation->outcome;
    if (!fill_wish(run, &operation->wish)) {
        write_run_conclude(run,
                           (struct write_decision){VERDICT_WAIT, held_pause, "mapping"});
        return;
    }
    operation_start(operation);
}
