/* The groups of this folder; each answers the number of tests that failed. */
#ifndef UNIT_PICTURE_TESTS_H
#define UNIT_PICTURE_TESTS_H

int test_number_text(void);
int test_picture_date(void);
int test_picture_integer(void);
int test_picture_number(void);
int test_text(void);

#endif
