/*
 * tests/cases/vendor-samples.json has answers of each vendor with what a reader of them
 * should find out, and all of it is compared but what belongs to other parts, which
 * stands in lists below. They are exact: an entry that is carried after all is a failure
 * too.
 */
#include <math.h>

#include "json/json_write.h"
#include "paper.h"

int test_vendor_samples(void);

struct except {
    const char *vendor;
    const char *sample;
    const char *key;
};

/* Answers of another endpoint than the API's. */
static const struct except of_the_token_endpoint[] = {
    {"github", "oauth_error_200", "class_"},
    {"github", "oauth_error_200", "code"},
};

/* Read by pagination and mapping, or a note for people. */
static const char *const read_elsewhere[] = {
    "items", "next",  "next_kind", "has_more", "total",        "created_id",
    "by",    "retry", "formula",   "policy",   "body_is_json", "concurrency"};

/* What was found out about one answer. */
struct reading {
    struct arena *arena;
    const struct integration *integration;
    struct answer answer;
    struct throttle throttle;
    enum outcome_class class;
    struct vendor_error error;
};

static void fill_headers(struct headers *headers, const struct json *members,
                         struct arena *arena)
{
    headers_init(headers, arena, 8);
    for (uint32_t i = 0; members && i < members->n; i++)
        header_add_name(headers, json_key(&members->u.members[i]),
                        json_text(&members->u.members[i].value));
}

static void fill_body(struct reading *reading, const struct json *body)
{
    struct buf buf;
    if (!body || json_is(body, JSON_NULL)) {
        reading->answer.text = STR("");
    } else if (json_is(body, JSON_STRING)) {
        reading->answer.text = json_text(body);
    } else {
        buf_init(&buf, 1 << 20);
        json_write(&buf, body, JSON_COMPACT);
        reading->answer.text = arena_str(reading->arena, buf_peek(&buf));
        reading->answer.body = body;
        buf_fini(&buf);
    }
}

static str group_of(const struct integration *integration, const struct json *sample,
                    str name)
{
    str verb, path = json_member_text(sample, STR("request"));
    if (str_absent(path)) /* the samples of GraphQL answers say so in their names only */
        return str_find_str(name, STR("graphql")) < name.n ? STR("graphql") : STR_NONE;
    str_next(&path, ' ', &verb);
    path.n = str_find(path, '?');
    const struct method *method = integration_method(integration, verb, path);
    return method ? method->group : STR_NONE;
}

static void read_sample(struct reading *reading, const struct json *sample, str name,
                        usec wall)
{
    uint64_t status = 0;
    struct headers *headers = arena_alloc(reading->arena, sizeof(*headers));
    fill_headers(headers, json_member(sample, STR("headers")), reading->arena);
    assert_true(json_to_u64(json_member(sample, STR("status")), 599, &status));
    reading->answer =
        (struct answer){.status = (int)status, .headers = headers, .wall = wall};
    reading->answer.group = group_of(reading->integration, sample, name);
    fill_body(reading, json_member(sample, STR("body")));
    throttle_read(&reading->integration->rate_limit, &reading->answer, reading->arena,
                  &reading->throttle);
    reading->class = outcome_of_answer(&reading->integration->errors, &reading->answer,
                                       reading->throttle.throttled, reading->arena);
    outcome_vendor_error(&reading->integration->errors, &reading->answer, reading->arena,
                         &reading->error);
}

/* --- one expectation each --- */

static bool same_text(str got, const struct json *want)
{
    char digits[32];
    if (json_is(want, JSON_NUMBER))
        return str_eq(got, str_of(digits, json_write_number(json_number(want), digits)));
    return !str_absent(got) && str_eq(got, json_text(want));
}

static bool same_seconds(usec got, const struct json *want)
{
    return got >= 0 && fabs((double)got / 1e6 - json_number(want)) < 0.001;
}

static const struct window_state *window_named(const struct reading *reading, str name)
{
    for (uint32_t i = 0; i < reading->throttle.n; i++)
        if (str_eq(reading->throttle.windows[i].name, name))
            return &reading->throttle.windows[i];
    return NULL;
}

static bool check_retry_after(const struct reading *reading, const struct json *want,
                              const struct json *expect)
{
    const struct json *given = json_member(expect, STR("default_wait_s"));
    if (given)
        return same_seconds(reading->throttle.wait, given);
    return json_is(want, JSON_NULL) ? reading->throttle.wait == -1
                                    : same_seconds(reading->throttle.wait, want);
}

static bool check_structured(const struct reading *reading, const struct json *want)
{
    const struct window_state *window =
        window_named(reading, json_member_text(want, STR("policy")));
    return window && window->remaining == json_number(json_member(want, STR("r"))) &&
           window->limit == json_number(json_member(want, STR("q"))) &&
           same_seconds(window->reset, json_member(want, STR("t"))) &&
           same_seconds(window->window, json_member(want, STR("w")));
}

static bool check_endpoint(const struct reading *reading, const struct json *want)
{
    const struct window_state *window = window_named(reading, STR("endpoint"));
    return window && window->limit == json_number(json_member(want, STR("limit"))) &&
           window->remaining == json_number(json_member(want, STR("remaining"))) &&
           same_seconds(window->reset, json_member(want, STR("reset_s")));
}

