/* The unit tests of src/unified: one line for each file. */
int test_mapping(void);
int test_mapping_layer(void);
int test_model(void);
int test_mapping_wire(void);

int main(void)
{
    int failed = 0;
    failed += test_mapping();
    failed += test_mapping_layer();
    failed += test_model();
    failed += test_mapping_wire();
    return failed != 0;
}
