#include "paper.h"

int test_method(void);

static const char acme[] =
    "{\"idempotency\":{\"kind\":\"header\",\"header\":\"I-Key\"},"
    "\"rewrite\":{\"body\":[\"/next\"]},"
    "\"resilience\":{\"timeouts\":{\"total\":\"40s\",\"idle\":\"20s\"},"
    "\"retry\":{\"server\":{\"retries\":1}}},"
    "\"resources\":{\"contacts\":{\"methods\":{"
    "\"list\":{\"verb\":\"GET\",\"path\":\"/contacts\"},"
    "\"get\":{\"verb\":\"GET\",\"path\":\"/contacts/{id}\"},"
    "\"create\":{\"verb\":\"POST\",\"path\":\"/contacts\",\"group\":\"write\"},"
    "\"put\":{\"verb\":\"PUT\",\"path\":\"/contacts/{id}\",\"repeatable\":false},"
    "\"patch\":{\"verb\":\"PATCH\",\"path\":\"/contacts/{id}\",\"repeatable\":true},"
    "\"delete\":{\"verb\":\"DELETE\",\"path\":\"/contacts/{id}\"},"
    "\"search\":{\"verb\":\"POST\",\"path\":\"/contacts/search\",\"safe\":true,"
    "\"breaker_group\":\"search\",\"rewrite\":{\"headers\":false},"
    "\"idempotency\":{\"kind\":\"none\"},"
    "\"resilience\":{\"timeouts\":{\"total\":\"2m\"}}},"
    "\"trigger\":{\"verb\":\"GET\",\"path\":\"/contacts/{id}/call\",\"safe\":false}"
    "}},\"files\":{\"methods\":{"
    "\"any\":{\"verb\":\"GET\",\"path\":\"/files/{path*}\"}}}}}";

static void calls_are_told_by_verb_and_path(void **state)
{
    static const struct {
        const char *verb;
        const char *path;
        const char *resource; /* NULL: none */
        const char *method;
    } rows[] = {
        {"GET", "/contacts", "contacts", "list"},
        {"HEAD", "/contacts", "contacts", "list"},
        {"GET", "/contacts/5", "contacts", "get"},
        {"GET", "/contacts/search", "contacts", "get"},
        {"POST", "/contacts/search", "contacts", "search"},
        {"POST", "/contacts", "contacts", "create"},
        {"PATCH", "/contacts/5", "contacts", "patch"},
        {"GET", "/files/a/b/c.txt", "files", "any"},
        {"POST", "/files/a", NULL, NULL},
        {"HEAD", "/nothing", NULL, NULL},
        {"OPTIONS", "/contacts", NULL, NULL},
        {"GET", "/contacts/", NULL, NULL},
        {"get", "/contacts", NULL, NULL},
        {"GET", "", NULL, NULL},
    };
    const struct integration *integration = paper_read(*state, acme);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct method *method =
            integration_method(integration, str_z(rows[i].verb), str_z(rows[i].path));
        given_same(rows[i].path, method ? method->name : STR_NONE, rows[i].method);
        given_same(rows[i].path, method ? method->resource->name : STR_NONE,
                   rows[i].resource);
    }
}

static void safety_follows_the_verb_unless_told(void **state)
{
    static const struct {
        const char *verb;
        const char *path;
        bool safe, has_safe, repeatable;
    } rows[] = {
        {"GET", "/contacts", true, false, true},
        {"POST", "/contacts", false, false, false},
        {"PUT", "/contacts/5", false, false, false},
        {"PATCH", "/contacts/5", false, false, true},
        {"DELETE", "/contacts/5", false, false, true},
        {"POST", "/contacts/search", true, true, true},
        {"GET", "/contacts/5/call", false, true, false},
    };
    const struct integration *integration = paper_read(*state, acme);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct method *method =
            integration_method(integration, str_z(rows[i].verb), str_z(rows[i].path));
        if (method->safe != rows[i].safe || method->has_safe != rows[i].has_safe ||
            method->repeatable != rows[i].repeatable)
            fail_msg("%s %s", rows[i].verb, rows[i].path);
    }
}

