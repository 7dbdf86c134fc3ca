#include "paper.h"

#include "auth/token_rule.h"

int test_document(void);

static void what_is_left_out_has_its_default(void **state)
{
    const struct integration *integration = paper_read(*state, "{}");
    given_same("label", integration->label, "acme");
    assert_true(str_absent(integration->version));
    assert_int_equal(integration->http, HTTP_VERSION_1);
    assert_int_equal(integration->hosts.n, 1);
    assert_int_equal(integration->headers.n, 0);
    assert_int_equal(integration_way(integration, STR_NONE)->rule.scheme, AUTH_bearer);
    assert_int_equal(integration->idempotency.kind, IDEMPOTENCY_NONE);
    assert_true(integration->rewrite.headers && integration->rewrite.body.n == 0);
    assert_int_equal(integration->resilience.retry.server.retries, 3);
    assert_int_equal(integration->resources.n, 0);
    assert_false(integration->inspect_success);
    assert_true(json_is(&integration->docs, JSON_UNDEFINED));
    assert_true(json_is(&integration->resilience_text, JSON_UNDEFINED));
    assert_null(integration_method(integration, STR("GET"), STR("/")));
}

static void a_document_keeps_its_text_and_hash(void **state)
{
    str text = paper_text(*state, "{\"x-note\":{\"a\":[1,2]}}");
    struct binder binder;
    bind_init(&binder, *state);
    const struct integration *integration = integration_read(&binder, text);
    assert_non_null(integration);
    assert_true(str_eq(integration->text, text));
    assert_int_equal(integration->hash.n, 64);
    assert_int_equal(integration->revision, 0);
    assert_non_null(json_member(&integration->document, STR("x-note")));
    bind_init(&binder, *state);
    str other = paper_text(*state, "{\"x-note\":{\"a\":[1,3]}}");
    assert_false(str_eq(integration_read(&binder, other)->hash, integration->hash));
}

static void members_of_later_steps_are_kept(void **state)
{
    const struct integration *integration = paper_read(
        *state, "{\"connect\":{},\"limits\":{\"a\":1},\"cache\":"
                "{},"
                "\"subscriptions\":{},\"unified\":{},\"sync\":{},"
                "\"probes\":{},\"docs\":{\"unverified\":[\"all\"]},\"x-ours\":5}");
    const struct json *limits = json_member(&integration->document, STR("limits"));
    assert_non_null(json_member(limits, STR("a")));
    assert_non_null(json_member(&integration->docs, STR("unverified")));
}

static void headers_may_be_short_or_long(void **state)
{
    const struct integration *integration =
        paper_read(*state, "{\"headers\":{\"Accept\":\"application/json\","
                           "\"X-Tenant\":{\"value\":\"t-{tenant}\",\"override\":true}}}");
    const struct fixed_header *headers = integration->headers.items;
    str text, missing;
    assert_int_equal(integration->headers.n, 2);
    given_same("name", headers[0].name, "Accept");
    assert_false(headers[0].override);
    assert_true(headers[1].override);
    assert_true(template_fill(&headers[1].value,
                              given_json(*state, STR("{\"tenant\":\"7\"}")), *state,
                              &text, &missing));
    given_same("value", text, "t-7");
}

static void what_is_kept_of_an_answer_is_a_signal_with_a_name(void **state)
{
    const struct integration *integration = paper_read(
        *state, "{\"auth\":{\"scheme\":\"bearer\",\"token\":{\"grant\":"
                "\"client_credentials\",\"url\":\"https://acme.test/token\",\"keep\":"
                "{\"place\":\"/instance_url\",\"team\":{\"expression\":\"team.id\"}},"
                "\"keep_secret\":{\"other\":{\"from\":\"X-Other\"}}}}}");
    const struct token_rule *rule = integration_way(integration, STR_NONE)->rule.token;
    const struct signal_named *keep = rule->keep.items;
    const struct signal_named *secret = rule->keep_secret.items;
    assert_int_equal(rule->keep.n, 2);
    given_same("short", keep[0].name, "place");
    assert_int_equal(keep[0].signal.source, SIGNAL_BODY);
    given_same("long", keep[1].name, "team");
    assert_int_equal(keep[1].signal.source, SIGNAL_EXPRESSION);
    given_same("secret", secret[0].name, "other");
    assert_int_equal(secret[0].signal.source, SIGNAL_HEADER);
}

static void idempotency_has_a_day_unless_told(void **state)
{
    const struct integration *integration = paper_read(
        *state, "{\"idempotency\":{\"kind\":\"header\",\"header\":\"I-Key\"}}");
    given_same("header", integration->idempotency.header, "I-Key");
    assert_int_equal(integration->idempotency.window, USEC_DAY);
}

