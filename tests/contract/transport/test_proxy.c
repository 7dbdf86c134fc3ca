/* Egress proxies, for the transports that know them. */
#include <stdlib.h>

#include "stage.h"
#include "tests.h"

#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static const char *const hello[] = {"hello", NULL};

static bool knows_proxies(void)
{
    return stage_is("curl");
}

static void use_proxy(struct probe *probe, const char *format)
{
    probe->call.egress_proxy =
        arena_printf(&probe->arena, format, peer_port(probe->stage->peer));
}

static void asks_in_absolute_form(void **state)
{
    struct stage *stage = *state;
    if (!knows_proxies())
        skip();
    stage_peer(stage, SCRIPT(PEER_HEAD, PEER_SAY(ANSWER), PEER_UNTIL("hello"),
                             PEER_SAY(ANSWER), PEER_GONE));
    for (int post = 0; post < 2; post++) {
        struct probe probe;
        probe_init(&probe, stage, post ? "POST" : "GET", "http://nowhere.test/a/../b?%s",
                   "c=d");
        use_proxy(&probe, "http://127.0.0.1:%u");
        probe_header(&probe, "Authorization", "secret");
        if (post)
            probe_body(&probe, hello, 0, false);
        probe_run(&probe);
        probe_saw(&probe, "absolute form", "head 200, body, end", "ok");
        assert_true(probe.call.reused == (post == 1));
        probe_fini(&probe);
    }
    stage_heard(stage, 0,
                "GET http://nowhere.test/a/../b?c=d HTTP/1.1\r\nHost: nowhere.test\r\n"
                "Authorization: secret\r\n\r\n"
                "POST http://nowhere.test/a/../b?c=d HTTP/1.1\r\nHost: nowhere.test\r\n"
                "Content-Length: 5\r\nAuthorization: secret\r\n\r\nhello");
}

static void makes_a_tunnel_for_tls(void **state)
{
    struct stage *stage = *state;
    if (!knows_proxies())
        skip();
    struct peer *vendor = peer_start(
        &(struct peer_plan){.scripts = {SCRIPT(PEER_HEAD, PEER_SAY(ANSWER), PEER_HEAD,
                                               PEER_SAY(ANSWER), PEER_GONE)},
                            .tls = certs_server("good", false, false)});
    stage_peer(
        stage,
        SCRIPT(PEER_HEAD,
               PEER_SAY("HTTP/1.1 200 Connection established\r\nX-Proxy: y\r\n\r\n"),
               PEER_TUNNEL(peer_port(vendor))));
    for (int i = 0; i < 2; i++) {
        struct probe probe;
        probe_init(&probe, stage, "GET", "https://vendor.test:%u/", 8443);
        use_proxy(&probe, "http://127.0.0.1:%u");
        probe_header(&probe, "Authorization", "secret");
        probe_run(&probe);
        probe_saw(&probe, "tunnel", "head 200, body, end", "ok");
        assert_null(header_find_name(&probe.call.head.headers, STR("X-Proxy")));
        assert_true(probe.call.reused == (i == 1));
        probe_fini(&probe);
    }
    stage_heard(stage, 0,
                "CONNECT vendor.test:8443 HTTP/1.1\r\nHost: vendor.test:8443\r\n\r\n");
    peer_stop(&vendor);
}

static void tells_the_proxy_who_we_are(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    if (!knows_proxies())
        skip();
    stage_peer(stage, SCRIPT(PEER_HEAD,
                             PEER_SAY("HTTP/1.1 407 Proxy Authentication "
                                      "Required\r\nContent-Length: 0\r\n\r\n"),
                             PEER_GONE));
    probe_init(&probe, stage, "GET", "https://vendor.test:%u/", 8443);
    use_proxy(&probe, "http://user:geheim@127.0.0.1:%u");
    probe_run(&probe);
    probe_saw(&probe, "407", "fault connect", "");
    assert_false(probe.call.sent);
    str text = probe.call.fault_text;
    assert_true(str_find_str(text, STR("geheim")) == text.n);
    assert_true(str_find_str(text, STR("407")) < text.n);
    stage_heard(stage, 0,
                "CONNECT vendor.test:8443 HTTP/1.1\r\nHost: vendor.test:8443\r\n"
                "Proxy-Authorization: Basic dXNlcjpnZWhlaW0=\r\n\r\n");
    probe_fini(&probe);
}

