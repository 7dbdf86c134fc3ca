#include "groups.h"
#include "papers.h"
#include "support/certs.h"

#include "base/encode.h"
#include "connect/connect_form.h"

static struct account account_with(struct arena *arena, const char *context)
{
    return (struct account){.context = papers_json(arena, context)};
}

/* The names of the fields, with "*" behind a secret and "?" behind an optional one. */
static str asked(struct arena *arena, const char *patch, const char *context,
                 const char *again)
{
    struct connect_form form;
    struct account account = account_with(arena, context);
    const struct integration *integration = papers_read(arena, patch);
    connect_form_make(integration, integration_way(integration, STR_NONE), &account,
                      again ? str_z(again) : STR_NONE, &form);
    str text = STR("");
    for (uint32_t i = 0; i < form.n; i++)
        text = arena_printf(arena, STR_F "%s" STR_F "%s%s", STR_A(text), i ? " " : "",
                            STR_A(form.fields[i].name), form.fields[i].secret ? "*" : "",
                            form.fields[i].optional ? "?" : "");
    return text;
}

#define CODE                                                                             \
    "{'scheme':'bearer','token':{'grant':'authorization_code',"                          \
    "'authorize_url':'https://{sub}.acme.test/auth','url':'https://{sub}.acme.test/t'"

#define FIXED                                                                            \
    "{'scheme':'bearer','token':{'grant':'authorization_code',"                          \
    "'authorize_url':'https://acme.test/auth','url':"

static const struct question {
    const char *patch, *context;
    const char *again;
    const char *asked;
} questions[] = {
    {"{}", "{}", NULL, "token*"},
    {"{'auth':'none'}", "{}", NULL, ""},
    {"{'auth':'basic'}", "{}", NULL, "username password*"},
    {"{'auth':{'scheme':'basic','password':'X'}}", "{}", NULL, "username*"},
    {"{'base_url':'https://{sub}.acme.test'}", "{}", NULL, "sub token*"},
    {"{'base_url':'https://{sub}.acme.test'}", "{'sub':'x'}", NULL, "token*"},
    {"{'base_url':'https://{sub}.acme.test'}", "{'sub':'x'}", "", "sub token*"},
    {"{'base_url':'https://{sub}.acme.test/{a}'}", "{'sub':'x','a':'y'}", "a",
     "a token*"},
    {"{'base_url':'https://{sub}.acme.test/{a}'}", "{'sub':'x'}", "else,sub",
     "sub a token*"},
    {"{'auth':" CODE "}}}", "{}", NULL, "sub"},
    {"{'auth':" CODE "}}}", "{'sub':'x'}", NULL, ""},
    {"{'auth':" CODE "}}}", "{'sub':'x'}", "", "sub"},
    /* what the vendor tells is asked where it must be known before */
    {"{'auth':" CODE ",'keep':{'sub':'/sub'}}}}", "{}", NULL, "sub"},
    {"{'auth':" CODE ",'redirect':{'sub':'sub'}}}}", "{}", NULL, "sub"},
    {"{'auth':" FIXED "'https://{sub}.acme.test/t','keep':{'sub':'/sub'}}}}", "{}", NULL,
     "sub"},
    {"{'auth':" FIXED "'https://{sub}.acme.test/t','redirect':{'sub':'sub'}}}}", "{}",
     NULL, ""},
    {"{'base_url':'https://{sub}.acme.test','auth':" FIXED
     "'https://acme.test/t','keep':{'sub':'/sub'}}}}",
     "{}", NULL, ""},
    {"{'connect':{'fields':{'region':{'label':'Region','optional':true},"
     "'token':{'label':'Key'}}}}",
     "{}", NULL, "region? token*"},
};

