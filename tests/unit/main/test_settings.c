#include "support/given.h"

#include <stdlib.h>
#include <unistd.h>

#include "main/settings.h"
#include "tests.h"

enum { WORDS_MAX = 8 };

struct outcome_of_reading {
    struct settings settings;
    bool read;
    str why;
};

/* Reads flags that are given as one text, parted by blanks. */
static struct outcome_of_reading read_flags(struct arena *arena, const char *flags)
{
    struct outcome_of_reading outcome = {.why = STR("")};
    char *argv[WORDS_MAX];
    int argc = 0;
    str rest = arena_str(arena, str_z(flags)), word;
    while (rest.n && str_next(&rest, ' ', &word) && argc < WORDS_MAX)
        argv[argc++] = (char *)(uintptr_t)arena_z(arena, word);
    outcome.read = settings_read(&outcome.settings, argc, argv, arena, &outcome.why);
    return outcome;
}

static void without_anything_the_defaults_hold(void **state)
{
    struct outcome_of_reading got = read_flags(*state, "");
    assert_true(got.read);
    assert_true(str_eq(got.settings.listen, STR("127.0.0.1:8080")));
    assert_int_equal(got.settings.connections_max, 20000);
    assert_int_equal(got.settings.head_timeout, 10 * USEC_S);
    assert_int_equal(got.settings.sources[SETTING_listen], SETTING_DEFAULT);
}

static void a_flag_has_two_forms(void **state)
{
    struct outcome_of_reading got =
        read_flags(*state, "--listen 127.0.0.1:1 --head-timeout=2s --workers 3");
    assert_true(got.read);
    assert_true(str_eq(got.settings.listen, STR("127.0.0.1:1")));
    assert_int_equal(got.settings.head_timeout, 2 * USEC_S);
    assert_int_equal(got.settings.workers, 3);
    assert_int_equal(got.settings.sources[SETTING_workers], SETTING_FLAG);
}

static const char *make_file(struct arena *arena, const char *text)
{
    char path[] = "/tmp/breakwater-settings-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return arena_z(arena, str_z(path));
}

static void flag_beats_variable_beats_file_beats_default(void **state)
{
    char flags[200];
    const char *path = make_file(
        *state,
        "{\"workers\": 5, \"log_level\": \"warn\", \"proxy_domain\": \"file.test\"}");
    setenv("BREAKWATER_WORKERS", "6", 1);
    setenv("BREAKWATER_LOG_LEVEL", "error", 1);
    snprintf(flags, sizeof(flags), "--config %s --workers 7", path);
    struct outcome_of_reading got = read_flags(*state, flags);
    unsetenv("BREAKWATER_WORKERS");
    unsetenv("BREAKWATER_LOG_LEVEL");
    unlink(path);
    assert_true(got.read);
    assert_int_equal(got.settings.workers, 7);
    assert_true(str_eq(got.settings.log_level, STR("error")));
    assert_true(str_eq(got.settings.proxy_domain, STR("file.test")));
    assert_int_equal(got.settings.sources[SETTING_proxy_domain], SETTING_FILE);
    assert_int_equal(got.settings.sources[SETTING_log_level], SETTING_ENVIRONMENT);
    assert_int_equal(got.settings.sources[SETTING_data], SETTING_DEFAULT);
}

struct bad_row {
    const char *flags;
    const char *says; /* a part of the sentence */
};

static const struct bad_row bad_flags[] = {
    {"--workers many", "workers (flag) is \"many\"; it must be a whole number"},
    {"--workers 1000", "from 0 to 256"},
    {"--head-timeout 10", "a duration such as 30s"},
    {"--head-timeout 2h", "head_timeout"},
    {"--lisen 127.0.0.1:1", "--lisen is no flag of it"},
    {"listen", "listen is no flag of it"},
    {"--listen", "--listen wants a value"},
    {"--config /nowhere/at/all", "cannot be read"},
};

static void what_cannot_be_read_is_said(void **state)
{
    for (size_t i = 0; i < COUNT_OF(bad_flags); i++) {
        struct outcome_of_reading got = read_flags(*state, bad_flags[i].flags);
        str says = str_z(bad_flags[i].says);
        if (got.read || str_find_str(got.why, says) == got.why.n)
            fail_msg("%s: said \"" STR_F "\"", bad_flags[i].flags, STR_A(got.why));
    }
}

static const struct bad_row bad_files[] = {
    {"{\"workers\": 5", ":1:"},
    {"{\"wokers\": 5}", "\"wokers\" in the settings file is no setting"},
    {"{\"workers\": -1}", "workers (file) is \"-1\""},
    {"{\"workers\": 1, \"workers\": 2}", ":1:"},
};

static void a_bad_file_is_said_with_its_place(void **state)
{
    for (size_t i = 0; i < COUNT_OF(bad_files); i++) {
        char flags[200];
        const char *path = make_file(*state, bad_files[i].flags);
        snprintf(flags, sizeof(flags), "--config %s", path);
        struct outcome_of_reading got = read_flags(*state, flags);
        unlink(path);
        str says = str_z(bad_files[i].says);
        if (got.read || str_find_str(got.why, says) == got.why.n)
            fail_msg("%s: said \"" STR_F "\"", bad_files[i].flags, STR_A(got.why));
    }
}

static void each_setting_is_printed_with_its_source(void **state)
{
    struct outcome_of_reading got = read_flags(*state, "--workers 2");
    struct buf text;
    buf_init(&text, 1 << 20);
    settings_print(&got.settings, &text);
    str all = buf_peek(&text);
    assert_true(str_find_str(all, STR("workers = 2  (flag)")) < all.n);
    assert_true(str_find_str(all, STR("idle_timeout = 75s  (default)")) < all.n);
    buf_fini(&text);
}

int test_settings(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(without_anything_the_defaults_hold),
        GIVEN_TEST(a_flag_has_two_forms),
        GIVEN_TEST(flag_beats_variable_beats_file_beats_default),
        GIVEN_TEST(what_cannot_be_read_is_said),
        GIVEN_TEST(a_bad_file_is_said_with_its_place),
        GIVEN_TEST(each_setting_is_printed_with_its_source),
    };
    return cmocka_run_group_tests_name("main/settings", tests, NULL, NULL);
}
