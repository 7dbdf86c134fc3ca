/*
 * An exchange against a scripted vendor, on false time: what the vendor sees, what the
 * starter is told, and when.
 */
#include "support/unit.h"

#include "tests.h"

#include "call/profiles.h"
#include "exchange/exchange.h"
#include "http/tls.h"
#include "support/certs.h"
#include "support/given.h"
#include "support/script_scene.h"

static const char document[] =
    "{\"name\":\"vendor\",\"label\":\"A vendor\",\"version\":\"1\","
    "\"hosts\":[\"api.vendor.test\",\"files.vendor.test\"],"
    "\"base_url\":\"https://api.vendor.test/v2\",\"auth\":\"none\","
    "\"rate_limit\":{\"detect\":[{\"status\":403,\"when\":\"/code\",\"is\":\"LIMIT\"}],"
    "\"windows\":[{\"name\":\"minute\",\"window\":\"1m\",\"limit\":\"X-Limit\","
    "\"remaining\":\"X-Left\"}]},"
    "\"errors\":{\"message\":[\"/message\"],\"code\":[\"/code\"]},"
    "\"idempotency\":{\"kind\":\"header\",\"header\":\"Idempotency-Key\"},"
    "\"resources\":{\"things\":{\"methods\":{"
    "\"list\":{\"verb\":\"GET\",\"path\":\"/things\"},"
    "\"search\":{\"verb\":\"POST\",\"path\":\"/things/search\",\"safe\":true},"
    "\"create\":{\"verb\":\"POST\",\"path\":\"/things\"}}}}}";

struct scene {
    struct script_scene base;
    struct account other_account;
    unsigned breaker_events;
};

/* One exchange and what its starter heard. */
struct story {
    struct scene *scene;
    struct exchange exchange;
    struct headers headers;
    struct body body;
    struct buf heard;
    unsigned answers;
    unsigned informs;
    bool done;
    usec began;
    usec took;
    bool pause_at_first;
};

static void on_breaker(void *arg, const struct exchange *exchange, str breaker,
                       enum breaker_event event)
{
    struct scene *scene = arg;
    (void)exchange;
    (void)breaker;
    (void)event;
    scene->breaker_events++;
}

static void open_scene(struct scene *scene, const struct play *plays, unsigned n)
{
    *scene = (struct scene){0};
    script_scene_open(&scene->base, document, plays, n);
    script_scene_account(&scene->base, &scene->other_account, "acc_two");
    scene->base.env.on_breaker = on_breaker;
    scene->base.env.on_breaker_arg = scene;
}

static void close_scene(struct scene *scene)
{
    script_scene_close(&scene->base);
}

#define WITH_PLAYS(scene, ...)                                                           \
    const struct play plays_[] = {__VA_ARGS__};                                          \
    struct scene scene;                                                                  \
    (void)state;                                                                         \
    open_scene(&scene, plays_, COUNT_OF(plays_))

static struct story *story_of(struct exchange *exchange)
{
    return exchange->owner;
}

static void on_inform(struct exchange *exchange, const struct message_head *head)
{
    assert_int_equal(head->status, 103);
    story_of(exchange)->informs++;
}

static void on_answer(struct exchange *exchange)
{
    story_of(exchange)->answers++;
}

static void on_body(struct exchange *exchange, str chunk)
{
    struct story *story = story_of(exchange);
    assert_int_equal(story->answers, 1);
    buf_str(&story->heard, chunk);
    if (story->pause_at_first && story->heard.n == chunk.n)
        exchange_pause(exchange);
}

static void on_done(struct exchange *exchange)
{
    struct story *story = story_of(exchange);
    assert_false(story->done);
    story->done = true;
    story->took = exchange->worker->now - story->began;
}

static const struct exchange_ops ops = {on_inform, on_answer, on_body, on_done};

static void nothing(struct body *body)
{
    (void)body;
}

static void on_data(struct body *body)
{
    struct story *story = CONTAINER_OF(body, struct story, body);
    exchange_body_ready(&story->exchange);
}

static void begin(struct story *story, struct scene *scene, const char *verb,
                  const char *path, const char *body)
{
    struct exchange *exchange = &story->exchange;
    struct worker *worker = script_scene_worker(&scene->base);
    *story = (struct story){.scene = scene};
    buf_init(&story->heard, 16 << 20);
    headers_init(&story->headers, &scene->base.arena, 8);
    exchange_init(exchange, &scene->base.env, worker, &scene->base.arena);
    exchange->ops = &ops;
    exchange->owner = story;
    exchange->integration = scene->base.integration;
    exchange->account = &scene->base.account;
    exchange->method =
        integration_method(scene->base.integration, str_z(verb), str_z(path));
    exchange->request.verb = str_z(verb);
    exchange->request.path = str_z(path);
    exchange->request.headers = &story->headers;
    story->began = worker->now;
    body_init(&story->body, &scene->base.budget, 1 << 20,
              body ? (int64_t)strlen(body) : 0);
    story->body.on_start = story->body.on_room = nothing;
    story->body.on_data = on_data;
    if (!body)
        return;
    exchange->request.body = &story->body;
    exchange->request.body_bytes = (int64_t)strlen(body);
    body_put(&story->body, str_z(body));
    body_end(&story->body);
}

static void finish(struct story *story)
{
    script_scene_run_until(&story->scene->base, &story->done);
}

static void end(struct story *story)
{
    exchange_fini(&story->exchange);
    body_fini(&story->body);
    buf_fini(&story->heard);
}

static void run(struct story *story, struct scene *scene, const char *verb,
                const char *path, const char *body)
{
    begin(story, scene, verb, path, body);
    exchange_start(&story->exchange);
    finish(story);
}