static void what_is_missing_is_asked(void **state)
{
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT_OF(questions); i++) {
        const struct question *q = &questions[i];
        str found = asked(arena, q->patch, q->context, q->again);
        if (!str_eq(found, str_z(q->asked)))
            fail_msg("%s %s: \"" STR_F "\", not \"%s\"", q->patch, q->context,
                     STR_A(found), q->asked);
    }
}

static void words_of_the_document_are_shown(void **state)
{
    struct arena *arena = *state;
    struct connect_form form;
    struct account account = account_with(arena, "{'region':'eu'}");
    const struct integration *integration =
        papers_read(arena, "{'connect':{'fields':{'region':{'label':'Region',"
                           "'help':'Where you signed up.'}}}}");
    connect_form_make(integration, integration_way(integration, STR_NONE), &account,
                      STR(""), &form);
    assert_str(form.fields[0].label, STR("Region"));
    assert_str(form.fields[0].help, STR("Where you signed up."));
    assert_str(form.fields[0].value, STR("eu"));
    assert_false(form.is_credential[0]);
    assert_true(form.is_credential[1]);
}

static const char two_ways[] =
    "{'connect':{'fields':{'token':'T','password':'P','region':'Region','sub':'S'}},"
    "'auth':[{'way':'key','scheme':'basic','connect':{'fields':{'sub':{'label':'Team'},"
    "'username':'Mail'}},'base_url':'https://{sub}.acme.test'},"
    "{'way':'oauth','scheme':'bearer','token':{'grant':'authorization_code',"
    "'authorize_url':'https://a.acme.test/auth','url':'https://a.acme.test/t'}}]}";

/* The fields of one way, with their labels. */
static str asked_by(struct arena *arena, const char *name)
{
    struct connect_form form;
    struct account account = account_with(arena, "{}");
    const struct integration *integration = papers_read(arena, two_ways);
    connect_form_make(integration, integration_way(integration, str_z(name)), &account,
                      STR_NONE, &form);
    str text = STR("");
    for (uint32_t i = 0; i < form.n; i++)
        text = arena_printf(arena, STR_F "%s" STR_F "=" STR_F, STR_A(text), i ? " " : "",
                            STR_A(form.fields[i].name), STR_A(form.fields[i].label));
    return text;
}

/* Its own words come before the document's, and no way asks for what is another's. */
static void each_way_asks_for_its_own(void **state)
{
    assert_str(asked_by(*state, "key"),
               STR("sub=Team region=Region username=Mail password=P"));
    assert_str(asked_by(*state, "oauth"), STR("region=Region sub=S"));
}

static void the_names_are_those_of_the_context_alone(void **state)
{
    struct arena *arena = *state;
    struct connect_form form;
    struct account account = account_with(arena, "{}");
    const struct integration *integration =
        papers_read(arena, "{'base_url':'https://{sub}.acme.test/{a}'}");
    connect_form_make(integration, integration_way(integration, STR_NONE), &account,
                      STR_NONE, &form);
    assert_int_equal(form.n, 3);
    assert_str(connect_form_names(&form, arena), STR("sub,a"));
    integration = papers_read(arena, "{}");
    connect_form_make(integration, integration_way(integration, STR_NONE), &account,
                      STR_NONE, &form);
    assert_true(str_absent(connect_form_names(&form, arena)));
}

/* --- what was sent --- */

static bool sent(struct arena *arena, struct connect_form *form, const char *text)
{
    struct form params;
    form_init(&params, arena);
    form_add_text(&params, str_z(text));
    return connect_form_read(form, &params);
}

