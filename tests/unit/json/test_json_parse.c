#include "base/encode.h"
#include "base/mem.h"
#include "read.h"
#include "tests.h"

/* The bytes of a line of json-parsing.jsonl: `base64`, or `repeat` of a unit. */
static str case_bytes(struct arena *arena, const struct json *line)
{
    str bytes = STR_NONE;
    const struct json *repeat = json_member(line, STR("repeat"));
    if (!repeat) {
        assert_true(decode_base64(arena, json_member_text(line, STR("base64")), &bytes));
        return bytes;
    }
    uint64_t count;
    str unit = json_member_text(repeat, STR("unit"));
    assert_true(json_to_u64(json_member(repeat, STR("count")), 1 << 20, &count));
    char *p = arena_bytes(arena, unit.n * count);
    for (size_t i = 0; i < count; i++)
        memcpy(p + i * unit.n, unit.p, unit.n);
    return str_of(p, unit.n * count);
}

/* A copy of exactly these bytes on the heap, so that a read behind them is found. */
static bool parses_alone(struct arena *arena, str text)
{
    struct json value;
    char *copy = mem_alloc(text.n);
    if (text.n)
        memcpy(copy, text.p, text.n);
    bool good = json_parse(arena, str_of(copy, text.n), NULL, &value, NULL);
    mem_free(copy);
    return good;
}

