/*
 * What overrides lay over mappings: who inherits what, how outputs are merged, whose
 * fault it is.
 */
#include "support/given.h"

#include "json/json_write.h"
#include "unified/mapping.h"

int test_mapping_layer(void);

static const char document[] =
    "{\"contacts\":{"
    "\"response\":\"kind = 'robot' ? nothing : {'id': $string(id), 'name': name,"
    " 'custom_fields': {'a': 1}}\","
    "\"request\":{\"body\":\"{'n': body.name}\"},"
    "\"list\":{\"method\":\"c.list\"},"
    "\"get\":{\"method\":\"c.get\",\"response\":\"{'id': key}\"},"
    "\"create\":{\"method\":\"c.create\"},"
    "\"delete\":{\"method\":\"c.delete\"},"
    "\"fields\":{\"method\":\"c.fields\",\"response\":\"{'id': name}\"}}}";

static struct bind_list read_base(struct arena *arena)
{
    struct binder binder;
    struct mapping_category *category = arena_alloc(arena, sizeof(*category));
    bind_init(&binder, arena);
    if (!bind_read(&binder, &mapping_category_table, given_json(arena, str_z(document)),
                   category))
        fail_msg(STR_F, STR_A(binder.first->text));
    category->name = STR("crm");
    return (struct bind_list){category, 1};
}

/* The base with an override of `crm` laid over it, or the first fault. */
static struct bind_list lay(struct arena *arena, const struct bind_list *base,
                            enum mapping_tier tier, const char *category,
                            const char *text, str *ret_fault)
{
    struct binder binder;
    struct mapping_over_category *over = arena_alloc(arena, sizeof(*over));
    bind_init(&binder, arena);
    *ret_fault = STR_NONE;
    struct bind_list laid = {0};
    if (bind_read(&binder, &mapping_over_table, given_json(arena, str_z(text)), over)) {
        over->name = str_z(category);
        struct bind_list overs = {over, 1};
        laid = mapping_lay(&binder, base, tier, &overs);
    }
    if (binder.first)
        *ret_fault = arena_printf(arena, STR_F " " STR_F, STR_A(binder.first->pointer),
                                  STR_A(binder.first->text));
    return laid;
}

static struct bind_list laid(struct arena *arena, const struct bind_list *base,
                             enum mapping_tier tier, const char *text)
{
    str fault;
    struct bind_list list = lay(arena, base, tier, "crm", text, &fault);
    if (!str_absent(fault))
        fail_msg(STR_F, STR_A(fault));
    return list;
}

static const struct mapping_step *step_of(const struct bind_list *list,
                                          enum mapping_operation operation)
{
    return mapping_find(list, STR("crm"), STR("contacts"))->steps[operation];
}

static str text_of(struct arena *arena, const struct json *value)
{
    struct buf buf;
    buf_init(&buf, 1 << 20);
    json_write(&buf, value, JSON_COMPACT);
    str text = arena_str(arena, buf_peek(&buf));
    buf_fini(&buf);
    return text;
}

/* What comes out of a record, or the fault's code. */
static str map(struct arena *arena, const struct mapping_step *step, const char *record,
               struct mapping_fault *ret_fault)
{
    struct json model;
    struct mapping_scene scene = {.request = *given_json(arena, STR("{}"))};
    enum mapping_end end = mapping_response(step, given_json(arena, str_z(record)),
                                            &scene, arena, &model, ret_fault);
    return end == MAPPING_FAULTED    ? ret_fault->code
           : end == MAPPING_LEFT_OUT ? STR("left out")
                                     : text_of(arena, &model);
}

