#include "sim/sim_template.h"

#include "asked.h"
#include "sim/sim_limit.h"
#include "sim/sim_page.h"
#include "tests.h"

enum { ROOM = 1000 };

static struct sim_template compile(struct arena *arena, str text, enum sim_escape escape)
{
    struct binder binder;
    struct sim_template template = {0};
    bind_init(&binder, arena);
    sim_template_read(&binder, text, escape, &template);
    if (binder.fault_n)
        fail_msg(STR_F ": " STR_F, STR_A(text), STR_A(binder.first->text));
    return template;
}

static str print(struct arena *arena, const char *text, enum sim_escape escape,
                 struct sim_asked *asked)
{
    struct buf room;
    struct sim_template template = compile(arena, str_z(text), escape);
    buf_init(&room, ROOM);
    str printed = sim_template_text(&template, asked, &room);
    buf_fini(&room);
    return printed;
}

static void holes_are_filled(void **state)
{
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        {"", ""},
        {"plain", "plain"},
        {"{{request.id}}", "7"},
        {"{{ request.id }}!", "7!"},
        {"a{{n}}b{{n+10}}c{{n-5}}", "a3b13c-2"},
        {"{{request.method}} {{request.path}}", "POST /things/x"},
        {"{{now_epoch}} {{now_epoch+60}} {{now_epoch-1}}",
         "1735689600 1735689660 1735689599"},
        {"{{now_epoch_ms}}", "1735689600000"},
        {"{{now_http_date}}", "Wed, 01 Jan 2025 00:00:00 GMT"},
        {"{{now_http_date+61}}", "Wed, 01 Jan 2025 00:01:01 GMT"},
        {"{{now_iso-1}}", "2024-12-31T23:59:59.000Z"},
        {"{{host}} {{base}} {{prefix}}", "a.test http://a.test/vendor /vendor"},
        {"{{header.x-mode}}{{header.None}}", "slow"},
        {"{{query.a}}|{{query.page[size]}}|{{query.none}}", "1 2|5|"},
        {"{{query.page-2}}", "two"},
        {"{{body./name}}|{{body./n}}|{{body./yes}}|{{body./list}}", "Ann|1.50|true|"},
        {"{{json./list}}{{json./none}}", "[1,\"x\"]null"},
        {"{{i}}{{list.next}}{{list.total}}{{limit.calls}}", "000"},
        {"{{open}}n}}", "{{n}}"},
    };
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim_asked *asked =
            given_asked(arena, "POST", "/things/x?a=1+2&page[size]=5&page-2=two",
                        "{\"name\":\"Ann\",\"n\":1.50,\"yes\":true,\"list\":[1,\"x\"]}");
        assert_str(print(arena, rows[i].text, SIM_PLAIN, asked), str_z(rows[i].want));
    }
}

static void json_is_escaped(void **state)
{
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        {"{\"a\":\"{{header.X-Quoted}}\"}", "{\"a\":\"say \\\"hi\\\"\"}"},
        {"{\"a\":\"{{query.q}}\"}", "{\"a\":\"\\\"}\\n\"}"},
        {"{\"a\":\"{{n}}\",\"b\":\"{{n|number}}\"}", "{\"a\":\"3\",\"b\":3}"},
        {"[\"{{query.file|number}}\",\"{{query.q|number}}\"]", "[632,null]"},
        {"[\"{{query.d|number}}\"]", "[-1.5]"},
        {"{\"p\":\"{{json./p}}\"}", "{\"p\":{\"x\":\"{{n}}\"}}"},
        {"\"{{json.}}\"", "{\"p\":{\"x\":\"{{n}}\"}}"},
        {"{\"a\":\"{{query.none}}\"}", "{\"a\":\"\"}"},
    };
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim_asked *asked =
            given_asked(arena, "GET", "/?q=%22%7D%0A&file=632.json&d=-1.5",
                        "{\"p\":{\"x\":\"{{n}}\"}}");
        assert_str(print(arena, rows[i].text, SIM_JSON, asked), str_z(rows[i].want));
    }
}

static void form_and_path_are_decoded(void **state)
{
    struct arena *arena = *state;
    struct sim_asked *asked = given_asked(arena, "POST", "/", "email=a%40b.test&x=1+2");
    asked->match.n = 1;
    asked->match.params[0] = (struct path_param){STR("id"), STR("J%20D%2Foe")};
    assert_str(print(arena, "{{form.email}} {{form.x}} {{path.id}}", SIM_PLAIN, asked),
               STR("a@b.test 1 2 J D/oe"));
    asked->body_whole = false; /* what was cut has no members */
    assert_str(print(arena, "{{form.email}}", SIM_PLAIN, asked), STR(""));
}

static void limits_are_printed(void **state)
{
    struct arena *arena = *state;
    struct sim_asked *asked = given_asked(arena, "GET", "/", NULL);
    struct sim_quota quota = {.calls = 10, .used = 4, .reset_in = 1500 * USEC_MS};
    asked->quota = &quota;
    assert_str(print(arena,
                     "{{limit.used}}/{{limit.calls}} {{limit.remaining}} "
                     "{{limit.reset_s}} {{limit.reset_epoch}} {{limit.reset_epoch_ms}} "
                     "{{limit.reset_iso}}",
                     SIM_PLAIN, asked),
               STR("4/10 6 2 1735689602 1735689601500 2025-01-01T00:00:01.500Z"));
}

