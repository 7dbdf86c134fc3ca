#include "signature/signature_rule.h"

#include "hook.h"

int test_signature_rule(void);

#define HMAC "'scheme':'hmac','signature':'X-S','content':'{body}'"

static const struct {
    const char *entry; /* of verify */
    const char *want;  /* NULL: it is good; else what the fault has */
} rows[] = {
    {"{" HMAC "}", NULL},
    {"{" HMAC ",'digest':'sha1','encoding':'base64','prefix':['a','b'],'separator':','}",
     NULL},
    {"{" HMAC ",'numbered':true}", NULL},
    {"{'scheme':'basic'}", NULL},
    {"{'scheme':'jwt','algorithms':'HS256'}", NULL},
    {"{'scheme':'certificate','names':'*.a.test'}", NULL},

    {"{" HMAC ",'digest':'md5'}", "/digest "},
    {"{" HMAC ",'encoding':'base46'}", "/encoding "},
    {"{'scheme':'hmca'}", "/scheme "},
    {"{'scheme':'hmac','content':'{body}'}", "\"signature\" is missing"},
    {"{'scheme':'hmac','signature':'X-S'}", "\"content\" is missing"},
    {"{'scheme':'hmac','signature':'X-S','content':'{bdy}'}", "did you mean {body}?"},
    {"{'scheme':'hmac','signature':'X-S','content':'{secret}{body}'}",
     "holds {secret}, which is the key here"},
    {"{'scheme':'hash','signature':'X-S','content':'{body}'}", "must hold {secret}"},
    {"{'scheme':'hmac','signature':'X-S','content':'{timestamp}{body}'}",
     "but \"timestamp\" does not say where that is"},
    {"{" HMAC ",'timestamp':{'from':'X-T','unit':'epoch_s'}}",
     "/timestamp is not signed"},
    {"{'scheme':'hmac','signature':'X-S','content':'{timestamp}{body}','timestamp':'X-T'"
     "}",
     "/timestamp must have a unit that is a moment"},
    {"{'scheme':'hmac','signature':'X-S','content':'{body}{header:X-T}','timestamp':"
     "{'from':'x-t','unit':'epoch_s'}}",
     NULL},
    {"{'scheme':'hmac','signature':'X-S','content':'{body}','timestamp':"
     "{'from':'/at','unit':'iso8601'}}",
     NULL},
    {"{'scheme':'hmac','signature':'X-S','content':'{path}','timestamp':"
     "{'from':'?at','unit':'epoch_ms'}}",
     "/timestamp is not signed"},
    {"{'scheme':'hmac','signature':'X-S','content':'{url}','timestamp':"
     "{'from':'?at','unit':'epoch_ms'}}",
     NULL},
    {"{'scheme':'hmac','signature':'X-S','content':'{path}','body_digest':"
     "{'value':'X-D','digest':'sha256'}}",
     "/body_digest is not signed"},
    {"{'scheme':'hmac','signature':'X-S','content':'{path}','body_digest':"
     "{'value':'?d','digest':'sha256'}}",
     "/body_digest is not signed"},
    {"{'scheme':'hmac','signature':'X-S','content':'{path}{header:x-d}','body_digest':"
     "{'value':'X-D','digest':'sha256'}}",
     NULL},
    {"{'scheme':'hmac','signature':'/s','numbered':true,'content':'{body}'}",
     "/numbered is about headers"},
    {"{'scheme':'hmac','signature':'#status','content':'{body}'}",
     "is the status, which a request has not"},
    {"{" HMAC ",'separator':', '}", "/separator "},
    {"{" HMAC ",'algorithms':'HS256'}", "/algorithms has no meaning with the scheme"},
    {"{'scheme':'token','signature':'X-S','content':'{body}'}",
     "/content has no meaning"},
    {"{'scheme':'token'}", "\"signature\" is missing"},
    {"{'scheme':'ecdsa','signature':'X-S','content':'{body}','digest':'sha256'}",
     "/digest has no meaning"},
    {"{'scheme':'certificate'}", "\"names\" is missing"},
    {"{'scheme':'certificate','names':'a b'}", "/names has what is no name of a host"},
    {"{'scheme':'certificate','names':'a.test','secret':{'app':'x'}}",
     "/secret has no meaning"},
    {"{'scheme':'jwt'}", "\"algorithms\" is missing"},
    {"{'scheme':'jwt','algorithms':'none'}",
     "/algorithms has none, which is not verified"},
    {"{'scheme':'jwt','algorithms':['RS256','HS256']}", "make two entries of it"},
    {"{'scheme':'jwt','algorithms':'HS256','claim':'qsh'}", "must have both \"claim\""},
    {"{'scheme':'jwt','algorithms':'HS256','content':'{path}'}", "must have both"},
    {"{'scheme':'jwt','algorithms':'HS256','claim':'q','content':'{timestamp}'}",
     "/content holds {timestamp} or {secret}"},
    {"{" HMAC ",'secret':{'app':'client_secret','account':'password'}}",
     "/secret is of several"},
    {"{'scheme':'jwt','algorithms':'RS256','secret':{'url':'http://a.test/keys'}}",
     "/secret/url is no https URL"},
    {"{" HMAC ",'secret':{'encoding':'base32'}}", "/secret/encoding "},
    {"{" HMAC ",'body_digest':{'digest':'sha256'}}", "\"value\" is missing"},
    {"{" HMAC ",'tolerance':'2d'}", "/tolerance "},
    {"{" HMAC ",'if':{'when':{'expression':'('}}}", "is no JSONata expression"},
    {"{" HMAC ",'if':{'status':200,'when':'X-A'}}", "/if/status "},
    {"{" HMAC ",'contents':'x'}", "did you mean \"content\"?"},
};

static void faults_of_an_entry_are_told(void **state)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str block = arena_printf(*state, "{'verify':%s}", rows[i].entry);
        str fault = hook_fault(*state, arena_z(*state, block));
        str want = rows[i].want ? str_z(rows[i].want) : STR("");
        if (str_absent(fault) != !rows[i].want ||
            (rows[i].want && str_find_str(fault, want) == fault.n))
            fail_msg("%s: " STR_F, rows[i].entry, STR_A(fault));
    }
}

/* A secret is what the rule asks for, or what whoever asks cannot tell apart. */
static void secrets_go_to_the_rules_that_name_them(void **state)
{
    (void)state;
    const struct secret_rule app = {.owner = SECRET_OF_APP, .name = STR("client_secret")};
    const struct secret_rule hook = {.owner = SECRET_OF_HOOK};
    const struct webhook_secret secrets[] = {
        {SECRET_OF_APP, STR("client_secret"), STR("a")},
        {SECRET_OF_APP, STR("client_secret_next"), STR("b")},
        {SECRET_OF_ACCOUNT, STR("client_secret"), STR("c")},
        {SECRET_OF_HOOK, STR_NONE, STR("d")},
        {SECRET_OF_ANYONE, STR_NONE, STR("e")},
    };
    static const bool of_app[] = {true, false, false, false, true};
    static const bool of_hook[] = {false, false, false, true, true};
    for (size_t i = 0; i < COUNT_OF(secrets); i++) {
        assert_int_equal(signature_may_use(&app, &secrets[i]), of_app[i]);
        assert_int_equal(signature_may_use(&hook, &secrets[i]), of_hook[i]);
    }
}

int test_signature_rule(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(faults_of_an_entry_are_told),
        GIVEN_TEST(secrets_go_to_the_rules_that_name_them),
    };
    return cmocka_run_group_tests_name("signature_rule", tests, NULL, NULL);
}
