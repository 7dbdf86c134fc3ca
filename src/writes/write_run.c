/*
 * One attempt at a claimed write, on its queue's worker.
 *
 *   BEGIN ──► VENDOR ──► FINISH ──► (gone)
 *     │        └ NOTE ─┘   ▲
 *     └────────────────────┘  what cannot be tried now, or not any more
 *
 * Waits, and who ends them:
 *   VENDOR  the exchange or the operation, within its total limit; write_run_stop
 *   NOTE    the store, which takes the request that is about to be sent
 *   FINISH  the store, tried again each second until it takes what has happened
 */
#include "writes/writes_state.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "catalog/idempotency.h"
#include "json/json_write.h"
#include "loop/world.h"
#include "operation/operation.h"

enum {
    RUN_ARENA_BYTES_MAX = 256 << 20,
    ANSWER_BYTES_MAX = 1 << 20,
    BODY_BYTES_MAX = 4 << 20,
    DETAIL_BYTES_MAX = 1000
};
static const usec store_pause = USEC_S;
static const usec held_pause = 30 * USEC_S;

enum run_step { RUN_BEGIN, RUN_VENDOR, RUN_NOTE, RUN_FINISH };

struct write_run {
    struct list node;
    struct write_shard *shard;
    struct write_queue *queue;
    struct worker *worker;
    struct arena arena;
    struct write_row row;
    usec ahead; /* of the clock by which the row's times are meant */
    enum run_step step;
    struct timer timer;
    struct timer go; /* a write that was noted before goes on in a turn of its own */

    struct account *account; /* NULL: it is gone */
    struct pin *pin;
    const struct integration *integration; /* NULL: there is none for it */
    const struct auth_way *way;
    const struct method *method;
    struct write_message asked;
    struct write_message frozen;
    bool is_frozen;
    bool keyed; /* the vendor gets a key */
    bool stopped;

    struct exchange exchange; /* of a proxied write */
    struct body body;
    struct operation operation; /* of a unified one */
    struct operation_frozen replay;
    bool exchanging, operating;
    bool answered;
    int status;
    struct headers *headers;
    struct buf answer;
    bool answer_lost;
    struct write_freeze freeze;

    struct write_decision decision;
    const struct outcome *outcome;
    struct write_finish finish;
};

static void finish_run(struct write_run *run);

/* --- the verdict --- */

static const struct write_rule *rule_of(const struct write_run *run)
{
    static const struct write_rule standard = {.tries = 10,
                                               .base = 5 * USEC_S,
                                               .max = USEC_H,
                                               .age = 72 * USEC_H,
                                               .lanes = LANES_STANDARD};
    if (run->method)
        return &run->method->resilience->writes;
    return run->integration ? &run->integration->resilience.writes : &standard;
}

static usec wall_of(const struct write_run *run)
{
    return world_now(run->worker->world) + run->ahead;
}

/* How far the times of the rows were moved since it was claimed. */
static usec moved_since(const struct write_run *run)
{
    return atomic_load(&run->shard->writes->ahead) - run->ahead;
}

static bool recognised(const struct write_run *run)
{
    usec wall = wall_of(run);
    usec window =
        writes_window(run->integration, run->method, run->asked.verb, run->keyed);
    usec first = run->row.first_sent ? run->row.first_sent : wall;
    return window == USEC_NEVER || wall - first < window;
}

static void conclude(struct write_run *run, enum write_verdict verdict, usec delay,
                     const char *why)
{
    run->decision = (struct write_decision){verdict, delay, why};
    finish_run(run);
}

static struct write_facts facts_of(const struct write_run *run)
{
    const struct outcome *outcome = run->outcome;
    const struct idempotency *idempotency =
        integration_idempotency(run->integration, run->method);
    bool sent = run->operating ? run->operation.written : outcome->sent;
    usec wall = wall_of(run);
    return (struct write_facts){
        .class = outcome->class,
        .err = run->operating && run->operation.err ? run->operation.err : outcome->err,
        .sent = sent,
        .answered = sent && run->answered && !outcome->cut,
        .recognised = recognised(run),
        .stores_errors = idempotency->stores_errors,
        .refused = idempotency_refused(idempotency, outcome->status),
        .unsure = run->row.unsure,
        .removes = str_eq(run->asked.verb, STR("DELETE")),
        .tries = run->row.tries + 1,
        .age_left = run->row.deadline - wall,
        .retry_after = outcome->retry_after,
        .chance = world_chance(run->worker->world),
    };
}

