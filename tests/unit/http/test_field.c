#include "http/field.h"

#include "tests.h"
#include "text.h"

/* Joins what a walker gave with "|". */
static str join(struct arena *arena, str so_far, str piece)
{
    str parts[] = {so_far, str_absent(so_far) ? STR("") : STR("|"), piece};
    return arena_join(arena, parts, COUNT_OF(parts));
}

struct row {
    const char *value;
    const char *want;
};

static void lists_are_walked(void **state)
{
    static const struct row rows[] = {
        {"a", "a"},
        {"a, b ,\tc", "a|b|c"},
        {",a,,b, ,", "a|b"}, /* RFC 9110 §5.6.1.2 */
        {"", NULL},
        {" , ,", NULL},
        {"foo,bar", "foo|bar"},
        {"\"a,b\", c", "\"a,b\"|c"},
        {"\"a\\\",b\", c", "\"a\\\",b\"|c"},
        {"\"a\\\\\", c", "\"a\\\\\"|c"},
        {"x=\"a,b\";y, c", "x=\"a,b\";y|c"},
        {"\"a, b", "\"a, b"},
        {"a, \"", "a|\""},
        {"a, \"b\\", "a|\"b\\"},
        {"(a, b), c", "(a|b)|c"},
        {"max-age=1, no-cache", "max-age=1|no-cache"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str rest = text_input(*state, rows[i].value);
        str item;
        str got = STR_NONE;
        while (field_list_next(&rest, &item))
            got = join(*state, got, item);
        text_same(rows[i].value, got, rows[i].want);
        assert_false(field_list_next(&rest, &item));
    }
    str rest = STR_NONE;
    str item;
    assert_false(field_list_next(&rest, &item));
}

static void pieces_respect_quotes_and_brackets(void **state)
{
    static const struct row rows[] = {
        {"a;b", "a|b"},
        {"a; b ;c", "a|b|c"},
        {"a;;b;", "a||b|"},
        {"", ""},
        {"total=100; remaining=99; resets=41", "total=100|remaining=99|resets=41"},
        {"api-usage=5000/5000; per-app-api-usage=250/250(appName=sample-connected-app)",
         "api-usage=5000/5000|per-app-api-usage=250/250(appName=sample-connected-app)"},
        {"a(b;c);d", "a(b;c)|d"},
        {"a(b(c;d);e);f", "a(b(c;d);e)|f"},
        {"a(\";)\";b);c", "a(\";)\";b)|c"},
        {"<a;b>;c", "<a;b>|c"},
        {"<a\";b>;c", "<a\";b>|c"},
        {"\"a;(<\";b", "\"a;(<\"|b"},
        {"a(b;c", "a(b;c"},
        {"a);b", "a)|b"},
        {"a<b;c", "a<b;c"},
        {"a>;b", "a>|b"},
        {"a;\"b;c", "a|\"b;c"},
        {"(\";);b", "(\";);b"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str rest = text_input(*state, rows[i].value);
        str piece;
        str got = STR_NONE;
        while (field_piece_next(&rest, ';', &piece))
            got = join(*state, got, piece);
        text_same(rows[i].value, got, rows[i].want);
        assert_false(field_piece_next(&rest, ';', &piece));
    }
}

static void tokens_are_found_in_lists(void **state)
{
    (void)state;
    assert_true(field_list_has(STR("keep-alive, Upgrade"), STR("upgrade")));
    assert_true(field_list_has(STR("close"), STR("close")));
    assert_true(field_list_has(STR(",, close ,"), STR("CLOSE")));
    assert_false(field_list_has(STR("closed"), STR("close")));
    assert_false(field_list_has(STR("not close"), STR("close")));
    assert_false(field_list_has(STR("\"close\""), STR("close")));
    assert_false(field_list_has(STR("\"a, close, b\""), STR("close")));
    assert_false(field_list_has(STR(""), STR("close")));
    assert_false(field_list_has(STR_NONE, STR("close")));
}

static void pairs_are_cut(void **state)
{
    static const struct {
        const char *piece;
        const char *name;
        const char *value;
    } rows[] = {
        {"a=1", "a", "1"},
        {" a = 1 ", "a", "1"},
        {"a", "a", NULL},
        {"", "", NULL},
        {"a(b=c)", "a(b=c)", NULL},
        {"a=", "a", ""},
        {"=1", "", "1"},
        {"a=b=c", "a", "b=c"},
        {"a=\"b c\"", "a", "b c"},
        {"a=\"\"", "a", ""},
        {"a=\"b\\\"c\"", "a", "b\\\"c"},
        {"a=\"b", "a", "\"b"},
        {"a=\"b\\\"", "a", "\"b\\\""},
        {"a=\"", "a", "\""},
        {"a=\"b\"c", "a", "\"b\"c"},
        {"a=\"b\"c\"", "a", "\"b\"c\""},
        {"\"a=b\"=c", "\"a=b\"", "c"},
        {"api-usage=18/5000", "api-usage", "18/5000"},
        {"per-app-api-usage=250/250(appName=sample-connected-app)", "per-app-api-usage",
         "250/250(appName=sample-connected-app)"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str name;
        str value;
        field_pair(text_input(*state, rows[i].piece), &name, &value);
        text_same(rows[i].piece, name, rows[i].name);
        text_same(rows[i].piece, value, rows[i].value);
    }
}

static void quotes_and_escapes_are_removed(void **state)
{
    static const struct row rows[] = {
        {"\"a b\"", "a b"},
        {"\"a\\\"b\\\\c\\d\"", "a\"b\\cd"},
        {"\"\"", ""},
        {"a", "a"},
        {"", ""},
        {NULL, NULL},
        {"\"a", "\"a"},
        {"\"", "\""},
        {"a\\\"b", "a\"b"},
        {"a\\", "a\\"},
        {"\"a\"b\"", "\"a\"b\""},
        {"\"\\\"\"", "\""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        text_same(rows[i].value ? rows[i].value : "absent",
                  field_unquote(*state, text_input(*state, rows[i].value)), rows[i].want);
}

static void texts_are_quoted_and_come_back(void **state)
{
    static const char *const rows[] = {"", "a b", "\"", "a\\\"", "\xc3\xa4\t,;="};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str quoted = field_quote(*state, str_z(rows[i]));
        str rest = quoted, item;
        assert_true(field_list_next(&rest, &item));
        assert_str(item, quoted);
        text_same(rows[i], field_unquote(*state, quoted), rows[i]);
    }
    text_same("escapes", field_quote(*state, STR("a\"b\\")), "\"a\\\"b\\\\\"");
}

#define GITHUB_LINK                                                                      \
    "<https://api.github.com/repositories/99/issues?per_page=1&page=1>; rel=\"prev\", "  \
    "<https://api.github.com/repositories/99/issues?per_page=1&page=3>; rel=\"next\", "  \
    "<https://api.github.com/repositories/99/issues?per_page=1&page=50>; rel=\"last\""

static void links_are_walked(void **state)
{
    static const struct row rows[] = {
        {GITHUB_LINK,
         "https://api.github.com/repositories/99/issues?per_page=1&page=1|; rel=\"prev\"|"
         "https://api.github.com/repositories/99/issues?per_page=1&page=3|; rel=\"next\"|"
         "https://api.github.com/repositories/99/issues?per_page=1&page=50|; "
         "rel=\"last\""},
        /* RFC 8288 §3.5 */
        {"<http://example.com/TheBook/chapter2>; rel=\"previous\"; title=\"previous "
         "chapter\"",
         "http://example.com/TheBook/chapter2|; rel=\"previous\"; title=\"previous "
         "chapter\""},
        {"</>; rel=\"http://example.net/foo\"", "/|; rel=\"http://example.net/foo\""},
        {"</terms>; rel=\"copyright\"; anchor=\"#foo\"",
         "/terms|; rel=\"copyright\"; anchor=\"#foo\""},
        {"</TheBook/chapter2>; rel=\"previous\"; title*=UTF-8'de'letztes%20Kapitel, "
         "</TheBook/chapter4>; rel=\"next\"; title*=UTF-8'de'n%c3%a4chstes%20Kapitel",
         "/TheBook/chapter2|; rel=\"previous\"; title*=UTF-8'de'letztes%20Kapitel|"
         "/TheBook/chapter4|; rel=\"next\"; title*=UTF-8'de'n%c3%a4chstes%20Kapitel"},
        {"<http://example.org/>; rel=\"start http://example.net/relation/other\"",
         "http://example.org/|; rel=\"start http://example.net/relation/other\""},
        {"<https://example.org/>; rel=\"start\", <https://example.org/index>; "
         "rel=\"index\"",
         "https://example.org/|; rel=\"start\"|https://example.org/index|; "
         "rel=\"index\""},
        {"<a,b;c>;x=\"d,<e>\",<f>", "a,b;c|;x=\"d,<e>\"|f|"},
        {"<a>;t=(b, <c>", "a|;t=(b|c|"},
        {" ,, <a> ,\t, <b> ,", "a||b|"},
        {"<>", "|"},
        {"<a>;x=\"b, <c>;rel=next", "a|;x=\"b, <c>;rel=next"},
        {"", NULL},
        {"a", NULL},
        {"<a", NULL},
        {"a <b>", NULL},
        {"<a>, b, <c>", "a|"},
        {"<a> b, <c>", NULL},
        {">", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str rest = text_input(*state, rows[i].value);
        struct field_link link;
        str got = STR_NONE;
        while (field_link_next(&rest, &link))
            got = join(*state, join(*state, got, link.uri), link.params);
        text_same(rows[i].value, got, rows[i].want);
        assert_false(field_link_next(&rest, &link));
    }
    str rest = STR_NONE;
    struct field_link link;
    assert_false(field_link_next(&rest, &link));
}

static void the_uri_of_a_link_can_be_replaced_in_place(void **state)
{
    str value = STR("<a?x>; rel=next, <b>; rel=last");
    str rest = value;
    struct field_link link;
    assert_true(field_link_next(&rest, &link));
    assert_true(field_link_next(&rest, &link));
    size_t at = (size_t)(link.uri.p - value.p);
    str parts[] = {str_of(value.p, at), STR("/c"), str_from(value, at + link.uri.n)};
    text_same("replaced", arena_join(*state, parts, 3),
              "<a?x>; rel=next, </c>; rel=last");
}

static void relations_are_found(void **state)
{
    static const struct {
        const char *value;
        const char *rel;
        bool has;
    } rows[] = {
        {"<a>; rel=\"next\"", "next", true},
        {"<a>; rel=next", "next", true},
        {"<a>; REL=\"NEXT\"", "next", true},
        {"<a>;rel = next", "next", true},
        {"<a>; rel=\"prev next\"", "next", true},
        {"<a>; rel=\"prev  next \"", "next", true},
        {"<a>; title=\"; rel=next\"; rel=\"prev\"", "next", false},
        {"<a>; rel=\"prev\"; rel=\"next\"", "next", false},
        {"<a>; rel=\"nextish\"", "next", false},
        {"<a>; rel", "next", false},
        {"<a>; rel=\"\"", "next", false},
        {"<a>; rev=next", "next", false},
        {"<a>; title=a(b; rel=next", "next", true},
        {"<a>", "next", false},
        {"<a>; rel=\"start http://example.net/relation/other\"",
         "http://example.net/relation/other", true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str rest = text_input(*state, rows[i].value);
        struct field_link link;
        assert_true(field_link_next(&rest, &link));
        text_true(rows[i].value,
                  field_link_has_rel(&link, text_input(*state, rows[i].rel)) ==
                      rows[i].has);
    }
}

int test_field(void)
{
    static const struct CMUnitTest tests[] = {
        TEXT_TEST(lists_are_walked),
        TEXT_TEST(pieces_respect_quotes_and_brackets),
        TEXT_TEST(tokens_are_found_in_lists),
        TEXT_TEST(pairs_are_cut),
        TEXT_TEST(quotes_and_escapes_are_removed),
        TEXT_TEST(texts_are_quoted_and_come_back),
        TEXT_TEST(links_are_walked),
        TEXT_TEST(the_uri_of_a_link_can_be_replaced_in_place),
        TEXT_TEST(relations_are_found),
    };
    return cmocka_run_group_tests_name("http/field", tests, NULL, NULL);
}
