/*
 * Who asks, who waits, and what each is told.
 */
#include "support/false_world.h"
#include "support/unit.h"

#include "base/crypto.h"
#include "share/share.h"

int test_share(void);

struct hall {
    struct false_world world;
    struct false_loop loop;
    struct shares *shares;
};

/* One who asks, on a worker of his own. */
struct reader {
    struct share_asker asker;
    struct share_seat *seat;
    enum share_word word;
    unsigned told;
    struct cache_entry *entry;
};

static void on_heard(void *owner, enum share_word word, struct cache_entry *entry)
{
    struct reader *reader = owner;
    reader->told++;
    reader->word = word;
    reader->entry = entry;
    if (word != SHARE_LEAD)
        reader->seat = NULL;
}

static int setup(void **state)
{
    struct hall *hall = test_calloc(1, sizeof(*hall));
    crypto_start();
    false_world_init(&hall->world, 3);
    false_loop_init(&hall->loop, &hall->world, 4);
    hall->shares = shares_create();
    *state = hall;
    return 0;
}

static int teardown(void **state)
{
    struct hall *hall = *state;
    false_loop_idle(&hall->loop);
    shares_destroy(&hall->shares);
    false_loop_fini(&hall->loop);
    test_free(hall);
    return 0;
}

static enum share_word join(struct hall *hall, struct reader *reader, unsigned worker,
                            char key, uint32_t stamp)
{
    struct cache_key wanted = {{(uint8_t)key}};
    struct cache_stamp when = {.resource = stamp};
    *reader = (struct reader){
        .asker = {.worker = false_loop_worker(&hall->loop, worker), .heard = on_heard}};
    reader->asker.owner = reader;
    reader->word =
        share_join(hall->shares, &wanted, &when, &reader->asker, &reader->seat);
    return reader->word;
}

static struct cache_entry *make_entry(void)
{
    struct cache_entry like = {.kind = CACHE_RAW, .body = STR("answer")};
    return cache_entry_create(&like);
}

static void one_asks_and_the_others_get_what_it_brings(void **state)
{
    struct hall *hall = *state;
    struct reader readers[4];
    struct cache_entry *entry = make_entry();
    assert_int_equal(join(hall, &readers[0], 0, 'k', 0), SHARE_LEAD);
    for (unsigned i = 1; i < 4; i++)
        assert_int_equal(join(hall, &readers[i], i, 'k', 0), SHARE_WAIT);
    assert_int_equal(shares_waiting(hall->shares), 3);
    share_land(&readers[0].seat, entry);
    for (unsigned i = 1; i < 4; i++)
        assert_int_equal(readers[i].told, 0); /* never from inside */
    false_loop_idle(&hall->loop);
    for (unsigned i = 1; i < 4; i++) {
        assert_int_equal(readers[i].told, 1);
        assert_int_equal(readers[i].word, SHARE_LANDED);
        assert_ptr_equal(readers[i].entry, entry);
        cache_entry_unref(&readers[i].entry);
    }
    assert_int_equal(atomic_load(&entry->refs), 1);
    cache_entry_unref(&entry);
    assert_int_equal(shares_waiting(hall->shares), 0);
}

static void what_may_not_be_shared_sends_each_alone(void **state)
{
    struct hall *hall = *state;
    struct reader readers[3];
    for (unsigned i = 0; i < 3; i++)
        join(hall, &readers[i], i, 'k', 0);
    share_land(&readers[0].seat, NULL);
    false_loop_idle(&hall->loop);
    for (unsigned i = 1; i < 3; i++)
        assert_int_equal(readers[i].word, SHARE_ALONE);
}

static void the_next_leads_when_the_leader_leaves(void **state)
{
    struct hall *hall = *state;
    struct reader readers[3];
    for (unsigned i = 0; i < 3; i++)
        join(hall, &readers[i], i, 'k', 0);
    share_leave(&readers[0].seat);
    false_loop_idle(&hall->loop);
    assert_int_equal(readers[1].word, SHARE_LEAD);
    assert_int_equal(readers[2].told, 0);
    struct cache_entry *entry = make_entry();
    share_land(&readers[1].seat, entry);
    false_loop_idle(&hall->loop);
    assert_int_equal(readers[2].word, SHARE_LANDED);
    cache_entry_unref(&readers[2].entry);
    cache_entry_unref(&entry);
}

/* Whoever was made the leader and left before he heard of it is followed in his turn. */
static void one_who_leaves_while_he_is_told_loses_nothing_for_others(void **state)
{
    struct hall *hall = *state;
    struct reader readers[3];
    for (unsigned i = 0; i < 3; i++)
        join(hall, &readers[i], i, 'k', 0);
    share_leave(&readers[0].seat);
    share_leave(&readers[1].seat);
    false_loop_idle(&hall->loop);
    assert_int_equal(readers[1].told, 0);
    assert_int_equal(readers[2].word, SHARE_LEAD);
    share_land(&readers[2].seat, NULL);
    join(hall, &readers[0], 0, 'k', 0);
    join(hall, &readers[1], 1, 'k', 0);
    struct cache_entry *entry = make_entry();
    share_land(&readers[0].seat, entry);
    share_leave(&readers[1].seat);
    false_loop_idle(&hall->loop);
    assert_int_equal(readers[1].told, 0);
    assert_int_equal(atomic_load(&entry->refs), 1);
    cache_entry_unref(&entry);
}

static void who_waits_may_leave(void **state)
{
    struct hall *hall = *state;
    struct reader readers[2];
    join(hall, &readers[0], 0, 'k', 0);
    join(hall, &readers[1], 1, 'k', 0);
    share_leave(&readers[1].seat);
    assert_int_equal(shares_waiting(hall->shares), 0);
    share_land(&readers[0].seat, NULL);
    false_loop_idle(&hall->loop);
    assert_int_equal(readers[1].told, 0);
}

static void other_keys_are_other_reads(void **state)
{
    struct hall *hall = *state;
    struct reader one, other;
    assert_int_equal(join(hall, &one, 0, 'a', 0), SHARE_LEAD);
    assert_int_equal(join(hall, &other, 1, 'b', 0), SHARE_LEAD);
    share_land(&one.seat, NULL);
    share_land(&other.seat, NULL);
}

/* A read that began before a write is not one with a read that began after it. */
static void after_a_write_a_new_read_begins(void **state)
{
    struct hall *hall = *state;
    struct reader early, waits, late, last;
    assert_int_equal(join(hall, &early, 0, 'k', 1), SHARE_LEAD);
    assert_int_equal(join(hall, &waits, 1, 'k', 1), SHARE_WAIT);
    assert_int_equal(join(hall, &late, 2, 'k', 2), SHARE_LEAD);
    assert_int_equal(join(hall, &last, 3, 'k', 2), SHARE_WAIT);
    struct cache_entry *old = make_entry(), *new = make_entry();
    share_land(&early.seat, old);
    share_land(&late.seat, new);
    false_loop_idle(&hall->loop);
    assert_ptr_equal(waits.entry, old);
    assert_ptr_equal(last.entry, new);
    cache_entry_unref(&waits.entry);
    cache_entry_unref(&last.entry);
    cache_entry_unref(&old);
    cache_entry_unref(&new);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int test_share(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(one_asks_and_the_others_get_what_it_brings),
        TEST(what_may_not_be_shared_sends_each_alone),
        TEST(the_next_leads_when_the_leader_leaves),
        TEST(one_who_leaves_while_he_is_told_loses_nothing_for_others),
        TEST(who_waits_may_leave),
        TEST(other_keys_are_other_reads),
        TEST(after_a_write_a_new_read_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
