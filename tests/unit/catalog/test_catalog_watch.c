/*
 * The watch, on a real loop and real time: what is written into the folder is in use a
 * moment later, without anyone asking.
 */
#include "shelf.h"

#include <time.h>
#include <unistd.h>

#include "loop/driver.h"
#include "loop/thread.h"

int test_catalog_watch(void);

enum { WAIT_MS_MAX = 10000 };

struct watcher {
    struct shelf *shelf;
    struct worker worker;
    struct driver *driver;
    struct thread *thread;
    struct post post;
    bool watching;
};

static void run(void *arg)
{
    struct watcher *watcher = arg;
    driver_run(watcher->driver);
}

static void stop(struct post *post)
{
    struct watcher *watcher = CONTAINER_OF(post, struct watcher, post);
    catalog_leave(watcher->shelf->catalog, &watcher->worker);
    driver_stop(watcher->driver);
}

static void watch_start(struct watcher *watcher, struct shelf *shelf)
{
    str why;
    *watcher = (struct watcher){.shelf = shelf};
    shelf->catalog = catalog_open(shelf->store, str_z(shelf->folder), world_real(),
                                  &shelf->log, &shelf->arena, &why);
    assert_non_null(shelf->catalog);
    worker_init(&watcher->worker, 0, world_real());
    watcher->driver = driver_create(&watcher->worker);
    catalog_join(shelf->catalog, &watcher->worker);
    watcher->watching = catalog_watch(shelf->catalog, &watcher->worker);
    watcher->thread = thread_start("watcher", run, watcher);
}

static void watch_stop(struct watcher *watcher)
{
    worker_post(&watcher->worker, &watcher->post, stop);
    thread_join(&watcher->thread);
    catalog_close(&watcher->shelf->catalog);
    worker_turn(&watcher->worker);
    driver_destroy(&watcher->driver);
    worker_fini(&watcher->worker);
}

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

static bool soon_has(struct shelf *shelf, const char *name, const char *label)
{
    for (int i = 0; i < WAIT_MS_MAX / 5; i++) {
        str got = shelf_label(shelf, name);
        if (!str_absent(got) && str_eq(got, str_z(label)))
            return true;
        nap();
    }
    return false;
}

static void what_is_written_is_soon_in_use(void **state)
{
    struct shelf *shelf = *state;
    struct watcher watcher;
    shelf_write(shelf, "one", "{\"label\":\"One\"}");
    watch_start(&watcher, shelf);
    assert_true(watcher.watching);
    given_same("label", shelf_label(shelf, "one"), "One");
    shelf_write(shelf, "one", "{\"label\":\"Two\"}");
    assert_true(soon_has(shelf, "one", "Two"));
    shelf_write(shelf, "new",
                "{\"label\":\"New\"}"); /* in a folder that is new as well */
    assert_true(soon_has(shelf, "new", "New"));
    shelf_write(shelf, "new", "{\"label\":\"Newer\"}");
    assert_true(soon_has(shelf, "new", "Newer"));
    watch_stop(&watcher);
}

static void a_file_moved_into_place_is_seen(void **state)
{
    struct shelf *shelf = *state;
    struct watcher watcher;
    char from[200], to[200];
    shelf_write(shelf, "one", "{\"label\":\"One\"}");
    shelf_write(shelf, ".next", "{}");
    shelf_write_text(shelf, ".next", shelf_document(shelf, "one", "{\"label\":\"Two\"}"));
    watch_start(&watcher, shelf);
    snprintf(from, sizeof(from), "%s/.next/integration.json", shelf->folder);
    snprintf(to, sizeof(to), "%s/one/integration.json", shelf->folder);
    assert_int_equal(rename(from, to), 0);
    assert_true(soon_has(shelf, "one", "Two"));
    watch_stop(&watcher);
}

/* Many writes, one after the other, are one look; and they cannot put it off for ever. */
static void writes_are_gathered_but_not_for_ever(void **state)
{
    struct shelf *shelf = *state;
    struct watcher watcher;
    watch_start(&watcher, shelf);
    bool seen = false;
    for (int i = 0; i < 1000 && !seen; i++) {
        str patch = arena_printf(&shelf->arena, "{\"label\":\"%d\"}", i);
        shelf_write(shelf, "one", arena_z(&shelf->arena, patch));
        nap();
        seen = !str_absent(shelf_label(shelf, "one"));
    }
    assert_true(seen);
    assert_true(shelf_revision(shelf, "one") < 5);
    watch_stop(&watcher);
}

static void without_a_folder_there_is_nothing_to_watch(void **state)
{
    struct shelf *shelf = *state;
    struct worker worker;
    str why;
    worker_init(&worker, 0, world_real());
    shelf->catalog = catalog_open(shelf->store, STR_NONE, world_real(), &shelf->log,
                                  &shelf->arena, &why);
    catalog_join(shelf->catalog, &worker);
    assert_false(catalog_watch(shelf->catalog, &worker));
    catalog_leave(shelf->catalog, &worker);
    catalog_close(&shelf->catalog);
    worker_fini(&worker);
}

int test_catalog_watch(void)
{
    const struct CMUnitTest tests[] = {
        SHELF_TEST(what_is_written_is_soon_in_use),
        SHELF_TEST(a_file_moved_into_place_is_seen),
        SHELF_TEST(writes_are_gathered_but_not_for_ever),
        SHELF_TEST(without_a_folder_there_is_nothing_to_watch),
    };
    return cmocka_run_group_tests_name("catalog: watch", tests, NULL, NULL);
}