static void outputs_are_merged_tier_over_tier(void **state)
{
    struct mapping_fault fault;
    struct bind_list base = read_base(*state);
    struct bind_list of_environment = laid(
        *state, &base, TIER_ENVIRONMENT,
        "{\"contacts\":{\"response\":\"{'name': null, 'custom_fields': {'b': tier}}\"}}");
    struct bind_list of_account = laid(
        *state, &of_environment, TIER_ACCOUNT,
        "{\"contacts\":{\"response\":\"{'custom_fields': {'a': [2], 'b': 'own'}}\"}}");
    static const char record[] =
        "{\"id\":5,\"key\":\"k\",\"name\":\"n\",\"tier\":\"gold\"}";
    given_same("platform", map(*state, step_of(&base, MAPPING_LIST), record, &fault),
               "{\"id\":\"5\",\"name\":\"n\",\"custom_fields\":{\"a\":1}}");
    given_same("environment",
               map(*state, step_of(&of_environment, MAPPING_LIST), record, &fault),
               "{\"id\":\"5\",\"name\":null,\"custom_fields\":{\"a\":1,\"b\":\"gold\"}}");
    given_same(
        "account", map(*state, step_of(&of_account, MAPPING_LIST), record, &fault),
        "{\"id\":\"5\",\"name\":null,\"custom_fields\":{\"a\":[2],\"b\":\"own\"}}");
    given_same("an operation with a response of its own",
               map(*state, step_of(&of_environment, MAPPING_GET), record, &fault),
               "{\"id\":\"k\",\"name\":null,\"custom_fields\":{\"b\":\"gold\"}}");
    given_same(
        "left out",
        map(*state, step_of(&of_account, MAPPING_LIST), "{\"kind\":\"robot\"}", &fault),
        "left out");
}

static void a_tier_inherits_for_itself(void **state)
{
    struct bind_list base = read_base(*state);
    struct bind_list list =
        laid(*state, &base, TIER_ACCOUNT,
             "{\"contacts\":{\"response\":\"{}\",\"request\":{\"query\":\"{}\",\"body\":"
             "\"{}\"},"
             "\"get\":{\"response\":\"{'x': 1}\",\"request\":{\"path\":\"{}\"}}}}");
    const struct mapping_layer *of_list =
        &step_of(&list, MAPPING_LIST)->layers[TIER_ACCOUNT];
    const struct mapping_layer *of_get =
        &step_of(&list, MAPPING_GET)->layers[TIER_ACCOUNT];
    const struct mapping_layer *of_create =
        &step_of(&list, MAPPING_CREATE)->layers[TIER_ACCOUNT];
    const struct mapping_layer *of_delete =
        &step_of(&list, MAPPING_DELETE)->layers[TIER_ACCOUNT];
    assert_non_null(of_list->response);
    assert_non_null(of_list->request.query);
    assert_null(of_list->request.body);
    assert_ptr_not_equal(of_get->response, of_list->response);
    assert_non_null(of_get->request.path);
    assert_non_null(of_create->request.body);
    assert_null(of_create->request.query);
    assert_null(of_delete->response);
    assert_null(step_of(&base, MAPPING_LIST)->layers[TIER_ACCOUNT].response);
}

/* They are no records: what a tier adds to records is not added to them. */
static void fields_inherit_no_response_in_any_tier(void **state)
{
    struct mapping_fault fault;
    struct bind_list base = read_base(*state);
    struct bind_list list =
        laid(*state, &base, TIER_ACCOUNT, "{\"contacts\":{\"response\":\"{'x': 1}\"}}");
    given_same("fields",
               map(*state, step_of(&list, MAPPING_FIELDS), "{\"name\":\"a\"}", &fault),
               "{\"id\":\"a\"}");
}

static void a_fault_says_whose_it_is(void **state)
{
    static const struct {
        const char *response;
        const char *code;
        const char *text; /* its beginning */
    } rows[] = {
        {"1 + 'a'", "T2002", "in the override of the account: "},
        {"($f := function($n) { $f($n + 1) }; $f(1))", "D1012",
         "in the override of the account: "},
        {"[1]", "shape", "in the override of the account: "},
        {"{'x': $pad('', 5000000)}", "size", "in the override of the account: "},
        {"$error('not so')", "D3137", "not so"},
    };
    struct bind_list base = read_base(*state);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct mapping_fault fault = {0};
        str text = arena_printf(*state, "{\"contacts\":{\"response\":\"%s\"}}",
                                rows[i].response);
        struct bind_list list = laid(*state, &base, TIER_ACCOUNT, arena_z(*state, text));
        given_same(rows[i].response,
                   map(*state, step_of(&list, MAPPING_LIST), "{\"id\":1}", &fault),
                   rows[i].code);
        assert_int_equal(fault.tier, TIER_ACCOUNT);
        if (!str_starts(fault.text, str_z(rows[i].text)))
            fail_msg("%s: " STR_F, rows[i].response, STR_A(fault.text));
    }
}

