/* The groups of this folder; each answers the number of tests that failed. */
#ifndef UNIT_DIRECTORY_GROUPS_H
#define UNIT_DIRECTORY_GROUPS_H

int test_roster(void);
int test_tenant(void);
int test_keyring(void);
int test_change(void);
int test_check(void);
int test_find(void);
int test_list(void);
int test_credential(void);
int test_app(void);
int test_audit(void);
int test_rotation(void);
int test_token_change(void);
int test_directory_open(void);
int test_way(void);
int test_model(void);
int test_crowd(void);
int test_ending(void);
int test_login(void);

#endif
