/* Names to addresses: what is answered at once, who is told, and what is remembered. */
#include "support/unit.h"

#include <arpa/inet.h>
#include <stdatomic.h>

#include "base/check.h"
#include "call/dns.h"
#include "support/live_loop.h"
#include "support/name_server.h"
#include "tests.h"

static const struct name_record records[] = {
    {"one.test", "127.0.0.1", NAME_ANSWERS},
    {"many.test",
     "127.0.0.1 127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.5 127.0.0.6 127.0.0.7 127.0.0.8 "
     "127.0.0.9 127.0.0.10",
     NAME_ANSWERS},
    {"fails.test", "", NAME_FAILS},
    {"later.test", "127.0.0.7", NAME_WAITS},
    {NULL, NULL, NAME_ANSWERS},
};

struct question {
    struct dns_query query;
    struct scene *scene;
    const char *host;
    unsigned at_once; /* what dns_resolve said */
    bool asking;      /* dns_resolve has not come back */
    unsigned answers;
    unsigned n;
    char first[INET6_ADDRSTRLEN];
    const char *why;
    struct dns_address found[DNS_ADDRESSES_MAX];
};

enum { QUESTIONS_MAX = 4 };

struct scene {
    struct live_loop loop;
    struct name_server *names;
    struct dns *dns;
    struct question questions[QUESTIONS_MAX];
    struct question *asked;
};

static void show(struct question *question, const struct dns_address *addresses)
{
    const struct sockaddr_in *v4 = (const void *)&addresses[0].address;
    const struct sockaddr_in6 *v6 = (const void *)&addresses[0].address;
    const void *bytes =
        v4->sin_family == AF_INET ? (const void *)&v4->sin_addr : &v6->sin6_addr;
    inet_ntop(v4->sin_family, bytes, question->first, sizeof(question->first));
}

static void on_answer(struct dns_query *query, const struct dns_address *addresses,
                      unsigned n, const char *why)
{
    struct question *question = CONTAINER_OF(query, struct question, query);
    CHECK(!question->asking);
    live_loop_lock(&question->scene->loop);
    question->answers++;
    question->n = n;
    question->why = why;
    if (n)
        show(question, addresses);
    live_loop_unlock(&question->scene->loop);
}

static void resolve(void *arg)
{
    struct question *question = arg;
    struct scene *scene = question->scene;
    question->query.done = on_answer;
    question->asking = true;
    question->at_once =
        dns_resolve(scene->dns, str_z(question->host), &question->query, question->found);
    question->asking = false;
    if (question->at_once)
        show(question, question->found);
}

static bool is_answered(void *arg)
{
    return ((struct question *)arg)->answers > 0;
}

static struct question *ask(struct scene *scene, const char *host)
{
    struct question *question = scene->asked++;
    assert_true(question < scene->questions + QUESTIONS_MAX);
    *question = (struct question){.scene = scene, .host = host};
    live_loop_do(&scene->loop, resolve, question);
    return question;
}

static struct question *ask_and_wait(struct scene *scene, const char *host)
{
    struct question *question = ask(scene, host);
    if (!question->at_once)
        assert_true(live_loop_wait(&scene->loop, is_answered, question));
    return question;
}

static void cancel(void *arg)
{
    dns_cancel(&((struct question *)arg)->query);
}

static void open_dns(void *arg)
{
    struct scene *scene = arg;
    scene->dns = dns_create(&scene->loop.worker, name_server_at(scene->names));
}

static void close_dns(void *arg)
{
    dns_destroy(&((struct scene *)arg)->dns);
}

static int setup(void **state)
{
    static struct scene scene;
    scene = (struct scene){.names = name_server_start(records), .asked = scene.questions};
    live_loop_start(&scene.loop, 0);
    live_loop_do(&scene.loop, open_dns, &scene);
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    live_loop_do(&scene->loop, close_dns, scene);
    live_loop_stop(&scene->loop);
    name_server_stop(&scene->names);
    return 0;
}

static void answers_addresses_at_once(void **state)
{
    static const char *const hosts[] = {"127.0.0.9", "::1", "2001:db8::7"};
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        struct question *question = ask(*state, hosts[i]);
        assert_int_equal(question->at_once, 1);
        assert_string_equal(question->first, hosts[i]);
    }
}

static void asks_for_what_only_looks_like_an_address(void **state)
{
    static const char *const hosts[] = {"127.0.0.1.test", "::g", "1:2:3"};
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        struct question *question = ask_and_wait(*state, hosts[i]);
        assert_int_equal(question->at_once + question->n, 0);
        assert_int_equal(question->answers, 1);
        assert_non_null(question->why);
    }
}

static void remembers_what_it_found(void **state)
{
    struct scene *scene = *state;
    struct question *first = ask_and_wait(scene, "one.test");
    assert_int_equal(first->at_once, 0);
    assert_int_equal(first->n, 1);
    assert_string_equal(first->first, "127.0.0.1");
    struct question *second = ask(scene, "one.test");
    assert_int_equal(second->at_once, 1);
    assert_string_equal(second->first, "127.0.0.1");
    assert_int_equal(name_server_asked(scene->names, "one.test"), 1);
}

static void keeps_so_many_addresses(void **state)
{
    assert_int_equal(ask_and_wait(*state, "many.test")->n, DNS_ADDRESSES_MAX);
    assert_int_equal(ask(*state, "many.test")->at_once, DNS_ADDRESSES_MAX);
}

static void remembers_no_failure(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(ask_and_wait(scene, "fails.test")->n, 0);
    unsigned asked = name_server_asked(scene->names, "fails.test");
    assert_int_equal(ask_and_wait(scene, "fails.test")->n, 0);
    assert_true(name_server_asked(scene->names, "fails.test") > asked);
}

static void tells_all_who_wait_but_who_has_left(void **state)
{
    struct scene *scene = *state;
    struct question *waits[3];
    for (size_t i = 0; i < COUNT_OF(waits); i++)
        waits[i] = ask(scene, "later.test");
    live_loop_do(&scene->loop, cancel, waits[1]);
    live_loop_do(&scene->loop, cancel, waits[1]); /* harmless */
    while (name_server_asked(scene->names, "later.test") == 0)
        usleep(1000);
    name_server_go(scene->names);
    assert_true(live_loop_wait(&scene->loop, is_answered, waits[0]));
    assert_true(live_loop_wait(&scene->loop, is_answered, waits[2]));
    assert_int_equal(waits[1]->answers, 0);
    assert_string_equal(waits[2]->first, "127.0.0.7");
    assert_int_equal(name_server_asked(scene->names, "later.test"), 1);
}

static void closes_while_someone_waits(void **state)
{
    struct question *question = ask(*state, "later.test");
    teardown(state);
    assert_int_equal(question->answers, 0);
    setup(state);
}

#define DNS_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int test_dns(void)
{
    const struct CMUnitTest tests[] = {
        DNS_TEST(answers_addresses_at_once),
        DNS_TEST(asks_for_what_only_looks_like_an_address),
        DNS_TEST(remembers_what_it_found),
        DNS_TEST(keeps_so_many_addresses),
        DNS_TEST(remembers_no_failure),
        DNS_TEST(tells_all_who_wait_but_who_has_left),
        DNS_TEST(closes_while_someone_waits),
    };
    return cmocka_run_group_tests_name("dns", tests, NULL, NULL);
}
