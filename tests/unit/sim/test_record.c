#include "sim/sim_record.h"

#include "support/given.h"
#include "tests.h"

static struct sim_seen seen(struct arena *arena, uint64_t number, const char *target,
                            str body)
{
    static uint8_t digest[CRYPTO_SHA256_BYTES] = {0xab};
    struct headers *headers = arena_zalloc(arena, sizeof(*headers));
    headers_init(headers, arena, 2);
    header_add(headers, HEADER_HOST, STR("a.test"));
    header_add_name(headers, STR("X-Empty"), STR(""));
    return (struct sim_seen){.number = number,
                             .connection = 2,
                             .at = 3500,
                             .method = STR("GET"),
                             .target = str_z(target),
                             .route = STR("GET /x"),
                             .status = 200,
                             .whole = true,
                             .headers = headers,
                             .body = body,
                             .body_bytes = body.n,
                             .sha256 = digest};
}

static const struct json *ask(struct arena *arena, const struct sim_records *records,
                              const struct sim_record_filter *filter, size_t room)
{
    struct buf buf;
    struct json_out out;
    buf_init(&buf, room);
    json_out_init(&out, &buf);
    sim_record_print(records, filter, arena, &out);
    assert_true(buf_ok(&buf));
    const struct json *value = given_json(arena, arena_str(arena, buf_peek(&buf)));
    buf_fini(&buf);
    return value;
}

static uint32_t count(struct arena *arena, const struct sim_records *records,
                      struct sim_record_filter filter)
{
    if (!filter.count_max)
        filter.count_max = SIM_RECORDS_MAX;
    return json_member(ask(arena, records, &filter, 64 << 20), STR("requests"))->n;
}

static void records_outlive_what_they_are_made_of(void **state)
{
    struct arena *arena = *state;
    struct sim_records records;
    struct sim_record_filter all = {.count_max = 10};
    sim_record_init(&records);
    struct arena_mark mark = arena_mark(arena);
    char target[] = "/x?a=1";
    struct sim_seen one = seen(arena, 1, target, STR("text \"x\""));
    sim_record_add(&records, &one);
    memset(target, 'z', sizeof(target) - 1);
    arena_rewind(arena, mark);
    const struct json *answer = ask(arena, &records, &all, 1 << 20);
    const struct json *record = json_member(answer, STR("requests"))->u.items;
    assert_str(json_member_text(record, STR("target")), STR("/x?a=1"));
    assert_str(json_member_text(record, STR("body")), STR("text \"x\""));
    assert_str(json_member_text(record, STR("route")), STR("GET /x"));
    assert_true(json_number(json_member(record, STR("at_ms"))) == 3);
    assert_true(str_starts(json_member_text(record, STR("sha256")), STR("ab00")));
    const struct json *lines = json_member(record, STR("headers"));
    assert_str(json_text(&lines->u.items[0].u.items[1]), STR("a.test"));
    assert_str(json_text(&lines->u.items[1].u.items[1]), STR(""));
    sim_record_fini(&records);
}

static void bodies_that_are_no_text_are_base64(void **state)
{
    struct arena *arena = *state;
    struct sim_records records;
    struct sim_record_filter all = {.count_max = 10};
    sim_record_init(&records);
    struct sim_seen one = seen(arena, 1, "/", STR("\xff\x00z"));
    sim_record_add(&records, &one);
    const struct json *answer = ask(arena, &records, &all, 1 << 20);
    const struct json *record = json_member(answer, STR("requests"))->u.items;
    assert_null(json_member(record, STR("body")));
    assert_str(json_member_text(record, STR("body_base64")), STR("/wB6"));
    sim_record_fini(&records);
}

static void filters_choose(void **state)
{
    struct arena *arena = *state;
    struct sim_records records;
    sim_record_init(&records);
    for (uint64_t i = 1; i <= 10; i++) {
        struct sim_seen one = seen(arena, i, i % 2 ? "/odd" : "/even", STR(""));
        if (i > 8)
            one.method = STR("PUT");
        sim_record_add(&records, &one);
    }
    assert_int_equal(count(arena, &records, (struct sim_record_filter){0}), 10);
    assert_int_equal(
        count(arena, &records, (struct sim_record_filter){.path = STR("/ev")}), 5);
    assert_int_equal(
        count(arena, &records, (struct sim_record_filter){.method = STR("PUT")}), 2);
    assert_int_equal(count(arena, &records, (struct sim_record_filter){.since = 7}), 3);
    assert_int_equal(count(arena, &records, (struct sim_record_filter){.count_max = 4}),
                     4);
    sim_record_fini(&records);
}

static void the_ring_is_bounded_in_number(void **state)
{
    struct arena *arena = *state;
    struct sim_records records;
    sim_record_init(&records);
    struct sim_seen one = seen(arena, 0, "/", STR(""));
    for (one.number = 1; one.number <= SIM_RECORDS_MAX + 5; one.number++)
        sim_record_add(&records, &one);
    assert_int_equal(records.n, SIM_RECORDS_MAX);
    assert_int_equal(records.dropped, 5);
    assert_int_equal(
        count(arena, &records, (struct sim_record_filter){.since = SIM_RECORDS_MAX}), 5);
    sim_record_clear(&records);
    assert_int_equal(records.n, 0);
    assert_int_equal(records.bytes, 0);
    sim_record_fini(&records);
}

static void the_ring_is_bounded_in_bytes(void **state)
{
    struct arena *arena = *state;
    struct sim_records records;
    char *bytes = arena_bytes(arena, SIM_RECORD_BODY_BYTES_MAX);
    memset(bytes, 'b', SIM_RECORD_BODY_BYTES_MAX);
    sim_record_init(&records);
    struct sim_seen one = seen(arena, 1, "/", str_of(bytes, SIM_RECORD_BODY_BYTES_MAX));
    for (int i = 0; i < 2000; i++)
        sim_record_add(&records, &one);
    assert_true(records.bytes <= SIM_RECORDS_BYTES_MAX);
    assert_true(records.n > 1000 && records.n < 1024);
    sim_record_fini(&records);
}

static void long_answers_say_that_there_is_more(void **state)
{
    struct arena *arena = *state;
    struct sim_records records;
    struct sim_record_filter all = {.count_max = SIM_RECORDS_MAX};
    sim_record_init(&records);
    struct sim_seen one = seen(arena, 1, "/", STR("some bytes of a body"));
    for (int i = 0; i < 100; i++)
        sim_record_add(&records, &one);
    const struct json *answer = ask(arena, &records, &all, 4096);
    assert_true(json_is(json_member(answer, STR("more")), JSON_TRUE));
    assert_true(json_member(answer, STR("requests"))->n > 1);
    answer = ask(arena, &records, &all, 1 << 20);
    assert_true(json_is(json_member(answer, STR("more")), JSON_FALSE));
    sim_record_fini(&records);
}

int test_record(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(records_outlive_what_they_are_made_of),
        GIVEN_TEST(bodies_that_are_no_text_are_base64),
        GIVEN_TEST(filters_choose),
        GIVEN_TEST(the_ring_is_bounded_in_number),
        GIVEN_TEST(the_ring_is_bounded_in_bytes),
        GIVEN_TEST(long_answers_say_that_there_is_more),
    };
    return cmocka_run_group_tests_name("sim_record", tests, NULL, NULL);
}
