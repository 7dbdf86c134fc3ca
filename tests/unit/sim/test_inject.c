#include "sim/sim_inject.h"

#include "support/false_world.h"
#include "support/given.h"
#include "tests.h"

struct fixture {
    struct arena *arena;
    struct false_world world;
    struct sim_injections injections;
};

static struct fixture *given(void **state)
{
    struct fixture *f = arena_zalloc(*state, sizeof(*f));
    f->arena = *state;
    false_world_init(&f->world, 1);
    sim_inject_init(&f->injections);
    return f;
}

static usec now(struct fixture *f)
{
    return world_now(&f->world.world);
}

static uint64_t add(struct fixture *f, const char *text)
{
    const struct bind_fault *faults;
    uint64_t id = sim_inject_add(&f->injections, str_z(text), now(f), f->arena, &faults);
    if (!id)
        fail_msg("%s: " STR_F, text, STR_A(faults->text));
    return id;
}

/* The status that a request gets, 0 when nothing strikes it. */
static uint32_t hit(struct fixture *f, const char *method, const char *path, bool early)
{
    struct sim_fault fault = {0};
    struct sim_target target = {.path = str_z(path),
                                .method = str_z(method),
                                .now = now(f),
                                .early = early,
                                .world = &f->world.world,
                                .arena = f->arena};
    bool struck = sim_inject_apply(&f->injections, &target, &fault);
    assert_true(struck || fault.status == 0);
    return fault.status;
}

static void the_scope_is_kept(void **state)
{
    struct fixture *f = given(state);
    add(f, "{\"path\":\"/crm\",\"method\":\"GET\",\"fault\":{\"status\":503}}");
    assert_int_equal(hit(f, "GET", "/crm/x", false), 503);
    assert_int_equal(hit(f, "POST", "/crm/x", false), 0);
    assert_int_equal(hit(f, "GET", "/other", false), 0);
    assert_int_equal(hit(f, "GET", "/_sim/echo", false), 0);
    sim_inject_clear(&f->injections);
    assert_int_equal(hit(f, "GET", "/crm/x", false), 0);
    add(f, "{\"fault\":{\"status\":500}}");
    assert_int_equal(hit(f, "PUT", "/", false), 500);
    assert_int_equal(hit(f, "GET", "/_sim/echo", false), 0);
    add(f, "{\"path\":\"/_sim/\",\"fault\":{\"status\":501}}");
    assert_int_equal(hit(f, "GET", "/_sim/echo", false), 501);
    sim_inject_clear(&f->injections);
}

static void counts_and_time_end_a_fault(void **state)
{
    struct fixture *f = given(state);
    add(f, "{\"count\":2,\"fault\":{\"status\":500}}");
    assert_int_equal(hit(f, "GET", "/", false), 500);
    assert_int_equal(hit(f, "GET", "/", false), 500);
    assert_int_equal(hit(f, "GET", "/", false), 0);
    assert_int_equal(f->injections.n, 0);
    add(f, "{\"duration\":\"5s\",\"fault\":{\"status\":501}}");
    add(f, "{\"fault\":{\"status\":502}}"); /* a minute */
    false_world_advance(&f->world, 5 * USEC_S - 1);
    assert_int_equal(f->injections.n, 2);
    assert_int_equal(hit(f, "GET", "/", false), 502); /* the later one wins */
    false_world_advance(&f->world, 1);
    assert_int_equal(hit(f, "GET", "/", false), 502);
    assert_int_equal(f->injections.n, 1);
    false_world_advance(&f->world, 55 * USEC_S);
    assert_int_equal(hit(f, "GET", "/", false), 0);
    assert_int_equal(f->injections.n, 0);
}

static void early_ones_strike_early_only(void **state)
{
    struct fixture *f = given(state);
    add(f, "{\"fault\":{\"early\":true,\"status\":413}}");
    assert_int_equal(hit(f, "GET", "/", false), 0);
    assert_int_equal(hit(f, "GET", "/", true), 413);
    sim_inject_clear(&f->injections);
}

static void a_share_is_struck(void **state)
{
    struct fixture *f = given(state);
    int struck = 0;
    add(f, "{\"share\":0.25,\"duration\":\"1h\",\"fault\":{\"status\":500}}");
    for (int i = 0; i < 10000; i++)
        struck += hit(f, "GET", "/", false) == 500;
    assert_in_range(struck, 2300, 2700);
    sim_inject_clear(&f->injections);
}