/* Each fits, together they do not. */
static void what_tiers_make_together_has_a_bound(void **state)
{
    struct mapping_fault fault = {0};
    struct bind_list base = read_base(*state);
    struct bind_list one =
        laid(*state, &base, TIER_ENVIRONMENT,
             "{\"contacts\":{\"response\":\"{'x': $pad('', 3000000)}\"}}");
    struct bind_list both =
        laid(*state, &one, TIER_ACCOUNT,
             "{\"contacts\":{\"response\":\"{'y': $pad('', 3000000)}\"}}");
    given_same("size", map(*state, step_of(&both, MAPPING_LIST), "{\"id\":1}", &fault),
               "size");
}

static void a_request_is_merged_too(void **state)
{
    struct mapping_fault fault;
    struct mapping_sent sent;
    struct bind_list base = read_base(*state);
    struct bind_list list = laid(*state, &base, TIER_ENVIRONMENT,
                                 "{\"contacts\":{\"create\":{\"request\":{\"body\":\"{'t'"
                                 ": body.custom_fields.t}\","
                                 "\"query\":\"{'q': 1}\",\"path\":\"{'p': 'x'}\"}}}}");
    const struct mapping_step *step = step_of(&list, MAPPING_CREATE);
    struct mapping_scene scene = {
        .request = *given_json(*state, STR("{\"id\":\"7\",\"body\":{\"name\":\"n\","
                                           "\"custom_fields\":{\"t\":\"g\"}}}"))};
    assert_true(mapping_request(step, &scene, *state, &sent, &fault));
    given_same("path", text_of(*state, &sent.path), "{\"id\":\"7\",\"p\":\"x\"}");
    given_same("query", text_of(*state, &sent.query), "{\"q\":1}");
    given_same("body", text_of(*state, &sent.body), "{\"n\":\"n\",\"t\":\"g\"}");
    const struct json *record = json_member(&scene.request, STR("body"));
    given_same("unread", mapping_unread(step_of(&base, MAPPING_CREATE), record, *state),
               "custom_fields");
    assert_true(str_absent(mapping_unread(step, record, *state)));
}

static void what_the_document_lacks_is_a_fault(void **state)
{
    static const struct {
        const char *category;
        const char *text;
        const char *fault;
    } rows[] = {
        {"hr", "{\"contacts\":{}}", "/hr is no category"},
        {"crm", "{\"leads\":{}}", "/crm/leads is no resource"},
        {"crm", "{\"contacts\":{\"search\":{\"response\":\"{}\"}}}",
         "/crm/contacts/search is no operation"},
        {"crm", "{\"contacts\":{\"delete\":{\"response\":\"{}\"}}}",
         "/crm/contacts/delete has no \"response\""},
        {"crm", "{\"contacts\":{\"response\":\"{'a': \"}}",
         "/contacts/response is no JSONata expression"},
        {"crm", "{\"__proto__\":{\"response\":\"{}\"}}", "/crm/__proto__ is no resource"},
    };
    struct bind_list base = read_base(*state);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str fault;
        (void)lay(*state, &base, TIER_ACCOUNT, rows[i].category, rows[i].text, &fault);
        if (!str_starts(fault, str_z(rows[i].fault)))
            fail_msg("%s: " STR_F, rows[i].text, STR_A(fault));
    }
}

int test_mapping_layer(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(outputs_are_merged_tier_over_tier),
        GIVEN_TEST(a_tier_inherits_for_itself),
        GIVEN_TEST(fields_inherit_no_response_in_any_tier),
        GIVEN_TEST(a_fault_says_whose_it_is),
        GIVEN_TEST(what_tiers_make_together_has_a_bound),
        GIVEN_TEST(a_request_is_merged_too),
        GIVEN_TEST(what_the_document_lacks_is_a_fault),
    };
    return cmocka_run_group_tests_name("unified: mapping_layer", tests, NULL, NULL);
}
