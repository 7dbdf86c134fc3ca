#include "support/guest.h"

#include "json/json_parse.h"
#include "tests.h"

static const char document[] =
    "{\"name\":\"vendor\",\"label\":\"A vendor\",\"version\":\"1\","
    "\"hosts\":[\"api.vendor.test\",\"files.vendor.test\"],"
    "\"base_url\":\"https://api.vendor.test/v2\",\"auth\":\"none\"}";

static void visit_vendor(struct guest *guest, enum gate_route route, const char *host)
{
    char line[100];
    struct binder binder;
    snprintf(line, sizeof(line), "Host: %s", host);
    guest_init(guest, "127.0.0.1", (const char *[]){line, NULL});
    bind_init(&binder, &guest->arena);
    struct visit *visit = &guest->visit;
    visit->integration = integration_read(&binder, str_z(document));
    assert_non_null(visit->integration);
    visit->route = route;
    visit->account_ref = STR("acme");
    assert_true(url_parse(&guest->arena, STR("https://api.vendor.test/v2"),
                          &visit->exchange.base, NULL));
    assert_true(url_parse(&guest->arena, STR("https://api.vendor.test/v2/things/7?a=1"),
                          &visit->exchange.call.url, NULL));
}

struct row {
    enum gate_route route;
    const char *host;
    const char *link;
    const char *wanted;
};

static const struct row links[] = {
    {GATE_BY_PATH, "gw:8080", "https://api.vendor.test/v2/things?page=2",
     "http://gw:8080/proxy/acme/things?page=2"},
    {GATE_BY_PATH, "gw:8080", "https://API.vendor.test:443/v2/things",
     "http://gw:8080/proxy/acme/things"},
    {GATE_BY_HOST, "acme.localhost", "https://api.vendor.test/v2/things",
     "http://acme.localhost/things"},
    {GATE_BY_LISTENER, "127.0.0.1:9", "https://api.vendor.test/v2/things",
     "http://127.0.0.1:9/things"},
    /* the vendor's own host, above the base: by name */
    {GATE_BY_PATH, "gw", "https://api.vendor.test/other",
     "http://gw/proxy/acme/~api.vendor.test/other"},
    {GATE_BY_PATH, "gw", "https://api.vendor.test/v2x/things",
     "http://gw/proxy/acme/~api.vendor.test/v2x/things"},
    {GATE_BY_PATH, "gw", "https://files.vendor.test/f/1?s=%20#top",
     "http://gw/proxy/acme/~files.vendor.test/f/1?s=%20#top"},
    /* not ours to follow */
    {GATE_BY_PATH, "gw", "https://elsewhere.test/v2/things",
     "https://elsewhere.test/v2/things"},
    {GATE_BY_PATH, "gw", "http://api.vendor.test/v2/things",
     "http://api.vendor.test/v2/things"},
    {GATE_BY_PATH, "gw", "https://api.vendor.test:8443/v2/things",
     "https://api.vendor.test:8443/v2/things"},
    {GATE_BY_PATH, "gw", "https://api.vendor.test.evil.test/v2/things",
     "https://api.vendor.test.evil.test/v2/things"},
    {GATE_BY_PATH, "gw", "https://user@api.vendor.test/v2/things",
     "https://user@api.vendor.test/v2/things"},
    {GATE_BY_PATH, "gw", "mailto:ann@vendor.test", "mailto:ann@vendor.test"},
    {GATE_BY_PATH, "gw", "", ""},
};

static void links_stay_inside_when_they_may(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(links); i++) {
        struct guest guest;
        visit_vendor(&guest, links[i].route, links[i].host);
        str got = visit_relink(&guest.visit, str_z(links[i].link));
        if (!str_eq(got, str_z(links[i].wanted)))
            fail_msg("%s: got " STR_F, links[i].link, STR_A(got));
        guest_fini(&guest);
    }
}

struct header_row {
    enum header_id id;
    const char *value;
    const char *wanted;
};

static const struct header_row header_rows[] = {
    {HEADER_LINK,
     "<https://api.vendor.test/v2/things?page=3>; rel=\"next\", "
     "<https://api.vendor.test/v2/things?page=9>; rel=\"last\"",
     "<http://gw/proxy/acme/things?page=3>; rel=\"next\", "
     "<http://gw/proxy/acme/things?page=9>; rel=\"last\""},
    {HEADER_LINK, "<things?page=3>;rel=next",
     "<http://gw/proxy/acme/things/things?page=3>;rel=next"},
    {HEADER_LINK, "</v2/a,b>; rel=\"a, b\"", "<http://gw/proxy/acme/a,b>; rel=\"a, b\""},
    {HEADER_LINK, "not a link", "not a link"},
    {HEADER_LOCATION, "/v2/things/8", "http://gw/proxy/acme/things/8"},
    {HEADER_LOCATION, "https://files.vendor.test/x",
     "http://gw/proxy/acme/~files.vendor.test/x"},
    {HEADER_LOCATION, "https://cdn.test/x?sig=1", "https://cdn.test/x?sig=1"},
    {HEADER_CONTENT_LOCATION, "7.json", "http://gw/proxy/acme/things/7.json"},
    {HEADER_CONTENT_TYPE, "https://api.vendor.test/v2/x", "https://api.vendor.test/v2/x"},
};

