/* The groups of this folder; each answers how many of its tests failed. */
#ifndef UNIT_WATCH_TESTS_H
#define UNIT_WATCH_TESTS_H

int test_watch(void);

#endif
