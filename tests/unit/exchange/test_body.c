#include "support/unit.h"

#include "tests.h"

#include "base/buf.h"
#include "exchange/body.h"

enum { MIB = 1 << 20 };

struct scene {
    struct body body;
    struct body_budget budget;
    unsigned started;
    unsigned rooms;
    unsigned datas;
};

static void on_start(struct body *body)
{
    CONTAINER_OF(body, struct scene, body)->started++;
}

static void on_room(struct body *body)
{
    CONTAINER_OF(body, struct scene, body)->rooms++;
}

static void on_data(struct body *body)
{
    CONTAINER_OF(body, struct scene, body)->datas++;
}

static void open_scene(struct scene *scene, int64_t length)
{
    *scene = (struct scene){.budget = {.bytes_max = 64 * MIB}};
    body_init(&scene->body, &scene->budget, MIB, length);
    scene->body.on_start = on_start;
    scene->body.on_room = on_room;
    scene->body.on_data = on_data;
}

static void close_scene(struct scene *scene)
{
    body_fini(&scene->body);
    assert_int_equal(scene->budget.bytes, 0);
}

/* Everything that can be pulled now; answers what came instead of more. */
static enum call_pull drain(struct body *body, struct buf *ret)
{
    str chunk;
    enum call_pull pull;
    while ((pull = body_pull(body, &chunk)) == CALL_PULL_DATA)
        buf_str(ret, chunk);
    return pull;
}

static void a_body_is_asked_for_only_when_it_is_pulled(void **state)
{
    struct scene scene;
    str chunk;
    (void)state;
    open_scene(&scene, 5);
    assert_int_equal(scene.started, 0);
    assert_int_equal(body_pull(&scene.body, &chunk), CALL_PULL_WAIT);
    assert_int_equal(body_pull(&scene.body, &chunk), CALL_PULL_WAIT);
    assert_int_equal(scene.started, 1);
    assert_true(body_put(&scene.body, STR("hello")));
    assert_int_equal(scene.datas, 1);
    assert_int_equal(body_pull(&scene.body, &chunk), CALL_PULL_DATA);
    assert_true(str_eq(chunk, STR("hello")));
    assert_int_equal(body_pull(&scene.body, &chunk), CALL_PULL_WAIT);
    body_end(&scene.body);
    assert_int_equal(scene.datas, 2);
    assert_int_equal(body_pull(&scene.body, &chunk), CALL_PULL_END);
    close_scene(&scene);
}

static void a_held_body_reads_the_same_again_and_again(void **state)
{
    struct scene scene;
    struct buf sent, got;
    (void)state;
    open_scene(&scene, -1);
    buf_init(&sent, 2 * MIB);
    buf_init(&got, 2 * MIB);
    for (int i = 0; i < 5000; i++) {
        char piece[64];
        int n = snprintf(piece, sizeof(piece), "piece %d of many;", i);
        buf_put(&sent, piece, (size_t)n);
        assert_true(body_put(&scene.body, str_of(piece, (size_t)n)));
        if (i % 7 == 0)
            drain(&scene.body, &got);
    }
    body_end(&scene.body);
    assert_int_equal(drain(&scene.body, &got), CALL_PULL_END);
    assert_true(str_eq(buf_peek(&sent), buf_peek(&got)));
    for (int turn = 0; turn < 3; turn++) {
        assert_true(body_can_rewind(&scene.body));
        body_rewind(&scene.body);
        buf_clear(&got);
        assert_int_equal(drain(&scene.body, &got), CALL_PULL_END);
        assert_true(str_eq(buf_peek(&sent), buf_peek(&got)));
    }
    buf_fini(&sent);
    buf_fini(&got);
    close_scene(&scene);
}

static void an_announced_large_body_streams_at_once(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 10 * MIB);
    assert_int_equal(scene.body.mode, BODY_STREAM);
    assert_false(body_can_rewind(&scene.body));
    close_scene(&scene);
}

/* 64 MiB go through, and never more than a window is in memory. */
static void a_stream_holds_its_sender_back(void **state)
{
    static char piece[16 * 1024];
    struct scene scene;
    size_t sent = 0, got = 0, most = 0;
    str chunk;
    (void)state;
    open_scene(&scene, -1);
    while (sent < 64 * MIB) {
        bool more = true;
        while (more && sent < 64 * MIB) {
            memset(piece, (int)(sent / sizeof(piece)), sizeof(piece));
            more = body_put(&scene.body, str_of(piece, sizeof(piece)));
            sent += sizeof(piece);
        }
        if (scene.budget.bytes > most)
            most = scene.budget.bytes;
        unsigned rooms = scene.rooms;
        while (body_pull(&scene.body, &chunk) == CALL_PULL_DATA) {
            for (size_t i = 0; i < chunk.n; i++)
                assert_int_equal((uint8_t)chunk.p[i],
                                 (uint8_t)((got + i) / sizeof(piece)));
            got += chunk.n;
        }
        if (!more)
            assert_int_equal(scene.rooms, rooms + 1);
    }
    assert_int_equal(sent, got);
    assert_true(most <= MIB + 512 * 1024);
    assert_false(body_can_rewind(&scene.body));
    close_scene(&scene);
}

static void when_a_worker_keeps_too_much_bodies_only_pass_through(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, -1);
    scene.budget.bytes_max = 10;
    assert_true(body_put(&scene.body, STR("this is more than ten bytes")));
    assert_true(body_put(&scene.body, STR("and this is refused a place")));
    assert_int_equal(scene.body.mode, BODY_STREAM);
    close_scene(&scene);
}

static void a_broken_body_cannot_be_read_again(void **state)
{
    struct scene scene;
    (void)state;
    open_scene(&scene, 100);
    body_put(&scene.body, STR("half"));
    body_break(&scene.body);
    assert_false(body_can_rewind(&scene.body));
    close_scene(&scene);
}

int test_body(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_is_asked_for_only_when_it_is_pulled),
        cmocka_unit_test(a_held_body_reads_the_same_again_and_again),
        cmocka_unit_test(an_announced_large_body_streams_at_once),
        cmocka_unit_test(a_stream_holds_its_sender_back),
        cmocka_unit_test(when_a_worker_keeps_too_much_bodies_only_pass_through),
        cmocka_unit_test(a_broken_body_cannot_be_read_again),
    };
    return cmocka_run_group_tests_name("exchange/body", tests, NULL, NULL);
}
