#include "groups.h"
#include "made.h"

static void test_methods_are_named_by_their_path(void **state)
{
    struct made made = made_openapi(
        *state, "3.1.0",
        MADE_SERVER "paths:\n"
                    "  /api/v2/contacts:\n"
                    "    get: {}\n"
                    "    post: { operationId: makeContact }\n"
                    "  /api/v2/contacts/{contactId}:\n"
                    "    parameters: [{ name: contactId, in: path, required: true }]\n"
                    "    get: {}\n"
                    "    put: {}\n"
                    "    patch: {}\n"
                    "    delete: {}\n"
                    "  /api/v2/contacts/{contactId}/notes:\n"
                    "    get: {}\n"
                    "    post: { operationId: addContactNote }\n");
    assert_made(*state, made.document, "/name", "\"acme\"");
    assert_made(*state, made.document, "/version", "\"7\"");
    assert_made(*state, made.document, "/hosts", "[\"api.acme.example\"]");
    assert_made(*state, made.document, "/base_url", "\"https://api.acme.example/v2\"");
    assert_made(*state, made.document, "/resources/contacts/methods/list",
                "{\"verb\":\"GET\",\"path\":\"/api/v2/contacts\"}");
    assert_made(*state, made.document, "/resources/contacts/methods/create/x-operation",
                "\"makeContact\"");
    assert_made(*state, made.document, "/resources/contacts/methods/get",
                "{\"verb\":\"GET\",\"path\":\"/api/v2/contacts/{contact_id}\","
                "\"x-parameters\":{\"contactId\":\"path\"}}");
    assert_made(*state, made.document, "/resources/contacts/methods/replace/verb",
                "\"PUT\"");
    assert_made(*state, made.document, "/resources/contacts/methods/update/verb",
                "\"PATCH\"");
    assert_made(*state, made.document, "/resources/contacts/methods/get_notes/path",
                "\"/api/v2/contacts/{contact_id}/notes\"");
    assert_made(*state, made.document,
                "/resources/contacts/methods/add_contact_note/verb", "\"POST\"");
}

static void test_what_answers_one_thing_is_called_get(void **state)
{
    struct made made = made_openapi(
        *state, "3.0.3",
        MADE_SERVER "paths: { /balance: { get: { responses: { '200': { content: {"
                    " application/json: { schema: { type: object } } } } } } } }\n");
    assert_made(*state, made.document, "/resources/balance/methods/get/path",
                "\"/balance\"");
}

static void test_tags_make_resources_and_operations_their_methods(void **state)
{
    struct made made = made_openapi(
        *state, "3.0.3",
        MADE_SERVER
        "paths:\n"
        "  /repos/{owner}/{repo}: { get: { tags: [Repos], operationId: repos/get-one } "
        "}\n"
        "  /orgs/{org}/repos: { get: { tags: [Repos], operationId: reposListForOrg } }\n"
        "  /a: { get: { tags: [Repos], operationId: repos/get-one } }\n");
    assert_made(*state, made.document, "/resources/repos/methods/get_one/path",
                "\"/repos/{owner}/{repo}\"");
    assert_made(*state, made.document, "/resources/repos/methods/list_for_org/verb",
                "\"GET\"");
    assert_made(*state, made.document, "/resources/repos/methods/get_one_2/path",
                "\"/a\"");
}

static void test_paths_that_cannot_be_said_are_noted(void **state)
{
    struct made made = made_openapi(
        *state, "3.0.3",
        MADE_SERVER "paths:\n"
                    "  /a/{id}.json: { get: {} }\n"
                    "  /b/{base}...{head}: { get: {} }\n"
                    "  /c/{id}:cancel: { post: {} }\n"
                    "  /d/x{id}: { get: {} }\n"
                    "  /e?kind=f: { get: {} }\n"
                    "  /a/{name}: { get: {} }\n"
                    "  /g: { get: { servers: [{ url: 'https://g.example' }] } }\n");
    assert_made(*state, made.document, "/resources/a/methods/get/path", "\"/a/{id}\"");
    assert_made(*state, made.document, "/resources/b/methods/get/path",
                "\"/b/{base_head}\"");
    assert_made(*state, made.document, "/resources/c", NULL);
    assert_in(made.notes, "POST /c/{id}:cancel is left out: a segment of its path");
    assert_in(made.notes, "GET /d/x{id} is left out");
    assert_in(made.notes, "GET /e?kind=f is left out");
    assert_in(made.notes, "GET /a/{name} is left out: a path pattern of this shape");
    assert_in(made.notes, "GET /g is left out: it has servers of its own");
    assert_in(made_at(*state, made.document, "/docs/notes"), "POST /c/{id}:cancel");
}

