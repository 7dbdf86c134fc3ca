#include "policy/board.h"

#include "loop/thread.h"
#include "support/reply.h"

int test_board(void);

struct tile {
    struct board_entry entry;
    bool worth_keeping;
    uint64_t mark;
};

static atomic_int alive;

static void init_tile(void *entry)
{
    ((struct tile *)entry)->mark = 0x7115;
    atomic_fetch_add(&alive, 1);
}

static void fini_tile(void *entry)
{
    CHECK(((struct tile *)entry)->mark == 0x7115);
    atomic_fetch_sub(&alive, 1);
}

static bool tile_at_rest(void *entry, usec now)
{
    (void)now;
    return !((struct tile *)entry)->worth_keeping;
}

static const struct board_kind kind = {sizeof(struct tile), init_tile, fini_tile,
                                       tile_at_rest};

static void a_name_leads_to_one_entry(void **state)
{
    struct board *board = board_create(&kind, USEC_MIN);
    char name[] = "one";
    struct tile *one = board_acquire(board, str_z(name), 0);
    name[0] = 'x'; /* the entry has its own copy */
    (void)state;
    given_same("name", one->entry.name, "one");
    assert_int_equal(one->mark, 0x7115);
    assert_ptr_equal(board_acquire(board, STR("one"), 0), one);
    assert_ptr_equal(board_find(board, STR("one")), one);
    assert_null(board_find(board, STR("two")));
    assert_ptr_not_equal(board_acquire(board, STR("two"), 0), one);
    assert_int_equal(board_count(board), 2);
    for (int i = 0; i < 3; i++)
        board_release(board, one, 0);
    struct tile *two = board_find(board, STR("two"));
    board_release(board, two, 0);
    board_release(board, two, 0);
    board_destroy(&board);
    assert_null(board);
    assert_int_equal(alive, 0);
}

static void touch(struct board *board, unsigned i, usec now)
{
    char name[40];
    snprintf(name, sizeof(name), "%u", i);
    board_release(board, board_acquire(board, str_z(name), now), now);
}

static void what_nobody_used_for_long_is_forgotten(void **state)
{
    struct board *board = board_create(&kind, USEC_MIN);
    (void)state;
    for (unsigned i = 0; i < 20000; i++)
        touch(board, i, i * 10 * USEC_MS); /* 6,000 within a minute */
    assert_in_range(board_count(board), 6000, 13000);
    for (unsigned i = 0; i < 20000; i++)
        touch(board, 100000 + i, USEC_H);
    assert_in_range(board_count(board), 20000, 21000);
    board_destroy(&board);
    assert_int_equal(alive, 0);
}

static void what_is_in_use_or_worth_it_is_kept(void **state)
{
    struct board *board = board_create(&kind, USEC_MIN);
    struct tile *used = board_acquire(board, STR("used"), 0);
    struct tile *kept = board_acquire(board, STR("kept"), 0);
    (void)state;
    kept->worth_keeping = true;
    board_release(board, kept, 0);
    for (unsigned i = 0; i < 5000; i++)
        touch(board, i, USEC_H + i * USEC_S);
    assert_ptr_equal(board_find(board, STR("kept")), kept);
    assert_ptr_equal(board_find(board, STR("used")), used);
    board_release(board, kept, 0);
    board_release(board, used, 0);
    board_release(board, used, 0);
    board_destroy(&board);
    assert_int_equal(alive, 0);
}

static void count_marks(void *entry, void *arg)
{
    *(uint64_t *)arg += ((struct tile *)entry)->mark;
}

static void each_entry_is_visited(void **state)
{
    struct board *board = board_create(&kind, USEC_MIN);
    uint64_t sum = 0;
    (void)state;
    for (unsigned i = 0; i < 100; i++)
        touch(board, i, 0);
    board_each(board, count_marks, &sum);
    assert_int_equal(sum, 100 * 0x7115);
    board_destroy(&board);
}

struct player {
    struct board *board;
    struct thread *thread;
    unsigned seed;
};

static void play(void *arg)
{
    struct player *player = arg;
    unsigned x = player->seed;
    for (unsigned i = 0; i < 5000; i++) {
        x = x * 1103515245 + 12345;
        touch(player->board, x >> 16 & 255, i * USEC_S);
    }
}

static void threads_share_a_board(void **state)
{
    struct board *board = board_create(&kind, USEC_S);
    struct player players[3];
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(players); i++) {
        players[i] = (struct player){.board = board, .seed = i};
        players[i].thread = thread_start("player", play, &players[i]);
    }
    for (unsigned i = 0; i < COUNT_OF(players); i++)
        thread_join(&players[i].thread);
    assert_in_range(board_count(board), 1, 256);
    assert_int_equal(board_count(board), alive);
    board_destroy(&board);
    assert_int_equal(alive, 0);
}

int test_board(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(a_name_leads_to_one_entry),
        GIVEN_TEST(what_nobody_used_for_long_is_forgotten),
        GIVEN_TEST(what_is_in_use_or_worth_it_is_kept),
        GIVEN_TEST(each_entry_is_visited),
        GIVEN_TEST(threads_share_a_board),
    };
    return cmocka_run_group_tests_name("policy: board", tests, NULL, NULL);
}
