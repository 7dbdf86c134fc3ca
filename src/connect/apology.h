/*
 * The page that a person sees when connecting goes wrong: the words of apology_list.h.
 * Inside of src/connect only.
 */
#ifndef CONNECT_APOLOGY_H
#define CONNECT_APOLOGY_H

#include "base/err.h"
#include "connect/page.h"

/* Title, text, status and code; `vendor` may be absent. True: it may be tried again. */
bool apology_make(enum err err, str vendor, struct arena *arena, struct page *ret_page);

#endif
