/*
 * What a restart finds, after any end.
 */
#include "larder.h"

#include "loop/space.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "loop/world.h"

/* The path of the only segment, or of the last. */
static void find_segment(const struct larder *larder, char ret[200])
{
    DIR *dir = opendir(larder->dir);
    char last[64] = "";
    assert_non_null(dir);
    for (struct dirent *item; (item = readdir(dir));)
        if (strstr(item->d_name, ".seg") && strcmp(item->d_name, last) > 0)
            snprintf(last, sizeof(last), "%.60s", item->d_name);
    closedir(dir);
    assert_true(last[0] != 0);
    snprintf(ret, 200, "%s/%s", larder->dir, last);
}

static void what_is_kept_survives_a_restart(void **state)
{
    struct larder *larder = *state;
    struct cache_entry *page[2];
    larder_put(larder, 0, "one", "1");
    larder_put(larder, 2, "two", "2");
    false_world_advance(&larder->world, 10 * USEC_S);
    larder_reopen(larder, true);
    assert_str(larder_find(larder, 0, "one"), STR("1"));
    assert_str(larder_find(larder, 2, "two"), STR("2"));
    assert_true(larder_is_fresh(larder, 0, "one"));
    assert_int_equal(
        cache_list(larder->cache, larder->accounts[0], STR_NONE, NULL, 2, page), 1);
    assert_str(page[0]->etag, STR("\"v1\""));
    assert_str(page[0]->method, STR("things.get"));
    assert_int_equal(page[0]->status, 200);
    assert_str(header_value_name(&page[0]->headers, STR("X-Own")), STR("one"));
    assert_int_equal(cache_entry_age(page[0], larder_now(larder)), 10 * USEC_S);
    cache_entry_unref(&page[0]);
    false_world_advance(&larder->world, 290 * USEC_S);
    assert_false(larder_is_fresh(larder, 0, "one"));
}

static void after_a_crash_nothing_is_fresh(void **state)
{
    struct larder *larder = *state;
    larder_put(larder, 0, "one", "1");
    larder_reopen(larder, false);
    assert_str(larder_find(larder, 0, "one"), STR("1"));
    assert_false(larder_is_fresh(larder, 0, "one"));
}

static void what_was_ended_stays_ended(void **state)
{
    struct larder *larder = *state;
    larder_put(larder, 0, "one", "1");
    larder_put(larder, 1, "other", "2");
    cache_invalidate(larder->cache, larder->accounts[0], STR("things"));
    larder_reopen(larder, true);
    assert_str(larder_find(larder, 0, "one"), STR("1"));
    assert_false(larder_is_fresh(larder, 0, "one"));
    assert_true(larder_is_fresh(larder, 1, "other"));
    cache_invalidate(larder->cache, larder->accounts[1], STR_NONE);
    larder_reopen(larder, true);
    assert_false(larder_is_fresh(larder, 1, "other"));
}

/* Before a purge is answered it is durable: no crash brings back what it took. */
static void what_was_purged_stays_gone(void **state)
{
    struct larder *larder = *state;
    larder_put(larder, 0, "one", "1");
    larder_put(larder, 1, "other", "2");
    struct cache_purge purge = {.account = tenant_id_str(&larder->accounts[0]->id),
                                .environment = STR_NONE,
                                .integration = STR_NONE,
                                .resource = STR_NONE};
    larder_purge(larder, &purge);
    larder_reopen(larder, false);
    assert_str(larder_find(larder, 0, "one"), STR_NONE);
    assert_str(larder_find(larder, 1, "other"), STR("2"));
}

static void the_last_of_a_key_counts(void **state)
{
    struct larder *larder = *state;
    struct cache_stats stats;
    larder_put(larder, 0, "one", "old");
    larder_put(larder, 0, "one", "new");
    larder_reopen(larder, true);
    assert_str(larder_find(larder, 0, "one"), STR("new"));
    cache_stats(larder->cache, &stats);
    assert_int_equal(stats.entries, 1);
}

static void what_is_too_old_is_not_found_again(void **state)
{
    struct larder *larder = *state;
    larder_put(larder, 0, "one", "1");
    false_world_advance(&larder->world, USEC_DAY);
    larder_reopen(larder, true);
    assert_str(larder_find(larder, 0, "one"), STR_NONE);
}

/* A clock that was set back makes nothing younger. */
static void a_clock_set_back_makes_nothing_fresh(void **state)
{
    struct larder *larder = *state;
    larder_put(larder, 0, "one", "1");
    false_world_jump(&larder->world, -USEC_H);
    larder_reopen(larder, true);
    assert_str(larder_find(larder, 0, "one"), STR("1"));
    assert_false(larder_is_fresh(larder, 0, "one"));
}

/* At every length: what is whole is found, what is not is not, and nothing is garbage. */
static void a_torn_tail_is_passed_over(void **state)
{
    struct larder *larder = *state;
    char path[200];
    struct stat stat_;
    larder_put(larder, 0, "one", "the first");
    larder_put(larder, 0, "two", "the second");
    cache_close(&larder->cache);
    find_segment(larder, path);
    assert_int_equal(stat(path, &stat_), 0);
    long both = (long)stat_.st_size;
    bool lost_second = false, lost_first = false;
    for (long n = both; n >= 0; n -= 7) {
        assert_int_equal(truncate(path, n), 0);
        larder->cache = cache_open(&larder->settings);
        str one = larder_find(larder, 0, "one"), two = larder_find(larder, 0, "two");
        assert_true(str_absent(one) || str_eq(one, STR("the first")));
        assert_true(str_absent(two) || str_eq(two, STR("the second")));
        assert_true(!str_absent(one) || str_absent(two));
        lost_first |= str_absent(one);
        lost_second |= str_absent(two) && !str_absent(one);
        assert_true(n < both || !str_absent(two));
        cache_close(&larder->cache);
    }
    assert_true(lost_first && lost_second);
    larder->cache = cache_open(&larder->settings);
}

