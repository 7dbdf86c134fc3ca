/* The groups of this folder; each answers the number of tests that failed. */
#ifndef UNIT_JOURNAL_GROUPS_H
#define UNIT_JOURNAL_GROUPS_H

int test_disk(void);
int test_framing(void);
int test_append(void);
int test_read(void);
int test_scan(void);
int test_drop(void);
int test_recover(void);
int test_trouble(void);
int test_power(void);
int test_kill(void);

#endif
