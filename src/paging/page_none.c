/*
 * One answer has all of it: there is no second request.
 */
#include "paging/page_kind.h"

const struct page_ops page_none = {0};
