/* A real server: nginx with TLS under a private authority, HTTP/2 where it is wanted. */
#include "base/mem.h"
#include "stage.h"
#include "support/nginx.h"
#include "tests.h"

enum { BIG_BYTES = 20000000, MANY = 50 };

static const char locations[] =
    "location = /version { return 200 $server_protocol; }\n"
    "location = /gone { return 410 gone; }\n"
    "location = /empty { return 204; }\n"
    "location = /refuses { client_max_body_size 1; return 200; }\n"
    "location = /early { return 200 early; }\n"
    "location /vendor/ { proxy_pass http://127.0.0.1:%u; proxy_http_version 1.1;\n"
    "  proxy_request_buffering off; proxy_buffering off;\n"
    "  proxy_set_header Connection ''; }\n";

struct scene {
    struct stage *stage;
    struct nginx *nginx;
};

static int setup(void **state)
{
    static struct scene scene;
    char text[1024];
    scene = (struct scene){.stage = stage_open(&(struct transport_settings){0})};
    stage_peer(scene.stage, SCRIPT(PEER_GONE));
    snprintf(text, sizeof(text), locations, peer_port(scene.stage->peer));
    if (nginx_exists())
        scene.nginx = nginx_start(text);
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    stage_close(scene->stage);
    nginx_stop(&scene->nginx);
    return 0;
}

static void need_nginx(struct scene *scene)
{
    if (!nginx_exists()) {
        print_message("skipped: nginx is not installed (Debian: nginx-light)\n");
        skip();
    }
    assert_non_null(scene->nginx);
}

static void call_path(struct scene *scene, struct probe *probe, const char *method,
                      const char *path)
{
    probe_init(probe, scene->stage, method, "https://localhost:%u%s",
               nginx_tls_port(scene->nginx), path);
}

struct page_case {
    const char *method;
    const char *path;
    const char *log;
    const char *body;
};

static const struct page_case pages[] = {
    {"GET", "/gone", "head 410, body, end", "gone"},
    {"HEAD", "/gone", "head 410, end", ""},
    {"GET", "/empty", "head 204, end", ""},
    {"GET", "/not-there", "head 404, body, end", NULL},
    {"DELETE", "/gone", "head 410, body, end", "gone"},
};

static void reads_pages(void **state)
{
    struct scene *scene = *state;
    need_nginx(scene);
    for (size_t i = 0; i < COUNT_OF(pages); i++) {
        struct probe probe;
        call_path(scene, &probe, pages[i].method, pages[i].path);
        probe_run(&probe);
        probe_saw(&probe, pages[i].path, pages[i].log, pages[i].body);
        assert_true(probe.call.reused == (i > 0));
        probe_fini(&probe);
    }
}

static void speaks_the_newest_version_it_knows(void **state)
{
    struct scene *scene = *state;
    struct probe probe;
    need_nginx(scene);
    call_path(scene, &probe, "GET", "/version");
    probe_run(&probe);
    probe_saw(&probe, "TLS", "head 200, body, end",
              stage_is("curl") ? "HTTP/2.0" : "HTTP/1.1");
    probe_fini(&probe);
    probe_init(&probe, scene->stage, "GET", "http://localhost:%u/version",
               nginx_plain_port(scene->nginx));
    probe_run(&probe);
    probe_saw(&probe, "plain", "head 200, body, end", "HTTP/1.1");
    probe_fini(&probe);
}

static void reads_a_large_file_with_pauses(void **state)
{
    struct scene *scene = *state;
    struct probe probe;
    need_nginx(scene);
    nginx_put_file(scene->nginx, "big", BIG_BYTES);
    call_path(scene, &probe, "GET", "/big");
    probe.pause_at = PROBE_AT_HEAD;
    probe_start(&probe);
    for (int i = 0; i < 5; i++) {
        probe_await(&probe, "head 200");
        probe_pause(&probe);
        probe_resume(&probe);
    }
    probe_wait(&probe);
    probe_saw(&probe, "big", "head 200, body, end", NULL);
    assert_int_equal(probe.call.bytes_received, BIG_BYTES);
    probe_fini(&probe);
}

