/* The unit tests of src/store; what every store must do is in tests/contract/store. */
int test_datadir(void);

int main(void)
{
    return test_datadir() != 0;
}
