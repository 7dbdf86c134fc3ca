#include "sim/sim.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/driver.h"
#include "loop/thread.h"
#include "loop/worker.h"
#include "loop/world.h"
#include "support/given.h"
#include "tests.h"

/* A simulator on a thread of its own, as the demo has it. */
struct host {
    struct worker worker;
    struct driver *driver;
    struct sim *sim;
    struct post stop;
};

static void run(void *arg)
{
    struct host *host = arg;
    driver_run(host->driver);
}

static void on_closed(void *arg)
{
    struct host *host = arg;
    driver_stop(host->driver);
}

static void stop(struct post *post)
{
    struct host *host = CONTAINER_OF(post, struct host, stop);
    sim_close(host->sim, on_closed, host);
}

static int call(uint16_t port, const char *request)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
    return fd;
}

static void it_runs_beside_others_and_ends(void **state)
{
    struct host host = {0};
    struct sim_settings settings = {.listen = STR("127.0.0.1:0"),
                                    .script = STR("tests/vtc/sim.json"),
                                    .dialects = STR("integrations")};
    char answer[4096];
    str why;
    worker_init(&host.worker, 0, world_real());
    host.driver = driver_create(&host.worker);
    host.sim = sim_create(&host.worker, &settings, *state, &why);
    assert_non_null(host.sim);
    struct thread *thread = thread_start("sim", run, &host);
    int hung = call(sim_port(host.sim), "GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
    int idle = call(sim_port(host.sim), "");
    int good = call(sim_port(host.sim), "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    ssize_t n = recv(good, answer, sizeof(answer), 0);
    assert_true(n > 0 && str_starts(str_of(answer, (size_t)n), STR("HTTP/1.1 200 OK")));
    worker_post(&host.worker, &host.stop, stop);
    thread_join(&thread);
    assert_true(recv(hung, answer, sizeof(answer), 0) <= 0);
    sim_destroy(&host.sim);
    assert_null(host.sim);
    driver_destroy(&host.driver);
    worker_fini(&host.worker);
    close(hung);
    close(idle);
    close(good);
}

static void it_says_why_it_does_not_start(void **state)
{
    static const struct {
        struct sim_settings settings;
        const char *want;
    } rows[] = {
        {{.listen = STR("nowhere")}, "nowhere is not an address to listen on"},
        {{.listen = STR("127.0.0.1:0"), .script = STR("none.json")},
         "this script has faults:\n  none.json#: The script cannot be read"},
        {{.listen = STR("127.0.0.1:0"), .dialects = STR("tests/none")},
         "tests/none is no folder that can be read"},
        {{.listen = STR("127.0.0.1:0"), .tls_cert = STR("none"), .tls_key = STR("none")},
         ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct worker worker;
        str why = STR_NONE;
        worker_init(&worker, 0, world_real());
        struct driver *driver = driver_create(&worker);
        assert_null(sim_create(&worker, &rows[i].settings, *state, &why));
        if (!str_starts(why, str_z(rows[i].want)))
            fail_msg(STR_F, STR_A(why));
        assert_true(why.n > 0);
        driver_destroy(&driver);
        worker_fini(&worker);
    }
}

int test_sim(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(it_runs_beside_others_and_ends),
        GIVEN_TEST(it_says_why_it_does_not_start),
    };
    return cmocka_run_group_tests_name("sim", tests, NULL, NULL);
}
