/*
 * The documents that come with Breakwater.
 */
#include <dirent.h>

#include "paper.h"

int test_integrations(void);

/* An account's context for each document that needs one. */
static const struct {
    const char *name;
    const char *context;
    const char *want; /* the base URL */
} contexts[] = {
    {"airtable", "{}", "https://api.airtable.com/"},
    {"asana", "{}", "https://app.asana.com/"},
    {"bamboohr", "{}", "https://api.bamboohr.com/"},
    {"demo", "{\"origin\":\"http://127.0.0.1:8090\"}", "http://127.0.0.1:8090/demo"},
    {"freshdesk", "{\"subdomain\":\"acme\"}", "https://acme.freshdesk.com/"},
    {"github", "{}", "https://api.github.com/"},
    {"gitlab", "{}", "https://gitlab.com/"},
    {"google", "{}", "https://www.googleapis.com/"},
    {"hubspot", "{}", "https://api.hubapi.com/"},
    {"jira", "{\"site\":\"acme\"}", "https://acme.atlassian.net/"},
    {"mailchimp", "{\"dc\":\"us21\"}", "https://us21.api.mailchimp.com/"},
    {"microsoft", "{}", "https://graph.microsoft.com/"},
    {"netsuite", "{\"account_id\":\"1234567-sb1\"}",
     "https://1234567-sb1.suitetalk.api.netsuite.com/"},
    {"notion", "{}", "https://api.notion.com/"},
    {"pipedrive", "{}", "https://api.pipedrive.com/"},
    {"quickbooks", "{\"api\":\"sandbox-quickbooks\"}",
     "https://sandbox-quickbooks.api.intuit.com/"},
    {"salesforce", "{\"instance_url\":\"https://acme.my.salesforce.com\"}",
     "https://acme.my.salesforce.com/"},
    {"sendgrid", "{}", "https://api.sendgrid.com/"},
    {"shopify", "{\"shop\":\"acme\"}", "https://acme.myshopify.com/"},
    {"slack", "{}", "https://slack.com/"},
    {"stripe", "{}", "https://api.stripe.com/"},
    {"twilio", "{}", "https://api.twilio.com/"},
    {"workday", "{\"host\":\"wd3-services1.myworkday.com\"}",
     "https://wd3-services1.myworkday.com/"},
    {"zendesk", "{\"subdomain\":\"acme\"}", "https://acme.zendesk.com/"},
};

static void each_document_is_good_and_knows_its_hosts(void **state)
{
    for (size_t i = 0; i < COUNT_OF(contexts); i++) {
        struct url url;
        str detail = STR("");
        const struct integration *integration = paper_vendor(*state, contexts[i].name);
        given_same(contexts[i].name, integration->name, contexts[i].name);
        enum err err = integration_base_url(
            integration, given_json(*state, str_z(contexts[i].context)), *state, &url,
            &detail);
        if (err)
            fail_msg("%s: " STR_F, contexts[i].name, STR_A(detail));
        given_same(contexts[i].name, url_format(*state, &url), contexts[i].want);
        assert_true(integration->label.n && integration->version.n);
        assert_true(integration->resources.n > 0);
        assert_non_null(json_member(&integration->docs, STR("unverified")));
        assert_non_null(json_member(&integration->docs, STR("reference")));
    }
}

static void no_document_is_left_out_here(void **state)
{
    size_t n = 0;
    DIR *dir = opendir("integrations");
    assert_non_null(dir);
    for (struct dirent *item; (item = readdir(dir));)
        n += item->d_name[0] != '.';
    closedir(dir);
    assert_int_equal(n, COUNT_OF(contexts));
    (void)state;
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
        GIVEN_TEST(no_document_is_left_out_here),
        GIVEN_TEST(lists_of_the_samples_are_known_methods),
        GIVEN_TEST(what_sends_or_pays_is_not_repeatable),
    };
    return cmocka_run_group_tests_name("catalog: integrations", tests, NULL, NULL);
}