static void the_public_suite_is_accepted_and_refused(void **state)
{
    struct arena *arena = *state;
    str file = unit_case_file(arena, UNIT_CASES "json-parsing.jsonl");
    str line;
    unsigned accepted = 0;
    unsigned refused = 0;
    unsigned wrong = 0;
    while (str_next(&file, '\n', &line)) {
        if (line.n == 0)
            continue;
        struct json row = read_text(arena, line);
        str expect = json_member_text(&row, STR("expect"));
        bool good = parses_alone(arena, case_bytes(arena, &row));
        bool either = str_eq(expect, STR("i"));
        if (!either && good != str_eq(expect, STR("y"))) {
            print_error("wrong: " STR_F "\n", STR_A(json_member_text(&row, STR("id"))));
            wrong++;
        }
        accepted += good && !either;
        refused += !good && !either;
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(accepted, 71);
    assert_int_equal(refused, 129);
}

static void fails(struct arena *arena, str text, size_t offset, const char *what)
{
    struct json value = {.mark = 7};
    struct json_fault fault = {0};
    if (json_parse(arena, text, NULL, &value, &fault))
        fail_msg("accepted: " STR_F, STR_A(text));
    assert_int_equal(value.mark, 7);
    if (fault.offset != offset || !strstr(fault.what, what))
        fail_msg(STR_F ": %zu, %s", STR_A(text), fault.offset, fault.what);
}

static void faults_say_what_is_wrong_and_where(void **state)
{
    static const struct {
        const char *text;
        size_t offset;
        const char *what;
    } rows[] = {
        {"", 0, "ends too early"},
        {"  ", 2, "ends too early"},
        {"[1,2", 4, "ends too early"},
        {"[1,", 3, "ends too early"},
        {"[", 1, "ends too early"},
        {"{", 1, "ends too early"},
        {"{\"a\"", 4, "ends too early"},
        {"{\"a\":", 5, "ends too early"},
        {"\"abc", 4, "ends too early"},
        {"\"abc\\", 5, "ends too early"},
        {"-", 1, "ends too early"},
        {"1.", 2, "ends too early"},
        {"1e", 2, "ends too early"},
        {"1e+", 3, "ends too early"},
        {"[1 2]", 3, "a comma or ]"},
        {"[1}", 2, "a comma or ]"},
        {"{\"a\":1 \"b\":2}", 7, "a comma or }"},
        {"{\"a\":1]", 6, "a comma or }"},
        {"[1,]", 3, "a value is expected"},
        {"[,1]", 1, "a value is expected"},
        {"{,}", 1, "name in double quotes"},
        {"{\"a\":1,}", 7, "name in double quotes"},
        {"{a:1}", 1, "name in double quotes"},
        {"{'a':1}", 1, "name in double quotes"},
        {"{\"a\" 1}", 5, "a colon"},
        {"{\"a\":}", 5, "a value is expected"},
        {"01", 0, "start with a zero"},
        {"-01", 0, "start with a zero"},
        {"-x", 1, "follow the minus sign"},
        {"1.x", 2, "follow the decimal point"},
        {"1ex", 2, "exponent"},
        {"+1", 0, "a value is expected"},
        {".5", 0, "a value is expected"},
        {"NaN", 0, "a value is expected"},
        {"tru", 0, "a value is expected"},
        {"nul", 0, "a value is expected"},
        {"falsy", 0, "a value is expected"},
        {"truex", 4, "nothing may follow"},
        {"1 2", 2, "nothing may follow"},
        {"[],", 2, "nothing may follow"},
        {"\"a\nb\"", 2, "control character"},
        {"\"\\x\"", 2, "no such escape"},
        {"\"\\u12\"", 3, "four hexadecimal"},
        {"\"\\u12G4\"", 3, "four hexadecimal"},
        {"\"a\xff\"", 2, "UTF-8"},
        {"\"\xc0\x80\"", 1, "UTF-8"},
        {"\"\xed\xa0\x80\"", 1, "UTF-8"},
        {"\"\xf4\x90\x80\x80\"", 1, "UTF-8"},
        {"\"\xe2\x82\"", 1, "UTF-8"},
        {"\"x\\n\xe2\x82\"", 4, "UTF-8"},
        {"\xef\xbb\xbf[]", 0, "byte order mark"},
        {"[\v1]", 1, "a value is expected"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        fails(*state, str_z(rows[i].text), rows[i].offset, rows[i].what);
    fails(*state, STR_NONE, 0, "ends too early");
    fails(*state, STR("1\0"), 1, "nothing may follow");
    fails(*state, STR("\"a\0b\""), 2, "control character");
}

static void places_count_lines_and_characters(void **state)
{
    struct json value;
    struct json_fault fault;
    str text = STR("{\n  \"gr\xc3\xb6\xc3\x9f\x65\": 1,\n  \"\xe2\x82\xac\": !\n}");
    assert_false(json_parse(*state, text, NULL, &value, &fault));
    assert_int_equal(fault.line, 3);
    assert_int_equal(fault.column, 8);
    assert_int_equal(text.p[fault.offset], '!');
}

static void strings_without_escapes_are_slices(void **state)
{
    static const char text[] = "[\"plain\",\"gr\xc3\xbc\xc3\x9f\x65\"]";
    struct json v = read_z(*state, text);
    const struct json *plain = &v.u.items[0];
    const struct json *umlaut = &v.u.items[1];
    assert_ptr_equal(plain->u.text, text + 2);
    assert_int_equal(plain->flags, JSON_PLAIN | JSON_ASCII);
    assert_str(json_text(umlaut), STR("gr\xc3\xbc\xc3\x9f\x65"));
    assert_int_equal(umlaut->flags, JSON_PLAIN);
}

static void escapes_are_decoded(void **state)
{
    static const struct {
        const char *text;
        str decoded;
        uint8_t flags;
    } rows[] = {
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", STR("\"\\/\b\f\n\r\t"), JSON_ASCII},
        {"\"\\u0041\"", STR("A"), JSON_ASCII},
        {"\"\\u0000x\"", STR("\0x"), JSON_ASCII},
        {"\"\\u00e9\"", STR("\xc3\xa9"), 0},
        {"\"\\u20AC\"", STR("\xe2\x82\xac"), 0},
        {"\"\\uD83D\\uDE00!\"", STR("\xf0\x9f\x98\x80!"), 0},
        {"\"\\udbff\\udfff\"", STR("\xf4\x8f\xbf\xbf"), 0},
        {"\"\xc3\xa9\\n\"", STR("\xc3\xa9\n"), 0},
        {"\"\\n\xc3\xa9\"", STR("\n\xc3\xa9"), 0},
        {"\"a long text in front of it: \\u0062\"", STR("a long text in front of it: b"),
         JSON_ASCII},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct json v = read_z(*state, rows[i].text);
        assert_str(json_text(&v), rows[i].decoded);
        assert_int_equal(v.flags, rows[i].flags);
    }
}

static void lone_surrogates_are_kept(void **state)
{
    static const struct {
        const char *text;
        str decoded;
    } rows[] = {
        {"\"\\ud83d\"", STR("\xed\xa0\xbd")},
        {"\"\\ude00\"", STR("\xed\xb8\x80")},
        {"\"\\ud83dx\"", STR("\xed\xa0\xbdx")},
        {"\"\\ud83d\\n\"", STR("\xed\xa0\xbd\n")},
        {"\"\\ud83d\\u0041\"", STR("\xed\xa0\xbd\x41")},
        {"\"\\ud83d\\ud83d\\ude00\"", STR("\xed\xa0\xbd\xf0\x9f\x98\x80")},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct json v = read_z(*state, rows[i].text);
        assert_str(json_text(&v), rows[i].decoded);
    }
}

static void numbers_are_doubles_only_if_they_print_the_same(void **state)
{
    static const struct {
        const char *text;
        bool numeral;
    } rows[] = {
        {"0", false},
        {"-1", false},
        {"42", false},
        {"12345678", false},
        {"123456789", false},
        {"123456789012345", false},
        {"-123456789012345", false},
        {"1234567890123456", true},
        {"12345678901234567890", true},
        {"-0", true},
        {"1.0", true},
        {"1.10", true},
        {"1e400", true},
        {"1E5", true},
        {"0.1", true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct json v = read_z(*state, rows[i].text);
        assert_true(json_is(&v, JSON_NUMBER));
        assert_int_equal((v.flags & JSON_NUMERAL) != 0, rows[i].numeral);
        assert_str(write_value(*state, &v), str_z(rows[i].text));
    }
}

/* Digits are converted eight at a time; each length, at each distance from the end. */
static void whole_numbers_of_all_lengths_are_read(void **state)
{
    struct arena *arena = *state;
    uint64_t expected = 0;
    for (size_t n = 1; n <= 15; n++) {
        expected = expected * 10 + n % 10;
        for (size_t blanks = 0; blanks <= 20; blanks++) {
            str text = arena_printf(arena, "%llu%*s", (unsigned long long)expected,
                                    (int)blanks, "");
            struct json v = read_text(arena, text);
            assert_true(json_number(&v) == (double)expected);
        }
    }
}

/* Digits are looked at 32 bytes at once; each numeral, at each distance from the end. */
static void numerals_of_all_shapes_are_taken_or_refused(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {"1.5", true},
        {"-0.25e10", true},
        {"0.1E+3", true},
        {"1e-5", true},
        {"7.209935435093939", true},
        {"1234567890123456789012345678901", true},
        {"12345678901234567890123456789012", true},
        {"1234567890123456789012345678901.5", true},
        {"1.234567890123456789012345678901234567890", true},
        {"1.23456789012345678901234567890e1", true},
        {"0", true},
        {"1.", false},
        {"1.e5", false},
        {"1..2", false},
        {"1.2.3", false},
        {"1.5.", false},
        {"1.5e", false},
        {"1e", false},
        {"1e+", false},
        {"1-2", false},
        {"01", false},
        {"-01", false},
        {"00", false},
        {"-", false},
        {"--1", false},
        {"-.5", false},
        {".5", false},
        {"/", false},
        {"+1", false},
        {"1234567890123456789012345678901.", false},
        {"123456789012345678901234567890.1.", false},
    };
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (int blanks = 0; blanks <= 40; blanks++) {
            str text = arena_printf(arena, "%s%*s", rows[i].text, blanks, "");
            assert_int_equal(parses_alone(arena, text), rows[i].good);
            if (rows[i].good) {
                struct json v = read_text(arena, text);
                assert_str(write_value(arena, &v), str_z(rows[i].text));
            }
        }
}

static void strings_of_all_lengths_are_read(void **state)
{
    struct arena *arena = *state;
    for (size_t n = 0; n < 70; n++) {
        char *text = arena_bytes(arena, n + 2);
        memset(text, 'x', n + 2);
        text[0] = text[n + 1] = '"';
        assert_true(parses_alone(arena, str_of(text, n + 2)));
        assert_false(parses_alone(arena, str_of(text, n + 1)));
        for (size_t i = 1; i <= n; i++) {
            text[i] = '\x1f';
            assert_false(parses_alone(arena, str_of(text, n + 2)));
            text[i] = '\x80';
            assert_false(parses_alone(arena, str_of(text, n + 2)));
            text[i] = '"';
            assert_int_equal(parses_alone(arena, str_of(text, n + 2)), false);
            text[i] = 'x';
        }
    }
}

static void blanks_may_stand_between_all_tokens(void **state)
{
    struct json v = read_z(*state, " \t\r\n{ \"a\" : [ 1 , 2 , { } , [ ] ] , \"b\" : "
                                   "null } \n");
    assert_json(*state, &v, "{\"a\":[1,2,{},[]],\"b\":null}");
}

static void the_last_of_equal_names_wins_in_the_first_place(void **state)
{
    struct json v = read_z(*state, "{\"a\":1,\"b\":2,\"a\":3,\"c\":4,\"\\u0062\":5}");
    assert_json(*state, &v, "{\"a\":3,\"b\":5,\"c\":4}");
}

static void equal_names_may_be_refused(void **state)
{
    struct json value;
    struct json_fault fault;
    struct json_limits limits = {.duplicates = JSON_DUPLICATES_REFUSE};
    str text = STR("[{\"a\":1,\"b\":2},\n{\"a\":1,\"b\":2,\"\\u0061\":3}]");
    assert_false(json_parse(*state, text, &limits, &value, &fault));
    assert_int_equal(fault.line, 2);
    assert_int_equal(fault.column, 14);
    assert_string_equal(fault.what, "this name occurs a second time");
    assert_true(json_parse(*state, STR("[{\"a\":1},{\"a\":1}]"), &limits, &value, NULL));
}

static void depth_is_limited(void **state)
{
    struct json value;
    struct json_fault fault;
    struct json_limits limits = {.depth_max = 2};
    assert_true(json_parse(*state, STR("[{\"a\":1},[]]"), &limits, &value, NULL));
    assert_false(json_parse(*state, STR("[[],[{}]]"), &limits, &value, &fault));
    assert_int_equal(fault.offset, 5);
    assert_string_equal(fault.what, "arrays and objects are nested too deep");
}

static void size_is_limited(void **state)
{
    struct json value;
    struct json_fault fault;
    struct json_limits limits = {.bytes_max = 5};
    assert_true(json_parse(*state, STR("[1,2]"), &limits, &value, NULL));
    assert_false(json_parse(*state, STR("[1,2] "), &limits, &value, &fault));
    assert_int_equal(fault.offset, 5);
    limits.bytes_max = SIZE_MAX;
    assert_true(json_parse(*state, STR("[1,2] "), &limits, &value, NULL));
}

static void the_arena_takes_at_most_forty_times_the_text(void **state)
{
    static const char *const items[] = {"1", "[]", "{}", "[1]", "{\"\":1}", "\"\\n\""};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(items); i++) {
        struct arena arena;
        struct buf buf;
        struct json v;
        arena_init(&arena, 4096, (size_t)1 << 30);
        buf_init(&buf, 1 << 20);
        buf_char(&buf, '[');
        while (buf.n < 500000)
            buf_printf(&buf, "%s,", items[i]);
        buf_printf(&buf, "%s]", items[i]);
        assert_true(json_parse(&arena, buf_peek(&buf), NULL, &v, NULL));
        assert_true(arena.bytes <= 40 * buf.n + (4 << 20));
        buf_fini(&buf);
        arena_fini(&arena);
    }
}

