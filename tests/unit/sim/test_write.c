#include "sim/sim_write.h"

#include "support/given.h"
#include "tests.h"

static const uint8_t first_body[CRYPTO_SHA256_BYTES] = {1};
static const uint8_t other_body[CRYPTO_SHA256_BYTES] = {2};

static struct sim_write *add(struct sim_writes *writes, const char *key, bool pending)
{
    struct sim_write write = {.key = str_z(key),
                              .method = STR("POST"),
                              .target = STR("/orders"),
                              .request = 9,
                              .status = 201,
                              .pending = pending};
    memcpy(write.sha256, first_body, sizeof(write.sha256));
    return sim_write_add(writes, &write);
}

static void keys_find_their_write(void **state)
{
    struct sim_writes writes;
    (void)state;
    sim_write_init(&writes);
    struct sim_write *one = add(&writes, "/a k1", false);
    struct sim_write *two = add(&writes, NULL, false);
    assert_ptr_equal(sim_write_find(&writes, STR("/a k1")), one);
    assert_null(sim_write_find(&writes, STR("/b k1")));
    assert_int_equal(one->number, 1);
    assert_int_equal(two->number, 2);
    assert_true(sim_write_repeat(&writes, one, first_body));
    assert_true(sim_write_repeat(&writes, one, first_body));
    assert_false(sim_write_repeat(&writes, one, other_body));
    assert_int_equal(one->repeats, 2);
    assert_int_equal(one->conflicts, 1);
    assert_int_equal(writes.executed, 2);
    sim_write_fini(&writes);
}

static void pending_writes_stay(void **state)
{
    struct sim_writes writes;
    (void)state;
    sim_write_init(&writes);
    struct sim_write *one = add(&writes, " k1", true);
    add(&writes, " k2", false);
    sim_write_clear(&writes);
    assert_ptr_equal(sim_write_find(&writes, STR(" k1")), one);
    assert_null(sim_write_find(&writes, STR(" k2")));
    one->pending = false;
    sim_write_clear(&writes);
    assert_null(sim_write_find(&writes, STR(" k1")));
    sim_write_fini(&writes);
}

static void the_oldest_make_room(void **state)
{
    struct sim_writes writes;
    (void)state;
    sim_write_init(&writes);
    add(&writes, " first", false);
    for (int i = 0; i < SIM_WRITES_MAX; i++)
        add(&writes, NULL, false);
    assert_null(sim_write_find(&writes, STR(" first")));
    assert_int_equal(writes.executed, SIM_WRITES_MAX + 1);
    sim_write_fini(&writes);
}

static void they_are_listed_in_order(void **state)
{
    struct arena *arena = *state;
    struct sim_writes writes;
    struct buf buf;
    struct json_out out;
    sim_write_init(&writes);
    add(&writes, "/a k1", false);
    add(&writes, NULL, false);
    add(&writes, " k 3", false);
    buf_init(&buf, 1 << 20);
    json_out_init(&out, &buf);
    sim_write_print(&writes, STR("/ord"), 0, arena, &out);
    const struct json *answer = given_json(arena, buf_peek(&buf));
    const struct json *list = json_member(answer, STR("writes"));
    assert_int_equal(list->n, 3);
    assert_str(json_member_text(&list->u.items[0], STR("key")), STR("k1"));
    assert_null(json_member(&list->u.items[1], STR("key")));
    assert_str(json_member_text(&list->u.items[2], STR("key")), STR("k 3"));
    assert_true(json_number(json_member(&list->u.items[2], STR("number"))) == 3);
    buf_clear(&buf);
    json_out_init(&out, &buf);
    sim_write_print(&writes, STR_NONE, 2, arena, &out);
    answer = given_json(arena, buf_peek(&buf));
    assert_int_equal(json_member(answer, STR("writes"))->n, 1);
    buf_fini(&buf);
    sim_write_fini(&writes);
}

int test_write(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(keys_find_their_write),
        GIVEN_TEST(pending_writes_stay),
        GIVEN_TEST(the_oldest_make_room),
        GIVEN_TEST(they_are_listed_in_order),
    };
    return cmocka_run_group_tests_name("sim_write", tests, NULL, NULL);
}
