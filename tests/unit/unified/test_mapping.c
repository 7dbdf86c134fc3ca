/*
 * Mappings: read with what they inherit, and applied to records and requests. The faults
 * of documents stand in tests/cases/faulty-documents (unified-*.json).
 */
#include "support/given.h"

#include "json/json_write.h"
#include "unified/mapping.h"

int test_mapping(void);

static const struct mapping *read_mapping(struct arena *arena, const char *text)
{
    struct binder binder;
    struct mapping_category *category = arena_alloc(arena, sizeof(*category));
    const char *whole = arena_z(arena, arena_printf(arena, "{\"contacts\":%s}", text));
    bind_init(&binder, arena);
    if (!bind_read(&binder, &mapping_category_table, given_json(arena, str_z(whole)),
                   category))
        fail_msg(STR_F ": " STR_F, STR_A(binder.first->pointer),
                 STR_A(binder.first->text));
    struct bind_list categories = {category, 1};
    category->name = STR("crm");
    return mapping_find(&categories, STR("crm"), STR("contacts"));
}

static str text_of(struct arena *arena, const struct json *value)
{
    struct buf buf;
    if (value->type == JSON_UNDEFINED)
        return STR_NONE;
    buf_init(&buf, 1 << 20);
    json_write(&buf, value, JSON_COMPACT);
    str text = arena_str(arena, buf_peek(&buf));
    buf_fini(&buf);
    return text;
}

/* The step of `list` with this response. */
static const struct mapping_step *step_of(struct arena *arena, const char *response)
{
    str text = arena_printf(
        arena, "{\"response\":\"%s\",\"list\":{\"method\":\"contacts.list\"}}", response);
    return read_mapping(arena, arena_z(arena, text))->steps[MAPPING_LIST];
}

/* --- reading --- */

static void operations_inherit_from_their_resource(void **state)
{
    const struct mapping *mapping = read_mapping(
        *state,
        "{\"response\":[\"{\",\"'id': $string(id)\",\"}\"],"
        "\"request\":{\"query\":\"{'a':1}\",\"body\":\"body\",\"encoding\":\"form\"},"
        "\"list\":{\"method\":\"c.list\"},"
        "\"get\":{\"method\":\"c.get\",\"record\":\"/"
        "data\",\"request\":{\"query\":\"{'b':1}\"}},"
        "\"create\":{\"method\":\"c.create\",\"response\":\"{'id':key}\","
        "\"then\":\"get\"},"
        "\"delete\":{\"method\":\"c.delete\"}}");
    struct mapping_step *const *steps = mapping->steps;
    assert_int_equal(mapping->request.encoding, MAPPING_FORM);
    assert_ptr_equal(steps[MAPPING_LIST]->response, mapping->response);
    assert_ptr_equal(steps[MAPPING_LIST]->request.query, mapping->request.query);
    assert_null(steps[MAPPING_LIST]->request.body);
    assert_int_equal(steps[MAPPING_GET]->record.n, 1);
    assert_non_null(steps[MAPPING_GET]->request.query);
    assert_ptr_not_equal(steps[MAPPING_GET]->request.query, mapping->request.query);
    assert_ptr_equal(steps[MAPPING_CREATE]->request.body, mapping->request.body);
    assert_ptr_not_equal(steps[MAPPING_CREATE]->response, mapping->response);
    assert_true(steps[MAPPING_CREATE]->then_get && !steps[MAPPING_CREATE]->first_get);
    assert_null(steps[MAPPING_CREATE]->request.query);
    assert_null(steps[MAPPING_DELETE]->response);
    assert_null(steps[MAPPING_UPDATE]);
}

static void operations_have_the_names_of_documents(void **state)
{
    (void)state;
    enum mapping_operation operation = MAPPING_LIST;
    for (int i = 0; i < MAPPING_OPERATION_COUNT; i++) {
        assert_true(mapping_operation_of(
            mapping_operation_name((enum mapping_operation)i), &operation));
        assert_int_equal(operation, i);
    }
    assert_false(mapping_operation_of(STR("lists"), &operation));
}

/* --- records --- */

