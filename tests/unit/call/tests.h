/* The groups of this folder; each answers how many of its tests failed. What a call does
 * on the wire stands in tests/contract/transport. */
#ifndef UNIT_CALL_TESTS_H
#define UNIT_CALL_TESTS_H

int test_dial(void);
int test_dns(void);
int test_profiles(void);

#endif