/* Records that repeat, leave out, add, exchange, and escape names: what the parser takes
 * from the record before must not change what is read. */
static void records_are_read_as_they_stand(void **state)
{
    static const char *const rows[] = {
        "{\"id\":1,\"name\":\"a\",\"tags\":[{\"t\":1}],\"sub\":{\"x\":1,\"y\":2}}",
        "{\"id\":2,\"name\":\"b\",\"tags\":[{\"t\":2},{\"t\":3}],\"sub\":{\"x\":1}}",
        "{\"id\":3,\"tags\":[],\"sub\":{\"y\":2,\"x\":1},\"name\":\"c\"}",
        "{\"id\":4,\"more\":true,\"name\":\"d\",\"tags\":[1],\"sub\":[{\"x\":1}]}",
        "{\"name\":\"e\",\"name_longer_than_sixteen_bytes\":1,\"id\":5}",
        "{\"name\":\"f\",\"name_longer_than_sixteen_bytes\":2,\"id\":6}",
        "{}",
        "{\"id\":7,\"\":1,\"nam\":2,\"names\":3}",
        "{\"id\":8,\"\":1,\"nam\":2,\"names\":3}",
        "[{\"id\":9},{\"id\":10}]",
        "[{\"id\":9},{\"id\":10}]",
        "{\"a\\\"b\":1,\"id\":11}",
        "{\"a\\\"b\":1,\"id\":12}",
    };
    struct arena *arena = *state;
    uint64_t seed = 4;
    for (int round = 0; round < 500; round++) {
        str text = STR("[");
        for (int i = 0; i < 6; i++) {
            const char *row = rows[unit_below(&seed, COUNT_OF(rows))];
            text = arena_printf(arena, STR_F "%s%s", STR_A(text), i ? "," : "", row);
        }
        text = arena_printf(arena, STR_F "]", STR_A(text));
        struct json v = read_text(arena, text);
        assert_str(write_value(arena, &v), text);
    }
}

