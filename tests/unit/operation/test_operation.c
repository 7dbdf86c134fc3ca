/*
 * Operations against a scripted vendor, on false time: what the vendor sees, what is
 * told, how it ends. Whole walks of every kind are tests/cases/paging.jsonl's.
 */
#include "support/unit.h"

#include "tests.h"

#include "json/json_write.h"
#include "operation/operation.h"
#include "support/given.h"
#include "support/script_scene.h"

static const char document[] =
    "{'name':'vendor','label':'A vendor','version':'1','hosts':['api.vendor.test'],"
    "'base_url':'https://api.vendor.test/v2','auth':'none',"
    "'resilience':{'retry':{'server':{'retries':0},'timeout':{'retries':0}},"
    "'breaker':{'failures':1000},'account_breaker':{'failures':1000}},"
    "'idempotency':{'kind':'header','header':'X-Once'},"
    "'resources':{'people':{'methods':{"
    "'list':{'verb':'GET','path':'/people','pagination':{'kind':'cursor_in_body',"
    "'records':'/people','next':'/next','put':'after',"
    "'size':{'put':'n','default':10,'max':100},"
    "'expired':{'when':[{'status':400,'when':'/code','is':'GONE'}],'then':'restart'}}},"
    "'links':{'verb':'GET','path':'/links','pagination':"
    "{'kind':'url_in_body_absolute','records':'/people','next':'/next'}},"
    "'get':{'verb':'GET','path':'/people/{id}'},"
    "'create':{'verb':'POST','path':'/people'},"
    "'update':{'verb':'PUT','path':'/people/{id}'},"
    "'batch':{'verb':'POST','path':'/batch','items':{'at':'/all','status':'/status',"
    "'errors':{'failed':[{'status':200,'when':'/done','is':false}],'code':['/code'],"
    "'message':['/message']}}},"
    "'many':{'verb':'POST','path':'/many','items':{'at':'/all','status':'/status'}},"
    "'delete':{'verb':'DELETE','path':'/{wing}/rooms/{room}/people/{id}'}}}},"
    "'path_values':{'wing':'w 1'},"
    "'unified':{'crm':{"
    "'contacts':{'response':['kind = \\'robot\\' ? undefined_thing : kind = \\'ghost\\' "
    "? ',"
    "'$error(\\'a ghost\\') : "
    "{\\'id\\':id,\\'last_name\\':name,\\'first_name\\':first}'],"
    "'request':{'body':"
    "'{\\'name\\':body.last_name,\\'old\\':$current.name,\\'tags\\':body.tags,"
    "\\'boss\\':body.first_name = \\'!\\' ? $error(\\'no shouting\\')}'},"
    "'list':{'method':'people.list'},"
    "'get':{'method':'people.get','record':'/person'},"
    "'create':{'method':'people.create','then':'get'},"
    "'create_many':{'method':'people.many','record':'/person','request':{'body':"
    "'{\\'all\\':[bodies.name]}'}},"
    "'update':{'method':'people.update','first':'get','record':'/person'},"
    "'delete':{'method':'people.delete'}},"
    "'leads':{'response':'{\\'id\\':id,\\'last_name\\':name}',"
    "'request':{'encoding':'form','body':'{\\'person\\':{\\'name\\':body.last_name,"
    "\\'tags\\':[body.tags]}}'},"
    "'list':{'method':'people.links'},"
    "'create':{'method':'people.create','record':'/person'},"
    "'update':{'method':'people.batch','record':'/all/0/person'},"
    "'delete':{'method':'people.batch'}}}}}";

struct scene {
    struct script_scene base;
    struct models *models;

    struct operation operation;
    struct buf told; /* a line a record */
    unsigned pages;
    unsigned room; /* records that are taken of one page; 0: all */
    bool full;     /* none is taken */
    bool hold;     /* on_page answers false */
    bool done;
};

static void open_scene(struct scene *scene, const struct play *plays, unsigned n)
{
    *scene = (struct scene){0};
    script_scene_open(&scene->base, document, plays, n);
    scene->models = models_create();
    buf_init(&scene->told, 1 << 20);
}

static void close_scene(struct scene *scene)
{
    operation_fini(&scene->operation);
    buf_fini(&scene->told);
    models_destroy(&scene->models);
    script_scene_close(&scene->base);
}

#define WITH_PLAYS(scene, ...)                                                           \
    const struct play plays_[] = {__VA_ARGS__};                                          \
    struct scene scene;                                                                  \
    (void)state;                                                                         \
    open_scene(&scene, plays_, COUNT_OF(plays_))

#define JSON_PLAY(text)                                                                  \
    {                                                                                    \
        .status = 200, .headers = {"Content-Type: application/json"}, .body = (text)     \
    }

/* --- the starter --- */

