/*
 * References of local payloads as texts, fixed in length, so that those of one group are
 * one range of texts:
 *
 *   jSSSSSSSSSSSSSSSS.OOOOOOOO.BBBBBBBB.QQQQQQQQQQQQQQQQ
 *     segment, offset, bytes, sequence of a record
 *   fHHHHHHHHHHHHHHHH.NNNNNNNNNNNNNNNN.BBBBBBBB.CCCCCCCC
 *     hour, name, bytes, CRC-32C of a file
 *
 * All hexadecimal, in lower case; the groups are what stands before the first point, and
 * it. Pure.
 */
#ifndef PAYLOAD_PAYLOAD_REFERENCE_H
#define PAYLOAD_PAYLOAD_REFERENCE_H

#include "payload/payload.h"

enum payload_kind { PAYLOAD_RECORD, PAYLOAD_FILE };

/* A large payload's own file. */
struct payload_file {
    uint64_t hour; /* since 1970 */
    uint64_t name; /* by chance */
    uint32_t bytes;
    uint32_t crc;
};

void payload_write_record(const struct journal_ref *ref,
                          char ret[PAYLOAD_REFERENCE_BYTES]);
void payload_write_file(const struct payload_file *file,
                        char ret[PAYLOAD_REFERENCE_BYTES]);

/* False when it is none of that kind, or has a character more or less. */
bool payload_read_record(str reference, struct journal_ref *ret_ref);
bool payload_read_file(str reference, struct payload_file *ret_file);

/* The bytes of the payload that it refers to; 0: it is no reference. */
uint32_t payload_reference_bytes(str reference);

/* A group: of a segment, or of an hour. */
void payload_write_prefix(enum payload_kind kind, uint64_t group,
                          char ret[PAYLOAD_REFERENCE_BYTES]);
bool payload_read_prefix(str prefix, enum payload_kind *ret_kind, uint64_t *ret_group);

/* HOUR.NAME, as the file is called; and back. */
enum { PAYLOAD_FILE_NAME_BYTES = 40 };
void payload_write_name(const struct payload_file *file,
                        char ret[PAYLOAD_FILE_NAME_BYTES]);
bool payload_read_name(const char *name, struct payload_file *ret_file);

#endif
