#include "base/crypto.h"
#include "tests.h"

int main(void)
{
    int failed = 0;
    crypto_start();
    failed += test_schema_number();
    failed += test_names();
    failed += test_schema();
    failed += test_schema_explain();
    failed += test_conformance();
    return failed < 255 ? failed : 255;
}
