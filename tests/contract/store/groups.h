/* The groups of this folder; each answers the number of tests that failed. */
#ifndef CONTRACT_STORE_GROUPS_H
#define CONTRACT_STORE_GROUPS_H

int test_transaction(void);
int test_batch(void);
int test_open(void);
int test_trouble(void);

#endif