static void a_record_becomes_the_models(void **state)
{
    static const struct {
        const char *response;
        const char *record;
        const char *want; /* NULL: left out */
    } rows[] = {
        {"{'id': $string(id), 'name': name}", "{\"id\":5}", "{\"id\":\"5\"}"},
        {"{'id': id, 'of': $request.filters.of, 'status': $response.status}",
         "{\"id\":\"a\"}", "{\"id\":\"a\",\"of\":\"b\",\"status\":201}"},
        {"kind = 'person' ? {'id': id}", "{\"kind\":\"robot\",\"id\":\"a\"}", NULL},
        {"nothing", "{}", NULL},
    };
    struct mapping_scene scene = {
        .request = *given_json(*state, STR("{\"filters\":{\"of\":\"b\"}}")),
        .response = *given_json(*state, STR("{\"status\":201,\"headers\":{}}"))};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct json model;
        struct mapping_fault fault;
        enum mapping_end end = mapping_response(step_of(*state, rows[i].response),
                                                given_json(*state, str_z(rows[i].record)),
                                                &scene, *state, &model, &fault);
        assert_int_equal(end, rows[i].want ? MAPPING_MADE : MAPPING_LEFT_OUT);
        if (rows[i].want)
            given_same(rows[i].response, text_of(*state, &model), rows[i].want);
    }
}

static void a_fault_has_its_name(void **state)
{
    static const struct {
        const char *response;
        const char *code;
    } rows[] = {
        {"{'id': 1 + 'a'}", "T2002"},
        {"$error('not this one')", "D3137"},
        {"$eval('1')", "D3120"},
        {"null", "shape"},
        {"[1,2]", "shape"},
        {"id", "shape"},
        {"($f := function($n) { $f($n + 1) + 1 }; $f(1))", "U1001"},
        {"($f := function($n) { $f($n + 1) }; $f(1))", "D1012"},
        {"{'id': $pad('', 5000000)}", "size"},
        {"($s := function($t) { $s($t & $t) }; $s('0123456789'))", "U1002"},
        {"{'id': $reduce([1..40], function($a, $i) { {'x': $a, 'y': $a} }, 'z')}",
         "D1012"},
        {"{'id': $reduce([1..90], function($a, $i) { {'x': $a} }, 'z')}", "size"},
    };
    struct mapping_scene scene = {.request = *given_json(*state, STR("{}"))};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct json model;
        struct mapping_fault fault = {0};
        enum mapping_end end = mapping_response(step_of(*state, rows[i].response),
                                                given_json(*state, STR("{\"id\":5}")),
                                                &scene, *state, &model, &fault);
        if (end != MAPPING_FAULTED)
            fail_msg("%s: no fault", rows[i].response);
        given_same(rows[i].response, fault.code, rows[i].code);
        given_same(rows[i].response, str_z(fault.part), "response");
        assert_true(fault.text.n > 0);
    }
}

/* --- requests --- */

struct request_row {
    const char *request; /* of the operation */
    const char *asked;
    const char *path, *query, *body; /* NULL: there is none */
    const char *code;                /* NULL: no fault */
};

static void check_request(struct arena *arena, const struct request_row *row)
{
    str text = arena_printf(
        arena, "{\"response\":\"{}\",\"get\":{\"method\":\"c.get\",\"request\":%s}}",
        row->request);
    const struct mapping *mapping = read_mapping(arena, arena_z(arena, text));
    struct mapping_scene scene = {.request = *given_json(arena, str_z(row->asked)),
                                  .current = *given_json(arena, STR("{\"version\":7}"))};
    struct mapping_sent sent;
    struct mapping_fault fault;
    bool good =
        mapping_request(mapping->steps[MAPPING_GET], &scene, arena, &sent, &fault);
    if (good != !row->code)
        fail_msg("%s: %s", row->request, good ? "no fault" : "a fault");
    if (!good) {
        given_same(row->request, fault.code, row->code);
        return;
    }
    given_same(row->request, text_of(arena, &sent.path), row->path);
    given_same(row->request, text_of(arena, &sent.query), row->query);
    given_same(row->request, text_of(arena, &sent.body), row->body);
}

