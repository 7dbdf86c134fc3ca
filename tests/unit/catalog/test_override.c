/* One override: what it may say, and what comes of it. */
#include "overridden.h"
#include "paper.h"

#include "catalog/override.h"
#include "support/unit.h"

int test_override(void);

/* --- what an override may say --- */

static struct integration *apply(struct arena *arena, const struct integration *base,
                                 const char *environment, const char *account,
                                 struct binder *binder)
{
    struct overrides overrides = {0};
    const char *texts[TIER_COUNT] = {NULL, environment, account};
    bind_init(binder, arena);
    for (int tier = TIER_ENVIRONMENT; tier < TIER_COUNT; tier++)
        if (texts[tier] && !override_read(binder, base, str_z(texts[tier]),
                                          (enum mapping_tier)tier, &overrides.of[tier]))
            return NULL;
    return override_apply(binder, base, &overrides);
}

static const struct integration *applied(struct arena *arena, const char *environment,
                                         const char *account)
{
    struct binder binder;
    const struct integration *base = paper_read(arena, overridden);
    const struct integration *made = apply(arena, base, environment, account, &binder);
    if (!made)
        fail_msg(STR_F ": " STR_F, STR_A(binder.first->pointer),
                 STR_A(binder.first->text));
    return made;
}

static void settings_merge_tier_over_tier(void **state)
{
    const struct integration *one =
        applied(*state,
                "{\"resilience\":{\"timeouts\":{\"total\":\"10s\"},\"retry\":"
                "{\"server\":{\"retries\":1}}}}",
                NULL);
    assert_int_equal(one->resilience.timeouts.total, 10 * USEC_S);
    assert_int_equal(one->resilience.retry.server.retries, 1);
    const struct integration *two =
        applied(*state,
                "{\"resilience\":{\"timeouts\":{\"total\":\"10s\"},\"retry\":"
                "{\"server\":{\"retries\":1}}},\"headers\":{\"X-Version\":null}}",
                "{\"resilience\":{\"retry\":{\"server\":{\"retries\":0}}},"
                "\"headers\":{\"X-Own\":\"a\"}}");
    assert_int_equal(two->resilience.timeouts.total, 10 * USEC_S);
    assert_int_equal(two->resilience.retry.server.retries, 0);
    assert_int_equal(two->resilience.account_concurrency, 10);
    assert_int_equal(two->headers.n, 1);
    const struct fixed_header *headers = two->headers.items;
    given_same("header", headers[0].name, "X-Own");
    const struct method *list = integration_named_method(two, STR("people.list"));
    assert_int_equal(list->resilience->timeouts.total, 5 * USEC_S);
}

static void a_method_has_its_own(void **state)
{
    const struct integration *made =
        applied(*state, NULL,
                "{\"resources\":{\"people\":{\"methods\":{\"get\":"
                "{\"resilience\":{\"timeouts\":{\"total\":\"1s\"}}}}}},"
                "\"unified\":{\"crm\":{\"contacts\":{\"list\":"
                "{\"filters\":[\"updated_after\",\"created_after\"]}}}}}");
    assert_int_equal(
        integration_named_method(made, STR("people.get"))->resilience->timeouts.total,
        USEC_S);
    assert_int_equal(made->resilience.timeouts.total, 20 * USEC_S);
    assert_int_equal(mapping_find(&made->unified, STR("crm"), STR("contacts"))
                         ->steps[MAPPING_LIST]
                         ->filters.n,
                     2);
}

static void expressions_alone_leave_all_else_as_it_is(void **state)
{
    struct binder binder;
    const struct integration *base = paper_read(*state, overridden);
    const struct integration *made =
        apply(*state, base, NULL, LAID("\"response\":\"{'x': 1}\""), &binder);
    assert_non_null(made);
    assert_ptr_equal(made->paths, base->paths);
    assert_ptr_equal(made->resources.items, base->resources.items);
    const struct mapping_step *step =
        mapping_find(&made->unified, STR("crm"), STR("contacts"))->steps[MAPPING_LIST];
    assert_non_null(step->layers[TIER_ACCOUNT].response);
    assert_null(step->layers[TIER_ENVIRONMENT].response);
}

struct refusal {
    const char *text;
    const char *pointer;
    const char *says; /* a part of the sentence */
};