static bool on_record(struct operation *operation, const struct operation_record *record)
{
    struct scene *scene = operation->owner;
    if (scene->full ||
        (scene->room && operation->told == scene->room * (scene->pages + 1U)))
        return false;
    if (record->end == MAPPING_FAULTED)
        buf_printf(&scene->told, "%s " STR_F " ", record->fault.part,
                   STR_A(record->fault.code));
    if (record->unknown)
        buf_printf(&scene->told, "unknown ");
    if (record->failure)
        buf_printf(&scene->told, "%d ", record->failure->error.status);
    if (record->model.type != JSON_UNDEFINED)
        json_write(&scene->told, &record->model, JSON_COMPACT);
    buf_char(&scene->told, '\n');
    return true;
}

static bool on_page(struct operation *operation)
{
    struct scene *scene = operation->owner;
    scene->pages++;
    return !scene->hold;
}

static void on_done(struct operation *operation)
{
    struct scene *scene = operation->owner;
    assert_false(scene->done);
    scene->done = true;
}

static const struct operation_ops ops = {
    .on_record = on_record, .on_page = on_page, .on_done = on_done};

static struct operation *prepare(struct scene *scene, const char *resource,
                                 enum mapping_operation kind, const char *request)
{
    struct operation *operation = &scene->operation;
    operation_init(operation, &scene->base.env, script_scene_worker(&scene->base),
                   &scene->base.budget);
    operation->ops = &ops;
    operation->owner = scene;
    operation->integration = scene->base.integration;
    operation->way = integration_way(scene->base.integration, STR_NONE);
    operation->account = &scene->base.account;
    operation->wish.kind = kind;
    operation->wish.mapping =
        mapping_find(&scene->base.integration->unified, STR("crm"), str_z(resource));
    operation->wish.method = integration_named_method(
        scene->base.integration, operation->wish.mapping->steps[kind]->method);
    operation->wish.model = models_find(scene->models, STR("crm"), str_z(resource));
    operation->wish.request =
        *given_json(&scene->base.arena, given_quotes(&scene->base.arena, request));
    operation->wish.base.deadline = USEC_NEVER;
    if (mapping_operation_kind(kind) == MAPPING_LISTS)
        walk_begin(operation_rule(operation), 0, STR_NONE, &operation->walk);
    return operation;
}

static void finish(struct scene *scene)
{
    script_scene_run_until(&scene->base, &scene->done);
}

static void run(struct scene *scene, const char *resource, enum mapping_operation kind,
                const char *request)
{
    operation_start(prepare(scene, resource, kind, request));
    assert_int_equal(scene->base.script.calls, 0); /* nothing happens inside start */
    finish(scene);
}

static void told(struct scene *scene, const char *wanted)
{
    str want = given_quotes(&scene->base.arena, wanted);
    if (!str_eq(buf_peek(&scene->told), want))
        fail_msg("told:\n" STR_F "wanted:\n" STR_F, STR_A(buf_peek(&scene->told)),
                 STR_A(want));
}

static void sent(const struct scene *scene, unsigned i, const char *method,
                 const char *url, const char *body)
{
    const struct heard *heard = &scene->base.script.heard[i];
    given_same("method", heard->method, method);
    given_same("url", heard->url, url);
    given_same("body", heard->body.n ? heard->body : STR_NONE, body);
}

/* --- lists --- */

static void faulty_records_are_reported_and_the_page_is_not_lost(void **state)
{
    WITH_PLAYS(scene, JSON_PLAY("{\"people\":["
                                "{\"id\":\"1\",\"name\":\"Ada\"},"
                                "{\"id\":\"2\",\"kind\":\"ghost\"},"
                                "{\"id\":\"3\",\"kind\":\"robot\"},"
                                "{\"id\":\"4\",\"name\":4},"
                                "{\"name\":\"nobody\"},"
                                "{\"id\":\"6\",\"name\":\"Bob\"}]}"));
    run(&scene, "contacts", MAPPING_LIST, "{}");
    assert_int_equal(scene.operation.err, ERR_NONE);
    told(&scene, "{'id':'1','last_name':'Ada'}\n"
                 "response D3137 \n"
                 "model model {'id':'4'}\n"
                 "model model \n"
                 "{'id':'6','last_name':'Bob'}\n");
    assert_int_equal(scene.operation.told, 5);
    assert_int_equal(scene.operation.faults, 3);
    close_scene(&scene);
}

static void by_wish_a_faulty_record_ends_the_list(void **state)
{
    WITH_PLAYS(scene, JSON_PLAY("{\"people\":[{\"id\":\"1\"},{\"id\":\"2\",\"kind\":"
                                "\"ghost\"},{\"id\":\"3\"}],\"next\":\"b\"}"));
    struct operation *operation = prepare(&scene, "contacts", MAPPING_LIST, "{}");
    operation->wish.stop_at_fault = true;
    operation_start(operation);
    finish(&scene);
    assert_int_equal(operation->err, ERR_MAPPING_FAILED);
    given_same("detail", operation->detail,
               "The mapping's response failed: a ghost (D3137).");
    assert_int_equal(scene.base.script.calls, 1);
    close_scene(&scene);
}

