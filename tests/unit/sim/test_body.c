#include "sim/sim_body.h"

#include "http/inflate.h"
#include "support/given.h"
#include "tests.h"

/* All bytes, read in slices of at most `max`. */
static str collect(struct arena *arena, const struct sim_body *body, size_t max)
{
    struct buf buf;
    buf_init(&buf, 10 << 20);
    for (str slice; (slice = sim_body_slice(body, buf.n, max)).n;)
        buf_str(&buf, slice);
    str all = arena_str(arena, buf.n ? buf_peek(&buf) : STR(""));
    buf_fini(&buf);
    return all;
}

static void pieces_are_repeated(void **state)
{
    struct arena *arena = *state;
    struct sim_body body;
    sim_body_init(&body, arena, STR("abc"), 1);
    assert_int_equal(body.total, 3);
    assert_str(collect(arena, &body, 2), STR("abc"));
    sim_body_init(&body, arena, STR("abc"), 4);
    assert_str(collect(arena, &body, 5), STR("abcabcabcabc"));
    sim_body_init(&body, arena, STR(""), 1000000);
    assert_int_equal(body.total, 0);
    assert_str(collect(arena, &body, 5), STR(""));
    sim_body_init(&body, arena, STR("abc"), 100001);
    str all = collect(arena, &body, 7777);
    assert_int_equal(all.n, 300003);
    for (size_t i = 0; i < all.n; i++)
        if (all.p[i] != "abc"[i % 3])
            fail_msg("byte %zu", i);
}

static void large_bodies_are_not_held(void **state)
{
    struct arena *arena = *state;
    struct sim_body body;
    sim_body_init(&body, arena, STR("0123456789"), (uint64_t)429496729);
    assert_true(body.total == (uint64_t)4294967290u);
    assert_true(body.block.n <= 64 * 1024);
    assert_str(sim_body_slice(&body, 4294967288u, 100), STR("89"));
    assert_int_equal(sim_body_slice(&body, 4294967290u, 100).n, 0);
}

static void some_bodies_never_end(void **state)
{
    struct arena *arena = *state;
    struct sim_body body;
    sim_body_init(&body, arena, STR("xy"), UINT64_MAX);
    assert_str(sim_body_slice(&body, ((uint64_t)1 << 60) + 1, 1), STR("y"));
    sim_body_init(&body, arena, STR(""), UINT64_MAX);
    assert_true(sim_body_slice(&body, 123456789, 100).n > 0);
}

static str compress(struct arena *arena, const struct sim_body *body, unsigned *ret_empty)
{
    struct buf buf;
    struct sim_gzip *gzip = sim_gzip_create(arena);
    str piece;
    *ret_empty = 0;
    buf_init(&buf, 10 << 20);
    while (sim_gzip_next(gzip, body, &piece)) {
        buf_str(&buf, piece);
        *ret_empty += piece.n == 0;
    }
    assert_false(sim_gzip_next(gzip, body, &piece));
    str all = arena_str(arena, buf_peek(&buf));
    buf_fini(&buf);
    return all;
}

static void gzip_unpacks_to_the_same(void **state)
{
    static const struct {
        const char *piece;
        uint64_t repeat;
    } rows[] = {{"", 1}, {"hello", 1}, {"hello ", 200000}};
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim_body body;
        unsigned empty;
        str text;
        sim_body_init(&body, arena, str_z(rows[i].piece), rows[i].repeat);
        str packed = compress(arena, &body, &empty);
        assert_int_equal(inflate_body(arena, STR("gzip"), packed, 10 << 20, &text),
                         INFLATE_OK);
        assert_int_equal(text.n, body.total);
        assert_true(str_eq(text, collect(arena, &body, 65536)));
    }
}

/* Little comes of much: the caller gets its turn all the same. */
static void gzip_reads_a_bounded_part_at_a_time(void **state)
{
    struct sim_body body;
    unsigned empty;
    sim_body_init(&body, *state, STR("0"), 8 << 20);
    compress(*state, &body, &empty);
    assert_true(empty > 10);
}

int test_body(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(pieces_are_repeated),
        GIVEN_TEST(large_bodies_are_not_held),
        GIVEN_TEST(some_bodies_never_end),
        GIVEN_TEST(gzip_unpacks_to_the_same),
        GIVEN_TEST(gzip_reads_a_bounded_part_at_a_time),
    };
    return cmocka_run_group_tests_name("sim_body", tests, NULL, NULL);
}