/* What no later attempt would mend by itself. */
static bool is_unusable(enum err err)
{
    return err == ERR_MAPPING_FAILED || err == ERR_RECORD_INVALID ||
           err == ERR_PATH_FORBIDDEN || err == ERR_HOST_FORBIDDEN;
}

static void decide(struct write_run *run)
{
    CRASH_POINT("write.answered");
    struct write_facts facts = facts_of(run);
    bool began = run->exchanging && run->outcome->cut && run->status / 100 == 2;
    run->answer_lost |= began;
    if (began || (run->operating && run->operation.done))
        run->decision = (struct write_decision){VERDICT_DONE, 0, "delivered"};
    else if (!facts.sent && is_unusable(facts.err))
        run->decision = (struct write_decision){
            facts.unsure ? VERDICT_UNKNOWN : VERDICT_DEAD, 0, "unusable"};
    else
        run->decision = write_decide(rule_of(run), &facts);
    if (facts.sent && !facts.answered)
        run->row.unsure = true;
    if (facts.sent && facts.answered && facts.class == OUTCOME_SERVER && !facts.refused)
        run->row.unsure = true;
    finish_run(run);
}

/* --- what it was answered --- */

/* What an answer is told with later: not what belongs to the way it came by. */
static void keep_headers(struct write_run *run, const struct headers *from)
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

static str seal_answer(struct write_run *run)
{
    struct write_message message = {.status = run->status,
                                    .headers = run->headers,
                                    .body = run->answer_lost ? STR_NONE
                                                             : buf_peek(&run->answer),
                                    .body_lost = run->answer_lost};
    if (!run->status || !run->account)
        return STR_NONE;
    return writes_seal(run->shard->writes, run->account, run->row.id, WRITE_PART_ANSWER,
                       write_message_text(&message, &run->arena), &run->arena);
}

/* --- a proxied write --- */

static void on_answer(struct exchange *exchange)
{
    struct write_run *run = exchange->owner;
    run->answered = true;
    run->status = exchange->answer.status;
    keep_headers(run, exchange->answer.headers);
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
    decide(CONTAINER_OF(timer, struct write_run, timer));
}

/* In a turn of its own: what follows frees what the last call stands on. */
static void on_exchange_done(struct exchange *exchange)
{
    struct write_run *run = exchange->owner;
    run->outcome = &exchange->outcome;
    timer_init(&run->timer, run->worker, on_over);
    timer_start(&run->timer, 0);
}

