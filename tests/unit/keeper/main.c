#include "groups.h"

int main(void)
{
    int failed = 0;
    failed += test_renewal();
    failed += test_failing();
    failed += test_asking();
    failed += test_meanwhile();
    failed += test_processes();
    failed += test_fork();
    failed += test_errand();
    failed += test_days();
    return failed != 0;
}