static void headers_that_hold_links_are_turned(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(header_rows); i++) {
        struct guest guest;
        visit_vendor(&guest, GATE_BY_PATH, "gw");
        struct header header = {header_name(header_rows[i].id),
                                str_z(header_rows[i].value), header_rows[i].id};
        str got = visit_relink_header(&guest.visit, &header);
        if (!str_eq(got, str_z(header_rows[i].wanted)))
            fail_msg("%s: got " STR_F, header_rows[i].value, STR_A(got));
        guest_fini(&guest);
    }
}

static str turn_body(struct guest *guest, const char *text, const char *const *pointers,
                     uint32_t n)
{
    struct json *json = arena_alloc(&guest->arena, sizeof(*json));
    struct pointer *list = arena_array(&guest->arena, n, sizeof(*list));
    struct bind_list bound = {list, n};
    for (uint32_t i = 0; i < n; i++)
        assert_true(
            pointer_parse(&guest->arena, str_z(pointers[i]), POINTER_STAR, &list[i]));
    guest->visit.exchange.answer.text = str_z(text);
    assert_true(json_parse(&guest->arena, str_z(text), NULL, json, NULL));
    guest->visit.exchange.answer.json = json;
    return visit_relink_body(&guest->visit, &bound);
}

static void named_members_of_a_body_are_turned(void **state)
{
    static const char text[] =
        "{ \"next\":\"https://api.vendor.test/v2/t?p=2\",\n  \"n\": 1.50,"
        " \"items\":[{\"url\":\"https://api.vendor.test/v2/t/1\"},{\"url\":null},"
        "{\"url\":\"https:\\/\\/api.vendor.test\\/v2\\/t\\/3\"},"
        "{\"url\":\"https://cdn.test/1\"}], \"text\":\"https://api.vendor.test/v2/t\"}";
    static const char wanted[] =
        "{\"next\":\"http://gw/proxy/acme/t?p=2\",\"n\":1.50,"
        "\"items\":[{\"url\":\"http://gw/proxy/acme/t/1\"},{\"url\":null},"
        "{\"url\":\"http://gw/proxy/acme/t/3\"},"
        "{\"url\":\"https://cdn.test/1\"}],\"text\":\"https://api.vendor.test/v2/t\"}";
    struct guest guest;
    (void)state;
    visit_vendor(&guest, GATE_BY_PATH, "gw");
    str got = turn_body(&guest, text,
                        (const char *[]){"/items/*/url", "/next", "/next", "/none"}, 4);
    if (!str_eq(got, str_z(wanted)))
        fail_msg("got " STR_F, STR_A(got));
    guest_fini(&guest);
}

static void one_item_of_many_can_be_named(void **state)
{
    struct guest guest;
    (void)state;
    visit_vendor(&guest, GATE_BY_PATH, "gw");
    str got = turn_body(
        &guest, "[\"https://api.vendor.test/v2/a\",\"https://api.vendor.test/v2/b\"]",
        (const char *[]){"/1"}, 1);
    assert_true(str_eq(
        got, STR("[\"https://api.vendor.test/v2/a\",\"http://gw/proxy/acme/b\"]")));
    guest_fini(&guest);
}

static void a_body_without_such_links_stays_as_it_is(void **state)
{
    struct guest guest;
    (void)state;
    visit_vendor(&guest, GATE_BY_PATH, "gw");
    assert_true(
        str_absent(turn_body(&guest, "{\"next\":null}", (const char *[]){"/next"}, 1)));
    assert_true(str_absent(turn_body(&guest, "[]", (const char *[]){"/*/next"}, 1)));
    guest_fini(&guest);
}

int test_relink(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_stay_inside_when_they_may),
        cmocka_unit_test(headers_that_hold_links_are_turned),
        cmocka_unit_test(named_members_of_a_body_are_turned),
        cmocka_unit_test(one_item_of_many_can_be_named),
        cmocka_unit_test(a_body_without_such_links_stays_as_it_is),
    };
    return cmocka_run_group_tests_name("gate/relink", tests, NULL, NULL);
}
