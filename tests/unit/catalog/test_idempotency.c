#include "catalog/idempotency.h"

#include "json/json_write.h"
#include "support/given.h"

int test_idempotency(void);

static const struct idempotency *read_block(struct arena *arena, const char *text)
{
    struct binder binder;
    struct idempotency *block = arena_zalloc(arena, sizeof(*block));
    bind_init(&binder, arena);
    if (!bind_read(&binder, &idempotency_table,
                   given_json(arena, given_quotes(arena, text)), block))
        fail_msg("%s: " STR_F, text, STR_A(binder.first->text));
    return block;
}

/* A place with nothing in it. */
static struct idempotency_place place_in(struct arena *arena)
{
    struct idempotency_place place = {
        .headers = arena_alloc(arena, sizeof(struct headers)), .query = STR_NONE};
    headers_init(place.headers, arena, 4);
    return place;
}

static str key_at(struct arena *arena, const struct idempotency *block,
                  const struct idempotency_place *place)
{
    str key = idempotency_key(block, place, arena);
    return str_absent(key) ? STR("nothing") : key;
}

/* --- where a key stands --- */

static void a_header_has_the_key_whatever_its_case(void **state)
{
    struct idempotency_place place = place_in(*state);
    const struct idempotency *block =
        read_block(*state, "{'kind':'header','header':'I-Key'}");
    assert_str(key_at(*state, block, &place), STR("nothing"));
    assert_true(idempotency_put(block, STR("k1"), *state, &place));
    assert_str(header_value_name(place.headers, STR("I-Key")), STR("k1"));
    assert_str(key_at(*state, block, &place), STR("k1"));
    headers_init(place.headers, *state, 4);
    header_add_name(place.headers, STR("i-key"), STR("theirs"));
    assert_str(key_at(*state, block, &place), STR("theirs"));
}

static void a_query_keeps_its_other_parameters(void **state)
{
    struct idempotency_place place = place_in(*state);
    const struct idempotency *block =
        read_block(*state, "{'kind':'query','param':'requestid'}");
    assert_true(idempotency_put(block, STR("k1"), *state, &place));
    assert_str(place.query, STR("requestid=k1"));
    place.query = STR("a=1&b=%20");
    assert_str(key_at(*state, block, &place), STR("nothing"));
    assert_true(idempotency_put(block, STR("k 2&c=3"), *state, &place));
    assert_true(str_starts(place.query, STR("a=1&b=%20&requestid=")));
    assert_str(key_at(*state, block, &place), STR("k 2&c=3"));
}

static void a_key_of_the_callers_in_the_query_is_not_written_over(void **state)
{
    struct idempotency_place place = place_in(*state);
    const struct idempotency *block =
        read_block(*state, "{'kind':'query','param':'requestid'}");
    place.query = STR("requestid=theirs");
    assert_false(idempotency_put(block, STR("ours"), *state, &place));
    assert_str(place.query, STR("requestid=theirs"));
}

static void a_body_keeps_its_other_members(void **state)
{
    struct buf text;
    struct idempotency_place place = place_in(*state);
    const struct idempotency *block =
        read_block(*state, "{'kind':'body','member':'idempotency_key'}");
    place.body = *given_json(*state, STR("{\"a\":[1],\"idempotency_key\":7,\"b\":null}"));
    assert_true(idempotency_put(block, STR("k\"1"), *state, &place));
    buf_init(&text, 4096);
    json_write(&text, &place.body, JSON_COMPACT);
    assert_str(buf_peek(&text),
               STR("{\"a\":[1],\"b\":null,\"idempotency_key\":\"k\\\"1\"}"));
    buf_fini(&text);
    assert_str(key_at(*state, block, &place), STR("k\"1"));
}

static void a_body_that_is_no_object_has_no_place_for_a_key(void **state)
{
    static const char *const bodies[] = {"[1]", "\"text\"", "null", NULL};
    const struct idempotency *block = read_block(*state, "{'kind':'body','member':'k'}");
    struct idempotency_place place = place_in(*state);
    assert_false(idempotency_put(block, STR("k1"), *state, &place)); /* none at all */
    for (int i = 0; bodies[i]; i++) {
        place.body = *given_json(*state, str_z(bodies[i]));
        assert_false(idempotency_put(block, STR("k1"), *state, &place));
        assert_str(key_at(*state, block, &place), STR("nothing"));
    }
}