static void a_wish_is_met_with_as_many_pages_as_it_takes_and_cut_where_it_ends(
    void **state)
{
    WITH_PLAYS(scene,
               JSON_PLAY("{\"people\":[{\"id\":\"1\"},{\"id\":\"2\"}],\"next\":\"b\"}"),
               JSON_PLAY("{\"people\":[{\"id\":\"3\"},{\"id\":\"4\"}],\"next\":\"c\"}"));
    struct operation *operation = prepare(&scene, "contacts", MAPPING_LIST, "{}");
    operation->wish.wanted = 3;
    operation_start(operation);
    finish(&scene);
    sent(&scene, 0, "GET", "https://api.vendor.test/v2/people?n=10", NULL);
    sent(&scene, 1, "GET", "https://api.vendor.test/v2/people?n=10&after=b", NULL);
    assert_int_equal(operation->told, 3);
    assert_int_equal(operation->walk.skip, 1); /* of the page at "b" */
    given_same("at", operation->walk.at.text, "b");
    close_scene(&scene);
}

static void a_page_that_has_no_room_is_gone_on_with_where_it_was_cut(void **state)
{
    WITH_PLAYS(scene,
               JSON_PLAY("{\"people\":[{\"id\":\"1\"},{\"id\":\"2\"},{\"id\":\"3\"}]}"),
               JSON_PLAY("{\"people\":[{\"id\":\"1\"},{\"id\":\"2\"},{\"id\":\"3\"}]}"));
    scene.room = 2;
    run(&scene, "contacts", MAPPING_LIST, "{}");
    assert_int_equal(scene.operation.err, ERR_NONE);
    sent(&scene, 1, "GET", "https://api.vendor.test/v2/people?n=10", NULL);
    assert_int_equal(scene.operation.told, 3);
    assert_int_equal(scene.pages, 2);
    assert_int_equal(scene.operation.walk.at.form, POSITION_END);
    close_scene(&scene);
}

static void a_record_that_never_has_room_ends_its_list(void **state)
{
    WITH_PLAYS(scene, JSON_PLAY("{\"people\":[{\"id\":\"1\"}],\"next\":\"b\"}"));
    scene.full = true;
    run(&scene, "contacts", MAPPING_LIST, "{}");
    assert_int_equal(scene.operation.err, ERR_PAGE_INVALID);
    assert_int_equal(scene.operation.told, 0);
    assert_int_equal(scene.base.script.calls, 1);
    close_scene(&scene);
}

static void a_list_that_ends_at_a_fault_stands_behind_it(void **state)
{
    WITH_PLAYS(scene,
               JSON_PLAY("{\"people\":[{\"id\":\"1\"},{\"id\":2},{\"id\":\"3\"}]}"));
    struct operation *operation = prepare(&scene, "contacts", MAPPING_LIST, "{}");
    operation->wish.stop_at_fault = true;
    operation_start(operation);
    finish(&scene);
    assert_int_equal(operation->err, ERR_MAPPING_FAILED);
    assert_int_equal(operation->told, 2);
    assert_int_equal(operation->walk.skip, 2);
    close_scene(&scene);
}

static void a_page_that_is_too_much_for_the_vendor_is_asked_for_smaller(void **state)
{
    WITH_PLAYS(scene, {.status = 500}, {.status = 504},
               JSON_PLAY("{\"people\":[{\"id\":\"1\"}]}"));
    run(&scene, "contacts", MAPPING_LIST, "{}");
    assert_int_equal(scene.operation.err, ERR_NONE);
    sent(&scene, 1, "GET", "https://api.vendor.test/v2/people?n=5", NULL);
    sent(&scene, 2, "GET", "https://api.vendor.test/v2/people?n=2", NULL);
    assert_int_equal(scene.operation.told, 1);
    assert_int_equal(scene.operation.outcome.attempts, 3);
    close_scene(&scene);
}

static void a_page_cannot_grow_smaller_for_ever(void **state)
{
    WITH_PLAYS(scene, {.status = 500});
    run(&scene, "contacts", MAPPING_LIST, "{}");
    assert_true(scene.operation.refused);
    assert_int_equal(scene.operation.outcome.vendor_status, 500);
    assert_int_equal(scene.base.script.calls, 4); /* 10, 5, 2, 1 */
    close_scene(&scene);
}

/* The vendor's answer has no end: it is not read to it. */
static void a_page_that_is_too_large_for_us_is_not_read_to_its_end(void **state)
{
    static char piece[64 * 1024 + 1];
    memset(piece, ' ', sizeof(piece) - 1);
    WITH_PLAYS(scene,
               {.status = 200,
                .headers = {"Content-Type: application/json"},
                .body = piece,
                .body_repeat = 1000},
               JSON_PLAY("{\"people\":[{\"id\":\"1\"}]}"));
    run(&scene, "contacts", MAPPING_LIST, "{}");
    assert_int_equal(scene.operation.err, ERR_NONE);
    sent(&scene, 1, "GET", "https://api.vendor.test/v2/people?n=5", NULL);
    assert_int_equal(scene.operation.told, 1);
    close_scene(&scene);
}

