#include "groups.h"
#include "made.h"

struct catalogue {
    struct import_list list;
    str notes;
    str fault;
};

/* Every document that comes out is one that a daemon takes. */
static struct catalogue read_catalogue(struct arena *arena, const char *name,
                                       const char *text)
{
    struct import import;
    struct catalogue all;
    import_init(&import, arena, made_value(arena, text));
    import.name = str_z(name);
    import_catalogue(&import, &all.list);
    all.notes = made_notes(arena, &import);
    all.fault = import.fault;
    import_fini(&import);
    for (uint32_t i = 0; i < all.list.n; i++)
        made_loads(arena, &all.list.items[i].document);
    return all;
}

/* The document of the only provider. */
static const struct json *only(struct arena *arena, const char *text)
{
    struct catalogue all = read_catalogue(arena, NULL, text);
    if (all.list.n != 1)
        fail_msg("%u documents; " STR_F, all.list.n, STR_A(all.notes));
    return &all.list.items[0].document;
}

#define HOST "proxy: { base_url: https://api.example.com }"

static void test_oauth_becomes_a_token_block(void **state)
{
    const struct json *document = only(
        *state,
        "acme:\n"
        "  display_name: Acme\n"
        "  auth_mode: OAUTH2\n"
        "  authorization_url: "
        "https://${connectionConfig.subDomain}.acme.example/authorize\n"
        "  token_url: https://${connectionConfig.subDomain}.acme.example/token\n"
        "  refresh_url: https://${connectionConfig.subDomain}.acme.example/renew\n"
        "  authorization_params: { response_type: code, prompt: consent }\n"
        "  token_params: { grant_type: authorization_code, audience: api }\n"
        "  refresh_params: { grant_type: refresh_token, again: true }\n"
        "  default_scopes: [a, b]\n"
        "  scope_separator: ','\n"
        "  disable_pkce: true\n"
        "  token_request_auth_method: basic\n"
        "  body_format: json\n"
        "  token_response_metadata: [team.id~x, team_id_x]\n"
        "  redirect_uri_metadata: [realmId]\n"
        "  alternate_access_token_response_path: user.access_token\n"
        "  docs: https://acme.example/docs\n"
        "  connection_config: { subDomain: { title: Subdomain, description: Long. } }\n"
        "  proxy:\n"
        "    base_url: https://${connectionConfig.subDomain}.acme.example/\n"
        "    headers: { acme-version: '2', content-type: application/json }\n"
        "    verification: { method: GET, endpoints: [/me] }\n");
    assert_made(*state, document, "/hosts", "[\"*.acme.example\"]");
    assert_made(*state, document, "/base_url", "\"https://{sub_domain}.acme.example\"");
    assert_made(*state, document, "/headers", "{\"acme-version\":\"2\"}");
    assert_made(*state, document, "/connect/fields", "{\"sub_domain\":\"Subdomain\"}");
    assert_made(*state, document, "/auth",
                "{\"scheme\":\"bearer\",\"token\":{\"grant\":\"authorization_code\","
                "\"authorize_url\":\"https://{sub_domain}.acme.example/authorize\","
                "\"url\":\"https://{sub_domain}.acme.example/token\","
                "\"refresh_url\":\"https://{sub_domain}.acme.example/renew\","
                "\"client\":\"basic\",\"encoding\":\"json\",\"pkce\":false,"
                "\"scopes\":[\"a\",\"b\"],\"scope_separator\":\",\","
                "\"authorize_params\":{\"prompt\":\"consent\"},"
                "\"code_params\":{\"audience\":\"api\"},"
                "\"refresh_params\":{\"again\":\"true\"},"
                "\"redirect\":{\"realm_id\":\"realmId\"},"
                "\"keep\":{\"team_id_x\":\"/team/id~0x\"},"
                "\"access_token\":\"/user/access_token\"},\"check\":\"/me\"}");
    assert_made(*state, document, "/docs/reference", "\"https://acme.example/docs\"");
    assert_in(made_at(*state, document, "/docs/notes"),
              "the header content-type is left");
}

