/* The groups of this folder; each answers the number of tests that failed. */
#ifndef UNIT_BASE_TESTS_H
#define UNIT_BASE_TESTS_H

int test_arena(void);
int test_buf(void);
int test_calendar(void);
int test_check(void);
int test_crypto(void);
int test_crypto_digest(void);
int test_crypto_sign(void);
int test_crypto_verify(void);
int test_encode(void);
int test_err(void);
int test_hash(void);
int test_crc32c(void);
int test_heap(void);
int test_list(void);
int test_log(void);
int test_map(void);
int test_mem(void);
int test_secret(void);
int test_str(void);
int test_uri(void);
int test_usec(void);
int test_utf8(void);

#endif