static void an_expired_cursor_is_begun_anew_where_the_rule_says(void **state)
{
    WITH_PLAYS(scene, JSON_PLAY("{\"people\":[{\"id\":\"1\"}],\"next\":\"b\"}"),
               {.status = 400,
                .headers = {"Content-Type: application/json"},
                .body = "{\"code\":\"GONE\"}"},
               JSON_PLAY("{\"people\":[{\"id\":\"1\"},{\"id\":\"2\"}]}"));
    run(&scene, "contacts", MAPPING_LIST, "{}");
    assert_int_equal(scene.operation.err, ERR_NONE);
    sent(&scene, 2, "GET", "https://api.vendor.test/v2/people?n=10", NULL);
    assert_int_equal(scene.operation.told, 3); /* each record at least once */
    close_scene(&scene);
}

static void a_link_to_a_foreign_host_is_not_followed(void **state)
{
    WITH_PLAYS(scene, JSON_PLAY("{\"people\":[{\"id\":\"1\"}],\"next\":"
                                "\"https://evil.test/v2/people?page=2\"}"));
    run(&scene, "leads", MAPPING_LIST, "{}");
    assert_int_equal(scene.operation.err, ERR_PAGE_LINK_FORBIDDEN);
    assert_int_equal(scene.base.script.calls, 1);
    close_scene(&scene);
}

static void a_link_of_the_vendors_own_is_asked_as_it_stands(void **state)
{
    WITH_PLAYS(scene,
               JSON_PLAY("{\"people\":[{\"id\":\"1\"}],\"next\":"
                         "\"https://api.vendor.test/other/people?page=2\"}"),
               JSON_PLAY("{\"people\":[],\"next\":null}"));
    run(&scene, "leads", MAPPING_LIST, "{}");
    assert_int_equal(scene.operation.err, ERR_NONE);
    sent(&scene, 1, "GET", "https://api.vendor.test/other/people?page=2", NULL);
    close_scene(&scene);
}

static void what_is_no_list_is_an_error_and_not_the_end(void **state)
{
    static const char *const bodies[] = {"{}", "[]", "{\"people\":{}}", "<html>", ""};
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        WITH_PLAYS(scene, JSON_PLAY(bodies[i]));
        run(&scene, "contacts", MAPPING_LIST, "{}");
        if (scene.operation.err != ERR_PAGE_INVALID)
            fail_msg("%s: %d", bodies[i], scene.operation.err);
        close_scene(&scene);
    }
}

/* --- single records --- */

static void the_record_before_a_change_is_fetched_first(void **state)
{
    WITH_PLAYS(scene, JSON_PLAY("{\"person\":{\"id\":\"7\",\"name\":\"Old\"}}"),
               JSON_PLAY("{\"person\":{\"id\":\"7\",\"name\":\"New\"}}"));
    run(&scene, "contacts", MAPPING_UPDATE, "{'id':'7/x','body':{'last_name':'New'}}");
    sent(&scene, 0, "GET", "https://api.vendor.test/v2/people/7%2Fx", NULL);
    sent(&scene, 1, "PUT", "https://api.vendor.test/v2/people/7%2Fx",
         "{\"name\":\"New\",\"old\":\"Old\"}");
    told(&scene, "{'id':'7','last_name':'New'}\n");
    close_scene(&scene);
}

static void a_record_that_cannot_be_fetched_first_is_not_changed(void **state)
{
    WITH_PLAYS(scene, {.status = 404});
    run(&scene, "contacts", MAPPING_UPDATE, "{'id':'7','body':{'last_name':'New'}}");
    assert_true(scene.operation.refused);
    assert_int_equal(scene.operation.outcome.vendor_status, 404);
    assert_int_equal(scene.base.script.calls, 1);
    close_scene(&scene);
}

static void the_record_after_it_was_made_is_fetched_then(void **state)
{
    WITH_PLAYS(scene, JSON_PLAY("{\"id\":\"9\"}"),
               JSON_PLAY("{\"person\":{\"id\":\"9\",\"name\":\"Ada\",\"first\":\"A\"}}"));
    struct operation *operation =
        prepare(&scene, "contacts", MAPPING_CREATE, "{'body':{'last_name':'Ada'}}");
    operation->wish.key = STR("k-1");
    operation_start(operation);
    finish(&scene);
    sent(&scene, 0, "POST", "https://api.vendor.test/v2/people", "{\"name\":\"Ada\"}");
    sent(&scene, 1, "GET", "https://api.vendor.test/v2/people/9", NULL);
    told(&scene, "{'id':'9','last_name':'Ada','first_name':'A'}\n");
    given_same("key",
               header_value_name(&scene.base.script.heard[0].headers, STR("X-Once")),
               "k-1");
    given_same("no key of a read",
               header_value_name(&scene.base.script.heard[1].headers, STR("X-Once")),
               NULL);
    close_scene(&scene);
}