static void what_was_sent_is_taken_apart(void **state)
{
    struct arena *arena = *state;
    struct connect_form form;
    struct credential credentials[FORM_FIELDS_MAX];
    struct account account = account_with(arena, "{'kept':'1'}");
    const struct integration *integration =
        papers_read(arena, "{'base_url':'https://{sub}.acme.test','auth':'basic'}");
    connect_form_make(integration, integration_way(integration, STR_NONE), &account,
                      STR_NONE, &form);
    assert_true(sent(arena, &form, "sub=+x+&username=u%26&password=%C3%A9&more=1"));
    struct json context = connect_form_context(&form, &account, arena);
    assert_int_equal(context.n, 2);
    assert_str(json_member_text(&context, STR("sub")), STR("x"));
    assert_str(json_member_text(&context, STR("kept")), STR("1"));
    assert_int_equal(connect_form_credentials(&form, credentials), 2);
    assert_str(credentials[0].name, STR("username"));
    assert_str(secret_peek(&credentials[0].value), STR("u&"));
    assert_str(secret_peek(&credentials[1].value), STR("\xc3\xa9"));
}

static void what_is_missing_or_too_long_is_said_beside_it(void **state)
{
    struct arena *arena = *state;
    struct connect_form form;
    struct account account = account_with(arena, "{}");
    const struct integration *integration = papers_read(
        arena, "{'auth':'basic','connect':{'fields':{'region':{'optional':true}}}}");
    connect_form_make(integration, integration_way(integration, STR_NONE), &account,
                      STR_NONE, &form);
    assert_false(sent(arena, &form, "username=+&password=x"));
    assert_str(form.fields[0].fault, STR_NONE);
    assert_true(form.fields[1].fault.n > 0);
    assert_str(form.fields[2].fault, STR_NONE);
    struct buf buf;
    buf_init(&buf, 1 << 20);
    buf_str(&buf, STR("username=u&password="));
    for (int i = 0; i <= 16 * 1024; i++)
        buf_str(&buf, STR("x"));
    assert_false(sent(arena, &form, arena_z(arena, buf_peek(&buf))));
    assert_str(form.fields[1].fault, STR_NONE);
    assert_true(form.fields[2].fault.n > 0);
    buf_fini(&buf);
}

/* A browser takes the line ends out of what is pasted into a field. */
static str in_one_line(struct arena *arena, const char *file)
{
    str pem = given_file(arena, certs_path(file)), text = STR("");
    for (str line; str_next(&pem, '\n', &line);)
        text = arena_printf(arena, STR_F STR_F, STR_A(text), STR_A(line));
    return encode_form(arena, text);
}

static void a_certificate_and_its_key_are_looked_at_together(void **state)
{
    static const struct {
        const char *chain, *key; /* NULL: not entered */
        const char *fault;       /* a part; NULL: none */
    } rows[] = {
        {"client.pem", "client.key", NULL},
        {"client.pem", "good.key", "does not match"},
        {"client.key", "client.key", "no certificate in the PEM text"},
        {"client.pem", "client.pem", "no private key"},
        {"client.pem", NULL, "no \"certificate_key\""},
        {NULL, NULL, NULL},
    };
    struct arena *arena = *state;
    const struct integration *integration =
        papers_read(arena, "{'auth':{'scheme':'none','tls':'optional'}}");
    struct account account = account_with(arena, "{}");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct connect_form form;
        struct json context = papers_json(arena, "{}");
        connect_form_make(integration, integration_way(integration, STR_NONE), &account,
                          STR_NONE, &form);
        assert_int_equal(form.n, 2);
        str chain = rows[i].chain ? in_one_line(arena, rows[i].chain) : STR("");
        str key = rows[i].key ? in_one_line(arena, rows[i].key) : STR("");
        assert_true(sent(
            arena, &form,
            arena_z(arena,
                    arena_printf(arena, "certificate=" STR_F "&certificate_key=" STR_F,
                                 STR_A(chain), STR_A(key)))));
        assert_true(connect_form_fits(&form, integration,
                                      integration_way(integration, STR_NONE), &context,
                                      arena) == !rows[i].fault);
        str fault = form.fields[0].fault;
        if (rows[i].fault && str_find_str(fault, str_z(rows[i].fault)) == fault.n)
            fail_msg("%s: " STR_F, rows[i].fault, STR_A(fault));
    }
}

/* --- whether it leads anywhere --- */

