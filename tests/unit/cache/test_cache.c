/*
 * What is kept, how long it is fresh, and what ends that.
 */
#include "larder.h"

#include "loop/thread.h"

static void what_was_put_is_found_by_its_key(void **state)
{
    struct larder *larder = *state;
    larder_put(larder, 0, "one", "1");
    assert_str(larder_find(larder, 0, "one"), STR("1"));
    assert_str(larder_find(larder, 0, "two"), STR_NONE);
    assert_true(larder_is_fresh(larder, 0, "one"));
}

static void it_grows_old_and_then_goes(void **state)
{
    struct larder *larder = *state;
    larder_put(larder, 0, "one", "1");
    false_world_advance(&larder->world, 299 * USEC_S);
    assert_true(larder_is_fresh(larder, 0, "one"));
    false_world_advance(&larder->world, USEC_S);
    assert_false(larder_is_fresh(larder, 0, "one"));
    assert_str(larder_find(larder, 0, "one"), STR("1"));
    false_world_advance(&larder->world, USEC_DAY);
    assert_str(larder_find(larder, 0, "one"), STR_NONE);
}

static void an_invalidation_ends_freshness_and_keeps_the_copy(void **state)
{
    struct larder *larder = *state;
    larder_put(larder, 0, "one", "1");
    larder_put(larder, 1, "other", "2");
    cache_invalidate(larder->cache, larder->accounts[0], STR("things"));
    assert_false(larder_is_fresh(larder, 0, "one"));
    assert_str(larder_find(larder, 0, "one"), STR("1"));
    assert_true(larder_is_fresh(larder, 1, "other"));
    larder_put(larder, 0, "one", "3");
    assert_true(larder_is_fresh(larder, 0, "one"));
    cache_invalidate(larder->cache, larder->accounts[0], STR("elsewhere"));
    assert_true(larder_is_fresh(larder, 0, "one"));
    cache_invalidate(larder->cache, larder->accounts[0], STR_NONE);
    assert_false(larder_is_fresh(larder, 0, "one"));
}

static void what_was_asked_for_before_a_write_is_not_fresh_after(void **state)
{
    struct larder *larder = *state;
    struct cache_entry *early = larder_entry(larder, 0, "one", STR("before"));
    cache_invalidate(larder->cache, larder->accounts[0], STR("things"));
    cache_put(larder->cache, early, larder->accounts[0]);
    assert_false(larder_is_fresh(larder, 0, "one"));
}

static void a_purge_takes_what_it_names(void **state)
{
    struct larder *larder = *state;
    str a = tenant_id_str(&larder->accounts[0]->id);
    str two = tenant_id_str(&larder->accounts[2]->environment->id);
    for (int i = 0; i < LARDER_ACCOUNTS; i++)
        larder_put(larder, i, (char[]){(char)('a' + i), 0}, "kept");
    struct cache_purge none = {.account = a,
                               .environment = STR_NONE,
                               .integration = STR("another"),
                               .resource = STR_NONE};
    larder_purge(larder, &none);
    assert_int_equal(none.entries, 0);
    struct cache_purge of_account = {.account = a,
                                     .environment = STR_NONE,
                                     .integration = STR_NONE,
                                     .resource = STR("things")};
    larder_purge(larder, &of_account);
    assert_int_equal(of_account.err, ERR_NONE);
    assert_int_equal(of_account.entries, 1);
    assert_str(larder_find(larder, 0, "a"), STR_NONE);
    assert_str(larder_find(larder, 1, "b"), STR("kept"));
    struct cache_purge of_environment = {.account = STR_NONE,
                                         .environment = two,
                                         .integration = STR_NONE,
                                         .resource = STR_NONE};
    larder_purge(larder, &of_environment);
    assert_str(larder_find(larder, 2, "c"), STR_NONE);
    assert_str(larder_find(larder, 1, "b"), STR("kept"));
}

static void what_was_asked_for_before_a_purge_is_not_kept_after(void **state)
{
    struct larder *larder = *state;
    struct cache_entry *early = larder_entry(larder, 0, "one", STR("before"));
    struct cache_purge purge = {.account = tenant_id_str(&larder->accounts[0]->id),
                                .environment = STR_NONE,
                                .integration = STR_NONE,
                                .resource = STR_NONE};
    larder_purge(larder, &purge);
    cache_put(larder->cache, early, larder->accounts[0]);
    assert_str(larder_find(larder, 0, "one"), STR_NONE);
}

static void what_an_account_had_goes_with_it(void **state)
{
    struct larder *larder = *state;
    larder_put(larder, 0, "one", "1");
    larder_put(larder, 1, "other", "2");
    cache_forget(larder->cache, tenant_id_str(&larder->accounts[0]->id));
    cache_flush(larder->cache);
    assert_str(larder_find(larder, 0, "one"), STR_NONE);
    assert_str(larder_find(larder, 1, "other"), STR("2"));
}