static void settings_are_the_integrations_unless_given(void **state)
{
    const struct integration *integration = paper_read(*state, acme);
    const struct method *list =
        integration_method(integration, STR("GET"), STR("/contacts"));
    const struct method *search =
        integration_method(integration, STR("POST"), STR("/contacts/search"));
    const struct method *create =
        integration_method(integration, STR("POST"), STR("/contacts"));
    assert_ptr_equal(list->resilience, &integration->resilience);
    assert_false(list->has_rewrite || list->has_idempotency);
    assert_int_equal(list->rewrite.body.n, 1);
    given_same("header", list->idempotency.header, "I-Key");
    given_same("group", create->group, "write");
    assert_true(search->has_rewrite && search->has_idempotency);
    assert_false(search->rewrite.headers);
    assert_int_equal(search->rewrite.body.n, 0);
    assert_int_equal(search->idempotency.kind, IDEMPOTENCY_NONE);
    given_same("breaker group", search->breaker_group, "search");
}

/* The document's, over it the resource's, over that the method's. */
static void caching_is_merged_through_the_resource(void **state)
{
    const struct integration *integration = paper_read(
        *state,
        "{\"cache\":{\"fresh\":\"60s\",\"proxy\":\"fresh\"},\"resources\":{"
        "\"a\":{\"cache\":{\"fresh\":\"30s\",\"stale\":\"1h\"},\"methods\":{"
        "\"get\":{\"verb\":\"GET\",\"path\":\"/a\",\"cache\":{\"stale\":\"2h\"}}}},"
        "\"b\":{\"methods\":{\"get\":{\"verb\":\"GET\",\"path\":\"/b\"}}}}}");
    const struct caching *a =
        integration_method(integration, STR("GET"), STR("/a"))->caching;
    assert_int_equal(a->fresh, 30 * USEC_S);
    assert_int_equal(a->stale, 2 * USEC_H);
    assert_int_equal(a->proxy, CACHING_FRESH);
    assert_ptr_equal(integration_method(integration, STR("GET"), STR("/b"))->caching,
                     &integration->caching);
}

static void resilience_is_merged(void **state)
{
    const struct integration *integration = paper_read(*state, acme);
    const struct resilience *merged =
        integration_method(integration, STR("POST"), STR("/contacts/search"))->resilience;
    assert_int_equal(merged->timeouts.total, 2 * USEC_MIN); /* its own */
    assert_int_equal(merged->timeouts.idle, 20 * USEC_S);   /* the integration's */
    assert_int_equal(merged->retry.server.retries, 1);
    assert_int_equal(merged->timeouts.connect, 5 * USEC_S); /* nobody's */
    assert_int_equal(integration->resilience.timeouts.total, 40 * USEC_S);
}

static void null_takes_a_setting_back(void **state)
{
    struct binder binder;
    bind_init(&binder, *state);
    const struct integration *integration = integration_read(
        &binder,
        STR("{\"name\":\"acme\",\"hosts\":\"api.acme.test\",\"auth\":\"none\","
            "\"base_url\":\"https://api.acme.test\","
            "\"resilience\":{\"timeouts\":{\"idle\":\"20s\"}},"
            "\"resources\":{\"a\":{\"methods\":{\"b\":{\"verb\":\"GET\","
            "\"path\":\"/b\",\"resilience\":{\"timeouts\":{\"idle\":null}}}}}}}"));
    assert_non_null(integration);
    const struct method *method = integration_method(integration, STR("GET"), STR("/b"));
    assert_int_equal(method->resilience->timeouts.idle, 30 * USEC_S);
    assert_int_equal(integration->resilience.timeouts.idle, 20 * USEC_S);
}

