/*
 * The documents that come with Breakwater.
 */
#include <dirent.h>

#include "paper.h"

#include "auth/token_rule.h"

int test_integrations(void);

/* An account's context for each way of each document. */
static const struct {
    const char *name;
    const char *way; /* NULL: the only one */
    const char *context;
    const char *want;      /* the base URL */
    const char *token_url; /* NULL: its tokens are stored by hand */
} contexts[] = {
    {"airtable", NULL, "{}", "https://api.airtable.com/",
     "https://airtable.com/oauth2/v1/token"},
    {"asana", NULL, "{}", "https://app.asana.com/",
     "https://app.asana.com/-/oauth_token"},
    {"bamboohr", "key", "{}", "https://api.bamboohr.com/", NULL},
    {"bamboohr", "oauth", "{\"company_domain\":\"acme\"}", "https://api.bamboohr.com/",
     "https://acme.bamboohr.com/token.php?request=token"},
    {"demo", NULL, "{\"origin\":\"http://127.0.0.1:8090\"}", "http://127.0.0.1:8090/demo",
     NULL},
    {"freshdesk", NULL, "{\"subdomain\":\"acme\"}", "https://acme.freshdesk.com/", NULL},
    {"github", "oauth", "{}", "https://api.github.com/",
     "https://github.com/login/oauth/access_token"},
    {"github", "app", "{\"installation_id\":\"42\"}", "https://api.github.com/",
     "https://api.github.com/app/installations/42/access_tokens"},
    {"gitlab", "key", "{}", "https://gitlab.com/", NULL},
    {"gitlab", "oauth", "{}", "https://gitlab.com/", "https://gitlab.com/oauth/token"},
    {"google", "oauth", "{}", "https://www.googleapis.com/",
     "https://oauth2.googleapis.com/token"},
    {"google", "service_account", "{}", "https://www.googleapis.com/",
     "https://oauth2.googleapis.com/token"},
    {"hubspot", NULL, "{}", "https://api.hubapi.com/",
     "https://api.hubapi.com/oauth/v1/token"},
    {"jira", "key", "{\"site\":\"acme\"}", "https://acme.atlassian.net/", NULL},
    {"jira", "oauth", "{\"cloud_id\":\"11-22\"}",
     "https://api.atlassian.com/ex/jira/11-22", "https://auth.atlassian.com/oauth/token"},
    {"mailchimp", "key", "{\"dc\":\"us21\"}", "https://us21.api.mailchimp.com/", NULL},
    {"mailchimp", "oauth", "{\"dc\":\"us21\"}", "https://us21.api.mailchimp.com/",
     "https://login.mailchimp.com/oauth2/token"},
    {"microsoft", "oauth", "{\"tenant\":\"common\"}", "https://graph.microsoft.com/",
     "https://login.microsoftonline.com/common/oauth2/v2.0/token"},
    {"microsoft", "app", "{\"tenant\":\"acme.test\"}", "https://graph.microsoft.com/",
     "https://login.microsoftonline.com/acme.test/oauth2/v2.0/token"},
    {"netsuite", "oauth", "{\"account_id\":\"1234567-sb1\"}",
     "https://1234567-sb1.suitetalk.api.netsuite.com/",
     "https://1234567-sb1.suitetalk.api.netsuite.com/services/rest/auth/oauth2/v1/token"},
    {"netsuite", "app", "{\"account_id\":\"1234567-sb1\"}",
     "https://1234567-sb1.suitetalk.api.netsuite.com/",
     "https://1234567-sb1.suitetalk.api.netsuite.com/services/rest/auth/oauth2/v1/token"},
    {"netsuite", "tba", "{\"account_id\":\"1234567-sb1\"}",
     "https://1234567-sb1.suitetalk.api.netsuite.com/", NULL},
    {"notion", NULL, "{}", "https://api.notion.com/",
     "https://api.notion.com/v1/oauth/token"},
    {"pipedrive", "key", "{}", "https://api.pipedrive.com/", NULL},
    {"pipedrive", "oauth", "{\"api_domain\":\"https://acme.pipedrive.com\"}",
     "https://acme.pipedrive.com/", "https://oauth.pipedrive.com/oauth/token"},
    {"quickbooks", NULL, "{\"api\":\"sandbox-quickbooks\"}",
     "https://sandbox-quickbooks.api.intuit.com/",
     "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"},
    {"salesforce", "oauth",
     "{\"instance_url\":\"https://acme.my.salesforce.com\",\"login\":\"test\"}",
     "https://acme.my.salesforce.com/",
     "https://test.salesforce.com/services/oauth2/token"},
    {"salesforce", "app",
     "{\"instance_url\":\"https://"
     "acme.my.salesforce.com\",\"domain\":\"acme--dev.sandbox\"}",
     "https://acme.my.salesforce.com/",
     "https://acme--dev.sandbox.my.salesforce.com/services/oauth2/token"},
    {"salesforce", "jwt",
     "{\"instance_url\":\"https://acme.my.salesforce.com\",\"login\":\"login\"}",
     "https://acme.my.salesforce.com/",
     "https://login.salesforce.com/services/oauth2/token"},
    {"sendgrid", NULL, "{}", "https://api.sendgrid.com/", NULL},
    {"shopify", NULL, "{\"shop\":\"acme\"}", "https://acme.myshopify.com/",
     "https://acme.myshopify.com/admin/oauth/access_token"},
    {"slack", "bot", "{}", "https://slack.com/", "https://slack.com/api/oauth.v2.access"},
    {"slack", "user", "{}", "https://slack.com/",
     "https://slack.com/api/oauth.v2.access"},
    {"stripe", "connect", "{}", "https://api.stripe.com/",
     "https://connect.stripe.com/oauth/token"},
    {"stripe", "apps", "{}", "https://api.stripe.com/",
     "https://api.stripe.com/v1/oauth/token"},
    {"twilio", NULL, "{}", "https://api.twilio.com/", NULL},
    {"workday", "password", "{\"host\":\"wd3-services1.myworkday.com\"}",
     "https://wd3-services1.myworkday.com/", NULL},
    {"workday", "app",
     "{\"host\":\"wd3-services1.myworkday.com\",\"tenant\":\"acme\",\"token_domain\":"
     "\"wd3-services1.myworkday.com\"}",
     "https://wd3-services1.myworkday.com/",
     "https://wd3-services1.myworkday.com/ccx/oauth2/acme/token"},
    {"workday", "oauth",
     "{\"host\":\"wd3-services1.myworkday.com\",\"tenant\":\"acme\",\"token_domain\":"
     "\"wd3-services1.myworkday.com\",\"authorization_domain\":\"impl.workday.com\"}",
     "https://wd3-services1.myworkday.com/",
     "https://wd3-services1.myworkday.com/ccx/oauth2/acme/token"},
    {"zendesk", "key", "{\"subdomain\":\"acme\"}", "https://acme.zendesk.com/", NULL},
    {"zendesk", "oauth", "{\"subdomain\":\"acme\"}", "https://acme.zendesk.com/",
     "https://acme.zendesk.com/oauth/tokens"},
};

