/* The unit tests of src/share: one line for each file. */
int test_share(void);
int test_share_threads(void);

int main(void)
{
    return test_share() + test_share_threads();
}
