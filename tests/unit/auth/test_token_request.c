#include <string.h>

#include "auth/jwt.h"
#include "base/encode.h"
#include "json/json_write.h"
#include "vectors.h"
#include "vendor_token.h"
#include "wallet.h"

int test_token_request(void);

#define KEYS "tests/cases/keys/"

/* --- what is asked --- */

/* One exchange, as a row has it; what is left out is not there. */
struct asking {
    const char *rule;
    enum token_purpose purpose;
    const char *context;
    const char *params;
    const char *id; /* the app's */
    const char *own;
    const char *apps;
    const char *key; /* a file: the account's private_key */
};

struct answered {
    enum err err;
    struct token_request request;
    str detail;
};

/* With the members `private_key` and those of `json`. */
static struct credentials *credentials_of(struct arena *arena, const char *json,
                                          const char *key)
{
    struct json_build build;
    const struct json *object = given_json(arena, str_z(json ? json : "{}"));
    json_build_init(&build, arena);
    for (uint32_t i = 0; i < object->n; i++)
        json_build_member(&build, json_key(&object->u.members[i]),
                          object->u.members[i].value);
    if (key)
        json_build_member(&build, STR("private_key"),
                          json_of_text(given_file(arena, key)));
    struct json all = json_build_object(&build);
    struct buf buf;
    buf_init(&buf, 1 << 20);
    json_write(&buf, &all, JSON_COMPACT);
    const char *text = arena_z(arena, buf_peek(&buf));
    buf_fini(&buf);
    return wallet_open(arena, text);
}

static struct token_inputs inputs_of(struct arena *arena, const struct asking *asking)
{
    return (struct token_inputs){
        .rule = vendor_token(arena, asking->rule),
        .arena = arena,
        .context = given_json(arena, str_z(asking->context ? asking->context : "{}")),
        .params = asking->params ? given_json(arena, str_z(asking->params)) : NULL,
        .client_id = asking->id ? str_z(asking->id) : STR_NONE,
        .refresh_token =
            asking->purpose == TOKEN_REFRESH || asking->purpose == TOKEN_REVOKE
                ? STR("tGzv3JOkF0XG5Qx2TlKWIA")
                : STR_NONE,
        .code =
            asking->purpose == TOKEN_FOR_CODE ? STR("SplxlOBeZQQYbYS6WxSbIA") : STR_NONE,
        .nonce = STR("r-1"),
        .wall = VECTORS_WALL};
}

static void ask_with(struct token_inputs *inputs, const struct asking *asking,
                     struct answered *ret)
{
    struct credentials *own = credentials_of(inputs->arena, asking->own, asking->key);
    struct credentials *apps =
        asking->apps ? wallet_open(inputs->arena, asking->apps) : NULL;
    inputs->own = own;
    inputs->apps = apps;
    ret->err = token_request_make(inputs, asking->purpose, &ret->request, &ret->detail);
    wallet_drop(&own);
    if (apps)
        wallet_drop(&apps);
}

static void ask(struct arena *arena, const struct asking *asking, struct answered *ret)
{
    struct token_inputs inputs = inputs_of(arena, asking);
    ask_with(&inputs, asking, ret);
}

/* "POST URL\nName: value\n…\n\nbody" */
static const char *wire(struct arena *arena, const struct answered *answered)
{
    const struct token_request *request = &answered->request;
    if (answered->err != ERR_NONE)
        return arena_z(arena, answered->detail);
    str text = arena_printf(arena, STR_F " " STR_F "\n", STR_A(request->verb),
                            STR_A(url_format(arena, &request->url)));
    for (uint32_t i = 0; i < request->headers.n; i++)
        text = arena_printf(arena, STR_F STR_F ": " STR_F "\n", STR_A(text),
                            STR_A(request->headers.items[i].name),
                            STR_A(request->headers.items[i].value));
    return arena_z(
        arena, arena_printf(arena, STR_F "\n" STR_F, STR_A(text), STR_A(request->body)));
}

#define LOGIN(members)                                                                   \
    "{\"grant\":\"login\",\"url\":\"https://vendor.test/token\"" members "}"
#define BEARER(members)                                                                  \
    "{\"grant\":\"jwt_bearer\",\"url\":\"https://vendor.test/token\",\"jwt\":{" members  \
    "}}"

#define ACCEPT "Accept: application/json\n"
#define FORM   ACCEPT "Content-Type: application/x-www-form-urlencoded\n\n"
#define BASIC_FORM(pair)                                                                 \
    ACCEPT "Authorization: Basic " pair                                                  \
           "\nContent-Type: application/x-www-form-urlencoded\n\n"
#define POST      "POST https://vendor.test/token\n"
#define APP       "{\"client_secret\":\"7Fjfp0ZBr1KtDRbnfVdmIw\"}"
#define APP_ID    "s6BhdRkqt3"
#define APP_BASIC "czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"

