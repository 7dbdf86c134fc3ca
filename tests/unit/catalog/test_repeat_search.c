#include "paper.h"

#include "catalog/repeat_search.h"

int test_repeat_search(void);

/* A document whose things.create is searched for as `search` says; quoted with '. */
static const struct integration *read_with(struct arena *arena, const char *search)
{
    str patch = arena_printf(arena,
                             "{'resources':{'things':{'methods':{"
                             "'find':{'verb':'GET','path':'/things/{id}'},"
                             "'query':{'verb':'POST','path':'/things/query','safe':true},"
                             "'create':{'verb':'POST','path':'/things','idempotency':"
                             "{'kind':'none','search':%s}}}}}}",
                             search);
    str text = given_quotes(arena, arena_z(arena, patch));
    return paper_read(arena, arena_z(arena, text));
}

static const struct headers no_headers;

static struct repeat_write write_of(const struct integration *integration,
                                    const char *method, const char *body)
{
    static const struct json context;
    return (struct repeat_write){
        .integration = integration,
        .search =
            integration_named_method(integration, str_z(method))->idempotency.search,
        .context = &context,
        .verb = STR("POST"),
        .path = STR("/things"),
        .query = STR("mode=a"),
        .headers = &no_headers,
        .body = str_z(body)};
}

#define BY_QUERY                                                                         \
    "{'method':'things.query','query':'external_id ? {\\'q\\': external_id}',"           \
    "'body':'{\\'mode\\': $request.query.mode, \\'of\\': $request.url}',"                \
    "'found':'/items'}"

static void a_question_is_made_of_the_write(void **state)
{
    struct repeat_question question;
    const struct integration *integration = read_with(*state, BY_QUERY);
    struct repeat_write write =
        write_of(integration, "things.create", "{\"external_id\":\"a b\"}");
    assert_true(repeat_search_ask(&write, *state, &question));
    assert_str(question.method->name, STR("query"));
    assert_str(question.path, STR("/things/query"));
    assert_str(question.query, STR("q=a+b"));
    assert_str(question.body, STR("{\"mode\":\"a\",\"of\":\"/things\"}"));
}

static void a_form_is_looked_at_as_an_object(void **state)
{
    struct repeat_question question;
    struct headers headers;
    const struct integration *integration = read_with(*state, BY_QUERY);
    struct repeat_write write =
        write_of(integration, "things.create", "external_id=7&b=1");
    headers_init(&headers, *state, 1);
    header_add_name(&headers, STR("Content-Type"),
                    STR("application/x-www-form-urlencoded; charset=utf-8"));
    write.headers = &headers;
    assert_true(repeat_search_ask(&write, *state, &question));
    assert_str(question.query, STR("q=7"));
}

static void a_write_without_what_it_is_found_by_cannot_be_searched_for(void **state)
{
    static const char *const bodies[] = {"{\"name\":\"b\"}", "", "no json", "[1]", NULL};
    struct repeat_question question;
    const struct integration *integration = read_with(*state, BY_QUERY);
    for (int i = 0; bodies[i]; i++) {
        struct repeat_write write = write_of(integration, "things.create", bodies[i]);
        if (repeat_search_ask(&write, *state, &question))
            fail_msg("%s is searched for", bodies[i]);
    }
    integration = read_with(
        *state, "{'method':'things.find','path':'{\\'id\\': ref}','found':'/a'}");
    struct repeat_write empty = write_of(integration, "things.create", "{\"ref\":\"\"}");
    assert_false(repeat_search_ask(&empty, *state, &question));
    integration = read_with(
        *state,
        "{'method':'things.find','path':'{\\'id\\': $error(\\'x\\')}','found':'/a'}");
    struct repeat_write fails = write_of(integration, "things.create", "{\"ref\":\"1\"}");
    assert_false(repeat_search_ask(&fails, *state, &question));
}

static enum write_found look(struct arena *arena, const char *search, int status,
                             const char *text)
{
    struct json record = {0};
    const struct integration *integration = read_with(arena, search);
    struct repeat_write write =
        write_of(integration, "things.create", "{\"external_id\":\"a\"}");
    struct answer answer = {
        .status = status, .headers = &no_headers, .text = str_z(text)};
    if (text[0] == '{' || text[0] == '[')
        answer.body = given_json(arena, str_z(text));
    enum write_found found = repeat_search_read(&write, &answer, arena, &record);
    assert_true((found == WRITE_IS_THERE) == json_is(&record, JSON_OBJECT));
    return found;
}