static void bodies_of_success_are_looked_into_where_a_rule_says_so(void **state)
{
    static const struct {
        const char *patch;
        bool all;   /* calls without a method */
        bool list;  /* a method without a group */
        bool graph; /* one of the group */
    } rows[] = {
        {"{}", false, false, false},
        {"{\"errors\":{\"failed\":[{\"status\":200,\"when\":\"/ok\",\"is\":false}]}}",
         true, true, true},
        {"{\"errors\":{\"failed\":[{\"status\":200,\"when\":\"/"
         "e\",\"group\":\"graph\"}]}}",
         false, false, true},
        {"{\"errors\":{\"failed\":[{\"status\":200,\"when\":\"X-Failed\"}]}}", false,
         false, false},
        {"{\"errors\":{\"classes\":[{\"if\":{\"status\":200,\"when\":\"/e\"},"
         "\"class\":\"conflict\"}]}}",
         true, true, true},
        {"{\"errors\":{\"classes\":[{\"if\":{\"when\":\"/e\"},\"class\":\"conflict\"}]}}",
         false, false, false},
        {"{\"rate_limit\":{\"detect\":[{\"status\":[200,400],\"when\":\"#text\"}]}}",
         true, true, true},
        {"{\"rate_limit\":{\"windows\":[{\"name\":\"a\",\"remaining\":\"/left\"}]}}",
         true, true, true},
        {"{\"rate_limit\":{\"windows\":[{\"name\":\"a\",\"remaining\":\"/left\","
         "\"group\":\"graph\"}]}}",
         false, false, true},
        {"{\"rate_limit\":{\"retry_after\":[\"/wait\"]}}", false, false, false},
    };
    static const char methods[] =
        "{\"resources\":{\"a\":{\"methods\":{"
        "\"list\":{\"verb\":\"GET\",\"path\":\"/a\"},"
        "\"graph\":{\"verb\":\"POST\",\"path\":\"/graph\",\"group\":\"graph\"}}}}";
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *more = strlen(rows[i].patch) > 2 ? "," : "";
        str patch = arena_printf(*state, "%s%s%s", methods, more, rows[i].patch + 1);
        const struct integration *integration =
            paper_read(*state, arena_z(*state, patch));
        const struct method *list =
            integration_method(integration, STR("GET"), STR("/a"));
        const struct method *graph =
            integration_method(integration, STR("POST"), STR("/graph"));
        if (integration->inspect_success != rows[i].all ||
            list->inspect_success != rows[i].list ||
            graph->inspect_success != rows[i].graph)
            fail_msg("%s", rows[i].patch);
    }
}

static void a_second_reading_adds_to_the_same_binder(void **state)
{
    struct binder binder;
    bind_init(&binder, *state);
    assert_null(integration_read(&binder, STR("{}")));
    uint32_t faults = binder.fault_n;
    assert_non_null(integration_read(&binder, paper_text(*state, "{}")));
    assert_int_equal(binder.fault_n, faults);
}

/* The top level that DESIGN §9 lists, with `http` and `rewrite`; `context` is in `auth`.
 */
static const char *const schema_members[] = {
    "name",          "label",      "version",     "hosts",      "base_url", "http",
    "headers",       "auth",       "connect",     "rate_limit", "limits",   "errors",
    "rewrite",       "pagination", "idempotency", "resilience", "cache",    "webhooks",
    "subscriptions", "events",     "resources",   "unified",    "sync",     "probes",
    "docs",          "path_values"};

/* The schema is JSON, names every member, and none of its words is missing. */
static void the_schema_is_generated(void **state)
{
    struct buf buf;
    buf_init(&buf, 1 << 20);
    integration_schema(&buf);
    assert_true(buf_ok(&buf));
    const struct json *schema = given_json(*state, arena_str(*state, buf_peek(&buf)));
    buf_fini(&buf);
    const struct json *members = json_member(schema, STR("properties"));
    for (size_t i = 0; i < COUNT_OF(schema_members); i++)
        if (!json_member(members, str_z(schema_members[i])))
            fail_msg("the schema has no %s", schema_members[i]);
    assert_int_equal(members->n, COUNT_OF(schema_members));
    for (uint32_t i = 0; i < members->n; i++)
        assert_true(json_member_text(&members->u.members[i].value, STR("description")).n >
                    0);
}

int test_document(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(what_is_left_out_has_its_default),
        GIVEN_TEST(a_document_keeps_its_text_and_hash),
        GIVEN_TEST(members_of_later_steps_are_kept),
        GIVEN_TEST(headers_may_be_short_or_long),
        GIVEN_TEST(what_is_kept_of_an_answer_is_a_signal_with_a_name),
        GIVEN_TEST(idempotency_has_a_day_unless_told),
        GIVEN_TEST(bodies_of_success_are_looked_into_where_a_rule_says_so),
        GIVEN_TEST(a_second_reading_adds_to_the_same_binder),
        GIVEN_TEST(the_schema_is_generated),
    };
    return cmocka_run_group_tests_name("catalog: document", tests, NULL, NULL);
}
