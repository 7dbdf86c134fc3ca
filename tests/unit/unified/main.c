/* The unit tests of src/unified: one line for each file. */
int test_mapping(void);
int test_mapping_layer(void);

int main(void)
{
    int failed = 0;
    failed += test_mapping();
    failed += test_mapping_layer();
    return failed != 0;
}
