#include "http/header.h"

#include "tests.h"
#include "text.h"

static struct headers make(struct arena *arena, const char *const *lines)
{
    struct headers headers;
    headers_init(&headers, arena, 1);
    for (; *lines; lines++) {
        str line = str_z(*lines);
        size_t at = str_find(line, ':');
        header_add_name(&headers, str_of(line.p, at), str_from(line, at + 1));
    }
    return headers;
}

static const char *as_text(struct arena *arena, const struct headers *headers)
{
    struct buf text;
    buf_init(&text, 65536);
    for (uint32_t i = 0; i < headers->n; i++)
        buf_printf(&text, STR_F ":" STR_F ";", STR_A(headers->items[i].name),
                   STR_A(headers->items[i].value));
    const char *copy = arena_z(arena, text.n ? buf_peek(&text) : STR(""));
    buf_fini(&text);
    return copy;
}

static void every_known_name_is_found_in_any_case(void **state)
{
    static const struct {
        const char *name;
        enum header_id id;
        unsigned flags;
    } rows[] = {
#define HOP                    HEADER_HOP
#define OURS                   HEADER_OURS
#define TAKEN                  HEADER_TAKEN
#define X(symbol, name, flags) {name, HEADER_##symbol, flags},
#include "http/header_list.h"
#undef X
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *upper = arena_bytes(*state, 64), *lower = arena_bytes(*state, 64);
        str name = str_z(rows[i].name);
        for (size_t at = 0; at < name.n; at++) {
            lower[at] = str_lower(name.p[at]);
            upper[at] =
                lower[at] >= 'a' && lower[at] <= 'z' ? (char)(lower[at] - 32) : lower[at];
        }
        assert_int_equal(header_id_of(name), rows[i].id);
        assert_int_equal(header_id_of(str_of(upper, name.n)), rows[i].id);
        assert_int_equal(header_id_of(str_of(lower, name.n)), rows[i].id);
        assert_int_equal(header_id_of(str_of(lower, name.n - 1)), HEADER_OTHER);
        assert_int_equal(header_flags(rows[i].id), rows[i].flags);
        text_same("name", header_name(rows[i].id), rows[i].name);
    }
    assert_int_equal(header_id_of(STR("")), HEADER_OTHER);
    assert_int_equal(header_id_of(STR("X-Whatever")), HEADER_OTHER);
}

static void names_are_tokens(void **state)
{
    static const char good[] = "!#$%&'*+-.^_`|~09azAZ";
    (void)state;
    for (int c = 0; c < 256; c++) {
        char name[] = {'a', (char)c, 'b'};
        bool token = c && strchr(good, c);
        token = token || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                (c >= 'A' && c <= 'Z');
        assert_true(header_name_valid(str_of(name, 3)) == token);
    }
    assert_false(header_name_valid(STR("")));
}

static void values_hold_no_control_characters(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        char value[] = {'a', (char)c, 'b'};
        bool good = c == '\t' || (c >= 0x20 && c != 0x7f);
        assert_true(header_value_valid(str_of(value, 3)) == good);
    }
    assert_true(header_value_valid(STR("")));
}

static void lines_keep_their_order_case_and_number(void **state)
{
    static const char *const lines[] = {"Set-Cookie:a", "X-A:1", "set-cookie:b",
                                        "x-a:", NULL};
    struct headers headers = make(*state, lines);
    text_same("lines", str_z(as_text(*state, &headers)),
              "Set-Cookie:a;X-A:1;set-cookie:b;x-a:;");
}

static void a_line_is_found_by_id_and_by_name(void **state)
{
    static const char *const lines[] = {"X-A:1", "Host:h", "x-a:2", "hOST:i", NULL};
    struct headers headers = make(*state, lines);
    text_same("id", header_value(&headers, HEADER_HOST), "h");
    text_same("name", header_value_name(&headers, STR("HOST")), "h");
    text_same("other", header_value_name(&headers, STR("X-a")), "1");
    text_same("missing", header_value(&headers, HEADER_AGE), NULL);
    text_same("missing", header_value_name(&headers, STR("X-B")), NULL);
    assert_null(header_find(&headers, HEADER_AGE));
    assert_int_equal(header_count(&headers, HEADER_HOST), 2);
    assert_int_equal(header_count(&headers, HEADER_AGE), 0);
}

