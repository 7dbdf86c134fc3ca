/* The unit tests of src/catalog: one line for each file. */
#include "base/crypto.h"

int test_base_url(void);
int test_catalog(void);
int test_catalog_change(void);
int test_catalog_folder(void);
int test_catalog_pin(void);
int test_catalog_watch(void);
int test_document(void);
int test_faulty_documents(void);
int test_idempotency(void);
int test_integrations(void);
int test_method(void);
int test_overlay(void);
int test_override(void);
int test_recall(void);
int test_repeat_search(void);
int test_request_schema(void);
int test_snapshot(void);
int test_token_answers(void);
int test_vendor_pages(void);
int test_vendor_samples(void);
int test_way(void);

int main(void)
{
    int failed = 0;
    crypto_start();
    failed += test_base_url();
    failed += test_catalog();
    failed += test_catalog_change();
    failed += test_catalog_folder();
    failed += test_catalog_pin();
    failed += test_catalog_watch();
    failed += test_document();
    failed += test_faulty_documents();
    failed += test_idempotency();
    failed += test_integrations();
    failed += test_method();
    failed += test_overlay();
    failed += test_override();
    failed += test_recall();
    failed += test_repeat_search();
    failed += test_request_schema();
    failed += test_snapshot();
    failed += test_token_answers();
    failed += test_vendor_pages();
    failed += test_vendor_samples();
    failed += test_way();
    return failed != 0;
}
