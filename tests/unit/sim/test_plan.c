#include "sim/sim_plan.h"

#include "asked.h"
#include "sim/sim_reader.h"
#include "tests.h"

struct fixture {
    struct sim_asked *asked;
    struct buf room;
    struct sim_planner planner;
    struct sim_plan plan;
};

static struct fixture *given(void **state, const char *target)
{
    struct fixture *f = arena_zalloc(*state, sizeof(*f));
    f->asked = given_asked(*state, "GET", target, NULL);
    buf_init(&f->room, SIM_ROOM_BYTES_MAX);
    f->planner = (struct sim_planner){f->asked, &f->room};
    return f;
}

static void read_text(struct fixture *f, const struct bind_table *table, const char *text,
                      void *obj)
{
    struct sim_reader reader;
    sim_reader_init(&reader, f->asked->arena, STR_NONE);
    if (!sim_reader_read(&reader, str_z(text), 1 << 20, table, obj))
        fail_msg("%s: " STR_F, text, STR_A(reader.binder.first->text));
}

static void plan(struct fixture *f, const char *reply_text, const char *fault_text)
{
    struct arena *arena = f->asked->arena;
    struct sim_reply *reply = arena_alloc(arena, sizeof(*reply));
    read_text(f, &sim_reply_table, reply_text, reply);
    sim_plan_reply(&f->plan, &f->planner, reply);
    if (fault_text) {
        struct sim_fault *written = arena_alloc(arena, sizeof(*written));
        struct sim_fault *fault = arena_zalloc(arena, sizeof(*fault));
        read_text(f, &sim_fault_table, fault_text, written);
        sim_fault_add(fault, arena, written);
        sim_plan_fault(&f->plan, &f->planner, fault);
    }
    sim_plan_finish(&f->plan, arena);
    buf_fini(&f->room);
}

static str header(struct fixture *f, const char *name)
{
    return header_value_name(&f->plan.headers, str_z(name));
}

static void replies_become_answers(void **state)
{
    struct fixture *f = given(state, "/");
    plan(f,
         "{\"status\":201,\"headers\":{\"X-A\":[\"1\",\"{{n}}\"]},\"body\":{\"n\":"
         "\"{{n}}\"},\"delay\":\"2s\",\"chunked\":true,\"trailers\":{\"X-T\":\"{{n}}\"},"
         "\"informs\":[{\"headers\":{\"Link\":\"<a>\"}}]}",
         NULL);
    assert_int_equal(f->plan.status, 201);
    assert_str(f->plan.text, STR("{\"n\":\"3\"}"));
    assert_str(header(f, "Content-Type"), STR("application/json"));
    assert_int_equal(f->plan.headers.n, 3);
    assert_str(f->plan.headers.items[1].value, STR("3"));
    assert_true(f->plan.delay == 2 * USEC_S);
    assert_str(header_value_name(f->plan.trailers, STR("X-T")), STR("3"));
    assert_int_equal(f->plan.informs[0].status, 103);
    assert_int_equal(f->plan.body.total, f->plan.text.n);
}

static void types_are_told_unless_the_script_does(void **state)
{
    struct fixture *f = given(state, "/");
    plan(f, "{\"body\":\"text\"}", NULL);
    assert_str(header(f, "Content-Type"), STR("text/plain; charset=utf-8"));
    f = given(state, "/");
    plan(f, "{\"body\":{},\"headers\":{\"content-type\":\"a/b\"}}", NULL);
    assert_str(header(f, "Content-Type"), STR("a/b"));
    f = given(state, "/");
    plan(f, "{}", NULL);
    assert_true(str_absent(header(f, "Content-Type")));
}

/* What a request brings along cannot end a line. */
static void lines_stay_lines(void **state)
{
    struct fixture *f = given(state, "/?q=a%0D%0ASet-Cookie:%20x%00");
    plan(f, "{\"headers\":{\"X-Q\":\"{{query.q}}\"}}", NULL);
    assert_str(header(f, "X-Q"), STR("a  Set-Cookie: x "));
}

static void a_line_for_the_next_page_ends_with_the_list(void **state)
{
    static const char reply[] =
        "{\"headers\":{\"Link\":\"<{{list.next}}>\",\"X-Total\":\"{{list.total}}\"},"
        "\"body\":{\"items\":\"{{list.items}}\",\"next\":\"{{list.next}}\"},\"list\":{"
        "\"total\":3,\"size\":2,\"item\":\"{{i|number}}\",\"start_from\":\"query after\","
        "\"last_body\":{\"items\":\"{{list.items}}\"}}}";
    struct fixture *f = given(state, "/");
    plan(f, reply, NULL);
    assert_str(f->plan.text, STR("{\"items\":[1,2],\"next\":\"2\"}"));
    assert_str(header(f, "Link"), STR("<2>"));
    f = given(state, "/?after=2");
    plan(f, reply, NULL);
    assert_str(f->plan.text, STR("{\"items\":[3]}"));
    assert_true(str_absent(header(f, "Link")));
    assert_str(header(f, "X-Total"), STR("3"));
    f = given(state, "/?after=two");
    plan(f, reply, NULL);
    assert_int_equal(f->plan.status, 400);
}

