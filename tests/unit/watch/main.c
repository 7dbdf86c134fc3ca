#include "tests.h"

int main(void)
{
    return test_watch();
}
