/* The groups of this folder; each answers the number of tests that failed. */
#ifndef UNIT_JSON_TESTS_H
#define UNIT_JSON_TESTS_H

int test_bind(void);
int test_bind_nearest(void);
int test_bind_schema(void);
int test_json(void);
int test_json_distinct(void);
int test_json_lines(void);
int test_json_number(void);
int test_json_parse(void);
int test_json_write(void);
int test_json_place(void);
int test_merge(void);
int test_pointer(void);

#endif