static void values_are_joined_as_one_list(void **state)
{
    static const char *const lines[] = {"Via:1.1 a", "X:y", "via:1.1 b, 1.1 c",
                                        "VIA:", NULL};
    struct headers headers = make(*state, lines);
    text_same("joined", header_joined(&headers, HEADER_VIA), "1.1 a, 1.1 b, 1.1 c, ");
    text_same("missing", header_joined(&headers, HEADER_AGE), NULL);
    struct arena *arena = headers.arena;
    text_same("known", header_joined_name(arena, &headers, STR("vIA")),
              "1.1 a, 1.1 b, 1.1 c, ");
    text_same("alone", header_joined_name(arena, &headers, STR("x")), "y");
    text_same("missing", header_joined_name(arena, &headers, STR("y")), NULL);
}

static void tokens_are_found_in_any_line(void **state)
{
    static const char *const lines[] = {"Connection:keep-alive , X-Y",
                                        "Connection:\tClose", "Connection:,,", NULL};
    struct headers headers = make(*state, lines);
    assert_true(header_has_token(&headers, HEADER_CONNECTION, STR("close")));
    assert_true(header_has_token(&headers, HEADER_CONNECTION, STR("KEEP-ALIVE")));
    assert_true(header_has_token(&headers, HEADER_CONNECTION, STR("x-y")));
    assert_false(header_has_token(&headers, HEADER_CONNECTION, STR("x")));
    assert_false(header_has_token(&headers, HEADER_TE, STR("close")));
}

static void lines_are_removed_and_replaced(void **state)
{
    static const char *const lines[] = {"Host:a", "X-A:1", "Age:1",
                                        "x-a:2",  "age:2", NULL};
    struct headers headers = make(*state, lines);
    header_remove(&headers, HEADER_AGE);
    text_same("age", str_z(as_text(*state, &headers)), "Host:a;X-A:1;x-a:2;");
    header_remove_name(&headers, STR("X-a"));
    text_same("other", str_z(as_text(*state, &headers)), "Host:a;");
    header_set(&headers, HEADER_HOST, STR("b"));
    header_set_name(&headers, STR("X-B"), STR("1"));
    header_set_name(&headers, STR("x-b"), STR("2"));
    header_add_int(&headers, HEADER_AGE, -5);
    text_same("set", str_z(as_text(*state, &headers)), "Host:b;x-b:2;Age:-5;");
    header_remove_name(&headers, STR("host"));
    text_same("known by name", str_z(as_text(*state, &headers)), "x-b:2;Age:-5;");
}

static void a_list_grows(void **state)
{
    struct headers headers;
    headers_init(&headers, *state, 0);
    for (int i = 0; i < 1000; i++)
        header_add(&headers, HEADER_VIA, STR("v"));
    assert_int_equal(header_count(&headers, HEADER_VIA), 1000);
}

static void add_bad_value(void)
{
    struct arena arena;
    struct headers headers;
    arena_init(&arena, 1024, 65536);
    headers_init(&headers, &arena, 1);
    header_add_name(&headers, STR("A"), STR("b\r\nC: d"));
}

static void add_bad_name(void)
{
    struct arena arena;
    struct headers headers;
    arena_init(&arena, 1024, 65536);
    headers_init(&headers, &arena, 1);
    header_add_name(&headers, STR("A: b\r\nC"), STR("d"));
}

static void no_line_can_smuggle_another(void **state)
{
    (void)state;
    assert_true(unit_dies(add_bad_value));
    assert_true(unit_dies(add_bad_name));
}

int test_header(void)
{
    const struct CMUnitTest tests[] = {
        TEXT_TEST(every_known_name_is_found_in_any_case),
        cmocka_unit_test(names_are_tokens),
        cmocka_unit_test(values_hold_no_control_characters),
        TEXT_TEST(lines_keep_their_order_case_and_number),
        TEXT_TEST(a_line_is_found_by_id_and_by_name),
        TEXT_TEST(values_are_joined_as_one_list),
        TEXT_TEST(tokens_are_found_in_any_line),
        TEXT_TEST(lines_are_removed_and_replaced),
        TEXT_TEST(a_list_grows),
        cmocka_unit_test(no_line_can_smuggle_another),
    };
    return cmocka_run_group_tests_name("header", tests, NULL, NULL);
}
