/* The groups of this folder; each answers how many of its tests failed. */
#ifndef UNIT_EXCHANGE_TESTS_H
#define UNIT_EXCHANGE_TESTS_H

int test_body(void);
int test_exchange(void);
int test_gather(void);
int test_recall(void);

#endif
