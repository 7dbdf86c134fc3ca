/*
 * `test`: an integration's recorded pairs, as the shell runs it. What is proved by them
 * stands in tests/unit/fixture.
 */
#include "groups.h"
#include "support/shell.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char document[] =
    "{\"name\":\"acme\",\"hosts\":[\"api.acme.test\"],"
    "\"base_url\":\"https://api.acme.test\",\"auth\":\"bearer\","
    "\"resources\":{\"c\":{\"methods\":{\"list\":{\"verb\":\"GET\",\"path\":\"/c\","
    "\"pagination\":{\"kind\":\"none\"}}}}},"
    "\"unified\":{\"crm\":{\"contacts\":{\"response\":\"{'id': key}\","
    "\"list\":{\"method\":\"c.list\"}}}}}";

#define RECORD(why, key, id)                                                             \
    "{\"why\":\"" why "\",\"record\":{\"key\":" key "},\"model\":{\"id\":" id "}}"
#define CONTACTS(rows) "{\"shape\":\"memory\",\"records\":[" rows "]}"

/* A folder FOLDER/integrations/acme. */
struct place {
    struct arena *arena;
    const char *folder;
};

static void write_at(const struct place *place, const char *path, const char *text)
{
    const char *whole =
        arena_z(place->arena, arena_printf(place->arena, "%s/%s", place->folder, path));
    FILE *file = fopen(whole, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static struct place make_place(struct arena *arena, const char *contacts)
{
    static const char *const folders[] = {"integrations", "integrations/acme",
                                          "integrations/acme/fixtures"};
    char path[] = "/tmp/breakwater-test-XXXXXX";
    assert_non_null(mkdtemp(path));
    struct place place = {arena, arena_z(arena, str_z(path))};
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        str folder = arena_printf(arena, "%s/%s", path, folders[i]);
        assert_int_equal(mkdir(arena_z(arena, folder), 0700), 0);
    }
    write_at(&place, "integrations/acme/integration.json", document);
    if (contacts)
        write_at(&place, "integrations/acme/fixtures/crm.contacts.json", contacts);
    return place;
}

static struct ran run(const struct place *place, const char *words)
{
    str line =
        arena_printf(place->arena, "test %s %s/integrations", words, place->folder);
    return shell_run(place->arena, arena_z(place->arena, line), NULL);
}

static struct ran run_and_leave(const struct place *place, const char *words)
{
    struct ran ran = run(place, words);
    str remove = arena_printf(place->arena, "rm -r '%s'", place->folder);
    assert_int_equal(system(arena_z(place->arena, remove)), 0);
    return ran;
}

static void test_each_case_is_a_line(void **state)
{
    struct place place = make_place(*state, CONTACTS(RECORD("one", "\"1\"", "\"1\"")));
    struct ran ran = run_and_leave(&place, "acme");
    assert_ran(ran, 0);
    assert_str(ran.out,
               STR("ok   crm.contacts.json mapping: the model has what the mapping does\n"
                   "ok   crm.contacts.json record: one\n"
                   "2 passed, 0 failed\n"));
}

static void test_what_differs_stands_beneath(void **state)
{
    struct place place = make_place(
        *state, CONTACTS(RECORD("one", "\"1\"", "\"2\"") "," RECORD("two", "2", "2")));
    struct ran ran = run(&place, "acme");
    assert_ran(ran, 1);
    assert_in(ran.out, "FAIL crm.contacts.json record: one\n"
                       "     /model/id\n"
                       "        expected \"2\"\n"
                       "        got      \"1\"\n"
                       "FAIL crm.contacts.json record: two\n"
                       "     /model/id: By the model `/id` must be a string, but is 2\n"
                       "1 passed, 2 failed\n");
    assert_str(ran.err, STR(""));
    ran = run_and_leave(&place, "--json acme");
    assert_ran(ran, 1);
    const struct json *answer = given_json(*state, ran.out);
    assert_true(json_number(json_member(answer, STR("failed"))) == 2);
    const struct json *one = &json_member(answer, STR("fixtures"))->u.items[1];
    assert_str(json_member_text(one, STR("file")), STR("crm.contacts.json"));
    assert_str(json_member_text(one, STR("part")), STR("record"));
    assert_str(json_member_text(one, STR("why")), STR("one"));
    assert_int_equal(json_member(one, STR("passed"))->type, JSON_FALSE);
    const struct json *fault = &json_member(one, STR("faults"))->u.items[0];
    assert_str(json_member_text(fault, STR("path")), STR("/model/id"));
    assert_str(json_member_text(fault, STR("expected")), STR("\"2\""));
    assert_str(json_member_text(fault, STR("got")), STR("\"1\""));
}

static void test_a_fixture_cannot_steer_the_terminal(void **state)
{
    struct place place =
        make_place(*state, CONTACTS(RECORD("a\\u001b[2Jb", "\"\\u009b2J\"", "\"\"")));
    struct ran ran = run_and_leave(&place, "acme");
    assert_ran(ran, 1);
    assert_int_equal(str_find(ran.out, '\x1b'), ran.out.n);
    assert_int_equal(str_find_str(ran.out, STR("\xc2\x9b")), ran.out.n);
}

static void test_what_is_not_there_is_told(void **state)
{
    struct place place = make_place(*state, NULL);
    struct ran ran = run(&place, "acme");
    assert_ran(ran, 1);
    assert_in(ran.out,
              "     Nothing is recorded: there is no file.\n0 passed, 1 failed\n");
    ran = run(&place, "other");
    assert_ran(ran, 1);
    assert_in(ran.err, "other/integration.json cannot be read\n");
    write_at(&place, "integrations/acme/integration.json", "{\"name\":\"acme\",\"x\":1}");
    ran = run_and_leave(&place, "acme");
    assert_ran(ran, 1);
    assert_in(ran.err, "acme/integration.json: `/x` ");
    assert_in(ran.err, "acme/integration.json: `` ");
    assert_str(ran.out, STR(""));
}

static void test_a_document_without_mappings_has_nothing_to_test(void **state)
{
    struct place place = make_place(*state, NULL);
    write_at(&place, "integrations/acme/integration.json",
             "{\"name\":\"acme\",\"hosts\":[\"a.test\"],\"base_url\":\"https://a.test\","
             "\"auth\":\"none\"}");
    struct ran ran = run(&place, "acme");
    assert_ran(ran, 0);
    assert_str(ran.out,
               STR("acme has no mappings and no fixtures: there is nothing to test.\n"));
    ran = run_and_leave(&place, "acme --json");
    assert_ran(ran, 0);
    assert_str(ran.out, STR("{\"integration\":\"acme\",\"fixtures\":[],\"passed\":0,"
                            "\"failed\":0}\n"));
}

/* A folder, a pipe, what nobody may read: a failure of the file, not of the run. */
static void test_a_file_that_is_none_fails(void **state)
{
    struct place place = make_place(*state, CONTACTS(RECORD("one", "\"1\"", "\"1\"")));
    str path =
        arena_printf(*state, "%s/integrations/acme/fixtures/answers.json", place.folder);
    assert_int_equal(mkfifo(arena_z(*state, path), 0600), 0);
    struct ran ran = run_and_leave(&place, "acme");
    assert_ran(ran, 1);
    assert_in(ran.out, "FAIL answers.json file: the file can be read\n"
                       "     The file cannot be read, or has more than 64 MiB.\n"
                       "2 passed, 1 failed\n");
}

static void test_a_large_file_is_read(void **state)
{
    struct buf text;
    buf_init(&text, 64 << 20);
    buf_str(&text, STR("{\"shape\":\"memory\",\"records\":["));
    for (int i = 0; text.n < (10 << 20) && i < 9999; i++)
        buf_printf(&text,
                   "%s{\"why\":\"%d\",\"record\":{\"key\":\"%01100d\"},\"model\":{"
                   "\"id\":\"%01100d\"}}",
                   i ? "," : "", i, i, i);
    buf_put(&text, "]}", 3);
    assert_true(text.n > (10 << 20));
    struct place place = make_place(*state, text.p);
    buf_fini(&text);
    struct ran ran = run_and_leave(&place, "acme");
    assert_ran(ran, 0);
    assert_in(ran.out, " passed, 0 failed\n");
}

static void test_wrong_usage_of_test_is_said(void **state)
{
    static const char *const wrong[] = {"test",    "test ''",    "test a/b",
                                        "test ..", "test a b c", "test a --models"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_ran(shell_run(*state, wrong[i], NULL), 2);
}

int test_cli_test(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(test_each_case_is_a_line),
        GIVEN_TEST(test_what_differs_stands_beneath),
        GIVEN_TEST(test_a_fixture_cannot_steer_the_terminal),
        GIVEN_TEST(test_what_is_not_there_is_told),
        GIVEN_TEST(test_a_document_without_mappings_has_nothing_to_test),
        GIVEN_TEST(test_a_file_that_is_none_fails),
        GIVEN_TEST(test_a_large_file_is_read),
        GIVEN_TEST(test_wrong_usage_of_test_is_said),
    };
    return cmocka_run_group_tests_name("cli: test", tests, NULL, NULL);
}
