#include "groups.h"
#include "house.h"

#include <sys/socket.h>

/* --- who leaves --- */

static str request(struct house *house, const char *verb, const char *path,
                   const char *body)
{
    return str_z(format(house,
                        "%s %s HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer %s\r\n"
                        "Content-Length: %zu\r\n\r\n%s",
                        verb, path, house->admin, strlen(body), body));
}

static void leave(int fd, bool rudely)
{
    struct linger linger = {.l_onoff = 1};
    if (rudely)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    close(fd);
}

static void test_a_caller_may_leave_at_any_byte(void **state)
{
    struct house *house = *state;
    make_acme(house);
    const char *environment = make_environment(house, make_stage(house, "s"), "e");
    const char *account = make_account(house, environment, "a");
    const str requests[] = {
        request(house, "GET", "/v1/accounts?label.x=y", ""),
        request(house, "POST", "/v1/environments", "{\"stage\":\"s\",\"name\":\"n\"}"),
        request(house, "PUT", format(house, "/v1/accounts/%s/credentials", account),
                "{\"credentials\":{\"token\":\"t\"}}"),
        request(house, "POST", "/v1/keys",
                "{\"label\":\"l\",\"permissions\":[\"read\"]}"),
        request(house, "POST", "/v1/integrations/acme/check", "{\"name\":\"acme\"}"),
        request(house, "GET", "/v1/integrations/acme/versions", ""),
        request(house, "POST", "/v1/breakers/acme/force",
                "{\"state\":\"auto\",\"reason\":\"r\"}"),
        request(house, "GET", "/v1/audit?limit=1000", ""),
        request(house, "POST", "/v1/master-keys/rotate", "{}"),
        request(house, "GET", "/openapi.json", ""),
    };
    for (size_t i = 0; i < COUNT_OF(requests); i++)
        for (size_t cut = 0; cut <= requests[i].n;
             cut += cut + 20 < requests[i].n ? 11 : 1) {
            int fd = house_connect(house);
            house_say(fd, str_of(requests[i].p, cut));
            leave(fd, cut % 2);
        }
    assert_status(get(house, "/v1/stages"), 200);
}

static void test_what_a_caller_began_is_finished_without_him(void **state)
{
    struct house *house = *state;
    for (int i = 0; i < 50; i++) {
        int fd = house_connect(house);
        const char *body =
            format(house, "{\"name\":\"orphan %d\",\"kind\":\"sandbox\"}", i);
        house_say(fd, request(house, "POST", "/v1/stages", body));
        leave(fd, false);
    }
    unsigned found = 0;
    for (int tries = 0; found < 50 && tries < 500; tries++) {
        found = 0;
        for (int i = 0; i < 50; i++)
            found += get(house, "/v1/stages/orphan%%20%d", i).status == 200;
    }
    assert_int_equal(found, 50);
}

/* --- who reads slowly --- */

static void put_large(struct house *house)
{
    struct buf text;
    buf_init(&text, 2 << 20);
    buf_str(&text, STR("{\"name\":\"large\",\"hosts\":[\"a.test\"],\"base_url\":"
                       "\"https://a.test\",\"auth\":\"none\",\"x-notes\":\""));
    while (text.n < (1 << 20) - 64)
        buf_str(&text, STR("0123456789abcdef"));
    buf_str(&text, STR("\"}"));
    assert_status(ask_raw(house, "PUT", STR("/v1/integrations/large"), buf_peek(&text)),
                  200);
    buf_fini(&text);
}

static int connect_narrow(struct house *house)
{
    int fd = house_connect(house);
    int bytes = 64 * 1024;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    return fd;
}

