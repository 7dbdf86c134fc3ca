#include "http/template.h"

#include "support/given.h"
#include "tests.h"

struct row {
    const char *text;
    const char *context;
    const char *want;    /* NULL: not filled */
    const char *missing; /* the name that is */
};

static void templates_are_filled_from_a_context(void **state)
{
    static const struct row rows[] = {
        {"plain", "{}", "plain", NULL},
        {"{a}", "{\"a\":\"x\"}", "x", NULL},
        {"<{a}>", "{\"a\":\"x\"}", "<x>", NULL},
        {"{a}{b_2}{a}", "{\"a\":\"x\",\"b_2\":\"y\"}", "xyx", NULL},
        {"{a}", "{\"a\":\"\"}", "", NULL},
        {"{a}", "{\"a\":\"{b}\"}", "{b}", NULL},
        {"x{a}y{b}", "{\"a\":\"1\"}", NULL, "b"},
        {"{a}", "{\"a\":1}", NULL, "a"},
        {"{a}", "{\"a\":null}", NULL, "a"},
        {"{a}", "[]", NULL, "a"},
        {"{1}", "{\"1\":\"x\"}", "x", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct template template;
        const char *why;
        str text = STR_NONE, missing = STR_NONE;
        assert_true(template_parse(*state, str_z(rows[i].text), &template, &why));
        bool filled = template_fill(&template, given_json(*state, str_z(rows[i].context)),
                                    *state, &text, &missing);
        assert_int_equal(filled, rows[i].want != NULL);
        given_same(rows[i].text, text, rows[i].want);
        given_same(rows[i].text, missing, rows[i].missing);
    }
}

static void bad_templates_are_refused(void **state)
{
    static const char *const texts[] = {"{",     "}",     "{}",         "{a",
                                        "a}",    "{a}}",  "{{a}",       "{A}",
                                        "{a b}", "{a-b}", "{\xc3\xa9}", "{a}{"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct template template;
        const char *why = NULL;
        if (template_parse(*state, str_z(texts[i]), &template, &why))
            fail_msg("\"%s\" was taken", texts[i]);
        assert_non_null(why);
    }
}

int test_template(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(templates_are_filled_from_a_context),
        GIVEN_TEST(bad_templates_are_refused),
    };
    return cmocka_run_group_tests_name("catalog: template", tests, NULL, NULL);
}
