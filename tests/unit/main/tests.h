/* The groups of this folder; each answers how many of its tests failed. */
#ifndef UNIT_MAIN_TESTS_H
#define UNIT_MAIN_TESTS_H

int test_log_sink(void);
int test_reference(void);
int test_settings(void);

#endif
