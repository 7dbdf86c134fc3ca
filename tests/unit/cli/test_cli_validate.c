/*
 * `validate`: files by a schema, for people and for programs.
 */
#include "groups.h"
#include "support/shell.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PERSON                                                                           \
    "{\"properties\":{\"age\":{\"type\":\"integer\"},\"born\":{\"format\":\"date\"}}}"

/* A file of a folder that a test makes and leaves. */
static const char *write_file(struct arena *arena, const char *folder, const char *name,
                              const char *text)
{
    const char *path = arena_z(arena, arena_printf(arena, "%s/%s", folder, name));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return path;
}

static const char *make_folder(struct arena *arena)
{
    char path[] = "/tmp/breakwater-validate-XXXXXX";
    assert_non_null(mkdtemp(path));
    return arena_z(arena, str_z(path));
}

static void remove_folder(struct arena *arena, const char *folder)
{
    assert_int_equal(system(arena_z(arena, arena_printf(arena, "rm -r '%s'", folder))),
                     0);
}

/* `validate` of what comes in on standard input. */
static struct ran validate(struct arena *arena, const char *options, const char *schema,
                           const char *instance)
{
    const char *folder = make_folder(arena);
    const char *path = write_file(arena, folder, "schema", schema);
    str words = arena_printf(arena, "validate %s %s -", options, path);
    struct ran ran = shell_run(arena, arena_z(arena, words), instance);
    remove_folder(arena, folder);
    return ran;
}

static void test_a_valid_file(void **state)
{
    struct ran ran = validate(*state, "", PERSON, "{\"age\":10,\"born\":\"no date\"}");
    assert_ran(ran, 0);
    assert_str(ran.out, STR("ok -\n"));
    ran = validate(*state, "--json", PERSON, "{}");
    assert_ran(ran, 0);
    assert_str(ran.out, STR("{\"valid\":true,\"errors\":[]}\n"));
}

static void test_each_error_is_a_line_with_its_place(void **state)
{
    struct ran ran =
        validate(*state, "--format", PERSON, "{\n  \"born\": \"x\",\n\"age\": \"ten\"}");
    assert_ran(ran, 1);
    assert_in(ran.out, "-:3:8: `/age` must be a whole number, but is \"ten\"\n");
    assert_in(ran.out, "-:2:11: `/born` must be a date");
    assert_str(ran.err, STR(""));
}

static void test_errors_as_json(void **state)
{
    struct ran ran = validate(
        *state, "--json", "{\"$id\":\"http://a/b\",\"items\":{\"minimum\":3}}", "[5, 2]");
    const struct json *answer = given_json(*state, ran.out);
    assert_ran(ran, 1);
    assert_int_equal(json_member(answer, STR("valid"))->type, JSON_FALSE);
    const struct json *error = &json_member(answer, STR("errors"))->u.items[0];
    assert_str(json_member_text(error, STR("instance")), STR("/1"));
    assert_str(json_member_text(error, STR("keyword")), STR("/items/minimum"));
    assert_str(json_member_text(error, STR("absolute")),
               STR("http://a/b#/items/minimum"));
    assert_true(json_number(json_member(error, STR("column"))) == 5);
}

static void test_there_may_be_more_errors(void **state)
{
    struct buf items;
    buf_init(&items, 10000);
    for (unsigned i = 0; i < 101; i++)
        buf_str(&items, i ? STR(",1") : STR("[1"));
    buf_str(&items, STR("]\0"));
    const char *schema = "{\"items\":{\"type\":\"string\"}}";
    struct ran ran = validate(*state, "", schema, items.p);
    assert_in(ran.out, "100 errors are shown; there are more\n");
    ran = validate(*state, "--json", schema, items.p);
    assert_in(ran.out, "\"more\":true}\n");
    buf_fini(&items);
}

static void test_the_draft_may_be_given(void **state)
{
    const char *schema = "{\"prefixItems\":[{\"type\":\"null\"}]}"; /* not of draft 7 */
    assert_ran(validate(*state, "", schema, "[1]"), 1);
    assert_ran(validate(*state, "--draft 2020-12", schema, "[1]"), 1);
    assert_ran(validate(*state, "--draft 7", schema, "[1]"), 0);
}

static void test_a_schema_that_does_not_compile(void **state)
{
    const char *schema = "{\"properties\":{\"a\":{\"type\":\"strin\"}}}";
    struct ran ran = validate(*state, "", schema, "{}");
    assert_ran(ran, 1);
    assert_str(ran.out, STR(""));
    assert_in(ran.err, "/schema: /properties/a/type: must be ");
    ran = validate(*state, "--json", schema, "{}");
    assert_ran(ran, 1);
    assert_in(ran.out, "{\"error\":{\"code\":\"bad_schema\",\"pointer\":"
                       "\"/properties/a/type\",\"message\":\"must be ");
}

static void test_files_that_are_no_json(void **state)
{
    assert_in(validate(*state, "", "{", "1").err, "is no JSON");
    struct ran ran = validate(*state, "", "{}", "[\n1,]");
    assert_ran(ran, 1);
    assert_in(ran.err, "- is no JSON: ");
    assert_in(ran.err, "(line 2, column 3)");
    ran = shell_run(*state, "validate /nonexistent -", "1");
    assert_ran(ran, 1);
    assert_in(ran.err, "/nonexistent cannot be read");
}

/* Whether {"$ref": reference} compiles with a folder that holds in/a.json, what is
 * beside it, and links to both. */
