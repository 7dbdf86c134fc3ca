#include "support/guest.h"
#include "tests.h"

struct route_row {
    const char *host;
    const char *path;
    const char *bound;
    bool is_call;
    enum gate_route route;
    const char *account;
    const char *rest;
};

static const struct route_row routes[] = {
    {"api.example.com", "/proxy/acme/v1/things", NULL, true, GATE_BY_PATH, "acme",
     "/v1/things"},
    {"api.example.com", "/proxy/acme", NULL, true, GATE_BY_PATH, "acme", "/"},
    {"api.example.com", "/proxy/acme/", NULL, true, GATE_BY_PATH, "acme", "/"},
    {"api.example.com", "/proxy/", NULL, true, GATE_BY_PATH, "", "/"},
    {"api.example.com", "/proxyx/acme", NULL, false, 0, "", ""},
    {"api.example.com", "/v1/accounts", NULL, false, 0, "", ""},
    {"acme.localhost", "/v1/charges", NULL, true, GATE_BY_HOST, "acme", "/v1/charges"},
    {"acme.localhost:8080", "/v1/charges", NULL, true, GATE_BY_HOST, "acme",
     "/v1/charges"},
    {"ACME.LocalHost:8080", "/", NULL, true, GATE_BY_HOST, "ACME", "/"},
    {"acme.localhost", "/proxy/other/x", NULL, true, GATE_BY_HOST, "acme",
     "/proxy/other/x"},
    {"localhost:8080", "/v1/charges", NULL, false, 0, "", ""},
    {".localhost", "/v1/charges", NULL, false, 0, "", ""},
    {"notlocalhost", "/v1/charges", NULL, false, 0, "", ""},
    {"[::1]:8080", "/v1/charges", NULL, false, 0, "", ""},
    {"anything", "/v1/charges", "acme", true, GATE_BY_LISTENER, "acme", "/v1/charges"},
    {"other.localhost", "/x", "acme", true, GATE_BY_LISTENER, "acme", "/x"},
};

static void a_request_names_its_account_by_path_host_or_listener(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        const struct route_row *row = &routes[i];
        char host[100];
        struct guest guest;
        enum gate_route route = 0;
        str account = STR_NONE, path = STR_NONE;
        snprintf(host, sizeof(host), "Host: %s", row->host);
        guest_init(&guest, "127.0.0.1", (const char *[]){host, NULL});
        guest.in.path = str_z(row->path);
        bool is_call = gate_is_call(&guest.gate, &guest.in, str_z(row->bound), &route,
                                    &account, &path);
        if (is_call != row->is_call ||
            (is_call && (route != row->route || !str_eq(account, str_z(row->account)) ||
                         !str_eq(path, str_z(row->rest)))))
            fail_msg("row %zu: %s%s", i, row->host, row->path);
        guest_fini(&guest);
    }
}

static void without_a_domain_no_host_is_an_account(void **state)
{
    struct guest guest;
    enum gate_route route;
    str account, path;
    (void)state;
    guest_init(&guest, "127.0.0.1", (const char *[]){"Host: acme.localhost", NULL});
    guest.gate.proxy_domain = STR("");
    guest.in.path = STR("/x");
    assert_false(gate_is_call(&guest.gate, &guest.in, STR_NONE, &route, &account, &path));
    guest_fini(&guest);
}

struct peer_row {
    const char *peer;
    const char *forwarded;
    const char *client;
};

/* 10.0.0.0/8 is trusted. */
static const struct peer_row peers[] = {
    {"10.0.0.1", "198.51.100.7", "198.51.100.7"},
    {"10.0.0.1", "6.6.6.6, 198.51.100.7", "198.51.100.7"},
    {"10.0.0.1", "6.6.6.6, 198.51.100.7, 10.2.3.4", "198.51.100.7"},
    {"10.0.0.1", "10.9.9.9, 10.2.3.4", "10.9.9.9"},
    {"203.0.113.5", "198.51.100.7", "203.0.113.5"}, /* anybody can write that header */
    {"10.0.0.1", NULL, "10.0.0.1"},
    {"10.0.0.1", "", "10.0.0.1"},
};

static void only_trusted_proxies_speak_for_others(void **state)
{
    struct cidr trusted;
    (void)state;
    assert_true(cidr_parse(STR("10.0.0.0/8"), &trusted));
    for (size_t i = 0; i < COUNT_OF(peers); i++) {
        char line[200];
        struct guest guest;
        snprintf(line, sizeof(line), "X-Forwarded-For: %s",
                 peers[i].forwarded ? peers[i].forwarded : "");
        guest_init(&guest, peers[i].peer,
                   (const char *[]){peers[i].forwarded ? line : NULL,
                                    "X-Forwarded-Proto: https",
                                    "X-Forwarded-Host: api.example.com", NULL});
        guest.gate.trusted = &trusted;
        guest.gate.trusted_n = 1;
        str client = gate_client(&guest.gate, &guest.in);
        if (!str_eq(client, str_z(peers[i].client)))
            fail_msg("row %zu: got " STR_F, i, STR_A(client));
        bool by_proxy = str_starts(str_z(peers[i].peer), STR("10."));
        if (peers[i].forwarded)
            assert_int_equal(gate_client_tls(&guest.gate, &guest.in), by_proxy);
        guest_fini(&guest);
    }
}

struct cidr_row {
    const char *range;
    const char *address;
    bool in;
};

static const struct cidr_row ranges[] = {
    {"10.0.0.0/8", "10.255.1.2", true},
    {"10.0.0.0/8", "11.0.0.1", false},
    {"192.0.2.7", "192.0.2.7", true},
    {"192.0.2.7", "192.0.2.8", false},
    {"0.0.0.0/0", "203.0.113.1", true},
    {"0.0.0.0/0", "::1", false},
    {"::1", "::1", true},
    {"2001:db8::/33", "2001:db8:7fff::1", true},
    {"2001:db8::/33", "2001:db8:8000::1", false},
    {"10.0.0.0/8", "no address", false},
};

static void ranges_hold_their_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ranges); i++) {
        struct cidr cidr;
        assert_true(cidr_parse(str_z(ranges[i].range), &cidr));
        if (cidr_any(&cidr, 1, str_z(ranges[i].address)) != ranges[i].in)
            fail_msg("%s in %s", ranges[i].address, ranges[i].range);
    }
}

static void what_is_no_range_is_refused(void **state)
{
    static const char *const bad[] = {"",  "10.0.0.0/33", "10.0.0/8",  "::/129",
                                      "a", "/8",          "10.0.0.0/", "10.0.0.0/x"};
    struct cidr cidr;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (cidr_parse(str_z(bad[i]), &cidr))
            fail_msg("%s was taken", bad[i]);
}

int test_route(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_names_its_account_by_path_host_or_listener),
        cmocka_unit_test(without_a_domain_no_host_is_an_account),
        cmocka_unit_test(only_trusted_proxies_speak_for_others),
        cmocka_unit_test(ranges_hold_their_addresses),
        cmocka_unit_test(what_is_no_range_is_refused),
    };
    return cmocka_run_group_tests_name("gate/route", tests, NULL, NULL);
}