static void test_a_slow_reader_gets_all_of_it(void **state)
{
    struct house *house = *state;
    put_large(house);
    int fd = connect_narrow(house);
    house_say(fd, request(house, "GET", "/v1/integrations/large", ""));
    struct buf got;
    char piece[9000];
    buf_init(&got, 4 << 20);
    while (got.n < (1 << 20) + 4096 && !str_ends(buf_peek(&got), STR("\"}}"))) {
        ssize_t n = recv(fd, piece, sizeof(piece), 0);
        assert_true(n > 0);
        buf_put(&got, piece, (size_t)n);
        if (got.n < 200000)
            usleep(500);
    }
    close(fd);
    str all = buf_peek(&got);
    assert_true(str_starts(all, STR("HTTP/1.1 200")));
    assert_true(str_ends(all, STR("0123456789abcdef\"}}")));
    buf_fini(&got);
}

static void test_a_reader_who_leaves_in_the_middle(void **state)
{
    struct house *house = *state;
    put_large(house);
    for (int i = 0; i < 20; i++) {
        char piece[4096];
        int fd = connect_narrow(house);
        house_say(fd, request(house, "GET", "/v1/integrations/large", ""));
        assert_true(recv(fd, piece, sizeof(piece), 0) > 0);
        leave(fd, i % 2);
    }
    assert_status(get(house, "/v1/stages"), 200);
}

/* --- many at once --- */

enum { CROWD = 200 };

static void test_two_hundred_creates_at_once(void **state)
{
    struct house *house = *state;
    int fds[CROWD];
    make_stage(house, "crowd");
    for (int i = 0; i < CROWD; i++)
        fds[i] = house_connect(house);
    for (int i = 0; i < CROWD; i++) {
        const char *body = format(
            house, "{\"stage\":\"crowd\",\"name\":\"n\",\"external_id\":\"c%d\"}", i / 2);
        house_say(fds[i], request(house, "POST", "/v1/environments", body));
    }
    unsigned made = 0, taken = 0;
    for (int i = 0; i < CROWD; i++) {
        char answer[65536];
        ssize_t n = recv(fds[i], answer, sizeof(answer), 0);
        assert_true(n > 12);
        made += memcmp(answer, "HTTP/1.1 201", 12) == 0;
        taken += memcmp(answer, "HTTP/1.1 409", 12) == 0;
        close(fds[i]);
    }
    assert_int_equal(made, CROWD / 2); /* of each pair, one */
    assert_int_equal(taken, CROWD / 2);
    struct heard heard = get(house, "/v1/environments?stage=crowd&limit=1000");
    assert_int_equal(count_at(heard, "/items"), CROWD / 2);
}

static void test_requests_behind_each_other_on_one_connection(void **state)
{
    struct house *house = *state;
    struct buf out;
    int fd = house_connect(house);
    buf_init(&out, 1 << 20);
    for (int i = 0; i < 40; i++)
        buf_str(&out,
                request(house, i % 2 ? "GET" : "POST", "/v1/stages",
                        i % 2 ? "" : "{\"name\":\"in line\",\"kind\":\"sandbox\"}"));
    buf_printf(&out, "GET /v1/errors HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    house_say(fd, buf_peek(&out));
    buf_fini(&out);
    str rest = house_hear(house, fd);
    close(fd);
    unsigned answers = 0, made = 0;
    for (size_t at_byte; (at_byte = str_find_str(rest, STR("HTTP/1.1 "))) < rest.n;) {
        rest = str_from(rest, at_byte + 9);
        answers++;
        made += str_starts(rest, STR("201"));
    }
    assert_int_equal(answers, 41);
    assert_int_equal(made, 1);
}

int test_api_gone(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_caller_may_leave_at_any_byte),
        cmocka_unit_test(test_what_a_caller_began_is_finished_without_him),
        cmocka_unit_test(test_a_slow_reader_gets_all_of_it),
        cmocka_unit_test(test_a_reader_who_leaves_in_the_middle),
        cmocka_unit_test(test_two_hundred_creates_at_once),
        cmocka_unit_test(test_requests_behind_each_other_on_one_connection),
    };
    return cmocka_run_group_tests_name("api: callers come and go", tests,
                                       house_setup_durable, house_teardown);
}