#define ASSERT_STR(got, wanted)                                                          \
    do {                                                                                 \
        str got_ = (got);                                                                \
        assert_true(str_eq(got_, str_z(wanted)) ||                                       \
                    (print_error("got \"" STR_F "\"\n", STR_A(got_)), false));           \
    } while (0)

/* --- the plain way --- */

static void a_good_answer_streams_to_its_starter(void **state)
{
    WITH_PLAYS(scene, {.status = 200, .body = "{\"a\":1}", .body_repeat = 3});
    struct story story;
    begin(&story, &scene, "GET", "/things", NULL);
    story.exchange.request.query = STR("limit=2");
    header_add_name(&story.headers, STR("X-Mine"), STR("1"));
    exchange_start(&story.exchange);
    assert_int_equal(scene.base.script.calls, 0); /* nothing happens inside start */
    finish(&story);
    assert_int_equal(story.answers, 1);
    ASSERT_STR(buf_peek(&story.heard), "{\"a\":1}{\"a\":1}{\"a\":1}");
    ASSERT_STR(scene.base.script.heard[0].url,
               "https://api.vendor.test/v2/things?limit=2");
    ASSERT_STR(header_value_name(&scene.base.script.heard[0].headers, STR("X-Mine")),
               "1");
    assert_int_equal(story.exchange.outcome.class, OUTCOME_OK);
    assert_int_equal(story.exchange.outcome.attempts, 1);
    end(&story);
    close_scene(&scene);
}

static void another_allowed_host_can_be_asked_a_foreign_one_cannot(void **state)
{
    WITH_PLAYS(scene, {.status = 200});
    struct story story;
    begin(&story, &scene, "GET", "/a/b", NULL);
    story.exchange.request.host = STR("files.vendor.test");
    exchange_start(&story.exchange);
    finish(&story);
    ASSERT_STR(scene.base.script.heard[0].url, "https://files.vendor.test/a/b");
    end(&story);
    begin(&story, &scene, "GET", "/a/b", NULL);
    story.exchange.request.host = STR("evil.test");
    exchange_start(&story.exchange);
    finish(&story);
    assert_int_equal(story.exchange.outcome.err, ERR_HOST_FORBIDDEN);
    assert_int_equal(scene.base.script.calls, 1);
    end(&story);
    close_scene(&scene);
}

static void a_path_does_not_lead_above_the_base_url(void **state)
{
    WITH_PLAYS(scene, {.status = 200}, {.status = 200});
    struct story story;
    begin(&story, &scene, "GET", "/a/%2e%2e/../b", NULL);
    exchange_start(&story.exchange);
    finish(&story);
    assert_int_equal(story.exchange.outcome.err, ERR_PATH_FORBIDDEN);
    assert_int_equal(story.exchange.outcome.class, OUTCOME_LOCAL);
    assert_int_equal(scene.base.script.calls, 0);
    end(&story);
    begin(&story, &scene, "GET", "/a/../b", NULL);
    exchange_start(&story.exchange);
    finish(&story);
    ASSERT_STR(scene.base.script.heard[0].url, "https://api.vendor.test/v2/a/../b");
    end(&story);
    close_scene(&scene);
}

static void an_interim_answer_is_passed_on(void **state)
{
    WITH_PLAYS(scene, {.status = 200, .inform = 103});
    struct story story;
    run(&story, &scene, "GET", "/things", NULL);
    assert_int_equal(story.informs, 1);
    end(&story);
    close_scene(&scene);
}

static void a_vendors_error_comes_with_what_it_said(void **state)
{
    WITH_PLAYS(scene, {.status = 422,
                       .headers = {"Content-Type: application/json"},
                       .body = "{\"message\":\"no such field\",\"code\":\"BAD\"}"});
    struct story story;
    run(&story, &scene, "POST", "/things", "{}");
    assert_int_equal(story.exchange.outcome.class, OUTCOME_VALIDATION);
    ASSERT_STR(story.exchange.outcome.vendor.message, "no such field");
    ASSERT_STR(story.exchange.outcome.vendor.code, "BAD");
    ASSERT_STR(buf_peek(&story.heard),
               "{\"message\":\"no such field\",\"code\":\"BAD\"}");
    end(&story);
    close_scene(&scene);
}

static void an_error_body_past_the_limit_streams_on_unread(void **state)
{
    static char large[40001];
    memset(large, 'x', 40000);
    WITH_PLAYS(scene, {.status = 404, .body = large, .body_repeat = 5});
    struct story story;
    run(&story, &scene, "GET", "/things", NULL);
    assert_int_equal(story.exchange.outcome.class, OUTCOME_NOT_FOUND);
    assert_false(story.exchange.outcome.inspected);
    assert_int_equal(story.heard.n, 200000);
    end(&story);
    close_scene(&scene);
}

/* --- retries --- */

static void a_read_is_tried_again_after_5xx_with_growing_waits(void **state)
{
    WITH_PLAYS(scene, {.status = 503, .body = "down"}, {.status = 500}, {.status = 502},
               {.status = 200, .body = "up"});
    struct story story;
    run(&story, &scene, "GET", "/things", NULL);
    assert_int_equal(story.exchange.outcome.class, OUTCOME_OK);
    assert_int_equal(story.exchange.outcome.attempts, 4);
    ASSERT_STR(buf_peek(&story.heard), "up");
    const struct heard *heard = scene.base.script.heard;
    for (int i = 0; i < 3; i++) {
        usec wait = heard[i + 1].at - heard[i].at, least = USEC_S << i;
        assert_in_range(wait, least, least + USEC_S + USEC_MS);
    }
    assert_true(story.exchange.outcome.queued >= 7 * USEC_S);
    end(&story);
    close_scene(&scene);
}

