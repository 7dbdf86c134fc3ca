/* TLS: who is trusted, what is said when not, and what it changes about ends. */
#include <openssl/ssl.h>

#include "http/tls.h"
#include "http/tls_pair.h"
#include "support/given.h"
#include "stage.h"
#include "tests.h"

#define ANSWER       "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define CLOSE_ANSWER "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"

static void tls_peer(struct stage *stage, const char *cert, bool ask_client,
                     const struct peer_step *script)
{
    peer_stop(&stage->peer);
    stage->peer = peer_start(&(struct peer_plan){
        .scripts = {script}, .tls = certs_server(cert, false, ask_client)});
}

static void call_host(struct stage *stage, struct probe *probe, const char *host)
{
    probe_init(probe, stage, "GET", "https://%s:%u/", host, peer_port(stage->peer));
    probe_run(probe);
}

static void trusts_a_private_authority(void **state)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1"};
    struct stage *stage = *state;
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        struct probe probe;
        tls_peer(stage, "good", false, SCRIPT(PEER_HEAD, PEER_SAY(ANSWER), PEER_GONE));
        call_host(stage, &probe, hosts[i]);
        probe_saw(&probe, hosts[i], "head 200, body, end", "ok");
        assert_true(probe.call.sent);
        probe_fini(&probe);
    }
}

struct refusal_case {
    const char *cert;
    const char *word; /* of the fault's text */
};

static const struct refusal_case refusals[] = {
    {"expired", "expired"},
    {"elsewhere", "name"}, /* another host's */
    {"self", "self"},
};

static void expect_refusal(struct probe *probe, const char *about, const char *word)
{
    str text = probe->call.fault_text;
    probe_saw(probe, about, "fault tls", "");
    assert_false(probe->call.sent);
    if (str_find_str_nocase(text, str_z(word)) == text.n)
        fail_msg("%s: the text is " STR_F, about, STR_A(text));
}

static void refuses_what_does_not_verify(void **state)
{
    struct stage *stage = *state;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        struct probe probe;
        tls_peer(stage, refusals[i].cert, false, SCRIPT(PEER_HEAD, PEER_SAY(ANSWER)));
        call_host(stage, &probe, "localhost");
        expect_refusal(&probe, refusals[i].cert, refusals[i].word);
        probe_fini(&probe);
    }
}

static void refuses_another_authority(void **state)
{
    struct tls *tls = stage_tls("other-ca.pem", NULL);
    struct stage *stage = stage_open(&(struct transport_settings){.tls = tls});
    struct probe probe;
    (void)state;
    tls_peer(stage, "good", false, SCRIPT(PEER_HEAD, PEER_SAY(ANSWER)));
    call_host(stage, &probe, "localhost");
    expect_refusal(&probe, "another authority", "certificate");
    probe_fini(&probe);
    stage_close(stage);
    tls_unref(&tls);
}

static void says_that_there_is_no_tls(void **state)
{
    static const struct peer_step plain[] = {
        PEER_BYTES(1), PEER_SAY("HTTP/1.1 400 Bad Request\r\n\r\n"), PEER_END};
    static const struct peer_step reset[] = {PEER_BYTES(1), PEER_RESET, PEER_END};
    static const struct peer_step end[] = {PEER_BYTES(1), PEER_END};
    static const struct peer_step *const scripts[] = {plain, reset, end};
    struct stage *stage = *state;
    for (size_t i = 0; i < COUNT_OF(scripts); i++) {
        struct probe probe;
        stage_peer(stage, scripts[i]);
        call_host(stage, &probe, "localhost");
        probe_saw(&probe, "no TLS", "fault tls", "");
        assert_false(probe.call.sent);
        probe_fini(&probe);
    }
}

static void counts_the_handshake_as_connecting(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    stage_peer(stage, SCRIPT(PEER_GONE)); /* reads the ClientHello and says nothing */
    probe_init(&probe, stage, "GET", "https://localhost:%u/", peer_port(stage->peer));
    probe.call.limits.connect = 100 * USEC_MS;
    probe_run(&probe);
    probe_saw(&probe, "silence", "fault connect timeout", "");
    assert_false(probe.call.sent);
    probe_fini(&probe);
}

static void may_be_left_in_the_handshake(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    stage_peer(stage, SCRIPT(PEER_GONE));
    probe_init(&probe, stage, "GET", "https://localhost:%u/", peer_port(stage->peer));
    probe_start(&probe);
    assert_true(peer_hears(stage->peer, 0, "localhost")); /* the SNI */
    probe_cancel(&probe);
    assert_true(peer_rests(stage->peer));
    probe_saw(&probe, "left", "cancelled", "");
    probe_fini(&probe);
}

