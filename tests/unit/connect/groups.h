/* The groups of this folder; each answers the number of tests that failed. */
#ifndef UNIT_CONNECT_GROUPS_H
#define UNIT_CONNECT_GROUPS_H

int test_session(void);
int test_connect_form(void);
int test_connect(void);
int test_choice(void);
int test_page(void);
int test_ticket(void);

#endif
