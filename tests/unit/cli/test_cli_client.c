/*
 * The CLI against a server that is a script: what it sends, and what it makes of every
 * kind of answer.
 */
#include "groups.h"
#include "support/shell.h"
#include "support/certs.h"
#include "support/peer.h"

#include <stdlib.h>

#define OK(length, body)                                                                 \
    "HTTP/1.1 200 OK\r\nContent-Length: " length "\r\nConnection: close\r\n\r\n" body

/* Runs the words against a script. */
static struct ran run_against(struct arena *arena, const struct peer_step *script,
                              const char *words, struct buf *ret_heard)
{
    struct peer *peer = peer_start(&(struct peer_plan){.scripts = {script}});
    str line =
        arena_printf(arena, "%s --url http://127.0.0.1:%u", words, peer_port(peer));
    struct ran ran = shell_run(arena, arena_z(arena, line), NULL);
    if (ret_heard)
        peer_heard(peer, 0, ret_heard);
    peer_stop(&peer);
    return ran;
}

static void test_sends_what_was_asked(void **state)
{
    static const struct peer_step script[] = {
        PEER_HEAD, PEER_SAY(OK("33", "{\"items\":[],\"next_cursor\":null}\n\n")),
        PEER_END};
    struct buf heard;
    buf_init(&heard, 1 << 20);
    setenv("BREAKWATER_KEY", "bw_from_the_environment", 1);
    struct ran ran = run_against(*state, script,
                                 "accounts list --label 'a b=c&d' --label e=f "
                                 "--external-id x/y --limit 5",
                                 &heard);
    unsetenv("BREAKWATER_KEY");
    assert_ran(ran, 0);
    assert_str(ran.out, STR("no accounts\n"));
    assert_in(buf_peek(&heard),
              "GET /v1/accounts?label.a%20b=c%26d&label.e=f&external_id=x%2Fy&limit=5 "
              "HTTP/1.1\r\n");
    assert_in(buf_peek(&heard), "Authorization: Bearer bw_from_the_environment\r\n");
    buf_fini(&heard);
}

