/* The unit tests of src/writes: one line for each file. */
#include "groups.h"

int main(void)
{
    int failed = 0;
    failed += test_write_message();
    failed += test_store();
    failed += test_queue();
    failed += test_days();
    return failed != 0;
}