static void a_vendor_that_knows_no_repeats_gets_no_key(void **state)
{
    struct idempotency_place place = place_in(*state);
    const struct idempotency *block = read_block(*state, "{'kind':'none'}");
    header_add_name(place.headers, STR("Idempotency-Key"), STR("theirs"));
    place.query = STR("key=theirs");
    assert_str(key_at(*state, block, &place), STR("nothing"));
    assert_false(idempotency_put(block, STR("k1"), *state, &place));
    assert_int_equal(place.headers->n, 1);
    assert_str(place.query, STR("key=theirs"));
}

/* --- what the block says --- */

static void only_503_says_that_nothing_was_done_unless_others_are_named(void **state)
{
    const struct idempotency *standard = read_block(*state, "{'kind':'none'}");
    const struct idempotency *named =
        read_block(*state, "{'kind':'none','refused':[500,529]}");
    const struct idempotency *none = read_block(*state, "{'kind':'none','refused':[]}");
    assert_true(idempotency_refused(standard, 503));
    assert_false(idempotency_refused(standard, 500));
    assert_false(idempotency_refused(standard, 0));
    assert_true(idempotency_refused(named, 529));
    assert_false(idempotency_refused(named, 503));
    assert_false(idempotency_refused(none, 503));
}

static void check_fault(struct arena *arena, const char *text, const char *at)
{
    struct binder binder;
    struct idempotency *block = arena_zalloc(arena, sizeof(*block));
    bind_init(&binder, arena);
    if (bind_read(&binder, &idempotency_table,
                  given_json(arena, given_quotes(arena, text)), block))
        fail_msg("%s is taken", text);
    given_same(text, binder.first->pointer, at);
}

static void a_place_belongs_to_its_kind_alone(void **state)
{
    check_fault(*state, "{}", "");
    check_fault(*state, "{'kind':'header'}", "/header");
    check_fault(*state, "{'kind':'query'}", "/param");
    check_fault(*state, "{'kind':'body'}", "/member");
    check_fault(*state, "{'kind':'header','header':'K','param':'k'}", "/param");
    check_fault(*state, "{'kind':'query','param':'k','member':'k'}", "/member");
    check_fault(*state, "{'kind':'body','member':'k','header':'K'}", "/header");
    check_fault(*state, "{'kind':'none','header':'K'}", "/header");
    check_fault(*state, "{'kind':'header','header':'a b'}", "/header");
    check_fault(*state, "{'kind':'header','header':'Host'}", "/header");
}

static void a_vendor_that_knows_no_repeats_keeps_none(void **state)
{
    check_fault(*state, "{'kind':'none','window':'1h'}", "/kind");
    check_fault(*state, "{'kind':'none','stores_errors':true}", "/kind");
    check_fault(*state, "{'kind':'none','refused':[422]}", "/refused/0");
    assert_int_equal(
        read_block(*state, "{'kind':'query','param':'k','window':'1h'}")->window, USEC_H);
    assert_int_equal(read_block(*state, "{'kind':'none'}")->window, 0);
}

int test_idempotency(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(a_header_has_the_key_whatever_its_case),
        GIVEN_TEST(a_query_keeps_its_other_parameters),
        GIVEN_TEST(a_key_of_the_callers_in_the_query_is_not_written_over),
        GIVEN_TEST(a_body_keeps_its_other_members),
        GIVEN_TEST(a_body_that_is_no_object_has_no_place_for_a_key),
        GIVEN_TEST(a_vendor_that_knows_no_repeats_gets_no_key),
        GIVEN_TEST(only_503_says_that_nothing_was_done_unless_others_are_named),
        GIVEN_TEST(a_place_belongs_to_its_kind_alone),
        GIVEN_TEST(a_vendor_that_knows_no_repeats_keeps_none),
    };
    return cmocka_run_group_tests_name("idempotency", tests, NULL, NULL);
}
