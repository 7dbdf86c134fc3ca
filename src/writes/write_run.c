/*
 * One attempt at a claimed write, on its queue's worker.
 *
 *   BEGIN ──► VENDOR ──► FINISH ──► (gone)
 *     │ ▲      │ ▲└ NOTE ┘ ▲
 *     │ SEARCH ──┘         │  one that was found, and what follows it
 *     ├──► │ ──────────────┤
 *     └────────────────────┘  what cannot be tried now, or not any more
 *
 * Waits, and who ends them:
 *   SEARCH  the exchange that asks for the write, within its total limit; write_run_stop
 *   VENDOR  the exchange or the operation, within its total limit; write_run_stop
 *   NOTE    the store, which takes the request that is about to be sent
 *   FINISH  the store, tried again each second until it takes what has happened
 */
#include "writes/write_run_steps.h"

#include "base/log.h"
#include "base/mem.h"
#include "loop/world.h"

enum {
    RUN_ARENA_BYTES_MAX = 256 << 20,
    ANSWER_BYTES_MAX = 1 << 20,
    DETAIL_BYTES_MAX = 1000
};
static const usec store_pause = USEC_S;
static const usec held_pause = 30 * USEC_S;

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

usec write_run_wall(const struct write_run *run)
{
    return world_now(run->worker->world) + run->ahead;
}

/* How far the times of the rows were moved since it was claimed. */
static usec moved_since(const struct write_run *run)
{
    return atomic_load(&run->shard->writes->ahead) - run->ahead;
}

void write_run_conclude(struct write_run *run, struct write_decision decision)
{
    run->decision = decision;
    finish_run(run);
}

static void conclude(struct write_run *run, enum write_verdict verdict, usec delay,
                     const char *why)
{
    write_run_conclude(run, (struct write_decision){verdict, delay, why});
}

static struct write_facts facts_of(struct write_run *run)
{
    const struct outcome *outcome = run->outcome;
    struct write_attempt attempt = {
        .integration = run->integration,
        .method = run->method,
        .row = &run->row,
        .outcome = outcome,
        .operation = run->operating ? &run->operation : NULL,
        .answered = run->answered && !outcome->cut,
        .searchable = write_run_searchable(run),
        .tries = run->row.tries + 1,
        .wall = write_run_wall(run),
        .chance = world_chance(run->worker->world),
    };
    return writes_facts(&attempt);
}

/* What no later attempt would mend by itself. */
static bool is_unusable(enum err err)
{
    return err == ERR_MAPPING_FAILED || err == ERR_RECORD_INVALID ||
           err == ERR_PATH_FORBIDDEN || err == ERR_HOST_FORBIDDEN;
}

void write_run_decide(struct write_run *run)
{
    CRASH_POINT("write.answered");
    struct write_facts facts = facts_of(run);
    bool began = run->exchanging && run->outcome->cut && run->status / 100 == 2;
    run->answer_lost |= began;
    if (began || (run->operating && run->operation.done))
        run->decision = (struct write_decision){
            VERDICT_DONE, 0, run->operation.wish.found ? "found" : "delivered"};
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

/* --- beginning --- */

static const char *state_word(enum account_state state)
{
    switch (state) {
    case ACCOUNT_ACTIVE:
    case ACCOUNT_DEGRADED:
    case ACCOUNT_DELETING: /* it waits for them */
        return NULL;
    case ACCOUNT_CONNECTING:
    case ACCOUNT_NEEDS_REAUTH:
        return "credentials";
    case ACCOUNT_DISABLED:
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
    run->method = write_run_method(run);
    return state_word(run->account->state);
}

static bool recognised(const struct write_run *run)
{
    return writes_recognised(run->integration, run->method, &run->row,
                             write_run_wall(run));
}

static bool is_too_old(const struct write_run *run)
{
    return write_run_wall(run) >= run->row.deadline;
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
    bool searchable = lost && write_run_searchable(run);
    if (run->stopped)
        conclude(run, VERDICT_WAIT, 0, "stopped");
    else if (lost && !searchable)
        conclude(run, VERDICT_UNKNOWN, 0, "unknown");
    else if (is_anothers(run))
        conclude(run, VERDICT_UNKNOWN, 0, "identity_changed");
    else if (is_too_old(run))
        conclude(run, run->row.unsure ? VERDICT_UNKNOWN : VERDICT_DEAD, 0, "age");
    else if (why)
        conclude(run, VERDICT_WAIT, held_pause, why);
    else if (searchable)
        write_run_search(run);
    else if (!str_absent(run->asked.category))
        write_run_operate(run);
    else
        write_run_send(run);
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
    timer_init(&run->timer, run->worker, on_begin);
    timer_start(&run->timer, 0);
}

void write_run_stop(struct list *node)
{
    struct write_run *run = CONTAINER_OF(node, struct write_run, node);
    run->stopped = true;
    if (run->step != RUN_VENDOR && run->step != RUN_SEARCH)
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
    write_run_release(run);
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
    struct tenant_id environment = tenant_id_of(run->row.environment);
    news.environment = tenant_id_str(&environment);
    news.bytes = run->row.bytes;
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

/* The times at which it was sent, as far as it was; moved along with the clock as the
 * store's are (write_shift). */
static void note_times(struct write_run *run, usec wall)
{
    struct write_row *row = &run->row;
    bool sent = !run->searching && run->outcome && run->outcome->sent;
    usec moved = moved_since(run);
    if (!row->first_sent && sent)
        row->first_sent = wall;
    else if (row->first_sent)
        row->first_sent += usec_min(moved, 0);
    if (sent)
        row->last_sent = wall;
    else if (row->last_sent)
        row->last_sent = usec_min(row->last_sent + usec_max(moved, 0), wall);
}

/* What is known of an answer to the write; a search is none. */
static void note_answer(struct write_run *run)
{
    struct write_row *row = &run->row;
    str words = words_of(run);
    if (words.n || !run->searching)
        row->detail = words;
    if (!run->searching)
        row->status = run->outcome ? run->outcome->vendor_status : 0;
    row->parts[WRITE_PART_REQUEST] = row->parts[WRITE_PART_FROZEN] = STR_NONE;
    row->parts[WRITE_PART_ANSWER] = seal_answer(run);
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
    note_times(run, wall);
    note_answer(run);
    run->finish = (struct write_finish){.store = run->shard->writes->config.store,
                                        .worker = run->worker,
                                        .done = on_finished,
                                        .row = *row,
                                        .strict = rule_of(run)->strict,
                                        .wall = wall};
    write_finish(&run->finish);
}