static void an_answer_has_one_or_none_or_several(void **state)
{
    static const struct {
        int status;
        const char *text;
        enum write_found want;
    } rows[] = {
        {200, "{\"items\":[{\"id\":1}]}", WRITE_IS_THERE},
        {200, "{\"items\":{\"id\":1}}", WRITE_IS_THERE},
        {200, "{\"items\":[]}", WRITE_IS_NOT_THERE},
        {200, "{\"items\":null}", WRITE_IS_NOT_THERE},
        {200, "{\"items\":false}", WRITE_IS_NOT_THERE},
        {200, "{}", WRITE_IS_NOT_THERE},
        {200, "{\"items\":[{\"id\":1},{\"id\":2}]}", WRITE_IS_ONE_OF},
        {200, "{\"items\":\"perhaps\"}", WRITE_IS_UNHEARD},
        {200, "{\"items\":[7]}", WRITE_IS_UNHEARD},
        {200, "no json", WRITE_IS_UNHEARD},
        {200, "", WRITE_IS_UNHEARD},
        {404, "{}", WRITE_IS_UNHEARD},
        {500, "{\"items\":[]}", WRITE_IS_UNHEARD},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (look(*state, BY_QUERY, rows[i].status, rows[i].text) != rows[i].want)
            fail_msg("%d %s", rows[i].status, rows[i].text);
}

static void a_status_says_that_there_is_none_only_where_the_document_says_so(void **state)
{
    static const char search[] =
        "{'method':'things.find','path':'{\\'id\\': external_id}',"
        "'found':{'expression':'$'},'absent':[404]}";
    assert_int_equal(look(*state, search, 404, "{}"), WRITE_IS_NOT_THERE);
    assert_int_equal(look(*state, search, 404, "no json"), WRITE_IS_NOT_THERE);
    assert_int_equal(look(*state, search, 410, "{}"), WRITE_IS_UNHEARD);
    assert_int_equal(look(*state, search, 200, "{\"id\":1}"), WRITE_IS_THERE);
}

/* A vague search is narrowed by what was written; an expression that fails says nothing,
 * least of all that there is none. */
static void what_was_written_can_be_compared(void **state)
{
    static const char search[] =
        "{'method':'things.query','query':'{\\'q\\': external_id}','found':{'expression':"
        "'items[ref = $request.body.external_id]'}}";
    static const char fails[] =
        "{'method':'things.query','query':'{\\'q\\': external_id}','found':{'expression':"
        "'items.$error(\\'x\\')'}}";
    assert_int_equal(look(*state, search, 200, "{\"items\":[{\"ref\":\"b\"}]}"),
                     WRITE_IS_NOT_THERE);
    assert_int_equal(
        look(*state, search, 200, "{\"items\":[{\"ref\":\"b\"},{\"ref\":\"a\"}]}"),
        WRITE_IS_THERE);
    assert_int_equal(look(*state, fails, 200, "{\"items\":[{\"ref\":\"b\"}]}"),
                     WRITE_IS_UNHEARD);
}

static void a_search_that_cannot_work_is_a_fault(void **state)
{
    static const struct {
        const char *search;
        const char *says;
    } rows[] = {
        {"{'method':'things.gone','query':'{}','found':'/a'}", "no such RESOURCE.METHOD"},
        {"{'method':'things.create','query':'{}','found':'/a'}", "may change something"},
        {"{'method':'things.find','found':'/a'}", "says nothing of the write"},
        {"{'method':'things.find','query':'{}'}", "found"},
        {"{'method':'things.find','query':'{','found':'/a'}", "no JSONata"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str patch = arena_printf(
            *state,
            "{'resources':{'things':{'methods':{'find':{'verb':'GET','path':'/things'},"
            "'create':{'verb':'POST','path':'/things','idempotency':"
            "{'kind':'none','search':%s}}}}}}",
            rows[i].search);
        str text = given_quotes(*state, arena_z(*state, patch));
        str faults = paper_faults(*state, paper_text(*state, arena_z(*state, text)));
        if (str_find_str(faults, str_z(rows[i].says)) == faults.n)
            fail_msg("%s: " STR_F, rows[i].search, STR_A(faults));
    }
}

/* --- a vendor's --- */

static enum write_found ask_hubspot(struct arena *arena, const char *properties)
{
    struct json record;
    struct repeat_question question;
    const struct integration *integration = paper_vendor(arena, "hubspot");
    struct repeat_write write = write_of(
        integration, "contacts.create",
        "{\"properties\":{\"email\":\"Ada@example.com\",\"firstname\":\"Ada\"}}");
    assert_true(repeat_search_ask(&write, arena, &question));
    assert_str(question.path, STR("/crm/v3/objects/contacts/Ada%40example.com"));
    str text = arena_printf(arena, "{\"id\":\"5\",\"properties\":%s}", properties);
    struct answer answer = {.status = 200,
                            .headers = &no_headers,
                            .text = text,
                            .body = given_json(arena, text)};
    return repeat_search_read(&write, &answer, arena, &record);
}

/* Somebody else's contact with this address is neither this write nor a proof that it
 * was not done. */
static void a_contact_is_known_by_all_that_was_written_of_it(void **state)
{
    assert_int_equal(ask_hubspot(*state,
                                 "{\"email\":\"ada@example.com\",\"firstname\":\"Ada\","
                                 "\"hs_object_id\":\"5\"}"),
                     WRITE_IS_THERE);
    assert_int_equal(
        ask_hubspot(*state, "{\"email\":\"ada@example.com\",\"firstname\":\"Eve\"}"),
        WRITE_IS_UNHEARD);
}

int test_repeat_search(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(a_question_is_made_of_the_write),
        GIVEN_TEST(a_form_is_looked_at_as_an_object),
        GIVEN_TEST(a_write_without_what_it_is_found_by_cannot_be_searched_for),
        GIVEN_TEST(an_answer_has_one_or_none_or_several),
        GIVEN_TEST(a_status_says_that_there_is_none_only_where_the_document_says_so),
        GIVEN_TEST(what_was_written_can_be_compared),
        GIVEN_TEST(a_search_that_cannot_work_is_a_fault),
        GIVEN_TEST(a_contact_is_known_by_all_that_was_written_of_it),
    };
    return cmocka_run_group_tests_name("repeat search", tests, NULL, NULL);
}
