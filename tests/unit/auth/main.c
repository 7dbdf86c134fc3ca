/* The unit tests of src/auth: one line for each file. */
#include "base/crypto.h"

int test_auth_apply(void);
int test_auth_rule(void);
int test_auth_schemes(void);
int test_auth_signed(void);
int test_auth_take_key(void);
int test_auth_vendors(void);
int test_certificate(void);
int test_client_auth(void);
int test_jwt(void);
int test_oauth1(void);
int test_own_request(void);
int test_pkce(void);
int test_token_answer(void);
int test_token_request(void);
int test_token_rule(void);
int test_wsse(void);

int main(void)
{
    int failed = 0;
    crypto_start();
    failed += test_auth_apply();
    failed += test_auth_rule();
    failed += test_auth_schemes();
    failed += test_auth_signed();
    failed += test_auth_take_key();
    failed += test_auth_vendors();
    failed += test_certificate();
    failed += test_client_auth();
    failed += test_jwt();
    failed += test_oauth1();
    failed += test_own_request();
    failed += test_pkce();
    failed += test_token_answer();
    failed += test_token_request();
    failed += test_token_rule();
    failed += test_wsse();
    return failed != 0;
}