static void faults_add_up(void **state)
{
    struct fixture *f = given(state);
    struct sim_fault fault = {0};
    add(f, "{\"fault\":{\"delay\":\"1s\",\"status\":500,\"cut\":{\"after\":5},"
           "\"mutate\":[{\"at\":\"/a\",\"remove\":true}]}}");
    add(f, "{\"fault\":{\"delay\":\"2s\",\"status\":502,\"length_off\":-3,"
           "\"mutate\":[{\"at\":\"/b\",\"remove\":true}]}}");
    struct sim_target target = {
        .path = STR("/"), .now = now(f), .world = &f->world.world, .arena = f->arena};
    assert_true(sim_inject_apply(&f->injections, &target, &fault));
    sim_inject_clear(&f->injections); /* what the answer needs later stays */
    assert_true(fault.delay == 3 * USEC_S);
    assert_int_equal(fault.status, 502);
    assert_int_equal(fault.cut->after, 5);
    assert_int_equal(fault.cut->then, SIM_THEN_RESET);
    assert_true(fault.length_off == -3);
    assert_int_equal(fault.mutation_n, 2);
}

static void faults_can_be_removed(void **state)
{
    struct fixture *f = given(state);
    uint64_t one = add(f, "{\"fault\":{\"status\":500}}");
    uint64_t two = add(f, "{\"fault\":{\"status\":502}}");
    assert_true(sim_inject_remove(&f->injections, two));
    assert_false(sim_inject_remove(&f->injections, two));
    assert_int_equal(hit(f, "GET", "/", false), 500);
    assert_true(sim_inject_remove(&f->injections, one));
}

static void bad_ones_are_refused(void **state)
{
    static const struct {
        const char *text;
        const char *pointer;
        const char *want;
    } rows[] = {
        {"{}", "", "\"fault\" is missing from the injected fault; it wants an object."},
        {"{\"share\":2,\"fault\":{}}", "/share", "is 2; must be at most 1."},
        {"{\"fault\":{\"instead\":\"hung\"}}", "/fault/instead",
         "is the string \"hung\"; must be one of \"nothing\", \"hang\", \"reset\", "
         "\"close\", \"garbage\"; did you mean \"hang\"?"},
        {"{\"fault\":{\"length_off\":0}}", "/fault/length_off",
         "must be a whole number other than 0: the announced length minus the sent one."},
        {"{\"fault\":{\"body\":\"x\"}}", "/fault",
         "has a \"body\" without a \"status\"; the two stand for the reply together."},
        {"{\"fault\":{\"status\":200,\"body\":{\"file\":\"x\"}}}", "/fault/body/file",
         "cannot be used here: there is no folder that it could be in. Write the body "
         "itself."},
        {"{\"fault\":{\"version\":\"a\\n\"}}", "/fault/version",
         "holds a control character."},
        {"{", "", "Line 1, column 2: the text ends too early."},
    };
    struct fixture *f = given(state);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct bind_fault *faults;
        assert_int_equal(
            sim_inject_add(&f->injections, str_z(rows[i].text), 0, f->arena, &faults), 0);
        assert_str(faults->pointer, str_z(rows[i].pointer));
        assert_str(faults->text, str_z(rows[i].want));
    }
    assert_int_equal(f->injections.n, 0);
}

static void there_is_an_end_of_faults(void **state)
{
    struct fixture *f = given(state);
    const struct bind_fault *faults;
    for (int i = 0; i < SIM_INJECTIONS_MAX; i++)
        add(f, "{\"fault\":{\"status\":500}}");
    assert_int_equal(
        sim_inject_add(&f->injections, STR("{\"fault\":{}}"), now(f), f->arena, &faults),
        0);
    assert_str(faults->text, STR("There are 100 faults already; DELETE /_sim/faults."));
    sim_inject_clear(&f->injections);
}

int test_inject(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(the_scope_is_kept),
        GIVEN_TEST(counts_and_time_end_a_fault),
        GIVEN_TEST(early_ones_strike_early_only),
        GIVEN_TEST(a_share_is_struck),
        GIVEN_TEST(faults_add_up),
        GIVEN_TEST(faults_can_be_removed),
        GIVEN_TEST(bad_ones_are_refused),
        GIVEN_TEST(there_is_an_end_of_faults),
    };
    return cmocka_run_group_tests_name("sim_inject", tests, NULL, NULL);
}
