/* From a host and a port to a socket: both families, failures, and leaving in between. */
#include "support/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/check.h"
#include "call/dial.h"
#include "call/dns.h"
#include "support/live_loop.h"
#include "tests.h"

struct scene {
    struct live_loop loop;
    struct dns *dns;
    struct dial *dial;
    bool starting;
    unsigned answers;
    int fd;
    enum call_fault fault;
    char why[128];
    const char *host;
    uint16_t port;
    struct transport_guard guard;
};

static void on_done(void *arg, int fd, enum call_fault fault, const char *why)
{
    struct scene *scene = arg;
    CHECK(!scene->starting);
    live_loop_lock(&scene->loop);
    scene->answers++;
    scene->fd = fd;
    scene->fault = fault;
    snprintf(scene->why, sizeof(scene->why), "%s", why);
    live_loop_unlock(&scene->loop);
}

static void begin(void *arg)
{
    struct scene *scene = arg;
    scene->starting = true;
    scene->dial = dial_start(&(struct dial_order){.worker = &scene->loop.worker,
                                                  .dns = scene->dns,
                                                  .host = str_z(scene->host),
                                                  .port = scene->port,
                                                  .guard = scene->guard,
                                                  .done = on_done,
                                                  .arg = scene});
    scene->starting = false;
}

static void begin_and_leave(void *arg)
{
    struct scene *scene = arg;
    begin(scene);
    dial_cancel(&scene->dial);
    CHECK(scene->dial == NULL);
    dial_cancel(&scene->dial); /* harmless */
}

static bool has_ended(void *arg)
{
    return ((struct scene *)arg)->answers > 0;
}

static void dial_to(struct scene *scene, const char *host, uint16_t port)
{
    scene->host = host;
    scene->port = port;
    live_loop_do(&scene->loop, begin, scene);
    assert_true(live_loop_wait(&scene->loop, has_ended, scene));
    assert_int_equal(scene->answers, 1);
}

static void open_dns(void *arg)
{
    struct scene *scene = arg;
    scene->dns = dns_create(&scene->loop.worker, NULL);
}

static void close_dns(void *arg)
{
    dns_destroy(&((struct scene *)arg)->dns);
}

static int setup(void **state)
{
    static struct scene scene;
    scene = (struct scene){.fd = -1};
    live_loop_start(&scene.loop, 0);
    live_loop_do(&scene.loop, open_dns, &scene);
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    if (scene->fd >= 0)
        close(scene->fd);
    live_loop_do(&scene->loop, close_dns, scene);
    live_loop_stop(&scene->loop);
    return 0;
}

/* A listening socket of this family on loopback, or −1 where the machine has no such
 * address; with `backlog` < 0 the port is only kept, and refuses. */
static int listen_on(int family, int backlog, uint16_t *ret_port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    bool old = family == AF_INET;
    struct sockaddr *address = old ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
    socklen_t n = old ? sizeof(v4) : sizeof(v6);
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (bind(fd, address, n) != 0 || (backlog >= 0 && listen(fd, backlog) != 0) ||
        getsockname(fd, address, &n) != 0) {
        close(fd);
        return -1;
    }
    *ret_port = ntohs(old ? v4.sin_port : v6.sin6_port);
    return fd;
}

static void expect_connected(struct scene *scene, int listener)
{
    char byte = 0;
    assert_int_equal(scene->fault, CALL_FAULT_NONE);
    int other = accept(listener, NULL, NULL);
    assert_true(other >= 0);
    assert_int_equal(write(scene->fd, "x", 1), 1);
    assert_int_equal(read(other, &byte, 1), 1);
    assert_int_equal(byte, 'x');
    assert_int_equal(read(scene->fd, &byte, 1), -1); /* it does not block */
    assert_int_equal(errno, EAGAIN);
    close(other);
}

static void reaches_an_address(void **state)
{
    uint16_t port = 0;
    int listener = listen_on(AF_INET, 4, &port);
    dial_to(*state, "127.0.0.1", port);
    expect_connected(*state, listener);
    close(listener);
}

