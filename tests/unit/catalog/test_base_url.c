#include "paper.h"

int test_base_url(void);

struct row {
    const char *patch;
    const char *context;
    const char *want; /* the URL, or the code of the error */
    const char *part; /* of the sentence */
};

#define ZEN    "{\"hosts\":\"*.acme.test\",\"base_url\":\"https://{shop}.acme.test/api\"}"
#define ORIGIN "{\"hosts\":[\"*.acme.test\"],\"base_url\":\"{origin}/v1/\"}"
#define WHOLE                                                                            \
    "{\"hosts\":[\"*.acme.test\",\"http://localhost:*\"],\"base_url\":\"https://"        \
    "{host}\"}"
#define REALM "{\"base_url\":\"https://api.acme.test/company/{realm}/x\"}"
#define BARE  "{\"hosts\":[\"http://localhost:*\"],\"base_url\":\"{origin}\"}"

static const struct row rows[] = {
    {"{}", "{}", "https://api.acme.test/", NULL},
    {"{\"base_url\":\"https://API.acme.test/v1/\"}", "{}", "https://api.acme.test/v1",
     NULL},
    {"{\"base_url\":\"https://api.acme.test//\"}", "{}", "https://api.acme.test/", NULL},
    {ZEN, "{\"shop\":\"one\"}", "https://one.acme.test/api", NULL},
    {ZEN, "{\"shop\":\"One-2\"}", "https://one-2.acme.test/api", NULL},
    {ZEN, "{\"shop\":\"a.b\"}", "https://a.b.acme.test/api", NULL},
    {ZEN, "{}", "credential_unusable", "has no \"shop\""},
    {ZEN, "{\"shop\":7}", "credential_unusable", "has no \"shop\""},
    {ZEN, "{\"shop\":\"\"}", "credential_unusable", "\"shop\""},
    {ZEN, "{\"shop\":\"evil.test/\"}", "credential_unusable", "letters, digits"},
    {ZEN, "{\"shop\":\"evil.test#\"}", "credential_unusable", "letters, digits"},
    {ZEN, "{\"shop\":\"evil.test?\"}", "credential_unusable", "letters, digits"},
    {ZEN, "{\"shop\":\"me@evil\"}", "credential_unusable", "letters, digits"},
    {ZEN, "{\"shop\":\"a:80\"}", "credential_unusable", "letters, digits"},
    {ZEN, "{\"shop\":\"a\\nb\"}", "credential_unusable", "letters, digits"},
    {ZEN, "{\"shop\":\"a%2eb\"}", "credential_unusable", "letters, digits"},
    {ZEN, "{\"shop\":\"\xc3\xa9\"}", "credential_unusable", "letters, digits"},
    {ZEN, "{\"shop\":\".\"}", "credential_unusable", "not usable"},
    {ZEN, "{\"shop\":\"a..b\"}", "credential_unusable", "not usable"},
    {WHOLE, "{\"host\":\"one.acme.test\"}", "https://one.acme.test/", NULL},
    {WHOLE, "{\"host\":\"acme.test\"}", "host_forbidden", "https://acme.test"},
    {WHOLE, "{\"host\":\"acme.test.evil.test\"}", "host_forbidden", "among the hosts"},
    {WHOLE, "{\"host\":\"evilacme.test\"}", "host_forbidden", "among the hosts"},
    {WHOLE, "{\"host\":\"localhost\"}", "host_forbidden", "https://localhost"},
    {WHOLE, "{\"host\":\"127.0.0.1\"}", "host_forbidden", "127.0.0.1"},
    {ORIGIN, "{\"origin\":\"https://one.acme.test\"}", "https://one.acme.test/v1", NULL},
    {ORIGIN, "{\"origin\":\"https://one.acme.test/\"}", "https://one.acme.test/v1", NULL},
    {ORIGIN, "{\"origin\":\"https://one.acme.test/x\"}", "credential_unusable",
     "an origin"},
    {ORIGIN, "{\"origin\":\"https://one.acme.test?x\"}", "credential_unusable",
     "an origin"},
    {ORIGIN, "{\"origin\":\"one.acme.test\"}", "credential_unusable", "an origin"},
    {ORIGIN, "{\"origin\":\"https://me:pw@one.acme.test\"}", "credential_unusable",
     "an origin"},
    {ORIGIN, "{\"origin\":\"http://one.acme.test\"}", "host_forbidden", "http://one"},
    {ORIGIN, "{\"origin\":\"https://one.acme.test:8443\"}", "host_forbidden", ":8443"},
    {ORIGIN, "{\"origin\":\"https://evil.test\"}", "host_forbidden", "evil.test"},
    {BARE, "{\"origin\":\"http://localhost:8090\"}", "http://localhost:8090/", NULL},
    {BARE, "{\"origin\":\"https://localhost:8090\"}", "host_forbidden", "localhost"},
    {REALM, "{\"realm\":\"123\"}", "https://api.acme.test/company/123/x", NULL},
    {REALM, "{\"realm\":\"a b/c?d#e%\"}",
     "https://api.acme.test/company/a%20b%2Fc%3Fd%23e%25/x", NULL},
    {REALM, "{\"realm\":\"..\"}", "credential_unusable", "\"..\""},
    {REALM, "{\"realm\":\".\"}", "credential_unusable", "\".\""},
    {REALM, "{\"realm\":\"\"}", "credential_unusable", "empty"},
};

