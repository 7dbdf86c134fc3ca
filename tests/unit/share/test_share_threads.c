/*
 * Many workers on threads of their own: at most one leads for a key and a stamp, and each
 * who asks is told exactly once, or left; ThreadSanitizer looks on.
 */
#include "support/unit.h"

#include "loop/thread.h"
#include "loop/worker.h"
#include "loop/world.h"
#include "share/share.h"

int test_share_threads(void);

enum { HANDS = 4, ROUNDS = 3000, KEYS = 3 };

static atomic_int leading[KEYS];

struct hand {
    struct shares *shares;
    struct worker worker;
    struct thread *thread;
    uint64_t seed;
    struct share_seat *seat;
    int key;
    bool heard;
    enum share_word word;
    struct cache_entry *entry;
    unsigned led, shared, alone, left;
};

static void on_heard(void *owner, enum share_word word, struct cache_entry *entry)
{
    struct hand *hand = owner;
    CHECK(!hand->heard);
    hand->heard = true;
    hand->word = word;
    hand->entry = entry;
}

static void wake(struct worker *worker)
{
    (void)worker;
}

static void lead(struct hand *hand)
{
    hand->led++;
    CHECK(atomic_fetch_add(&leading[hand->key], 1) == 0);
    worker_turn(&hand->worker);
    size_t how = unit_below(&hand->seed, 3);
    struct cache_entry like = {.status = hand->key};
    struct cache_entry *entry = how ? NULL : cache_entry_create(&like);
    atomic_fetch_sub(&leading[hand->key], 1);
    if (how == 2)
        share_leave(&hand->seat);
    else
        share_land(&hand->seat, entry);
    cache_entry_unref(&entry);
}

static void wait_for_it(struct hand *hand)
{
    for (unsigned i = 0; !hand->heard; i++) {
        if (i > 50 && unit_below(&hand->seed, 100) == 0) {
            share_leave(&hand->seat);
            hand->left++;
            return;
        }
        worker_turn(&hand->worker);
    }
    if (hand->word == SHARE_LEAD) {
        lead(hand);
        return;
    }
    hand->seat = NULL;
    CHECK((hand->word == SHARE_LANDED) == (hand->entry != NULL));
    CHECK(!hand->entry || hand->entry->status == hand->key);
    hand->shared += hand->entry != NULL;
    hand->alone += hand->entry == NULL;
    cache_entry_unref(&hand->entry);
}

static void work(void *arg)
{
    struct hand *hand = arg;
    struct share_asker asker = {&hand->worker, on_heard, hand};
    for (int i = 0; i < ROUNDS; i++) {
        struct cache_stamp stamp = {0};
        hand->key = (int)unit_below(&hand->seed, KEYS);
        hand->heard = false;
        struct cache_key key = {{(uint8_t)hand->key}};
        if (share_join(hand->shares, &key, &stamp, &asker, &hand->seat) == SHARE_LEAD)
            lead(hand);
        else
            wait_for_it(hand);
        worker_turn(&hand->worker);
    }
}

static void each_is_told_once_and_one_leads(void **state)
{
    struct shares *shares = shares_create();
    struct hand hands[HANDS] = {0};
    unsigned led = 0, shared = 0;
    (void)state;
    for (unsigned i = 0; i < HANDS; i++) {
        hands[i].shares = shares;
        hands[i].seed = i;
        worker_init(&hands[i].worker, i, world_real());
        hands[i].worker.wake = wake;
    }
    for (unsigned i = 0; i < HANDS; i++)
        hands[i].thread = thread_start("hand", work, &hands[i]);
    for (unsigned i = 0; i < HANDS; i++)
        thread_join(&hands[i].thread);
    for (unsigned i = 0; i < HANDS; i++) { /* whoever left may still be told */
        for (unsigned k = 0; k < HANDS; k++)
            worker_turn(&hands[k].worker);
        led += hands[i].led;
        shared += hands[i].shared;
    }
    assert_int_equal(shares_waiting(shares), 0);
    assert_true(led > 0 && shared > 0);
    shares_destroy(&shares);
    for (unsigned i = 0; i < HANDS; i++)
        worker_fini(&hands[i].worker);
}

int test_share_threads(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_told_once_and_one_leads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