static void resumes_a_session(void **state)
{
    struct stage *stage = *state;
    for (int i = 0; i < 3; i++) {
        struct probe probe;
        if (i == 0)
            tls_peer(stage, "good", false, SCRIPT(PEER_HEAD, PEER_SAY(CLOSE_ANSWER)));
        call_host(stage, &probe, "localhost");
        probe_saw(&probe, "resumed", "head 200, body, end", "ok");
        probe_fini(&probe);
        assert_true(peer_resumed(stage->peer, (unsigned)i) == (i > 0));
    }
}

static void uses_a_connection_again(void **state)
{
    struct stage *stage = *state;
    tls_peer(stage, "good", false,
             SCRIPT(PEER_HEAD, PEER_SAY(ANSWER), PEER_HEAD, PEER_SAY(ANSWER), PEER_GONE));
    for (int i = 0; i < 2; i++) {
        struct probe probe;
        call_host(stage, &probe, "localhost");
        probe_saw(&probe, "again", "head 200, body, end", "ok");
        assert_true(probe.call.reused == (i > 0));
        probe_fini(&probe);
    }
    assert_int_equal(peer_connections(stage->peer), 1);
}

/* libcurl may see the reset that follows an alert before the alert. */
static bool missed_alert(const struct probe *probe)
{
    return stage_is("curl") && probe->call.fault == CALL_FAULT_RESET;
}

static void shows_its_own_certificate(void **state)
{
    struct tls *tls = stage_tls("ca.pem", "client");
    struct stage *stage = *state;
    struct probe probe;
    tls_peer(stage, "good", true, SCRIPT(PEER_HEAD, PEER_SAY(ANSWER), PEER_GONE));
    probe_init(&probe, stage, "GET", "https://localhost:%u/", peer_port(stage->peer));
    probe.call.tls = tls;
    probe_run(&probe);
    probe_saw(&probe, "with a certificate", "head 200, body, end", "ok");
    probe_fini(&probe);
    /* another profile does not get that connection */
    call_host(stage, &probe, "localhost");
    if (!missed_alert(&probe))
        probe_saw(&probe, "without one", "fault certificate", "");
    assert_false(probe.call.reused);
    probe_fini(&probe);
    tls_unref(&tls);
}

/* A vendor that asks for a certificate, in one version of TLS, for every connection. */
static void asking_peer(struct stage *stage, int version)
{
    struct ssl_ctx_st *tls = certs_server("good", false, true);
    assert_true(SSL_CTX_set_max_proto_version(tls, version) == 1);
    peer_stop(&stage->peer);
    stage->peer = peer_start(&(struct peer_plan){
        .scripts = {SCRIPT(PEER_HEAD, PEER_SAY(CLOSE_ANSWER))}, .tls = tls});
}

static void expect_refused_pair(struct probe *probe, const char *word)
{
    str text = probe->call.fault_text;
    probe_saw(probe, word, "fault certificate", "");
    assert_false(probe->call.sent); /* the vendor has looked at nothing */
    if (str_find_str(text, str_z(word)) == text.n)
        fail_msg("%s: the text is " STR_F, word, STR_A(text));
}

static void says_that_its_certificate_is_refused(void **state)
{
    static const struct {
        int version;
        const char *pair; /* NULL: none */
        const char *word;
    } cases[] = {
        {TLS1_3_VERSION, NULL, "none was shown"},
        {TLS1_3_VERSION, "self", "authority"},
        {TLS1_3_VERSION, "expired", "time is over"},
        {TLS1_2_VERSION, "self", "authority"},
        {TLS1_2_VERSION, "expired", "time is over"},
    };
    struct stage *stage = *state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tls *tls = stage_tls("ca.pem", cases[i].pair);
        struct probe probe;
        asking_peer(stage, cases[i].version);
        probe_init(&probe, stage, "POST", "https://localhost:%u/",
                   peer_port(stage->peer));
        probe.call.tls = tls;
        probe_body(&probe, NULL, 10000, false);
        probe_run(&probe);
        if (!missed_alert(&probe))
            expect_refused_pair(&probe, cases[i].word);
        assert_int_equal(peer_connections(stage->peer), 1);
        probe_fini(&probe);
        tls_unref(&tls);
    }
}

static struct tls *shown(struct stage *stage, struct arena *arena, const char *name)
{
    const char *why;
    struct tls_pair *pair = tls_pair_read(
        given_file(arena,
                   certs_path(arena_z(arena, arena_printf(arena, "%s.pem", name)))),
        given_file(arena,
                   certs_path(arena_z(arena, arena_printf(arena, "%s.key", name)))),
        &why);
    assert_non_null(pair);
    struct tls *tls = tls_create_shown(stage->transport->settings.tls, pair, &why);
    assert_non_null(tls);
    tls_pair_destroy(&pair);
    return tls;
}