static const struct auth_way *way_at(struct arena *arena, size_t i)
{
    const struct integration *integration = paper_vendor(arena, contexts[i].name);
    const struct auth_way *way =
        integration_way(integration, contexts[i].way ? str_z(contexts[i].way) : STR_NONE);
    if (!way || str_absent(way->name) != !contexts[i].way)
        fail_msg("%s: its way %s", contexts[i].name, contexts[i].way);
    return way;
}

static void each_document_is_good_and_knows_its_hosts(void **state)
{
    for (size_t i = 0; i < COUNT_OF(contexts); i++) {
        struct url url;
        str detail = STR("");
        const struct integration *integration = paper_vendor(*state, contexts[i].name);
        given_same(contexts[i].name, integration->name, contexts[i].name);
        enum err err = integration_base_url(
            integration, way_at(*state, i),
            given_json(*state, str_z(contexts[i].context)), *state, &url, &detail);
        if (err)
            fail_msg("%s: " STR_F, contexts[i].name, STR_A(detail));
        given_same(contexts[i].name, url_format(*state, &url), contexts[i].want);
        assert_true(integration->label.n && integration->version.n);
        assert_true(integration->resources.n > 0);
        assert_non_null(integration->webhooks);
        assert_non_null(json_member(&integration->docs, STR("unverified")));
        assert_non_null(json_member(&integration->docs, STR("reference")));
    }
}

/* Whoever chooses reads a label; whoever looks after the account reads what to do when it
 * ends, for each way. */
static void each_way_has_a_label_and_says_what_to_do_when_it_ends(void **state)
{
    for (size_t i = 0; i < COUNT_OF(contexts); i++) {
        const struct integration *integration = paper_vendor(*state, contexts[i].name);
        const struct auth_way *way = way_at(*state, i);
        const struct json *renewal = json_member(&integration->docs, STR("renewal"));
        str text =
            contexts[i].way ? json_member_text(renewal, way->name) : json_text(renewal);
        if (text.n <= 40 || (contexts[i].way && !way->label.n))
            fail_msg("%s, %s", contexts[i].name, contexts[i].way);
        if (contexts[i].way)
            assert_int_equal(renewal->n, integration->ways.n);
    }
}

/* --- token blocks --- */

/* The URL with the account's context in it. What the document writes out itself is
 * trusted; where a variable has a say, the hosts must have it. */
static str filled(struct arena *arena, const struct integration *integration,
                  const struct template *template, const char *context)
{
    struct json values = *given_json(arena, str_z(context));
    struct template_values from = {&values, "the context", "a URL"};
    struct url url;
    str text, detail;
    if (template->n == 0)
        return STR_NONE;
    if (!template_fill_url(template, &from, arena, &text, &detail))
        fail_msg(STR_F ": " STR_F, STR_A(integration->name), STR_A(detail));
    assert_true(url_parse(arena, text, &url, NULL));
    if (!url.tls)
        fail_msg(STR_F ": " STR_F, STR_A(integration->name), STR_A(text));
    if ((template_has_origin(template) || template_has_host(template)) &&
        !integration_allows(integration, &url))
        fail_msg(STR_F ": " STR_F " is not among its hosts", STR_A(integration->name),
                 STR_A(text));
    return text;
}

