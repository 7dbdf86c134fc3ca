/* The groups of this folder; each answers the number of tests that failed. */
#ifndef UNIT_KEEPER_GROUPS_H
#define UNIT_KEEPER_GROUPS_H

int test_renewal(void);
int test_failing(void);
int test_asking(void);
int test_meanwhile(void);
int test_processes(void);
int test_fork(void);
int test_errand(void);
int test_days(void);

#endif
