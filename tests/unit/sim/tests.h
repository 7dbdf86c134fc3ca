/* The tests of this folder; each answers how many failed. */
#ifndef UNIT_SIM_TESTS_H
#define UNIT_SIM_TESTS_H

int test_body(void);
int test_inject(void);
int test_limit(void);
int test_mutate(void);
int test_page(void);
int test_plan(void);
int test_record(void);
int test_script(void);
int test_sim(void);
int test_template(void);
int test_write(void);

#endif
