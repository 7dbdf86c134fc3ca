/*
 * The JSON-Schema-Test-Suite (tests/cases/json-schema): a test a file of the suite, with
 * all of its cases; what is left out stands in skip.jsonl with a reason, and is shown as
 * skipped. Both ways must say the same of every case.
 */
#include "support/given.h"
#include "tests.h"

#include "schema/schema.h"

#define SUITE   UNIT_CASES "json-schema/"
#define REMOTES STR("http://localhost:1234/")

enum { FILES_MAX = 400 };

/* The cases of one file of the suite: consecutive lines. */
struct suite_file {
    char name[80];
    str lines;
    unsigned n;
};

static struct suite_file files[FILES_MAX];
static unsigned files_n;
static str skips;
static struct arena shared;

static const struct json *read_remote(void *arg, str uri)
{
    struct arena *arena = arg;
    if (!str_starts(uri, REMOTES))
        return NULL;
    str path =
        arena_printf(arena, SUITE "remotes/" STR_F, STR_A(str_from(uri, REMOTES.n)));
    str text = given_file(arena, arena_z(arena, path));
    return str_absent(text) ? NULL : given_json(arena, text);
}

static bool is_true(const struct json *row, str name)
{
    return json_is(json_member(row, name), JSON_TRUE);
}

/* The case's own words for what went wrong, or absent. */
static str check_case(struct arena *arena, const struct json *row)
{
    struct schema_fault fault;
    struct schema_report report;
    bool seven = str_eq(json_member_text(row, STR("draft")), STR("7"));
    struct schema_source source = {
        .document = json_member(row, STR("schema")),
        .draft = seven ? SCHEMA_DRAFT_7 : SCHEMA_DRAFT_2020_12,
        .formats = is_true(row, STR("format")),
        .resolve = read_remote,
        .arg = arena,
    };
    const struct json *instance = json_member(row, STR("instance"));
    bool expected = is_true(json_member(row, STR("expect")), STR("valid"));
    struct schema *schema = schema_compile(arena, &source, &fault);
    if (!schema)
        return arena_printf(arena, "does not compile: " STR_F " " STR_F,
                            STR_A(fault.pointer), STR_A(fault.what));
    bool valid = schema_valid(schema, arena, instance);
    schema_explain(schema, arena, instance, 10, &report);
    schema_destroy(&schema);
    if (valid != expected)
        return valid ? STR("is valid, but should not be") : STR("is not valid");
    if (report.valid != valid || (report.n == 0) != valid)
        return STR("is explained otherwise");
    return STR_NONE;
}

static bool is_skipped(str id)
{
    str quoted = arena_printf(&shared, "\"" STR_F "\"", STR_A(id));
    return str_find_str(skips, quoted) < skips.n;
}

static void a_file_of_the_suite(void **state)
{
    const struct suite_file *file = *state;
    struct arena arena;
    str rest = file->lines;
    str line;
    unsigned wrong = 0;
    arena_init(&arena, 1 << 16, (size_t)1 << 30);
    while (str_next(&rest, '\n', &line)) {
        arena_reset(&arena);
        const struct json *row = line.n ? given_json(&arena, line) : NULL;
        if (!row || is_skipped(json_member_text(row, STR("id"))))
            continue;
        str fault = check_case(&arena, row);
        wrong += !str_absent(fault);
        if (!str_absent(fault))
            print_error(STR_F " (" STR_F "): " STR_F "\n",
                        STR_A(json_member_text(row, STR("id"))),
                        STR_A(json_member_text(row, STR("about"))), STR_A(fault));
    }
    arena_fini(&arena);
    assert_int_equal(wrong, 0);
}

static void a_case_that_is_left_out(void **state)
{
    (void)state;
    skip();
}

/* `2020-12/allOf/3/1` is of the file `2020-12/allOf`. */
static str file_of(str line)
{
    str id = str_from(line, STR("{\"id\":\"").n);
    id.n = str_find(id, '"');
    id.n = str_find_last(id, '/');
    id.n = str_find_last(id, '/');
    return id;
}

static void read_files(str text)
{
    str rest = text;
    str line;
    str before = STR_NONE;
    while (str_next(&rest, '\n', &line)) {
        if (!line.n)
            continue;
        str name = file_of(line);
        if (!str_eq(name, before)) {
            assert_true(files_n < FILES_MAX && name.n < 60);
            files[files_n++].lines = str_of(line.p, 0);
        }
        before = name;
        struct suite_file *file = &files[files_n - 1];
        file->lines.n = (size_t)(line.p + line.n - file->lines.p);
        snprintf(file->name, sizeof(file->name), STR_F ", %u cases", STR_A(name),
                 ++file->n);
    }
}

static unsigned add_skips(struct CMUnitTest *tests)
{
    unsigned n = 0;
    str rest = skips;
    str line;
    while (str_next(&rest, '\n', &line)) {
        if (!line.n)
            continue;
        const struct json *row = given_json(&shared, line);
        str name = arena_printf(&shared, STR_F ": " STR_F,
                                STR_A(json_member_text(row, STR("id"))),
                                STR_A(json_member_text(row, STR("reason"))));
        tests[n++] = (struct CMUnitTest){arena_z(&shared, name), a_case_that_is_left_out,
                                         NULL, NULL, NULL};
    }
    return n;
}

int test_conformance(void)
{
    static struct CMUnitTest tests[2 * FILES_MAX];
    arena_init(&shared, 1 << 16, (size_t)1 << 30);
    skips = given_file(&shared, SUITE "skip.jsonl");
    read_files(given_file(&shared, SUITE "cases.jsonl"));
    unsigned n = add_skips(tests);
    for (unsigned i = 0; i < files_n; i++)
        tests[n++] = (struct CMUnitTest){files[i].name, a_file_of_the_suite, NULL, NULL,
                                         &files[i]};
    int failed = _cmocka_run_group_tests("conformance", tests, n, NULL, NULL);
    arena_fini(&shared);
    return failed;
}
