/*
 * Decompression of bodies that are looked at (errors, signals), never of those that are
 * passed on. gzip, x-gzip and deflate (zlib or raw) by zlib, zstd by libzstd; bounded, so
 * that a small body cannot become a large one. Any thread.
 */
#ifndef HTTP_INFLATE_H
#define HTTP_INFLATE_H

#include "base/arena.h"
#include "base/str.h"

enum inflate_result {
    INFLATE_OK,
    INFLATE_UNKNOWN, /* a coding that is not read here (br, several at once) */
    INFLATE_BROKEN,  /* not what it claims to be, or cut */
    INFLATE_TOO_LARGE
};

/* `coding` is the value of Content-Encoding; absent, empty or "identity" answers `body`
 * itself. A body that is cut gives INFLATE_BROKEN and in *ret_text what was readable. */
enum inflate_result inflate_body(struct arena *arena, str coding, str body,
                                 size_t bytes_max, str *ret_text);

#endif
