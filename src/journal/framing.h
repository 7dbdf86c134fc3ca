/*
 * How a segment's file looks. Numbers are little-endian.
 *
 *      0  head      magic, layout, crc, number, first_sequence, previous, previous_end,
 *                   created, bytes; durable before the file has its name
 *   4096  closing   magic, layout, crc, number, end, end_sequence, records, closed, 0;
 *                   written once everything before it is durable
 *   8192  records   bytes, crc, sequence, type, key_bytes, 0; key; payload. Each on a
 *                   multiple of 8. A batch begins on a multiple of 512, and has zeros
 *                   behind its last record up to the next
 *
 * `bytes` of a record counts head, key and payload, so that it is never 0: a 0 in its
 * place is padding up to the next multiple of 512, or the unwritten rest. A batch of its
 * own sectors never shares one with what was answered before it, so a torn write cannot
 * take that along.
 *
 * A record's checksum begins with the number of its segment. Pure.
 */
#ifndef JOURNAL_FRAMING_H
#define JOURNAL_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum {
    FRAMING_VERSION = 1,
    FRAMING_CLOSING_AT = 4096,
    FRAMING_RECORDS_AT = 8192,
    FRAMING_BLOCK_BYTES = 64,
    FRAMING_BLOCK_WORDS = 6,
    FRAMING_HEAD_BYTES = 24, /* of a record */
    FRAMING_ALIGN = 8,
    FRAMING_SECTOR = 512,
};

enum framing_block { FRAMING_HEAD, FRAMING_CLOSING };

/* A head or a closing, as six numbers. */
void framing_write_block(enum framing_block kind,
                         const uint64_t words[FRAMING_BLOCK_WORDS],
                         char ret[FRAMING_BLOCK_BYTES]);

/* False when it is none of ours; *ret_layout (may be NULL) tells a newer one, else 0. */
bool framing_read_block(enum framing_block kind, const char block[FRAMING_BLOCK_BYTES],
                        uint64_t ret_words[FRAMING_BLOCK_WORDS], uint32_t *ret_layout);

struct framing_record {
    uint64_t sequence;
    uint16_t type;
    uint16_t key_bytes;
    uint32_t bytes; /* head, key and payload */
};

static inline uint64_t framing_align(uint64_t at, uint64_t to)
{
    return (at + to - 1) / to * to;
}

/* How much of a file a record takes. */
static inline uint64_t framing_room(uint64_t key_and_payload)
{
    return framing_align(FRAMING_HEAD_BYTES + key_and_payload, FRAMING_ALIGN);
}

/* Writes the head in front of the record's key and payload, which stand behind it. */
void framing_write_record(const struct framing_record *record, uint64_t segment,
                          char *at);

/* The head alone, unchecked: for its length. */
void framing_read_record(const char *at, struct framing_record *ret_record);

/* Whether the whole record at `at` is one of this segment, unchanged. */
bool framing_check_record(const char *at, const struct framing_record *record,
                          uint64_t segment);

#endif
