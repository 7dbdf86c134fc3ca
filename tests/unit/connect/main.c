#include "groups.h"

int main(void)
{
    int failed = 0;
    failed += test_session();
    failed += test_connect_form();
    failed += test_connect();
    failed += test_choice();
    failed += test_page();
    failed += test_ticket();
    return failed != 0;
}
