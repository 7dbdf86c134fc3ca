/* The groups of this folder; each answers how many of its tests failed. */
#ifndef UNIT_OPERATION_TESTS_H
#define UNIT_OPERATION_TESTS_H

int test_operation(void);

#endif
