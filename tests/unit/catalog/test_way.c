#include "paper.h"

#include "auth/token_rule.h"

int test_way(void);

#define TWO                                                                              \
    "{\"hosts\":[\"api.acme.test\",\"oauth.acme.test\"],\"auth\":["                      \
    "{\"way\":\"key\",\"label\":\"API "                                                  \
    "key\",\"scheme\":\"header\",\"header\":\"X-Key\"},"                                 \
    "{\"way\":\"oauth\",\"scheme\":\"bearer\",\"base_url\":"                             \
    "\"https://oauth.acme.test/ex/{cloud}\",\"connect\":{\"text\":\"Sign in.\"},"        \
    "\"token\":{\"grant\":\"client_credentials\",\"url\":\"https://acme.test/t\"}}]}"

static void a_word_or_an_object_is_one_way_without_a_name(void **state)
{
    static const char *const patches[] = {"{\"auth\":\"bearer\"}",
                                          "{\"auth\":{\"scheme\":\"bearer\"}}",
                                          "{\"auth\":[{\"scheme\":\"bearer\"}]}"};
    for (size_t i = 0; i < COUNT_OF(patches); i++) {
        const struct integration *integration = paper_read(*state, patches[i]);
        const struct auth_way *way = integration_way(integration, STR_NONE);
        assert_int_equal(integration->ways.n, 1);
        assert_true(str_absent(way->name) && str_absent(way->label));
        assert_int_equal(way->rule.scheme, AUTH_bearer);
        assert_false(way->own_base);
        assert_null(integration_way(integration, STR("bearer")));
    }
}

static void ways_are_found_by_name_and_the_first_without_one(void **state)
{
    const struct integration *integration = paper_read(*state, TWO);
    const struct auth_way *key = integration_way(integration, STR("key"));
    const struct auth_way *oauth = integration_way(integration, STR("oauth"));
    assert_ptr_equal(integration_way(integration, STR_NONE), key);
    assert_int_equal(key->rule.scheme, AUTH_header);
    given_same("a label", key->label, "API key");
    assert_null(key->rule.token);
    assert_non_null(oauth->rule.token);
    given_same("a text", oauth->connect.text, "Sign in.");
    assert_true(auth_way_is(key, STR_NONE) && auth_way_is(key, STR("key")));
    assert_false(auth_way_is(oauth, STR_NONE) || auth_way_is(oauth, STR("key")));
    assert_null(integration_way(integration, STR("")));
    assert_null(integration_way(integration, STR("oaut")));
}

static void a_way_may_have_a_base_url_of_its_own(void **state)
{
    struct url url;
    str detail;
    const struct integration *integration = paper_read(*state, TWO);
    const struct auth_way *key = integration_way(integration, STR("key"));
    const struct auth_way *oauth = integration_way(integration, STR("oauth"));
    const struct json *context = given_json(*state, STR("{\"cloud\":\"c1\"}"));
    assert_false(key->own_base);
    assert_true(oauth->own_base);
    assert_int_equal(
        integration_base_url(integration, key, context, *state, &url, &detail), ERR_NONE);
    given_same("the document's", url_format(*state, &url), "https://api.acme.test/");
    assert_int_equal(
        integration_base_url(integration, oauth, context, *state, &url, &detail),
        ERR_NONE);
    given_same("its own", url_format(*state, &url), "https://oauth.acme.test/ex/c1");
}

static void a_way_that_is_not_there_is_told_with_those_that_are(void **state)
{
    given_same("two", integration_no_way(paper_read(*state, TWO), STR("jwt"), *state),
               "\"acme\" has no way of authentication called \"jwt\"; it has \"key\", "
               "\"oauth\".");
    given_same("one", integration_no_way(paper_read(*state, "{}"), STR("jwt"), *state),
               "\"acme\" has no way of authentication called \"jwt\"; it has none with a "
               "name.");
}

int test_way(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(a_word_or_an_object_is_one_way_without_a_name),
        GIVEN_TEST(ways_are_found_by_name_and_the_first_without_one),
        GIVEN_TEST(a_way_may_have_a_base_url_of_its_own),
        GIVEN_TEST(a_way_that_is_not_there_is_told_with_those_that_are),
    };
    return cmocka_run_group_tests_name("catalog: way", tests, NULL, NULL);
}