struct trouble_case {
    const char *name;
    const struct peer_step *script; /* NULL: nobody listens */
    const char *log;
};

static const struct trouble_case troubles[] = {
    {"502", SCRIPT(PEER_HEAD, PEER_SAY("HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n")),
     "fault connect"},
    {"an end", SCRIPT(PEER_HEAD), "fault connect"},
    {"a reset", SCRIPT(PEER_HEAD, PEER_RESET), "fault connect"},
    {"garbage", SCRIPT(PEER_HEAD, PEER_SAY("SSH-2.0-x\r\n\r\n")), "fault connect"},
    {"silence", SCRIPT(PEER_GONE), "fault connect timeout"},
    {"no TLS behind it", SCRIPT(PEER_HEAD, PEER_SAY("HTTP/1.1 200 OK\r\n\r\nhello")),
     "fault tls"},
};

static void names_the_trouble_with_a_proxy(void **state)
{
    struct stage *stage = *state;
    if (!knows_proxies())
        skip();
    for (size_t i = 0; i < COUNT_OF(troubles); i++) {
        struct probe probe;
        stage_peer(stage, troubles[i].script);
        probe_init(&probe, stage, "POST", "https://vendor.test:%u/", 8443);
        use_proxy(&probe, "http://127.0.0.1:%u");
        if (strcmp(troubles[i].name, "silence") == 0)
            probe.call.limits.connect = 200 * USEC_MS;
        probe_run(&probe);
        probe_saw(&probe, troubles[i].name, troubles[i].log, "");
        assert_false(probe.call.sent);
        assert_int_equal(peer_connections(stage->peer), 1);
        probe_fini(&probe);
    }
}

static void says_that_no_proxy_is_there(void **state)
{
    static const char *const urls[] = {"http://127.0.0.1:1", "http://",
                                       "::", "http://a b/"};
    struct stage *stage = *state;
    if (!knows_proxies())
        skip();
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        struct probe probe;
        probe_init(&probe, stage, "GET", "http://vendor.test:%u/", 8080);
        probe.call.egress_proxy = str_z(urls[i]);
        probe_run(&probe);
        probe_saw(&probe, urls[i], "fault connect", "");
        probe_fini(&probe);
    }
}

static void ignores_the_environment(void **state)
{
    static const char *const names[] = {"http_proxy", "all_proxy", "ALL_PROXY",
                                        "no_proxy"};
    struct stage *stage = *state;
    struct probe probe;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        setenv(names[i], i == 3 ? "*" : "http://127.0.0.1:1", 1);
    stage_peer(stage, SCRIPT(PEER_HEAD, PEER_SAY(ANSWER), PEER_GONE));
    probe_init(&probe, stage, "GET", "http://127.0.0.1:%u/", peer_port(stage->peer));
    probe_run(&probe);
    probe_saw(&probe, "direct", "head 200, body, end", "ok");
    probe_fini(&probe);
    if (knows_proxies()) {
        probe_init(&probe, stage, "GET", "http://vendor.test:%u/", 8080);
        use_proxy(&probe, "http://127.0.0.1:%u");
        probe_run(&probe);
        probe_saw(&probe, "no_proxy", "head 200, body, end", "ok");
        probe_fini(&probe);
    }
    for (size_t i = 0; i < COUNT_OF(names); i++)
        unsetenv(names[i]);
}

int test_proxy(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(asks_in_absolute_form),
        STAGE_TEST(makes_a_tunnel_for_tls),
        STAGE_TEST(tells_the_proxy_who_we_are),
        STAGE_TEST(names_the_trouble_with_a_proxy),
        STAGE_TEST(says_that_no_proxy_is_there),
        STAGE_TEST(ignores_the_environment),
    };
    return cmocka_run_group_tests_name("proxy", tests, NULL, NULL);
}
