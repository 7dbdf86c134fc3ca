#include "support/given.h"

#include "main/reference.h"
#include "tests.h"

static void pages_in_the_tree_are_what_the_code_says(void **state)
{
    for (const struct reference_page *page = reference_pages; page->name; page++) {
        char path[200];
        struct buf text;
        snprintf(path, sizeof(path), "docs/reference/%s", page->name);
        buf_init(&text, 4 << 20);
        page->write(&text);
        str there = given_file(*state, path);
        if (!str_eq(there, buf_peek(&text)))
            fail_msg("%s is old: run tools/write-reference", path);
        buf_fini(&text);
    }
}

static void the_schema_of_documents_is_json(void **state)
{
    str text = given_file(*state, "docs/reference/integration.schema.json");
    const struct json *schema = given_json(*state, text);
    assert_true(json_is(schema, JSON_OBJECT));
}

int test_reference(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(pages_in_the_tree_are_what_the_code_says),
        GIVEN_TEST(the_schema_of_documents_is_json),
    };
    return cmocka_run_group_tests_name("main/reference", tests, NULL, NULL);
}