static void note_written(void *arg, const struct account *account,
                         const struct model *model, str id, const struct json *record)
{
    struct scene *scene = arg;
    assert_ptr_equal(account, &scene->base.account);
    buf_printf(&scene->told, STR_F " " STR_F " %s\n", STR_A(model->name), STR_A(id),
               record ? "written" : "deleted");
}

static void who_wants_to_know_hears_of_what_we_write(void **state)
{
    WITH_PLAYS(scene, JSON_PLAY("{\"id\":\"9\"}"),
               JSON_PLAY("{\"person\":{\"id\":\"9\",\"name\":\"Ada\"}}"));
    scene.base.env.on_written = note_written;
    scene.base.env.on_written_arg = &scene;
    run(&scene, "contacts", MAPPING_CREATE, "{'body':{'last_name':'Ada'}}");
    told(&scene, "contacts 9 written\n{'id':'9','last_name':'Ada'}\n");
    close_scene(&scene);
}

static void and_of_what_we_delete_but_not_of_what_we_read(void **state)
{
    WITH_PLAYS(scene, JSON_PLAY("{\"all\":[{\"status\":200}]}"),
               JSON_PLAY("{\"person\":{\"id\":\"9\",\"name\":\"Ada\"}}"));
    scene.base.env.on_written = note_written;
    scene.base.env.on_written_arg = &scene;
    run(&scene, "leads", MAPPING_DELETE, "{'id':'7'}");
    told(&scene, "leads 7 deleted\n");
    operation_fini(&scene.operation);
    buf_clear(&scene.told);
    scene.done = false;
    operation_start(prepare(&scene, "contacts", MAPPING_GET, "{'id':'9'}"));
    finish(&scene);
    told(&scene, "{'id':'9','last_name':'Ada'}\n");
    close_scene(&scene);
}

static void what_was_written_is_told_though_it_cannot_be_fetched(void **state)
{
    WITH_PLAYS(scene, JSON_PLAY("{\"id\":\"9\"}"), {.status = 404});
    run(&scene, "contacts", MAPPING_CREATE, "{'body':{'last_name':'Ada'}}");
    assert_int_equal(scene.operation.err, ERR_NONE);
    assert_false(scene.operation.refused);
    told(&scene, "response then {'id':'9'}\n");
    close_scene(&scene);
}

static void what_was_written_is_told_though_its_answer_says_nothing(void **state)
{
    WITH_PLAYS(scene, {.status = 204});
    run(&scene, "contacts", MAPPING_CREATE, "{'body':{'last_name':'Ada'}}");
    assert_int_equal(scene.operation.err, ERR_NONE);
    told(&scene, "response id \n");
    close_scene(&scene);
}