static void a_uuid_belongs_to_a_request_and_an_item(void **state)
{
    struct arena *arena = *state;
    struct sim_asked *asked = given_asked(arena, "GET", "/", NULL);
    str first = print(arena, "{{uuid}}", SIM_PLAIN, asked);
    assert_int_equal(first.n, 36);
    assert_int_equal(first.p[14], '4');
    assert_str(print(arena, "{{uuid}}", SIM_PLAIN, asked), first);
    asked->item = 1;
    str second = print(arena, "{{uuid}}", SIM_PLAIN, asked);
    assert_false(str_eq(first, second));
    asked->item = 0;
    asked->id++;
    assert_false(str_eq(first, print(arena, "{{uuid}}", SIM_PLAIN, asked)));
}

static void constants_are_not_copied(void **state)
{
    struct arena *arena = *state;
    struct sim_asked *asked = given_asked(arena, "GET", "/", NULL);
    struct sim_template template = compile(arena, STR("as it is"), SIM_PLAIN);
    assert_str(template.constant, STR("as it is"));
    assert_ptr_equal(sim_template_text(&template, asked, NULL).p, template.constant.p);
    template = compile(arena, STR("{{list.next}}"), SIM_PLAIN);
    assert_true(str_absent(template.constant));
    assert_true(template.next_page);
}

static void what_does_not_fit_is_absent(void **state)
{
    struct arena *arena = *state;
    char query[ROOM + 10] = "/?q=";
    memset(query + 4, 'x', ROOM);
    struct sim_asked *asked = given_asked(arena, "GET", query, NULL);
    assert_true(str_absent(print(arena, "{{query.q}}{{query.q}}", SIM_PLAIN, asked)));
    assert_true(str_absent(print(arena, "\"{{query.q}}!\"", SIM_JSON, asked)));
    assert_int_equal(print(arena, "{{query.q}}", SIM_PLAIN, asked).n, ROOM);
}

/* Filling a template gives back what it took on the way. */
static void holes_leave_nothing_behind(void **state)
{
    struct arena *arena = *state;
    struct buf room;
    struct sim_asked *asked = given_asked(arena, "POST", "/?q=%20", "{\"a\":\"b\"}");
    struct sim_template template =
        compile(arena, STR("{{query.q}}{{body./a}}{{base}}{{uuid}}"), SIM_PLAIN);
    buf_init(&room, ROOM);
    sim_template_print(&template, asked, &room); /* parses the body once */
    struct arena_mark before = arena_mark(arena);
    sim_template_print(&template, asked, &room);
    assert_ptr_equal(arena_mark(arena).at, before.at);
    buf_fini(&room);
}

static void faults_are_named(void **state)
{
    static const struct {
        const char *text;
        enum sim_escape escape;
        const char *want;
    } rows[] = {
        {"{{nou}}", SIM_PLAIN, "has \"{{nou}}\"; did you mean \"{{n}}\"?"},
        {"{{whatever}}", SIM_PLAIN,
         "has \"{{whatever}}\", which is nothing that a template can ask for; see "
         "docs/sim.md, or write {{open}} for two braces."},
        {"{{host+1}}", SIM_PLAIN, "has \"{{host+1}}\"; did you mean \"{{host}}\"?"},
        {"{{n", SIM_PLAIN, "has \"{{\" without \"}}\"."},
        {"{{body.name}}", SIM_PLAIN,
         "has \"{{body.name}}\"; a JSON pointer starts with \"/\"."},
        {"[\"a {{list.items}}\"]", SIM_JSON,
         "has \"{{list.items}}\" beside other text; it must be the whole string, as it "
         "is "
         "no text itself."},
        {"[\"{{n|number}} \"]", SIM_JSON,
         "has \"{{n|number}}\" beside other text; it must be the whole string, as it is "
         "no "
         "text itself."},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct binder binder;
        struct sim_template template;
        bind_init(&binder, *state);
        sim_template_read(&binder, str_z(rows[i].text), rows[i].escape, &template);
        assert_int_equal(binder.fault_n, 1);
        assert_str(binder.first->text, str_z(rows[i].want));
    }
}

int test_template(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(holes_are_filled),
        GIVEN_TEST(json_is_escaped),
        GIVEN_TEST(form_and_path_are_decoded),
        GIVEN_TEST(limits_are_printed),
        GIVEN_TEST(a_uuid_belongs_to_a_request_and_an_item),
        GIVEN_TEST(constants_are_not_copied),
        GIVEN_TEST(what_does_not_fit_is_absent),
        GIVEN_TEST(holes_leave_nothing_behind),
        GIVEN_TEST(faults_are_named),
    };
    return cmocka_run_group_tests_name("sim_template", tests, NULL, NULL);
}