static void several_are_made_each_by_create(void **state)
{
    struct arena *arena = *state;
    const struct mapping *mapping = read_mapping(
        arena,
        "{\"response\":\"$\",\"create\":{\"method\":\"c.one\",\"request\":{\"body\":"
        "\"{ 'n': body.last_name, 'x': body.first_name = '!' ? $error('no') }\"}},"
        "\"create_many\":{\"method\":\"c.many\",\"request\":{\"body\":"
        "\"{ 'all': [bodies], 'count': $count(body) }\"}}}");
    static const struct {
        const char *records;
        const char *want; /* the body, or the fault's code */
    } rows[] = {
        {"[{'last_name':'a'},{'last_name':'b'}]",
         "{\"all\":[{\"n\":\"a\"},{\"n\":\"b\"}],\"count\":2}"},
        {"[{'last_name':'a'}]", "{\"all\":[{\"n\":\"a\"}],\"count\":1}"},
        {"[{'last_name':'a'},{'first_name':'!'}]", "D3137"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct mapping_sent sent;
        struct mapping_fault fault;
        str text = arena_printf(arena, "{\"body\":" STR_F "}",
                                STR_A(given_quotes(arena, rows[i].records)));
        struct mapping_scene scene = {.request = *given_json(arena, text)};
        bool good = mapping_request_many(mapping, &scene, arena, &fault) &&
                    mapping_request(mapping->steps[MAPPING_CREATE_MANY], &scene, arena,
                                    &sent, &fault);
        given_same(rows[i].records, good ? text_of(arena, &sent.body) : fault.code,
                   rows[i].want);
    }
}

/* Each is small enough, and all of them are not; what it takes to make one goes. */
static void several_are_bounded_together(void **state)
{
    enum { EACH = 4000, ENOUGH = 200, TOO_MANY = 1000 };
    struct arena *arena = *state;
    const struct mapping *mapping = read_mapping(
        arena,
        "{\"response\":\"$\",\"create\":{\"method\":\"c.one\",\"request\":{\"body\":"
        "\"{ 'n': $pad('', body.n, 'x'), 'm': $map([1..2000], function($v) { $v })[0] "
        "}\"}},\"create_many\":{\"method\":\"c.many\",\"request\":{\"body\":\"{ 'all': "
        "bodies }\"}}}");
    for (unsigned n = ENOUGH; n <= TOO_MANY; n += TOO_MANY - ENOUGH) {
        struct arena small; /* as an operation has it */
        struct mapping_fault fault = {0};
        struct json_build records, request;
        arena_init(&small, 4096, 64 << 20);
        json_build_init(&records, &small);
        json_build_init(&request, &small);
        const struct json *one = given_json(&small, STR("{\"n\":4000}"));
        for (unsigned i = 0; i < n; i++)
            json_build_item(&records, *one);
        json_build_member(&request, STR("body"), json_build_array(&records));
        struct mapping_scene scene = {.request = json_build_object(&request)};
        bool good = mapping_request_many(mapping, &scene, &small, &fault);
        assert_int_equal(good, n * EACH < MAPPING_BODIES_BYTES_MAX);
        given_same("code", fault.code, good ? NULL : "size");
        arena_fini(&small);
    }
}

static void a_request_has_its_parts(void **state)
{
    static const struct request_row rows[] = {
        {"{}", "{\"id\":\"5\"}", "{\"id\":\"5\"}", NULL, NULL, NULL},
        {"{}", "{}", NULL, NULL, NULL, NULL},
        {"{}", "{\"id\":\"\"}", NULL, NULL, NULL, "shape"},
        {"{\"path\":\"{'a': filters.a}\"}", "{\"id\":\"5\",\"filters\":{\"a\":3}}",
         "{\"a\":3}", NULL, NULL, NULL},
        {"{\"path\":\"{'a': null}\"}", "{}", NULL, NULL, NULL, "shape"},
        {"{\"path\":\"'a'\"}", "{}", NULL, NULL, NULL, "shape"},
        {"{\"query\":\"{'q': filters.q, 'n': [1,true], 'm': filters.m}\"}",
         "{\"filters\":{\"q\":\"x\"}}", NULL, "{\"q\":\"x\",\"n\":[1,true]}", NULL, NULL},
        {"{\"query\":\"{'q': {'a': 1}}\"}", "{}", NULL, NULL, NULL, "shape"},
        {"{\"query\":\"{'q': [[1]]}\"}", "{}", NULL, NULL, NULL, "shape"},
        {"{\"body\":\"{'n': body.name, 'v': $current.version, 'i': $request.id}\"}",
         "{\"id\":\"5\",\"body\":{\"name\":null}}", "{\"id\":\"5\"}", NULL,
         "{\"n\":null,\"v\":7,\"i\":\"5\"}", NULL},
        {"{\"body\":\"$error('cannot be written')\"}", "{}", NULL, NULL, NULL, "D3137"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_request(*state, &rows[i]);
}

int test_mapping(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(operations_inherit_from_their_resource),
        GIVEN_TEST(operations_have_the_names_of_documents),
        GIVEN_TEST(a_record_becomes_the_models),
        GIVEN_TEST(a_fault_has_its_name),
        GIVEN_TEST(several_are_made_each_by_create),
        GIVEN_TEST(several_are_bounded_together),
        GIVEN_TEST(a_request_has_its_parts),
    };
    return cmocka_run_group_tests_name("unified: mapping", tests, NULL, NULL);
}
