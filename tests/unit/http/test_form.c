#include "http/form.h"

#include "support/given.h"
#include "tests.h"

static void parameters_keep_their_order_and_repeat(void **state)
{
    struct form form;
    form_init(&form, *state);
    assert_str(form_text(&form), STR(""));
    assert_str(form_find(&form, STR("a")), STR_NONE);
    form_add(&form, STR("b"), STR("2 3"));
    form_add(&form, STR("a"), STR("&=+"));
    form_add(&form, STR("b"), STR(""));
    assert_str(form_text(&form), STR("b=2+3&a=%26%3D%2B&b="));
    assert_str(form_find(&form, STR("b")), STR("2 3"));
    assert_str(form_find(&form, STR("c")), STR_NONE);
}

static void a_form_is_an_object_of_the_first_of_each_name(void **state)
{
    struct form form;
    form_init(&form, *state);
    struct json none = form_json(&form);
    assert_true(json_is(&none, JSON_OBJECT) && none.n == 0);
    form_add_text(&form, STR("b=1&a=2&b=3&c&b=4&=e"));
    struct json object = form_json(&form);
    assert_int_equal(object.n, 4);
    assert_str(json_member_text(&object, STR("b")), STR("1"));
    assert_str(json_member_text(&object, STR("a")), STR("2"));
    assert_str(json_member_text(&object, STR("c")), STR(""));
    assert_str(json_member_text(&object, STR("")), STR("e"));
}

static void text_is_read_as_a_form_has_it(void **state)
{
    struct form form;
    form_init(&form, *state);
    form_add_text(&form, STR_NONE);
    form_add_text(&form, STR("a=1+2&&%62=%26&c&d=%"));
    assert_int_equal(form.n, 4);
    assert_str(form_text(&form), STR("a=1+2&b=%26&c=&d=%25"));
}

static void it_grows(void **state)
{
    struct form form;
    form_init(&form, *state);
    for (int i = 0; i < 1000; i++)
        form_add(&form, arena_printf(*state, "n%d", i), STR("v"));
    assert_str(form.items[999].name, STR("n999"));
    assert_str(form_find(&form, STR("n500")), STR("v"));
}

int test_form(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(parameters_keep_their_order_and_repeat),
        GIVEN_TEST(a_form_is_an_object_of_the_first_of_each_name),
        GIVEN_TEST(text_is_read_as_a_form_has_it),
        GIVEN_TEST(it_grows),
    };
    return cmocka_run_group_tests_name("http/form", tests, NULL, NULL);
}
