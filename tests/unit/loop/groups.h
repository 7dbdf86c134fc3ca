/* The groups of this folder; each answers the number of tests that failed. */
#ifndef UNIT_LOOP_GROUPS_H
#define UNIT_LOOP_GROUPS_H

int test_worker(void);
int test_driver(void);
int test_world(void);
int test_offload(void);
int test_space(void);

#endif