static void lists_go_by_key_and_page_by_page(void **state)
{
    struct larder *larder = *state;
    struct cache_entry *page[4];
    struct cache_key after;
    uint32_t seen = 0, n;
    for (int i = 0; i < 10; i++) {
        char name[16];
        snprintf(name, sizeof(name), "k%d", i);
        larder_put(larder, 0, name, "x");
    }
    larder_put(larder, 1, "other", "y");
    do {
        n = cache_list(larder->cache, larder->accounts[0], STR("things"),
                       seen ? &after : NULL, COUNT_OF(page), page);
        for (uint32_t i = 0; i < n; i++) {
            assert_true(!seen || memcmp(after.bytes, page[i]->key.bytes, 32) < 0);
            after = page[i]->key;
            seen++;
            cache_entry_unref(&page[i]);
        }
    } while (n == COUNT_OF(page));
    assert_int_equal(seen, 10);
    assert_int_equal(
        cache_list(larder->cache, larder->accounts[0], STR("none"), NULL, 4, page), 0);
}

static void one_of_many_refreshes(void **state)
{
    struct larder *larder = *state;
    struct cache_entry *entry = larder_entry(larder, 0, "one", STR("1"));
    assert_true(cache_entry_claim(entry, 10, 20));
    assert_false(cache_entry_claim(entry, 19, 30));
    assert_true(cache_entry_claim(entry, 20, 30));
    cache_entry_release(entry);
    assert_true(cache_entry_claim(entry, 21, 30));
    cache_entry_unref(&entry);
}

/* --- threads; ThreadSanitizer looks on --- */

struct hand {
    struct larder *larder;
    int account;
    uint64_t seed;
    struct thread *thread;
};

static void work(void *arg)
{
    struct hand *hand = arg;
    struct cache *cache = hand->larder->cache;
    struct account *account = hand->larder->accounts[hand->account];
    static const char body[2000];
    for (int i = 0; i < 3000; i++) {
        struct cache_entry like = {.kind = CACHE_RAW,
                                   .account = account->id,
                                   .environment = account->environment->id,
                                   .integration = STR("vendor"),
                                   .resource = STR("things"),
                                   .method = STR("things.get"),
                                   .status = 200,
                                   .body = str_of(body, unit_below(&hand->seed, 2000)),
                                   .fresh_until = USEC_NEVER,
                                   .stale_until = USEC_NEVER};
        like.key.bytes[0] = (uint8_t)unit_below(&hand->seed, 200);
        like.key.bytes[1] = (uint8_t)hand->account;
        like.stamp = cache_stamp(cache, account, STR("things"));
        switch (unit_below(&hand->seed, 8)) {
        case 0:
            cache_put(cache, cache_entry_create(&like), account);
            break;
        case 1:
            cache_invalidate(cache, account, STR("things"));
            break;
        default: {
            struct cache_entry *found =
                cache_find(cache, &account->environment->id, &like.key, 1);
            if (found) {
                CHECK(found->key.bytes[1] == (uint8_t)hand->account);
                CHECK(
                    str_eq(tenant_id_str(&found->account), tenant_id_str(&account->id)));
                (void)cache_is_fresh(cache, found, 1);
            }
            cache_entry_unref(&found);
        }
        }
    }
}

static void hands_at_once_keep_apart_and_within_bounds(void **state)
{
    struct larder *larder = *state;
    struct hand hands[LARDER_ACCOUNTS];
    struct cache_stats stats;
    for (int i = 0; i < LARDER_ACCOUNTS; i++) {
        hands[i] = (struct hand){
            .larder = larder, .account = i, .seed = (uint64_t)i, .thread = NULL};
        hands[i].thread = thread_start("hand", work, &hands[i]);
    }
    for (int i = 0; i < LARDER_ACCOUNTS; i++)
        thread_join(&hands[i].thread);
    cache_flush(larder->cache);
    cache_stats(larder->cache, &stats);
    assert_true(stats.bytes <= stats.bytes_max);
    assert_true(stats.entries > 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, larder_setup, larder_teardown)

int test_cache(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(what_was_put_is_found_by_its_key),
        TEST(it_grows_old_and_then_goes),
        TEST(an_invalidation_ends_freshness_and_keeps_the_copy),
        TEST(what_was_asked_for_before_a_write_is_not_fresh_after),
        TEST(a_purge_takes_what_it_names),
        TEST(what_was_asked_for_before_a_purge_is_not_kept_after),
        TEST(what_an_account_had_goes_with_it),
        TEST(lists_go_by_key_and_page_by_page),
        TEST(one_of_many_refreshes),
        TEST(hands_at_once_keep_apart_and_within_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
