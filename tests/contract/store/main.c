/* The contract of src/store, on every implementation of store_list.h; or on those that
 * are named as arguments. */
#include "contract.h"
#include "groups.h"

static const char *const stores[] = {
#define X(name, what) #name,
#include "store/store_list.h"
#undef X
};

int main(int argc, char **argv)
{
    int failed = 0;
    for (size_t i = 0; i < COUNT_OF(stores); i++) {
        if (!unit_wanted(stores[i], argc - 1, argv + 1))
            continue;
        contract_store = stores[i];
        printf("# store %s\n", contract_store);
        fflush(stdout);
        failed += test_transaction();
        failed += test_batch();
        failed += test_open();
        failed += test_trouble();
    }
    return failed != 0;
}