static void the_last_failure_is_the_answer(void **state)
{
    WITH_PLAYS(scene, {.status = 503, .body = "down"});
    struct story story;
    run(&story, &scene, "GET", "/things", NULL);
    assert_int_equal(story.exchange.outcome.attempts, 4);
    assert_int_equal(story.exchange.outcome.class, OUTCOME_SERVER);
    assert_int_equal(story.exchange.outcome.no_retry, RETRY_WHY_CLASS);
    ASSERT_STR(buf_peek(&story.heard), "down");
    assert_int_equal(story.answers, 1);
    end(&story);
    close_scene(&scene);
}

static void a_write_that_was_sent_is_not_tried_again(void **state)
{
    WITH_PLAYS(scene, {.status = 503}, {.status = 200});
    struct story story;
    run(&story, &scene, "POST", "/things", "{\"a\":1}");
    assert_int_equal(scene.base.script.calls, 1);
    assert_int_equal(story.exchange.outcome.no_retry, RETRY_WHY_UNSAFE);
    end(&story);
    close_scene(&scene);
}

static void a_write_of_which_nothing_was_sent_is(void **state)
{
    WITH_PLAYS(scene, {.fault = CALL_FAULT_CONNECT, .unsent = true}, {.status = 201});
    struct story story;
    run(&story, &scene, "POST", "/things", "{\"a\":1}");
    assert_int_equal(scene.base.script.calls, 2);
    ASSERT_STR(scene.base.script.heard[1].body, "{\"a\":1}");
    assert_int_equal(story.exchange.outcome.status, 201);
    end(&story);
    close_scene(&scene);
}

static void a_write_with_a_key_or_declared_safe_is_sent_whole_again(void **state)
{
    WITH_PLAYS(scene, {.status = 500}, {.status = 200}, {.status = 500}, {.status = 200});
    struct story story;
    begin(&story, &scene, "POST", "/things", "{\"k\":1}");
    story.exchange.request.keyed = true;
    exchange_start(&story.exchange);
    finish(&story);
    assert_int_equal(story.exchange.outcome.attempts, 2);
    ASSERT_STR(scene.base.script.heard[1].body, "{\"k\":1}");
    end(&story);
    run(&story, &scene, "POST", "/things/search", "{\"s\":1}");
    assert_int_equal(story.exchange.outcome.attempts, 2);
    ASSERT_STR(scene.base.script.heard[3].body, "{\"s\":1}");
    end(&story);
    close_scene(&scene);
}

static void a_lost_answer_to_a_write_is_unknown_not_failed(void **state)
{
    WITH_PLAYS(scene, {.fault = CALL_FAULT_RESET},
               {.fault = CALL_FAULT_FIRST_BYTE_TIMEOUT},
               {.fault = CALL_FAULT_CONNECT, .unsent = true});
    struct story story;
    for (int i = 0; i < 2; i++) {
        run(&story, &scene, "POST", "/things", "{}");
        assert_int_equal(story.exchange.outcome.err, ERR_OUTCOME_UNKNOWN);
        assert_true(story.exchange.outcome.sent);
        assert_int_equal(story.answers, 0);
        end(&story);
    }
    begin(&story, &scene, "POST", "/things", "{}");
    story.exchange.request.single_attempt = true;
    exchange_start(&story.exchange);
    finish(&story);
    assert_int_equal(story.exchange.outcome.err, ERR_UPSTREAM_CONNECT);
    assert_false(story.exchange.outcome.sent);
    end(&story);
    close_scene(&scene);
}

static void a_dead_kept_connection_costs_no_wait_and_no_mark(void **state)
{
    WITH_PLAYS(scene, {.fault = CALL_FAULT_RESET, .reused = true}, {.status = 200});
    struct story story;
    run(&story, &scene, "GET", "/things", NULL);
    assert_int_equal(story.exchange.outcome.class, OUTCOME_OK);
    assert_true(scene.base.script.heard[1].fresh);
    assert_int_equal(story.took, 0);
    end(&story);
    close_scene(&scene);
}

static void a_write_over_a_dead_kept_connection_is_not_repeated(void **state)
{
    WITH_PLAYS(scene, {.fault = CALL_FAULT_RESET, .reused = true}, {.status = 200});
    struct story story;
    run(&story, &scene, "POST", "/things", "{}");
    assert_int_equal(scene.base.script.calls, 1);
    assert_int_equal(story.exchange.outcome.err, ERR_OUTCOME_UNKNOWN);
    end(&story);
    close_scene(&scene);
}

static void the_callers_deadline_ends_it_and_marks_nobody(void **state)
{
    WITH_PLAYS(scene, {.status = 200, .delay = 500 * USEC_MS});
    struct story story;
    for (int i = 0; i < 8; i++) {
        begin(&story, &scene, "GET", "/things", NULL);
        story.exchange.request.deadline = story.began + 100 * USEC_MS;
        exchange_start(&story.exchange);
        finish(&story);
        assert_int_equal(story.exchange.outcome.err, ERR_DEADLINE_EXCEEDED);
        assert_int_equal(story.exchange.outcome.class, OUTCOME_LOCAL);
        end(&story);
    }
    assert_int_equal(scene.breaker_events, 0);
    close_scene(&scene);
}

static void no_retry_is_begun_that_cannot_end_in_time(void **state)
{
    WITH_PLAYS(scene, {.status = 500});
    struct story story;
    begin(&story, &scene, "GET", "/things", NULL);
    story.exchange.request.deadline = story.began + 2500 * USEC_MS;
    exchange_start(&story.exchange);
    finish(&story);
    assert_int_equal(story.exchange.outcome.no_retry, RETRY_WHY_DEADLINE);
    assert_true(story.took < 2500 * USEC_MS);
    end(&story);
    close_scene(&scene);
}

