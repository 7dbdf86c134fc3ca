/* The unit tests of src/writes: one line for each file. */
int test_write_message(void);

int main(void)
{
    int failed = 0;
    failed += test_write_message();
    return failed != 0;
}
