#include "sim/sim_mutate.h"

#include "json/json_write.h"
#include "support/given.h"
#include "tests.h"

static bool read_mutation(struct arena *arena, const char *text,
                          struct sim_mutation *mutation, struct binder *binder)
{
    bind_init(binder, arena);
    return bind_read(binder, &sim_mutation_table, given_json(arena, str_z(text)),
                     mutation);
}

static str change(struct arena *arena, const char *mutation_text, const char *value)
{
    struct binder binder;
    struct sim_mutation mutation;
    struct buf buf;
    if (!read_mutation(arena, mutation_text, &mutation, &binder))
        fail_msg("%s: " STR_F, mutation_text, STR_A(binder.first->text));
    struct json changed = sim_mutate(arena, given_json(arena, str_z(value)), &mutation);
    buf_init(&buf, 10000);
    json_write(&buf, &changed, JSON_COMPACT);
    str text = arena_str(arena, buf_peek(&buf));
    buf_fini(&buf);
    return text;
}

static void members_change(void **state)
{
    static const struct {
        const char *mutation;
        const char *value;
        const char *want;
    } rows[] = {
        {"{\"at\":\"/a\",\"remove\":true}", "{\"a\":1,\"b\":2}", "{\"b\":2}"},
        {"{\"at\":\"/a/1\",\"remove\":true}", "{\"a\":[1,2,3]}", "{\"a\":[1,3]}"},
        {"{\"at\":\"/a\",\"rename\":\"z\"}", "{\"a\":1,\"b\":2}", "{\"z\":1,\"b\":2}"},
        {"{\"at\":\"/none\",\"remove\":true}", "{\"a\":1}", "{\"a\":1}"},
        {"{\"at\":\"/a/b\",\"remove\":true}", "{\"a\":1}", "{\"a\":1}"},
        {"{\"at\":\"/*/x\",\"rename\":\"y\"}", "[{\"x\":1},{\"x\":2},3]",
         "[{\"y\":1},{\"y\":2},3]"},
        {"{\"at\":\"/a\",\"value\":[null]}", "{\"a\":1}", "{\"a\":[null]}"},
        {"{\"at\":\"/a\",\"type\":\"string\"}", "{\"a\":1.50}", "{\"a\":\"1.50\"}"},
        {"{\"at\":\"/a\",\"type\":\"string\"}", "{\"a\":{\"x\":1}}",
         "{\"a\":\"{\\\"x\\\":1}\"}"},
        {"{\"at\":\"/a\",\"type\":\"string\"}", "{\"a\":\"s\"}", "{\"a\":\"s\"}"},
        {"{\"at\":\"/a\",\"type\":\"number\"}", "{\"a\":\"12\"}", "{\"a\":12}"},
        {"{\"at\":\"/a\",\"type\":\"number\"}", "{\"a\":\"x\"}", "{\"a\":0}"},
        {"{\"at\":\"/a\",\"type\":\"boolean\"}", "{\"a\":null}", "{\"a\":true}"},
        {"{\"at\":\"/a\",\"type\":\"null\"}", "{\"a\":1}", "{\"a\":null}"},
        {"{\"at\":\"/a\",\"type\":\"array\"}", "{\"a\":1}", "{\"a\":[1]}"},
        {"{\"at\":\"/a\",\"type\":\"object\"}", "{\"a\":1}", "{\"a\":{\"value\":1}}"},
        {"{\"at\":\"/a\",\"remove\":true}", "7", "7"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_str(change(*state, rows[i].mutation, rows[i].value), str_z(rows[i].want));
}

static void faults_are_named(void **state)
{
    static const struct {
        const char *mutation;
        const char *pointer;
        const char *text;
    } rows[] = {
        {"{\"at\":\"/a\"}", "",
         "must have one of \"remove\", \"rename\", \"type\" and \"value\"."},
        {"{\"at\":\"/a\",\"remove\":true,\"rename\":\"b\"}", "",
         "must have one of \"remove\", \"rename\", \"type\" and \"value\"."},
        {"{\"remove\":true}", "",
         "\"at\" is missing from the mutation. JSON pointer of the member; \"*\" is "
         "every "
         "item or member."},
        {"{\"at\":\"a\",\"remove\":true}", "/at",
         "is no JSON pointer; wants one such as \"/results/*/email\"."},
        {"{\"at\":\"\",\"remove\":true}", "/at",
         "must lead to a member, at most 64 levels deep."},
        {"{\"at\":\"/a\",\"remove\":false}", "/remove", "wants true, or to be left out."},
        {"{\"at\":\"/a\",\"rename\":1}", "/rename", "wants the new name, a string."},
        {"{\"at\":\"/a\",\"type\":\"text\"}", "/type",
         "is no JSON type; wants \"string\", \"number\", \"boolean\", \"null\", "
         "\"array\" "
         "or \"object\"."},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct binder binder;
        struct sim_mutation mutation;
        assert_false(read_mutation(*state, rows[i].mutation, &mutation, &binder));
        assert_str(binder.first->pointer, str_z(rows[i].pointer));
        assert_str(binder.first->text, str_z(rows[i].text));
    }
}

int test_mutate(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(members_change),
        GIVEN_TEST(faults_are_named),
    };
    return cmocka_run_group_tests_name("sim_mutate", tests, NULL, NULL);
}