static void an_outage_is_not_multiplied_past_the_budget(void **state)
{
    WITH_PLAYS(scene, {.status = 500});
    struct story stories[10];
    unsigned attempts = 0;
    for (int i = 0; i < 10; i++) {
        begin(&stories[i], &scene, "GET", "/things", NULL);
        /* every one its own account, so that the account breaker stays out of it */
        stories[i].exchange.request.probe = false;
        exchange_start(&stories[i].exchange);
    }
    for (int i = 0; i < 10; i++) {
        finish(&stories[i]);
        attempts += stories[i].exchange.outcome.attempts;
        end(&stories[i]);
    }
    assert_true(attempts <= 10 + 3 + 3); /* at least 3 per 10 s are always allowed */
    close_scene(&scene);
}

/* --- throttles --- */

static void a_throttle_is_passed_on_at_once_as_429(void **state)
{
    WITH_PLAYS(scene, {.status = 403,
                       .headers = {"Content-Type: application/json", "Retry-After: 7",
                                   "X-Limit: 100", "X-Left: 0"},
                       .body = "{\"code\":\"LIMIT\",\"message\":\"slow down\"}"});
    struct story story;
    run(&story, &scene, "GET", "/things", NULL);
    assert_int_equal(scene.base.script.calls, 1);
    assert_int_equal(story.exchange.outcome.class, OUTCOME_RATE_LIMITED);
    assert_int_equal(story.exchange.outcome.status, 429);
    assert_int_equal(story.exchange.outcome.vendor_status, 403);
    assert_int_equal(story.exchange.outcome.retry_after, 7 * USEC_S);
    assert_int_equal(story.exchange.outcome.throttle.n, 1);
    end(&story);
    close_scene(&scene);
}

static void a_throttle_without_a_time_grows_from_one_to_the_next(void **state)
{
    WITH_PLAYS(scene, {.status = 429}, {.status = 429}, {.status = 429}, {.status = 200},
               {.status = 429});
    struct story story;
    usec waits[5] = {0};
    for (int i = 0; i < 5; i++) {
        run(&story, &scene, "GET", "/things", NULL);
        waits[i] = story.exchange.outcome.retry_after;
        end(&story);
    }
    assert_in_range(waits[0], USEC_S, 2 * USEC_S);
    assert_in_range(waits[1], 2 * USEC_S, 3 * USEC_S);
    assert_in_range(waits[2], 4 * USEC_S, 5 * USEC_S);
    assert_in_range(waits[4], USEC_S, 2 * USEC_S); /* a good answer came between */
    close_scene(&scene);
}

static void who_asks_to_wait_waits_within_his_bound(void **state)
{
    WITH_PLAYS(scene, {.status = 429, .headers = {"Retry-After: 15"}}, {.status = 200},
               {.status = 429, .headers = {"Retry-After: 30"}});
    struct story story;
    for (int i = 0; i < 2; i++) {
        begin(&story, &scene, "GET", "/things", NULL);
        story.exchange.request.wait_on_limit = 20 * USEC_S;
        exchange_start(&story.exchange);
        finish(&story);
        assert_int_equal(story.exchange.outcome.status, i == 0 ? 200 : 429);
        assert_int_equal(story.took, i == 0 ? 15 * USEC_S : 0);
        end(&story);
    }
    close_scene(&scene);
}

static void a_vendor_that_says_now_for_ever_is_asked_once_a_second(void **state)
{
    WITH_PLAYS(scene, {.status = 429, .headers = {"Retry-After: 0"}, .delay = USEC_MS});
    struct story story;
    begin(&story, &scene, "GET", "/things", NULL);
    story.exchange.request.wait_on_limit = 10 * USEC_S;
    exchange_start(&story.exchange);
    finish(&story);
    assert_int_equal(story.exchange.outcome.status, 429);
    assert_in_range(story.took, 9 * USEC_S, 10 * USEC_S);
    assert_in_range(scene.base.script.calls, 10, 12);
    end(&story);
    close_scene(&scene);
}

/* The request's arena is bounded, and running out of it ends the process. */
static void waiting_does_not_use_up_the_requests_memory(void **state)
{
    static char zeroes[60002] = "[";
    memset(zeroes + 1, '0', 60000);
    for (int i = 2; i < 60000; i += 2)
        zeroes[i] = ',';
    zeroes[60000] = ']';
    WITH_PLAYS(scene, {.status = 429, .headers = {"Retry-After: 1"}, .body = zeroes});
    struct story story;
    begin(&story, &scene, "GET", "/things", NULL);
    story.exchange.request.wait_on_limit = 10 * USEC_MIN;
    exchange_start(&story.exchange);
    finish(&story);
    assert_int_equal(story.exchange.outcome.status, 429);
    assert_in_range(scene.base.arena.bytes, 32 << 20, 48 << 20);
    end(&story);
    close_scene(&scene);
}

static void while_a_throttle_holds_only_who_wants_is_refused_here(void **state)
{
    WITH_PLAYS(scene, {.status = 429, .headers = {"Retry-After: 60"}}, {.status = 200});
    struct story story;
    run(&story, &scene, "GET", "/things", NULL);
    end(&story);
    begin(&story, &scene, "GET", "/things", NULL);
    story.exchange.request.refuse_on_limit = true;
    exchange_start(&story.exchange);
    finish(&story);
    assert_int_equal(story.exchange.outcome.err, ERR_RATE_LIMITED_LOCAL);
    assert_int_equal(story.exchange.outcome.retry_after, 60 * USEC_S);
    end(&story);
    begin(&story, &scene, "GET", "/things", NULL);
    story.exchange.request.background = true;
    exchange_start(&story.exchange);
    finish(&story);
    assert_int_equal(story.exchange.outcome.err, ERR_RATE_LIMITED_LOCAL);
    end(&story);
    assert_int_equal(scene.base.script.calls, 1);
    run(&story, &scene, "GET", "/things", NULL); /* a person's call is sent */
    assert_int_equal(story.exchange.outcome.status, 200);
    end(&story);
    close_scene(&scene);
}

