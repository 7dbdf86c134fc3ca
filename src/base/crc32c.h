/*
 * CRC-32C (Castagnoli; polynomial 0x1EDC6F41, reflected; RFC 3720 appendix B.4): finds
 * what a disk has torn or turned. It does not protect against anybody who wants to forge.
 */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The sum of n bytes; `crc` is 0, or the sum of what came before them. Any thread. */
uint32_t crc32c(uint32_t crc, const void *p, size_t n);

/* The same by a table, on any processor; and whether crc32c uses an instruction. */
uint32_t crc32c_portable(uint32_t crc, const void *p, size_t n);
bool crc32c_has_instruction(void);

#endif
