#include "tests.h"

int main(void)
{
    int failed = 0;
    failed += test_check();
    failed += test_mem();
    failed += test_str();
    failed += test_utf8();
    failed += test_usec();
    failed += test_calendar();
    failed += test_arena();
    failed += test_buf();
    failed += test_list();
    failed += test_heap();
    failed += test_hash();
    failed += test_crc32c();
    failed += test_map();
    failed += test_encode();
    failed += test_uri();
    failed += test_secret();
    failed += test_crypto();
    failed += test_crypto_digest();
    failed += test_crypto_sign();
    failed += test_crypto_verify();
    failed += test_log();
    failed += test_err();
    return failed < 255 ? failed : 255;
}
