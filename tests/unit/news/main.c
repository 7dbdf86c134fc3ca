/* The unit tests of src/news: one line for each file. */
#include "groups.h"

int main(void)
{
    int failed = 0;
    failed += test_echo();
    failed += test_order();
    failed += test_vendor_events();
    failed += test_work_rule();
    failed += test_silence();
    failed += test_work();
    failed += test_work_days();
    return failed != 0;
}
