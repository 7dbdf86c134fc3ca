#include "base/utf8.h"
#include "support/unit.h"
#include "tests.h"

/* UTF-8 of any number below 2^21, also where RFC 3629 forbids it. */
static size_t encode(uint32_t c, size_t n, char text[4])
{
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 1; c >>= 6)
        text[i] = (char)(0x80 | (c & 0x3f));
    text[0] = (char)(lead[n] | c);
    return n;
}

static size_t shortest(uint32_t c)
{
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

static void every_character_is_known_by_its_shortest_form(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x200000; c++) {
        char text[4];
        bool good = c < 0x110000 && (c < 0xd800 || c > 0xdfff);
        size_t n = encode(c, shortest(c), text);
        if (utf8_size(text, n) != (good ? n : 0))
            fail_msg("U+%04X", (unsigned)c);
    }
}

static void longer_forms_are_refused(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x10000; c++)
        for (size_t n = shortest(c) + 1; n <= 4; n++) {
            char text[4];
            encode(c, n, text);
            assert_int_equal(utf8_size(text, n), 0);
        }
}

static void cut_and_broken_characters_are_refused(void **state)
{
    (void)state;
    assert_int_equal(utf8_size("\xc3", 1), 0);
    assert_int_equal(utf8_size("\xe2\x82", 2), 0);
    assert_int_equal(utf8_size("\xf0\x9f\x98", 3), 0);
    assert_int_equal(utf8_size("\x80", 1), 0);
    assert_int_equal(utf8_size("\xff", 1), 0);
    assert_int_equal(utf8_size("\xf8\x88\x80\x80", 4), 0);
    assert_int_equal(utf8_size("\xe2\x28\xa1", 3), 0);
    assert_int_equal(utf8_size("\xe2\x82\x28", 3), 0);
    assert_int_equal(utf8_size("\xf0\x9f\x98\x28", 4), 0);
}

static void characters_are_counted(void **state)
{
    (void)state;
    assert_int_equal(utf8_count(STR("")), 0);
    assert_int_equal(utf8_count(STR("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")), 4);
}

static void what_is_put_is_read_again(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x110000; c++) {
        char text[5], expected[4];
        size_t at = 0, n = utf8_put(text, c);
        assert_int_equal(n, shortest(c));
        encode(c, n, expected);
        assert_memory_equal(text, expected, n);
        text[n] = '!';
        assert_int_equal(utf8_next(str_of(text, n + 1), &at), c);
        assert_int_equal(at, n);
    }
}

static void a_text_that_is_cut_is_not_read_past_its_end(void **state)
{
    (void)state;
    size_t at = 1;
    utf8_next(str_of("a\xf0\x9f", 3), &at);
    assert_int_equal(at, 3);
}

static void utf16_units_are_counted(void **state)
{
    (void)state;
    assert_int_equal(utf8_units(STR("")), 0);
    assert_int_equal(utf8_units(STR("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")), 5);
    assert_int_equal(utf8_units(STR("\xed\xa0\xbd")), 1);
}

int test_utf8(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_known_by_its_shortest_form),
        cmocka_unit_test(longer_forms_are_refused),
        cmocka_unit_test(cut_and_broken_characters_are_refused),
        cmocka_unit_test(characters_are_counted),
        cmocka_unit_test(what_is_put_is_read_again),
        cmocka_unit_test(a_text_that_is_cut_is_not_read_past_its_end),
        cmocka_unit_test(utf16_units_are_counted),
    };
    return cmocka_run_group_tests_name("base/utf8", tests, NULL, NULL);
}
