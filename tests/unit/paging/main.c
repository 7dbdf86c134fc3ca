/* The unit tests of src/paging: one line for each file. */
#include "base/crypto.h"

int test_cursor(void);
int test_page_guard(void);
int test_page_rule(void);
int test_walk(void);

int main(void)
{
    int failed = 0;
    crypto_start();
    failed += test_cursor();
    failed += test_page_guard();
    failed += test_page_rule();
    failed += test_walk();
    return failed != 0;
}
