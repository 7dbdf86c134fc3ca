#include "groups.h"
#include "made.h"

static str lay_out(struct arena *arena, str text)
{
    struct buf buf;
    buf_init(&buf, 8 << 20);
    layout_write(&buf, given_json(arena, text));
    return arena_take(arena, &buf);
}

/* Those that a person has not laid out anywhere in another way. */
static void test_shipped_documents_are_laid_out_like_this(void **state)
{
    static const char *const names[] = {
        "airtable",   "asana",    "bamboohr", "demo",     "freshdesk", "google",
        "microsoft",  "netsuite", "notion",   "twilio",   "workday",   "stripe",
        "quickbooks", "slack",    "zendesk",  "sendgrid",
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *path = arena_z(
            *state, arena_printf(*state, "integrations/%s/integration.json", names[i]));
        str text = given_file(*state, path);
        assert_str(lay_out(*state, text), text);
    }
}

static void test_what_does_not_fit_is_spread(void **state)
{
    assert_str(lay_out(*state, STR("{}")), STR("{}\n"));
    assert_str(lay_out(*state, STR("[1,{\"a\":[],\"b\":{}}]")),
               STR("[\n  1,\n  { \"a\": [], \"b\": {} }\n]\n"));
    str fits = arena_printf(*state, "{\"a\":[\"%077d\"]}", 0);
    str spread = arena_printf(*state, "{\"a\":[\"%078d\"]}", 0);
    assert_in(lay_out(*state, fits), "  \"a\": [\"0");
    assert_in(lay_out(*state, spread), "  \"a\": [\n    \"0");
}

static void test_columns_are_characters(void **state)
{
    str text =
        arena_printf(*state, "{\"a\":[\"%060d\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"]}", 0);
    assert_in(lay_out(*state, text), "  \"a\": [\"0");
}

int test_layout(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(test_shipped_documents_are_laid_out_like_this),
        GIVEN_TEST(test_what_does_not_fit_is_spread),
        GIVEN_TEST(test_columns_are_characters),
    };
    return cmocka_run_group_tests_name("import/layout", tests, NULL, NULL);
}
