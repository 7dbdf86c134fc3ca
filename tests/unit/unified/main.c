/* The unit tests of src/unified: one line for each file. */
int test_mapping(void);

int main(void)
{
    int failed = 0;
    failed += test_mapping();
    return failed != 0;
}
