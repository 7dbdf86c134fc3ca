/*
 * tests/cases/jsonata.jsonl, the public cases of the language's own suite, and
 * jsonata-more.jsonl, those of this project, whose outcomes jsonata-js 2.2.2 has given
 * (a row with `differs` says why ours is another). A test a group, with all of its cases.
 */
#include <math.h>

#include "json/json_write.h"
#include "jsonata/jsonata.h"
#include "support/given.h"
#include "tests.h"

enum { GROUPS_MAX = 200, NAME_BYTES = 80, BINDINGS_MAX = 16 };

/* Consecutive lines whose ids begin alike. */
struct cases {
    char name[NAME_BYTES];
    str lines;
    unsigned n;
};

static struct cases groups[GROUPS_MAX];
static unsigned groups_n;
static unsigned cases_n;
static struct arena shared;

/* --- the same --- */

static bool is_same(const struct json *a, const struct json *b);

static bool are_same_items(const struct json *a, const struct json *b)
{
    for (uint32_t i = 0; i < a->n; i++)
        if (!is_same(&a->u.items[i], &b->u.items[i]))
            return false;
    return true;
}

static bool are_same_members(const struct json *a, const struct json *b)
{
    for (uint32_t i = 0; i < a->n; i++) {
        const struct json *other = json_member(b, json_key(&a->u.members[i]));
        if (!other || !is_same(&a->u.members[i].value, other))
            return false;
    }
    return true;
}

/* Numbers to a trillionth. */
static bool is_same(const struct json *a, const struct json *b)
{
    if (a->type != b->type)
        return false;
    if (a->type == JSON_NUMBER)
        return fabs(json_number(a) - json_number(b)) <= 1e-12 * fabs(json_number(b));
    if (a->type == JSON_ARRAY)
        return a->n == b->n && are_same_items(a, b);
    if (a->type == JSON_OBJECT)
        return a->n == b->n && are_same_members(a, b);
    return json_equal(a, b);
}

static unsigned count_of(const struct json *array, const struct json *item)
{
    unsigned n = 0;
    for (uint32_t i = 0; i < array->n; i++)
        n += is_same(&array->u.items[i], item);
    return n;
}

static bool is_same_bag(const struct json *a, const struct json *b)
{
    if (a->type != JSON_ARRAY || b->type != JSON_ARRAY || a->n != b->n)
        return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (count_of(a, &a->u.items[i]) != count_of(b, &a->u.items[i]))
            return false;
    return true;
}

/* --- a case --- */

/* Time as a count of looks at it, so that no case depends on the machine. */
static bool is_over(void *arg)
{
    unsigned *looks = arg;
    return *looks && --*looks == 0;
}

static uint32_t take_bindings(const struct json *bindings, struct jsonata_binding *to)
{
    uint32_t n = bindings && bindings->type == JSON_OBJECT ? bindings->n : 0;
    assert_true(n <= BINDINGS_MAX);
    for (uint32_t i = 0; i < n; i++)
        to[i] = (struct jsonata_binding){json_key(&bindings->u.members[i]),
                                         bindings->u.members[i].value};
    return n;
}

static bool run_case(struct arena *arena, const struct json *row, struct json *ret_value,
                     struct jsonata_fault *ret_fault)
{
    struct jsonata_binding bindings[BINDINGS_MAX];
    const struct json *input = json_member(row, STR("input"));
    const struct json *depth = json_member(row, STR("depth"));
    unsigned looks = json_member(row, STR("timelimit")) ? 20000 : 0;
    struct jsonata_run run = {
        .arena = arena,
        .now_ms = 1.7e12,
        .seed = 1,
        .bindings = bindings,
        .binding_n = take_bindings(json_member(row, STR("bindings")), bindings),
        .limits = {.steps_max = UINT64_MAX, .bytes_max = (size_t)1 << 30},
        .stop = is_over,
        .stop_arg = &looks};
    if (input)
        run.input = *input;
    if (depth)
        run.limits.depth_max = (uint32_t)json_number(depth);
    struct jsonata *expression =
        jsonata_compile(arena, json_member_text(row, STR("expr")), ret_fault);
    if (!expression)
        return false;
    bool good = jsonata_eval(expression, &run, ret_value, ret_fault);
    if (good)
        *ret_value = json_copy(arena, ret_value);
    jsonata_destroy(&expression);
    return good;
}

static bool is_fault(const struct json *expect, const struct jsonata_fault *fault)
{
    str token = json_member_text(expect, STR("token"));
    return str_eq(json_member_text(expect, STR("code")),
                  jsonata_code_name(fault->code)) &&
           (str_absent(token) || str_eq(token, fault->token));
}

static bool is_right(struct arena *arena, const struct json *row)
{
    struct json value;
    struct jsonata_fault fault;
    const struct json *expect = json_member(row, STR("expect"));
    const struct json *result = json_member(expect, STR("result"));
    bool good = run_case(arena, row, &value, &fault);
    if (!good || json_member(expect, STR("code")))
        return !good && is_fault(expect, &fault);
    if (!result)
        return json_is(&value, JSON_UNDEFINED);
    return is_same(&value, result) ||
           (json_member(row, STR("unordered")) && is_same_bag(&value, result));
}

static void run_group(void **state)
{
    const struct cases *group = *state;
    str lines = group->lines;
    str line;
    unsigned failed = 0;
    while (lines.n && str_next(&lines, '\n', &line)) {
        struct arena arena;
        arena_init(&arena, 1 << 16, SIZE_MAX);
        const struct json *row = given_json(&arena, line);
        if (!is_right(&arena, row)) {
            print_error(STR_F "\n", STR_A(line));
            failed++;
        }
        arena_fini(&arena);
    }
    assert_int_equal(failed, 0);
}

/* --- groups --- */

static bool continues(const struct cases *group, const char *name)
{
    return groups_n && strcmp(group->name, name) == 0;
}

static void add_line(str line)
{
    char name[NAME_BYTES];
    str id = json_member_text(given_json(&shared, line), STR("id"));
    snprintf(name, sizeof(name), "%.*s", (int)str_find(id, '/'), id.p);
    struct cases *group = groups_n ? &groups[groups_n - 1] : groups;
    if (!continues(group, name)) {
        assert_true(groups_n < GROUPS_MAX);
        group = &groups[groups_n++];
        memcpy(group->name, name, sizeof(name));
        group->lines = str_of(line.p, 0);
    }
    group->lines.n = (size_t)(line.p + line.n - group->lines.p);
    group->n++;
    cases_n++;
}

static void add_file(const char *path)
{
    str text = given_file(&shared, path);
    str line;
    while (text.n && str_next(&text, '\n', &line))
        if (line.n)
            add_line(line);
}

static void all_cases_are_there(void **state)
{
    print_message("%u cases in %u groups\n", cases_n, groups_n);
    assert_true(cases_n >= 1600);
    (void)state;
}

int test_conformance(void)
{
    static struct CMUnitTest tests[GROUPS_MAX + 1];
    arena_init(&shared, 1 << 16, 1 << 28);
    add_file(UNIT_CASES "jsonata.jsonl");
    add_file(UNIT_CASES "jsonata-more.jsonl");
    for (unsigned i = 0; i < groups_n; i++)
        tests[i] = (struct CMUnitTest){
            .name = groups[i].name, .test_func = run_group, .initial_state = &groups[i]};
    tests[groups_n] =
        (struct CMUnitTest){.name = "all cases", .test_func = all_cases_are_there};
    int failed =
        _cmocka_run_group_tests("jsonata/conformance", tests, groups_n + 1, NULL, NULL);
    arena_fini(&shared);
    return failed;
}
