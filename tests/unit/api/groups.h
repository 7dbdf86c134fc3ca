/* The groups of this folder; each answers the number of tests that failed. */
#ifndef UNIT_API_GROUPS_H
#define UNIT_API_GROUPS_H

int test_api_shape(void);
int test_api_routes(void);
int test_api_query(void);
int test_api_body(void);
int test_api_page(void);
int test_api_stages(void);
int test_api_environments(void);
int test_api_accounts(void);
int test_api_credentials(void);
int test_api_token(void);
int test_api_apps(void);
int test_api_connect(void);
int test_api_keys(void);
int test_api_integrations(void);
int test_api_overrides(void);
int test_api_breakers(void);
int test_api_limits(void);
int test_api_cache(void);
int test_api_writes(void);
int test_api_hooks(void);
int test_api_audit(void);
int test_api_endpoints(void);
int test_api_events(void);
int test_api_master_keys(void);
int test_api_scope(void);
int test_api_gone(void);
int test_api_cli(void);
int test_api_coverage(void);

#endif
