#include "tests.h"

int main(void)
{
    int failed = 0;
    failed += test_conformance();
    failed += test_limits();
    failed += test_memory();
    failed += test_sharing();
    failed += test_reads();
    return failed < 255 ? failed : 255;
}