static void background_work_leaves_a_fifth_of_the_window_to_others(void **state)
{
    WITH_PLAYS(scene, {.status = 200, .headers = {"X-Limit: 100", "X-Left: 19"}});
    struct story story;
    run(&story, &scene, "GET", "/things", NULL);
    end(&story);
    begin(&story, &scene, "GET", "/things", NULL);
    story.exchange.request.background = true;
    exchange_start(&story.exchange);
    finish(&story);
    assert_int_equal(story.exchange.outcome.err, ERR_RATE_LIMITED_LOCAL);
    end(&story);
    close_scene(&scene);
}

/* --- places --- */

static void an_account_has_only_so_many_places(void **state)
{
    WITH_PLAYS(scene, {.status = 200, .delay = USEC_S});
    struct story stories[3];
    scene.base.account.concurrency_max = 2;
    for (int i = 0; i < 3; i++) {
        begin(&stories[i], &scene, "GET", "/things", NULL);
        exchange_start(&stories[i].exchange);
    }
    unsigned refused = 0;
    for (int i = 0; i < 3; i++) {
        finish(&stories[i]);
        refused += stories[i].exchange.outcome.err == ERR_CONCURRENCY_LIMIT;
        end(&stories[i]);
    }
    assert_int_equal(refused, 1);
    assert_int_equal(scene.base.script.calls, 2);
    begin(&stories[0], &scene, "GET", "/things", NULL); /* places were given back */
    exchange_start(&stories[0].exchange);
    finish(&stories[0]);
    assert_int_equal(stories[0].exchange.outcome.err, ERR_NONE);
    end(&stories[0]);
    close_scene(&scene);
}

static void who_asks_to_wait_waits_for_a_place_too(void **state)
{
    WITH_PLAYS(scene, {.status = 200, .delay = USEC_S});
    struct story stories[2];
    scene.base.environment.concurrency_max = 1;
    for (int i = 0; i < 2; i++) {
        begin(&stories[i], &scene, "GET", "/things", NULL);
        stories[i].exchange.request.wait_on_limit = 5 * USEC_S;
        exchange_start(&stories[i].exchange);
    }
    for (int i = 0; i < 2; i++) {
        finish(&stories[i]);
        assert_int_equal(stories[i].exchange.outcome.err, ERR_NONE);
        end(&stories[i]);
    }
    assert_true(scene.base.script.heard[1].at - scene.base.script.heard[0].at >= USEC_S);
    close_scene(&scene);
}

/* --- the share of writes that wait --- */

static uint32_t one_waits(void *arg, const struct account *account)
{
    (void)arg;
    (void)account;
    return 1;
}

static bool is_sent(struct scene *scene, bool accepted)
{
    struct story story;
    begin(&story, scene, "POST", "/things", NULL);
    story.exchange.request.background = true;
    story.exchange.request.accepted = accepted;
    exchange_start(&story.exchange);
    finish(&story);
    bool sent = story.exchange.outcome.err == ERR_NONE;
    end(&story);
    return sent;
}

static void background_work_leaves_a_quarter_more_to_writes_that_wait(void **state)
{
    WITH_PLAYS(scene, {.status = 200, .headers = {"X-Limit: 100", "X-Left: 40"}});
    struct story story;
    run(&story, &scene, "GET", "/things", NULL);
    end(&story);
    assert_true(is_sent(&scene, false));
    scene.base.env.writes_waiting = one_waits;
    assert_false(is_sent(&scene, false));
    assert_true(is_sent(&scene, true));
    close_scene(&scene);
}

static void a_quarter_of_the_places_is_that_of_writes_that_wait(void **state)
{
    WITH_PLAYS(scene, {.status = 200, .delay = USEC_S});
    struct story stories[5];
    unsigned refused = 0;
    scene.base.account.concurrency_max = 4;
    scene.base.env.writes_waiting = one_waits;
    for (int i = 0; i < 5; i++) {
        begin(&stories[i], &scene, "GET", "/things", NULL);
        stories[i].exchange.request.accepted = i == 4;
        exchange_start(&stories[i].exchange);
        false_loop_idle(&scene.base.loop); /* one after the other */
    }
    for (int i = 0; i < 5; i++) {
        finish(&stories[i]);
        bool full = stories[i].exchange.outcome.err == ERR_CONCURRENCY_LIMIT;
        assert_false(full && stories[i].exchange.request.accepted);
        refused += full;
        end(&stories[i]);
    }
    assert_int_equal(refused, 1);
    assert_int_equal(scene.base.script.calls, 4);
    close_scene(&scene);
}

/* --- breakers --- */

static void fail_often(struct scene *scene, int n)
{
    struct story story;
    for (int i = 0; i < n; i++) {
        begin(&story, scene, "GET", "/things", NULL);
        story.exchange.request.single_attempt = true;
        exchange_start(&story.exchange);
        finish(&story);
        end(&story);
    }
}

static void five_failures_open_the_breaker_and_two_good_trials_close_it(void **state)
{
    WITH_PLAYS(scene, {.status = 503}, {.status = 503}, {.status = 503}, {.status = 503},
               {.status = 503,
                .headers = {"Content-Type: application/json"},
                .body = "{\"message\":\"maintenance\"}"},
               {.status = 200});
    struct story story;
    fail_often(&scene, 5);
    run(&story, &scene, "GET", "/things", NULL);
    assert_int_equal(story.exchange.outcome.err, ERR_BREAKER_OPEN);
    assert_int_equal(scene.base.script.calls, 5);
    assert_int_equal(story.exchange.outcome.vendor.status, 503);
    ASSERT_STR(story.exchange.outcome.vendor.message, "HTTP 503, maintenance");
    assert_in_range(story.exchange.outcome.retry_after, 29 * USEC_S, 33 * USEC_S);
    end(&story);
    false_loop_run(&scene.base.loop, 34 * USEC_S);
    for (int i = 0; i < 3; i++) {
        run(&story, &scene, "GET", "/things", NULL);
        assert_int_equal(story.exchange.outcome.status, 200);
        assert_int_equal(story.exchange.outcome.breaker,
                         i < 2 ? BREAKER_HALF_OPEN : BREAKER_CLOSED);
        end(&story);
    }
    assert_true(scene.breaker_events >= 2);
    close_scene(&scene);
}

