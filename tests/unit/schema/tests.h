/* The groups of this folder; each answers the number of tests that failed. */
#ifndef UNIT_SCHEMA_TESTS_H
#define UNIT_SCHEMA_TESTS_H

int test_conformance(void);
int test_names(void);
int test_schema(void);
int test_schema_explain(void);
int test_schema_number(void);

#endif
