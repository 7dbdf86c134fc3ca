/*
 * tests/cases/faulty-documents holds documents with one fault (a few have several), and
 * expected.txt, which has for each of them its name and what is said of it. What is said
 * is read by people: look at the whole file when it changes (FAULTS_OUT=FILE writes it).
 */
#include <dirent.h>
#include <stdlib.h>

#include "paper.h"

int test_faulty_documents(void);

#define FOLDER "tests/cases/faulty-documents"
enum { CASES_MAX = 1000, KINDS_MIN = 40 };

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const str *)a, *(const str *)b);
}

static size_t list_cases(struct arena *arena, str names[CASES_MAX])
{
    size_t n = 0;
    DIR *dir = opendir(FOLDER);
    assert_non_null(dir);
    for (struct dirent *item; (item = readdir(dir));)
        if (str_ends(str_z(item->d_name), STR(".json"))) {
            assert_true(n < CASES_MAX);
            names[n++] = arena_str(arena, str_z(item->d_name));
        }
    closedir(dir);
    qsort(names, n, sizeof(names[0]), by_text);
    return n;
}

/* The first line that differs. */
static void compare(str got, str want)
{
    str got_line, want_line;
    while (str_next(&got, '\n', &got_line)) {
        if (!str_next(&want, '\n', &want_line))
            want_line = STR("");
        if (!str_eq(got_line, want_line))
            fail_msg("got \"" STR_F "\", want \"" STR_F "\"", STR_A(got_line),
                     STR_A(want_line));
    }
    assert_true(str_absent(want));
}

static void every_fault_says_where_and_how_to_mend_it(void **state)
{
    struct buf said;
    str *names = arena_array(*state, CASES_MAX, sizeof(names[0]));
    size_t n = list_cases(*state, names);
    assert_true(n >= KINDS_MIN);
    buf_init(&said, 1 << 22);
    for (size_t i = 0; i < n; i++) {
        str path = arena_printf(*state, FOLDER "/" STR_F, STR_A(names[i]));
        str lines = paper_faults(*state, given_file(*state, arena_z(*state, path)));
        if (lines.n == 0)
            fail_msg(STR_F " has no fault", STR_A(names[i]));
        buf_printf(&said, STR_F "\n" STR_F, STR_A(names[i]), STR_A(lines));
    }
    str got = arena_str(*state, buf_peek(&said));
    buf_fini(&said);
    if (getenv("FAULTS_OUT")) {
        FILE *file = fopen(getenv("FAULTS_OUT"), "wb");
        fwrite(got.p, 1, got.n, file);
        fclose(file);
    }
    compare(got, given_file(*state, FOLDER "/expected.txt"));
}

int test_faulty_documents(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(every_fault_says_where_and_how_to_mend_it),
    };
    return cmocka_run_group_tests_name("catalog: faulty documents", tests, NULL, NULL);
}