static const struct refusal refusals[] = {
    {"{\"hosts\":[\"evil.test\"]}", "/hosts", "belongs to the platform"},
    {"{\"base_url\":\"https://evil.test\"}", "/base_url", "belongs to the platform"},
    {"{\"name\":\"other\"}", "/name", "belongs to the platform"},
    {"{\"auth\":\"bearer\"}", "/auth", "belongs to the platform"},
    {"{\"auth\":null}", "/auth", "belongs to the platform"},
    {"{\"connect\":{\"text\":\"x\"}}", "/connect", "belongs to the platform"},
    {"{\"webhooks\":{}}", "/webhooks", "belongs to the platform"},
    {"{\"webhooks\":null}", "/webhooks", "belongs to the platform"},
    {"{\"webhooks\":{\"verify\":{\"tolerance\":\"1d\"}}}", "/webhooks",
     "belongs to the platform"},
    {"{\"webhooks\":{\"id\":\"/id\"}}", "/webhooks", "belongs to the platform"},
    {"{\"http\":\"2\"}", "/http", "belongs to the platform"},
    {"{\"errors\":{}}", "/errors", "belongs to the platform"},
    {"{\"rate_limit\":{}}", "/rate_limit", "belongs to the platform"},
    {"{\"idempotency\":{\"kind\":\"none\"}}", "/idempotency", "belongs to the platform"},
    {"{\"docs\":{}}", "/docs", "belongs to the platform"},
    {"{\"headers\":{\"Authorization\":\"x\"}}", "/headers/Authorization", "credentials"},
    {"{\"headers\":{\"x-key\":\"x\"}}", "/headers/x-key", "credentials"},
    {"{\"headers\":{\"Host\":\"x\"}}", "/headers/Host", "cannot be set"},
    {"{\"headers\":null}", "/headers", "must be an object"},
    {"{\"resilience\":{\"timeouts\":{\"total\":\"21s\"}}}", "/resilience/timeouts/total",
     "more than the platform's 20 s"},
    {"{\"resilience\":{\"timeouts\":{\"total\":null}}}", "/resilience/timeouts/total",
     "more than the platform's 20 s"},
    {"{\"resilience\":{\"account_concurrency\":11}}", "/resilience/account_concurrency",
     "more than the platform's 10"},
    {"{\"resilience\":{\"retry\":{\"server\":{\"retries\":3}}}}",
     "/resilience/retry/server/retries", "more than the platform's 2"},
    {"{\"resilience\":{\"retry\":{\"server\":{\"retries\":null}}}}",
     "/resilience/retry/server/retries", "more than the platform's 2"},
    {"{\"resilience\":{\"retry\":{\"server\":{\"base\":\"10ms\"}}}}",
     "/resilience/retry/server/base", "less than the platform's 1 s"},
    {"{\"cache\":{\"fresh\":\"301s\"}}", "/cache/fresh",
     "more than the platform's 300 s"},
    {"{\"cache\":{\"hold_off\":\"1s\"}}", "/cache/hold_off",
     "less than the platform's 30 s"},
    {"{\"cache\":{\"vendor\":\"ignore\"}}", "/cache/vendor",
     "is no member of an override"},
    {"{\"resources\":{\"people\":{\"cache\":{\"stale\":\"25h\"}}}}",
     "/resources/people/methods/list/cache/stale", "more than the platform's 86400 s"},
    {"{\"resilience\":{\"retry\":null}}", "/resilience/retry", "must be an object"},
    {"{\"resilience\":{\"breaker\":{\"failures\":1}}}", "/resilience/breaker",
     "is no member of an override"},
    {"{\"resilience\":{\"host_concurrency\":1}}", "/resilience/host_concurrency",
     "is no member of an override"},
    {"{\"resources\":{\"people\":{\"methods\":{\"list\":{\"resilience\":{\"timeouts\":"
     "{\"total\":\"6s\"}}}}}}}",
     "/resources/people/methods/list/resilience/timeouts/total",
     "more than the platform's 5 s"},
    {"{\"resources\":{\"people\":{\"methods\":{\"list\":{\"path\":\"/x\"}}}}}",
     "/resources/people/methods/list/path", "belongs to the platform"},
    {"{\"resources\":{\"people\":{\"methods\":{\"drop\":{\"rewrite\":{}}}}}}",
     "/resources/people/methods/drop", "is not in the document"},
    {"{\"resources\":{\"things\":{}}}", "/resources/things", "is not in the document"},
    {LAID("\"create\":{\"response\":\"{}\"}"), "/unified/crm/contacts/create",
     "is not in the document"},
    {"{\"unified\":{\"crm\":{\"leads\":{\"response\":\"{}\"}}}}", "/unified/crm/leads",
     "is not in the document"},
    {"{\"unified\":{\"hr\":{}}}", "/unified/hr", "is not in the document"},
    {"{\"unified\":null}", "/unified", "must be an object"},
    {LAID("\"response\":\"{'a': \""), "/unified/crm/contacts/response",
     "no JSONata expression"},
    {LAID("\"response\":null"), "/unified/crm/contacts/list", "has no \"response\""},
    {LAID("\"response\":{\"a\":1}"), "/unified/crm/contacts/response", "must be"},
    {LAID("\"list\":{\"method\":null}"), "/unified/crm/contacts/list", "missing"},
    {LAID("\"list\":{\"method\":\"people.drop\"}"), "/unified/crm/contacts/list/method",
     "no such RESOURCE.METHOD"},
    {LAID("\"list\":{\"filters\":{\"a\":1}}"), "/unified/crm/contacts/list/filters",
     "wants"},
    {LAID("\"reponse\":\"{}\""), "/unified/crm/contacts/reponse",
     "did you mean \"response\""},
    {"{\"unifed\":{}}", "/unifed", "did you mean \"unified\""},
    {"{\"__proto__\":{\"hosts\":[\"evil.test\"]}}", "/__proto__",
     "is no member of an override"},
    {"{\"constructor\":{\"prototype\":{}}}", "/constructor",
     "is no member of an override"},
    {"{\"headers\":{},\"headers\":{}}", "", "is not as JSON must be"},
    {"[]", "", "must be an object"},
    {"null", "", "must be an object"},
    {"{", "", "is not as JSON must be"},
    {"", "", "is not as JSON must be"},
};