/* The integration, with a header that needs what no account's context has. */
static const struct integration *with_header_of_tenant(struct scene *scene)
{
    struct binder binder;
    str text = str_z(document);
    str parts[] = {str_of(text.p, text.n - 1),
                   STR(",\"headers\":{\"X-Tenant\":\"{tenant}\"}}")};
    bind_init(&binder, &scene->base.arena);
    const struct integration *integration =
        integration_read(&binder, arena_join(&scene->base.arena, parts, 2));
    assert_non_null(integration);
    return integration;
}

static void a_trial_that_was_never_sent_is_given_back(void **state)
{
    WITH_PLAYS(scene, {.status = 503}, {.status = 503}, {.status = 503}, {.status = 503},
               {.status = 503}, {.status = 200});
    struct story story;
    fail_often(&scene, 5);
    false_loop_run(&scene.base.loop, 34 * USEC_S);
    for (int i = 0; i < 5; i++) {
        begin(&story, &scene, "GET", "/things", NULL);
        story.exchange.integration = with_header_of_tenant(&scene);
        exchange_start(&story.exchange);
        finish(&story);
        assert_int_equal(story.exchange.outcome.err, ERR_CREDENTIAL_UNUSABLE);
        end(&story);
    }
    assert_int_equal(scene.base.script.calls, 5);
    run(&story, &scene, "GET", "/things", NULL);
    assert_int_equal(story.exchange.outcome.status, 200);
    end(&story);
    close_scene(&scene);
}

static void a_lost_write_whose_repeat_is_refused_is_unknown(void **state)
{
    WITH_PLAYS(scene, {.status = 503}, {.status = 503}, {.status = 503}, {.status = 503},
               {.fault = CALL_FAULT_RESET});
    struct story story;
    fail_often(&scene, 4);
    run(&story, &scene, "PUT", "/things/1", "{}"); /* the fifth failure */
    assert_int_equal(scene.base.script.calls, 5);
    assert_int_equal(story.exchange.outcome.err, ERR_OUTCOME_UNKNOWN);
    assert_true(story.exchange.outcome.sent);
    str detail = story.exchange.outcome.detail;
    assert_true(str_starts(detail, STR("It was sent and had no answer")));
    assert_true(str_find_str(detail, STR("The breaker of the integration")) < detail.n);
    end(&story);
    run(&story, &scene, "PUT", "/things/1", "{}");
    assert_int_equal(story.exchange.outcome.err, ERR_BREAKER_OPEN);
    assert_false(story.exchange.outcome.sent);
    end(&story);
    close_scene(&scene);
}

static void a_lost_read_whose_repeat_is_refused_is_refused(void **state)
{
    WITH_PLAYS(scene, {.status = 503}, {.status = 503}, {.status = 503}, {.status = 503},
               {.fault = CALL_FAULT_RESET});
    struct story story;
    fail_often(&scene, 4);
    run(&story, &scene, "GET", "/things", NULL);
    assert_int_equal(scene.base.script.calls, 5);
    assert_int_equal(story.exchange.outcome.err, ERR_BREAKER_OPEN);
    end(&story);
    close_scene(&scene);
}

static void one_accounts_failures_stop_that_account_alone(void **state)
{
    WITH_PLAYS(scene, {.status = 200}, {.status = 503}, {.status = 503}, {.status = 503},
               {.status = 503}, {.status = 503}, {.status = 200});
    struct story story;
    begin(&story, &scene, "GET", "/things", NULL);
    story.exchange.account = &scene.other_account;
    exchange_start(&story.exchange);
    finish(&story);
    end(&story);
    fail_often(&scene, 5);
    run(&story, &scene, "GET", "/things", NULL);
    assert_int_equal(story.exchange.outcome.err, ERR_BREAKER_OPEN);
    end(&story);
    begin(&story, &scene, "GET", "/things", NULL);
    story.exchange.account = &scene.other_account;
    exchange_start(&story.exchange);
    finish(&story);
    assert_int_equal(story.exchange.outcome.status, 200);
    end(&story);
    close_scene(&scene);
}

/* It is one account's: the vendor works, and asking again would change nothing. */
static void a_refused_certificate_is_asked_about_once_and_marks_nobody(void **state)
{
    WITH_PLAYS(scene, {.fault = CALL_FAULT_CERTIFICATE, .unsent = true});
    struct story story;
    for (unsigned i = 0; i < 10; i++) {
        run(&story, &scene, i % 2 ? "POST" : "GET", "/things", i % 2 ? "{}" : NULL);
        assert_int_equal(story.exchange.outcome.err, ERR_CERTIFICATE_REFUSED);
        assert_int_equal(story.exchange.outcome.class, OUTCOME_AUTH_FAILED);
        assert_int_equal(story.exchange.outcome.attempts, 1);
        assert_false(story.exchange.outcome.sent);
        end(&story);
    }
    assert_int_equal(scene.base.script.calls, 10);
    assert_int_equal(scene.breaker_events, 0);
    close_scene(&scene);
}

/* --- what is shown --- */

