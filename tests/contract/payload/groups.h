/* The groups of this folder; each answers the number of tests that failed. */
#ifndef CONTRACT_PAYLOAD_GROUPS_H
#define CONTRACT_PAYLOAD_GROUPS_H

int test_keeping(void);
int test_groups(void);

#endif
