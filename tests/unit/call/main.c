#include "tests.h"

int main(void)
{
    return test_dial() + test_dns();
}