static void want_certificates(struct scene *scene)
{
    static const char wanting[] =
        "{\"name\":\"vendor\",\"hosts\":[\"api.vendor.test\"],\"base_url\":"
        "\"https://api.vendor.test\",\"auth\":{\"scheme\":\"bearer\",\"tls\":"
        "\"required\",\"token\":{\"grant\":\"client_credentials\",\"client\":"
        "\"tls_client_auth\",\"url\":\"https://api.vendor.test/token\"}}}";
    struct binder binder;
    str why;
    bind_init(&binder, &scene->base.arena);
    scene->base.integration = integration_read(&binder, str_z(wanting));
    assert_non_null(scene->base.integration);
    struct tls *tls =
        tls_create_client(&scene->base.arena, STR_NONE, STR_NONE, STR_NONE, &why);
    assert_non_null(tls);
    scene->base.env.profiles = profiles_create(tls, 0);
    tls_unref(&tls);
}

/* A request to the token endpoint with the certificate of that name (NULL: none). */
static void ask_for_token(struct story *story, struct scene *scene, const char *name,
                          const char *key)
{
    struct url url;
    assert_true(
        url_parse(&scene->base.arena, STR("https://api.vendor.test/token"), &url, NULL));
    begin(story, scene, "POST", "/token", NULL);
    story->exchange.request.target = &url;
    if (name) {
        str end = STR(".pem"), key_end = STR(".key");
        str parts[] = {str_z(name), end}, key_parts[] = {str_z(key), key_end};
        story->exchange.request.certificate = (struct certificate){
            given_file(&scene->base.arena,
                       certs_path(arena_z(&scene->base.arena,
                                          arena_join(&scene->base.arena, parts, 2)))),
            given_file(
                &scene->base.arena,
                certs_path(arena_z(&scene->base.arena,
                                   arena_join(&scene->base.arena, key_parts, 2))))};
    }
    exchange_start(&story->exchange);
    finish(story);
}

static void a_token_endpoint_is_shown_what_its_request_brings(void **state)
{
    WITH_PLAYS(scene, {.status = 200});
    const struct tls *shown[3];
    static const char *const names[] = {"client", "good", "client"};
    struct story story;
    want_certificates(&scene);
    for (int i = 0; i < 3; i++) {
        ask_for_token(&story, &scene, names[i], names[i]);
        assert_int_equal(story.exchange.outcome.class, OUTCOME_OK);
        shown[i] = story.exchange.call.tls;
        assert_true(shown[i] && tls_shows_certificate(shown[i]));
        end(&story);
    }
    assert_ptr_not_equal(shown[0], shown[1]);
    assert_ptr_equal(shown[0], shown[2]);
    profiles_destroy(&scene.base.env.profiles);
    close_scene(&scene);
}

static void nothing_is_sent_without_a_certificate_that_can_be_shown(void **state)
{
    WITH_PLAYS(scene, {.status = 200});
    struct story story;
    want_certificates(&scene);
    ask_for_token(&story, &scene, NULL, NULL);
    assert_int_equal(story.exchange.outcome.err, ERR_CREDENTIAL_UNUSABLE);
    ASSERT_STR(story.exchange.outcome.detail, CERTIFICATE_MISSING);
    end(&story);
    ask_for_token(&story, &scene, "client", "good");
    assert_int_equal(story.exchange.outcome.err, ERR_CREDENTIAL_UNUSABLE);
    ASSERT_STR(story.exchange.outcome.detail,
               "The private key does not match the certificate: it is another one's.");
    end(&story);
    assert_int_equal(scene.base.script.calls, 0);
    profiles_destroy(&scene.base.env.profiles);
    close_scene(&scene);
}

static void a_4xx_or_401_never_opens_it(void **state)
{
    WITH_PLAYS(scene, {.status = 401}, {.status = 404}, {.status = 403}, {.status = 429},
               {.status = 401});
    struct story story;
    fail_often(&scene, 20);
    run(&story, &scene, "GET", "/things", NULL);
    assert_int_equal(story.exchange.outcome.vendor_status, 401);
    end(&story);
    close_scene(&scene);
}

static void a_break_in_the_middle_of_a_body_counts(void **state)
{
    WITH_PLAYS(scene,
               {.status = 200, .body = "half", .fault = CALL_FAULT_RESET, .cut = true});
    struct story story;
    for (int i = 0; i < 5; i++) {
        run(&story, &scene, "GET", "/things", NULL);
        assert_true(story.exchange.outcome.cut);
        assert_int_equal(story.answers, 1);
        end(&story);
    }
    run(&story, &scene, "GET", "/things", NULL);
    assert_int_equal(story.exchange.outcome.err, ERR_BREAKER_OPEN);
    end(&story);
    close_scene(&scene);
}

/* --- leaving --- */

static void a_read_is_cancelled_when_its_starter_leaves(void **state)
{
    WITH_PLAYS(scene, {.status = 200, .delay = USEC_S});
    struct story story;
    begin(&story, &scene, "GET", "/things", NULL);
    exchange_start(&story.exchange);
    false_loop_run(&scene.base.loop, 100 * USEC_MS);
    assert_true(exchange_cancel(&story.exchange));
    assert_int_equal(scene.base.script.cancelled, 1);
    false_loop_run(&scene.base.loop, 10 * USEC_S);
    assert_false(story.done);
    end(&story);
    close_scene(&scene);
}

static void a_write_on_its_way_is_not(void **state)
{
    WITH_PLAYS(scene, {.status = 201, .delay = USEC_S});
    struct story story;
    begin(&story, &scene, "POST", "/things", "{}");
    exchange_start(&story.exchange);
    false_loop_run(&scene.base.loop, 100 * USEC_MS);
    assert_false(exchange_cancel(&story.exchange));
    finish(&story);
    assert_int_equal(story.exchange.outcome.status, 201);
    end(&story);
    close_scene(&scene);
}