static void test_what_methods_do_not_say_is_noted(void **state)
{
    struct made made = made_openapi(
        *state, "3.0.3",
        MADE_SERVER
        "components: { securitySchemes: { k: { type: http, scheme: bearer } } }\n"
        "paths:\n"
        "  /a:\n"
        "    trace: {}\n"
        "    post:\n"
        "      callbacks: { done: {} }\n"
        "      security: []\n"
        "      requestBody: { content: { application/xml: { schema: { type: object } } } "
        "}\n");
    assert_in(made.notes, "TRACE /a is left out");
    assert_in(made.notes, "POST /a has callbacks, which are not taken over.");
    assert_in(made.notes, "Methods have security of their own");
    assert_in(made.notes, "Bodies of the type \"application/xml\" have no schema here.");
}

static void test_variables_of_servers_are_asked_of_accounts(void **state)
{
    struct made made =
        made_openapi(*state, "3.0.3",
                     "servers:\n"
                     "  - url: https://{subDomain}.acme.example:{port}/{version}/x/\n"
                     "    variables:\n"
                     "      subDomain: { default: demo }\n"
                     "      port: { default: '8443' }\n"
                     "      version: { default: v2, enum: [v2] }\n"
                     "  - url: https://sandbox.acme.example\n"
                     "paths: {}\n");
    assert_made(*state, made.document, "/hosts", "[\"*.acme.example:8443\"]");
    assert_made(*state, made.document, "/base_url",
                "\"https://{sub_domain}.acme.example:8443/v2/x\"");
    assert_made(*state, made.document, "/connect/fields/sub_domain",
                "{\"label\":\"subDomain\",\"help\":\"The vendor's default is demo.\"}");
    assert_in(made.notes, "\"port\" is set to \"8443\"");
    assert_in(made.notes,
              "Another server of the vendor is not used: https://sandbox.acme.example.");
}

static void test_a_variable_that_stands_twice_is_asked_for_once(void **state)
{
    struct made made =
        made_openapi(*state, "3.0.3",
                     "servers: [{ url: 'https://{region}.acme.example/{region}/{Region}',"
                     " variables: { region: { default: eu } } }]\n");
    assert_made(*state, made.document, "/base_url",
                "\"https://{region}.acme.example/{region}/{region}\"");
    assert_made(*state, made.document, "/connect/fields",
                "{\"region\":{\"label\":\"region\",\"help\":"
                "\"The vendor's default is eu.\"}}");
}

static void test_a_host_that_varies_is_said_by_its_values(void **state)
{
    struct made made = made_openapi(*state, "3.1.1",
                                    "servers: [{ url: 'https://{host}/v1', variables: { "
                                    "host: { default: a.example.com,"
                                    " enum: [a.example.com, b.example.org] } } }]\n");
    assert_made(*state, made.document, "/hosts", "[\"a.example.com\",\"b.example.org\"]");
    assert_made(*state, made.document, "/base_url", "\"https://{host}/v1\"");
    made = made_openapi(*state, "3.1.1",
                        "servers: [{ url: 'https://{host}{base}', variables: { host: {"
                        " default: a.example.com }, base: { default: /v1 } } }]\n");
    assert_made(*state, made.document, "/base_url", "\"https://a.example.com/v1\"");
}