static void a_batch_is_as_good_as_the_item_in_it(void **state)
{
    static const struct {
        const char *body;
        int status; /* of the refusal; 0: it went well */
        const char *class;
        const char *code;
    } rows[] = {
        {"{'all':[{'done':true,'person':{'id':'7','name':'Ada'}}]}", 0, "ok", NULL},
        {"{'all':[{'status':201,'person':{'id':'7','name':'Ada'}}]}", 0, "ok", NULL},
        {"{'all':[{'done':false,'code':'E1','message':'No.'}]}", 200, "validation", "E1"},
        {"{'all':[{'status':409,'code':'E2','message':'No.'}]}", 409, "conflict", "E2"},
        {"{'all':[{'done':true,'person':{'id':'7'}},{'status':500}]}", 500,
         "server_error", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena arena;
        arena_init(&arena, 1024, 1 << 20);
        const char *body = arena_z(&arena, given_quotes(&arena, rows[i].body));
        WITH_PLAYS(
            scene,
            {.status = 207, .headers = {"Content-Type: application/json"}, .body = body});
        run(&scene, "leads", MAPPING_UPDATE, "{'id':'7','body':{'last_name':'Ada'}}");
        const struct operation *operation = &scene.operation;
        assert_int_equal(operation->err, ERR_NONE);
        assert_int_equal(operation->refused, rows[i].status != 0);
        given_same(body, outcome_word(operation->outcome.class), rows[i].class);
        assert_int_equal(operation->outcome.vendor_status, 207);
        if (rows[i].status)
            assert_int_equal(operation->outcome.status, rows[i].status);
        given_same(body, operation->outcome.vendor.code, rows[i].code);
        told(&scene, rows[i].status ? "" : "{'id':'7','last_name':'Ada'}\n");
        close_scene(&scene);
        arena_fini(&arena);
    }
}

static void an_end_in_a_batch_is_as_good_as_its_item(void **state)
{
    WITH_PLAYS(scene, JSON_PLAY("{\"all\":[{\"status\":404,\"code\":\"GONE\"}]}"));
    run(&scene, "leads", MAPPING_DELETE, "{'id':'7'}");
    assert_true(scene.operation.refused);
    assert_int_equal(scene.operation.outcome.status, 404);
    close_scene(&scene);
}

static void of_several_each_is_told_in_its_order(void **state)
{
    WITH_PLAYS(scene, JSON_PLAY("{\"all\":[{\"person\":{\"id\":\"1\",\"name\":\"A\"}},"
                                "{\"status\":409}]}"));
    run(&scene, "contacts", MAPPING_CREATE_MANY,
        "{'body':[{'last_name':'A'},{'last_name':'B'},{'last_name':'C'}]}");
    sent(&scene, 0, "POST", "https://api.vendor.test/v2/many",
         "{\"all\":[\"A\",\"B\",\"C\"]}");
    assert_int_equal(scene.operation.err, ERR_NONE);
    told(&scene, "{'id':'1','last_name':'A'}\nresponse item 409 \n"
                 "response item unknown \n");
    close_scene(&scene);
}

/* What is there of it is no JSON, and says nothing of any. */
static void of_several_nothing_is_known_when_their_answer_is_too_large(void **state)
{
    WITH_PLAYS(scene, {.status = 200,
                       .headers = {"Content-Type: application/json"},
                       .body = "{\"all\":[{\"person\":{\"id\":\"1\"}}]}",
                       .body_repeat = OPERATION_ANSWER_BYTES_MAX / 16});
    run(&scene, "contacts", MAPPING_CREATE_MANY,
        "{'body':[{'last_name':'A'},{'last_name':'B'}]}");
    assert_int_equal(scene.operation.err, ERR_NONE);
    told(&scene, "response item unknown \nresponse item unknown \n");
    close_scene(&scene);
}

/* --- writes that somebody answers for --- */

static void on_write(struct operation *operation)
{
    struct scene *scene = operation->owner;
    buf_printf(&scene->told, "writes " STR_F " " STR_F "\n",
               STR_A(operation->exchange.request.path), STR_A(operation->text));
}

static const struct operation_ops noting_ops = {
    .on_record = on_record, .on_page = on_page, .on_done = on_done, .on_write = on_write};

/* Up to where its starter is asked to note the write down. */
static void run_until_noted(struct scene *scene, enum mapping_operation kind,
                            const char *request)
{
    prepare(scene, "contacts", kind, request)->ops = &noting_ops;
    operation_start(&scene->operation);
    false_loop_run(&scene->base.loop, USEC_S);
    assert_int_equal(scene->operation.step, OPERATION_NOTED);
}

static void a_write_waits_until_it_is_noted_and_nothing_else_does(void **state)
{
    WITH_PLAYS(scene, JSON_PLAY("{\"person\":{\"id\":\"7\",\"name\":\"Old\"}}"),
               JSON_PLAY("{\"person\":{\"id\":\"7\",\"name\":\"New\"}}"));
    run_until_noted(&scene, MAPPING_UPDATE, "{'id':'7','body':{'last_name':'New'}}");
    assert_int_equal(scene.base.script.calls, 1); /* the record before it */
    told(&scene, "writes /people/7 {'name':'New','old':'Old'}\n");
    assert_false(scene.operation.written);
    operation_go_on(&scene.operation);
    finish(&scene);
    sent(&scene, 1, "PUT", "https://api.vendor.test/v2/people/7",
         "{\"name\":\"New\",\"old\":\"Old\"}");
    assert_true(scene.operation.written && scene.operation.done);
    told(&scene, "writes /people/7 {'name':'New','old':'Old'}\n"
                 "{'id':'7','last_name':'New'}\n");
    close_scene(&scene);
}

static void a_write_that_is_not_noted_is_not_sent(void **state)
{
    for (int stop = 0; stop < 2; stop++) {
        WITH_PLAYS(scene, {.status = 200});
        run_until_noted(&scene, MAPPING_CREATE, "{'body':{'last_name':'Ada'}}");
        if (stop)
            operation_stop(&scene.operation);
        else
            assert_true(operation_cancel(&scene.operation));
        assert_int_equal(scene.done, stop);
        assert_false(scene.operation.written);
        false_loop_run(&scene.base.loop, USEC_S);
        assert_int_equal(scene.base.script.calls, 0);
        close_scene(&scene);
    }
}

/* Neither made anew, nor behind a record that would be fetched for that: that may be gone
 * by now, and is of no use. */
static void a_frozen_write_is_sent_as_it_was(void **state)
{
    WITH_PLAYS(scene, JSON_PLAY("{\"person\":{\"id\":\"7\",\"name\":\"Ada\"}}"));
    struct operation *operation = prepare(&scene, "contacts", MAPPING_UPDATE,
                                          "{'id':'7','body':{'last_name':'New'}}");
    struct headers headers;
    headers_init(&headers, &scene.base.arena, 2);
    header_add_name(&headers, STR("X-Once"), STR("k-1"));
    const struct operation_frozen frozen = {.path = STR("/people/7"),
                                            .query = STR("v=1"),
                                            .host = STR_NONE,
                                            .headers = &headers,
                                            .body = STR("{\"name\":\"Ada\"}")};
    operation->wish.frozen = &frozen;
    operation_start(operation);
    finish(&scene);
    assert_int_equal(scene.base.script.calls, 1);
    sent(&scene, 0, "PUT", "https://api.vendor.test/v2/people/7?v=1",
         "{\"name\":\"Ada\"}");
    given_same("key",
               header_value_name(&scene.base.script.heard[0].headers, STR("X-Once")),
               "k-1");
    told(&scene, "{'id':'7','last_name':'Ada'}\n");
    close_scene(&scene);
}

static void a_form_has_nested_names_in_brackets(void **state)
{
    WITH_PLAYS(scene, JSON_PLAY("{\"person\":{\"id\":\"1\",\"name\":\"Ada\"}}"));
    run(&scene, "leads", MAPPING_CREATE,
        "{'body':{'last_name':'Ada & co','tags':['a','b']}}");
    sent(&scene, 0, "POST", "https://api.vendor.test/v2/people",
         "person%5Bname%5D=Ada+%26+co&person%5Btags%5D%5B0%5D=a&person%5Btags%5D%5B1%5D="
         "b");
    given_same(
        "type",
        header_value_name(&scene.base.script.heard[0].headers, STR("Content-Type")),
        "application/x-www-form-urlencoded");
    close_scene(&scene);
}

static void a_mapping_s_own_words_are_for_the_caller(void **state)
{
    WITH_PLAYS(scene, {.status = 200});
    run(&scene, "contacts", MAPPING_CREATE,
        "{'body':{'last_name':'Ada','first_name':'!'}}");
    assert_int_equal(scene.operation.err, ERR_RECORD_INVALID);
    given_same("detail", scene.operation.detail, "no shouting");
    assert_int_equal(scene.base.script.calls, 0);
    close_scene(&scene);
}

static void a_path_that_is_not_filled_is_not_asked(void **state)
{
    WITH_PLAYS(scene, {.status = 204});
    run(&scene, "contacts", MAPPING_DELETE, "{'id':'7'}");
    assert_int_equal(scene.operation.err, ERR_MAPPING_FAILED);
    given_same("detail", scene.operation.detail,
               "Neither the mapping nor the account's context nor the document's "
               "path_values gives a value for \"room\" of the path.");
    assert_int_equal(scene.base.script.calls, 0);
    close_scene(&scene);
}

static void a_value_does_not_lead_to_another_resource(void **state)
{
    static const char *const ids[] = {".", "..", "../7", "..\\\\7", "7/../../8"};
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        WITH_PLAYS(scene, {.status = 204});
        scene.base.account.context =
            *given_json(&scene.base.arena, STR("{\"room\":\"a\"}"));
        run(&scene, "contacts", MAPPING_DELETE,
            arena_printf(&scene.base.arena, "{'id':'%s'}", ids[i]).p);
        assert_int_equal(scene.operation.err, ERR_PATH_FORBIDDEN);
        assert_int_equal(scene.base.script.calls, 0);
        close_scene(&scene);
    }
}

