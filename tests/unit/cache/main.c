#include "larder.h"

int main(void)
{
    return test_table() + test_cache() + test_disk() + test_record();
}
