/* The groups of this folder; each answers the number of tests that failed. */
#ifndef UNIT_CLI_GROUPS_H
#define UNIT_CLI_GROUPS_H

int test_cli_table(void);
int test_cli_args(void);
int test_cli_commands(void);
int test_cli_local(void);
int test_cli_eval(void);
int test_cli_validate(void);
int test_cli_verify(void);
int test_cli_test(void);
int test_cli_import(void);
int test_cli_scripts(void);
int test_cli_client(void);

#endif