/* What stands in the first window. */
static bool check_window(const struct reading *reading, str key, const struct json *want)
{
    const struct window_state *window = &reading->throttle.windows[0];
    if (reading->throttle.n == 0)
        return false;
    if (str_eq(key, STR("remaining")))
        return window->remaining == json_number(want);
    if (str_eq(key, STR("quota_limit")))
        return window->limit == json_number(want);
    if (str_eq(key, STR("quota_used")))
        return window->limit - window->remaining == json_number(want);
    if (str_eq(key, STR("window_ms")))
        return (double)window->window == json_number(want) * 1000;
    if (str_eq(key, STR("reset_s")))
        return same_seconds(window->reset, want);
    if (str_eq(key, STR("reset_epoch")))
        return window->reset >= 0 &&
               (double)(reading->answer.wall + window->reset) == json_number(want) * 1e6;
    fail_msg("nobody compares \"" STR_F "\"", STR_A(key));
    return false;
}

static bool check_key(const struct reading *reading, str key, const struct json *want,
                      const struct json *expect)
{
    if (str_eq(key, STR("class_")))
        return str_eq(outcome_word(reading->class), json_text(want));
    if (str_eq(key, STR("message")))
        return same_text(reading->error.message, want);
    if (str_eq(key, STR("code")))
        return same_text(reading->error.code, want);
    if (str_eq(key, STR("request_id")))
        return same_text(reading->error.request_id, want);
    if (str_eq(key, STR("reason")))
        return same_text(reading->throttle.reason, want);
    if (str_eq(key, STR("http_ok_but_failed")))
        return reading->answer.status < 400 && reading->class != OUTCOME_OK;
    if (str_eq(key, STR("retry_after_s")) || str_eq(key, STR("default_wait_s")))
        return check_retry_after(reading, want, expect);
    if (str_eq(key, STR("sf")))
        return check_structured(reading, want);
    if (str_eq(key, STR("endpoint")))
        return check_endpoint(reading, want);
    return check_window(reading, key, want);
}

/* --- all of them --- */

static bool is_among(const struct except *list, size_t n, str vendor, str sample, str key)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(str_z(list[i].vendor), vendor) &&
            str_eq(str_z(list[i].sample), sample) && str_eq(str_z(list[i].key), key))
            return true;
    return false;
}

static bool is_read_elsewhere(str key)
{
    for (size_t i = 0; i < COUNT_OF(read_elsewhere); i++)
        if (str_eq(key, str_z(read_elsewhere[i])))
            return true;
    return false;
}

struct tally {
    size_t compared;
    size_t excepted;
};

static void check_sample(const struct reading *reading, str vendor, str name,
                         const struct json *expect, struct tally *tally)
{
    for (uint32_t i = 0; i < expect->n; i++) {
        str key = json_key(&expect->u.members[i]);
        if (is_read_elsewhere(key))
            continue;
        bool excepted = is_among(of_the_token_endpoint, COUNT_OF(of_the_token_endpoint),
                                 vendor, name, key);
        if (check_key(reading, key, &expect->u.members[i].value, expect) == excepted)
            fail_msg(STR_F "/" STR_F ": " STR_F " is %s", STR_A(vendor), STR_A(name),
                     STR_A(key),
                     excepted ? "right, but listed as an exception" : "wrong");
        tally->compared++;
        tally->excepted += excepted;
    }
}

/* A page of a list is no error, a limit is a throttle. */
static void check_class(const struct reading *reading, str vendor, str name)
{
    bool page = str_starts(name, STR("list_"));
    bool limit = str_starts(name, STR("rate_limit"));
    if (page && (reading->class != OUTCOME_OK || reading->throttle.throttled))
        fail_msg(STR_F "/" STR_F " is an error", STR_A(vendor), STR_A(name));
    if (limit && (reading->class != OUTCOME_RATE_LIMITED || !reading->throttle.throttled))
        fail_msg(STR_F "/" STR_F " is no throttle", STR_A(vendor), STR_A(name));
    if (!page && reading->answer.status >= 400 && reading->class == OUTCOME_OK)
        fail_msg(STR_F "/" STR_F " is no error", STR_A(vendor), STR_A(name));
}

static void check_vendor(struct arena *arena, str vendor, const struct json *samples,
                         usec wall, struct tally *tally)
{
    struct reading reading = {.arena = arena};
    reading.integration = paper_vendor(arena, arena_z(arena, vendor));
    for (uint32_t i = 0; i < samples->n; i++) {
        str name = json_key(&samples->u.members[i]);
        const struct json *sample = &samples->u.members[i].value;
        read_sample(&reading, sample, name, wall);
        check_class(&reading, vendor, name);
        check_sample(&reading, vendor, name, json_member(sample, STR("expect")), tally);
    }
}

static void samples_are_read_as_expected(void **state)
{
    struct tally tally = {0};
    const struct json *all =
        given_json(*state, given_file(*state, "tests/cases/vendor-samples.json"));
    double now =
        json_number(json_member(json_member(all, STR("meta")), STR("now_epoch_s")));
    const struct json *vendors = json_member(all, STR("vendors"));
    assert_int_equal(vendors->n, 23);
    for (uint32_t i = 0; i < vendors->n; i++)
        check_vendor(*state, json_key(&vendors->u.members[i]),
                     &vendors->u.members[i].value, (usec)now * USEC_S, &tally);
    assert_int_equal(tally.excepted, COUNT_OF(of_the_token_endpoint));
    assert_int_equal(tally.compared, 148);
}

int test_vendor_samples(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(samples_are_read_as_expected),
    };
    return cmocka_run_group_tests_name("catalog: vendor samples", tests, NULL, NULL);
}
