#include "store/datadir.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "support/unit.h"

int test_datadir(void);

struct place {
    char parent[64];
    str dir; /* in it; not there at first */
    struct arena arena;
};

static int setup(void **state)
{
    static struct place place;
    strcpy(place.parent, "/tmp/breakwater-datadir-XXXXXX");
    if (!mkdtemp(place.parent))
        return -1;
    arena_init(&place.arena, 1024, 1 << 20);
    place.dir = arena_printf(&place.arena, "%s/data", place.parent);
    *state = &place;
    return 0;
}

static const char *path_in(struct place *place, const char *name)
{
    return arena_printf(&place->arena, STR_F "/%s", STR_A(place->dir), name).p;
}

static int teardown(void **state)
{
    struct place *place = *state;
    static const char *const names[] = {"lock", "VERSION", "VERSION.new"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        unlink(path_in(place, names[i]));
    int failed = rmdir(place->dir.p) + rmdir(place->parent);
    arena_fini(&place->arena);
    return failed;
}

static struct datadir *open_well(struct place *place)
{
    str why = STR_NONE;
    struct datadir *datadir = datadir_open(place->dir, &place->arena, &why);
    if (!datadir)
        fail_msg(STR_F, STR_A(why));
    return datadir;
}

static str refusal(struct place *place)
{
    str why = STR_NONE;
    assert_null(datadir_open(place->dir, &place->arena, &why));
    return why;
}

static void assert_says(str sentence, const char *part)
{
    if (str_find_str(sentence, str_z(part)) == sentence.n)
        fail_msg("\"" STR_F "\" does not say \"%s\"", STR_A(sentence), part);
}

static void write_file(struct place *place, const char *name, const char *text)
{
    int fd = open(path_in(place, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void a_new_directory_is_ours_alone(void **state)
{
    struct place *place = *state;
    struct stat st;
    struct datadir *datadir = open_well(place);
    assert_int_equal(stat(place->dir.p, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_false(datadir_settled(datadir));
    assert_string_equal(datadir_path(datadir, "x", &place->arena), path_in(place, "x"));
    datadir_close(&datadir);
    datadir_close(&datadir);
}

static void settling_lasts(void **state)
{
    struct place *place = *state;
    str why = STR_NONE;
    struct datadir *datadir = open_well(place);
    assert_true(datadir_settle(datadir, &place->arena, &why));
    assert_true(datadir_settled(datadir));
    assert_true(datadir_settle(datadir, &place->arena, &why));
    datadir_close(&datadir);
    datadir = open_well(place);
    assert_true(datadir_settled(datadir));
    datadir_close(&datadir);
    str version = unit_case_file(&place->arena, path_in(place, "VERSION"));
    assert_str(version, STR("1\n"));
}

static void the_lock_is_held_until_it_is_closed(void **state)
{
    struct place *place = *state;
    struct datadir *datadir = open_well(place);
    str why = refusal(place);
    assert_says(why, arena_printf(&place->arena, "is in use by process %d. Stop that one",
                                  (int)getpid())
                         .p);
    write_file(place, "lock", "?");
    assert_says(refusal(place), "is in use by another process.");
    datadir_close(&datadir);
    datadir = open_well(place);
    datadir_close(&datadir);
}

static void a_version_that_is_not_ours_is_refused(void **state)
{
    struct place *place = *state;
    static const char *const unreadable[] = {
        "", "\n", "one\n", "-1\n", "0\n", "1 \n", "99999999999999999999999\n"};
    struct datadir *datadir = open_well(place);
    datadir_close(&datadir);
    for (size_t i = 0; i < COUNT_OF(unreadable); i++) {
        write_file(place, "VERSION", unreadable[i]);
        assert_says(refusal(place), "VERSION cannot be read as a number");
    }
    write_file(place, "VERSION", "2\n");
    assert_says(refusal(place),
                "has layout 2, and this Breakwater knows layouts up to 1");
    write_file(place, "VERSION", "1");
    datadir = open_well(place);
    assert_true(datadir_settled(datadir));
    datadir_close(&datadir);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int test_datadir(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_directory_is_ours_alone),
        TEST(settling_lasts),
        TEST(the_lock_is_held_until_it_is_closed),
        TEST(a_version_that_is_not_ours_is_refused),
    };
    return cmocka_run_group_tests_name("datadir", tests, NULL, NULL);
}
