/* The unit tests of src/policy: one line for each file. */
int test_board(void);
int test_breaker(void);
int test_breaker_model(void);
int test_breaker_threads(void);
int test_items(void);
int test_caching(void);
int test_limit(void);
int test_outcome(void);
int test_quota(void);
int test_resilience(void);
int test_retry(void);
int test_retry_budget(void);
int test_signal(void);
int test_standing(void);
int test_throttle(void);
int test_write_rule(void);

int main(void)
{
    int failed = 0;
    failed += test_board();
    failed += test_breaker();
    failed += test_breaker_model();
    failed += test_breaker_threads();
    failed += test_items();
    failed += test_caching();
    failed += test_limit();
    failed += test_outcome();
    failed += test_quota();
    failed += test_resilience();
    failed += test_retry();
    failed += test_retry_budget();
    failed += test_signal();
    failed += test_standing();
    failed += test_throttle();
    failed += test_write_rule();
    return failed != 0;
}
