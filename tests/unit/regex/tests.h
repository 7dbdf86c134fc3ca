/* The groups of this folder; each answers the number of tests that failed. */
#ifndef UNIT_REGEX_TESTS_H
#define UNIT_REGEX_TESTS_H

int test_regex(void);
int test_regex_bounds(void);
int test_regex_cases(void);

#endif