static const struct fitting {
    const char *url, *context;
    const char *faulty; /* the field; "": it fits */
} fittings[] = {
    {"https://{sub}.acme.test/{realm}", "{'sub':'a-b','realm':'x/y z'}", ""},
    {"https://{sub}.acme.test/{realm}", "{'sub':'a/b','realm':'x'}", "sub"},
    {"https://{sub}.acme.test/{realm}", "{'sub':'else.test/','realm':'x'}", "sub"},
    {"https://{sub}.acme.test/{realm}", "{'sub':'a@b','realm':'x'}", "sub"},
    {"https://{sub}.acme.test/{realm}", "{'sub':'a','realm':'..'}", "realm"},
    {"https://{sub}.acme.test/{realm}", "{'sub':'..','realm':'x'}", "sub"},
    {"{origin}/x", "{'origin':'https://a.acme.test'}", ""},
    {"{origin}/x", "{'origin':'https://a.acme.test/'}", ""},
    {"{origin}/x", "{'origin':'https://a.acme.test/y'}", "origin"},
    {"{origin}/x", "{'origin':'a.acme.test'}", "origin"},
    {"{origin}/x", "{'origin':'https://else.test'}", "origin"},
    {"{origin}/x", "{'origin':'http://a.acme.test'}", "origin"},
};

static void see_whether_it_fits(struct arena *arena, const struct fitting *fitting,
                                const struct integration *integration)
{
    struct connect_form form;
    struct account nobody = account_with(arena, "{}");
    struct json context = papers_json(arena, fitting->context);
    connect_form_make(integration, integration_way(integration, STR_NONE), &nobody,
                      STR_NONE, &form);
    bool fits = connect_form_fits(
        &form, integration, integration_way(integration, STR_NONE), &context, arena);
    str found = STR("");
    for (uint32_t i = 0; i < form.n; i++)
        if (form.fields[i].fault.n)
            found = form.fields[i].name;
    if (!str_eq(found, str_z(fitting->faulty)) || fits != !found.n)
        fail_msg("%s %s: \"" STR_F "\"", fitting->url, fitting->context, STR_A(found));
}

static void a_value_that_leads_nowhere_is_faulted_at_its_field(void **state)
{
    struct arena *arena = *state;
    static const char *const documents[] = {
        "{'base_url':'%s'}",
        "{'auth':{'scheme':'bearer','token':{'grant':'authorization_code',"
        "'authorize_url':'%s','url':'https://x.acme.test'}}}",
        "{'auth':{'scheme':'bearer','token':{'grant':'authorization_code',"
        "'authorize_url':'https://x.acme.test','url':'%s'}}}"};
    for (size_t i = 0; i < COUNT_OF(fittings); i++)
        for (size_t j = 0; j < COUNT_OF(documents); j++) {
            const char *rest = strstr(documents[j], "%s");
            str parts[] = {str_of(documents[j], (size_t)(rest - documents[j])),
                           str_z(fittings[i].url), str_z(rest + 2)};
            str patch = arena_join(arena, parts, COUNT_OF(parts));
            see_whether_it_fits(arena, &fittings[i],
                                papers_read(arena, arena_z(arena, patch)));
        }
}

int test_connect_form(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(what_is_missing_is_asked),
        GIVEN_TEST(words_of_the_document_are_shown),
        GIVEN_TEST(each_way_asks_for_its_own),
        GIVEN_TEST(the_names_are_those_of_the_context_alone),
        GIVEN_TEST(what_was_sent_is_taken_apart),
        GIVEN_TEST(what_is_missing_or_too_long_is_said_beside_it),
        GIVEN_TEST(a_certificate_and_its_key_are_looked_at_together),
        GIVEN_TEST(a_value_that_leads_nowhere_is_faulted_at_its_field),
    };
    return cmocka_run_group_tests_name("connect: forms", tests, NULL, NULL);
}
