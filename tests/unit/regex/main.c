#include "tests.h"

int main(void)
{
    int failed = 0;
    failed += test_regex();
    failed += test_regex_cases();
    failed += test_regex_bounds();
    return failed < 255 ? failed : 255;
}