static void test_servers_of_any_host_are_refused(void **state)
{
    static const char *const cases[][2] = {
        {"{}", "has no server; say --base-url URL."},
        {"servers: [{ url: /v2 }]", "has no server with a whole URL (\"/v2\")"},
        {"servers: [{ url: 'https://{a}.com/' }]", "that may be any host"},
        {"servers: [{ url: 'https://x.example/{a' }]", "whose braces do not fit"},
        {"servers: [{ url: '{a}/x' }]", "whose variable \"a\" has no default"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *text = cases[i][0][0] == '{' ? "paths: {}" : cases[i][0];
        assert_in(made_openapi(*state, "3.0.0", text).fault, cases[i][1]);
    }
}

static void test_security_schemes_are_ways(void **state)
{
    struct made made = made_openapi(
        *state, "3.0.3",
        MADE_SERVER
        "security: [{ oauth: [read, write] }, { key: [] }]\n"
        "components:\n"
        "  securitySchemes:\n"
        "    key: { type: apiKey, in: header, name: X-Key }\n"
        "    query: { type: apiKey, in: query, name: token }\n"
        "    cookie: { type: apiKey, in: cookie, name: sid }\n"
        "    basic: { type: http, scheme: Basic }\n"
        "    digest: { type: http, scheme: digest }\n"
        "    oidc: { type: openIdConnect, openIdConnectUrl: 'https://x.example' }\n"
        "    oauth:\n"
        "      type: oauth2\n"
        "      flows:\n"
        "        authorizationCode:\n"
        "          authorizationUrl: https://x.example/authorize\n"
        "          tokenUrl: https://x.example/token\n"
        "          refreshUrl: https://x.example/refresh\n"
        "          scopes: { read: '', write: '', admin: '' }\n"
        "        clientCredentials: { tokenUrl: 'https://x.example/token', scopes: {} }\n"
        "        implicit: { authorizationUrl: 'https://x.example/authorize' }\n");
    assert_made(
        *state, made.document, "/auth/0",
        "{\"way\":\"oauth\",\"label\":\"Sign in\",\"scheme\":\"bearer\",\"token\":{"
        "\"grant\":\"authorization_code\",\"authorize_url\":"
        "\"https://x.example/authorize\",\"url\":\"https://x.example/token\","
        "\"refresh_url\":\"https://x.example/refresh\",\"scopes\":[\"read\","
        "\"write\"],\"x-scopes\":[\"read\",\"write\",\"admin\"]}}");
    assert_made(*state, made.document, "/auth/1/token/grant", "\"client_credentials\"");
    assert_made(*state, made.document, "/auth/2",
                "{\"way\":\"key\",\"label\":\"API key\",\"scheme\":\"header\",\"header\":"
                "\"X-Key\"}");
    assert_made(*state, made.document, "/auth/3/query", "\"token\"");
    assert_made(*state, made.document, "/auth/4/scheme", "\"basic\"");
    assert_made(*state, made.document, "/auth/5", NULL);
    assert_in(made.notes, "\"cookie\" is a key in \"cookie\"");
    assert_in(made.notes, "\"digest\" is HTTP \"digest\"");
    assert_in(made.notes, "\"oidc\" is of the type \"openIdConnect\"");
    assert_in(made.notes, "The flow \"implicit\" of the security scheme \"oauth\"");
}

static void test_one_way_needs_no_name(void **state)
{
    struct made made =
        made_openapi(*state, "3.0.3",
                     MADE_SERVER "components: { securitySchemes: { token: { type: http,"
                                 " scheme: bearer } } }\n");
    assert_made(*state, made.document, "/auth", "\"bearer\"");
    made = made_openapi(*state, "3.0.3", MADE_SERVER);
    assert_made(*state, made.document, "/auth", "\"none\"");
    assert_in(made.notes, "requests carry no credential");
    made = made_openapi(
        *state, "3.1.0",
        MADE_SERVER "security: [{ a: [], b: [] }]\n"
                    "components: { securitySchemes: { a: { type: mutualTLS }, b: { type:"
                    " http, scheme: bearer } } }\n");
    assert_made(*state, made.document, "/auth/0/tls", "\"required\"");
    assert_in(made.notes, "wants 2 security schemes together");
}

static void test_headers_that_most_operations_require_are_sent(void **state)
{
    struct made made = made_openapi(
        *state, "3.1.0",
        MADE_SERVER
        "components: { parameters: { V: { name: Acme-Version, in: header, required: true,"
        " schema: { enum: ['2024-01-01'] } } } }\n"
        "paths:\n"
        "  /a: { parameters: [{ $ref: '#/components/parameters/V' }], get: {}, post: {} "
        "}\n"
        "  /b:\n"
        "    get:\n"
        "      parameters:\n"
        "        - { name: X-Site, in: header, required: true, schema: { const: a } }\n"
        "        - { name: X-User, in: header, required: true }\n"
        "        - { name: X-May, in: header, schema: { const: a } }\n"
        "        - { name: Accept, in: header, required: true, schema: { const: a } }\n");
    assert_made(*state, made.document, "/headers", "{\"Acme-Version\":\"2024-01-01\"}");
    assert_in(made.notes, "The header X-Site is required by 1 methods; callers send it.");
    assert_in(made.notes, "The header X-User is required by 1 methods; callers send it.");
}

static void test_webhooks_are_listed(void **state)
{
    struct made made = made_openapi(
        *state, "3.1.0",
        MADE_SERVER "webhooks:\n"
                    "  order.paid: { post: { requestBody: { content: { application/json:"
                    " { schema: { type: object } } } } } }\n");
    assert_made(*state, made.document, "/docs/webhooks", "[\"order.paid\"]");
    assert_made(*state, made.schemas, "/$defs/webhook.order.paid",
                "{\"type\":\"object\"}");
}

static void test_other_documents_are_refused_by_name(void **state)
{
    static const char *const cases[][2] = {
        {"swagger: '2.0'", "is of Swagger 2.0"},
        {"openapi: 4.0.0", "is of OpenAPI 4.0.0; 3.0 and 3.1 are read."},
        {"a: 1", "is no OpenAPI document: it has no \"openapi\"."},
        {"openapi: 3.0.0", "has no title to be named by; give it a --name."},
        {"openapi: 3.0.0\ninfo: { title: a }\n" MADE_SERVER
         "paths: { /a: { $ref: './a.yaml#/a' } }",
         "refers to \"./a.yaml#/a\", another document"},
        {"openapi: 3.0.0\ninfo: { title: a }\n" MADE_SERVER
         "paths: { /a: { get: { responses: { '200': { content: { application/json: {"
         " schema: { items: { $ref: 'https://x.example/s' } } } } } } } } }",
         "refers to \"https://x.example/s\", another document"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct import import;
        struct imported one;
        import_init(&import, *state, made_value(*state, cases[i][0]));
        assert_false(import_openapi(&import, &one));
        assert_in(import.fault, cases[i][1]);
        import_fini(&import);
    }
}

/* Each of many operations looks through each of many names. */
static void test_looking_through_names_is_bounded(void **state)
{
    struct buf text;
    buf_init(&text, 1 << 24);
    buf_str(&text, STR("{\"openapi\":\"3.0.0\",\"info\":{\"title\":\"a\"},\"servers\":[{"
                       "\"url\":\"https://a.example\"}],\"paths\":{"));
    for (unsigned i = 0; i < 3000; i++)
        buf_printf(&text,
                   "%s\"/p%u\":{\"get\":{\"responses\":{\"200\":{\"content\":{"
                   "\"application/json\":{\"schema\":{\"$ref\":"
                   "\"#/components/schemas/s\"}}}}}}}",
                   i ? "," : "", i);
    buf_str(&text, STR("},\"components\":{\"schemas\":{\"s\":{\"properties\":{\"a\":1"));
    for (unsigned i = 0; i < 20000; i++)
        buf_printf(&text, ",\"p%u\":{}", i);
    buf_str(&text, STR("}}}}}"));
    struct import import;
    struct imported one;
    import_init(&import, *state, given_json(*state, buf_peek(&text)));
    assert_false(import_openapi(&import, &one));
    assert_in(import.fault, "is too large: too many names stand in too many places.");
    import_fini(&import);
    buf_fini(&text);
}

static void test_texts_that_cannot_be_read_say_where(void **state)
{
    struct json value;
    str why;
    assert_false(import_read(*state, STR("{\"a\": 1, \"a\": 2}"), &value, &why));
    assert_in(why, "is no JSON that can be read: ");
    assert_in(why, "(line 1, column 10)");
    assert_false(import_read(*state, STR("a: 1\n b: ["), &value, &why));
    assert_in(why, "is no YAML that can be read: ");
    str large = str_of(arena_bytes(*state, IMPORT_BYTES_MAX + 1), IMPORT_BYTES_MAX + 1);
    memset((char *)(uintptr_t)large.p, ' ', large.n);
    assert_false(import_read(*state, large, &value, &why));
    assert_in(why, "has more than 64 MiB");
}

int test_openapi(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(test_methods_are_named_by_their_path),
        GIVEN_TEST(test_what_answers_one_thing_is_called_get),
        GIVEN_TEST(test_tags_make_resources_and_operations_their_methods),
        GIVEN_TEST(test_paths_that_cannot_be_said_are_noted),
        GIVEN_TEST(test_what_methods_do_not_say_is_noted),
        GIVEN_TEST(test_variables_of_servers_are_asked_of_accounts),
        GIVEN_TEST(test_a_variable_that_stands_twice_is_asked_for_once),
        GIVEN_TEST(test_a_host_that_varies_is_said_by_its_values),
        GIVEN_TEST(test_servers_of_any_host_are_refused),
        GIVEN_TEST(test_security_schemes_are_ways),
        GIVEN_TEST(test_one_way_needs_no_name),
        GIVEN_TEST(test_headers_that_most_operations_require_are_sent),
        GIVEN_TEST(test_webhooks_are_listed),
        GIVEN_TEST(test_other_documents_are_refused_by_name),
        GIVEN_TEST(test_looking_through_names_is_bounded),
        GIVEN_TEST(test_texts_that_cannot_be_read_say_where),
    };
    return cmocka_run_group_tests_name("import/openapi", tests, NULL, NULL);
}
