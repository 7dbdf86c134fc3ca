#include "stroll.h"

int test_page_rule(void);

#define CURSOR(members)                                                                  \
    "{\"kind\":\"cursor_in_body\",\"next\":\"/n\",\"put\":\"after\"" members "}"
#define OFFSET(members) "{\"kind\":\"offset_limit\",\"put\":\"offset\"" members "}"
#define CLAUSE(members)                                                                  \
    "{\"kind\":\"query_language_offset\",\"put\":\"query\"" members "}"

static const struct page_rule *rule_of(struct arena *arena, const char *json)
{
    return stroll_rule(arena, given_json(arena, str_z(json)));
}

static void what_is_left_out_has_its_default(void **state)
{
    const struct page_rule *rule = rule_of(*state, CURSOR(""));
    assert_int_equal(rule->kind, PAGE_cursor_in_body);
    assert_str(page_kind_word(rule), STR("cursor_in_body"));
    assert_int_equal(rule->records.at.n, 0);
    assert_int_equal(rule->put.in, PLACE_QUERY);
    assert_int_equal(rule->size.put.in, PLACE_NONE);
    assert_int_equal(rule->first, 0);
    assert_str(rule->rel, STR("next"));
    assert_int_equal(rule->advance, PAGE_BY_RECORDS);
    assert_null(rule->window);
    assert_null(rule->restart);
    assert_null(rule->expired);
    assert_null(rule->delta);
    assert_int_equal(
        rule_of(*state,
                "{\"kind\":\"page_number\",\"put\":\"p\",\"size\":{\"default\":5}}")
            ->first,
        1);
}

/* What the vendor says plainly stands above what can be counted. */
static void ends_follow_from_what_is_given(void **state)
{
    const uint32_t token = PAGE_END(token_absent) | PAGE_END(token_null) |
                           PAGE_END(token_empty) | PAGE_END(no_content);
    const uint32_t counted = PAGE_END(empty_page) | PAGE_END(no_content);
    const struct {
        const char *rule;
        uint32_t ends;
    } rows[] = {
        {CURSOR(""), token},
        {CURSOR(",\"total\":\"/t\",\"pages\":\"/p\""), token},
        {CURSOR(",\"more\":\"/m\""), PAGE_END(more_false) | PAGE_END(no_content)},
        {CURSOR(",\"more\":\"/m\",\"done\":\"/d\""),
         PAGE_END(more_false) | PAGE_END(done_true) | PAGE_END(no_content)},
        {CURSOR(",\"end\":[\"token_null\",\"short_page\"],\"size\":{\"default\":5}"),
         PAGE_END(token_null) | PAGE_END(short_page)},
        {OFFSET(",\"size\":{\"default\":5}"), counted | PAGE_END(short_page)},
        {OFFSET(",\"total\":\"/t\""), counted | PAGE_END(total_reached)},
        {OFFSET(",\"pages\":\"/t\""), counted | PAGE_END(last_page)},
        {OFFSET(",\"next\":\"/t\",\"total\":\"/t\""), counted | token},
        {OFFSET(",\"total\":\"/t\",\"more\":\"/m\""),
         PAGE_END(more_false) | PAGE_END(no_content)},
        {"{\"kind\":\"link_header\"}", PAGE_END(header_absent) | PAGE_END(no_content)},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rule_of(*state, rows[i].rule)->ends != rows[i].ends)
            fail_msg("%s: 0x%x", rows[i].rule, rule_of(*state, rows[i].rule)->ends);
}