static void reaches_an_address_of_ipv6(void **state)
{
    uint16_t port = 0;
    int listener = listen_on(AF_INET6, 4, &port);
    if (listener < 0)
        skip();
    dial_to(*state, "::1", port);
    expect_connected(*state, listener);
    close(listener);
}

/* "localhost" has addresses of both families on most machines: one of them listens. */
static void reaches_the_family_that_listens(void **state)
{
    uint16_t port = 0;
    int listener = listen_on(AF_INET, 4, &port);
    dial_to(*state, "localhost", port);
    expect_connected(*state, listener);
    close(listener);
}

static void tells_a_refusal(void **state)
{
    struct scene *scene = *state;
    uint16_t port = 0;
    int kept = listen_on(AF_INET, -1, &port);
    dial_to(scene, "127.0.0.1", port);
    assert_int_equal(scene->fd, -1);
    assert_int_equal(scene->fault, CALL_FAULT_CONNECT);
    assert_string_equal(scene->why, strerror(ECONNREFUSED));
    close(kept);
}

/* connect() itself fails (RFC 1122 §3.2.1.3: no destination): told all the same, later.
 */
static void tells_what_cannot_even_begin(void **state)
{
    struct scene *scene = *state;
    dial_to(scene, "255.255.255.255", 80);
    assert_int_equal(scene->fd, -1);
    assert_int_equal(scene->fault, CALL_FAULT_CONNECT);
    assert_true(strlen(scene->why) > 0);
}

/* What the guard was asked; it allows the family that `arg` says. */
static bool allows_family(const void *arg, const struct sockaddr *address)
{
    return address->sa_family == *(const int *)arg;
}

static void connects_only_to_what_is_allowed(void **state)
{
    static const int none = AF_UNIX;
    struct scene *scene = *state;
    uint16_t port = 0;
    int listener = listen_on(AF_INET, 4, &port);
    scene->guard = (struct transport_guard){allows_family, &none};
    dial_to(scene, "127.0.0.1", port);
    assert_int_equal(scene->fd, -1);
    assert_int_equal(scene->fault, CALL_FAULT_REFUSED);
    assert_int_equal(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(accept(listener, NULL, NULL), -1);
    close(listener);
}

static void passes_over_what_is_not_allowed(void **state)
{
    static const int old = AF_INET;
    struct scene *scene = *state;
    uint16_t port = 0;
    int listener = listen_on(AF_INET, 4, &port);
    scene->guard = (struct transport_guard){allows_family, &old};
    dial_to(scene, "localhost", port);
    expect_connected(scene, listener);
    close(listener);
}

static void tells_that_it_is_no_name(void **state)
{
    struct scene *scene = *state;
    dial_to(scene, "not..a.name", 80);
    assert_int_equal(scene->fd, -1);
    assert_int_equal(scene->fault, CALL_FAULT_DNS);
}

static void may_be_left_at_once(void **state)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost", "not..a.name"};
    struct scene *scene = *state;
    uint16_t port = 0;
    int listener = listen_on(AF_INET, 4, &port);
    scene->port = port;
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        scene->host = hosts[i];
        live_loop_do(&scene->loop, begin_and_leave, scene);
    }
    dial_to(scene, "127.0.0.1", port); /* what was left behind has had its turn */
    assert_int_equal(scene->answers, 1);
    close(listener);
}

#define DIAL_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int test_dial(void)
{
    const struct CMUnitTest tests[] = {
        DIAL_TEST(reaches_an_address),
        DIAL_TEST(reaches_an_address_of_ipv6),
        DIAL_TEST(reaches_the_family_that_listens),
        DIAL_TEST(tells_a_refusal),
        DIAL_TEST(tells_what_cannot_even_begin),
        DIAL_TEST(connects_only_to_what_is_allowed),
        DIAL_TEST(passes_over_what_is_not_allowed),
        DIAL_TEST(tells_that_it_is_no_name),
        DIAL_TEST(may_be_left_at_once),
    };
    return cmocka_run_group_tests_name("dial", tests, NULL, NULL);
}
