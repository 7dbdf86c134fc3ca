/* Thousands of calls at the same time: all are under way together before the first is
 * answered. */
#include <sys/resource.h>

#include "base/mem.h"
#include "http/inbound.h"
#include "http/server.h"
#include "http/tls.h"
#include "stage.h"
#include "tests.h"

enum { CALLS = 5000, ROUNDS = 2, FILES_FOR_OTHERS = 300 };

/* A server on a loop of its own that answers when it has been asked `n` times. */
struct hall {
    struct live_loop loop;
    struct server server;
    struct listener listener;
    uint16_t port;
    unsigned n;
    unsigned asked;
    struct inbound **waiting;
};

static void on_gone(struct inbound *in)
{
    inbound_abort(in);
}

static void on_request(struct inbound *in)
{
    static const struct inbound_ops ops = {.on_gone = on_gone};
    struct hall *hall = inbound_listener_arg(in);
    in->ops = &ops;
    hall->waiting[hall->asked++] = in;
    if (hall->asked < hall->n)
        return;
    while (hall->asked) {
        struct inbound *one = hall->waiting[--hall->asked];
        str body = one->path; /* who asks wants to hear his own name */
        struct arena *arena = one->arena;
        inbound_answer(one, 200, NULL, arena_str(arena, body));
    }
}

static void open_hall(void *arg)
{
    struct hall *hall = arg;
    struct arena arena;
    int fd;
    str why;
    arena_init(&arena, 1024, 65536);
    server_init(&hall->server);
    assert_true(server_bind(&arena, STR("127.0.0.1:0"), 1, &fd, &hall->port, &why));
    hall->listener.on_request = on_request;
    hall->listener.arg = hall;
    listener_open(&hall->listener, &hall->server, &hall->loop.worker, fd);
    arena_fini(&arena);
}

static void close_hall(void *arg)
{
    struct hall *hall = arg;
    listener_close(&hall->listener);
}

static unsigned calls_possible(void)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    size_t pairs =
        files.rlim_max > FILES_FOR_OTHERS ? (files.rlim_max - FILES_FOR_OTHERS) / 2 : 0;
    return pairs < CALLS ? (unsigned)pairs : CALLS;
}

struct crowd {
    struct stage *stage;
    struct probe *probes;
    unsigned n;
};

static void start_all(void *arg)
{
    struct crowd *crowd = arg;
    for (unsigned i = 0; i < crowd->n; i++)
        call_start(crowd->stage->transport, &crowd->probes[i].call);
}

static void run_round(struct stage *stage, struct hall *hall, struct crowd *crowd)
{
    for (unsigned i = 0; i < crowd->n; i++)
        probe_init(&crowd->probes[i], stage, "GET", "http://127.0.0.1:%u/%u", hall->port,
                   i);
    live_loop_do(&stage->loop, start_all, crowd);
    for (unsigned i = 0; i < crowd->n; i++) {
        char name[16];
        snprintf(name, sizeof(name), "/%u", i);
        probe_wait(&crowd->probes[i]);
        probe_saw(&crowd->probes[i], "one of many", "head 200, body, end", name);
    }
    for (unsigned i = 0; i < crowd->n; i++)
        probe_fini(&crowd->probes[i]);
}

static void carries_thousands_of_calls_at_once(void **state)
{
    struct stage *stage = *state;
    struct hall hall = {.n = calls_possible()};
    struct crowd crowd = {.stage = stage, .n = hall.n};
    if (hall.n < 1000) {
        print_message("skipped: the limit of open files allows %u calls\n", hall.n);
        skip();
    }
    hall.waiting = mem_array(hall.n, sizeof(hall.waiting[0]));
    crowd.probes = mem_array(hall.n, sizeof(crowd.probes[0]));
    live_loop_start(&hall.loop, 0);
    live_loop_do(&hall.loop, open_hall, &hall);
    for (int round = 0; round < ROUNDS; round++)
        run_round(stage, &hall, &crowd);
    struct transport_stats stats = stage_stats(stage);
    assert_true(stats.opened >= hall.n);
    assert_true(stats.reused > 0);
    live_loop_do(&hall.loop, close_hall, &hall);
    while (atomic_load(&hall.server.connections))
        usleep(1000); /* they go in later turns */
    live_loop_stop(&hall.loop);
    mem_free(crowd.probes);
    mem_free(hall.waiting);
}

static void join(void *arg)
{
    struct stage *stage = arg;
    transport_join(stage->transport, &stage->loop.worker);
}

static void leave(void *arg)
{
    struct stage *stage = arg;
    transport_leave(stage->transport, &stage->loop.worker);
}

static void serves_several_workers(void **state)
{
    enum { WORKERS = 2 };
    static struct stage stages[WORKERS];
    struct tls *tls = stage_tls("ca.pem", NULL);
    struct transport *transport =
        stage_create(&(struct transport_settings){.tls = tls, .workers = WORKERS});
    struct stage *first = *state;
    struct transport_stats stats;
    stage_peer(first, SCRIPT(PEER_HEAD, PEER_SAY("HTTP/1.1 200 OK\r\nConnection: close"
                                                 "\r\nContent-Length: 2\r\n\r\nok")));
    for (unsigned i = 0; i < WORKERS; i++) {
        stages[i] = (struct stage){.transport = transport};
        live_loop_start(&stages[i].loop, i);
        live_loop_do(&stages[i].loop, join, &stages[i]);
    }
    for (int round = 0; round < 10; round++) {
        struct probe probes[WORKERS];
        for (unsigned i = 0; i < WORKERS; i++) {
            probe_init(&probes[i], &stages[i], "GET", "http://localhost:%u/",
                       peer_port(first->peer));
            probe_start(&probes[i]);
        }
        for (unsigned i = 0; i < WORKERS; i++) {
            probe_wait(&probes[i]);
            probe_saw(&probes[i], "of two workers", "head 200, body, end", "ok");
            probe_fini(&probes[i]);
        }
    }
    transport_stats(transport, &stats);
    assert_int_equal(stats.opened, 10 * WORKERS);
    for (unsigned i = 0; i < WORKERS; i++) {
        live_loop_do(&stages[i].loop, leave, &stages[i]);
        live_loop_stop(&stages[i].loop);
    }
    transport_destroy(&transport);
    tls_unref(&tls);
}

int test_many(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(carries_thousands_of_calls_at_once),
        STAGE_TEST(serves_several_workers),
    };
    return cmocka_run_group_tests_name("many", tests, NULL, NULL);
}