static void token_endpoints_are_where_credentials_may_go(void **state)
{
    for (size_t i = 0; i < COUNT_OF(contexts); i++) {
        const struct integration *integration = paper_vendor(*state, contexts[i].name);
        const struct token_rule *rule = way_at(*state, i)->rule.token;
        const char *context = contexts[i].context;
        if (!rule != !contexts[i].token_url)
            fail_msg("%s: a token URL is wanted for each token block, and only there",
                     contexts[i].name);
        if (!rule)
            continue;
        given_same(contexts[i].name, filled(*state, integration, &rule->url, context),
                   contexts[i].token_url);
        filled(*state, integration, &rule->refresh_url, context);
        filled(*state, integration, &rule->revoke_url, context);
    }
}

/* Consent is asked for in a browser, which shows it: the place is https. */
static void consent_is_asked_for_over_tls(void **state)
{
    for (size_t i = 0; i < COUNT_OF(contexts); i++) {
        const struct token_rule *rule = way_at(*state, i)->rule.token;
        if (rule && rule->authorize_url.n)
            assert_true(str_starts(rule->authorize_url.parts[0].text, STR("https://")));
    }
}

/* A token that was stored by hand is what an account of a vendor with OAuth may have. */
static void a_token_block_asks_for_nothing_more(void **state)
{
    for (size_t i = 0; i < COUNT_OF(contexts); i++) {
        struct auth_field fields[AUTH_FIELDS_MAX];
        const struct auth_rule *rule = &way_at(*state, i)->rule;
        uint32_t n = rule->token ? auth_fields(rule, fields) : 0;
        bool token = false;
        for (uint32_t k = 0; k < n; k++) {
            token |= str_eq(fields[k].name, auth_token_name(rule));
            assert_true(fields[k].optional);
        }
        assert_true(token == (rule->token != NULL));
    }
}

static void no_document_is_left_out_here(void **state)
{
    size_t n = 0, ways = 0;
    DIR *dir = opendir("integrations");
    assert_non_null(dir);
    for (struct dirent *item; (item = readdir(dir));)
        if (item->d_name[0] != '.') {
            n++;
            ways += paper_vendor(*state, item->d_name)->ways.n;
        }
    closedir(dir);
    assert_true(n > 20);
    assert_int_equal(ways, COUNT_OF(contexts));
}

/* The requests of the samples are lists: each is known, and safe. */
static void lists_of_the_samples_are_known_methods(void **state)
{
    const struct json *vendors = json_member(
        given_json(*state, given_file(*state, "tests/cases/vendor-samples.json")),
        STR("vendors"));
    size_t known = 0;
    for (uint32_t i = 0; i < vendors->n; i++) {
        str name = json_key(&vendors->u.members[i]);
        const struct json *page =
            json_member(&vendors->u.members[i].value, STR("list_page"));
        str verb, path = json_member_text(page, STR("request"));
        str_next(&path, ' ', &verb);
        path.n = str_find(path, '?');
        const struct method *method =
            integration_method(paper_vendor(*state, arena_z(*state, name)), verb, path);
        if (str_eq(name, STR("jira"))) { /* the sample is of the other base URL */
            assert_null(method);
            continue;
        }
        if (!method || !method->safe)
            fail_msg(STR_F ": " STR_F " " STR_F, STR_A(name), STR_A(verb), STR_A(path));
        known++;
    }
    assert_int_equal(known, 22);
}

/* What a repeat would do twice is never marked as repeatable. */
static void what_sends_or_pays_is_not_repeatable(void **state)
{
    static const struct {
        const char *name;
        const char *path;
    } rows[] = {
        {"stripe", "/v1/payment_intents"},
        {"stripe", "/v1/refunds"},
        {"twilio", "/2010-04-01/Accounts/A/Messages.json"},
        {"sendgrid", "/v3/mail/send"},
        {"slack", "/api/chat.postMessage"},
        {"hubspot", "/crm/v3/objects/contacts"},
        {"microsoft", "/v1.0/me/sendMail"},
        {"mailchimp", "/3.0/campaigns/1/actions/send"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct method *method = integration_method(
            paper_vendor(*state, rows[i].name), STR("POST"), str_z(rows[i].path));
        if (!method || method->safe || method->repeatable)
            fail_msg("%s %s", rows[i].name, rows[i].path);
    }
}

int test_integrations(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(each_document_is_good_and_knows_its_hosts),
        GIVEN_TEST(each_way_has_a_label_and_says_what_to_do_when_it_ends),
        GIVEN_TEST(token_endpoints_are_where_credentials_may_go),
        GIVEN_TEST(consent_is_asked_for_over_tls),
        GIVEN_TEST(a_token_block_asks_for_nothing_more),
        GIVEN_TEST(no_document_is_left_out_here),
        GIVEN_TEST(lists_of_the_samples_are_known_methods),
        GIVEN_TEST(what_sends_or_pays_is_not_repeatable),
    };
    return cmocka_run_group_tests_name("catalog: integrations", tests, NULL, NULL);
}
