/*
 * `import`: what is printed, what is written, and what is refused.
 */
#include "groups.h"
#include "support/shell.h"

#include <stdlib.h>
#include <unistd.h>

#include "import/import.h"

#define OPENAPI                                                                          \
    "openapi: 3.1.0\ninfo: { title: Acme }\nservers: [{ url: 'https://a.example' }]\n"   \
    "paths: { /a: { get: {} }, '/a/{b}:c': { get: {} } }\n"
#define PROVIDERS                                                                        \
    "a: { auth_mode: BASIC, proxy: { base_url: https://a.example } }\n"                  \
    "b: { auth_mode: NONE, proxy: { base_url: https://b.example } }\n"                   \
    "c: { auth_mode: OTHER, proxy: { base_url: https://c.example } }\n"

static const char *make_folder(struct arena *arena)
{
    char path[] = "/tmp/breakwater-import-XXXXXX";
    assert_non_null(mkdtemp(path));
    return arena_z(arena, str_z(path));
}

static void remove_folder(struct arena *arena, const char *folder)
{
    assert_int_equal(system(arena_z(arena, arena_printf(arena, "rm -r '%s'", folder))),
                     0);
}

static struct ran run(struct arena *arena, const char *input, const char *fmt,
                      const char *folder)
{
    str words = arena_printf(arena, "%s%s", fmt, folder);
    return shell_run(arena, arena_z(arena, words), input);
}

static str read_file(struct arena *arena, const char *folder, const char *name)
{
    return given_file(arena, arena_z(arena, arena_printf(arena, "%s/%s", folder, name)));
}

static void test_a_document_is_printed(void **state)
{
    struct ran ran = shell_run(*state, "import openapi -", OPENAPI);
    assert_ran(ran, 0);
    assert_in(ran.out, "{\n  \"name\": \"acme\",\n  \"label\": \"Acme\",\n");
    assert_in(ran.out, "\"list\": { \"verb\": \"GET\", \"path\": \"/a\" }");
    assert_in(ran.err, "note: GET /a/{b}:c is left out");
    ran = shell_run(*state, "import openapi - --name other --base-url http://127.0.0.1:9",
                    OPENAPI);
    assert_in(ran.out, "\"name\": \"other\"");
    assert_in(ran.out, "\"hosts\": [\"http://127.0.0.1:9\"]");
}

static void test_a_document_is_written_once(void **state)
{
    const char *folder = make_folder(*state);
    struct ran ran = run(*state, OPENAPI, "import openapi - --output ", folder);
    assert_ran(ran, 0);
    assert_in(ran.out, "/acme/integration.json\n");
    str text = read_file(*state, folder, "acme/integration.json");
    assert_in(text, "\"name\": \"acme\"");
    ran = run(*state, OPENAPI, "import openapi - --output ", folder);
    assert_ran(ran, 1);
    assert_in(ran.err, "/acme/integration.json is there already; remove it");
    assert_true(str_absent(read_file(*state, folder, "acme/integration.json.new")));
    remove_folder(*state, folder);
}

static void test_what_cannot_be_written_is_told(void **state)
{
    struct ran ran = shell_run(*state, "import openapi - --output /dev/null/x", OPENAPI);
    assert_ran(ran, 1);
    assert_in(ran.err, "/dev/null/x/acme/integration.json cannot be written");
}

static void test_providers_are_one_or_all(void **state)
{
    const char *folder = make_folder(*state);
    struct ran ran = run(*state, PROVIDERS, "import catalogue - --output ", folder);
    assert_ran(ran, 0);
    assert_in(ran.err, "note: c: its mode OTHER has no counterpart");
    assert_in(read_file(*state, folder, "a/integration.json"), "\"auth\": \"basic\"");
    assert_in(read_file(*state, folder, "b/integration.json"), "\"auth\": \"none\"");
    assert_true(str_absent(read_file(*state, folder, "c/integration.json")));
    remove_folder(*state, folder);
    ran = shell_run(*state, "import catalogue - --name b", PROVIDERS);
    assert_ran(ran, 0);
    assert_in(ran.out, "\"name\": \"b\"");
    ran = shell_run(*state, "import catalogue -", PROVIDERS);
    assert_ran(ran, 2);
    assert_in(ran.err, "several documents want --output");
    ran = shell_run(*state, "import catalogue - --name c", PROVIDERS);
    assert_ran(ran, 1);
    assert_in(ran.err, "- gives no document");
}

static void test_what_is_wrong_is_told(void **state)
{
    static const char *const cases[][3] = {
        {"import openapi -", "a: [", "- is no YAML that can be read: "},
        {"import openapi -", "{\"a\":1,}", "- is no JSON that can be read: "},
        {"import openapi -", "openapi: 3.0.0\ninfo: { title: x }",
         "- has no server; say --base-url URL."},
        {"import openapi - --name 'B!'", OPENAPI, "B!: /name must be a name of"},
        {"import openapi - --base-url ftp://x", OPENAPI,
         "has no server with a whole URL"},
        {"import openapi /nonexistent", "", "/nonexistent cannot be read"},
        {"import catalogue - --name z", PROVIDERS, "- has no provider \"z\"."},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ran ran = shell_run(*state, cases[i][0], cases[i][1]);
        assert_ran(ran, 1);
        assert_in(ran.err, cases[i][2]);
        assert_str(ran.out, STR(""));
    }
}

static void test_a_file_that_is_too_long_is_not_read(void **state)
{
    const char *folder = make_folder(*state);
    const char *path = arena_z(*state, arena_printf(*state, "%s/large", folder));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(ftruncate(fileno(file), IMPORT_BYTES_MAX + 1), 0);
    fclose(file);
    struct ran ran = run(*state, NULL, "import openapi ", path);
    assert_ran(ran, 1);
    assert_in(ran.err, "has more than 64 MiB; take the parts that are needed");
    remove_folder(*state, folder);
}

int test_cli_import(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(test_a_document_is_printed),
        GIVEN_TEST(test_a_document_is_written_once),
        GIVEN_TEST(test_what_cannot_be_written_is_told),
        GIVEN_TEST(test_providers_are_one_or_all),
        GIVEN_TEST(test_what_is_wrong_is_told),
        GIVEN_TEST(test_a_file_that_is_too_long_is_not_read),
    };
    return cmocka_run_group_tests_name("cli/import", tests, NULL, NULL);
}
