#include <stdlib.h>

#include "rows.h"
#include "tests.h"

/* JSONATA_ROWS=FILE: only the rows of that file (tests/differential). */
int main(void)
{
    const char *rows = getenv("JSONATA_ROWS");
    if (rows)
        return rows_report(rows);
    int failed = 0;
    failed += test_picture_number();
    failed += test_picture_integer();
    failed += test_picture_date();
    failed += test_number_text();
    failed += test_text();
    return failed < 255 ? failed : 255;
}
