#include "directory/tenant.h"
#include "support/reply.h"
#include "vectors.h"
#include "vendor_token.h"

int test_token_answer(void);

#define NEVER   (-2) /* it never ends */
#define UNKNOWN (-1) /* it is not said */

/* What an answer means. Texts that are NULL are not there. */
struct meaning {
    enum token_verdict verdict;
    const char *token;
    const char *refresh;
    double lifetime;         /* s */
    double refresh_lifetime; /* s */
    const char *scope;
    const char *context;
    const char *secrets; /* {"name": "value"} */
};

static double seconds(usec lifetime)
{
    if (lifetime < 0)
        return UNKNOWN;
    return lifetime == USEC_NEVER ? NEVER : (double)lifetime / (double)USEC_S;
}

static void check_secrets(const char *about, const struct token_answer *answer,
                          const struct json *want)
{
    assert_int_equal(answer->secret_n, want->n);
    for (uint32_t i = 0; i < want->n; i++) {
        assert_str(answer->secrets[i].name, json_key(&want->u.members[i]));
        if (!str_eq(secret_peek(&answer->secrets[i].value),
                    json_text(&want->u.members[i].value)))
            fail_msg("%s: another secret", about);
    }
}

static void check_meaning(struct arena *arena, const char *about,
                          const struct token_answer *got, const struct meaning *want)
{
    if (got->verdict != want->verdict)
        fail_msg("%s: verdict %d, want %d: " STR_F, about, (int)got->verdict,
                 (int)want->verdict, STR_A(got->fault));
    given_same(about, got->access_token, want->token);
    given_same(about, got->refresh_token, want->refresh);
    if (got->verdict != TOKEN_GOOD) {
        assert_true(got->fault.n > 0);
        return;
    }
    if (seconds(got->lifetime) != want->lifetime ||
        seconds(got->refresh_lifetime) != want->refresh_lifetime)
        fail_msg("%s: lives for %g s, its refresh token for %g s", about,
                 seconds(got->lifetime), seconds(got->refresh_lifetime));
    given_same(about, got->scope, want->scope);
    if (!json_equal(&got->context,
                    given_json(arena, str_z(want->context ? want->context : "{}"))))
        fail_msg("%s: another context", about);
    check_secrets(about, got,
                  given_json(arena, str_z(want->secrets ? want->secrets : "{}")));
}

static struct token_answer read_answer(struct arena *arena, const char *rule,
                                       const struct answer *answer)
{
    struct token_answer got;
    token_answer_read(vendor_token(arena, rule), answer, arena, &got);
    return got;
}

static struct token_answer read_json(struct arena *arena, const char *rule,
                                     const char *answer)
{
    struct answer given = reply_of(arena, answer);
    return read_answer(arena, rule, &given);
}

/* --- what vendors answer --- */

/* token_responses of tests/cases/vendor-samples.json, with the block that a document
 * would have and what it must make of them. */