static void sizes_are_what_is_wanted_within_bounds(void **state)
{
    static const struct {
        const char *size;
        uint32_t wanted;
        uint32_t got;
    } rows[] = {
        {"{\"put\":\"limit\"}", 0, 0},
        {"{\"put\":\"limit\"}", 50, 50},
        {"{\"put\":\"limit\",\"max\":100}", 0, 100},
        {"{\"put\":\"limit\",\"max\":100}", 101, 100},
        {"{\"put\":\"limit\",\"max\":100,\"default\":20}", 0, 20},
        {"{\"put\":\"limit\",\"max\":100,\"default\":20}", 1, 1},
        {"{\"put\":\"limit\",\"min\":200,\"max\":2000}", 100, 200},
        {"{\"put\":\"limit\",\"min\":200,\"max\":2000}", 0, 2000},
        {"{\"default\":30}", 100, 30},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str json = arena_printf(*state, CURSOR(",\"size\":%s"), rows[i].size);
        const struct page_rule *rule = rule_of(*state, arena_z(*state, json));
        if (page_rule_size(rule, rows[i].wanted) != rows[i].got)
            fail_msg("%s, %u: %u", rows[i].size, rows[i].wanted,
                     page_rule_size(rule, rows[i].wanted));
    }
}

static void the_hash_is_that_of_the_block(void **state)
{
    uint64_t hash = page_rule_hash(given_json(*state, STR("{\"kind\":\"none\"}")));
    assert_true(hash ==
                page_rule_hash(given_json(*state, STR("{ \"kind\" : \"none\" }"))));
    assert_true(hash != page_rule_hash(given_json(
                            *state, STR("{\"kind\":\"none\",\"records\":\"/a\"}"))));
}

