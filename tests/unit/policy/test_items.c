#include "policy/items.h"

#include "support/reply.h"

int test_items(void);

/* The ways in which vendors answer a batch. */
#define HUBSPOT                                                                          \
    "{'at':['/results','/errors'],'errors':{'failed':[{'status':200,'when':'/status',"   \
    "'is':'error'}],'code':['/category'],'message':['/message']}}"
#define SALESFORCE                                                                       \
    "{'at':'','errors':{'failed':[{'status':200,'when':'/success','is':false}],"         \
    "'code':['/errors/0/statusCode'],'message':['/errors/0/message']}}"
#define COMPOSITE                                                                        \
    "{'at':'/compositeResponse','status':'/httpStatusCode','errors':{"                   \
    "'code':['/body/0/errorCode'],'message':['/body/0/message']}}"
#define ZOHO                                                                             \
    "{'at':'/data','errors':{'failed':[{'status':200,'when':'/status','is':'error'}],"   \
    "'code':['/code'],'message':['/message'],'classes':[{'if':{'status':200,'when':"     \
    "'/code','is':'DUPLICATE_DATA'},'class':'conflict'}]}}"
#define GRAPH                                                                            \
    "{'at':'/responses','status':'/status','errors':{'code':['/body/error/code'],"       \
    "'message':['/body/error/message']}}"

struct row {
    const char *rule;
    const char *body;
    const char *want; /* "class status code message" of the first; NULL: none failed */
};

static const struct row rows[] = {
    {HUBSPOT, "{'status':'COMPLETE','results':[{'id':'1'},{'id':'2'}]}", NULL},
    {HUBSPOT,
     "{'status':'COMPLETE','results':[{'id':'1'}],'numErrors':1,'errors':[{'status':"
     "'error','category':'CONFLICT','message':'It is there.'}]}",
     "validation 200 CONFLICT It is there."},
    {SALESFORCE, "[{'id':'1','success':true,'errors':[]}]", NULL},
    {SALESFORCE,
     "[{'id':'1','success':true,'errors':[]},{'success':false,'errors':[{'statusCode':"
     "'DUPLICATES_DETECTED','message':'Use one of these.','fields':[]}]}]",
     "validation 200 DUPLICATES_DETECTED Use one of these."},
    {COMPOSITE, "{'compositeResponse':[{'body':{'id':'1'},'httpStatusCode':201}]}", NULL},
    {COMPOSITE,
     "{'compositeResponse':[{'body':[{'errorCode':'NOT_FOUND','message':'Gone.'}],"
     "'httpStatusCode':404}]}",
     "not_found 404 NOT_FOUND Gone."},
    {ZOHO, "{'data':[{'code':'SUCCESS','status':'success','details':{'id':'1'}}]}", NULL},
    {ZOHO,
     "{'data':[{'code':'DUPLICATE_DATA','status':'error','message':'duplicate data'}]}",
     "conflict 200 DUPLICATE_DATA duplicate data"},
    {GRAPH, "{'responses':[{'id':'1','status':201,'body':{'id':'x'}}]}", NULL},
    {GRAPH,
     "{'responses':[{'id':'2','status':200},{'id':'1','status':503,'body':{'error':"
     "{'code':'serviceNotAvailable','message':'Later.'}}}]}",
     "server_error 503 serviceNotAvailable Later."},
    {GRAPH, "{'responses':[{'id':'1','status':'403'}]}", "forbidden 403  "},
    /* what is no status, or no list, says nothing */
    {GRAPH, "{'responses':[{'status':'error'},{'status':-1},{'status':1e9},7,null]}",
     NULL},
    {GRAPH, "{'responses':{'status':500}}", NULL},
    {GRAPH, "[]", NULL},
    {SALESFORCE, "{}", NULL},
    {SALESFORCE, "[]", NULL},
    {SALESFORCE, "[[],null,1,'x',{'success':'no'}]", NULL},
};

