/* The groups of this folder; each answers the number of tests that failed. */
#ifndef UNIT_HTTP_TESTS_H
#define UNIT_HTTP_TESTS_H

int test_date(void);
int test_field(void);
int test_field_member(void);
int test_form(void);
int test_header(void);
int test_inbound(void);
int test_inflate(void);
int test_parse(void);
int test_path(void);
int test_template(void);
int test_tls_pair(void);
int test_url(void);
int test_url_pattern(void);
int test_url_query(void);
int test_url_resolve(void);

#endif
