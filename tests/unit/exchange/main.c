#include "base/crypto.h"
#include "tests.h"

int main(void)
{
    crypto_start();
    return test_body() + test_exchange() + test_gather() + test_recall();
}
