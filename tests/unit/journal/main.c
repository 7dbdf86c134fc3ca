#include "groups.h"

int main(void)
{
    int failed = 0;
    failed += test_disk();
    failed += test_framing();
    failed += test_append();
    failed += test_read();
    failed += test_scan();
    failed += test_drop();
    failed += test_recover();
    failed += test_trouble();
    failed += test_power();
    failed += test_kill();
    return failed != 0;
}