static void check_row(struct arena *arena, const struct row *row)
{
    struct url url;
    str detail = STR_NONE;
    const struct integration *integration = paper_read(arena, row->patch);
    enum err err = integration_base_url(
        integration, integration_way(integration, STR_NONE),
        given_json(arena, str_z(row->context)), arena, &url, &detail);
    str got = err == ERR_NONE ? url_format(arena, &url) : err_code(err);
    given_same(row->context, got, row->want);
    if (row->part && str_find_str(detail, str_z(row->part)) == detail.n)
        fail_msg("%s: \"" STR_F "\"", row->context, STR_A(detail));
    if (err == ERR_NONE)
        assert_true(integration_allows(integration, &url));
}

static void base_urls_are_filled_and_bound_to_the_hosts(void **state)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_row(*state, &rows[i]);
}

static void hosts_allow_what_they_name(void **state)
{
    static const struct {
        const char *url;
        bool want;
    } urls[] = {
        {"https://api.acme.test/x", true},   {"https://cdn.acme.test", true},
        {"https://a.cdn.acme.test", true},   {"https://acme.test", false},
        {"http://api.acme.test", false},     {"https://api.acme.test:444", false},
        {"https://api.acme.test:443", true}, {"http://localhost:9", true},
        {"https://localhost:9", false},      {"https://xacme.test", false},
    };
    const struct integration *integration = paper_read(
        *state, "{\"hosts\":[\"api.acme.test\",\"*.acme.test\",\"http://localhost:*\"]}");
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        struct url url;
        assert_true(url_parse(*state, str_z(urls[i].url), &url, NULL));
        if (integration_allows(integration, &url) != urls[i].want)
            fail_msg("%s", urls[i].url);
    }
}

/* The credential of an older version goes nowhere that was taken out since. */
static void an_older_version_goes_where_the_one_in_use_may_only(void **state)
{
    static const struct {
        const char *patch;
        const char *context;
        const char *want;
    } olds[] = {
        {"{\"base_url\":\"https://old.acme.test\"}", "{}", "host_forbidden"},
        {"{\"base_url\":\"https://new.acme.test/v1\"}", "{}", "ok"},
        {"{\"base_url\":\"https://{tenant}.acme.test\"}", "{\"tenant\":\"old\"}",
         "host_forbidden"},
        {"{\"base_url\":\"https://{tenant}.acme.test\"}", "{\"tenant\":\"new\"}", "ok"},
        {"{\"base_url\":\"https://{tenant}.acme.test\"}", "{\"tenant\":\"other\"}",
         "host_forbidden"},
    };
    const struct integration *active =
        paper_read(*state, "{\"hosts\":[\"new.acme.test\",\"other.test\"],"
                           "\"base_url\":\"https://new.acme.test\"}");
    for (size_t i = 0; i < COUNT_OF(olds); i++) {
        struct url url;
        str detail = STR("");
        const struct integration *based = paper_read(
            *state, arena_z(*state, arena_printf(*state,
                                                 "{\"hosts\":[\"old.acme.test\","
                                                 "\"new.acme.test\"],%s",
                                                 olds[i].patch + 1)));
        struct integration bound = *based;
        bound.bound = active;
        enum err err = integration_base_url(&bound, integration_way(&bound, STR_NONE),
                                            given_json(*state, str_z(olds[i].context)),
                                            *state, &url, &detail);
        given_same(olds[i].patch, err_code(err), olds[i].want);
        assert_int_equal(err == ERR_NONE, detail.n == 0);
    }
}

int test_base_url(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(base_urls_are_filled_and_bound_to_the_hosts),
        GIVEN_TEST(hosts_allow_what_they_name),
        GIVEN_TEST(an_older_version_goes_where_the_one_in_use_may_only),
    };
    return cmocka_run_group_tests_name("catalog: base_url", tests, NULL, NULL);
}