static const struct {
    const char *id;
    const char *rule;
    struct meaning want;
} samples[] = {
    {"standard",
     TOKEN_BY_CODE(""),
     {TOKEN_GOOD, "at", "rt2", 3600, UNKNOWN, "a b", NULL, NULL}},
    {"salesforce_no_expiry",
     TOKEN_BY_CODE(",\"keep\":{\"instance_url\":\"/instance_url\"},\"lifetime\":\"2h\""),
     {TOKEN_GOOD, "00D!at", NULL, 7200, UNKNOWN, "refresh_token api",
      "{\"instance_url\":\"https://acme.my.salesforce.com\"}", NULL}},
    {"github_form",
     TOKEN_BY_CODE(""),
     {TOKEN_GOOD, "gho_x", NULL, UNKNOWN, UNKNOWN, "repo,gist", NULL, NULL}},
    {"slack_nested",
     TOKEN_BY_CODE(",\"keep\":{\"team\":\"/team/id\"},"
                   "\"keep_secret\":{\"user_token\":\"/authed_user/access_token\"}"),
     {TOKEN_GOOD, "xoxb-1", "xoxe-1-abc", 43200, UNKNOWN, "chat:write",
      "{\"team\":\"T9\"}", "{\"user_token\":\"xoxp-1\"}"}},
    {"slack_nested",
     TOKEN_BY_CODE(",\"access_token\":\"/authed_user/access_token\","
                   "\"refresh_token\":\"/authed_user/refresh_token\","
                   "\"scope\":\"/authed_user/scope\""),
     {TOKEN_GOOD, "xoxp-1", NULL, 43200, UNKNOWN, "chat:write", NULL, NULL}},
    {"square_absolute_expiry",
     TOKEN_BY_CODE(",\"expires\":{\"from\":\"/expires_at\",\"unit\":\"iso8601\"}"),
     {TOKEN_GOOD, "EAAA", "EQAA", 30 * 86400, UNKNOWN, NULL, NULL, NULL}},
    {"quickbooks",
     TOKEN_BY_CODE(",\"refresh_expires\":\"/x_refresh_token_expires_in\""),
     {TOKEN_GOOD, "eyJ", "AB11", 3600, 8726400, NULL, NULL, NULL}},
    {"zoho",
     TOKEN_BY_CODE(",\"keep\":{\"api_domain\":\"/api_domain\"}"),
     {TOKEN_GOOD, "1000.a", "1000.r", 3600, UNKNOWN, NULL,
      "{\"api_domain\":\"https://www.zohoapis.eu\"}", NULL}},
    {"github_installation",
     "{\"grant\":\"login\",\"url\":\"https://vendor.test/\",\"access_token\":\"/token\","
     "\"expires\":{\"from\":\"/expires_at\",\"unit\":\"iso8601\"}}",
     {TOKEN_GOOD, "ghs_x", NULL, 3600, UNKNOWN, NULL, NULL, NULL}},
    {"mailchimp_never",
     TOKEN_BY_CODE(""),
     {TOKEN_GOOD, "5c6c", NULL, NEVER, UNKNOWN, NULL, NULL, NULL}},
    {"invalid_grant", TOKEN_BY_CODE(""), {.verdict = TOKEN_REVOKED}},
};

static const struct json *sample_responses(struct arena *arena)
{
    const struct json *file =
        given_json(arena, given_file(arena, "tests/cases/vendor-samples.json"));
    return json_member(file, STR("token_responses"));
}

static bool has_row(str id)
{
    for (size_t i = 0; i < COUNT_OF(samples); i++)
        if (str_eq(id, str_z(samples[i].id)))
            return true;
    return false;
}

static void what_vendors_answer_is_understood(void **state)
{
    const struct json *responses = sample_responses(*state);
    for (uint32_t i = 0; i < responses->n; i++)
        if (!has_row(json_key(&responses->u.members[i])))
            fail_msg("no row for " STR_F, STR_A(json_key(&responses->u.members[i])));
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        struct answer answer;
        const struct json *sample = json_member(responses, str_z(samples[i].id));
        assert_non_null(sample);
        reply_read(*state, sample, &answer);
        struct token_answer got = read_answer(*state, samples[i].rule, &answer);
        check_meaning(*state, samples[i].id, &got, &samples[i].want);
    }
}

/* --- tokens --- */

#define BODY(members) "{\"body\":{" members "}}"
#define TEXT(text)    "{\"body\":\"" text "\"}"
#define TYPED(type, text)                                                                \
    "{\"headers\":{\"Content-Type\":\"" type "\"},\"body\":\"" text "\"}"

