/* The system's disk keeps the contract that the false one has. */
#include "journal/disk.h"

#include <errno.h>
#include <stdlib.h>

#include "groups.h"
#include "support/unit.h"

struct place {
    struct arena arena;
    char parent[64];
    const char *dir, *a, *b;
};

static int setup(void **state)
{
    static struct place place;
    strcpy(place.parent, "/tmp/breakwater-disk-XXXXXX");
    if (!mkdtemp(place.parent))
        return -1;
    arena_init(&place.arena, 1024, 1 << 20);
    place.dir = arena_printf(&place.arena, "%s/dir", place.parent).p;
    place.a = arena_printf(&place.arena, "%s/dir/a", place.parent).p;
    place.b = arena_printf(&place.arena, "%s/dir/b", place.parent).p;
    *state = &place;
    return disk_real()->ops->make_dir(disk_real(), place.dir);
}

static int teardown(void **state)
{
    struct place *place = *state;
    unlink(place->a);
    unlink(place->b);
    int failed = rmdir(place->dir) + rmdir(place->parent);
    arena_fini(&place->arena);
    return failed;
}

static void add_name(void *arg, const char *name)
{
    struct buf *names = arg;
    if (name[0] == '.')
        return;
    buf_char(names, ' ');
    buf_str(names, str_z(name));
}

static void assert_names(struct place *place, const char *wanted)
{
    struct buf names;
    buf_init(&names, 1000);
    assert_int_equal(disk_real()->ops->list(disk_real(), place->dir, add_name, &names),
                     0);
    assert_str(arena_take(&place->arena, &names), str_z(wanted));
}

static void files_are_made_moved_and_removed(void **state)
{
    struct place *place = *state;
    struct disk *disk = disk_real();
    int file;
    assert_int_equal(disk->ops->make_dir(disk, place->dir), 0); /* it is there */
    assert_int_equal(disk->ops->open(disk, place->a, false, &file), ENOENT);
    assert_int_equal(disk->ops->open(disk, place->a, true, &file), 0);
    disk->ops->close(disk, file);
    assert_int_equal(disk->ops->open(disk, place->a, true, &file), EEXIST);
    assert_names(place, " a");
    assert_int_equal(disk->ops->rename(disk, place->a, place->b), 0);
    assert_int_equal(disk->ops->rename(disk, place->a, place->b), ENOENT);
    assert_int_equal(disk->ops->sync_dir(disk, place->dir), 0);
    assert_names(place, " b");
    assert_int_equal(disk->ops->remove(disk, place->b), 0);
    assert_int_equal(disk->ops->remove(disk, place->b), ENOENT);
    assert_names(place, "");
}

static void bytes_come_back(void **state)
{
    struct place *place = *state;
    struct disk *disk = disk_real();
    char bytes[16];
    size_t n;
    uint64_t size;
    int file;
    assert_int_equal(disk->ops->open(disk, place->a, true, &file), 0);
    assert_int_equal(disk->ops->allocate(disk, file, 10000), 0);
    assert_int_equal(disk_write_all(disk, file, "hello", 5, 9990), 0);
    assert_int_equal(disk->ops->sync(disk, file), 0);
    assert_int_equal(disk->ops->size(disk, file, &size), 0);
    assert_int_equal(size, 10000);
    assert_int_equal(disk->ops->read(disk, file, bytes, sizeof(bytes), 9989, &n), 0);
    assert_int_equal(n, 11); /* up to its end */
    assert_memory_equal(bytes, "\0hello\0\0\0\0\0", 11);
    assert_int_equal(disk->ops->read(disk, file, bytes, sizeof(bytes), 10000, &n), 0);
    assert_int_equal(n, 0);
    disk->ops->close(disk, file);
}

static void a_directory_that_is_not_there_is_said(void **state)
{
    struct place *place = *state;
    struct disk *disk = disk_real();
    uint64_t left, all;
    assert_int_equal(disk->ops->sync_dir(disk, place->a), ENOENT);
    assert_int_equal(disk->ops->list(disk, place->a, add_name, NULL), ENOENT);
    assert_int_equal(disk->ops->space(disk, place->a, &left, &all), ENOENT);
    assert_int_equal(disk->ops->make_dir(disk, "/nowhere/at/all"), ENOENT);
}

static void room_is_what_is_free_without_the_reserve(void **state)
{
    struct place *place = *state;
    struct disk *disk = disk_real();
    uint64_t left, all;
    assert_int_equal(disk->ops->space(disk, place->dir, &left, &all), 0);
    assert_true(left <= all && all > 0);
    assert_int_equal(disk_check_room(disk, place->dir, UINT64_MAX, 0), 0); /* unasked */
    assert_int_equal(disk_check_room(disk, place->dir, UINT64_MAX, 1), ENOSPC);
    assert_int_equal(disk_check_room(disk, place->dir, 1, 100), ENOSPC);
    assert_int_equal(disk_check_room(disk, place->a, 1, 1), ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int test_disk(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_are_made_moved_and_removed),
        TEST(bytes_come_back),
        TEST(a_directory_that_is_not_there_is_said),
        TEST(room_is_what_is_free_without_the_reserve),
    };
    return cmocka_run_group_tests_name("disk", tests, NULL, NULL);
}
