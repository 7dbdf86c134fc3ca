#include "groups.h"
#include "support/given.h"

#include "connect/apology.h"

static str printed(struct arena *arena, const struct page *page)
{
    struct buf buf;
    buf_init(&buf, 1 << 20);
    page_print(&buf, page);
    str text = arena_str(arena, buf_peek(&buf));
    buf_fini(&buf);
    return text;
}

static bool has(str text, const char *part)
{
    return str_find_str(text, str_z(part)) < text.n;
}

#define HOSTILE "\"'><script>alert(1)</script>&"

/* Everything that is not ours: a label, a fault, a vendor's words, a value, a link. */
static void what_others_wrote_is_text(void **state)
{
    struct arena *arena = *state;
    str bad = STR(HOSTILE);
    struct page_field field = {bad, bad, bad, bad, bad, false, false, false};
    struct page_choice choice = {bad, bad};
    struct page page = {200, bad, bad, bad, bad,      bad,     &field,
                        1,   bad, bad, bad, STR_NONE, &choice, 1};
    str text = printed(arena, &page);
    assert_false(has(text, "<script"));
    assert_false(has(text, "'>"));
    assert_false(has(text, "\"'"));
    assert_true(has(text, "&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;"));
}

static void choices_are_links(void **state)
{
    const struct page_choice choices[] = {{STR("A <key>"), STR("?auth=key&ask")},
                                          {STR("OAuth"), STR("?auth=oauth")}};
    struct page page = {.title = STR("x"), .choices = choices, .choice_n = 2};
    str text = printed(*state, &page);
    assert_true(has(text, "href=\"?auth=key&amp;ask\">A &lt;key&gt;</a>"));
    assert_true(has(text, "href=\"?auth=oauth\">OAuth</a>"));
    assert_false(has(text, "<form"));
}

static void a_secret_is_never_shown_again(void **state)
{
    struct arena *arena = *state;
    struct page_field field = {.name = STR("password"),
                               .value = STR("hush"),
                               .fault = STR("No."),
                               .secret = true};
    struct page page = {
        .status = 422, .fields = &field, .field_n = 1, .button = STR("Go")};
    str text = printed(arena, &page);
    assert_true(has(text, "type=\"password\""));
    assert_false(has(text, "hush"));
}

static void a_fault_is_bound_to_its_field_and_has_the_cursor(void **state)
{
    struct arena *arena = *state;
    struct page_field fields[] = {
        {.name = STR("one"), .label = STR("First"), .value = STR("kept")},
        {.name = STR("the_other"), .help = STR("Help."), .fault = STR("Not so.")},
        {.name = STR("third"), .fault = STR("Nor this."), .optional = true}};
    struct page page = {.status = 422,
                        .title = STR("Sign in"),
                        .fields = fields,
                        .field_n = 3,
                        .button = STR("Go")};
    str text = printed(arena, &page);
    assert_true(has(text, "<label for=\"one\">First</label>"));
    assert_true(has(text, "value=\"kept\""));
    assert_true(has(text, "<title>Error: Sign in</title>"));
    assert_true(has(text, "<h1>Sign in</h1>"));
    assert_true(has(text, "<label for=\"the_other\">The other</label>"));
    assert_true(has(text, "aria-describedby=\"fault.the_other help.the_other\" "
                          "aria-invalid=\"true\" autofocus required>"));
    assert_true(has(text, "id=\"fault.the_other\">Not so.</p>"));
    assert_true(has(text, "id=\"help.the_other\">Help.</p>"));
    assert_true(
        has(text, "aria-invalid=\"true\"><p class=\"fault\" id=\"fault.third\">"));
}

static void the_first_field_has_the_cursor(void **state)
{
    struct arena *arena = *state;
    struct page_field fields[] = {{.name = STR("a")}, {.name = STR("b")}};
    struct page page = {.fields = fields, .field_n = 2, .button = STR("Go")};
    str text = printed(arena, &page);
    size_t first = str_find_str(text, STR("autofocus"));
    assert_true(first < str_find_str(text, STR("name=\"b\"")));
}

static const enum err told[] = {
#define X(symbol, title, text, again) ERR_##symbol,
#include "connect/apology_list.h"
#undef X
};

static void each_apology_names_the_vendor_and_no_engineering(void **state)
{
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT_OF(told); i++) {
        struct page page;
        apology_make(told[i], STR("A {vendor}"), arena, &page);
        assert_str(page.code, err_row(told[i])->code);
        assert_true(page.title.n && page.text.n);
        apology_make(told[i], STR("Acme"), arena, &page);
        assert_false(has(page.text, "{vendor}"));
        assert_false(has(page.text, "`"));
        assert_false(has(page.text, "token"));
    }
}

static void no_proxy_replaces_an_apology_by_its_own(void **state)
{
    struct page page;
    for (enum err err = ERR_NONE + 1; err < ERR_COUNT; err++) {
        apology_make(err, STR("Acme"), *state, &page);
        assert_true(page.status >= 400 && (page.status < 500 || page.status == 503));
    }
    apology_make(ERR_CREDENTIAL_UNUSABLE, STR("Acme"), *state, &page);
    assert_int_equal(page.status, 422);
    apology_make(ERR_STORE_UNAVAILABLE, STR("Acme"), *state, &page);
    assert_int_equal(page.status, 503);
}

static void an_error_without_words_has_the_last_ones(void **state)
{
    struct arena *arena = *state;
    struct page page, last;
    assert_true(apology_make(ERR_UPSTREAM_RESET, STR_NONE, arena, &page));
    apology_make(told[COUNT_OF(told) - 1], STR_NONE, arena, &last);
    assert_str(page.text, last.text);
    assert_str(page.code, STR("upstream_reset"));
}

int test_page(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(what_others_wrote_is_text),
        GIVEN_TEST(choices_are_links),
        GIVEN_TEST(a_secret_is_never_shown_again),
        GIVEN_TEST(a_fault_is_bound_to_its_field_and_has_the_cursor),
        GIVEN_TEST(the_first_field_has_the_cursor),
        GIVEN_TEST(each_apology_names_the_vendor_and_no_engineering),
        GIVEN_TEST(no_proxy_replaces_an_apology_by_its_own),
        GIVEN_TEST(an_error_without_words_has_the_last_ones),
    };
    return cmocka_run_group_tests_name("connect: pages", tests, NULL, NULL);
}