static void test_bodies_are_made_of_arguments_and_options(void **state)
{
    static const struct peer_step script[] = {
        PEER_HEAD, PEER_UNTIL("}"), PEER_SAY(OK("12", "{\"id\":\"a1\"}\n")), PEER_END};
    static const struct {
        const char *words;
        const char *body;
    } cases[] = {
        {"environments create Acme --stage s --label a=b --label c=d=e --concurrency 5",
         "{\"name\":\"Acme\",\"stage\":\"s\",\"labels\":{\"a\":\"b\",\"c\":\"d=e\"},"
         "\"concurrency_max\":5}"},
        {"environments update e1 --external-id '' --label ''",
         "{\"external_id\":null,\"labels\":{}}"},
        {"keys create ci --permissions read,write --environments '' --expires never",
         "{\"label\":\"ci\",\"permissions\":[\"read\",\"write\"],\"environments\":[],"
         "\"expires\":null}"},
        {"breakers force 'acme region=eu' open --reason why",
         "{\"state\":\"open\",\"reason\":\"why\"}"},
        {"accounts enable x", "{}"},
        {"environments update e1 --concurrency many", "{\"concurrency_max\":\"many\"}"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf heard;
        buf_init(&heard, 1 << 20);
        struct ran ran = run_against(*state, script, cases[i].words, &heard);
        assert_ran(ran, 0);
        assert_str(ran.out, STR("id  a1\n"));
        str all = buf_peek(&heard);
        size_t end = str_find_str(all, STR("\r\n\r\n"));
        given_same(cases[i].words, str_from(all, end + 4), cases[i].body);
        buf_fini(&heard);
    }
}

static void test_answers_come_in_every_framing(void **state)
{
    static const struct peer_step chunked[] = {
        PEER_HEAD,
        PEER_SAY("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n"
                 "5\r\n{\"id\"\r\n6\r\n:\"ok\"}\r\n0\r\n\r\n"),
        PEER_END};
    static const struct peer_step dripping[] = {
        PEER_HEAD, PEER_DRIP(OK("11", "{\"id\":\"ok\"}")), PEER_END};
    static const struct peer_step until_end[] = {
        PEER_HEAD, PEER_SAY("HTTP/1.1 200 OK\r\n\r\n{\"id\":\"ok\"}"), PEER_END};
    static const struct peer_step *const scripts[] = {chunked, dripping, until_end};
    for (size_t i = 0; i < COUNT_OF(scripts); i++) {
        struct ran ran = run_against(*state, scripts[i], "stages show x", NULL);
        assert_ran(ran, 0);
        assert_str(ran.out, STR("id  ok\n"));
    }
}

static void test_nothing_is_made_of_half_an_answer(void **state)
{
    static const struct peer_step cut[] = {
        PEER_HEAD, PEER_SAY(OK("50", "{\"id\":\"ok\"}")), PEER_END};
    static const struct peer_step head[] = {PEER_HEAD, PEER_SAY("HTTP/1.1 200 OK\r\n"),
                                            PEER_END};
    static const struct peer_step noise[] = {PEER_HEAD, PEER_SAY("hello\r\n\r\n"),
                                             PEER_END};
    static const struct peer_step reset[] = {PEER_HEAD, PEER_RESET, PEER_END};
    static const struct peer_step web[] = {PEER_HEAD, PEER_SAY(OK("6", "<html>")),
                                           PEER_END};
    static const struct peer_step *const scripts[] = {cut, head, noise, reset, web};
    for (size_t i = 0; i < COUNT_OF(scripts); i++) {
        struct ran ran = run_against(*state, scripts[i], "stages show x", NULL);
        assert_ran(ran, 1);
        assert_true(ran.out.n == 0);
        assert_true(str_starts(ran.err, STR("breakwater: ")));
    }
}

static const struct peer_step refusing[] = {
    PEER_HEAD,
    PEER_SAY("HTTP/1.1 422 No\r\nContent-Type: application/problem+json\r\n"
             "Connection: close\r\n\r\n"
             "{\"title\":\"The request body is not as it must be\",\"code\":"
             "\"body_invalid\",\"detail\":\"There is one fault.\",\"mend\":\"Mend it.\","
             "\"request_id\":\"req_1\",\"faults\":[{\"pointer\":\"/name\",\"text\":"
             "\"is missing.\"}]}"),
    PEER_END};

static void test_a_problem_is_told_in_its_words(void **state)
{
    struct ran ran = run_against(*state, refusing, "stages show x", NULL);
    assert_ran(ran, 1);
    assert_true(ran.out.n == 0);
    assert_str(ran.err,
               STR("breakwater: The request body is not as it must be (body_invalid)\n"
                   "  There is one fault.\n"
                   "  /name: is missing.\n"
                   "  Mend it.\n"
                   "  Request req_1\n"));
}

static void test_a_problem_cannot_steer_the_terminal(void **state)
{
    static const struct peer_step script[] = {
        PEER_HEAD,
        PEER_SAY("HTTP/1.1 404 No\r\n\r\n{\"title\":\"T\",\"code\":\"c\","
                 "\"detail\":\"a\\u001b[2Jb\\nc\"}"),
        PEER_END};
    struct ran ran = run_against(*state, script, "stages show x", NULL);
    assert_ran(ran, 1);
    assert_str(ran.err, STR("breakwater: T (c)\n  a?[2Jb?c\n"));
}

static void test_a_problem_as_json_is_the_document(void **state)
{
    struct ran ran = run_against(*state, refusing, "stages show x --json", NULL);
    assert_ran(ran, 1);
    assert_true(ran.out.n == 0);
    given_same("code", json_member_text(given_json(*state, ran.err), STR("code")),
               "body_invalid");
}

static void test_who_is_not_there(void **state)
{
    struct ran ran = shell_run(*state, "stages list --url http://127.0.0.1:1", NULL);
    assert_ran(ran, 1);
    assert_in(ran.err, "nothing answers at 127.0.0.1:1");
    ran = shell_run(*state, "stages list --url http://no.such.host.invalid", NULL);
    assert_ran(ran, 1);
    assert_in(ran.err, "does not resolve");
    ran = shell_run(*state, "stages list --url ftp://x", NULL);
    assert_ran(ran, 1);
    assert_in(ran.err, "the URL \"ftp://x/v1/stages\"");
}

static void test_all_pages_are_one_list(void **state)
{
    static const struct peer_step first[] = {
        PEER_HEAD,
        PEER_SAY("HTTP/1.1 200 OK\r\n\r\n{\"items\":[{\"id\":\"1\"}],"
                 "\"next_cursor\":\"abc\"}"),
        PEER_END};
    static const struct peer_step second[] = {
        PEER_HEAD,
        PEER_SAY("HTTP/1.1 200 OK\r\n\r\n{\"items\":[{\"id\":\"2\"}],"
                 "\"next_cursor\":null}"),
        PEER_END};
    struct arena *arena = *state;
    struct peer *peer = peer_start(&(struct peer_plan){.scripts = {first, second}});
    str line = arena_printf(arena, "stages list --all --json --url http://127.0.0.1:%u/",
                            peer_port(peer));
    struct ran ran = shell_run(arena, arena_z(arena, line), NULL);
    assert_true(peer_hears(peer, 1, "GET /v1/stages?cursor=abc "));
    peer_stop(&peer);
    assert_ran(ran, 0);
    assert_int_equal(json_member(given_json(arena, ran.out), STR("items"))->n, 2);
}

static void test_a_page_says_that_there_are_more(void **state)
{
    static const struct peer_step script[] = {
        PEER_HEAD,
        PEER_SAY("HTTP/1.1 200 OK\r\n\r\n{\"items\":[{\"id\":\"1\"}],"
                 "\"next_cursor\":\"abc\"}"),
        PEER_END};
    struct ran ran = run_against(*state, script, "stages list", NULL);
    assert_ran(ran, 0);
    assert_str(ran.err, STR("There are more: --all, or --cursor abc\n"));
}

static struct ran run_over_tls(struct arena *arena, const char *certificate,
                               const char *options)
{
    static const struct peer_step script[] = {
        PEER_HEAD, PEER_SAY(OK("11", "{\"id\":\"ok\"}")), PEER_END};
    struct peer *peer = peer_start(&(struct peer_plan){
        .scripts = {script}, .tls = certs_server(certificate, false, false)});
    str line = arena_printf(arena, "stages show x --url https://localhost:%u %s",
                            peer_port(peer), options);
    struct ran ran = shell_run(arena, arena_z(arena, line), NULL);
    peer_stop(&peer);
    return ran;
}

static void test_https_asks_only_whom_it_trusts(void **state)
{
    struct arena *arena = *state;
    const char *trusting =
        arena_z(arena, arena_printf(arena, "--ca %s", certs_path("ca.pem")));
    struct ran ran = run_over_tls(arena, "good", trusting);
    assert_ran(ran, 0);
    assert_str(ran.out, STR("id  ok\n"));
    assert_in(run_over_tls(arena, "good", "").err, "certificate");
    assert_in(run_over_tls(arena, "elsewhere", trusting).err, "certificate");
    assert_in(run_over_tls(arena, "expired", trusting).err, "expired");
    ran = run_over_tls(arena, "good", "--ca /nonexistent");
    assert_ran(ran, 1);
    assert_in(ran.err, "/nonexistent");
}

int test_cli_client(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(test_sends_what_was_asked),
        GIVEN_TEST(test_bodies_are_made_of_arguments_and_options),
        GIVEN_TEST(test_answers_come_in_every_framing),
        GIVEN_TEST(test_nothing_is_made_of_half_an_answer),
        GIVEN_TEST(test_a_problem_is_told_in_its_words),
        GIVEN_TEST(test_a_problem_cannot_steer_the_terminal),
        GIVEN_TEST(test_a_problem_as_json_is_the_document),
        GIVEN_TEST(test_who_is_not_there),
        GIVEN_TEST(test_all_pages_are_one_list),
        GIVEN_TEST(test_a_page_says_that_there_are_more),
        GIVEN_TEST(test_https_asks_only_whom_it_trusts),
    };
    return cmocka_run_group_tests_name("cli: asking", tests, NULL, NULL);
}
