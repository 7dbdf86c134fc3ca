/*
 * What goes when there is no room, and whose.
 */
#include "larder.h"

#include "base/crypto.h"
#include "cache/table.h"

enum { SLOT = 64 }; /* what an entry is counted with beside its own bytes */

static struct cache_entry *entry_of(const char *environment, unsigned n, size_t bytes)
{
    static const char zeroes[4096];
    struct cache_entry like = {.kind = CACHE_RAW, .body = str_of(zeroes, bytes)};
    char name[40];
    snprintf(name, sizeof(name), "%s %u", environment, n);
    crypto_sha256(str_z(name), like.key.bytes);
    like.environment = tenant_id_of(str_z(environment));
    like.stored_wall = n;
    return cache_entry_create(&like);
}

static bool has(struct table *table, const char *environment, unsigned n)
{
    struct cache_entry *like = entry_of(environment, n, 0);
    struct cache_entry *found = table_find(table, &like->environment, &like->key);
    bool there = found != NULL;
    cache_entry_unref(&found);
    cache_entry_unref(&like);
    return there;
}

static size_t room_of(size_t bytes)
{
    return sizeof(struct cache_entry) + bytes + SLOT;
}

static void put(struct table *table, const char *environment, unsigned n)
{
    assert_true(table_put(table, entry_of(environment, n, 1000), false));
}

static void what_was_not_asked_for_again_goes_first(void **state)
{
    struct table_bounds bounds = {1 << 30, 4 * room_of(1000)};
    struct table *table = table_create(&bounds);
    (void)state;
    for (unsigned n = 0; n < 4; n++)
        put(table, "env_a", n);
    assert_true(has(table, "env_a", 0)); /* marks it */
    assert_true(has(table, "env_a", 2));
    put(table, "env_a", 4);
    put(table, "env_a", 5);
    assert_true(has(table, "env_a", 0));
    assert_false(has(table, "env_a", 1));
    assert_true(has(table, "env_a", 2));
    assert_false(has(table, "env_a", 3));
    table_destroy(&table);
}

static void a_walk_does_not_drive_out_what_is_read(void **state)
{
    struct table_bounds bounds = {1 << 30, 10 * room_of(1000)};
    struct table *table = table_create(&bounds);
    (void)state;
    for (unsigned n = 0; n < 5; n++)
        put(table, "env_a", n);
    for (unsigned n = 100; n < 400; n++) {
        put(table, "env_a", n);
        for (unsigned often = 0; often < 5 && n % 3 == 0; often++)
            assert_true(has(table, "env_a", often));
    }
    table_destroy(&table);
}

static void an_environment_takes_no_more_than_its_own(void **state)
{
    struct table_bounds bounds = {1 << 30, 10 * room_of(1000)};
    struct table *table = table_create(&bounds);
    struct table_counts counts;
    (void)state;
    put(table, "env_b", 0);
    for (unsigned n = 0; n < 1000; n++)
        put(table, "env_a", n);
    table_environment_counts(table, STR("env_a"), &counts);
    assert_int_equal(counts.entries, 10);
    assert_int_equal(counts.bytes, 10 * room_of(1000));
    assert_true(has(table, "env_b", 0));
    table_destroy(&table);
}

static void the_largest_environment_gives_for_all(void **state)
{
    struct table_bounds bounds = {20 * room_of(1000), 1 << 30};
    struct table *table = table_create(&bounds);
    struct table_counts counts;
    (void)state;
    for (unsigned n = 0; n < 19; n++)
        put(table, "env_large", n);
    for (unsigned n = 0; n < 5; n++)
        put(table, "env_small", n);
    table_environment_counts(table, STR("env_small"), &counts);
    assert_int_equal(counts.entries, 5);
    table_counts(table, &counts);
    assert_int_equal(counts.entries, 20);
    assert_int_equal(counts.bytes, 20 * room_of(1000));
    assert_int_equal(counts.evicted, 4);
    table_destroy(&table);
}

static void what_has_no_room_at_all_is_not_kept(void **state)
{
    struct table_bounds bounds = {room_of(1000), room_of(1000)};
    struct table *table = table_create(&bounds);
    (void)state;
    put(table, "env_a", 1);
    assert_false(table_put(table, entry_of("env_a", 2, 1001), false));
    assert_true(has(table, "env_a", 1));
    table_destroy(&table);
}

static void an_entry_takes_the_place_of_its_key(void **state)
{
    struct table_bounds bounds = {1 << 30, 1 << 30};
    struct table *table = table_create(&bounds);
    struct table_counts counts;
    (void)state;
    put(table, "env_a", 7);
    put(table, "env_a", 7);
    table_counts(table, &counts);
    assert_int_equal(counts.entries, 1);
    assert_int_equal(counts.bytes, room_of(1000));
    table_destroy(&table);
}

/* The same bytes whatever comes and goes. */
static void counts_hold_over_any_order(void **state)
{
    struct table_bounds bounds = {64 * room_of(500), 24 * room_of(500)};
    struct table *table = table_create(&bounds);
    static const char *const environments[] = {"env_a", "env_b", "env_c", "env_d"};
    struct table_counts counts, sum = {0};
    uint64_t seed = 5;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        const char *environment = environments[unit_below(&seed, 4)];
        unsigned n = (unsigned)unit_below(&seed, 60);
        if (unit_below(&seed, 2))
            table_put(table, entry_of(environment, n, unit_below(&seed, 2000)), false);
        else
            has(table, environment, n);
    }
    for (int i = 0; i < 4; i++) {
        table_environment_counts(table, str_z(environments[i]), &counts);
        assert_true(counts.bytes <= bounds.environment_bytes_max);
        sum.bytes += counts.bytes;
        sum.entries += counts.entries;
    }
    table_counts(table, &counts);
    assert_int_equal(counts.bytes, sum.bytes);
    assert_int_equal(counts.entries, sum.entries);
    assert_true(counts.bytes <= bounds.bytes_max);
    table_destroy(&table);
}

int test_table(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_not_asked_for_again_goes_first),
        cmocka_unit_test(a_walk_does_not_drive_out_what_is_read),
        cmocka_unit_test(an_environment_takes_no_more_than_its_own),
        cmocka_unit_test(the_largest_environment_gives_for_all),
        cmocka_unit_test(what_has_no_room_at_all_is_not_kept),
        cmocka_unit_test(an_entry_takes_the_place_of_its_key),
        cmocka_unit_test(counts_hold_over_any_order),
    };
    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
