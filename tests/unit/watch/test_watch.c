#include "support/guest.h"

#include "json/json_parse.h"
#include "keeper/keeper.h"
#include "tests.h"
#include "watch/watch.h"

struct scene {
    struct buf lines;
    struct log log;
    struct worker worker;
    struct watch *watch;
    struct guest guest;
    struct integration integration;
    struct resource resource;
    struct method method;
};

static void take_line(void *arg, str line)
{
    buf_str(arg, line);
}

static usec wall(void *arg)
{
    (void)arg;
    return 0;
}

static void open_scene(struct scene *scene)
{
    *scene = (struct scene){.worker = {.now = 5 * USEC_S}};
    buf_init(&scene->lines, 1 << 20);
    scene->log = (struct log){.sink = take_line, .wall = wall, .arg = &scene->lines};
    scene->watch = watch_create(2, &scene->log);
    guest_init(&scene->guest, "192.0.2.1", NULL);
    scene->guest.in.worker = &scene->worker;
    scene->guest.in.head.method = STR("GET");
    scene->guest.in.began = 4 * USEC_S;
    scene->resource.name = STR("things");
    scene->method = (struct method){.name = STR("list"), .resource = &scene->resource};
    scene->integration.name = STR("vendor");
}

static void close_scene(struct scene *scene)
{
    watch_destroy(&scene->watch);
    guest_fini(&scene->guest);
    buf_fini(&scene->lines);
}

/* A call that took 30 ms at the vendor, on a worker. */
static void end_call(struct scene *scene, unsigned worker, enum outcome_class class,
                     uint32_t attempts)
{
    struct visit *visit = &scene->guest.visit;
    scene->worker.id = worker;
    visit->integration = &scene->integration;
    visit->method = &scene->method;
    visit->path = STR("/things");
    visit->query = STR("api_key=hidden");
    visit->exchanging = true;
    visit->outcome = &visit->exchange.outcome;
    visit->status = 200;
    visit->bytes_out = 100;
    visit->exchange.outcome = (struct outcome){.class = class,
                                               .attempts = attempts,
                                               .vendor_status = 200,
                                               .retry_after = -1,
                                               .upstream = 30 * USEC_MS};
    watch_visit(scene->watch, visit);
}

static bool has_line(str text, const char *line)
{
    str rest = text, one;
    while (rest.n && str_next(&rest, '\n', &one))
        if (str_eq(one, str_z(line)))
            return true;
    return false;
}

#define ASSERT_LINE(text, line)                                                          \
    do {                                                                                 \
        if (!has_line(text, line))                                                       \
            fail_msg("there is no line %s in:\n" STR_F, line, STR_A(text));              \
    } while (0)

static void calls_of_all_workers_are_summed(void **state)
{
    struct scene scene;
    struct buf text;
    (void)state;
    open_scene(&scene);
    end_call(&scene, 0, OUTCOME_OK, 1);
    end_call(&scene, 1, OUTCOME_OK, 1);
    end_call(&scene, 1, OUTCOME_SERVER, 4);
    buf_init(&text, 1 << 20);
    watch_metrics(scene.watch, &text);
    str all = buf_peek(&text);
    ASSERT_LINE(all, "breakwater_calls_total{integration=\"vendor\",class=\"ok\"} 2");
    ASSERT_LINE(
        all, "breakwater_calls_total{integration=\"vendor\",class=\"server_error\"} 1");
    ASSERT_LINE(all, "breakwater_attempts_total{integration=\"vendor\"} 6");
    ASSERT_LINE(all, "breakwater_retries_total{integration=\"vendor\"} 3");
    ASSERT_LINE(all, "breakwater_answer_bytes_total{integration=\"vendor\"} 300");
    ASSERT_LINE(
        all, "breakwater_upstream_seconds_bucket{integration=\"vendor\",le=\"0.025\"} 0");
    ASSERT_LINE(
        all, "breakwater_upstream_seconds_bucket{integration=\"vendor\",le=\"0.05\"} 3");
    ASSERT_LINE(
        all, "breakwater_upstream_seconds_bucket{integration=\"vendor\",le=\"+Inf\"} 3");
    ASSERT_LINE(all, "breakwater_call_seconds_count{integration=\"vendor\"} 3");
    buf_fini(&text);
    close_scene(&scene);
}

static void what_does_not_fit_is_left_out_and_said(void **state)
{
    struct scene scene;
    struct buf text;
    (void)state;
    open_scene(&scene);
    end_call(&scene, 0, OUTCOME_OK, 1);
    buf_clear(&scene.lines);
    for (int i = 0; i < 2; i++) {
        buf_init(&text, 3000);
        buf_str(&text, STR("before 1\n"));
        watch_metrics(scene.watch, &text);
        str all = buf_peek(&text);
        assert_true(buf_ok(&text));
        ASSERT_LINE(all, "before 1");
        ASSERT_LINE(all, "breakwater_metrics_cut 1");
        assert_true(str_find_str(all, STR("vendor")) == all.n);
        buf_fini(&text);
    }
    str said = buf_peek(&scene.lines); /* once */
    assert_true(str_find_str(said, STR("\"event\":\"metrics\"")) < said.n);
    assert_int_equal(str_find(said, '\n'), said.n - 1);
    buf_init(&text, 1 << 20);
    watch_metrics(scene.watch, &text);
    ASSERT_LINE(buf_peek(&text), "breakwater_metrics_cut 0");
    ASSERT_LINE(buf_peek(&text), "breakwater_attempts_total{integration=\"vendor\"} 1");
    buf_fini(&text);
    close_scene(&scene);
}