static void a_path_is_filled_from_the_account_s_context_too(void **state)
{
    WITH_PLAYS(scene, {.status = 204});
    scene.base.account.context =
        *given_json(&scene.base.arena, STR("{\"room\":\"a b\"}"));
    run(&scene, "contacts", MAPPING_DELETE, "{'id':'7'}");
    assert_int_equal(scene.operation.err, ERR_NONE);
    assert_int_equal(scene.base.script.calls, 1);
    given_same("path", scene.base.script.heard[0].url,
               "https://api.vendor.test/v2/w%201/rooms/a%20b/people/7");
    close_scene(&scene);
}

/* --- ending it --- */

static void run_until_held(struct scene *scene)
{
    false_loop_run(&scene->base.loop, USEC_S);
    assert_int_equal(scene->operation.step, OPERATION_HELD);
}

static void a_list_waits_for_its_starter(void **state)
{
    WITH_PLAYS(scene, JSON_PLAY("{\"people\":[{\"id\":\"1\"}],\"next\":\"b\"}"),
               JSON_PLAY("{\"people\":[{\"id\":\"2\"}]}"));
    scene.hold = true;
    operation_start(prepare(&scene, "contacts", MAPPING_LIST, "{}"));
    run_until_held(&scene);
    assert_int_equal(scene.base.script.calls, 1);
    operation_resume(&scene.operation);
    finish(&scene);
    assert_int_equal(scene.operation.told, 2);
    close_scene(&scene);
}

