/* The groups of this folder; each answers the number of tests that failed. */
#ifndef UNIT_JSONATA_TESTS_H
#define UNIT_JSONATA_TESTS_H

int test_conformance(void);
int test_limits(void);
int test_memory(void);
int test_reads(void);
int test_sharing(void);

#endif
