#include "groups.h"

int main(void)
{
    int failed = 0;
    failed += test_cli_table();
    failed += test_cli_args();
    failed += test_cli_commands();
    failed += test_cli_local();
    failed += test_cli_eval();
    failed += test_cli_validate();
    failed += test_cli_verify();
    failed += test_cli_test();
    failed += test_cli_import();
    failed += test_cli_scripts();
    failed += test_cli_client();
    return failed != 0;
}