/* Neither a connection nor a session of one certificate serves another. */
static void keeps_certificates_apart(void **state)
{
    struct stage *stage = *state;
    struct arena arena;
    arena_init(&arena, 4096, 1 << 20);
    struct tls *two[] = {shown(stage, &arena, "client"), shown(stage, &arena, "good")};
    tls_peer(stage, "good", true,
             SCRIPT(PEER_HEAD, PEER_SAY(ANSWER), PEER_HEAD, PEER_SAY(CLOSE_ANSWER)));
    for (unsigned i = 0; i < 6; i++) {
        struct probe probe;
        probe_init(&probe, stage, "GET", "https://localhost:%u/", peer_port(stage->peer));
        probe.call.tls = two[i % 2];
        probe_run(&probe);
        probe_saw(&probe, "apart", "head 200, body, end", "ok");
        assert_true(probe.call.reused == (i == 2 || i == 3));
        probe_fini(&probe);
    }
    assert_int_equal(peer_connections(stage->peer), 4);
    assert_false(peer_resumed(stage->peer, 0) || peer_resumed(stage->peer, 1));
    assert_true(peer_resumed(stage->peer, 2) && peer_resumed(stage->peer, 3));
    tls_unref(&two[0]);
    tls_unref(&two[1]);
    arena_fini(&arena);
}

static void tells_a_cut_from_an_end(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    tls_peer(stage, "good", false,
             SCRIPT(PEER_HEAD, PEER_SAY("HTTP/1.1 200 OK\r\n\r\nhello"), PEER_END));
    call_host(stage, &probe, "localhost");
    probe_saw(&probe, "an end with an alert", "head 200, body, end", "hello");
    probe_fini(&probe);
    tls_peer(stage, "good", false,
             SCRIPT(PEER_HEAD, PEER_SAY("HTTP/1.1 200 OK\r\n\r\nhello"), PEER_CUT));
    call_host(stage, &probe, "localhost");
    probe_saw(&probe, "a cut", "head 200, body, fault reset", "hello");
    probe_fini(&probe);
    /* a length proves the end by itself */
    tls_peer(stage, "good", false, SCRIPT(PEER_HEAD, PEER_SAY(ANSWER), PEER_CUT));
    call_host(stage, &probe, "localhost");
    probe_saw(&probe, "a cut behind the length", "head 200, body, end", "ok");
    probe_fini(&probe);
}

static void carries_large_bodies_both_ways(void **state)
{
    enum { BYTES = 5000000 };
    struct stage *stage = *state;
    struct probe probe;
    tls_peer(stage, "good", false,
             SCRIPT(PEER_HEAD, PEER_BYTES(BYTES),
                    PEER_SAY("HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n"),
                    PEER_FLOOD(BYTES), PEER_GONE));
    probe_init(&probe, stage, "POST", "https://localhost:%u/", peer_port(stage->peer));
    probe_body(&probe, NULL, BYTES, false);
    probe_run(&probe);
    probe_saw(&probe, "large", "head 200, body, end", NULL);
    assert_int_equal(probe.call.bytes_sent, BYTES);
    assert_int_equal(probe.call.bytes_received, BYTES);
    probe_fini(&probe);
}

static void holds_the_vendor_back_in_a_pause(void **state)
{
    struct stage *stage = *state;
    struct probe probe;
    tls_peer(stage, "good", false,
             SCRIPT(PEER_HEAD,
                    PEER_SAY("HTTP/1.1 200 OK\r\nContent-Length: 50331648"
                             "\r\n\r\n"),
                    PEER_FLOOD(50331648), PEER_GONE));
    probe_init(&probe, stage, "GET", "https://localhost:%u/", peer_port(stage->peer));
    probe.pause_at = PROBE_AT_HEAD;
    probe_start(&probe);
    probe_await(&probe, "head 200");
    usleep(300000);
    assert_int_equal(probe.body.n, 0);
    probe_resume(&probe);
    probe_wait(&probe);
    assert_int_equal(probe.call.bytes_received, 50331648);
    probe_fini(&probe);
}

int test_tls(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(trusts_a_private_authority),
        STAGE_TEST(refuses_what_does_not_verify),
        cmocka_unit_test(refuses_another_authority),
        STAGE_TEST(says_that_there_is_no_tls),
        STAGE_TEST(counts_the_handshake_as_connecting),
        STAGE_TEST(may_be_left_in_the_handshake),
        STAGE_TEST(resumes_a_session),
        STAGE_TEST(uses_a_connection_again),
        STAGE_TEST(shows_its_own_certificate),
        STAGE_TEST(says_that_its_certificate_is_refused),
        STAGE_TEST(keeps_certificates_apart),
        STAGE_TEST(tells_a_cut_from_an_end),
        STAGE_TEST(carries_large_bodies_both_ways),
        STAGE_TEST(holds_the_vendor_back_in_a_pause),
    };
    return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}