static void tokens_are_found(void **state)
{
    static const struct {
        const char *rule; /* members */
        const char *answer;
        const char *token;   /* NULL: none */
        const char *refresh; /* NULL: the one before stays */
    } rows[] = {
        {"", BODY("\"access_token\":\"a\""), "a", NULL},
        {"", BODY("\"access_token\":\"a\",\"refresh_token\":null"), "a", NULL},
        {"", BODY("\"access_token\":\"a\",\"refresh_token\":\"\""), "a", NULL},
        {"", BODY("\"access_token\":\"a\",\"refresh_token\":false"), "a", NULL},
        {"", BODY("\"access_token\":\"a\",\"refresh_token\":{\"a\":1}"), "a", NULL},
        {"", BODY("\"access_token\":12345678901234567890"), "12345678901234567890", NULL},
        {"", BODY("\"access_token\":true"), NULL, NULL},
        {"", BODY("\"access_token\":false,\"refresh_token\":\"r\""), NULL, NULL},
        {"", BODY("\"access_token\":null"), NULL, NULL},
        {"", BODY("\"access_token\":\"\""), NULL, NULL},
        {"", BODY("\"access_token\":[\"a\"]"), NULL, NULL},
        {"", BODY("\"Access_Token\":\"a\""), NULL, NULL},
        {"", "{\"status\":201,\"body\":{\"access_token\":\"a\"}}", "a", NULL},
        {"", "{\"status\":302,\"body\":{\"access_token\":\"a\"}}", NULL, NULL},
        {"", "{\"status\":400,\"body\":{\"access_token\":\"a\"}}", NULL, NULL},
        {",\"access_token\":\"/data/*/key\"",
         BODY("\"data\":[{\"key\":\"k\"},{\"key\":\"l\"}]"), "k", NULL},
        {",\"access_token\":\"X-Subject-Token\"",
         "{\"headers\":{\"X-Subject-Token\":\"h\"},\"body\":\"\"}", "h", NULL},
        {",\"access_token\":\"#text\"", TEXT("raw-token"), "raw-token", NULL},
        {",\"access_token\":{\"expression\":\"a & '.' & b\"}",
         BODY("\"a\":\"x\",\"b\":1"), "x.1", NULL},
        /* what is not quite JSON, or not quite a form */
        {"", TEXT("{\\\"access_token\\\":\\\"a\\\"}"), "a", NULL},
        {"", TEXT("\\ufeff{\\\"access_token\\\":\\\"a\\\"}"), "a", NULL},
        {"", TEXT(" \\r\\n{\\\"access_token\\\":\\\"a\\\"}\\n\\n"), "a", NULL},
        {"", TEXT("{\\\"access_token\\\":\\\"a\\\"}x"), NULL, NULL},
        {"", TEXT("{\\\"access_token\\\":\\\"a\\\""), NULL, NULL},
        {"", TEXT("{\\\"access_token\\\":\\\"a\\\",\\\"access_token\\\":\\\"b\\\"}"), "b",
         NULL}, /* the last, as in JavaScript */
        {"", TEXT("[{\\\"access_token\\\":\\\"a\\\"}]"), NULL, NULL},
        {"", TEXT(""), NULL, NULL},
        {"", TEXT("null"), NULL, NULL},
        {"", TEXT("\\\"access_token\\\""), NULL, NULL},
        {"", TEXT("<html>access_token=a</html>"), NULL, NULL},
        {"", TEXT("access_token=a&refresh_token=b"), "a", "b"}, /* facebook, once */
        {"", TEXT("access_token=a b"), NULL, NULL},
        {"", TYPED("application/x-www-form-urlencoded", "access_token=a+b%2Fc"), "a b/c",
         NULL},
        {"", TYPED("Application/X-WWW-Form-Urlencoded", "access_token=a&access_token=b"),
         "a", NULL},
        {"", TYPED("application/x-www-form-urlencoded", "access_token=&x"), NULL, NULL},
        {"", TYPED("application/x-www-form-urlencoded", "access_token"), NULL, NULL},
        {"", TYPED("application/x-www-form-urlencoded", ""), NULL, NULL},
        {"",
         TYPED("application/x-www-form-urlencoded", "{\\\"access_token\\\":\\\"a\\\"}"),
         "a", NULL},
        {"", TYPED("text/html", "{\\\"access_token\\\":\\\"a\\\"}"), "a", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str parts[] = {
            STR("{\"grant\":\"client_credentials\",\"url\":\"https://a.test\""),
            str_z(rows[i].rule), STR("}")};
        const char *rule = arena_z(*state, arena_join(*state, parts, COUNT_OF(parts)));
        struct token_answer got = read_json(*state, rule, rows[i].answer);
        assert_int_equal(got.verdict == TOKEN_GOOD, rows[i].token != NULL);
        if (rows[i].token)
            given_same(rows[i].answer, got.access_token, rows[i].token);
        given_same(rows[i].answer, got.refresh_token, rows[i].refresh);
    }
}

/* A name in Latin-1 beside it must not cost an account the only token that it has. */
static void bytes_that_are_no_utf8_cost_no_token(void **state)
{
    static const char *const texts[] = {
        "{\"access_token\":\"a\",\"company\":\"Caf\xe9\"}",
        "\xef\xbb\xbf{\"access_token\":\"a\",\"company\":"
        "\"\xff\xfe\xc0\x80\xed\xa0\x80\"}",
        "access_token=a&company=Caf\xe9",
        "access_token=a&company=%ff%00",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct answer answer = reply_of(*state, "{}");
        answer.text = str_z(texts[i]);
        struct token_answer got = read_answer(
            *state, TOKEN_BY_CODE(",\"keep\":{\"company\":\"/company\"}"), &answer);
        assert_int_equal(got.verdict, TOKEN_GOOD);
        given_same(texts[i], got.access_token, "a");
    }
}

static void what_is_huge_is_read_in_a_moment(void **state)
{
    static const struct {
        const char *piece;
        const char *token;
    } rows[] = {
        {"a&", NULL}, {"a=b&", NULL}, {"[", NULL}, {"{\"a\":", NULL},      {" ", NULL},
        {"&", NULL},  {"\xff", NULL}, {"0", NULL}, {"\xef\xbb\xbf", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena *arena = *state;
        struct arena_mark mark = arena_mark(arena);
        struct buf buf;
        struct answer answer = reply_of(arena, "{}");
        buf_init(&buf, 4 << 20);
        while (buf.n < 1 << 20)
            buf_put(&buf, rows[i].piece, strlen(rows[i].piece));
        answer.text = buf_peek(&buf);
        struct token_answer got = read_answer(arena, TOKEN_BY_CODE(""), &answer);
        assert_int_equal(got.verdict, TOKEN_TRANSIENT);
        given_same("fault", got.fault,
                   "The token endpoint answered 200 without a token.");
        buf_fini(&buf);
        arena_rewind(arena, mark);
    }
}

static void what_is_kept_is_text(void **state)
{
    struct token_answer got = read_json(
        *state,
        TOKEN_BY_CODE(",\"keep\":{\"a\":\"/n\",\"b\":\"/gone\",\"c\":\"/o\",\"d\":\"/e\","
                      "\"e\":\"/t\",\"f\":\"X-Shard\"},"
                      "\"keep_secret\":{\"k\":\"/gone\",\"l\":\"/n\"}"),
        "{\"headers\":{\"X-Shard\":\"7\"},\"body\":{\"access_token\":\"a\",\"n\":42,"
        "\"o\":{},\"e\":\"\",\"t\":true}}");
    check_meaning(*state, "kept", &got,
                  &(struct meaning){TOKEN_GOOD, "a", NULL, UNKNOWN, UNKNOWN, NULL,
                                    "{\"a\":\"42\",\"e\":\"true\",\"f\":\"7\"}",
                                    "{\"l\":\"42\"}"});
}

/* --- how long --- */

static void ends_are_read_in_every_way_they_are_told(void **state)
{
    static const struct {
        const char *rule; /* members */
        const char *expires;
        double lifetime;
    } rows[] = {
        {"", "3600", 3600},
        {"", "3599.5", 3599.5},
        {"", "\"3600\"", 3600},
        {"", "\" 3600 \"", 3600},
        {"", "\"3600 seconds\"", 3600},
        {"", "3.6e3", 3600},
        {"", "0", NEVER},
        {"", "0.0", NEVER},
        {"", "\"0\"", NEVER},
        {"", "-1", NEVER},
        {"", "\"-1\"", NEVER},
        {"", "9223372036854775807", NEVER},
        {"", "1e300", NEVER},
        {"", "1e999", UNKNOWN}, /* no number */
        {"", "3153600001", NEVER},
        {"", "3153600000", 3153600000},
        {"", "null", UNKNOWN},
        {"", "true", UNKNOWN},
        {"", "\"\"", UNKNOWN},
        {"", "\"never\"", UNKNOWN},
        {"", "\"NaN\"", UNKNOWN},
        {"", "\"Infinity\"", UNKNOWN},
        {"", "\"-\"", UNKNOWN},
        {"", "{}", UNKNOWN},
        {"", "[3600]", UNKNOWN},
        {"", "\"2025-10-09T09:53:20Z\"", UNKNOWN},
        {",\"lifetime\":\"1h\"", "null", 3600},
        {",\"lifetime\":\"1h\"", "60", 60},
        {",\"lifetime\":\"1h\"", "0", NEVER},
        {",\"lifetime\":\"1h\"", "\"?\"", 3600},
        {",\"expires\":{\"from\":\"/expires_in\",\"unit\":\"ms\"}", "3600000", 3600},
        {",\"expires\":{\"from\":\"/expires_in\",\"unit\":\"min\"}", "\"60\"", 3600},
        {",\"expires\":{\"from\":\"/expires_in\",\"words\":{\"hour\":3600,\"none\":0}}",
         "\"hour\"", 3600},
        {",\"expires\":{\"from\":\"/expires_in\",\"words\":{\"hour\":3600,\"none\":0}}",
         "\"none\"", NEVER},
        {",\"expires\":{\"from\":\"/expires_in\",\"unit\":\"epoch_s\"}", "1760003600",
         3600},
        {",\"expires\":{\"from\":\"/expires_in\",\"unit\":\"epoch_s\"}", "0", NEVER},
        {",\"expires\":{\"from\":\"/expires_in\",\"unit\":\"epoch_s\"}", "1759999999",
         UNKNOWN}, /* it has passed */
        {",\"expires\":{\"from\":\"/expires_in\",\"unit\":\"epoch_s\"}", "253402300799",
         NEVER}, /* 9999-12-31 */
        {",\"expires\":{\"from\":\"/expires_in\",\"unit\":\"epoch_ms\"}",
         "\"1760003600000\"", 3600},
        {",\"expires\":{\"from\":\"/expires_in\",\"unit\":\"iso8601\"}",
         "\"2025-10-09T09:53:20Z\"", 3600},
        {",\"expires\":{\"from\":\"/expires_in\",\"unit\":\"iso8601\"}",
         "\"2025-10-09T11:53:20.5+02:00\"", 3600.5},
        {",\"expires\":{\"from\":\"/expires_in\",\"unit\":\"iso8601\"}",
         "\"2025-10-09T08:53:19Z\"", UNKNOWN},
        {",\"expires\":{\"from\":\"/expires_in\",\"unit\":\"iso8601\"}", "\"soon\"",
         UNKNOWN},
        {",\"expires\":{\"from\":\"/expires_in\",\"unit\":\"iso8601\"}", "3600", UNKNOWN},
        {",\"expires\":{\"from\":\"/expires_in\",\"unit\":\"iso8601\"}",
         "\"9999-12-31T23:59:59Z\"", NEVER},
        {",\"expires\":{\"from\":\"/expires_in\",\"unit\":\"http_date\"}",
         "\"Thu, 09 Oct 2025 09:53:20 GMT\"", 3600},
        {",\"expires\":{\"expression\":\"$number(expires_in) * 60\"}", "\"60\"", 3600},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *rule =
            arena_z(*state, arena_printf(*state,
                                         "{\"grant\":\"client_credentials\","
                                         "\"url\":\"https://a.test\"%s}",
                                         rows[i].rule));
        const char *answer = arena_z(
            *state,
            arena_printf(*state, "{\"body\":{\"access_token\":\"a\",\"expires_in\":%s}}",
                         rows[i].expires));
        struct token_answer got = read_json(*state, rule, answer);
        assert_int_equal(got.verdict, TOKEN_GOOD);
        if (seconds(got.lifetime) != rows[i].lifetime)
            fail_msg("%s with %s: %g", rule, answer, seconds(got.lifetime));
    }
}

static void refresh_tokens_end_only_where_it_is_said(void **state)
{
    static const struct {
        const char *expires;
        double lifetime;
    } rows[] = {{"86400", 86400},  {"\"86400\"", 86400}, {"0", UNKNOWN},
                {"-1", UNKNOWN},   {"1e300", UNKNOWN},   {"null", UNKNOWN},
                {"\"x\"", UNKNOWN}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *answer = arena_z(
            *state,
            arena_printf(*state, "{\"body\":{\"access_token\":\"a\",\"refresh_in\":%s}}",
                         rows[i].expires));
        struct token_answer got = read_json(
            *state, TOKEN_BY_CODE(",\"refresh_expires\":\"/refresh_in\""), answer);
        if (seconds(got.refresh_lifetime) != rows[i].lifetime)
            fail_msg("%s: %g", answer, seconds(got.refresh_lifetime));
        got = read_json(*state, TOKEN_BY_CODE(""), answer);
        assert_int_equal(got.refresh_lifetime, -1);
    }
}

/* Its clock is an hour before ours. */
static void moments_are_set_against_the_vendors_clock(void **state)
{
    struct token_answer got = read_json(
        *state, TOKEN_BY_CODE(",\"expires\":{\"from\":\"/until\",\"unit\":\"epoch_s\"}"),
        "{\"headers\":{\"Date\":\"Thu, 09 Oct 2025 07:53:20 GMT\"},"
        "\"body\":{\"access_token\":\"a\",\"until\":1760000000}}");
    assert_true(seconds(got.lifetime) == 3600);
}

/* --- failures --- */

#define ERROR(status, word) "{\"status\":" status ",\"body\":{\"error\":\"" word "\"}}"

static void failures_are_what_they_say(void **state)
{
    static const struct {
        const char *rule; /* members */
        const char *answer;
        enum token_verdict want;
    } rows[] = {
        {"", ERROR("400", "invalid_grant"), TOKEN_REVOKED},
        {"", ERROR("401", "invalid_grant"), TOKEN_REVOKED},
        {"", ERROR("200", "invalid_grant"), TOKEN_REVOKED},
        {"", TYPED("application/x-www-form-urlencoded", "error=invalid_grant"),
         TOKEN_REVOKED},
        {"", ERROR("400", "Invalid_Grant"), TOKEN_REFUSED},
        {"", ERROR("400", "invalid_client"), TOKEN_REFUSED},
        {"", ERROR("401", "invalid_client"), TOKEN_REFUSED},
        {"", ERROR("400", "unauthorized_client"), TOKEN_REFUSED},
        {"", ERROR("200", "bad_verification_code"), TOKEN_REFUSED}, /* github */
        {"", ERROR("400", "temporarily_unavailable"), TOKEN_TRANSIENT},
        {"", ERROR("400", "server_error"), TOKEN_TRANSIENT},
        /* an endpoint in trouble asks nobody to connect again */
        {"", ERROR("500", "invalid_grant"), TOKEN_TRANSIENT},
        {"", ERROR("503", "invalid_grant"), TOKEN_TRANSIENT},
        {"", ERROR("429", "invalid_grant"), TOKEN_TRANSIENT},
        {"", ERROR("408", "invalid_grant"), TOKEN_TRANSIENT},
        {",\"revoked\":\"gone\"", ERROR("502", "gone"), TOKEN_TRANSIENT},
        {",\"dead\":[{\"when\":\"/error\",\"is\":\"gone\"}]", ERROR("500", "gone"),
         TOKEN_TRANSIENT},
        {",\"dead\":[{\"status\":500,\"when\":\"/error\",\"is\":\"gone\"}]",
         ERROR("500", "gone"), TOKEN_REVOKED},
        /* nothing to go by */
        {"", "{\"status\":400}", TOKEN_REFUSED},
        {"", "{\"status\":404,\"body\":\"<html>\"}", TOKEN_REFUSED},
        {"", "{\"status\":500,\"body\":\"<html>\"}", TOKEN_TRANSIENT},
        {"", "{\"status\":429}", TOKEN_TRANSIENT},
        {"", "{\"status\":200,\"body\":\"<html>log in</html>\"}", TOKEN_TRANSIENT},
        {"", "{\"status\":204}", TOKEN_TRANSIENT},
        {"", "{\"status\":302}", TOKEN_TRANSIENT},
        {"", BODY(""), TOKEN_TRANSIENT},
        /* other words, other places */
        {",\"revoked\":[\"bad_refresh_token\"]", ERROR("400", "bad_refresh_token"),
         TOKEN_REVOKED},
        {",\"revoked\":[\"bad_refresh_token\"]", ERROR("400", "invalid_grant"),
         TOKEN_REVOKED},
        {",\"revoked\":[\"invalid_refresh_token\"]",
         BODY("\"ok\":false,\"error\":\"invalid_refresh_token\""), TOKEN_REVOKED},
        {",\"error\":\"/error/code\"",
         "{\"status\":400,\"body\":{\"error\":{\"code\":\"invalid_grant\"}}}",
         TOKEN_REVOKED},
        {",\"error\":\"/errors/*/code\"",
         "{\"status\":400,\"body\":{\"errors\":[{\"code\":\"invalid_grant\"}]}}",
         TOKEN_REVOKED},
        {",\"error\":\"/code\",\"revoked\":\"401\"",
         "{\"status\":400,\"body\":{\"code\":401}}", TOKEN_REVOKED},
        {",\"error\":\"X-Error\"",
         "{\"status\":401,\"headers\":{\"X-Error\":\"invalid_grant\"}}", TOKEN_REVOKED},
        {",\"dead\":[{\"status\":401}]", "{\"status\":401}", TOKEN_REVOKED},
        {",\"dead\":[{\"status\":400,\"when\":\"/error_description\",\"contains\":"
         "\"revoked\"}]",
         "{\"status\":400,\"body\":{\"error_description\":\"Token was Revoked\"}}",
         TOKEN_REVOKED},
        {",\"dead\":[{\"status\":200,\"when\":\"/error\",\"is\":\"invalid_code\"}]",
         BODY("\"error\":\"invalid_code\""), TOKEN_REVOKED}, /* zoho */
        {"", "{\"status\":400,\"body\":{\"error\":{\"code\":\"invalid_grant\"}}}",
         TOKEN_REFUSED},
        {"", "{\"status\":400,\"body\":{\"error\":null}}", TOKEN_REFUSED},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *rule =
            arena_z(*state, arena_printf(*state,
                                         "{\"grant\":\"client_credentials\","
                                         "\"url\":\"https://a.test\"%s}",
                                         rows[i].rule));
        struct token_answer got = read_json(*state, rule, rows[i].answer);
        if (got.verdict != rows[i].want)
            fail_msg("%s with %s: %d", rule, rows[i].answer, (int)got.verdict);
        assert_true(str_absent(got.access_token) || got.verdict != TOKEN_GOOD);
        assert_true(got.fault.n > 0);
    }
}

static void an_endpoint_may_ask_for_patience(void **state)
{
    static const struct {
        const char *line;
        long long wait_s;
    } rows[] = {
        {"\"Retry-After\":\"30\"", 30},
        {"\"retry-after\":\"0\"", 0},
        {"\"Retry-After\":\"Thu, 09 Oct 2025 08:54:20 GMT\"", 60},
        {"\"Retry-After\":\"Thu, 09 Oct 2025 08:00:00 GMT\"", 0},
        {"\"Retry-After\":\"99999999\"", 86400},
        {"\"Retry-After\":\"Thu, 31 Dec 2099 08:00:00 GMT\"", 86400},
        {"\"Retry-After\":\"-5\"", -1},
        {"\"Retry-After\":\"soon\"", -1},
        {"\"X-Other\":\"30\"", -1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *answer =
            arena_z(*state, arena_printf(*state, "{\"status\":429,\"headers\":{%s}}",
                                         rows[i].line));
        struct token_answer got = read_json(*state, TOKEN_BY_CODE(""), answer);
        assert_int_equal(got.verdict, TOKEN_TRANSIENT);
        usec want = rows[i].wait_s < 0 ? -1 : rows[i].wait_s * USEC_S;
        if (got.retry_after != want)
            fail_msg("%s: %lld", rows[i].line, (long long)got.retry_after);
    }
}

static void faults_are_sentences_that_can_be_printed(void **state)
{
    static const struct {
        const char *answer;
        const char *want;
    } rows[] = {
        {ERROR("400", "invalid_grant"),
         "The token endpoint answered 400, invalid_grant."},
        {"{\"status\":400,\"body\":{\"error\":\"invalid_grant\",\"error_description\":"
         "\"Token expired\"}}",
         "The token endpoint answered 400, invalid_grant: Token expired."},
        {"{\"status\":503}", "The token endpoint answered 503 without a token."},
        {ERROR("400", "a\\r\\nb\\u0000c\\u001b[31m\\u007f"),
         "The token endpoint answered 400, a  b c [31m ."},
        {ERROR("400", "a\\u0085b\\u009bc"), "The token endpoint answered 400, a  b  c."},
        {ERROR("400", "\\u00e9\\ud83d\\ude00"),
         "The token endpoint answered 400, \xc3\xa9\xf0\x9f\x98\x80."},
        {ERROR("400", "\\ud83d"), "The token endpoint answered 400, ???."},
        {TYPED("application/x-www-form-urlencoded", "error=a%ff%c3b"),
         "The token endpoint answered 200, a??b."},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct token_answer got = read_json(*state, TOKEN_BY_CODE(""), rows[i].answer);
        given_same(rows[i].answer, got.fault, rows[i].want);
    }
}

/* Between characters, whatever stands at the edge. */
static void long_words_are_cut(void **state)
{
    static const char *const pieces[] = {"x", "\xc3\xa9", "\xe2\x82\xac",
                                         "\xf0\x9f\x98\x80"};
    for (size_t i = 0; i < COUNT_OF(pieces); i++)
        for (size_t shift = 0; shift < 4; shift++) {
            struct buf buf;
            struct answer answer = reply_of(*state, "{\"status\":400}");
            buf_init(&buf, 1 << 16);
            buf_put(&buf, "{\"error\":\"", 10);
            buf_put(&buf, "abc", shift);
            for (int k = 0; k < 1000; k++)
                buf_put(&buf, pieces[i], strlen(pieces[i]));
            buf_put(&buf, "\"}", 2);
            answer.text = buf_peek(&buf);
            struct token_answer got = read_answer(*state, TOKEN_BY_CODE(""), &answer);
            assert_in_range(got.fault.n, 200, 240);
            assert_int_equal(str_find(got.fault, '?'), got.fault.n);
            buf_fini(&buf);
        }
}

/* Only then is another secret of the app of any use. */
static void an_app_that_is_not_believed_is_told_apart(void **state)
{
    static const struct {
        const char *answer;
        bool disbelieved;
    } rows[] = {
        {ERROR("400", "invalid_client"), true},
        {ERROR("401", "invalid_client"), true},
        {"{\"status\":401}", true},
        {ERROR("400", "invalid_scope"), false},
        {ERROR("401", "invalid_grant"), false},
        {ERROR("503", "invalid_client"), false},
        {BODY("\"access_token\":\"a\""), false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct token_answer got = read_json(
            *state, "{\"grant\":\"client_credentials\",\"url\":\"https://a.test\"}",
            rows[i].answer);
        if (got.disbelieved != rows[i].disbelieved)
            fail_msg("%s", rows[i].answer);
    }
}

int test_token_answer(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(an_app_that_is_not_believed_is_told_apart),
        GIVEN_TEST(what_vendors_answer_is_understood),
        GIVEN_TEST(tokens_are_found),
        GIVEN_TEST(bytes_that_are_no_utf8_cost_no_token),
        GIVEN_TEST(what_is_huge_is_read_in_a_moment),
        GIVEN_TEST(what_is_kept_is_text),
        GIVEN_TEST(ends_are_read_in_every_way_they_are_told),
        GIVEN_TEST(refresh_tokens_end_only_where_it_is_said),
        GIVEN_TEST(moments_are_set_against_the_vendors_clock),
        GIVEN_TEST(failures_are_what_they_say),
        GIVEN_TEST(an_endpoint_may_ask_for_patience),
        GIVEN_TEST(faults_are_sentences_that_can_be_printed),
        GIVEN_TEST(long_words_are_cut),
    };
    return cmocka_run_group_tests_name("auth: token_answer", tests, NULL, NULL);
}