static void sends_a_large_body(void **state)
{
    enum { BYTES = 3000000 };
    struct scene *scene = *state;
    struct probe probe;
    struct request request;
    char locations_text[1024];
    need_nginx(scene);
    stage_peer(scene->stage,
               SCRIPT(PEER_HEAD, PEER_BYTES(BYTES),
                      PEER_SAY("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"),
                      PEER_GONE));
    nginx_stop(&scene->nginx);
    snprintf(locations_text, sizeof(locations_text), locations,
             peer_port(scene->stage->peer));
    scene->nginx = nginx_start(locations_text);
    call_path(scene, &probe, "POST", "/vendor/a?b=c");
    probe_header(&probe, "X-Own", "1");
    probe_body(&probe, NULL, BYTES, false);
    probe_run(&probe);
    probe_saw(&probe, "large", "head 201, body, end", "ok");
    request_init(&request, scene->stage, 0);
    assert_int_equal(request.body.n, BYTES);
    assert_str(request.head.target, STR("/vendor/a?b=c"));
    assert_str(header_value_name(&request.head.headers, STR("X-Own")), STR("1"));
    assert_null(header_find_name(&request.head.headers, STR("User-Agent")));
    request_fini(&request);
    probe_fini(&probe);
}

static void takes_an_answer_before_the_body_is_out(void **state)
{
    static const char *const paths[] = {"/early", "/refuses"};
    struct scene *scene = *state;
    need_nginx(scene);
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct probe probe;
        call_path(scene, &probe, "POST", paths[i]);
        probe_body(&probe, NULL, 8 << 20, false);
        probe_run(&probe);
        assert_true(probe.call.sent);
        if (probe.call.fault) /* its reset was faster */
            assert_int_equal(probe.call.fault, CALL_FAULT_RESET);
        else
            assert_int_equal(probe.call.head.status, i ? 413 : 200);
        probe_fini(&probe);
    }
}

static void start_all(void *arg)
{
    struct probe *probes = arg;
    for (int i = 0; i < MANY; i++)
        call_start(probes[i].stage->transport, &probes[i].call);
}

static void shares_a_connection_among_many(void **state)
{
    struct scene *scene = *state;
    struct probe *probes = mem_array(MANY, sizeof(*probes));
    need_nginx(scene);
    for (int i = 0; i < MANY; i++)
        call_path(scene, &probes[i], "GET", "/version");
    live_loop_do(&scene->stage->loop, start_all, probes);
    for (int i = 0; i < MANY; i++) {
        probe_wait(&probes[i]);
        probe_saw(&probes[i], "many", "head 200, body, end", NULL);
        probe_fini(&probes[i]);
    }
    mem_free(probes);
    if (stage_is("curl")) {
        assert_int_equal(stage_stats(scene->stage).opened, 1);
        assert_int_equal(stage_stats(scene->stage).reused, MANY - 1);
        assert_true(stage_open_becomes(scene->stage, 1));
    }
}

static void sees_a_server_die(void **state)
{
    struct scene *scene = *state;
    struct probe probe;
    need_nginx(scene);
    call_path(scene, &probe, "GET", "/version");
    probe_run(&probe);
    assert_int_equal(probe.call.fault, CALL_FAULT_NONE);
    probe_fini(&probe);
    uint16_t port = nginx_tls_port(scene->nginx);
    nginx_stop(&scene->nginx);
    usleep(20000);
    probe_init(&probe, scene->stage, "POST", "https://localhost:%u/version", port);
    probe_run(&probe);
    assert_true(probe.call.fault == CALL_FAULT_CONNECT ||
                probe.call.fault == CALL_FAULT_RESET);
    probe_fini(&probe);
}

#define NGINX_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int test_nginx(void)
{
    const struct CMUnitTest tests[] = {
        NGINX_TEST(reads_pages),
        NGINX_TEST(speaks_the_newest_version_it_knows),
        NGINX_TEST(reads_a_large_file_with_pauses),
        NGINX_TEST(sends_a_large_body),
        NGINX_TEST(takes_an_answer_before_the_body_is_out),
        NGINX_TEST(shares_a_connection_among_many),
        NGINX_TEST(sees_a_server_die),
    };
    return cmocka_run_group_tests_name("nginx", tests, NULL, NULL);
}