static void a_body_that_breaks_off_ends_it(void **state)
{
    WITH_PLAYS(scene, {.status = 200});
    struct story story;
    begin(&story, &scene, "POST", "/things", NULL);
    story.exchange.request.body = &story.body;
    story.exchange.request.body_bytes = 100;
    exchange_start(&story.exchange);
    false_loop_run(&scene.base.loop, 100 * USEC_MS);
    body_put(&story.body, STR("not all"));
    body_break(&story.body);
    exchange_body_broken(&story.exchange);
    assert_true(story.done);
    assert_int_equal(story.exchange.outcome.err, ERR_OUTCOME_UNKNOWN);
    end(&story);
    close_scene(&scene);
}

static void waiting_for_the_starters_body_is_not_the_vendors_time(void **state)
{
    WITH_PLAYS(scene, {.status = 201, .delay = 200 * USEC_MS});
    struct story story;
    begin(&story, &scene, "POST", "/things", NULL);
    story.exchange.request.body = &story.body;
    story.exchange.request.body_bytes = 4;
    exchange_start(&story.exchange);
    for (int i = 0; i < 2; i++) {
        false_loop_run(&scene.base.loop, 3 * USEC_S);
        body_put(&story.body, STR("ab"));
    }
    body_end(&story.body);
    finish(&story);
    assert_int_equal(story.exchange.outcome.upstream, 200 * USEC_MS);
    assert_int_equal(story.exchange.outcome.starved, 6 * USEC_S);
    end(&story);
    close_scene(&scene);
}

static void a_slow_starter_pauses_the_vendor(void **state)
{
    WITH_PLAYS(scene, {.status = 200, .body = "piece.", .body_repeat = 4});
    struct story story;
    begin(&story, &scene, "GET", "/things", NULL);
    story.pause_at_first = true;
    exchange_start(&story.exchange);
    false_loop_run(&scene.base.loop, USEC_S);
    ASSERT_STR(buf_peek(&story.heard), "piece.");
    assert_false(story.done);
    exchange_resume(&story.exchange);
    finish(&story);
    assert_int_equal(story.heard.n, 24);
    end(&story);
    close_scene(&scene);
}

int test_exchange(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_answer_streams_to_its_starter),
        cmocka_unit_test(a_refused_certificate_is_asked_about_once_and_marks_nobody),
        cmocka_unit_test(a_token_endpoint_is_shown_what_its_request_brings),
        cmocka_unit_test(nothing_is_sent_without_a_certificate_that_can_be_shown),
        cmocka_unit_test(another_allowed_host_can_be_asked_a_foreign_one_cannot),
        cmocka_unit_test(a_path_does_not_lead_above_the_base_url),
        cmocka_unit_test(an_interim_answer_is_passed_on),
        cmocka_unit_test(a_vendors_error_comes_with_what_it_said),
        cmocka_unit_test(an_error_body_past_the_limit_streams_on_unread),
        cmocka_unit_test(a_read_is_tried_again_after_5xx_with_growing_waits),
        cmocka_unit_test(the_last_failure_is_the_answer),
        cmocka_unit_test(a_write_that_was_sent_is_not_tried_again),
        cmocka_unit_test(a_write_of_which_nothing_was_sent_is),
        cmocka_unit_test(a_write_with_a_key_or_declared_safe_is_sent_whole_again),
        cmocka_unit_test(a_lost_answer_to_a_write_is_unknown_not_failed),
        cmocka_unit_test(a_dead_kept_connection_costs_no_wait_and_no_mark),
        cmocka_unit_test(a_write_over_a_dead_kept_connection_is_not_repeated),
        cmocka_unit_test(the_callers_deadline_ends_it_and_marks_nobody),
        cmocka_unit_test(no_retry_is_begun_that_cannot_end_in_time),
        cmocka_unit_test(an_outage_is_not_multiplied_past_the_budget),
        cmocka_unit_test(a_throttle_is_passed_on_at_once_as_429),
        cmocka_unit_test(a_throttle_without_a_time_grows_from_one_to_the_next),
        cmocka_unit_test(who_asks_to_wait_waits_within_his_bound),
        cmocka_unit_test(a_vendor_that_says_now_for_ever_is_asked_once_a_second),
        cmocka_unit_test(waiting_does_not_use_up_the_requests_memory),
        cmocka_unit_test(while_a_throttle_holds_only_who_wants_is_refused_here),
        cmocka_unit_test(background_work_leaves_a_fifth_of_the_window_to_others),
        cmocka_unit_test(an_account_has_only_so_many_places),
        cmocka_unit_test(who_asks_to_wait_waits_for_a_place_too),
        cmocka_unit_test(background_work_leaves_a_quarter_more_to_writes_that_wait),
        cmocka_unit_test(a_quarter_of_the_places_is_that_of_writes_that_wait),
        cmocka_unit_test(five_failures_open_the_breaker_and_two_good_trials_close_it),
        cmocka_unit_test(a_trial_that_was_never_sent_is_given_back),
        cmocka_unit_test(a_lost_write_whose_repeat_is_refused_is_unknown),
        cmocka_unit_test(a_lost_read_whose_repeat_is_refused_is_refused),
        cmocka_unit_test(one_accounts_failures_stop_that_account_alone),
        cmocka_unit_test(a_4xx_or_401_never_opens_it),
        cmocka_unit_test(a_break_in_the_middle_of_a_body_counts),
        cmocka_unit_test(a_read_is_cancelled_when_its_starter_leaves),
        cmocka_unit_test(a_write_on_its_way_is_not),
        cmocka_unit_test(a_body_that_breaks_off_ends_it),
        cmocka_unit_test(waiting_for_the_starters_body_is_not_the_vendors_time),
        cmocka_unit_test(a_slow_starter_pauses_the_vendor),
    };
    return cmocka_run_group_tests_name("exchange/exchange", tests, NULL, NULL);
}