/* The examples of RFC 6749 (4.1.3, 4.4.2, 6, 2.3.1), then what vendors make of them. */
static void requests_are_these_bytes(void **state)
{
    static const struct {
        struct asking asking;
        const char *want;
    } rows[] = {
        {{TOKEN_BY_CODE(""), TOKEN_FOR_CODE, .id = APP_ID, .apps = APP},
         POST BASIC_FORM(
             APP_BASIC) "grant_type=authorization_code&code=SplxlOBeZQQYbYS6WxSbIA"},
        {{TOKEN_BY_CLIENT(""), TOKEN_OBTAIN, .id = APP_ID, .apps = APP},
         POST BASIC_FORM(APP_BASIC) "grant_type=client_credentials"},
        {{TOKEN_BY_CODE(""), TOKEN_REFRESH, .id = APP_ID, .apps = APP},
         POST BASIC_FORM(
             APP_BASIC) "grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA"},
        {{TOKEN_BY_CODE(",\"client\":\"body\""), TOKEN_REFRESH, .id = APP_ID,
          .apps = APP},
         POST FORM "grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA&"
                   "client_id=s6BhdRkqt3&client_secret=7Fjfp0ZBr1KtDRbnfVdmIw"},
        {{TOKEN_BY_CODE(",\"revoke_url\":\"https://vendor.test/revoke\""), TOKEN_REVOKE,
          .id = APP_ID, .apps = APP}, /* RFC 7009 2.1 */
         "POST https://vendor.test/revoke\n" BASIC_FORM(
             APP_BASIC) "token=tGzv3JOkF0XG5Qx2TlKWIA&token_type_hint=refresh_token"},
        /* each way to say who it is */
        {{TOKEN_BY_CODE(",\"client\":\"none\""), TOKEN_REFRESH, .id = "id", .apps = APP},
         POST FORM
         "grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA&client_id=id"},
        {{TOKEN_BY_CLIENT(",\"client\":\"basic_raw\""), TOKEN_OBTAIN, .id = "cl:id",
          .apps = "{\"client_secret\":\"p@ss word\"}"},
         POST BASIC_FORM("Y2w6aWQ6cEBzcyB3b3Jk") "grant_type=client_credentials"},
        {{TOKEN_BY_CLIENT(",\"client\":{\"kind\":\"header\",\"word\":\"ID\"},"
                          "\"params\":{\"tenant_alias\":\"{tenant}\"}"),
          TOKEN_OBTAIN, .id = "cl", .context = "{\"tenant\":\"acme\"}",
          .apps = "{\"client_secret\":\"p:s\"}"}, /* workday */
         POST ACCEPT "Authorization: ID Y2w6cDpz\n"
                     "Content-Type: application/x-www-form-urlencoded\n\n"
                     "grant_type=client_credentials&tenant_alias=acme"},
        {{TOKEN_BY_CLIENT(",\"client\":{\"kind\":\"body\",\"id_name\":\"appid\","
                          "\"secret_name\":\"secret\"},\"verb\":\"GET\""),
          TOKEN_OBTAIN, .id = "a b", .apps = "{\"client_secret\":\"s&=\"}"},
         "GET https://vendor.test/token?grant_type=client_credentials&appid=a+b&"
         "secret=s%26%3D\n" ACCEPT "\n"},
        {{"{\"grant\":\"client_credentials\",\"url\":\"https://vendor.test/token?v=2\","
          "\"client\":\"none\",\"verb\":\"GET\"}",
          TOKEN_OBTAIN, .id = "i"},
         "GET "
         "https://vendor.test/"
         "token?v=2&grant_type=client_credentials&client_id=i\n" ACCEPT "\n"},
        /* as JSON */
        {{TOKEN_BY_CODE(",\"encoding\":\"json\""), TOKEN_FOR_CODE, .id = APP_ID,
          .apps = APP}, /* notion */
         POST ACCEPT
         "Authorization: Basic " APP_BASIC "\nContent-Type: application/json\n\n"
         "{\"grant_type\":\"authorization_code\",\"code\":\"SplxlOBeZQQYbYS6WxSbIA\"}"},
        {{TOKEN_BY_CODE(",\"encoding\":\"json\",\"client\":\"body\""), TOKEN_REFRESH,
          .id = "i\"\\", .apps = "{\"client_secret\":\"\\u00e9\\n\"}"},
         POST ACCEPT
         "Content-Type: application/json\n\n"
         "{\"grant_type\":\"refresh_token\","
         "\"refresh_token\":\"tGzv3JOkF0XG5Qx2TlKWIA\",\"client_id\":\"i\\\"\\\\\","
         "\"client_secret\":\"\303\251\\n\"}"},
        /* scopes */
        {{TOKEN_BY_CLIENT(",\"client\":\"none\",\"scopes\":[\"a\",\"b c\"]"),
          TOKEN_OBTAIN, .id = "i"},
         POST FORM "grant_type=client_credentials&scope=a+b+c&client_id=i"},
        {{TOKEN_BY_CLIENT(",\"client\":\"none\",\"scopes\":[\"a\",\"b\"],"
                          "\"scope_separator\":\",\""),
          TOKEN_OBTAIN, .id = "i"},
         POST FORM "grant_type=client_credentials&scope=a%2Cb&client_id=i"},
        {{TOKEN_BY_CLIENT(",\"client\":\"none\",\"scopes\":[\"a\",\"b\"],"
                          "\"scope_separator\":\"\""),
          TOKEN_OBTAIN, .id = "i"},
         POST FORM "grant_type=client_credentials&scope=ab&client_id=i"},
        /* further parameters: zendesk, bamboohr, microsoft v1, jira */
        {{TOKEN_BY_CODE(",\"client\":\"none\",\"params\":{\"expires_in\":\"172800\"}"),
          TOKEN_FOR_CODE, .id = "i"},
         POST FORM "grant_type=authorization_code&code=SplxlOBeZQQYbYS6WxSbIA&"
                   "client_id=i&expires_in=172800"},
        {{TOKEN_BY_CODE(",\"client\":\"none\",\"params\":{\"expires_in\":\"172800\"}"),
          TOKEN_REFRESH, .id = "i"},
         POST FORM "grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA&"
                   "client_id=i&expires_in=172800"},
        {{TOKEN_BY_CODE(",\"client\":\"none\",\"code_params\":{\"request\":\"token\"},"
                        "\"refresh_params\":{\"request\":\"token\",\"a\":\"b\"}"),
          TOKEN_FOR_CODE, .id = "i"},
         POST FORM "grant_type=authorization_code&code=SplxlOBeZQQYbYS6WxSbIA&"
                   "client_id=i&request=token"},
        {{TOKEN_BY_CODE(",\"client\":\"none\",\"code_params\":{\"request\":\"token\"},"
                        "\"refresh_params\":{\"request\":\"token\",\"a\":\"b\"}"),
          TOKEN_REFRESH, .id = "i"},
         POST FORM "grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA&"
                   "client_id=i&request=token&a=b"},
        {{TOKEN_BY_CODE(",\"client\":\"none\",\"params\":{\"resource\":\"{resource}\"}"),
          TOKEN_REFRESH, .id = "i", .params = "{\"resource\":\"https://org.crm.test/\"}"},
         POST FORM "grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA&"
                   "client_id=i&resource=https%3A%2F%2Forg.crm.test%2F"},
        /* one of the document's own stands in the place of what is usual */
        {{TOKEN_BY_CODE(",\"client\":\"none\",\"params\":{\"grant_type\":\"refresh\"},"
                        "\"refresh_params\":{\"client_id\":\"{client_id}!\"}"),
          TOKEN_REFRESH, .id = "i"},
         POST FORM "grant_type=refresh&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA&"
                   "client_id=i%21"},
        /* headers, over ours too; another endpoint for refresh tokens */
        {{TOKEN_BY_CODE(",\"client\":\"none\",\"refresh_url\":\"https://r.test/\","
                        "\"headers\":{\"Accept\":\"text/x\",\"X-A\":\"{a}\","
                        "\"Content-Type\":\"application/x-www-form-urlencoded; "
                        "charset=utf-8\"}"),
          TOKEN_REFRESH, .id = "i", .context = "{\"a\":\"b\"}"},
         "POST https://r.test/\nAccept: text/x\nX-A: b\n"
         "Content-Type: application/x-www-form-urlencoded; charset=utf-8\n\n"
         "grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA&client_id=i"},
        {{TOKEN_BY_CODE(",\"client\":\"none\",\"refresh_url\":\"https://r.test/\""),
          TOKEN_FOR_CODE, .id = "i"},
         POST FORM "grant_type=authorization_code&code=SplxlOBeZQQYbYS6WxSbIA&"
                   "client_id=i"},
        /* a login is whatever the document says */
        {{"{\"grant\":\"login\",\"url\":\"https://vendor.test/token\","
          "\"encoding\":\"json\",\"scopes\":[\"x\",\"y\"],\"headers\":{\"X-App\":"
          "\"{app_key}\"},\"params\":{\"user\":\"{user}\",\"both\":\"{user}:{password}\","
          "\"scope\":\"{scope}\",\"once\":\"{nonce}\"}}",
          TOKEN_OBTAIN, .own = "{\"user\":\"u\",\"password\":\"p\"}",
          .apps = "{\"app_key\":\"k\",\"user\":\"not this\"}", .id = "unused"},
         POST ACCEPT
         "X-App: k\nContent-Type: application/json\n\n"
         "{\"user\":\"u\",\"both\":\"u:p\",\"scope\":\"x y\",\"once\":\"r-1\"}"},
        {{"{\"grant\":\"login\",\"url\":\"https://vendor.test/token\"}",
          .purpose = TOKEN_OBTAIN},
         POST FORM},
        /* an account with an id of its own goes with its own secret, never the app's */
        {{TOKEN_BY_CLIENT(",\"client\":\"body\""), TOKEN_OBTAIN, .id = "app",
          .apps = "{\"client_secret\":\"app-secret\"}",
          .own = "{\"client_id\":\"mine\",\"client_secret\":\"hush\"}"},
         POST FORM "grant_type=client_credentials&client_id=mine&client_secret=hush"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct answered answered;
        ask(*state, &rows[i].asking, &answered);
        const char *got = wire(*state, &answered);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("row %zu: %s\n--- got\n%s\n--- want\n%s", i, rows[i].asking.rule,
                     got, rows[i].want);
    }
}

/* RFC 7636 appendix B; the redirect's URI as RFC 6749 4.1.3 has it. */
static void a_code_goes_with_its_verifier(void **state)
{
    const struct asking asking = {TOKEN_BY_CODE(",\"client\":\"none\""), TOKEN_FOR_CODE,
                                  .id = "i"};
    struct token_inputs inputs = inputs_of(*state, &asking);
    struct answered answered;
    inputs.redirect_uri = STR("https://client.example.com/cb");
    inputs.verifier = STR("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    ask_with(&inputs, &asking, &answered);
    assert_int_equal(answered.err, ERR_NONE);
    given_same("body", answered.request.body,
               "grant_type=authorization_code&code=SplxlOBeZQQYbYS6WxSbIA&"
               "redirect_uri=https%3A%2F%2Fclient.example.com%2Fcb&"
               "code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk&client_id=i");
}

static void an_app_may_ask_for_other_scopes(void **state)
{
    static const str scopes[] = {STR("x"), STR("y")};
    const struct bind_texts own = {scopes, 2}, none = {NULL, 0};
    const struct asking asking = {
        TOKEN_BY_CLIENT(",\"client\":\"none\",\"scopes\":\"a\""), TOKEN_OBTAIN,
        .id = "i"};
    struct token_inputs inputs = inputs_of(*state, &asking);
    struct answered answered;
    inputs.scopes = &own;
    ask_with(&inputs, &asking, &answered);
    given_same("body", answered.request.body,
               "grant_type=client_credentials&scope=x+y&client_id=i");
    inputs.scopes = &none;
    ask_with(&inputs, &asking, &answered);
    given_same("body", answered.request.body,
               "grant_type=client_credentials&client_id=i");
}

/* The app's second secret stands in the place of the first, in templates too; an account
 * that brings its own client has nothing to do with it. */
static void a_next_secret_takes_the_place_of_the_first(void **state)
{
    static const char both[] =
        "{\"client_secret\":\"old\",\"client_secret_next\":\"new\"}";
    struct asking asking = {
        TOKEN_BY_CLIENT(
            ",\"client\":\"body\",\"params\":{\"again\":\"{client_secret}\"}"),
        TOKEN_OBTAIN, .id = "i", .apps = both};
    struct token_inputs inputs = inputs_of(*state, &asking);
    struct answered answered;
    ask_with(&inputs, &asking, &answered);
    given_same("body", answered.request.body,
               "grant_type=client_credentials&client_id=i&client_secret=old&again=old");
    inputs.next_secret = true;
    ask_with(&inputs, &asking, &answered);
    given_same("body", answered.request.body,
               "grant_type=client_credentials&client_id=i&client_secret=new&again=new");
    asking.own = "{\"client_id\":\"j\",\"client_secret\":\"mine\"}";
    ask_with(&inputs, &asking, &answered);
    given_same("body", answered.request.body,
               "grant_type=client_credentials&client_id=j&client_secret=mine&again=mine");
}

static void an_app_has_a_next_secret_or_not(void **state)
{
    static const struct {
        const char *own, *apps;
        bool has;
    } rows[] = {
        {"{}", "{\"client_secret\":\"a\",\"client_secret_next\":\"b\"}", true},
        {"{}", "{\"client_secret\":\"a\"}", false},
        {"{\"client_secret\":\"c\"}", "{\"client_secret_next\":\"b\"}", false},
        {"{\"client_id\":\"i\"}", "{\"client_secret_next\":\"b\"}", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct credentials *own = wallet_open(*state, rows[i].own);
        struct credentials *apps = wallet_open(*state, rows[i].apps);
        struct token_inputs inputs = {.own = own, .apps = apps};
        if (token_has_next_secret(&inputs) != rows[i].has)
            fail_msg("row %zu", i);
        wallet_drop(&own);
        wallet_drop(&apps);
    }
    assert_false(token_has_next_secret(&(struct token_inputs){0}));
}

/* --- signed tokens --- */

static const struct json *part_of(struct arena *arena, str token, int part)
{
    str piece = STR_NONE, text;
    for (int i = 0; i <= part; i++)
        assert_true(str_next(&token, '.', &piece));
    assert_true(decode_base64(arena, piece, &text));
    return given_json(arena, text);
}

/* What each vendor expects, and the block that makes it. */
static const struct {
    const char *id;
    struct asking asking;
    const char *typ; /* that we add where the vendor has none */
} signed_rows[] = {
    {"jwt_bearer_salesforce",
     {"{\"grant\":\"jwt_bearer\",\"url\":\"https://login.salesforce.com/services/oauth2/"
      "token\",\"jwt\":{\"claims\":{\"iss\":\"{client_id}\",\"sub\":\"{username}\","
      "\"aud\":\"https://login.salesforce.com\"},\"more\":{\"iat\":null}},"
      "\"client\":\"none\",\"params\":{}}",
      TOKEN_OBTAIN,
      .own = "{\"username\":\"user@acme.com\","
             "\"client_id\":\"3MVG9CLIENTID\"}"},
     "JWT"},
    {"jwt_bearer_google_service_account",
     {"{\"grant\":\"jwt_bearer\",\"url\":\"https://oauth2.googleapis.com/token\","
      "\"scopes\":\"https://www.googleapis.com/auth/calendar\",\"jwt\":{\"claims\":{"
      "\"iss\":\"{client_email}\",\"scope\":\"{scope}\",\"sub\":\"{user}\","
      "\"aud\":\"https://oauth2.googleapis.com/token\"},\"lifetime\":\"1h\"}}",
      TOKEN_OBTAIN, .own = "{\"client_email\":\"svc@proj.iam.gserviceaccount.com\"}",
      .context = "{\"user\":\"user@acme.com\"}"},
     NULL},
    {"jwt_bearer_docusign",
     {"{\"grant\":\"jwt_bearer\",\"url\":\"https://{auth_host}/oauth/token\",\"jwt\":{"
      "\"claims\":{\"iss\":\"{integration_key}\",\"sub\":\"{user_id}\","
      "\"aud\":\"{auth_host}\",\"scope\":\"signature impersonation\"},"
      "\"lifetime\":\"1h\"}}",
      TOKEN_OBTAIN,
      .context = "{\"auth_host\":\"account.docusign.com\","
                 "\"user_id\":\"464f7988-user-guid\"}",
      .params = "{\"integration_key\":\"5c2b8d7e-integration-key\"}"},
     NULL},
    {"github_app_jwt",
     {"{\"grant\":\"login\",\"url\":\"https://api.github.com/app/installations/"
      "{installation_id}/access_tokens\",\"headers\":{\"Authorization\":\"Bearer {jwt}\","
      "\"Accept\":\"application/vnd.github+json\"},\"jwt\":{\"claims\":{\"iss\":"
      "\"{client_id}\"},\"early\":\"1m\",\"lifetime\":\"9m\"}}",
      TOKEN_OBTAIN, .context = "{\"installation_id\":\"38631545\"}",
      .id = "Iv1.8a61f9b3a7aba766"},
     NULL},
    {"client_assertion_netsuite",
     {"{\"grant\":\"client_credentials\",\"url\":\"https://{account}.suitetalk.api."
      "netsuite.com/services/rest/auth/oauth2/v1/token\",\"client\":{\"kind\":"
      "\"assertion\",\"lifetime\":\"1h\",\"claims\":{\"sub\":null,\"scope\":["
      "\"rest_webservices\"]}}}",
      TOKEN_OBTAIN, .context = "{\"account\":\"1234567\",\"key_id\":\"cert-id-1\"}",
      .own = "{\"client_id\":\"client-id\"}"},
     NULL},
};

static str token_of(struct arena *arena, const struct token_request *request)
{
    struct form form;
    form_init(&form, arena);
    form_add_text(&form, request->body);
    str line = header_value(&request->headers, HEADER_AUTHORIZATION);
    str assertion = form_find(&form, STR("assertion"));
    if (str_absent(assertion))
        assertion = form_find(&form, STR("client_assertion"));
    return str_starts(line, STR("Bearer ")) ? str_from(line, 7) : assertion;
}

static void check_form(struct arena *arena, const struct json *want, str body)
{
    struct form form;
    form_init(&form, arena);
    form_add_text(&form, body);
    for (uint32_t i = 0; i < want->n; i++) {
        str name = json_key(&want->u.members[i]);
        str text = json_text(&want->u.members[i].value);
        if (!str_eq(text, STR("<jwt>")))
            assert_str(form_find(&form, name), text);
    }
}

static void vendors_get_the_tokens_they_want(void **state)
{
    for (size_t i = 0; i < COUNT_OF(signed_rows); i++) {
        struct asking asking = signed_rows[i].asking;
        const struct json *vector = vectors_get(*state, signed_rows[i].id);
        const struct json *want = json_member(vector, STR("token_request"));
        const struct json *form = json_member(want, STR("form"));
        struct answered answered;
        asking.key = KEYS "rsa.pem";
        ask(*state, &asking, &answered);
        if (answered.err)
            fail_msg("%s: " STR_F, signed_rows[i].id, STR_A(answered.detail));
        assert_str(url_format(*state, &answered.request.url),
                   json_member_text(want, STR("url")));
        if (form)
            check_form(*state, form, answered.request.body);
        str token = token_of(*state, &answered.request);
        const struct json *header = part_of(*state, token, 0);
        if (signed_rows[i].typ)
            given_same("typ", json_member_text(header, STR("typ")), signed_rows[i].typ);
        else
            assert_true(json_equal(header, json_member(vector, STR("header"))));
        if (!json_equal(part_of(*state, token, 1), json_member(vector, STR("claims"))))
            fail_msg("%s: other claims", signed_rows[i].id);
    }
}

static void a_header_of_github_is_the_vendors(void **state)
{
    struct asking asking = signed_rows[3].asking;
    struct answered answered;
    asking.key = KEYS "rsa.pem";
    ask(*state, &asking, &answered);
    assert_int_equal(answered.err, ERR_NONE);
    given_same("accept", header_value_name(&answered.request.headers, STR("Accept")),
               "application/vnd.github+json");
    given_same("body", answered.request.body, "");
}

/* A claim that is used once, and an app's key in the place of the account's. */
static void claims_are_made_for_the_exchange(void **state)
{
    struct asking asking = {
        "{\"grant\":\"jwt_bearer\",\"url\":\"https://a.test\",\"client\":\"body\","
        "\"jwt\":{\"claims\":{\"jti\":\"{nonce}\"},\"more\":{\"n\":5,\"exp\":null}}}",
        TOKEN_OBTAIN, .id = "i", .own = "{\"key_id\":\"k\",\"client_secret\":\"s\"}",
        .key = KEYS "rsa.pem"};
    struct answered answered;
    ask(*state, &asking, &answered);
    if (answered.err)
        fail_msg(STR_F, STR_A(answered.detail));
    str token = token_of(*state, &answered.request);
    assert_true(json_equal(
        part_of(*state, token, 0),
        given_json(*state, STR("{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"k\"}"))));
    assert_true(json_equal(
        part_of(*state, token, 1),
        given_json(*state, STR("{\"iat\":1760000000,\"jti\":\"r-1\",\"n\":5}"))));
}

/* The key is the app's secret; RFC 7515 has the signature over the other two parts. */
static void a_secret_signs_too(void **state)
{
    struct asking asking = {LOGIN(",\"headers\":{\"X-Jwt\":\"{jwt}\"},\"jwt\":{"
                                  "\"alg\":\"HS256\",\"claims\":{\"iss\":\"i\"}}"),
                            TOKEN_OBTAIN, .apps = "{\"client_secret\":\"hush\"}"};
    struct answered answered;
    struct sign_key *key = sign_key_of_bytes(STR("hush"));
    struct jwt jwt = {
        .alg = SIGN_HS256,
        .typ = STR("JWT"),
        .claims = given_json(
            *state, STR("{\"iat\":1760000000,\"exp\":1760000180,\"iss\":\"i\"}"))};
    str want;
    ask(*state, &asking, &answered);
    assert_int_equal(answered.err, ERR_NONE);
    assert_true(jwt_make(&jwt, key, *state, &want));
    assert_str(header_value_name(&answered.request.headers, STR("X-Jwt")), want);
    sign_key_destroy(&key);
}

/* --- URLs --- */

static void a_context_cannot_lead_elsewhere(void **state)
{
    static const struct {
        const char *url;
        const char *value;
        const char *want; /* the URL, or a part of the sentence */
    } rows[] = {
        {"https://{a}.vendor.test/token", "acme", "https://acme.vendor.test/token"},
        {"https://{a}.vendor.test/token", "evil.test/", "letters, digits"},
        {"https://{a}.vendor.test/token", "evil.test#", "letters, digits"},
        {"https://{a}.vendor.test/token", "evil.test?", "letters, digits"},
        {"https://{a}.vendor.test/token", "u@evil", "letters, digits"},
        {"https://{a}.vendor.test/token", "a:80", "letters, digits"},
        {"https://{a}.vendor.test/token", "", "letters, digits"},
        {"https://{a}.vendor.test/token", "a..b",
         "https://a..b.vendor.test/token|not usable"},
        {"https://{a}.vendor.test/token", "a\\nb", "letters, digits"},
        {"https://vendor.test/{a}/token", "..", "neither empty"},
        {"https://vendor.test/{a}/token", ".", "neither empty"},
        {"https://vendor.test/{a}/token", "", "neither empty"},
        {"https://vendor.test/{a}/token", "a/b?c#d",
         "https://vendor.test/a%2Fb%3Fc%23d/token"},
        {"https://vendor.test/{a}/token", "a b\\r\\nX: y",
         "https://vendor.test/a%20b%0D%0AX%3A%20y/token"},
        {"{a}/token", "https://x.test", "https://x.test/token"},
        {"{a}/token", "https://x.test/path", "an origin"},
        {"{a}/token", "javascript:alert(1)", "an origin"},
        {"{a}/token", "https://u:p@x.test", "an origin"},
        {"https://vendor.test/{b}", "x", "\"b\""},
        {"https://vendor.test/{client_secret}", "x", "\"client_secret\""},
        {"https://vendor.test/{refresh_token}", "x", "\"refresh_token\""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct answered answered;
        struct asking asking = {
            .rule = arena_z(*state,
                            arena_printf(*state, "{\"grant\":\"login\",\"url\":\"%s\"}",
                                         rows[i].url)),
            .purpose = TOKEN_OBTAIN,
            .context =
                arena_z(*state, arena_printf(*state, "{\"a\":\"%s\"}", rows[i].value)),
            .own = "{\"client_secret\":\"hush-hush\",\"refresh_token\":\"hush-hush\"}"};
        ask(*state, &asking, &answered);
        str got =
            answered.err ? answered.detail : url_format(*state, &answered.request.url);
        str want = str_z(rows[i].want), piece;
        bool found = false;
        while (str_next(&want, '|', &piece))
            found |= answered.err ? str_find_str(got, piece) < got.n : str_eq(got, piece);
        if (!found || str_find_str(got, STR("hush")) < got.n)
            fail_msg("%s with %s: " STR_F, rows[i].url, rows[i].value, STR_A(got));
    }
}

/* --- what is missing --- */

static void what_is_missing_is_named_and_nothing_secret_shown(void **state)
{
    static const struct {
        struct asking asking;
        const char *part;
    } rows[] = {
        {{TOKEN_BY_CLIENT(""), TOKEN_OBTAIN, .apps = APP}, "no client id"},
        {{TOKEN_BY_CLIENT(""), TOKEN_OBTAIN, .id = "i"}, "no client secret"},
        {{TOKEN_BY_CLIENT(""), TOKEN_OBTAIN, .id = "i", .own = "{\"client_id\":\"mine\"}",
          .apps = APP},
         "no client secret"},
        {{TOKEN_BY_CLIENT(",\"client\":\"assertion\""), TOKEN_OBTAIN, .id = "i",
          .apps = APP},
         "no private key"},
        {{TOKEN_BY_CLIENT(",\"client\":\"assertion\""), TOKEN_OBTAIN, .id = "i",
          .own = "{\"private_key\":\"hush\"}"},
         "\"private_key\""},
        {{TOKEN_BY_CLIENT(",\"client\":\"assertion\""), TOKEN_OBTAIN, .id = "i",
          .key = KEYS "ec.pem"},
         "of a kind that"},
        {{LOGIN(",\"params\":{\"a\":\"{user}\"}"), TOKEN_OBTAIN,
          .own = "{\"password\":\"hush\"}"},
         "\"user\""},
        {{LOGIN(",\"params\":{\"a\":\"{jwt}\"}"), .purpose = TOKEN_OBTAIN}, "\"jwt\""},
        {{LOGIN(",\"params\":{\"a\":\"{scope}\"}"), .purpose = TOKEN_OBTAIN},
         "\"scope\""},
        {{LOGIN(",\"headers\":{\"X-A\":\"{k}\"}"), .purpose = TOKEN_OBTAIN}, "\"k\""},
        {{LOGIN(",\"headers\":{\"X-A\":\"{k}\"}"), TOKEN_OBTAIN,
          .own = "{\"k\":\"hush\\r\\nX: y\"}"},
         "\"X-A\""},
        {{BEARER(""), TOKEN_OBTAIN, .own = "{\"token\":\"hush\"}"}, "\"private_key\""},
        {{BEARER(""), TOKEN_OBTAIN, .own = "{\"private_key\":\"hush\"}"},
         "\"private_key\""},
        {{BEARER(""), TOKEN_OBTAIN, .key = KEYS "ec.pem"}, "cannot sign with RS256"},
        {{BEARER("\"claims\":{\"sub\":\"{user}\"}"), TOKEN_OBTAIN, .key = KEYS "rsa.pem"},
         "\"user\""},
        {{BEARER("\"alg\":\"HS256\""), TOKEN_OBTAIN, .key = KEYS "rsa.pem"},
         "\"client_secret\""},
        {{BEARER("\"claims\":{\"sub\":\"{jwt}\"}"), TOKEN_OBTAIN, .key = KEYS "rsa.pem"},
         "\"jwt\""},
        {{TOKEN_BY_CODE(""), TOKEN_REVOKE, .id = APP_ID, .apps = APP}, "no endpoint"},
        {{LOGIN(",\"params\":{\"a\":\"{number}\"}"), TOKEN_OBTAIN,
          .context = "{\"number\":5}"},
         "\"number\""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct answered answered;
        ask(*state, &rows[i].asking, &answered);
        assert_int_equal(answered.err, ERR_CREDENTIAL_UNUSABLE);
        str detail = answered.detail;
        if (str_find_str(detail, str_z(rows[i].part)) == detail.n ||
            str_find_str(detail, STR("hush")) < detail.n ||
            str_find_str(detail, STR("7Fjfp0")) < detail.n ||
            detail.p[detail.n - 1] != '.')
            fail_msg("row %zu: " STR_F, i, STR_A(detail));
    }
}

static void nothing_is_asked_about_nothing(void **state)
{
    static const enum token_purpose purposes[] = {TOKEN_FOR_CODE, TOKEN_REFRESH,
                                                  TOKEN_REVOKE};
    for (size_t i = 0; i < COUNT_OF(purposes); i++) {
        struct asking asking = {
            TOKEN_BY_CODE(",\"client\":\"none\",\"revoke_url\":\"https://a.test\""),
            purposes[i], .id = "i"};
        struct token_inputs inputs = inputs_of(*state, &asking);
        struct answered answered;
        inputs.code = inputs.refresh_token = STR_NONE;
        ask_with(&inputs, &asking, &answered);
        assert_int_equal(answered.err, ERR_CREDENTIAL_UNUSABLE);
        inputs.code = inputs.refresh_token = STR("");
        ask_with(&inputs, &asking, &answered);
        assert_int_equal(answered.err, ERR_CREDENTIAL_UNUSABLE);
        inputs.code = inputs.refresh_token = STR("x");
        ask_with(&inputs, &asking, &answered);
        assert_int_equal(answered.err, ERR_NONE);
    }
}

static void what_is_too_long_is_refused_not_cut(void **state)
{
    struct asking asking = {LOGIN(",\"encoding\":\"json\",\"params\":{\"a\":\"{a}\"}"),
                            .purpose = TOKEN_OBTAIN};
    struct token_inputs inputs = inputs_of(*state, &asking);
    struct answered answered;
    struct json_build build;
    char *text = arena_zalloc(*state, 300000); /* each byte becomes six */
    json_build_init(&build, *state);
    json_build_member(&build, STR("a"), json_of_text(str_of(text, 300000)));
    struct json context = json_build_object(&build);
    inputs.context = &context;
    ask_with(&inputs, &asking, &answered);
    assert_int_equal(answered.err, ERR_CREDENTIAL_UNUSABLE);
    given_same("detail", answered.detail,
               "What would be sent to the token endpoint is too long.");
}

/* --- consent --- */

static void a_person_is_sent_to_these_urls(void **state)
{
    static const struct {
        const char *rule; /* members */
        const char *want;
    } rows[] = {
        {"", "https://vendor.test/consent?response_type=code&client_id=i&"
             "redirect_uri=https%3A%2F%2Fc.test%2Fcb&state=xyz&"
             "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&"
             "code_challenge_method=S256"},
        {",\"pkce\":false", "https://vendor.test/consent?response_type=code&client_id=i&"
                            "redirect_uri=https%3A%2F%2Fc.test%2Fcb&state=xyz"},
        {",\"pkce\":false,\"scopes\":[\"a\",\"b\"],\"scope_separator\":\",\","
         "\"authorize_params\":{\"user_scope\":\"c,d\",\"prompt\":\"consent\"}",
         "https://vendor.test/consent?response_type=code&client_id=i&"
         "redirect_uri=https%3A%2F%2Fc.test%2Fcb&scope=a%2Cb&state=xyz&"
         "user_scope=c%2Cd&prompt=consent"},
        {",\"pkce\":false,\"client\":{\"kind\":\"body\",\"id_name\":\"appid\"}",
         "https://vendor.test/consent?response_type=code&appid=i&"
         "redirect_uri=https%3A%2F%2Fc.test%2Fcb&state=xyz"},
        {",\"pkce\":false,\"authorize_params\":{\"tenant\":\"{tenant}\","
         "\"app\":\"{client_id}\"}",
         "https://vendor.test/consent?response_type=code&client_id=i&"
         "redirect_uri=https%3A%2F%2Fc.test%2Fcb&state=xyz&tenant=a%26b&app=i"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str parts[] = {STR("{\"grant\":\"authorization_code\",\"authorize_url\":"
                           "\"https://vendor.test/consent\","
                           "\"url\":\"https://vendor.test/token\""),
                       str_z(rows[i].rule), STR("}")};
        struct asking asking = {
            arena_z(*state, arena_join(*state, parts, COUNT_OF(parts))), TOKEN_OBTAIN,
            .id = "i", .context = "{\"tenant\":\"a&b\"}"};
        struct token_inputs inputs = inputs_of(*state, &asking);
        str url, detail;
        inputs.redirect_uri = STR("https://c.test/cb");
        inputs.verifier = STR("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_int_equal(token_authorize_url(&inputs, STR("xyz"), &url, &detail),
                         ERR_NONE);
        given_same(rows[i].rule, url, rows[i].want);
    }
}

static void a_url_for_consent_holds_no_secret(void **state)
{
    static const struct {
        const char *rule;
        const char *id;
        const char *part;
    } rows[] = {
        {TOKEN_BY_CODE(",\"authorize_params\":{\"a\":\"{client_secret}\"}"), "i",
         "\"client_secret\""},
        {TOKEN_BY_CODE(",\"authorize_params\":{\"a\":\"{password}\"}"), "i",
         "\"password\""},
        {TOKEN_BY_CODE(",\"authorize_params\":{\"a\":\"{nonce}\"}"), "i", "\"nonce\""},
        {TOKEN_BY_CODE(""), NULL, "no client id"},
        {TOKEN_BY_CLIENT(""), "i", "no endpoint"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct asking asking = {rows[i].rule, TOKEN_OBTAIN, .id = rows[i].id};
        struct token_inputs inputs = inputs_of(*state, &asking);
        struct credentials *own =
            wallet_open(*state, "{\"client_secret\":\"hush\",\"password\":\"hush\"}");
        str url, detail;
        inputs.own = own;
        inputs.verifier = STR("v");
        assert_int_equal(token_authorize_url(&inputs, STR("s"), &url, &detail),
                         ERR_CREDENTIAL_UNUSABLE);
        if (str_find_str(detail, str_z(rows[i].part)) == detail.n ||
            str_find_str(detail, STR("hush")) < detail.n)
            fail_msg("row %zu: " STR_F, i, STR_A(detail));
        wallet_drop(&own);
    }
}

int test_token_request(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(requests_are_these_bytes),
        GIVEN_TEST(a_code_goes_with_its_verifier),
        GIVEN_TEST(an_app_may_ask_for_other_scopes),
        GIVEN_TEST(a_next_secret_takes_the_place_of_the_first),
        GIVEN_TEST(an_app_has_a_next_secret_or_not),
        GIVEN_TEST(vendors_get_the_tokens_they_want),
        GIVEN_TEST(a_header_of_github_is_the_vendors),
        GIVEN_TEST(claims_are_made_for_the_exchange),
        GIVEN_TEST(a_secret_signs_too),
        GIVEN_TEST(a_context_cannot_lead_elsewhere),
        GIVEN_TEST(what_is_missing_is_named_and_nothing_secret_shown),
        GIVEN_TEST(nothing_is_asked_about_nothing),
        GIVEN_TEST(what_is_too_long_is_refused_not_cut),
        GIVEN_TEST(a_person_is_sent_to_these_urls),
        GIVEN_TEST(a_url_for_consent_holds_no_secret),
    };
    return cmocka_run_group_tests_name("auth: token_request", tests, NULL, NULL);
}
