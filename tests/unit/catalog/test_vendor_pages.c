/*
 * The pages in tests/cases/vendor-samples.json, walked with the blocks of the shipped
 * documents: how many records, how many in all, whether there is more and where.
 */
#include "paging/walk.h"
#include "paper.h"
#include "support/reply.h"

int test_vendor_pages(void);

/* What the base URLs of all vendors need. */
static const char context[] =
    "{\"instance_url\":\"https://acme.my.salesforce.com\",\"shop\":\"acme\","
    "\"api\":\"quickbooks\",\"site\":\"acme\",\"subdomain\":\"acme\",\"dc\":\"us1\","
    "\"account_id\":\"1234567\",\"host\":\"wd3.workday.com\"}";

struct sample {
    struct arena *arena;
    str name; /* vendor/sample */
    const struct integration *integration;
    const struct json *json;
    const struct json *expect;
    const struct page_rule *rule;
    struct walk walk;
    struct page page;
};

static bool allows(const void *integration, const struct url *url)
{
    return integration_allows(integration, url);
}

/* The jira sample is of the other base URL, which has two segments in front. */
static const struct method *method_of(const struct sample *sample)
{
    str verb, path = json_member_text(sample->json, STR("request"));
    str_next(&path, ' ', &verb);
    path.n = str_find(path, '?');
    if (str_starts(path, STR("/ex/jira/{cloudId}")))
        path = str_from(path, STR("/ex/jira/{cloudId}").n);
    return integration_method(sample->integration, verb, path);
}

static double number_in(const struct json *object, str key)
{
    const struct json *value = json_member(object, key);
    return value && json_is(value, JSON_NUMBER) ? json_number(value) : -1;
}

static void read_sample(struct sample *sample)
{
    struct answer answer;
    struct url base;
    str detail = STR("");
    double items = number_in(sample->expect, STR("items"));
    reply_read(sample->arena, sample->json, &answer);
    assert_int_equal(integration_base_url(sample->integration,
                                          integration_way(sample->integration, STR_NONE),
                                          given_json(sample->arena, str_z(context)),
                                          sample->arena, &base, &detail),
                     ERR_NONE);
    struct page_reach reach = {
        .base = &base, .request = &base, .allows = allows, .arg = sample->integration};
    walk_begin(sample->rule, items > 0 ? (uint32_t)items : 0, STR_NONE, &sample->walk);
    if (walk_read(sample->rule, &sample->walk, &reach, &answer, sample->arena,
                  &sample->page))
        fail_msg(STR_F ": " STR_F, STR_A(sample->name), STR_A(sample->page.detail));
}

/* An offset may be told as the URL that has it. */
static bool is_number(const struct sample *sample, const struct json *next)
{
    uint64_t offset;
    str text = json_text(next);
    if (json_is(next, JSON_NUMBER))
        return json_number(next) == (double)sample->walk.at.number;
    str query = str_from(text, str_find(text, '?'));
    str value = query.n ? url_query_find(sample->arena, str_from(query, 1), STR("offset"))
                        : STR_NONE;
    return str_to_u64(value, UINT32_MAX, &offset) && offset == sample->walk.at.number;
}

static bool is_next(const struct sample *sample, const struct json *next)
{
    const struct page_position *at = &sample->walk.at;
    if (json_is(next, JSON_NULL))
        return at->form == POSITION_END;
    if (at->form == POSITION_NUMBER)
        return is_number(sample, next);
    str text = json_text(next);
    bool relative = str_starts(text, STR("/"));
    return at->form == POSITION_TEXT &&
           (relative ? str_ends(at->text, text) : str_eq(at->text, text));
}

static void check_sample(struct sample *sample)
{
    const struct json *more = json_member(sample->expect, STR("has_more"));
    double total = number_in(sample->expect, STR("total"));
    read_sample(sample);
    if (sample->page.records.n != number_in(sample->expect, STR("items")))
        fail_msg(STR_F ": %u records", STR_A(sample->name), sample->page.records.n);
    if (sample->page.last == json_is(more, JSON_TRUE))
        fail_msg(STR_F ": last is %d", STR_A(sample->name), sample->page.last);
    if (total >= 0 && sample->page.total != total)
        fail_msg(STR_F ": the total is %g", STR_A(sample->name), sample->page.total);
    if (!is_next(sample, json_member(sample->expect, STR("next"))))
        fail_msg(STR_F ": goes on at \"" STR_F "\", %llu", STR_A(sample->name),
                 STR_A(sample->walk.at.text), (unsigned long long)sample->walk.at.number);
}

static size_t check_vendor(struct arena *arena, str vendor, const struct json *samples)
{
    size_t n = 0;
    for (uint32_t i = 0; i < samples->n; i++) {
        str name = json_key(&samples->u.members[i]);
        const struct json *json = &samples->u.members[i].value;
        if (!str_starts(name, STR("list_")))
            continue;
        struct sample sample = {
            .arena = arena,
            .name = arena_printf(arena, STR_F "/" STR_F, STR_A(vendor), STR_A(name)),
            .integration = paper_vendor(arena, arena_z(arena, vendor)),
            .json = json,
            .expect = json_member(json, STR("expect"))};
        const struct method *method = method_of(&sample);
        if (!method || !method->pagination)
            fail_msg(STR_F ": nothing is known of its pages", STR_A(sample.name));
        sample.rule = method->pagination;
        check_sample(&sample);
        n++;
    }
    return n;
}

static void pages_are_read_as_the_samples_say(void **state)
{
    const struct json *vendors = json_member(
        given_json(*state, given_file(*state, "tests/cases/vendor-samples.json")),
        STR("vendors"));
    size_t n = 0;
    for (uint32_t i = 0; i < vendors->n; i++)
        n += check_vendor(*state, json_key(&vendors->u.members[i]),
                          &vendors->u.members[i].value);
    assert_int_equal(n, 25);
}

static size_t check_lists(const struct integration *integration)
{
    size_t n = 0;
    const struct resource *resources = integration->resources.items;
    for (uint32_t i = 0; i < integration->resources.n; i++) {
        const struct method *methods = resources[i].methods.items;
        for (uint32_t k = 0; k < resources[i].methods.n; k++) {
            if (!str_eq(methods[k].name, STR("list")))
                continue;
            if (!methods[k].pagination)
                fail_msg(STR_F ": " STR_F " cannot be paged", STR_A(integration->name),
                         STR_A(resources[i].name));
            n++;
        }
    }
    return n;
}

static void every_list_of_the_vendors_can_be_paged(void **state)
{
    const struct json *vendors = json_member(
        given_json(*state, given_file(*state, "tests/cases/vendor-samples.json")),
        STR("vendors"));
    size_t n = 0;
    for (uint32_t i = 0; i < vendors->n; i++)
        n += check_lists(
            paper_vendor(*state, arena_z(*state, json_key(&vendors->u.members[i]))));
    assert_true(n > 80);
}

int test_vendor_pages(void)
{
    const struct CMUnitTest tests[] = {
        GIVEN_TEST(pages_are_read_as_the_samples_say),
        GIVEN_TEST(every_list_of_the_vendors_can_be_paged),
    };
    return cmocka_run_group_tests_name("catalog: vendor pages", tests, NULL, NULL);
}