static void start_exchange(struct write_run *run)
{
    static const struct exchange_ops ops = {
        .on_answer = on_answer, .on_body = on_body, .on_done = on_exchange_done};
    struct writes *writes = run->shard->writes;
    struct exchange *exchange = &run->exchange;
    const struct write_message *asked = &run->asked;
    bool has_body = !str_absent(asked->body);
    exchange_init(exchange, writes->config.exchange, run->worker, &run->arena);
    body_init(&run->body, &writes->budgets[run->worker->id], BODY_BYTES_MAX,
              has_body ? (int64_t)asked->body.n : 0);
    if (has_body)
        body_put(&run->body, asked->body);
    body_end(&run->body);
    exchange->ops = &ops;
    exchange->owner = run;
    exchange->pin = run->pin;
    exchange->integration = run->integration;
    exchange->account = run->account;
    exchange->way = run->way;
    exchange->method = run->method;
    exchange->request = (struct exchange_request){
        .verb = asked->verb,
        .path = asked->path,
        .query = asked->query,
        .host = asked->host,
        .headers = asked->headers,
        .body = has_body ? &run->body : NULL,
        .body_bytes = has_body ? (int64_t)asked->body.n : 0,
        .deadline = USEC_NEVER,
        .keyed = run->keyed,
        .single_attempt = true,
        .refuse_on_limit = true,
        .accepted = true,
    };
    run->exchanging = true;
    exchange_start(exchange);
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
        run->status = kind == MAPPING_DELETE ? 204 : kind == MAPPING_CREATE ? 201 : 200;
        run->headers = arena_alloc(&run->arena, sizeof(*run->headers));
        headers_init(run->headers, &run->arena, 1);
        if (kind != MAPPING_DELETE)
            header_add(run->headers, HEADER_CONTENT_TYPE, STR("application/json"));
        if (!run->answer.n && kind != MAPPING_DELETE)
            buf_str(&run->answer, STR("{\"data\":null}"));
        return;
    }
    run->status = operation->answer.status;
    keep_headers(run, operation->answer.headers);
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
    conclude(run, VERDICT_WAIT, held_pause, "store");
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
    usec wall = wall_of(run);
    if (run->is_frozen) {
        timer_start(&run->go, 0); /* it was noted at its first attempt */
        return;
    }
    if (!run->row.first_sent)
        run->row.first_sent = wall;
    run->step = RUN_NOTE;
    run->freeze = (struct write_freeze){
        .store = run->shard->writes->config.store,
        .worker = run->worker,
        .done = on_noted,
        .id = run->row.id,
        .lease = run->row.lease,
        .frozen =
            writes_seal(run->shard->writes, run->account, run->row.id, WRITE_PART_FROZEN,
                        write_message_text(&message, &run->arena), &run->arena),
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

/* False: model, mapping or method are there no more. */
static bool fill_wish(struct write_run *run, struct operation_wish *wish)
{
    const struct write_message *asked = &run->asked;
    if (!find_operation(asked->operation, &wish->kind))
        return false;
    wish->model =
        models_find(run->shard->writes->config.models, asked->category, asked->resource);
    wish->mapping =
        mapping_find(&run->integration->unified, asked->category, asked->resource);
    if (!wish->model || !wish->mapping || !wish->mapping->steps[wish->kind])
        return false;
    run->method = integration_named_method(run->integration,
                                           wish->mapping->steps[wish->kind]->method);
    wish->method = run->method;
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
    return run->method != NULL;
}

static void start_operation(struct write_run *run)
{
    static const struct operation_ops ops = {.on_record = on_record,
                                             .on_page = on_page,
                                             .on_done = on_operation_done,
                                             .on_write = on_write};
    struct writes *writes = run->shard->writes;
    struct operation *operation = &run->operation;
    operation_init(operation, writes->config.exchange, run->worker,
                   &writes->budgets[run->worker->id]);
    operation->ops = &ops;
    operation->owner = run;
    operation->pin = run->pin;
    operation->integration = run->integration;
    operation->way = run->way;
    operation->account = run->account;
    run->operating = true;
    run->outcome = &operation->outcome;
    if (!fill_wish(run, &operation->wish)) {
        conclude(run, VERDICT_WAIT, held_pause, "mapping");
        return;
    }
    operation_start(operation);
}

/* --- beginning --- */

static const char *state_word(enum account_state state)
{
    switch (state) {
    case ACCOUNT_ACTIVE:
    case ACCOUNT_DEGRADED:
        return NULL;
    case ACCOUNT_CONNECTING:
    case ACCOUNT_NEEDS_REAUTH:
        return "credentials";
    case ACCOUNT_DISABLED:
    case ACCOUNT_DELETING:
        break;
    }
    return "disabled";
}

/* What keeps it from being tried now; NULL: nothing. */
static const char *find_place(struct write_run *run)
{
    const struct writes_config *config = &run->shard->writes->config;
    run->pin = catalog_pin(config->catalog, run->worker);
    if (snapshot_for(run->pin->snapshot, run->account, &run->integration) != ERR_NONE)
        return "integration";
    run->way = integration_way(run->integration, run->account->way);
    if (!run->way)
        return "integration";
    if (!writes_unseal(run->shard->writes, run->account, &run->row, WRITE_PART_REQUEST,
                       &run->arena, &run->asked))
        return "sealed";
    run->is_frozen = writes_unseal(run->shard->writes, run->account, &run->row,
                                   WRITE_PART_FROZEN, &run->arena, &run->frozen);
    run->keyed = !str_absent(run->row.vendor_key);
    if (str_absent(run->asked.category) && str_absent(run->asked.host))
        run->method =
            integration_method(run->integration, run->asked.verb, run->asked.path);
    return state_word(run->account->state);
}

static bool is_too_old(const struct write_run *run)
{
    return wall_of(run) >= run->row.deadline;
}

/* The account was connected with another login since: the write was meant for that one.
 */
static bool is_anothers(struct write_run *run)
{
    if (!run->way || run->row.login.n == 0)
        return false;
    str login = writes_login(run->way, run->account, &run->arena);
    return login.n && !str_eq(login, run->row.login);
}

static void begin(struct write_run *run)
{
    const struct writes_config *config = &run->shard->writes->config;
    run->account = directory_account(config->directory, run->row.account);
    if (!run->account) {
        conclude(run, VERDICT_DEAD, 0, "account_deleted");
        return;
    }
    const char *why = find_place(run);
    bool lost = run->row.unsure && run->integration && !recognised(run);
    if (run->stopped)
        conclude(run, VERDICT_WAIT, 0, "stopped");
    else if (lost)
        conclude(run, VERDICT_UNKNOWN, 0, "unknown");
    else if (is_anothers(run))
        conclude(run, VERDICT_UNKNOWN, 0, "identity_changed");
    else if (is_too_old(run))
        conclude(run, run->row.unsure ? VERDICT_UNKNOWN : VERDICT_DEAD, 0, "age");
    else if (why)
        conclude(run, VERDICT_WAIT, held_pause, why);
    else if (!str_absent(run->asked.category))
        start_operation(run);
    else
        start_exchange(run);
}

static void on_begin(struct timer *timer)
{
    struct write_run *run = CONTAINER_OF(timer, struct write_run, timer);
    run->step = RUN_VENDOR;
    begin(run);
}

static void copy_row(struct write_run *run, const struct write_row *row)
{
    struct arena *arena = &run->arena;
    struct write_row *to = &run->row;
    str *texts[] = {&to->id,         &to->environment, &to->account,     &to->integration,
                    &to->lane,       &to->verb,        &to->path,        &to->method,
                    &to->reason,     &to->detail,      &to->fingerprint, &to->vendor_key,
                    &to->request_id, &to->login};
    *to = *row;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        *texts[i] = arena_str(arena, *texts[i]);
    for (int i = 0; i < WRITE_PART_COUNT; i++)
        to->parts[i] = arena_str(arena, to->parts[i]);
}

void write_run_start(struct write_shard *shard, struct write_queue *queue,
                     const struct write_row *row, usec ahead)
{
    struct write_run *run = mem_zalloc(sizeof(*run));
    run->shard = shard;
    run->queue = queue;
    run->worker = shard->worker;
    run->ahead = ahead;
    run->stopped = shard->leaving || shard->draining; /* since it was claimed */
    arena_init(&run->arena, 16 * 1024, RUN_ARENA_BYTES_MAX);
    buf_init(&run->answer, ANSWER_BYTES_MAX);
    copy_row(run, row);
    list_push_front(&shard->runs, &run->node);
    shard->run_n++;
    if (queue->vendor)
        queue->vendor->running++;
    pthread_mutex_lock(&shard->lock);
    queue->running++;
    pthread_mutex_unlock(&shard->lock);
    timer_init(&run->go, run->worker, on_go_on);
    timer_init(&run->timer, run->worker, on_begin);
    timer_start(&run->timer, 0);
}

void write_run_stop(struct list *node)
{
    struct write_run *run = CONTAINER_OF(node, struct write_run, node);
    run->stopped = true;
    if (run->step != RUN_VENDOR)
        return;
    if (run->exchanging)
        exchange_stop(&run->exchange);
    if (run->operating)
        operation_stop(&run->operation);
}

/* --- finishing --- */

static void count(struct writes *writes, const struct write_decision *decision)
{
    _Atomic uint64_t *const counters[] = {[VERDICT_DONE] = &writes->delivered,
                                          [VERDICT_AGAIN] = &writes->tries,
                                          [VERDICT_WAIT] = &writes->waits,
                                          [VERDICT_DEAD] = &writes->dead,
                                          [VERDICT_UNKNOWN] = &writes->undecided};
    atomic_fetch_add_explicit(counters[decision->verdict], 1, memory_order_relaxed);
}

static void say(const struct write_run *run)
{
    struct log_line line;
    bool bad =
        run->decision.verdict == VERDICT_DEAD || run->decision.verdict == VERDICT_UNKNOWN;
    log_open(&line, run->shard->writes->config.log, bad ? LOG_WARN : LOG_INFO, "write");
    log_str(&line, "write", run->row.id);
    log_str(&line, "request_id", run->row.request_id);
    log_str(&line, "integration", run->row.integration);
    log_str(&line, "account", run->row.account);
    log_str(&line, "state", write_state_word(run->row.state));
    log_str(&line, "reason", run->row.reason);
    log_int(&line, "tries", run->row.tries);
    log_int(&line, "status", run->row.status);
    log_close(&line);
}

static void free_run(struct write_run *run)
{
    struct write_shard *shard = run->shard;
    struct write_queue *queue = run->queue;
    if (run->exchanging) {
        exchange_fini(&run->exchange);
        body_fini(&run->body);
    }
    if (run->operating)
        operation_fini(&run->operation);
    if (run->pin)
        catalog_unpin(shard->writes->config.catalog, run->worker, run->pin);
    account_unref(&run->account);
    buf_fini(&run->answer);
    list_remove(&run->node);
    shard->run_n--;
    if (queue->vendor)
        queue->vendor->running--;
    pthread_mutex_lock(&shard->lock);
    queue->running--;
    pthread_mutex_unlock(&shard->lock);
    arena_wipe(&run->arena);
    arena_fini(&run->arena);
    mem_free(run);
}

static bool is_trouble(const struct write_run *run)
{
    const struct write_decision *decision = &run->decision;
    str why = str_z(decision->why);
    return str_eq(why, STR("unavailable")) || str_eq(why, STR("breaker")) ||
           str_eq(why, STR("throttled"));
}

static void on_store_again(struct timer *timer)
{
    struct write_run *run = CONTAINER_OF(timer, struct write_run, timer);
    write_finish(&run->finish);
}

/* What happened has happened: the store is told until it listens. */
static void on_finished(struct write_finish *finish)
{
    struct write_run *run = CONTAINER_OF(finish, struct write_run, finish);
    struct write_shard *shard = run->shard;
    struct write_queue *queue = run->queue;
    CRASH_POINT("write.finished");
    bool lost = finish->err != ERR_NONE && finish->err != ERR_STATE_CONFLICT;
    if (lost && !shard->leaving) {
        timer_init(&run->timer, run->worker, on_store_again);
        timer_start(&run->timer, store_pause);
        return;
    }
    struct write_news news = {
        .next = finish->err == ERR_NONE ? finish->next : write_wall(shard),
        .stopped = finish->err == ERR_NONE && finish->stopped,
        .ended = run->row.state != WRITE_QUEUED,
        .good = run->decision.verdict == VERDICT_DONE,
        .failed = is_trouble(run),
        .held =
            str_eq(str_z(run->decision.why), STR("breaker")) ? run->decision.delay : 0,
    };
    count(shard->writes, &run->decision);
    say(run);
    free_run(run);
    write_queue_note(shard, queue, &news);
}

static str words_of(struct write_run *run)
{
    const struct outcome *outcome = run->outcome;
    str text = run->operating && run->operation.detail.n ? run->operation.detail
               : outcome                                 ? outcome->detail
                                                         : STR_NONE;
    if (outcome && !text.n)
        text = outcome->vendor.message;
    if (text.n > DETAIL_BYTES_MAX)
        text = str_of(text.p, DETAIL_BYTES_MAX);
    return arena_str(&run->arena, text);
}

static void finish_run(struct write_run *run)
{
    static const enum write_state states[] = {[VERDICT_DONE] = WRITE_DELIVERED,
                                              [VERDICT_AGAIN] = WRITE_QUEUED,
                                              [VERDICT_WAIT] = WRITE_QUEUED,
                                              [VERDICT_DEAD] = WRITE_DEAD,
                                              [VERDICT_UNKNOWN] = WRITE_NEEDS_DECISION};
    const struct write_decision *decision = &run->decision;
    struct write_row *row = &run->row;
    usec wall = write_wall(run->shard);
    bool over = decision->verdict == VERDICT_DONE || decision->verdict == VERDICT_DEAD;
    run->step = RUN_FINISH;
    row->state = states[decision->verdict];
    row->tries += decision->verdict != VERDICT_WAIT;
    row->due = row->state == WRITE_QUEUED ? wall + decision->delay : 0;
    row->ended = over ? wall : 0;
    row->keep = over ? wall + WRITE_KEPT : 0;
    row->reason = str_z(decision->why);
    row->detail = words_of(run);
    row->status = run->outcome ? run->outcome->vendor_status : 0;
    if (!row->first_sent && run->outcome && run->outcome->sent)
        row->first_sent = wall;
    else if (row->first_sent)
        row->first_sent += usec_min(moved_since(run), 0); /* as write_shift does */
    row->parts[WRITE_PART_REQUEST] = row->parts[WRITE_PART_FROZEN] = STR_NONE;
    row->parts[WRITE_PART_ANSWER] = seal_answer(run);
    run->finish = (struct write_finish){.store = run->shard->writes->config.store,
                                        .worker = run->worker,
                                        .done = on_finished,
                                        .row = *row,
                                        .strict = rule_of(run)->strict,
                                        .wall = wall};
    write_finish(&run->finish);
}
