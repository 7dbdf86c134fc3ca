/* The unit tests of src/deliver: one line for each file. */
#include "groups.h"

int main(void)
{
    int failed = 0;
    failed += test_deliver_rule();
    failed += test_guard();
    failed += test_signing();
    failed += test_deliver_queue();
    failed += test_deliver_days();
    return failed != 0;
}
