/*
 * The records of a batch that vendors do not send along: each is fetched once, a few at a
 * time, in the background of what callers ask of the account.
 */
#include "news/work_state.h"

#include "loop/world.h"

/* In a turn of its own: what follows frees what the last call stands on. */
static void go_on_soon(struct batch *batch)
{
    timer_start(&batch->fetch_timer, 0);
}

/* --- one record --- */

static bool on_record(struct operation *operation, const struct operation_record *record)
{
    struct batch_lane *lane = operation->owner;
    lane->made = record->end;
    if (record->end == MAPPING_MADE) {
        lane->record = json_copy(&lane->arena, &record->model);
        lane->original = json_copy(&lane->arena, &record->original);
    }
    return true;
}

static bool on_page(struct operation *operation)
{
    (void)operation;
    return true;
}

static void judge(struct batch_lane *lane)
{
    const struct operation *operation = &lane->operation;
    const struct outcome *outcome = &operation->outcome;
    struct fetch_facts facts = {.good = operation->done,
                                .cut = operation->cut,
                                .answered = operation->refused,
                                .class = outcome->class,
                                .err = operation->err ? operation->err : outcome->err,
                                .status = outcome->vendor_status,
                                .retry_after = outcome->retry_after};
    str words = operation->detail.n ? operation->detail : outcome->detail;
    lane->verdict = fetch_judge(&facts);
    if (operation->done && operation->faults)
        words = operation->fault;
    lane->detail = arena_str(&lane->arena, words.n ? words : outcome->vendor.message);
}

static void on_done(struct operation *operation)
{
    struct batch_lane *lane = operation->owner;
    struct batch *batch = lane->batch;
    judge(lane);
    batch->fetch_n--;
    if (lane->verdict.end == FETCH_HELD && !batch->hold) {
        batch->hold = true;
        batch->hold_verdict = lane->verdict;
    }
    go_on_soon(batch);
}

static struct json request_of(struct batch_lane *lane)
{
    struct json_build build;
    json_build_init(&build, &lane->arena);
    json_build_member(&build, STR("id"), json_of_text(lane->place.record.id));
    return json_build_object(&build);
}

static const struct batch_task *task_of(const struct batch_lane *lane)
{
    const struct batch *batch = lane->batch;
    for (uint32_t i = 0; i < batch->n; i++)
        if (batch->tasks[i].lane == lane && batch->tasks[i].normal.fetch)
            return &batch->tasks[i];
    CHECK(false); /* it is wanted by one */
    return NULL;
}

static void start(struct batch_lane *lane)
{
    static const struct operation_ops ops = {
        .on_record = on_record, .on_page = on_page, .on_done = on_done};
    struct batch *batch = lane->batch;
    struct work *work = batch->shard->work;
    struct operation *operation = &lane->operation;
    const struct normal *normal = &task_of(lane)->normal;
    operation_init(operation, work->config.exchange, batch->worker,
                   &work->budgets[batch->worker->id]);
    operation->ops = &ops;
    operation->owner = lane;
    operation->pin = batch->pin;
    operation->integration = batch->integration;
    operation->way = batch->way;
    operation->account = batch->account;
    operation->wish = (struct operation_wish){
        .kind = MAPPING_GET,
        .mapping = normal->mapping,
        .model = normal->model,
        .method = integration_named_method(batch->integration,
                                           normal->mapping->steps[MAPPING_GET]->method),
        .request = request_of(lane),
        .key = STR_NONE,
        .base = {.deadline = USEC_NEVER, .background = true, .refuse_on_limit = true}};
    lane->made = MAPPING_LEFT_OUT; /* which is not told */
    lane->fetched = true;
    batch->fetch_n++;
    work_count(&work->fetches, 1);
    operation_start(operation);
}

/* --- all of them --- */

static bool is_connected(const struct account *account)
{
    return account->state != ACCOUNT_CONNECTING && account->state != ACCOUNT_NEEDS_REAUTH;
}

static bool is_wanted(const struct batch_task *task, enum late_rule late)
{
    struct order_news news;
    if (!task->lane || task->lane->held || task->normal.kind != NORMAL_RECORD ||
        !task->normal.fetch)
        return false;
    news = batch_news(task);
    return late != LATE_DROP || !order_is_late(&task->lane->known, &news);
}

static void go_on(struct batch *batch)
{
    const struct event_rules *rules = batch->integration->events;
    while (!batch->hold && !batch->stopped && batch->fetch_at < batch->lane_n &&
           batch->fetch_n < rules->concurrency) {
        struct batch_lane *lane = &batch->lanes[batch->fetch_at++];
        if (lane->wanted)
            start(lane);
    }
    if (batch->fetch_n == 0)
        batch_move(batch, BATCH_PUT);
}

static void on_fetch_timer(struct timer *timer)
{
    go_on(CONTAINER_OF(timer, struct batch, fetch_timer));
}

void batch_fetch(struct batch *batch)
{
    const struct event_rules *rules = batch->integration->events;
    timer_init(&batch->fetch_timer, batch->worker, on_fetch_timer);
    for (uint32_t i = 0; i < batch->n; i++)
        if (rules && is_wanted(&batch->tasks[i], (enum late_rule)rules->late))
            batch->tasks[i].lane->wanted = true;
    batch->hold_verdict =
        (struct fetch_verdict){FETCH_HELD, 10 * USEC_MIN, "credentials"};
    batch->hold = !is_connected(batch->account);
    go_on_soon(batch);
}

/* Those that are not begun are as if they had been stopped. */
void batch_fetch_stop(struct batch *batch)
{
    if (!batch->hold)
        batch->hold_verdict = (struct fetch_verdict){FETCH_HELD, USEC_S, "stopped"};
    batch->hold = true;
    for (uint32_t i = 0; i < batch->lane_n; i++)
        if (batch->lanes[i].fetched)
            operation_stop(&batch->lanes[i].operation);
}
