/* The groups of this folder; each answers the number of tests that failed. */
#ifndef UNIT_HOOK_GROUPS_H
#define UNIT_HOOK_GROUPS_H

int test_echo(void);
int test_order(void);
int test_vendor_events(void);
int test_work_rule(void);
int test_silence(void);
int test_work(void);
int test_work_days(void);
int test_hook_message(void);
int test_dedupe(void);
int test_transfer(void);
int test_rejected(void);
int test_secrets(void);
int test_key_sets(void);

#endif