static void a_name_is_not_taken_from_an_escaped_one(void **state)
{
    fails(*state, STR("[{\"a\\\"b\":1},{\"a\"b\":1}]"), 16, "a colon");
    fails(*state, STR("[{\"a\\nb\":1},{\"a\nb\":1}]"), 15, "control character");
    struct json v = read_z(*state, "[{\"ab\":1},{\"a\":1},{\"ab\" :2},{\"abc\":3}]");
    assert_json(*state, &v, "[{\"ab\":1},{\"a\":1},{\"ab\":2},{\"abc\":3}]");
}

/* Names of all lengths that differ from those of the record before in one byte. */
static void names_that_differ_in_one_byte_are_told_apart(void **state)
{
    struct arena *arena = *state;
    for (int n = 1; n < 40; n++)
        for (int i = 0; i < n; i++) {
            char name[40];
            memset(name, 'n', sizeof(name));
            str first = arena_printf(arena, "[{\"%.*s\":1},{\"", n, name);
            name[i] = 'm';
            str text = arena_printf(arena, STR_F "%.*s\":2}]", STR_A(first), n, name);
            struct json v = read_text(arena, text);
            assert_str(write_value(arena, &v), text);
        }
}

static void repeated_names_in_records_are_found(void **state)
{
    struct json v = read_z(
        *state, "[{\"a\":1,\"b\":2,\"c\":3},{\"a\":1,\"a\":2},{\"a\":1,\"c\":2,\"c\":3},"
                "{\"b\":1,\"a\":2,\"b\":3}]");
    assert_json(
        *state, &v,
        "[{\"a\":1,\"b\":2,\"c\":3},{\"a\":2},{\"a\":1,\"c\":3},{\"b\":3,\"a\":2}]");
}

