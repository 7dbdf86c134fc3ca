/* The unit tests of src/auth: one line for each file. */
int test_auth_apply(void);
int test_auth_rule(void);
int test_auth_schemes(void);
int test_auth_take_key(void);

int main(void)
{
    int failed = 0;
    failed += test_auth_apply();
    failed += test_auth_rule();
    failed += test_auth_schemes();
    failed += test_auth_take_key();
    return failed != 0;
}