static bool is_found(struct arena *arena, const char *reference)
{
    const char *folder = make_folder(arena);
    const char *in = arena_z(arena, arena_printf(arena, "%s/in", folder));
    const char *beside = write_file(arena, folder, "secret.json", "{\"type\":\"null\"}");
    assert_int_equal(mkdir(in, 0700), 0);
    const char *inside = write_file(arena, in, "a.json", "{\"type\":\"null\"}");
    write_file(arena, in, "broken.json", "{");
    assert_int_equal(
        symlink(beside, arena_z(arena, arena_printf(arena, "%s/out.json", in))), 0);
    assert_int_equal(
        symlink(inside, arena_z(arena, arena_printf(arena, "%s/link.json", in))), 0);
    str words = arena_printf(arena, "validate --jsonl --schemas %s/../in", in);
    str order = arena_printf(arena, "{\"schema\":{\"$ref\":\"%s\"},\"instance\":null}",
                             reference);
    struct ran ran = shell_run(arena, arena_z(arena, words), arena_z(arena, order));
    remove_folder(arena, folder);
    assert_ran(ran, 0);
    return str_find_str(ran.out, STR("\"valid\":true")) < ran.out.n;
}

static void test_remote_schemas_come_from_a_folder(void **state)
{
    assert_true(is_found(*state, "http://localhost:1234/a.json"));
    assert_true(is_found(*state, "https://elsewhere/./a.json#"));
    assert_true(is_found(*state, "http://localhost/%61.json?v=1"));
    assert_true(is_found(*state, "http://localhost/link.json"));
}

static void test_nothing_outside_of_the_folder_is_read(void **state)
{
    static const char *const outside[] = {
        "http://h/../secret.json",
        "http://h/%2e%2e/secret.json",
        "http://h/%2e%2e%2fsecret.json",
        "http://h/out.json",
        "http://h//etc/passwd",
        "file:///etc/passwd",
        "http://h/a.json%00",
        "http://h/",
        "http://h",
        "http://h/%",
        "http://h/broken.json",
        "http://h/none.json",
        "a.json",
    };
    for (size_t i = 0; i < COUNT_OF(outside); i++)
        assert_false(is_found(*state, outside[i]));
}

static void test_lines_are_answered_in_order(void **state)
{
    struct ran ran = shell_run(
        *state, "validate --jsonl",
        "{\"id\":1,\"schema\":true,\"instance\":null}\n"
        "\n"
        "{\"id\":\"x\",\"schema\":{\"type\":\"null\"},\"instance\":1}\r\n"
        "{\"schema\":{\"format\":\"date\"},\"instance\":\"x\",\"format\":false}\n"
        "{\"id\":2,\"schema\":{\"format\":\"date\"},\"instance\":\"x\",\"format\":true}\n"
        "{\"id\":3,\"schema\":{\"prefixItems\":[false]},\"instance\":[1],"
        "\"draft\":\"7\"}\n"
        "{\"id\":4,\"schema\":{\"type\":1},\"instance\":1,\"draft\":null}");
    assert_ran(ran, 0);
    str line;
    str rest = ran.out;
    static const char *const answers[] = {
        "{\"id\":1,\"valid\":true,\"errors\":[]}",
        "{\"id\":\"x\",\"valid\":false,\"errors\":[{\"instance\":\"\",\"keyword\":"
        "\"/type\",\"sentence\":\"the value must be null, but is 1\"}]}",
        "{\"id\":null,\"valid\":true,",
        "{\"id\":2,\"valid\":false,",
        "{\"id\":3,\"valid\":true,",
        "{\"id\":4,\"error\":{\"code\":\"bad_schema\",\"pointer\":\"/type\","};
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        assert_true(str_next(&rest, '\n', &line));
        assert_true(str_starts(line, str_z(answers[i])));
    }
    assert_int_equal(rest.n, 0);
}

static void test_lines_that_are_no_orders(void **state)
{
    static const char *const bad[] = {
        "[",
        "[]",
        "{\"schema\":true}",
        "{\"instance\":1}",
        "{\"schema\":true,\"instance\":1,\"draft\":7}",
        "{\"schema\":true,\"instance\":1,\"draft\":\"4\"}",
        "{\"schema\":true,\"instance\":1,\"format\":\"yes\"}"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct ran ran = shell_run(*state, "validate --jsonl", bad[i]);
        assert_ran(ran, 1);
        assert_in(ran.out, "\"bad_line\"");
    }
}

static void test_wrong_usage(void **state)
{
    assert_ran(shell_run(*state, "validate", NULL), 2);
    assert_ran(shell_run(*state, "validate -", NULL), 2);
    assert_ran(shell_run(*state, "validate - -", NULL), 2);
    assert_ran(shell_run(*state, "validate --jsonl -", NULL), 2);
    assert_ran(shell_run(*state, "validate --jsonl --format", NULL), 2);
    assert_ran(shell_run(*state, "validate --draft 4 - /dev/null", NULL), 2);
    assert_ran(shell_run(*state, "validate --jsonl --schemas /nonexistent", NULL), 1);
}

int test_cli_validate(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(test_a_valid_file),
        GIVEN_TEST(test_each_error_is_a_line_with_its_place),
        GIVEN_TEST(test_errors_as_json),
        GIVEN_TEST(test_there_may_be_more_errors),
        GIVEN_TEST(test_the_draft_may_be_given),
        GIVEN_TEST(test_a_schema_that_does_not_compile),
        GIVEN_TEST(test_files_that_are_no_json),
        GIVEN_TEST(test_remote_schemas_come_from_a_folder),
        GIVEN_TEST(test_nothing_outside_of_the_folder_is_read),
        GIVEN_TEST(test_lines_are_answered_in_order),
        GIVEN_TEST(test_lines_that_are_no_orders),
        GIVEN_TEST(test_wrong_usage),
    };
    return cmocka_run_group_tests_name("cli: validate", tests, NULL, NULL);
}