static void test_keys_go_where_the_catalogue_says(void **state)
{
    static const char *const cases[][2] = {
        {"headers: { authorization: 'Bearer ${apiKey}' }", "\"bearer\""},
        {"headers: { Authorization: 'Token ${apiKey}' }",
         "{\"scheme\":\"bearer\",\"prefix\":\"Token\"}"},
        {"headers: { authorization: '${apiKey}' }",
         "{\"scheme\":\"header\",\"header\":\"authorization\"}"},
        {"headers: { x-key: 'key=${apiKey}' }",
         "{\"scheme\":\"header\",\"header\":\"x-key\",\"prefix\":\"key=\"}"},
        {"headers: { authorization: 'Basic ${base64(${apiKey}:X)}' }",
         "{\"scheme\":\"basic\",\"password\":\"X\"}"},
        {"headers: { authorization: 'Basic ${base64(${apiKey}:)}' }",
         "{\"scheme\":\"basic\",\"password\":\"\"}"},
        {"query: { api_key: '${apiKey}' }",
         "{\"scheme\":\"query\",\"query\":\"api_key\"}"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        str text = arena_printf(
            *state,
            "a: { auth_mode: API_KEY, proxy: { base_url: https://a.example, %s } }",
            cases[i][0]);
        assert_made(*state, only(*state, arena_z(*state, text)), "/auth", cases[i][1]);
    }
}

static void test_other_modes_have_their_counterparts(void **state)
{
    static const char *const cases[][2] = {
        {"auth_mode: BASIC", "\"basic\""},
        {"auth_mode: NONE", "\"none\""},
        {"auth_mode: OAUTH1", "\"oauth1\""},
        {"auth_mode: OAUTH2_CC, token_url: https://t.example/t, token_params: { "
         "grant_type:"
         " client_credentials, resource: 'urn:${connectionConfig.accountId}' }",
         "{\"scheme\":\"bearer\",\"token\":{\"grant\":\"client_credentials\",\"url\":"
         "\"https://t.example/t\",\"client\":\"body\",\"params\":{\"resource\":"
         "\"urn:{account_id}\"}}}"},
        {"auth_mode: TWO_STEP, body_format: json, token_url: https://t.example/t,"
         " token_params: { user: '${credentials.userName}' }, token_response: { token:"
         " data.token, token_expiration: data.in, token_expiration_strategy: expireIn },"
         " token_expires_in_ms: 60000",
         "{\"scheme\":\"bearer\",\"token\":{\"grant\":\"login\",\"url\":"
         "\"https://t.example/t\",\"encoding\":\"json\",\"params\":{\"user\":"
         "\"{user_name}\"},\"access_token\":\"/data/token\",\"expires\":{\"from\":"
         "\"/data/in\",\"unit\":\"s\"},\"lifetime\":\"60s\"}}"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        str text = arena_printf(*state, "a: { %s, " HOST " }", cases[i][0]);
        assert_made(*state, only(*state, arena_z(*state, text)), "/auth", cases[i][1]);
    }
}

static void test_rules_of_paging_and_limits(void **state)
{
    static const char *const cases[][2] = {
        {"{ type: cursor, cursor_path_in_response: a.next, cursor_name_in_request: after,"
         " limit_name_in_request: limit, response_path: a.it/ems, limit: 50 }",
         "{\"kind\":\"cursor_in_body\",\"records\":\"/a/it~1ems\",\"next\":\"/a/next\","
         "\"put\":\"after\",\"size\":{\"put\":{\"query\":\"limit\"},\"default\":50}}"},
        {"{ type: link, link_rel_in_response_header: next, limit_name_in_request: n }",
         "{\"kind\":\"link_header\",\"size\":{\"put\":{\"query\":\"n\"}}}"},
        {"{ type: link, link_path_in_response_body: links.next, response_path: data }",
         "{\"kind\":\"url_in_body_absolute\",\"records\":\"/data\",\"next\":"
         "\"/links/next\"}"},
        {"{ type: offset, offset_name_in_request: skip, response_path: data }",
         "{\"kind\":\"offset_limit\",\"records\":\"/data\",\"put\":\"skip\",\"end\":["
         "\"empty_page\"]}"},
        {"{ type: offset, offset_name_in_request: page, offset_start_value: 0,"
         " offset_calculation_method: per-page }",
         "{\"kind\":\"page_number\",\"put\":\"page\",\"first\":0,\"end\":[\"empty_page\"]"
         "}"},
        {"{ type: other }", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        str text = arena_printf(*state,
                                "a: { auth_mode: NONE, proxy: { base_url:"
                                " https://a.example, paginate: %s } }",
                                cases[i][0]);
        assert_made(*state, only(*state, arena_z(*state, text)), "/pagination",
                    cases[i][1]);
    }
    const struct json *document = only(
        *state, "a: { auth_mode: NONE, proxy: { base_url: https://a.example, retry: {"
                " at: x-reset, after: [x-after], remaining: x-left, error_code: 403 } "
                "} }");
    assert_made(*state, document, "/rate_limit",
                "{\"detect\":[{\"status\":403,\"when\":\"x-left\",\"is\":\"0\"}],"
                "\"retry_after\":[{\"from\":\"x-after\",\"unit\":\"retry_after\"},{"
                "\"from\":\"x-reset\",\"unit\":\"epoch_s\"}],\"windows\":[{\"name\":"
                "\"default\",\"remaining\":\"x-left\"}]}");
}

static void test_an_alias_takes_what_it_does_not_say(void **state)
{
    struct catalogue all =
        read_catalogue(*state, "b",
                       "a: { display_name: A, auth_mode: BASIC, " HOST " }\n"
                       "b: { alias: a, display_name: B, proxy: { paginate: { type: link,"
                       " link_rel_in_response_header: next } } }\n"
                       "c: { alias: d }\n");
    assert_int_equal(all.list.n, 1);
    const struct json *document = &all.list.items[0].document;
    assert_made(*state, document, "/name", "\"b\"");
    assert_made(*state, document, "/label", "\"B\"");
    assert_made(*state, document, "/auth", "\"basic\"");
    assert_made(*state, document, "/base_url", "\"https://api.example.com\"");
    assert_made(*state, document, "/pagination/kind", "\"link_header\"");
}

static void test_what_cannot_be_said_is_noted(void **state)
{
    struct catalogue all = read_catalogue(
        *state, NULL,
        "any: { auth_mode: BASIC, proxy: { base_url: 'https://${connectionConfig.host}' "
        "} }\n"
        "sig: { auth_mode: SIGNATURE, " HOST " }\n"
        "steps: { auth_mode: TWO_STEP, token_url: https://t.example, additional_steps: "
        "[],"
        " " HOST " }\n"
        "lost: { auth_mode: API_KEY, " HOST " }\n"
        "nowhere: { auth_mode: BASIC }\n"
        "number: 7\n"
        "far: { alias: gone }\n"
        "round: { alias: round }\n"
        "values: { auth_mode: BASIC, proxy: { base_url: 'https://${connectionConfig.h}' "
        "},"
        " connection_config: { h: { enum: [a.example, b.example/c] } } }\n"
        "good: { auth_mode: BASIC, post_connection_script: x, strange: 1, proxy: { "
        "base_url:"
        " 'https://${connectionConfig.a} || https://g.example', headers: { x-a:"
        " '${connectionConfig.key}', x-b: '${credentials.username}', x-c:"
        " '${base64(${x})}' }, twist: 1, retry: { in_body: {}, error_code: 400 },"
        " verification: { method: POST, endpoints: [/a] } }, connection_config: { key: {"
        " secret: true } } }\n");
    static const char *const notes[] = {
        "any: its base URL \"https://${connectionConfig.host}\" may be any host",
        "sig: its mode SIGNATURE has no counterpart",
        "steps: its login takes several requests",
        "lost: nothing says where its key goes",
        "nowhere: it has no proxy.base_url",
        "number: it is no provider.",
        "far: it is an alias of \"gone\", which is not there.",
        "round: it is an alias of \"round\", which is not there.",
        "values: its base URL \"https://${connectionConfig.h}\" may be any host",
        "good: proxy.base_url has alternatives; \"https://g.example\" is taken.",
        "good: a header \"${connectionConfig.key}\" is more than a template says, or a",
        "good: a header \"${credentials.username}\" is more than",
        "good: a header \"${base64(${x})}\" is more than",
        "good: post_connection_script is a program",
        "good: its member strange is not read.",
        "good: its member proxy.twist is not read.",
        "good: proxy.retry.in_body is not taken over.",
        "good: proxy.retry.error_code alone does not tell a throttle.",
        "good: proxy.verification is not taken over.",
    };
    for (size_t i = 0; i < COUNT_OF(notes); i++)
        assert_in(all.notes, notes[i]);
    assert_int_equal(all.list.n, 1);
    assert_made(*state, &all.list.items[0].document, "/headers", NULL);
    assert_in(made_at(*state, &all.list.items[0].document, "/docs/notes"), "strange");
}

static void test_what_is_no_catalogue_is_refused(void **state)
{
    assert_in(read_catalogue(*state, NULL, "[1]").fault, "is no catalogue");
    assert_in(read_catalogue(*state, "b", "a: {}").fault, "has no provider \"b\".");
}

int test_catalogue(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(test_oauth_becomes_a_token_block),
        GIVEN_TEST(test_keys_go_where_the_catalogue_says),
        GIVEN_TEST(test_other_modes_have_their_counterparts),
        GIVEN_TEST(test_rules_of_paging_and_limits),
        GIVEN_TEST(test_an_alias_takes_what_it_does_not_say),
        GIVEN_TEST(test_what_cannot_be_said_is_noted),
        GIVEN_TEST(test_what_is_no_catalogue_is_refused),
    };
    return cmocka_run_group_tests_name("import/catalogue", tests, NULL, NULL);
}