static void faults_say_where_and_why(void **state)
{
    static const struct {
        const char *rule;
        const char *pointer;
        const char *part; /* of the sentence */
    } rows[] = {
        {"5", "", "is 5"},
        {"{}", "", "\"kind\" is missing"},
        {"{\"kind\":\"cursor\"}", "/kind", "one of"},
        {"{\"kind\":\"cursor_in_bodi\"}", "/kind", "did you mean \"cursor_in_body\""},
        {CURSOR(",\"nxt\":1"), "/nxt", "did you mean \"next\""},
        {"{\"kind\":\"cursor_in_body\",\"put\":\"a\"}", "", "and no \"next\""},
        {"{\"kind\":\"cursor_in_body\",\"next\":\"/a\"}", "", "and no \"put\""},
        {"{\"kind\":\"url_in_body_absolute\"}", "", "and no \"next\""},
        {"{\"kind\":\"next_page_header\",\"put\":\"p\"}", "", "and no \"next\""},
        {"{\"kind\":\"page_number\"}", "", "and no \"put\""},
        {"{\"kind\":\"last_item_id\",\"put\":\"p\",\"more\":\"/m\"}", "",
         "and no \"item\""},
        {CLAUSE(",\"size\":{\"default\":5}"), "", "and no \"clause\""},
        {"{\"kind\":\"graphql_pageinfo\",\"next\":\"/n\",\"put\":{\"variable\":\"a\"}}",
         "", "and no \"more\""},
        {CURSOR(",\"first\":1"), "/first", "has no meaning"},
        {CURSOR(",\"first\":2"), "/first", "at most 1"},
        {CURSOR(",\"advance\":\"size\""), "/advance", "has no meaning"},
        {CURSOR(",\"advance\":\"sice\""), "/advance", "did you mean \"size\""},
        {CURSOR(",\"item\":\"/id\""), "/item", "has no meaning"},
        {CURSOR(",\"clause\":\"LIMIT {size}\""), "/clause", "has no meaning"},
        {CURSOR(",\"rel\":\"next\""), "/rel", "has no meaning"},
        {CURSOR(",\"against\":\"base_url\""), "/against", "has no meaning"},
        {"{\"kind\":\"url_in_body_absolute\",\"next\":\"/n\",\"put\":\"a\"}", "/put",
         "has no meaning"},
        {"{\"kind\":\"link_header\",\"next\":\"Link\"}", "/next", "has no meaning"},
        {"{\"kind\":\"none\",\"next\":\"/n\"}", "/next", "has no meaning"},
        {"{\"kind\":\"none\",\"size\":{\"default\":5}}", "/size", "has no meaning"},
        {"{\"kind\":\"none\",\"more\":\"/m\"}", "/more", "has no meaning"},
        {"{\"kind\":\"none\",\"done\":\"/m\"}", "/done", "has no meaning"},
        {"{\"kind\":\"none\",\"pages\":\"/m\"}", "/pages", "has no meaning"},
        {"{\"kind\":\"none\",\"end\":[\"empty_page\"]}", "/end", "has no meaning"},
        {"{\"kind\":\"none\",\"window\":{\"pages\":1}}", "/window", "has no meaning"},
        {"{\"kind\":\"none\",\"expired\":{\"when\":[{\"status\":410}]}}", "/expired",
         "has no meaning"},
        {"{\"kind\":\"cursor_in_body\",\"next\":\"/n\",\"put\":{\"body\":\"/a\"}}",
         "/put", "it goes into the query, a header or the path"},
        {"{\"kind\":\"cursor_sent_in_request_body\",\"next\":\"/n\",\"put\":\"a\"}",
         "/put", "it goes into the body"},
        {"{\"kind\":\"graphql_pageinfo\",\"next\":\"/n\",\"more\":\"/m\",\"put\":\"a\"}",
         "/put", "it goes into a variable"},
        {"{\"kind\":\"next_page_header\",\"next\":\"/n\",\"put\":\"p\"}", "/next",
         "must be a header"},
        {CURSOR(",\"records\":\"data\""), "/records", "JSON pointer"},
        {CURSOR(",\"records\":5"), "/records", ""},
        {CURSOR(",\"records\":{\"expression\":\"a[\"}"), "/records/expression",
         "no JSONata expression"},
        {CURSOR(",\"records\":{\"at\":\"/a\",\"expression\":\"a\"}"), "/records",
         "one of them"},
        {CURSOR(",\"more\":\"a b\""), "/more", "neither a header name"},
        {CURSOR(",\"put\":{}"), "/put", "must name one place"},
        {"{\"kind\":\"cursor_in_body\",\"next\":\"/n\",\"put\":{}}", "/put",
         "must name one place"},
        {"{\"kind\":\"cursor_in_body\",\"next\":\"/n\",\"put\":{\"query\":\"a\","
         "\"header\":\"B\"}}",
         "/put", "must name one place"},
        {"{\"kind\":\"cursor_in_body\",\"next\":\"/n\",\"put\":{\"header\":\"Host: a\"}}",
         "/put/header", "no header that a vendor can get"},
        {"{\"kind\":\"cursor_in_body\",\"next\":\"/"
         "n\",\"put\":{\"header\":\"Connection\"}}",
         "/put/header", "no header that a vendor can get"},
        {"{\"kind\":\"cursor_in_body\",\"next\":\"/n\",\"put\":{\"path\":\"{c}\"}}",
         "/put/path", "without its braces"},
        {"{\"kind\":\"cursor_in_body\",\"next\":\"/n\",\"put\":{\"query\":\"a\","
         "\"format\":\"{velue}\"}}",
         "/put/format", "{velue}"},
        {"{\"kind\":\"cursor_in_body\",\"next\":\"/n\",\"put\":{\"query\":\"a\","
         "\"format\":\"{\"}}",
         "/put/format", "without a \"}\""},
        {CURSOR(",\"size\":{\"put\":\"n\",\"max\":0}"), "/size/max", "at least 1"},
        {CURSOR(",\"size\":{\"put\":\"n\",\"max\":5,\"default\":6}"), "/size/default",
         "more than \"max\""},
        {CURSOR(",\"size\":{\"max\":5}"), "/size", "nobody can ask"},
        {CURSOR(",\"size\":{\"min\":5}"), "/size", "nobody can ask"},
        {CURSOR(",\"size\":{\"put\":\"n\",\"min\":6,\"max\":5}"), "/size/min",
         "more than \"max\""},
        {CURSOR(",\"size\":{\"put\":\"n\",\"min\":6,\"default\":5}"), "/size/default",
         "less than \"min\""},
        {CURSOR(",\"end\":[]"), "/end", "at least 1"},
        {CURSOR(",\"end\":[\"short_pag\"]"), "/end/0", "did you mean \"short_page\""},
        {CURSOR(",\"end\":[\"more_false\"]"), "", "needs \"more\""},
        {CURSOR(",\"end\":[\"done_true\"]"), "", "needs \"done\""},
        {CURSOR(",\"end\":[\"total_reached\"]"), "", "needs \"total\""},
        {CURSOR(",\"end\":[\"last_page\"]"), "", "needs \"pages\""},
        {CURSOR(",\"end\":[\"short_page\"]"), "", "needs a known \"size\""},
        {CURSOR(",\"end\":[\"header_absent\"]"), "", "needs a header"},
        {OFFSET(",\"total\":\"/t\",\"end\":[\"token_null\"]"), "", "needs \"next\""},
        {OFFSET(""), "", "\"short_page\", which needs a known \"size\""},
        {OFFSET(",\"total\":\"/t\",\"advance\":\"size\""), "/advance", "is not known"},
        {CLAUSE(",\"size\":{\"default\":5},\"clause\":\"LIMIT {size}\""), "/clause",
         "{position}"},
        {CLAUSE(",\"size\":{\"default\":5},\"clause\":\"{position} {offset}\""),
         "/clause", "{offset}"},
        {CLAUSE(",\"total\":\"/t\",\"clause\":\"{position} {size}\""), "/clause",
         "no \"max\""},
        {"{\"kind\":\"query_language_offset\",\"total\":\"/t\",\"clause\":\"{position}\","
         "\"put\":{\"query\":\"q\",\"format\":\"{value}\"}}",
         "/put", "write it into \"clause\""},
        {"{\"kind\":\"delta_or_sync_token\",\"next\":\"/n\"}", "",
         "cannot tell its last page"},
        {"{\"kind\":\"delta_or_sync_token\",\"next\":\"/n\",\"delta\":{}}", "",
         "cannot tell its last page"},
        {CURSOR(",\"window\":{}"), "/window", "add \"records\" or \"pages\""},
        {CURSOR(",\"window\":{\"records\":0}"), "/window/records", "at least 1"},
        {CURSOR(",\"window\":{\"records\":5,\"then\":\"restart\"}"), "/window",
         "no \"restart\""},
        {CURSOR(",\"restart\":{\"value\":\"/id\",\"put\":\"since\"}"), "/restart",
         "asked for by nothing"},
        {CURSOR(",\"restart\":{\"value\":\"/id\"}"), "/restart", "\"put\" is missing"},
        {CURSOR(",\"expired\":{\"then\":\"error\"}"), "/expired", "\"when\" is missing"},
        {CURSOR(",\"expired\":{\"when\":[]}"), "/expired/when", "at least 1"},
        {CURSOR(",\"expired\":{\"when\":[{}]}"), "/expired/when/0", "is empty"},
        {CURSOR(",\"delta\":{\"put\":{\"body\":\"x\"}}"), "/delta/put/body",
         "JSON pointer"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct binder binder;
        struct page_rule rule;
        struct json_fault fault;
        struct json json;
        bind_init(&binder, *state);
        assert_true(json_parse(*state, str_z(rows[i].rule), NULL, &json, &fault));
        if (bind_read(&binder, &page_rule_table, &json, &rule))
            fail_msg("%s has no fault", rows[i].rule);
        bool told = false;
        for (const struct bind_fault *at = binder.first; at; at = at->next)
            told |= str_eq(at->pointer, str_z(rows[i].pointer)) &&
                    str_find_str(at->text, str_z(rows[i].part)) < at->text.n;
        if (!told)
            fail_msg("%s: \"" STR_F "\" " STR_F, rows[i].rule,
                     STR_A(binder.first->pointer), STR_A(binder.first->text));
    }
}

int test_page_rule(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(what_is_left_out_has_its_default),
        GIVEN_TEST(ends_follow_from_what_is_given),
        GIVEN_TEST(sizes_are_what_is_wanted_within_bounds),
        GIVEN_TEST(the_hash_is_that_of_the_block),
        GIVEN_TEST(faults_say_where_and_why),
    };
    return cmocka_run_group_tests_name("paging: page_rule", tests, NULL, NULL);
}
