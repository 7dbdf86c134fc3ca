/*
 * HTTP/2 frames as a server sends them (RFC 9113 §4, §6), for scripts of peer.h. Header
 * blocks are literals without Huffman coding (RFC 7541 §6.2.2), so that what is on the
 * wire can be read.
 */
#ifndef SUPPORT_H2_H
#define SUPPORT_H2_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum h2_error { H2_PROTOCOL_ERROR = 1, H2_CANCEL = 8, H2_REFUSED_STREAM = 7 };

/* HEADERS with `lines`, "name: value\n…"; `last` ends the stream. */
void h2_headers(struct buf *out, uint32_t stream, const char *lines, bool last);
void h2_data(struct buf *out, uint32_t stream, const char *text, bool last);
/* `n` bytes of letter x, in frames of 16 KiB. */
void h2_flood(struct buf *out, uint32_t stream, size_t n, bool last);
void h2_reset(struct buf *out, uint32_t stream, enum h2_error error);
void h2_goaway(struct buf *out, uint32_t last_stream, enum h2_error error);
/* More to send: for the stream, or (0) for the connection. */
void h2_window(struct buf *out, uint32_t stream, uint32_t bytes);

#endif
