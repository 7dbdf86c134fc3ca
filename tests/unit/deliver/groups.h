/* The groups of this folder; each answers the number of tests that failed. */
#ifndef UNIT_DELIVER_GROUPS_H
#define UNIT_DELIVER_GROUPS_H

int test_deliver_rule(void);
int test_guard(void);
int test_signing(void);
int test_deliver_queue(void);
int test_deliver_days(void);

#endif
