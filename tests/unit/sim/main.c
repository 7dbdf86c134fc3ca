#include "tests.h"

#include "base/crypto.h"

int main(void)
{
    int failed = 0;
    crypto_start();
    failed += test_body();
    failed += test_inject();
    failed += test_limit();
    failed += test_mutate();
    failed += test_page();
    failed += test_plan();
    failed += test_record();
    failed += test_script();
    failed += test_sim();
    failed += test_template();
    failed += test_write();
    return failed < 255 ? failed : 255;
}
