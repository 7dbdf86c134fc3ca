#include "groups.h"

int main(void)
{
    int failed = 0;
    failed += test_yaml();
    failed += test_layout();
    failed += test_openapi();
    failed += test_schemas();
    failed += test_guess();
    failed += test_catalogue();
    return failed != 0;
}