static void check_refusal(struct arena *arena, const struct integration *base,
                          const struct refusal *refusal)
{
    struct binder binder;
    if (apply(arena, base, NULL, refusal->text, &binder))
        fail_msg("%s is not refused", refusal->text);
    given_same(refusal->text, binder.first->pointer, refusal->pointer);
    str text = binder.first->text;
    if (str_find_str(text, str_z(refusal->says)) == text.n)
        fail_msg("%s: " STR_F, refusal->text, STR_A(text));
}

static void what_is_the_platforms_is_refused_by_name(void **state)
{
    const struct integration *base = paper_read(*state, overridden);
    for (size_t i = 0; i < COUNT_OF(refusals); i++)
        check_refusal(*state, base, &refusals[i]);
}

static void an_account_is_held_to_the_platforms_limits(void **state)
{
    struct binder binder;
    const struct integration *base = paper_read(*state, overridden);
    assert_non_null(apply(*state, base, "{\"resilience\":{\"account_concurrency\":2}}",
                          "{\"resilience\":{\"account_concurrency\":9}}", &binder));
    assert_null(apply(*state, base, "{\"resilience\":{\"account_concurrency\":2}}",
                      "{\"resilience\":{\"account_concurrency\":11}}", &binder));
}

static void the_largest_and_the_deepest_are_refused(void **state)
{
    struct arena *arena = *state;
    struct override override;
    struct binder binder;
    const struct integration *base = paper_read(arena, overridden);
    char *text = arena_bytes(arena, 1 << 20);
    memset(text, ' ', 1 << 20);
    text[0] = '{';
    text[(1 << 20) - 1] = '}';
    bind_init(&binder, arena);
    assert_false(
        override_read(&binder, base, str_of(text, 1 << 20), TIER_ACCOUNT, &override));
    assert_true(override_read(&binder, base, STR("{\"x-note\":{\"a\":[1]}}"),
                              TIER_ACCOUNT, &override));
    str deep = STR("1");
    for (int i = 0; i < OVERRIDE_DEPTH_MAX; i++)
        deep = arena_printf(arena, "{\"x-a\":" STR_F "}", STR_A(deep));
    assert_true(override_read(&binder, base, deep, TIER_ACCOUNT, &override));
    deep = arena_printf(arena, "{\"x-a\":" STR_F "}", STR_A(deep));
    assert_false(override_read(&binder, base, deep, TIER_ACCOUNT, &override));
}

