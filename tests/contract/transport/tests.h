/* The groups of this folder; each answers the number of tests that failed. */
#ifndef CONTRACT_TRANSPORT_TESTS_H
#define CONTRACT_TRANSPORT_TESTS_H

int test_answers(void);
int test_requests(void);
int test_limits(void);
int test_flow(void);
int test_reuse(void);
int test_tls(void);
int test_names(void);
int test_many(void);
int test_h2(void);
int test_proxy(void);
int test_nginx(void);

#endif
