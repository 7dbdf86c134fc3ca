/* Names: found, not found, slow; and several addresses behind one. */
#include "stage.h"
#include "support/name_server.h"
#include "tests.h"

#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static const struct name_record records[] = {
    {"one.test", "127.0.0.1", NAME_ANSWERS},
    {"two.test", "127.0.0.2 127.0.0.3 127.0.0.1", NAME_ANSWERS},
    {"other.test", "127.0.0.2 127.0.0.3", NAME_ANSWERS},
    {"empty.test", "", NAME_ANSWERS},
    {"fails.test", "", NAME_FAILS},
    {"silent.test", "", NAME_SILENT},
    {"slow.test", "127.0.0.1", NAME_WAITS},
    {NULL, NULL, NAME_ANSWERS},
};

struct scene {
    struct stage *stage;
    struct name_server *names;
    struct peer *deaf;
};

static int scene_setup(void **state)
{
    static struct scene scene;
    struct transport_settings settings = {0};
    scene = (struct scene){.names = name_server_start(records)};
    settings.name_servers = name_server_at(scene.names);
    scene.stage = stage_open(&settings);
    stage_peer(scene.stage, SCRIPT(PEER_HEAD, PEER_SAY(ANSWER), PEER_HEAD,
                                   PEER_SAY(ANSWER), PEER_GONE));
    *state = &scene;
    return 0;
}

static int scene_teardown(void **state)
{
    struct scene *scene = *state;
    stage_close(scene->stage);
    peer_stop(&scene->deaf);
    name_server_stop(&scene->names);
    return 0;
}

static void call_name(struct scene *scene, struct probe *probe, const char *name)
{
    probe_init(probe, scene->stage, "GET", "http://%s:%u/", name,
               peer_port(scene->stage->peer));
    probe_run(probe);
}

static void finds_a_name_and_remembers_it(void **state)
{
    struct scene *scene = *state;
    for (int i = 0; i < 3; i++) {
        struct probe probe;
        probe_init(&probe, scene->stage, "GET", "http://one.test:%u/",
                   peer_port(scene->stage->peer));
        probe.call.fresh = true;
        probe_run(&probe);
        probe_saw(&probe, "one.test", "head 200, body, end", "ok");
        probe_fini(&probe);
    }
    assert_int_equal(name_server_asked(scene->names, "one.test"), 1);
    assert_int_equal(peer_connections(scene->stage->peer), 3);
}

static void says_that_a_name_is_not_there(void **state)
{
    static const char *const names[] = {"missing.test", "empty.test", "fails.test"};
    struct scene *scene = *state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct probe probe;
        call_name(scene, &probe, names[i]);
        probe_saw(&probe, names[i], "fault dns", "");
        assert_false(probe.call.sent);
        str text = probe.call.fault_text;
        assert_true(str_find_str(text, str_z(names[i])) < text.n);
        probe_fini(&probe);
    }
}

static void asks_again_after_a_failure(void **state)
{
    struct scene *scene = *state;
    for (unsigned i = 1; i < 3; i++) {
        struct probe probe;
        call_name(scene, &probe, "empty.test");
        probe_saw(&probe, "empty.test", "fault dns", "");
        assert_true(name_server_asked(scene->names, "empty.test") >= i);
        probe_fini(&probe);
    }
}

static void waits_for_a_name_as_long_as_for_a_connection(void **state)
{
    struct scene *scene = *state;
    struct probe probe;
    probe_init(&probe, scene->stage, "GET", "http://silent.test:%u/",
               peer_port(scene->stage->peer));
    probe.call.limits.connect = 100 * USEC_MS;
    probe_run(&probe);
    probe_saw(&probe, "silent.test", "fault connect timeout", "");
    assert_false(probe.call.sent);
    probe_fini(&probe);
}

static void asks_once_for_all_who_wait(void **state)
{
    struct scene *scene = *state;
    struct probe probes[5];
    for (size_t i = 0; i < COUNT_OF(probes); i++) {
        probe_init(&probes[i], scene->stage, "GET", "http://slow.test:%u/",
                   peer_port(scene->stage->peer));
        probes[i].call.fresh = true;
        probe_start(&probes[i]);
    }
    probe_cancel(&probes[1]);
    while (name_server_asked(scene->names, "slow.test") == 0)
        usleep(1000);
    name_server_go(scene->names);
    for (size_t i = 0; i < COUNT_OF(probes); i++) {
        probe_wait(&probes[i]);
        probe_saw(&probes[i], "slow.test", i == 1 ? "cancelled" : "head 200, body, end",
                  i == 1 ? "" : "ok");
        probe_fini(&probes[i]);
    }
    assert_int_equal(name_server_asked(scene->names, "slow.test"), 1);
}

/* 127.0.0.2 and 127.0.0.3 refuse: the third is reached. */
static void tries_the_next_address_after_a_refusal(void **state)
{
    struct scene *scene = *state;
    struct probe probe;
    call_name(scene, &probe, "two.test");
    probe_saw(&probe, "two.test", "head 200, body, end", "ok");
    probe_fini(&probe);
}

/* 127.0.0.2 swallows connections, 127.0.0.3 refuses them. */
static void tries_the_next_address_in_silence(void **state)
{
    struct scene *scene = *state;
    struct probe probe;
    scene->deaf = peer_start(&(struct peer_plan){
        .address = "127.0.0.2", .port = peer_port(scene->stage->peer), .deaf = true});
    call_name(scene, &probe, "two.test");
    probe_saw(&probe, "two.test", "head 200, body, end", "ok");
    assert_int_equal(peer_connections(scene->stage->peer), 1);
    probe_fini(&probe);
}

static void gives_up_when_no_address_answers(void **state)
{
    struct scene *scene = *state;
    struct probe probe;
    call_name(scene, &probe, "other.test");
    probe_saw(&probe, "other.test", "fault connect", "");
    assert_false(probe.call.sent);
    str text = probe.call.fault_text;
    assert_true(str_find_str_nocase(text, STR("refused")) < text.n);
    probe_fini(&probe);
}

static void may_be_left_between_two_addresses(void **state)
{
    struct scene *scene = *state;
    struct probe probe;
    scene->deaf = peer_start(&(struct peer_plan){
        .address = "127.0.0.2", .port = peer_port(scene->stage->peer), .deaf = true});
    probe_init(&probe, scene->stage, "GET", "http://other.test:%u/",
               peer_port(scene->stage->peer));
    probe_start(&probe);
    usleep(20000);
    probe_cancel(&probe);
    probe_saw(&probe, "left", "cancelled", "");
    probe_fini(&probe);
}

#define SCENE_TEST(fn) cmocka_unit_test_setup_teardown(fn, scene_setup, scene_teardown)

int test_names(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(finds_a_name_and_remembers_it),
        SCENE_TEST(says_that_a_name_is_not_there),
        SCENE_TEST(asks_again_after_a_failure),
        SCENE_TEST(waits_for_a_name_as_long_as_for_a_connection),
        SCENE_TEST(asks_once_for_all_who_wait),
        SCENE_TEST(tries_the_next_address_after_a_refusal),
        SCENE_TEST(tries_the_next_address_in_silence),
        SCENE_TEST(gives_up_when_no_address_answers),
        SCENE_TEST(may_be_left_between_two_addresses),
    };
    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
