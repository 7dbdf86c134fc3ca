#include "tests.h"

int main(void)
{
    int failed = 0;
    failed += test_date();
    failed += test_field();
    failed += test_field_member();
    failed += test_form();
    failed += test_header();
    failed += test_inbound();
    failed += test_inflate();
    failed += test_parse();
    failed += test_path();
    failed += test_template();
    failed += test_tls_pair();
    failed += test_url();
    failed += test_url_pattern();
    failed += test_url_query();
    failed += test_url_resolve();
    return failed < 255 ? failed : 255;
}
