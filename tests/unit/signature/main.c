/* The unit tests of src/signature: one line for each file. */
#include "base/crypto.h"

int test_content(void);
int test_handshake(void);
int test_signature_rule(void);
int test_webhook(void);
int test_webhook_cases(void);
int test_webhook_request(void);

int main(void)
{
    int failed = 0;
    crypto_start();
    failed += test_content();
    failed += test_signature_rule();
    failed += test_handshake();
    failed += test_webhook_request();
    failed += test_webhook();
    failed += test_webhook_cases();
    return failed != 0;
}
