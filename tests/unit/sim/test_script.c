#include "sim/sim_script.h"

#include "asked.h"
#include "base/buf.h"
#include "json/bind_schema.h"
#include "tests.h"

static struct sim_script *script(struct arena *arena, const char *text)
{
    const struct bind_fault *faults;
    struct sim_script *script =
        sim_script_create(str_z(text), STR("tests/vtc/"), STR("/v"), arena, &faults);
    if (!script)
        fail_msg(STR_F ": " STR_F, STR_A(faults->pointer), STR_A(faults->text));
    return script;
}

/* --- routes --- */

/* The name of the route, "" when there is none. */
static str route(const struct sim_script *script, struct sim_asked *asked)
{
    const struct sim_route *found = sim_script_match(script, asked);
    return found ? found->name : STR("");
}

static void routes_are_chosen_in_order(void **state)
{
    struct arena *arena = *state;
    struct sim_script *s = script(
        arena, "{\"routes\":["
               "{\"name\":\"slow\",\"path\":\"/a\",\"when\":{\"header\":{\"x-mode\":"
               "\"slow\"},\"query\":{\"p\":\"2\"}}},"
               "{\"name\":\"any p\",\"path\":\"/a\",\"when\":{\"query\":{\"p\":true}}},"
               "{\"name\":\"no q\",\"path\":\"/a\",\"when\":{\"query\":{\"q\":false}}},"
               "{\"method\":\"GET\",\"path\":\"/a/{id}\"},"
               "{\"name\":\"me\",\"method\":\"GET\",\"path\":\"/a/me\"},"
               "{\"name\":\"part\",\"path\":\"/e\",\"when\":{\"query\":{\"q\":{"
               "\"contains\":\" from b\"}}}},"
               "{\"name\":\"b\",\"path\":\"/b\",\"when\":{\"body\":{\"/x\":[1]}}},"
               "{\"name\":\"f\",\"path\":\"/b\",\"when\":{\"form\":{\"k\":\"v\"}}},"
               "{\"name\":\"by path\",\"path\":\"/c/{id}\",\"when\":{\"path\":{"
               "\"id\":\"a b\"}}}]}");
    static const struct {
        const char *method;
        const char *target;
        const char *body;
        const char *want;
    } rows[] = {
        {"GET", "/a?p=2", NULL, "slow"},
        {"PUT", "/a?p=3", NULL, "any p"},
        {"GET", "/a", NULL, "no q"},
        {"GET", "/a?q", NULL, ""},
        {"GET", "/a?q=1", NULL, ""},
        {"GET", "/a/7", NULL, "GET /a/{id}"},
        {"HEAD", "/a/7", NULL, "GET /a/{id}"},
        {"POST", "/a/7", NULL, ""},
        {"GET", "/a/me", NULL, "me"},
        {"POST", "/b", "{\"x\":[1.0]}", "b"},
        {"POST", "/b", "{\"x\":[2]}", ""},
        {"POST", "/b", "k=v", "f"},
        {"POST", "/b", "", ""},
        {"GET", "/c/a%20b", NULL, "by path"},
        {"GET", "/c/a", NULL, ""},
        {"GET", "/d", NULL, ""},
        {"GET", "/e?q=a+from+b+c", NULL, "part"},
        {"GET", "/e?q=a+from+c", NULL, ""},
        {"GET", "/e", NULL, ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim_asked *asked =
            given_asked(arena, rows[i].method, rows[i].target, rows[i].body);
        str found = route(s, asked);
        if (!str_eq(found, str_z(rows[i].want)))
            fail_msg("%s %s: " STR_F, rows[i].method, rows[i].target, STR_A(found));
    }
    sim_script_unref(&s);
}

static void a_body_that_is_not_there_fulfils_nothing(void **state)
{
    struct arena *arena = *state;
    struct sim_script *s = script(
        arena, "{\"routes\":[{\"name\":\"none\",\"path\":\"/a\",\"when\":{\"form\":{"
               "\"k\":false}}},{\"name\":\"else\",\"path\":\"/a\"}]}");
    struct sim_asked *asked = given_asked(arena, "POST", "/a", "x=1");
    assert_str(route(s, asked), STR("none"));
    asked->body_whole = false;
    assert_str(route(s, asked), STR("else"));
    sim_script_unref(&s);
}

static void the_method_may_be_all_that_is_wrong(void **state)
{
    struct arena *arena = *state;
    struct sim_script *s =
        script(arena, "{\"routes\":[{\"method\":\"GET\",\"path\":\"/a\"}]}");
    assert_true(sim_script_lacks_method(s, given_asked(arena, "PUT", "/a", NULL)));
    assert_false(sim_script_lacks_method(s, given_asked(arena, "GET", "/a", NULL)));
    assert_false(sim_script_lacks_method(s, given_asked(arena, "PUT", "/b", NULL)));
    sim_script_unref(&s);
}

/* --- documents --- */

static void defaults_fill_what_is_left_out(void **state)
{
    struct sim_script *s =
        script(*state, "{\"require\":{},\"limits\":[{\"calls\":5}],\"routes\":[{\"path\":"
                       "\"/a\"},{\"path\":\"/b\",\"record_write\":{}},{\"path\":\"/f\","
                       "\"reply\":{\"body\":{\"file\":\"sim_body.txt\"}}}]}");
    const struct sim_route *routes = s->routes.items;
    const struct sim_rate *rates = s->limits.items;
    const struct sim_reply *reply = routes[0].replies.items;
    assert_str(s->prefix, STR("/v"));
    assert_str(s->require->from.name, STR("Authorization"));
    assert_true(rates[0].window == USEC_S);
    assert_int_equal(rates[0].per.place, SIM_PLACE_HEADER);
    assert_int_equal(routes[0].replies.n, 1);
    assert_int_equal(reply->status, 200);
    assert_int_equal(reply->repeat, 1);
    assert_null(routes[0].once);
    assert_int_equal(routes[1].once->key.place, SIM_PLACE_NONE);
    reply = routes[2].replies.items;
    assert_str(reply->body.file, STR("A body that stands in a file.\n"));
    sim_script_unref(&s);
}

static void references_keep_a_script(void **state)
{
    struct sim_script *s = script(*state, "{}");
    struct sim_script *second = sim_script_ref(s);
    sim_script_unref(&s);
    assert_null(s);
    assert_str(second->prefix, STR("/v"));
    sim_script_unref(&second);
    sim_script_unref(&second);
}

static void statuses_are_counted(void **state)
{
    struct sim_statuses statuses = {0};
    (void)state;
    for (uint32_t status = 200; status < 300; status++)
        sim_script_count(&statuses, status);
    sim_script_count(&statuses, 201);
    assert_int_equal(statuses.n, SIM_STATUSES_MAX);
    assert_int_equal(statuses.items[0].count, 1);
    assert_int_equal(statuses.items[1].count, 2);
}

/* --- faults --- */

#define ROUTE(text) "{\"routes\":[{\"path\":\"/a\"," text "}]}"
#define REPLY(text) ROUTE("\"reply\":{" text "}")

static const struct {
    const char *script;
    const char *pointer;
    const char *text;
} faulty[] = {
    {"", "", "Line 1, column 1: the text ends too early."},
    {"{\"routes\":[],}", "",
     "Line 1, column 14: a member's name in double quotes is expected here."},
    {"[]", "", "is an array; wants an object: the script."},
    {"{\"route\":[]}", "/route",
     "\"route\" is not a member of the script; did you mean \"routes\"?"},
    {"{\"routes\":[{}]}", "/routes/0",
     "\"path\" is missing from the route; it wants a string."},
    {"{\"routes\":[{\"path\":\"a\"}]}", "/routes/0/path",
     "cannot be used: the path pattern does not start with /."},
    {"{\"routes\":[{\"path\":\"/{a}\"},{\"path\":\"/{b}\"}]}", "/routes/1/path",
     "cannot be used: a path pattern of this shape stands there already."},
    {ROUTE("\"method\":\"GE T\""), "/routes/0/method",
     "must be a method such as \"GET\"; leave it out for any."},
    {ROUTE("\"reply\":{},\"replies\":[{}]"), "/routes/0/reply",
     "stands beside \"replies\"; use one of the two."},
    {ROUTE("\"replies\":[]"), "/routes/0/replies", "has 0 items; must have at least 1."},
    {ROUTE("\"when\":{\"cookie\":{}}"), "/routes/0/when/cookie",
     "is no place to look at; there are \"header\", \"query\", \"form\", \"path\" and "
     "\"body\"."},
    {ROUTE("\"when\":{\"query\":{\"a\":1}}"), "/routes/0/when/query/a",
     "must be a string that it equals, {\"contains\":\"a part\"}, true (is there), or "
     "false (is not there)."},
    {ROUTE("\"when\":{\"query\":{\"a\":{\"contains\":1}}}"), "/routes/0/when/query/a",
     "must be a string that it equals, {\"contains\":\"a part\"}, true (is there), or "
     "false (is not there)."},
    {ROUTE("\"when\":{\"body\":{\"a\":1}}"), "/routes/0/when/body/a",
     "is no JSON pointer; it starts with \"/\"."},
    {ROUTE("\"early\":true,\"when\":{\"body\":{\"/a\":1}}"), "/routes/0/when",
     "looks at the body, which an early route does not read."},
    {ROUTE("\"record_write\":{\"key\":\"Idempotency-Key\"}"),
     "/routes/0/record_write/key",
     "names no place in a request; wants \"header NAME\", \"query NAME\", \"form NAME\", "
     "\"path NAME\" or \"body /POINTER\"."},
    {ROUTE("\"record_write\":{\"key\":\"body id\"}"), "/routes/0/record_write/key",
     "has \"id\", which is no JSON pointer; it starts with \"/\"."},
    {REPLY("\"status\":99"), "/routes/0/reply/status", "is 99; must be at least 200."},
    {REPLY("\"delay\":5"), "/routes/0/reply/delay",
     "is 5; wants a duration such as \"250ms\", \"30s\" or \"5m\"."},
    {REPLY("\"headers\":{\"X A\":\"1\"}"), "/routes/0/reply/headers/X A",
     "is no header name; it may have letters, digits and !#$%&'*+-.^_`|~."},
    {REPLY("\"headers\":{\"Content-Length\":\"1\"}"),
     "/routes/0/reply/headers/Content-Length",
     "is written by the simulator; to get it wrong on purpose, use the members of "
     "\"fault\", and \"chunked\" for chunks."},
    {REPLY("\"headers\":{\"X\":[\"a\\r\\nb\"]}"), "/routes/0/reply/headers/X/0",
     "cannot stand on a header line: it is too long, or holds a control character."},
    {REPLY("\"headers\":{\"X\":1}"), "/routes/0/reply/headers/X",
     "must be a string; write numbers in quotes."},
    {REPLY("\"body\":{\"a\":\"{{quer.x}}\"}"), "/routes/0/reply/body",
     "has \"{{quer.x}}\"; did you mean \"{{query.}}\"?"},
    {REPLY("\"body\":{\"file\":\"/etc/passwd\"}"), "/routes/0/reply/body/file",
     "must be a name below the script's own folder."},
    {REPLY("\"body\":{\"file\":\"a/../../b\"}"), "/routes/0/reply/body/file",
     "must be a name below the script's own folder."},
    {REPLY("\"body\":{\"file\":\"none.txt\"}"), "/routes/0/reply/body/file",
     "is tests/vtc/none.txt, and there is no such file."},
    {REPLY("\"body\":\"0123456789\",\"repeat\":429496730"), "/routes/0/reply/repeat",
     "makes a body of more than 4 GiB."},
    {REPLY("\"trailers\":{\"X\":\"1\"}"), "/routes/0/reply/trailers",
     "need \"chunked\":true; an answer with a length has none."},
    {REPLY("\"list\":{\"item\":1}"), "/routes/0/reply/list",
     "needs a \"body\" that has {{list.items}}."},
    {REPLY("\"body\":{\"a\":\"{{list.items}}\"},\"list\":{\"item\":1,\"size\":200}"),
     "/routes/0/reply/list/size", "is 200, more than \"size_max\", 100."},
    {REPLY("\"fault\":{\"early\":true}"), "/routes/0/reply/fault",
     "is early, which a reply cannot be: use \"early\" of the route."},
    {REPLY("\"fault\":{\"cut\":{\"after\":-1}}"), "/routes/0/reply/fault/cut/after",
     "is -1; must be at least 0."},
    {REPLY("\"informs\":[{\"status\":101}]"), "/routes/0/reply/informs/0/status",
     "is 101, which would end HTTP here."},
    {"{\"limits\":[{\"calls\":0}]}", "/limits/0/calls", "is 0; must be at least 1."},
    {"{\"limits\":[{\"calls\":1,\"path\":[\"/a\",\"b\"]}]}", "/limits/0/path",
     "\"b\" cannot be used: the path pattern does not start with /."},
    {"{\"require\":{\"from\":\"cookie x\"}}", "/require/from",
     "names no place in a request; wants \"header NAME\", \"query NAME\", \"form NAME\", "
     "\"path NAME\" or \"body /POINTER\"."},
};

static void faults_are_told_with_their_place(void **state)
{
    for (size_t i = 0; i < COUNT_OF(faulty); i++) {
        const struct bind_fault *faults = NULL;
        struct sim_script *s = sim_script_create(
            str_z(faulty[i].script), STR("tests/vtc/"), STR(""), *state, &faults);
        if (s)
            fail_msg("no fault in %s", faulty[i].script);
        assert_str(faults->text, str_z(faulty[i].text));
        assert_str(faults->pointer, str_z(faulty[i].pointer));
    }
}

static void every_fault_is_told(void **state)
{
    const struct bind_fault *faults = NULL;
    uint32_t n = 0;
    assert_null(sim_script_create(STR("{\"a\":1,\"routes\":[{\"path\":\"/\",\"reply\":{"
                                      "\"status\":1}},{\"pat\":1}],\"limits\":[{}]}"),
                                  STR_NONE, STR(""), *state, &faults));
    for (; faults; faults = faults->next)
        n++;
    assert_int_equal(n, 5);
}

static void files_are_read_by_name(void **state)
{
    const struct bind_fault *faults = NULL;
    struct sim_script *s =
        sim_script_load(STR("tests/vtc/sim.json"), STR(""), *state, &faults);
    assert_non_null(s);
    sim_script_unref(&s);
    assert_null(sim_script_load(STR("tests/vtc"), STR(""), *state, &faults));
    assert_str(faults->text, STR("The script cannot be read: it is no file."));
}

static void the_tables_have_a_schema(void **state)
{
    struct buf buf;
    buf_init(&buf, 1 << 20);
    bind_schema_write(&buf, &sim_script_table, STR("https://a.test/s.json"), STR("S"));
    const struct json *schema = given_json(*state, buf_peek(&buf));
    assert_non_null(json_member(json_member(schema, STR("properties")), STR("routes")));
    buf_fini(&buf);
}

int test_script(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(routes_are_chosen_in_order),
        GIVEN_TEST(a_body_that_is_not_there_fulfils_nothing),
        GIVEN_TEST(the_method_may_be_all_that_is_wrong),
        GIVEN_TEST(defaults_fill_what_is_left_out),
        GIVEN_TEST(references_keep_a_script),
        GIVEN_TEST(statuses_are_counted),
        GIVEN_TEST(faults_are_told_with_their_place),
        GIVEN_TEST(every_fault_is_told),
        GIVEN_TEST(files_are_read_by_name),
        GIVEN_TEST(the_tables_have_a_schema),
    };
    return cmocka_run_group_tests_name("sim_script", tests, NULL, NULL);
}