static void a_line_says_what_happened_and_no_secret(void **state)
{
    struct scene scene;
    struct json line;
    (void)state;
    open_scene(&scene);
    end_call(&scene, 0, OUTCOME_OK, 2);
    str text = buf_peek(&scene.lines);
    assert_true(str_find_str(text, STR("hidden")) == text.n);
    text.n--; /* the line's end */
    assert_true(json_parse(&scene.guest.arena, text, NULL, &line, NULL));
    assert_true(str_eq(json_member_text(&line, STR("event")), STR("call")));
    assert_true(str_eq(json_member_text(&line, STR("integration")), STR("vendor")));
    assert_true(str_eq(json_member_text(&line, STR("resource")), STR("things")));
    assert_true(str_eq(json_member_text(&line, STR("method")), STR("list")));
    assert_true(str_eq(json_member_text(&line, STR("path")), STR("/things")));
    assert_true(str_eq(json_member_text(&line, STR("class")), STR("ok")));
    assert_true(json_number(json_member(&line, STR("attempts"))) == 2);
    assert_true(json_number(json_member(&line, STR("total_us"))) == 1e6);
    assert_true(str_eq(json_member_text(&line, STR("peer")), STR("192.0.2.1")));
    close_scene(&scene);
}

static void refusals_are_counted_by_their_code(void **state)
{
    struct scene scene;
    struct buf text;
    (void)state;
    open_scene(&scene);
    scene.guest.visit.err = ERR_KEY_MISSING;
    watch_visit(scene.watch, &scene.guest.visit);
    buf_init(&text, 1 << 20);
    watch_metrics(scene.watch, &text);
    ASSERT_LINE(buf_peek(&text),
                "breakwater_errors_total{integration=\"none\",code=\"key_missing\"} 1");
    buf_fini(&text);
    close_scene(&scene);
}

static void the_number_of_series_is_bounded(void **state)
{
    struct scene scene;
    struct buf text;
    char names[WATCH_INTEGRATIONS_MAX + 50][24];
    (void)state;
    open_scene(&scene);
    for (int i = 0; i < WATCH_INTEGRATIONS_MAX + 50; i++) {
        snprintf(names[i], sizeof(names[i]), "vendor%d", i);
        scene.integration.name = str_z(names[i]);
        end_call(&scene, 0, OUTCOME_OK, 1);
    }
    buf_init(&text, 64 << 20);
    watch_metrics(scene.watch, &text);
    ASSERT_LINE(buf_peek(&text),
                "breakwater_calls_total{integration=\"other\",class=\"ok\"} 50");
    buf_fini(&text);
    close_scene(&scene);
}

static void tokens_are_counted_without_a_series_for_each_account(void **state)
{
    struct keeper_stats stats = {.wards = 12,
                                 .fixed = 2,
                                 .waiting = 3,
                                 .under_way = 1,
                                 .failing = 4,
                                 .ended = 1,
                                 .needs_reauth = 5,
                                 .life_min = 90 * USEC_S,
                                 .exchanges = {[TOKEN_GOOD] = 7, [TOKEN_TRANSIENT] = 8}};
    struct buf text;
    (void)state;
    buf_init(&text, 1 << 20);
    watch_tokens(&text, &stats);
    ASSERT_LINE(buf_peek(&text), "breakwater_token_accounts 10");
    ASSERT_LINE(buf_peek(&text), "breakwater_token_static 2");
    ASSERT_LINE(buf_peek(&text), "breakwater_token_waiters 3");
    ASSERT_LINE(buf_peek(&text), "breakwater_token_renewing 1");
    ASSERT_LINE(buf_peek(&text), "breakwater_token_failing 4");
    ASSERT_LINE(buf_peek(&text), "breakwater_token_ended 1");
    ASSERT_LINE(buf_peek(&text), "breakwater_token_needs_reauth 5");
    ASSERT_LINE(buf_peek(&text), "breakwater_token_failing_life_seconds 90");
    ASSERT_LINE(buf_peek(&text), "breakwater_token_exchanges_total{verdict=\"good\"} 7");
    ASSERT_LINE(buf_peek(&text),
                "breakwater_token_exchanges_total{verdict=\"transient\"} 8");
    ASSERT_LINE(buf_peek(&text),
                "breakwater_token_exchanges_total{verdict=\"refused\"} 0");
    buf_clear(&text);
    stats.life_min = USEC_NEVER;
    watch_tokens(&text, &stats);
    ASSERT_LINE(buf_peek(&text), "breakwater_token_failing_life_seconds inf");
    buf_fini(&text);
}

int test_watch(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_of_all_workers_are_summed),
        cmocka_unit_test(what_does_not_fit_is_left_out_and_said),
        cmocka_unit_test(a_line_says_what_happened_and_no_secret),
        cmocka_unit_test(refusals_are_counted_by_their_code),
        cmocka_unit_test(the_number_of_series_is_bounded),
        cmocka_unit_test(tokens_are_counted_without_a_series_for_each_account),
    };
    return cmocka_run_group_tests_name("watch/watch", tests, NULL, NULL);
}
