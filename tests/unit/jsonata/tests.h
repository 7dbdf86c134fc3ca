/* The groups of this folder; each answers the number of tests that failed. */
#ifndef UNIT_JSONATA_TESTS_H
#define UNIT_JSONATA_TESTS_H

int test_conformance(void);
int test_limits(void);
int test_memory(void);
int test_number_text(void);
int test_picture_date(void);
int test_picture_integer(void);
int test_picture_number(void);
int test_reads(void);
int test_sharing(void);
int test_text(void);

#endif
