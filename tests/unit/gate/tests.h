/* The groups of this folder; each answers how many of its tests failed. */
#ifndef UNIT_GATE_TESTS_H
#define UNIT_GATE_TESTS_H

int test_relink(void);
int test_route(void);
int test_wishes(void);

#endif