/* Words that an override could be made of, good ones and the platform's. */
static const char *const words[] = {"{",
                                    "}",
                                    ":",
                                    ",",
                                    "null",
                                    "1",
                                    "\"1s\"",
                                    "\"60s\"",
                                    "[]",
                                    "true",
                                    "\"\"",
                                    "\"hosts\"",
                                    "\"base_url\"",
                                    "\"auth\"",
                                    "\"name\"",
                                    "\"resilience\"",
                                    "\"timeouts\"",
                                    "\"total\"",
                                    "\"retry\"",
                                    "\"server\"",
                                    "\"retries\"",
                                    "\"account_concurrency\"",
                                    "\"resources\"",
                                    "\"people\"",
                                    "\"methods\"",
                                    "\"list\"",
                                    "\"unified\"",
                                    "\"crm\"",
                                    "\"contacts\"",
                                    "\"response\"",
                                    "\"request\"",
                                    "\"{'a': 1}\"",
                                    "\"headers\"",
                                    "\"X-Own\"",
                                    "\"__proto__\"",
                                    "\"x-note\"",
                                    "\"pagination\"",
                                    "\"size\"",
                                    "\"max\"",
                                    "\"method\"",
                                    "\"people.get\"",
                                    "\"filters\""};

/* Where some string begins. None of them holds a quote. */
static size_t some_string(str text, uint64_t *chance)
{
    size_t begins[100], n = 0;
    bool inside = false;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '"') {
            inside = !inside;
            if (inside && n < COUNT_OF(begins))
                begins[n++] = i;
        }
    return n ? begins[unit_random(chance) % n] : 0;
}

/* A good override, with a few of its words replaced. */
static str spoiled(struct arena *arena, uint64_t *chance)
{
    str text = STR(
        "{\"resilience\":{\"timeouts\":{\"total\":\"9s\"},\"account_concurrency\":3,"
        "\"retry\":{\"server\":{\"retries\":1}}},\"headers\":{\"X-Own\":\"a\"},"
        "\"resources\":{\"people\":{\"methods\":{\"get\":{\"resilience\":{\"timeouts\":"
        "{\"total\":\"1s\"}}}}}},\"unified\":{\"crm\":{\"contacts\":{\"response\":"
        "\"{'x': 1}\",\"list\":{\"filters\":[\"updated_after\"]}}}}}");
    for (uint64_t n = 1 + unit_random(chance) % 3; n > 0 && text.n; n--) {
        size_t at = some_string(text, chance);
        str rest = str_from(text, at + 1);
        size_t end = str_find(rest, '"');
        str parts[] = {str_of(text.p, at),
                       str_z(words[unit_random(chance) % COUNT_OF(words)]),
                       str_from(rest, end < rest.n ? end + 1 : rest.n)};
        text = arena_join(arena, parts, COUNT_OF(parts));
    }
    return text;
}

static void check_kept(const struct integration *base, const struct integration *made)
{
    const struct auth_way *way = base->ways.items, *now = made->ways.items;
    const struct document_host *host = base->hosts.items, *other = made->hosts.items;
    assert_int_equal(made->hosts.n, base->hosts.n);
    assert_true(str_eq(host->text, other->text) && str_eq(base->name, made->name));
    assert_int_equal(made->ways.n, base->ways.n);
    assert_true(way->rule.scheme == now->rule.scheme &&
                str_eq(way->rule.header, now->rule.header) &&
                str_eq(way->fixed_base.host, now->fixed_base.host));
    assert_true(made->resilience.timeouts.total <= base->resilience.timeouts.total);
    assert_true(made->resilience.account_concurrency <=
                base->resilience.account_concurrency);
    assert_true(made->resilience.retry.server.retries <=
                base->resilience.retry.server.retries);
    assert_int_equal(made->resources.n, base->resources.n);
}

static void whatever_it_says_the_platforms_stays(void **state)
{
    enum { ROUNDS = 5000 };
    const struct integration *base = paper_read(*state, overridden);
    uint64_t chance = 20260101;
    unsigned taken = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct arena arena;
        struct binder binder;
        arena_init(&arena, 64 * 1024, 64 << 20);
        const char *text = arena_z(&arena, spoiled(&arena, &chance));
        const struct integration *made = apply(&arena, base, NULL, text, &binder);
        if (!made && binder.fault_n == 0)
            fail_msg("%s: refused without a fault", text);
        if (made) {
            taken++;
            check_kept(base, made);
        }
        arena_fini(&arena);
    }
    assert_in_range(taken, ROUNDS / 50, ROUNDS - ROUNDS / 50);
}

int test_override(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(settings_merge_tier_over_tier),
        GIVEN_TEST(a_method_has_its_own),
        GIVEN_TEST(expressions_alone_leave_all_else_as_it_is),
        GIVEN_TEST(what_is_the_platforms_is_refused_by_name),
        GIVEN_TEST(an_account_is_held_to_the_platforms_limits),
        GIVEN_TEST(whatever_it_says_the_platforms_stays),
        GIVEN_TEST(the_largest_and_the_deepest_are_refused),
    };
    return cmocka_run_group_tests_name("catalog: override", tests, NULL, NULL);
}