static void an_override_needs_no_block_above_it(void **state)
{
    const struct integration *integration = paper_read(
        *state, "{\"resources\":{\"a\":{\"methods\":{\"b\":{\"verb\":\"GET\",\"path\":\"/"
                "b\",\"resilience\":{\"account_concurrency\":3}}}}}}");
    const struct method *method = integration_method(integration, STR("GET"), STR("/b"));
    assert_int_equal(method->resilience->account_concurrency, 3);
    assert_int_equal(method->resilience->host_concurrency, 1000);
}

#define PAGED                                                                            \
    "{\"pagination\":{\"kind\":\"cursor_in_body\",\"records\":\"/a\",\"next\":\"/n\","   \
    "\"put\":\"after\",\"size\":{\"put\":{\"query\":\"limit\"},\"max\":100}},"

static const char paged[] =
    PAGED "\"resources\":{\"a\":{\"methods\":{"
          "\"plain\":{\"verb\":\"GET\",\"path\":\"/plain\"},"
          "\"merged\":{\"verb\":\"GET\",\"path\":\"/merged\",\"pagination\":"
          "{\"records\":\"/b\",\"size\":{\"max\":7}}},"
          "\"alone\":{\"verb\":\"GET\",\"path\":\"/alone\",\"pagination\":"
          "{\"kind\":\"link_header\"}}}}}}";

static void pagination_is_merged_unless_it_has_a_kind(void **state)
{
    const struct integration *integration = paper_read(*state, paged);
    const struct page_rule *plain =
        integration_method(integration, STR("GET"), STR("/plain"))->pagination;
    const struct page_rule *merged =
        integration_method(integration, STR("GET"), STR("/merged"))->pagination;
    const struct page_rule *alone =
        integration_method(integration, STR("GET"), STR("/alone"))->pagination;
    assert_ptr_equal(plain, integration->pagination);
    given_same("records", plain->records.at.tokens[0].name, "a");
    assert_int_equal(merged->kind, PAGE_cursor_in_body);
    given_same("records", merged->records.at.tokens[0].name, "b");
    given_same("size", merged->size.put.query, "limit");
    assert_int_equal(merged->size.max, 7);
    assert_int_equal(alone->kind, PAGE_link_header);
    assert_int_equal(alone->size.max, 0);
}

/* Cursors are bound to it. */
static void each_pagination_block_has_its_hash(void **state)
{
    const struct integration *integration = paper_read(*state, paged);
    const struct integration *again = paper_read(*state, paged);
    static const char *const paths[] = {"/plain", "/merged", "/alone"};
    uint64_t hashes[COUNT_OF(paths)];
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        hashes[i] = integration_method(integration, STR("GET"), str_z(paths[i]))
                        ->pagination->hash;
        assert_true(hashes[i] != 0);
        assert_true(
            hashes[i] ==
            integration_method(again, STR("GET"), str_z(paths[i]))->pagination->hash);
        for (size_t k = 0; k < i; k++)
            assert_true(hashes[i] != hashes[k]);
    }
}

static void without_a_block_nothing_is_known_of_lists(void **state)
{
    const struct integration *integration = paper_read(*state, acme);
    assert_null(integration->pagination);
    assert_null(integration_method(integration, STR("POST"), STR("/contacts/search"))
                    ->pagination);
}

int test_method(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(calls_are_told_by_verb_and_path),
        GIVEN_TEST(safety_follows_the_verb_unless_told),
        GIVEN_TEST(settings_are_the_integrations_unless_given),
        GIVEN_TEST(resilience_is_merged),
        GIVEN_TEST(caching_is_merged_through_the_resource),
        GIVEN_TEST(null_takes_a_setting_back),
        GIVEN_TEST(an_override_needs_no_block_above_it),
        GIVEN_TEST(pagination_is_merged_unless_it_has_a_kind),
        GIVEN_TEST(each_pagination_block_has_its_hash),
        GIVEN_TEST(without_a_block_nothing_is_known_of_lists),
    };
    return cmocka_run_group_tests_name("catalog: method", tests, NULL, NULL);
}
