#include <stdio.h>

#include "api/api.h"
#include "base/buf.h"
#include "groups.h"

/* `api --routes` prints the page of routes for docs/reference (tools/write-reference). */
static int print_routes(void)
{
    struct buf page;
    buf_init(&page, 1 << 20);
    api_routes_page(&page);
    bool good = fwrite(page.p, 1, page.n, stdout) == page.n && fflush(stdout) == 0;
    buf_fini(&page);
    return !good;
}

int main(int argc, char **argv)
{
    int failed = 0;
    if (argc > 1 && strcmp(argv[1], "--routes") == 0)
        return print_routes();
    failed += test_api_shape();
    failed += test_api_routes();
    failed += test_api_query();
    failed += test_api_body();
    failed += test_api_page();
    failed += test_api_stages();
    failed += test_api_environments();
    failed += test_api_accounts();
    failed += test_api_credentials();
    failed += test_api_token();
    failed += test_api_apps();
    failed += test_api_connect();
    failed += test_api_keys();
    failed += test_api_integrations();
    failed += test_api_overrides();
    failed += test_api_breakers();
    failed += test_api_limits();
    failed += test_api_cache();
    failed += test_api_writes();
    failed += test_api_hooks();
    failed += test_api_audit();
    failed += test_api_endpoints();
    failed += test_api_events();
    failed += test_api_master_keys();
    failed += test_api_scope();
    failed += test_api_gone();
    failed += test_api_cli();
    failed += test_api_coverage();
    return failed != 0;
}
