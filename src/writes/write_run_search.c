/*
 * A write that may have been done is looked for at its vendor before it is sent again
 * (SPEC 7.3, catalog/repeat_search.h). Asking is no try.
 */
#include "writes/write_run_steps.h"

#include "json/json_write.h"
#include "loop/world.h"

/* What its vendor has got, or would get; NULL: that was not made yet. */
static const struct write_message *sent_of(const struct write_run *run)
{
    if (str_absent(run->asked.category))
        return &run->asked;
    return str_absent(run->frozen.verb) ? NULL : &run->frozen;
}

static const struct repeat_search *search_of(const struct write_run *run)
{
    return integration_idempotency(run->integration, run->method)->search;
}

static struct repeat_write write_of(const struct write_run *run)
{
    return writes_repeat(run->integration, run->method, run->account, sent_of(run),
                         write_run_wall(run));
}

static bool make_question(struct write_run *run, struct repeat_question *ret_question)
{
    if (!search_of(run) || !sent_of(run))
        return false;
    struct repeat_write write = write_of(run);
    return repeat_search_ask(&write, &run->arena, ret_question);
}

bool write_run_searchable(struct write_run *run)
{
    struct repeat_question question;
    return make_question(run, &question);
}

/* --- what was found --- */

/* A proxied write ends with the record; of a unified one it becomes a record of the
 * model, after all that follows the write. */
static void take_record(struct write_run *run)
{
    struct headers *headers = arena_alloc(&run->arena, sizeof(*headers));
    if (!str_absent(run->asked.category)) {
        run->step = RUN_VENDOR;
        write_run_release(run);
        write_run_operate(run);
        return;
    }
    headers_init(headers, &run->arena, 1);
    header_add(headers, HEADER_CONTENT_TYPE, STR("application/json"));
    run->status = 200;
    run->headers = headers;
    json_write(&run->answer, &run->found, JSON_COMPACT);
    run->answer_lost = !buf_ok(&run->answer);
    write_run_conclude(run, (struct write_decision){VERDICT_DONE, 0, "found"});
}

static enum write_found read_answer(struct write_run *run)
{
    struct json record;
    struct repeat_write write = write_of(run);
    bool told = run->outcome->class == OUTCOME_OK || run->heard.status >= 400;
    if (!run->heard.status || run->outcome->cut || !told)
        return WRITE_IS_UNHEARD;
    enum write_found found =
        repeat_search_read(&write, &run->heard, &run->arena, &record);
    if (found == WRITE_IS_THERE)
        run->found = json_copy(&run->arena, &record);
    return found;
}

/* It was not done: what comes next is its first attempt. */
static void forget_attempts(struct write_run *run)
{
    run->row.unsure = false;
    run->row.first_sent = run->row.last_sent = 0;
}

static void on_over(struct timer *timer)
{
    struct write_run *run = CONTAINER_OF(timer, struct write_run, timer);
    const struct outcome *outcome = run->outcome;
    const struct repeat_search *search = search_of(run);
    usec wall = write_run_wall(run);
    struct write_search_facts facts = {
        .found = read_answer(run),
        .settle_left = run->row.last_sent + search->settle - wall,
        .conclusive = search->conclusive,
        .heard = {.class = outcome->class,
                  .err = outcome->err,
                  .answered = run->heard.status > 0 && !outcome->cut,
                  .age_left = run->row.deadline - wall,
                  .retry_after = outcome->retry_after,
                  .chance = world_chance(run->worker->world)}};
    struct write_decision decision = write_decide_search(&facts);
    if (decision.verdict == VERDICT_DONE) {
        take_record(run);
        return;
    }
    if (facts.found == WRITE_IS_NOT_THERE && decision.verdict == VERDICT_WAIT &&
        facts.settle_left <= 0)
        forget_attempts(run);
    write_run_conclude(run, decision);
}

/* --- asking --- */

static void on_answer(struct exchange *exchange)
{
    struct write_run *run = exchange->owner;
    run->heard = exchange_keep_answer(exchange, &run->arena);
}

/* In a turn of its own: what follows frees what the last call stands on. */
static void on_done(struct exchange *exchange)
{
    struct write_run *run = exchange->owner;
    run->outcome = &exchange->outcome;
    timer_init(&run->timer, run->worker, on_over);
    timer_start(&run->timer, 0);
}

void write_run_search(struct write_run *run)
{
    static const struct exchange_ops ops = {.on_answer = on_answer, .on_done = on_done};
    struct repeat_question question;
    struct headers *headers = arena_alloc(&run->arena, sizeof(*headers));
    CHECK(make_question(run, &question));
    headers_init(headers, &run->arena, 2);
    header_add_name(headers, STR("Accept"), STR("application/json"));
    if (!str_absent(question.body))
        header_add(headers, HEADER_CONTENT_TYPE, STR("application/json"));
    struct write_message message = {.verb = question.method->verb,
                                    .path = question.path,
                                    .query = question.query,
                                    .host = STR_NONE,
                                    .headers = headers,
                                    .body = question.body};
    run->step = RUN_SEARCH;
    run->searching = true;
    write_run_fill(run, &message, question.method);
    run->exchange.ops = &ops;
    run->exchange.request.want_whole = true;
    exchange_start(&run->exchange);
}
