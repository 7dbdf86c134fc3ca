/* The unit tests of src/hook: one line for each file. */
#include "groups.h"

int main(void)
{
    int failed = 0;
    failed += test_hook_message();
    failed += test_dedupe();
    failed += test_transfer();
    failed += test_rejected();
    failed += test_secrets();
    failed += test_key_sets();
    return failed != 0;
}
