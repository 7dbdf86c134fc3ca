#include "wallet.h"

#include "auth/own_request.h"

int test_own_request(void);

static const struct own_request *check_of(struct arena *arena, const char *json)
{
    str text = arena_printf(arena, "{\"scheme\":\"bearer\",\"check\":%s}", json);
    const struct auth_rule *rule = wallet_rule(arena, arena_z(arena, text));
    assert_non_null(rule->check);
    return rule->check;
}

static void a_word_is_its_url_and_the_rest_has_defaults(void **state)
{
    const struct own_request *request = check_of(*state, "\"/v1/me\"");
    given_same("verb", own_request_verb(request), "GET");
    assert_true(own_request_is_below(request));
    assert_int_equal(request->keep.n, 0);
    assert_true(json_is(&request->body, JSON_UNDEFINED));
    assert_null(wallet_rule(*state, "\"bearer\"")->check);
}

static void context_requests_are_a_list(void **state)
{
    const struct auth_rule *rule = wallet_rule(
        *state, "{\"scheme\":\"bearer\",\"context\":["
                "{\"url\":\"https://a.test/sites\",\"keep\":{\"site\":\"/0/id\"}},"
                "{\"url\":\"/{site}/me\",\"verb\":\"POST\",\"body\":{\"q\":1},"
                "\"headers\":{\"X-Site\":\"{site}\"},\"keep\":{\"me\":\"/id\"}}]}");
    const struct own_request *requests = rule->context.items;
    assert_int_equal(rule->context.n, 2);
    assert_false(own_request_is_below(&requests[0]));
    assert_true(own_request_is_below(&requests[1]));
    given_same("verb", own_request_verb(&requests[1]), "POST");
    assert_int_equal(requests[1].headers.n, 1);
}

static void urls_are_made_of_base_and_context(void **state)
{
    static const struct {
        const char *url, *base, *context, *want; /* "!…": a part of the sentence */
    } rows[] = {
        {"/me", "https://a.test", "{}", "https://a.test/me"},
        {"/me", "https://a.test/v2", "{}", "https://a.test/v2/me"},
        {"/{id}/me?x={id}", "https://a.test/v2", "{\"id\":\"a/ä\"}",
         "https://a.test/v2/a%2F%C3%A4/me?x=a%2F%C3%A4"},
        {"https://{dc}.a.test/me", "https://b.test", "{\"dc\":\"us1\"}",
         "https://us1.a.test/me"},
        {"{origin}/me", "https://b.test", "{\"origin\":\"https://c.test\"}",
         "https://c.test/me"},
        {"/{id}", "https://a.test", "{}", "!has no \"id\""},
        {"/{id}", "https://a.test", "{\"id\":\"..\"}", "!neither empty"},
        {"https://{dc}.a.test", "https://b.test", "{\"dc\":\"x/y\"}", "!letters"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena *arena = *state;
        struct url base, url;
        str detail;
        str quoted = arena_printf(arena, "\"%s\"", rows[i].url);
        const struct own_request *request = check_of(arena, arena_z(arena, quoted));
        assert_true(url_parse(arena, str_z(rows[i].base), &base, NULL));
        enum err err =
            own_request_url(request, &base, given_json(arena, str_z(rows[i].context)),
                            arena, &url, &detail);
        if (rows[i].want[0] == '!') {
            assert_int_equal(err, ERR_CREDENTIAL_UNUSABLE);
            if (str_find_str(detail, str_z(rows[i].want + 1)) == detail.n)
                fail_msg("%s: " STR_F, rows[i].url, STR_A(detail));
            continue;
        }
        assert_int_equal(err, ERR_NONE);
        str parts[] = {url_origin(arena, &url), url.path,
                       url.query.n ? STR("?") : STR(""), url.query};
        given_same(rows[i].url, arena_join(arena, parts, COUNT_OF(parts)), rows[i].want);
    }
}

static void faults_say_where_and_why(void **state)
{
    static const struct {
        const char *check, *pointer, *part;
    } rows[] = {
        {"{}", "/check", "\"url\" is missing"},
        {"5", "/check", "must be a text"},
        {"\"\"", "/check", ""},
        {"\"me\"", "/check/url", "start with https://"},
        {"\"ftp://a.test\"", "/check/url", "start with https://"},
        {"\"https://a b.test\"", "/check/url", "not usable"},
        {"{\"url\":\"/me\",\"verb\":\"DELETE\"}", "/check/verb", "one of"},
        {"{\"url\":\"/me\",\"body\":{}}", "/check/body", "POST"},
        {"{\"url\":\"/me\",\"headers\":{\"Host\":\"a\"}}", "/check/headers", "Host"},
        {"{\"url\":\"/me\",\"keep\":{\"A\":\"/a\"}}", "/check/keep", "\"A\""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena *arena = *state;
        struct auth_rule rule;
        struct binder binder;
        bind_init(&binder, arena);
        str text =
            arena_printf(arena, "{\"scheme\":\"bearer\",\"check\":%s}", rows[i].check);
        assert_false(bind_read(&binder, &auth_table, given_json(arena, text), &rule));
        str pointer = binder.first->pointer;
        bool there = str_find_str(binder.first->text, str_z(rows[i].part)) <
                         binder.first->text.n ||
                     !*rows[i].part;
        if (!str_starts(pointer, str_z(rows[i].pointer)) || !there)
            fail_msg("%s: " STR_F " " STR_F, rows[i].check, STR_A(pointer),
                     STR_A(binder.first->text));
    }
}

int test_own_request(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(a_word_is_its_url_and_the_rest_has_defaults),
        GIVEN_TEST(context_requests_are_a_list),
        GIVEN_TEST(urls_are_made_of_base_and_context),
        GIVEN_TEST(faults_say_where_and_why),
    };
    return cmocka_run_group_tests_name("auth: own_request", tests, NULL, NULL);
}