static void what_is_too_large_is_said(void **state)
{
    struct fixture *f = given(state, "/");
    plan(
        f,
        "{\"body\":{\"items\":\"{{list.items}}\"},\"list\":{\"total\":1000000,\"size\":"
        "10000,\"size_max\":10000,\"item\":{\"pad\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{{i}}\"}}}",
        NULL);
    assert_int_equal(f->plan.status, 500);
    assert_true(str_find_str(f->plan.text, STR("larger than 4 MiB")) < f->plan.text.n);
}

static void a_status_replaces_the_reply(void **state)
{
    struct fixture *f = given(state, "/");
    plan(f, "{\"body\":{\"a\":1},\"headers\":{\"X-Own\":\"1\"},\"delay\":\"1s\"}",
         "{\"status\":429,\"headers\":{\"Retry-After\":\"{{n}}\"},\"delay\":\"2s\"}");
    assert_int_equal(f->plan.status, 429);
    assert_str(f->plan.text, STR("{\"error\":{\"status\":429}}"));
    assert_str(header(f, "Retry-After"), STR("3"));
    assert_true(str_absent(header(f, "X-Own")));
    assert_true(f->plan.delay == 3 * USEC_S);
    f = given(state, "/");
    plan(f, "{\"body\":{\"a\":1}}", "{\"status\":500,\"body\":\"sorry\"}");
    assert_str(f->plan.text, STR("sorry"));
    assert_str(header(f, "Content-Type"), STR("text/plain; charset=utf-8"));
}

static void headers_of_a_fault_take_the_place_of_others(void **state)
{
    struct fixture *f = given(state, "/");
    plan(f, "{\"headers\":{\"X-A\":[\"1\",\"2\"]}}",
         "{\"headers\":{\"x-a\":\"3\"},\"extra_headers\":1000,\"header_bytes\":5000}");
    assert_str(header(f, "X-A"), STR("3"));
    assert_int_equal(f->plan.headers.n, 1002);
    assert_int_equal(header(f, "X-Huge").n, 5000);
}

static void json_bodies_mutate_others_do_not(void **state)
{
    static const char fault[] = "{\"mutate\":[{\"at\":\"/a\",\"rename\":\"b\"},"
                                "{\"at\":\"/b\",\"type\":\"string\"}]}";
    struct fixture *f = given(state, "/");
    plan(f, "{\"body\":{\"a\":1}}", fault);
    assert_str(f->plan.text, STR("{\"b\":\"1\"}"));
    f = given(state, "/");
    plan(f, "{\"body\":\"no JSON\"}", fault);
    assert_str(f->plan.text, STR("no JSON"));
}

static void broken_framing_is_plain(void **state)
{
    struct fixture *f = given(state, "/");
    plan(f, "{\"body\":\"x\",\"gzip\":true}", "{\"length_off\":1}");
    assert_true(f->plan.raw);
    assert_false(f->plan.gzip);
    assert_true(str_absent(header(f, "Content-Encoding")));
    f = given(state, "/");
    plan(f, "{\"body\":\"x\",\"gzip\":true}", "{\"delay\":\"1s\"}");
    assert_false(f->plan.raw);
    assert_str(header(f, "Content-Encoding"), STR("gzip"));
}

static void repeats_end_at_four_gigabytes(void **state)
{
    struct fixture *f = given(state, "/?q=0123456789");
    plan(f, "{\"body\":\"{{query.q}}\",\"repeat\":4294967295}", NULL);
    assert_true(f->plan.body.total <= SIM_BODY_BYTES_MAX);
    assert_true(f->plan.body.total > SIM_BODY_BYTES_MAX - 10);
}

int test_plan(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(replies_become_answers),
        GIVEN_TEST(types_are_told_unless_the_script_does),
        GIVEN_TEST(lines_stay_lines),
        GIVEN_TEST(a_line_for_the_next_page_ends_with_the_list),
        GIVEN_TEST(what_is_too_large_is_said),
        GIVEN_TEST(a_status_replaces_the_reply),
        GIVEN_TEST(headers_of_a_fault_take_the_place_of_others),
        GIVEN_TEST(json_bodies_mutate_others_do_not),
        GIVEN_TEST(broken_framing_is_plain),
        GIVEN_TEST(repeats_end_at_four_gigabytes),
    };
    return cmocka_run_group_tests_name("sim_plan", tests, NULL, NULL);
}
