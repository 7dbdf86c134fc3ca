/*
 * What the shipped token blocks read out of an answer, where a call that follows does not
 * show it: when tokens end, and what else is kept.
 */
#include "paper.h"

#include "auth/token_rule.h"
#include "directory/tenant.h"

int test_token_answers(void);

#define NOW (1760000000 * USEC_S) /* 2025-10-09T08:53:20Z */

static const struct {
    const char *name;
    const char *way; /* NULL: the only one */
    const char *text;
    const char *token;
    const char *refresh_token; /* NULL: none */
    usec lifetime, refresh_lifetime;
} rows[] = {
    {"quickbooks", NULL,
     "{\"access_token\":\"a\",\"refresh_token\":\"r\",\"expires_in\":3600,"
     "\"x_refresh_token_expires_in\":8726400}",
     "a", "r", USEC_H, 101 * USEC_DAY},
    {"airtable", NULL,
     "{\"access_token\":\"a\",\"refresh_token\":\"r\",\"expires_in\":3600,"
     "\"refresh_expires_in\":5184000}",
     "a", "r", USEC_H, 60 * USEC_DAY},
    {"github", "oauth",
     "{\"access_token\":\"a\",\"refresh_token\":\"r\",\"expires_in\":28800,"
     "\"refresh_token_expires_in\":15897600}",
     "a", "r", 8 * USEC_H, 184 * USEC_DAY},
    {"shopify", NULL,
     "{\"access_token\":\"a\",\"refresh_token\":\"r\",\"expires_in\":3600,"
     "\"refresh_token_expires_in\":7776000}",
     "a", "r", USEC_H, 90 * USEC_DAY},
    /* the end of the refresh token is known, though no answer tells it */
    {"netsuite", "oauth",
     "{\"access_token\":\"a\",\"refresh_token\":\"r\",\"expires_in\":\"3600\"}", "a", "r",
     USEC_H, 7 * USEC_DAY},
    {"netsuite", "oauth", "{\"access_token\":\"a\",\"expires_in\":3600}", "a", NULL,
     USEC_H, -1},
    {"stripe", "apps", "{\"access_token\":\"a\",\"refresh_token\":\"r\"}", "a", "r",
     USEC_H, 365 * USEC_DAY},
    /* nothing is said: it is learned, or set */
    {"salesforce", "oauth", "{\"access_token\":\"a\",\"issued_at\":\"1760000000000\"}",
     "a", NULL, -1, -1},
    {"notion", NULL, "{\"access_token\":\"a\",\"refresh_token\":null}", "a", NULL, -1,
     -1},
    {"workday", "app", "{\"access_token\":\"a\"}", "a", NULL, USEC_H, -1},
    {"workday", "app", "{\"access_token\":\"a\",\"expires_in\":14400}", "a", NULL,
     4 * USEC_H, -1},
    /* never */
    {"mailchimp", "oauth", "{\"access_token\":\"a\",\"expires_in\":0,\"scope\":null}",
     "a", NULL, USEC_NEVER, -1},
    /* a moment; one that has passed is none that could be planned with */
    {"github", "app", "{\"token\":\"ghs_x\",\"expires_at\":\"2025-10-09T09:53:20Z\"}",
     "ghs_x", NULL, USEC_H, -1},
    {"github", "app", "{\"token\":\"ghs_x\",\"expires_at\":\"2025-10-09T08:53:20Z\"}",
     "ghs_x", NULL, -1, -1},
    {"github", "app", "{\"token\":\"ghs_x\",\"expires_at\":\"2024-01-01T00:00:00Z\"}",
     "ghs_x", NULL, -1, -1},
    /* the user's beside the bot's: with a code, and refreshed */
    {"slack", "bot",
     "{\"ok\":true,\"access_token\":\"xoxb\",\"expires_in\":43200,\"refresh_token\":"
     "\"r\","
     "\"authed_user\":{\"access_token\":\"xoxp\"}}",
     "xoxb", "r", 12 * USEC_H, -1},
    {"slack", "user",
     "{\"ok\":true,\"access_token\":\"xoxb\",\"expires_in\":43200,\"refresh_token\":"
     "\"r\","
     "\"authed_user\":{\"access_token\":\"xoxp\"}}",
     "xoxp", NULL, -1, -1},
    {"slack", "user",
     "{\"ok\":true,\"authed_user\":{\"access_token\":\"xoxp\",\"expires_in\":43200,"
     "\"refresh_token\":\"u\"}}",
     "xoxp", "u", 12 * USEC_H, -1},
    {"slack", "user",
     "{\"ok\":true,\"access_token\":\"xoxp\",\"expires_in\":43200,\"refresh_token\":"
     "\"u\",\"token_type\":\"user\"}",
     "xoxp", "u", 12 * USEC_H, -1},
};

static void read_answer(struct arena *arena, const char *name, const char *way,
                        const char *text, struct token_answer *ret)
{
    struct headers headers;
    headers_init(&headers, arena, 1);
    const struct answer answer = {
        .status = 200, .headers = &headers, .text = str_z(text), .wall = NOW};
    const struct auth_way *found =
        integration_way(paper_vendor(arena, name), way ? str_z(way) : STR_NONE);
    token_answer_read(found->rule.token, &answer, arena, ret);
}

static void ends_are_read_in_each_form(void **state)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct token_answer answer;
        read_answer(*state, rows[i].name, rows[i].way, rows[i].text, &answer);
        assert_int_equal(answer.verdict, TOKEN_GOOD);
        given_same(rows[i].name, answer.access_token, rows[i].token);
        assert_int_equal(str_absent(answer.refresh_token), !rows[i].refresh_token);
        if (rows[i].refresh_token)
            given_same(rows[i].name, answer.refresh_token, rows[i].refresh_token);
        if (answer.lifetime != rows[i].lifetime ||
            answer.refresh_lifetime != rows[i].refresh_lifetime)
            fail_msg("%s: %lld and %lld for %s", rows[i].name, (long long)answer.lifetime,
                     (long long)answer.refresh_lifetime, rows[i].text);
    }
}

static void what_is_secret_goes_to_the_credentials(void **state)
{
    struct token_answer answer;
    read_answer(*state, "slack", "bot",
                "{\"ok\":true,\"access_token\":\"xoxb\",\"team\":{\"id\":\"T9\"},"
                "\"authed_user\":{\"id\":\"U1\",\"access_token\":\"xoxp\"},"
                "\"incoming_webhook\":{\"url\":\"https://hooks.slack.test/x\","
                "\"channel_id\":\"C1\"}}",
                &answer);
    assert_int_equal(answer.secret_n, 2);
    given_same("a name", answer.secrets[0].name, "user_token");
    given_same("a value", secret_peek(&answer.secrets[0].value), "xoxp");
    given_same("a name", answer.secrets[1].name, "webhook_url");
    given_same("the team", json_member_text(&answer.context, STR("team_id")), "T9");
    given_same("a channel", json_member_text(&answer.context, STR("webhook_channel")),
               "C1");
    assert_null(json_member(&answer.context, STR("user_token")));
}

int test_token_answers(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(ends_are_read_in_each_form),
        GIVEN_TEST(what_is_secret_goes_to_the_credentials),
    };
    return cmocka_run_group_tests_name("catalog: token answers", tests, NULL, NULL);
}
