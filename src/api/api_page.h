/*
 * Pages of a list: how many items, and behind which one they begin. A cursor is the place
 * where the page before ended, authenticated together with the route, the query and the
 * reach of the key: it means nothing anywhere else, and no other text is one.
 *
 *   base64url( HMAC-SHA-256(route, query, reach, place) cut to 16 bytes, place )
 */
#ifndef API_API_PAGE_H
#define API_API_PAGE_H

#include "api/api_call.h"

struct api_page {
    uint32_t limit;
    str after; /* the place; absent: from the start */
};

/* A page is sent when it has this many bytes, however many items it may have. */
enum { API_PAGE_BYTES = 1 << 20 };

/* Reads limit and cursor. False when they were refused. */
bool api_page_read(struct api_call *call, struct api_page *ret_page) MUST_CHECK;

/* Opens the page's object and its list of items. */
struct json_out *api_page_begin(struct api_call *call);

/* Closes them, with next_cursor (`place` absent: null, this was the last page), and
 * sends. */
void api_page_end(struct api_call *call, str place);

#endif
