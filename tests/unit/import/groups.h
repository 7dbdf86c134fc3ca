/* The unit tests of src/import: one function for each file; what failed is counted. */
#ifndef UNIT_IMPORT_GROUPS_H
#define UNIT_IMPORT_GROUPS_H

int test_yaml(void);
int test_layout(void);
int test_openapi(void);
int test_schemas(void);
int test_guess(void);
int test_catalogue(void);

#endif