static void a_changed_byte_is_never_read(void **state)
{
    struct larder *larder = *state;
    char path[200], bytes[4096];
    larder_put(larder, 0, "one", "the first");
    cache_close(&larder->cache);
    find_segment(larder, path);
    int fd = open(path, O_RDWR);
    ssize_t n = read(fd, bytes, sizeof(bytes));
    assert_true(n > 100);
    for (ssize_t i = 0; i < n; i++) {
        char changed = (char)(bytes[i] ^ 0x20);
        assert_int_equal(pwrite(fd, &changed, 1, i), 1);
        larder->cache = cache_open(&larder->settings);
        assert_str(larder_find(larder, 0, "one"), STR_NONE);
        cache_close(&larder->cache);
        assert_int_equal(pwrite(fd, &bytes[i], 1, i), 1);
    }
    close(fd);
    larder->cache = cache_open(&larder->settings);
    assert_str(larder_find(larder, 0, "one"), STR("the first"));
}

static void bodies_stand_sealed(void **state)
{
    struct larder *larder = *state;
    char path[200], bytes[4096];
    larder_put(larder, 0, "one", "a customer's secret");
    cache_flush(larder->cache);
    find_segment(larder, path);
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, bytes, sizeof(bytes));
    close(fd);
    str text = str_of(bytes, (size_t)n);
    assert_int_equal(str_find_str(text, STR("secret")), text.n);
    assert_int_equal(str_find_str(text, STR("X-Own")), text.n);
}

static int tell_room(void *arg, const char *dir, uint64_t *ret_free, uint64_t *ret_all)
{
    (void)dir;
    *ret_free = *(uint64_t *)arg;
    *ret_all = 1000000;
    return 0;
}

/* The reserve is for others; in memory it is kept. */
static void without_room_nothing_is_kept_on_disk(void **state)
{
    struct larder *larder = *state;
    struct cache_stats stats;
    uint64_t free = 49000;
    struct space_config config = {.dir = STR("/data"),
                                  .reserve = 5,
                                  .world = &larder->world.world,
                                  .look = tell_room,
                                  .arg = &free};
    larder->settings.space = space_create(&config);
    larder_reopen(larder, true);
    larder_put(larder, 0, "one", "1");
    cache_flush(larder->cache);
    assert_str(larder_find(larder, 0, "one"), STR("1"));
    cache_stats(larder->cache, &stats);
    assert_int_equal(stats.unwritten, 1);
    larder_reopen(larder, true);
    assert_true(str_absent(larder_find(larder, 0, "one")));
    struct space *space = larder->settings.space;
    larder->settings.space = NULL;
    larder_reopen(larder, true);
    space_destroy(&space);
}

static void an_account_that_is_gone_leaves_nothing_readable(void **state)
{
    struct larder *larder = *state;
    larder_put(larder, 0, "one", "1");
    cache_flush(larder->cache);
    struct change change = {.kind = CHANGE_ACCOUNT_DELETE,
                            .directory = larder->directory,
                            .arena = &larder->arena,
                            .id = tenant_id_str(&larder->accounts[0]->id),
                            .concurrency_max = -1,
                            .environment_n = -1};
    directory_change_now(&change);
    assert_int_equal(change.err, ERR_NONE);
    larder_reopen(larder, true);
    assert_str(larder_find(larder, 0, "one"), STR_NONE);
}

/* Twice the memory and a segment, whatever is written. */
static void the_files_stay_within_their_bound(void **state)
{
    struct larder *larder = *state;
    static char body[400 * 1024];
    struct cache_stats stats;
    for (int i = 0; i < 120; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%d", i);
        larder_put(larder, i % 3, name, "small");
        cache_put(larder->cache,
                  larder_entry(larder, 2, "large", str_of(body, sizeof(body))),
                  larder->accounts[2]);
        cache_flush(larder->cache);
    }
    cache_flush(larder->cache);
    cache_stats(larder->cache, &stats);
    assert_true(stats.disk_bytes <= (size_t)(2 << 20) + 2 * (16 << 20));
    assert_true(stats.stored == 240);
    larder_reopen(larder, true);
    for (int i = 0; i < 120; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%d", i);
        assert_str(larder_find(larder, i % 3, name), STR("small"));
    }
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, larder_setup, larder_teardown)

int test_disk(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(what_is_kept_survives_a_restart),
        TEST(after_a_crash_nothing_is_fresh),
        TEST(what_was_ended_stays_ended),
        TEST(what_was_purged_stays_gone),
        TEST(the_last_of_a_key_counts),
        TEST(what_is_too_old_is_not_found_again),
        TEST(a_clock_set_back_makes_nothing_fresh),
        TEST(a_torn_tail_is_passed_over),
        TEST(a_changed_byte_is_never_read),
        TEST(bodies_stand_sealed),
        TEST(without_room_nothing_is_kept_on_disk),
        TEST(an_account_that_is_gone_leaves_nothing_readable),
        TEST(the_files_stay_within_their_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
