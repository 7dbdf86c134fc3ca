#include "groups.h"

int main(void)
{
    int failed = 0;
    failed += test_worker();
    failed += test_driver();
    failed += test_world();
    failed += test_offload();
    failed += test_space();
    return failed != 0;
}