static void a_list_that_is_held_can_be_left_and_stopped(void **state)
{
    for (int stop = 0; stop < 2; stop++) {
        WITH_PLAYS(scene, JSON_PLAY("{\"people\":[{\"id\":\"1\"}],\"next\":\"b\"}"));
        scene.hold = true;
        operation_start(prepare(&scene, "contacts", MAPPING_LIST, "{}"));
        run_until_held(&scene);
        if (stop)
            operation_stop(&scene.operation);
        else
            assert_true(operation_cancel(&scene.operation));
        assert_int_equal(scene.done, stop);
        assert_int_equal(scene.base.script.calls, 1);
        close_scene(&scene);
    }
}

static void a_write_that_was_sent_is_not_left(void **state)
{
    WITH_PLAYS(scene, {.status = 200,
                       .headers = {"Content-Type: application/json"},
                       .body = "{\"person\":{\"id\":\"1\"}}",
                       .delay = USEC_S});
    operation_start(prepare(&scene, "leads", MAPPING_CREATE, "{'body':{}}"));
    false_loop_run(&scene.base.loop, 100 * USEC_MS);
    assert_int_equal(scene.base.script.calls, 1);
    assert_false(operation_cancel(&scene.operation));
    finish(&scene);
    told(&scene, "{'id':'1'}\n");
    close_scene(&scene);
}

static void a_write_that_is_stopped_is_unknown(void **state)
{
    WITH_PLAYS(scene, {.status = 200, .delay = USEC_S});
    operation_start(prepare(&scene, "leads", MAPPING_CREATE, "{'body':{}}"));
    false_loop_run(&scene.base.loop, 100 * USEC_MS);
    assert_int_equal(scene.base.script.calls, 1);
    operation_stop(&scene.operation);
    finish(&scene);
    assert_true(scene.operation.cut);
    assert_int_equal(scene.operation.err, ERR_OUTCOME_UNKNOWN);
    close_scene(&scene);
}

int test_operation(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faulty_records_are_reported_and_the_page_is_not_lost),
        cmocka_unit_test(by_wish_a_faulty_record_ends_the_list),
        cmocka_unit_test(
            a_wish_is_met_with_as_many_pages_as_it_takes_and_cut_where_it_ends),
        cmocka_unit_test(a_page_that_has_no_room_is_gone_on_with_where_it_was_cut),
        cmocka_unit_test(a_record_that_never_has_room_ends_its_list),
        cmocka_unit_test(a_list_that_ends_at_a_fault_stands_behind_it),
        cmocka_unit_test(a_page_that_is_too_much_for_the_vendor_is_asked_for_smaller),
        cmocka_unit_test(a_page_cannot_grow_smaller_for_ever),
        cmocka_unit_test(a_page_that_is_too_large_for_us_is_not_read_to_its_end),
        cmocka_unit_test(an_expired_cursor_is_begun_anew_where_the_rule_says),
        cmocka_unit_test(a_link_to_a_foreign_host_is_not_followed),
        cmocka_unit_test(a_link_of_the_vendors_own_is_asked_as_it_stands),
        cmocka_unit_test(what_is_no_list_is_an_error_and_not_the_end),
        cmocka_unit_test(the_record_before_a_change_is_fetched_first),
        cmocka_unit_test(a_record_that_cannot_be_fetched_first_is_not_changed),
        cmocka_unit_test(the_record_after_it_was_made_is_fetched_then),
        cmocka_unit_test(who_wants_to_know_hears_of_what_we_write),
        cmocka_unit_test(and_of_what_we_delete_but_not_of_what_we_read),
        cmocka_unit_test(what_was_written_is_told_though_it_cannot_be_fetched),
        cmocka_unit_test(what_was_written_is_told_though_its_answer_says_nothing),
        cmocka_unit_test(a_batch_is_as_good_as_the_item_in_it),
        cmocka_unit_test(an_end_in_a_batch_is_as_good_as_its_item),
        cmocka_unit_test(of_several_each_is_told_in_its_order),
        cmocka_unit_test(of_several_nothing_is_known_when_their_answer_is_too_large),
        cmocka_unit_test(a_write_waits_until_it_is_noted_and_nothing_else_does),
        cmocka_unit_test(a_write_that_is_not_noted_is_not_sent),
        cmocka_unit_test(a_frozen_write_is_sent_as_it_was),
        cmocka_unit_test(a_form_has_nested_names_in_brackets),
        cmocka_unit_test(a_mapping_s_own_words_are_for_the_caller),
        cmocka_unit_test(a_path_that_is_not_filled_is_not_asked),
        cmocka_unit_test(a_value_does_not_lead_to_another_resource),
        cmocka_unit_test(a_path_is_filled_from_the_account_s_context_too),
        cmocka_unit_test(a_list_waits_for_its_starter),
        cmocka_unit_test(a_list_that_is_held_can_be_left_and_stopped),
        cmocka_unit_test(a_write_that_was_sent_is_not_left),
        cmocka_unit_test(a_write_that_is_stopped_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