static void items_say_themselves_whether_they_were_done(void **state)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct item_rule rule;
        struct item_failure failure;
        struct answer answer = reply_of(*state, "{\"status\":207}");
        reply_rule(*state, &item_table,
                   given_json(*state, given_quotes(*state, rows[i].rule)), &rule);
        answer.body = given_json(*state, given_quotes(*state, rows[i].body));
        str got = STR_NONE;
        if (items_failed(&rule, &answer, *state, &failure))
            got = arena_printf(*state, "%s %d " STR_F " " STR_F,
                               outcome_words[failure.class], failure.error.status,
                               STR_A(failure.error.code), STR_A(failure.error.message));
        given_same(rows[i].body, got, rows[i].want);
    }
}

static void items_are_about_those_that_they_name(void **state)
{
    static const struct {
        const char *rule;
        const char *body;
        const char *want; /* a letter each: made, failed, unknown */
    } orders[] = {
        {SALESFORCE, "[{'success':true},{'success':false},{'success':true}]", "mfm"},
        {SALESFORCE, "[{'success':true}]", "muu"},
        {SALESFORCE, "[{},{},{},{'success':false}]", "mmm"},
        {SALESFORCE, "{'success':true}", "uuu"},
        {HUBSPOT, "{'results':[{'id':'1'}],'errors':[{'status':'error'}]}", "uuu"},
        {"{'at':['/a','/b'],'index':['/i','/x/i/0'],'errors':{'failed':[{'status':200,"
         "'when':'/no'}]}}",
         "{'a':[{'i':'2'},{'i':0}],'b':[{'no':true,'x':{'i':['1']}}]}", "mfm"},
        {"{'at':'/a','index':['/i']}",
         "{'a':[{'i':3},{'i':-1},{'i':1e99},{'i':'x'},{},7,{'i':1.5}]}", "umu"},
    };
    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        struct item_rule rule;
        struct batch_item items[3];
        char got[4] = "";
        struct answer answer = reply_of(*state, "{\"status\":207}");
        reply_rule(*state, &item_table,
                   given_json(*state, given_quotes(*state, orders[i].rule)), &rule);
        answer.body = given_json(*state, given_quotes(*state, orders[i].body));
        items_read(&rule, &answer, *state, items, COUNT_OF(items));
        for (size_t k = 0; k < COUNT_OF(items); k++)
            got[k] = !items[k].value ? 'u' : items[k].failed ? 'f' : 'm';
        given_same(orders[i].body, str_z(got), orders[i].want);
    }
}

static void an_answer_that_is_no_json_has_no_items(void **state)
{
    struct item_rule rule;
    struct item_failure failure;
    struct answer answer = reply_of(*state, "{\"status\":207}");
    reply_rule(*state, &item_table, given_json(*state, given_quotes(*state, GRAPH)),
               &rule);
    answer.body = NULL;
    assert_false(items_failed(&rule, &answer, *state, &failure));
}

static void a_faulty_block_is_refused(void **state)
{
    static const char *const faulty[] = {"{}",
                                         "{'at':[]}",
                                         "{'at':['/1','/2','/3','/4','/5']}",
                                         "{'at':'results'}",
                                         "{'at':7}",
                                         "{'at':'','failed':[]}",
                                         "{'at':'','max':0}",
                                         "{'at':'','max':1001}",
                                         "{'at':'','index':7}",
                                         "{'at':'','errors':{'code':7}}"};
    for (size_t i = 0; i < COUNT_OF(faulty); i++) {
        struct binder binder;
        struct item_rule rule;
        bind_init(&binder, *state);
        if (bind_read(&binder, &item_table,
                      given_json(*state, given_quotes(*state, faulty[i])), &rule))
            fail_msg("%s", faulty[i]);
    }
}

int test_items(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(items_say_themselves_whether_they_were_done),
        GIVEN_TEST(items_are_about_those_that_they_name),
        GIVEN_TEST(an_answer_that_is_no_json_has_no_items),
        GIVEN_TEST(a_faulty_block_is_refused),
    };
    return cmocka_run_group_tests_name("policy: items", tests, NULL, NULL);
}
