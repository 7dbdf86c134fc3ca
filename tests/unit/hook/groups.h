/* The groups of this folder; each answers the number of tests that failed. */
#ifndef UNIT_HOOK_GROUPS_H
#define UNIT_HOOK_GROUPS_H

int test_hook_message(void);
int test_dedupe(void);
int test_transfer(void);
int test_rejected(void);
int test_secrets(void);
int test_key_sets(void);

#endif
