#include "tests.h"

int main(void)
{
    int failed = 0;
    failed += test_json();
    failed += test_json_number();
    failed += test_json_parse();
    failed += test_json_distinct();
    failed += test_json_write();
    failed += test_pointer();
    failed += test_json_place();
    failed += test_json_lines();
    failed += test_merge();
    failed += test_bind_nearest();
    failed += test_bind();
    failed += test_bind_schema();
    return failed < 255 ? failed : 255;
}
