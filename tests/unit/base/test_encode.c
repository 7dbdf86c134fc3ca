#include "base/encode.h"
#include "support/unit.h"
#include "tests.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 1024, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static void hexadecimal_goes_both_ways(void **state)
{
    (void)state;
    str bytes;
    assert_str(encode_hex(&arena, STR("\x00\x7f\x80\xff")), STR("007f80ff"));
    assert_str(encode_hex(&arena, STR("")), STR(""));
    assert_true(decode_hex(&arena, STR("00aAFf"), &bytes));
    assert_str(bytes, STR("\x00\xaa\xff"));
    assert_true(decode_hex(&arena, STR(""), &bytes));
    assert_false(decode_hex(&arena, STR("0"), &bytes));
    assert_false(decode_hex(&arena, STR("0g"), &bytes));
    assert_false(decode_hex(&arena, STR("0x00"), &bytes));
    assert_false(decode_hex(&arena, STR(" 00 "), &bytes));
}

/* RFC 4648 §10, and two bytes that tell the alphabets apart. */
static void base64_goes_both_ways(void **state)
{
    (void)state;
    static const struct {
        str plain;
        str std;
        str url;
    } rows[] = {
        {STR(""), STR(""), STR("")},
        {STR("f"), STR("Zg=="), STR("Zg")},
        {STR("fo"), STR("Zm8="), STR("Zm8")},
        {STR("foo"), STR("Zm9v"), STR("Zm9v")},
        {STR("foob"), STR("Zm9vYg=="), STR("Zm9vYg")},
        {STR("fooba"), STR("Zm9vYmE="), STR("Zm9vYmE")},
        {STR("foobar"), STR("Zm9vYmFy"), STR("Zm9vYmFy")},
        {STR("\xfb\xff"), STR("+/8="), STR("-_8")},
    };
    str bytes;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_str(encode_base64(&arena, rows[i].plain), rows[i].std);
        assert_str(encode_base64url(&arena, rows[i].plain), rows[i].url);
        assert_true(decode_base64(&arena, rows[i].std, &bytes));
        assert_str(bytes, rows[i].plain);
        assert_true(decode_base64(&arena, rows[i].url, &bytes));
        assert_str(bytes, rows[i].plain);
    }
}

static void wrong_base64_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "Z",    "Zg=",  "Zg===", "Z===",   "====",     "=",    "==", "Zm9vY",
        "Zh==", "Zm9=", "Zm 9",  "Zm9v\n", "Zg==Zg==", "Z*==", "Zh", "Zm9"};
    str bytes;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (decode_base64(&arena, str_z(rows[i]), &bytes))
            fail_msg("accepted: %s", rows[i]);
}

static void random_bytes_survive_all_encodings(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int round = 0; round < 2000; round++) {
        char bytes[64];
        str plain = str_of(bytes, unit_below(&seed, sizeof(bytes)));
        str back;
        for (size_t i = 0; i < plain.n; i++)
            bytes[i] = (char)unit_random(&seed);
        assert_true(decode_hex(&arena, encode_hex(&arena, plain), &back));
        assert_str(back, plain);
        assert_true(decode_base64(&arena, encode_base64(&arena, plain), &back));
        assert_str(back, plain);
        assert_true(decode_base64(&arena, encode_base64url(&arena, plain), &back));
        assert_str(back, plain);
        assert_true(decode_percent(&arena, encode_percent(&arena, plain), &back));
        assert_str(back, plain);
        arena_reset(&arena);
    }
}

static void percent_leaves_the_unreserved_alone(void **state)
{
    (void)state;
    str bytes;
    assert_str(encode_percent(&arena, STR("azAZ09-._~")), STR("azAZ09-._~"));
    assert_str(encode_percent(&arena, STR("a b/\xc3\xa4+%")),
               STR("a%20b%2F%C3%A4%2B%25"));
    assert_true(decode_percent(&arena, STR("a+b%2fc%2F"), &bytes));
    assert_str(bytes, STR("a+b/c/"));
    assert_true(decode_percent(&arena, STR("%00"), &bytes));
    assert_str(bytes, STR("\0"));
}

static void forms_are_written_as_browsers_do(void **state)
{
    (void)state;
    assert_str(encode_form(&arena, STR("azAZ09*-._")), STR("azAZ09*-._"));
    assert_str(encode_form(&arena, STR("a b+c%20~\xc3\xa4&=:/\n")),
               STR("a+b%2Bc%2520%7E%C3%A4%26%3D%3A%2F%0A"));
    assert_str(encode_form(&arena, STR("")), STR(""));
}

static void wrong_percents_are_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {"%", "%1", "a%", "%g0", "%0g", "%%20", "% 1"};
    str bytes;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_false(decode_percent(&arena, str_z(rows[i]), &bytes));
}

static void base62_has_letters_and_digits_only(void **state)
{
    (void)state;
    uint8_t random[256];
    char text[256];
    for (size_t i = 0; i < sizeof(random); i++)
        random[i] = (uint8_t)i;
    encode_base62_random(text, random, sizeof(random));
    unsigned seen[128] = {0};
    for (size_t i = 0; i < sizeof(text); i++) {
        assert_true(encode_is_unreserved(text[i]) && text[i] != '-' && text[i] != '_' &&
                    text[i] != '.' && text[i] != '~');
        seen[(unsigned char)text[i]]++;
    }
    for (char c = 'A'; c <= 'Z'; c++)
        assert_true(seen[(unsigned char)c] >= 4 && seen[(unsigned char)c] <= 5);
}

static void utf16_escapes_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t taken;
        uint32_t character;
    } rows[] = {
        {"0041", 4, 'A'},
        {"00e9 rest", 4, 0xe9},
        {"FFff", 4, 0xffff},
        {"d83d\\ude00!", 10, 0x1f600},
        {"D800\\uDC00", 10, 0x10000},
        {"dbff\\udfff", 10, 0x10ffff},
        {"d83d", 4, 0xd83d},
        {"d83d\\u0041", 4, 0xd83d},
        {"d83d\\ude0", 4, 0xd83d},
        {"d83d\\xde00", 4, 0xd83d},
        {"ude00", 0, 0},
        {"de00\\ud83d", 4, 0xde00},
        {"", 0, 0},
        {"004", 0, 0},
        {"004g", 0, 0},
        {"g004", 0, 0},
        {"-004", 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint32_t character = 0;
        size_t taken = decode_utf16_escape(str_z(rows[i].text), &character);
        if (taken != rows[i].taken || character != rows[i].character)
            fail_msg("%s: %zu, U+%04X", rows[i].text, taken, (unsigned)character);
    }
}

int test_encode(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(hexadecimal_goes_both_ways),
        T(base64_goes_both_ways),
        T(wrong_base64_is_refused),
        T(random_bytes_survive_all_encodings),
        T(percent_leaves_the_unreserved_alone),
        T(forms_are_written_as_browsers_do),
        T(wrong_percents_are_refused),
        T(base62_has_letters_and_digits_only),
        cmocka_unit_test(utf16_escapes_are_read),
    };
    return cmocka_run_group_tests_name("base/encode", tests, NULL, NULL);
}