/* Random bytes put into good texts: must not crash, and what is accepted must mean the
 * same when it is printed and read again. */
static void damaged_texts_do_no_harm(void **state)
{
    static const char good[] =
        "{\"id\":12345678901,\"name\":\"Jos\xc3\xa9 \\u00e9\\n\",\"list\":[1.5e3,-0,true,"
        "false,null,{\"a\":{},\"b\":[]}],\"list2\":[{\"a\":1},{\"a\":2}]}";
    static const char bytes[] = "\"\\{}[]:,019.eE+-tfn \n\t\xc3\xa9\xed\xa0\x80u/";
    uint64_t seed = 5;
    for (int round = 0; round < 20000; round++) {
        struct arena arena;
        char text[sizeof(good)];
        struct json v;
        struct json_fault fault;
        arena_init(&arena, 4096, 1 << 22);
        memcpy(text, good, sizeof(good));
        for (size_t i = unit_below(&seed, 4) + 1; i; i--)
            text[unit_below(&seed, sizeof(good) - 1)] =
                bytes[unit_below(&seed, sizeof(bytes) - 1)];
        str damaged = str_of(text, sizeof(good) - 1 - unit_below(&seed, 3));
        if (json_parse(&arena, damaged, NULL, &v, &fault)) {
            struct json again = read_text(&arena, write_value(&arena, &v));
            assert_true(json_equal(&v, &again));
        } else {
            assert_true(fault.offset <= damaged.n && fault.what);
        }
        arena_fini(&arena);
    }
    (void)state;
}

int test_json_parse(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, read_setup, read_teardown)
    const struct CMUnitTest tests[] = {
        T(the_public_suite_is_accepted_and_refused),
        T(faults_say_what_is_wrong_and_where),
        T(places_count_lines_and_characters),
        T(strings_without_escapes_are_slices),
        T(escapes_are_decoded),
        T(lone_surrogates_are_kept),
        T(numbers_are_doubles_only_if_they_print_the_same),
        T(whole_numbers_of_all_lengths_are_read),
        T(numerals_of_all_shapes_are_taken_or_refused),
        T(strings_of_all_lengths_are_read),
        T(blanks_may_stand_between_all_tokens),
        T(the_last_of_equal_names_wins_in_the_first_place),
        T(equal_names_may_be_refused),
        T(depth_is_limited),
        T(size_is_limited),
        T(the_arena_takes_at_most_forty_times_the_text),
        T(records_are_read_as_they_stand),
        T(a_name_is_not_taken_from_an_escaped_one),
        T(names_that_differ_in_one_byte_are_told_apart),
        T(repeated_names_in_records_are_found),
        T(damaged_texts_do_no_harm),
    };
    return cmocka_run_group_tests_name("json/json_parse", tests, NULL, NULL);
}
