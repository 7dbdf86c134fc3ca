/* The groups of this folder; each answers the number of tests that failed. */
#ifndef UNIT_WRITES_GROUPS_H
#define UNIT_WRITES_GROUPS_H

int test_queue(void);
int test_store(void);
int test_days(void);
int test_write_message(void);

#endif
