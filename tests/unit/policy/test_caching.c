/*
 * What may be kept, and for how long: the document's word and the vendor's.
 */
#include "policy/caching.h"

#include "support/reply.h"

int test_caching(void);

static const char *const none[] = {NULL};

static struct headers headers_of(struct arena *arena, const char *const *lines)
{
    struct headers headers;
    headers_init(&headers, arena, 4);
    for (; *lines; lines++) {
        str line = str_z(*lines);
        size_t colon = str_find(line, ':');
        header_add_name(&headers, str_of(line.p, colon),
                        str_trim(str_from(line, colon + 1)));
    }
    return headers;
}

#define HEADERS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void defaults_are_those_of_the_specification(void **state)
{
    struct caching caching;
    reply_rule(*state, &caching_table, NULL, &caching);
    assert_int_equal(caching.fresh, 300 * USEC_S);
    assert_int_equal(caching.stale, USEC_DAY);
    assert_int_equal(caching.proxy, CACHING_STALE);
    assert_memory_equal(&caching, &caching_standard, sizeof(caching));
}

static void what_cannot_be_kept_is_a_fault(void **state)
{
    static const char *const bad[] = {"{\"statuses\":[206]}", "{\"statuses\":[401]}",
                                      "{\"vary_by\":[\"no name\"]}",
                                      "{\"proxy\":\"always\"}", "{\"fresh\":\"40d\"}"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct binder binder;
        struct caching caching;
        const struct json *json = given_json(*state, str_z(bad[i]));
        bind_init(&binder, *state);
        assert_false(bind_read(&binder, &caching_table, json, &caching));
    }
}

/* -1: it may not be kept. */
static const struct {
    const char *rule; /* NULL: the standard */
    int status;
    const char *headers[4];
    int fresh_s;
    int age_s;
} cases[] = {
    {NULL, 200, {NULL}, 300, 0},
    {NULL, 404, {NULL}, -1, 0},
    {NULL, 206, {NULL}, -1, 0},
    {"{\"statuses\":[200,404]}", 404, {NULL}, 300, 0},
    {NULL, 200, {"Cache-Control: no-store"}, -1, 0},
    {NULL, 200, {"Cache-Control: private", "Cache-Control: NO-STORE"}, -1, 0},
    {"{\"vendor\":\"ignore\"}", 200, {"Cache-Control: no-store, no-cache"}, 300, 0},
    {NULL, 200, {"Cache-Control: private"}, 300, 0},
    {NULL, 200, {"Cache-Control: no-cache"}, 0, 0},
    {NULL, 200, {"Cache-Control: max-age=10"}, 10, 0},
    {NULL, 200, {"Cache-Control: max-age=\"10\""}, 10, 0},
    {NULL, 200, {"Cache-Control: max-age=9999999999999"}, 300, 0},
    {NULL, 200, {"Cache-Control: max-age=soon"}, 0, 0},
    {NULL, 200, {"Cache-Control: max-age=10, s-maxage=20"}, 20, 0},
    {NULL, 200, {"Cache-Control: max-age=10", "Age: 4"}, 6, 4},
    {NULL, 200, {"Cache-Control: max-age=10", "Age: 40"}, 0, 40},
    {NULL, 200, {"Expires: 0"}, 0, 0},
    {NULL,
     200,
     {"Expires: Thu, 09 Oct 2025 08:54:20 GMT", "Date: Thu, 09 Oct 2025 08:53:20 GMT"},
     60,
     0},
    {NULL,
     200,
     {"Expires: Thu, 09 Oct 2025 08:54:20 GMT", "Date: Thu, 09 Oct 2025 08:53:20 GMT",
      "Cache-Control: max-age=5"},
     5,
     0},
    {NULL, 200, {"Vary: Accept, *"}, -1, 0},
    {NULL, 200, {"Vary: Accept"}, 300, 0},
    {NULL, 200, {"Content-Range: bytes 0-1/2"}, -1, 0},
    {"{\"fresh\":\"0s\"}", 200, {NULL}, 0, 0},
    {"{\"fresh\":\"0s\",\"stale\":\"0s\"}", 200, {NULL}, -1, 0},
};

static void lifetimes_are_the_least_of_both(void **state)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct caching caching = caching_standard;
        struct caching_life life;
        if (cases[i].rule)
            reply_rule(*state, &caching_table, given_json(*state, str_z(cases[i].rule)),
                       &caching);
        struct headers headers = headers_of(*state, cases[i].headers);
        bool may =
            caching_may_keep(&caching, cases[i].status, &headers, REPLY_WALL, &life);
        if (may != (cases[i].fresh_s >= 0))
            fail_msg("case %zu: it %s be kept", i, may ? "may" : "may not");
        if (may && (life.fresh != cases[i].fresh_s * USEC_S ||
                    life.age != cases[i].age_s * USEC_S))
            fail_msg("case %zu: fresh %lld, age %lld", i, (long long)life.fresh,
                     (long long)life.age);
    }
}

static void a_request_is_read(void **state)
{
    struct caching_control control;
    struct headers headers = headers_of(*state, HEADERS("Pragma: no-cache"));
    caching_control_read(&headers, &control);
    assert_true(control.no_cache);
    headers = headers_of(*state, HEADERS("Pragma: no-cache", "Cache-Control: max-age=7"));
    caching_control_read(&headers, &control);
    assert_false(control.no_cache);
    assert_int_equal(control.max_age, 7 * USEC_S);
    headers = headers_of(*state, none);
    assert_false(caching_is_partial(&headers) || caching_is_conditional(&headers));
    headers = headers_of(*state, HEADERS("Range: bytes=0-"));
    assert_true(caching_is_partial(&headers));
    headers = headers_of(*state, HEADERS("If-Match: \"a\""));
    assert_true(caching_is_partial(&headers));
}

static bool is_same(void **state, const char *line, const char *etag,
                    const char *modified)
{
    struct headers headers = headers_of(*state, (const char *const[]){line, NULL});
    assert_true(caching_is_conditional(&headers));
    return caching_is_same(&headers, etag ? str_z(etag) : STR_NONE,
                           modified ? str_z(modified) : STR_NONE, REPLY_WALL);
}

static void a_callers_own_copy_is_compared(void **state)
{
    static const char before[] = "Thu, 09 Oct 2025 08:00:00 GMT";
    static const char after[] = "If-Modified-Since: Thu, 09 Oct 2025 09:00:00 GMT";
    assert_true(is_same(state, "If-None-Match: \"a\", W/\"b\"", "\"b\"", NULL));
    assert_true(is_same(state, "If-None-Match: *", "\"b\"", NULL));
    assert_false(is_same(state, "If-None-Match: \"a\"", "\"b\"", NULL));
    assert_false(is_same(state, "If-None-Match: \"a\"", NULL, before));
    assert_true(is_same(state, after, NULL, before));
    assert_false(is_same(state, after, NULL, NULL));
    assert_false(is_same(state, "If-Modified-Since: yesterday", NULL, before));
}

static int setup(void **state)
{
    struct arena *arena = test_malloc(sizeof(*arena));
    arena_init(arena, 4096, 16 << 20);
    *state = arena;
    return 0;
}

static int teardown(void **state)
{
    arena_fini(*state);
    test_free(*state);
    return 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int test_caching(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(defaults_are_those_of_the_specification),
        TEST(what_cannot_be_kept_is_a_fault),
        TEST(lifetimes_are_the_least_of_both),
        TEST(a_request_is_read),
        TEST(a_callers_own_copy_is_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
