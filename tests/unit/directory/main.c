#include "groups.h"

int main(void)
{
    int failed = 0;
    failed += test_roster();
    failed += test_tenant();
    failed += test_keyring();
    failed += test_change();
    failed += test_check();
    failed += test_find();
    failed += test_list();
    failed += test_credential();
    failed += test_app();
    failed += test_audit();
    failed += test_rotation();
    failed += test_token_change();
    failed += test_directory_open();
    failed += test_way();
    failed += test_model();
    failed += test_crowd();
    failed += test_ending();
    failed += test_login();
    return failed != 0;
}
