/*
 * The records of the cache's files, as bytes. A frame of 24 bytes, what is told in clear
 * (whose it is, so that a purge finds it without a key), and what is sealed:
 *
 *   magic u32 │ kind u32 │ clear bytes u32 │ sealed bytes u32 │ checksum u64
 *
 * Numbers stand as the machine has them: the files are one machine's. The checksum finds
 * what was torn or has rotted; that nobody has changed it, the seal knows, which is bound
 * to the clear part. For cache/ only. Pure.
 */
#ifndef CACHE_RECORD_H
#define CACHE_RECORD_H

#include "base/buf.h"
#include "cache/cache.h"

enum { RECORD_FRAME_BYTES = 24, RECORD_BYTES_MAX = 4 << 20 };

enum record_kind { RECORD_ENTRY = 1, RECORD_INVALIDATION, RECORD_PURGE };

struct record {
    enum record_kind kind;
    str clear;
    str sealed;
};

/* The frame; clear and sealed follow it. */
void record_frame(const struct record *record, char ret[RECORD_FRAME_BYTES]);

/* The first record of `bytes`; they go on behind it. False: there is no whole and sound
 * one. */
bool record_next(str *bytes, struct record *ret);

/* The parts of an entry. `fresh`: whether it is still. The texts of what is read borrow
 * from `clear` and `plain`; headers stand in the arena. False: it is not as it must be.
 * Of times it has only the wall's: the reader makes the others. */
struct record_times {
    usec stored_wall;
    usec age;
    usec fresh; /* from when it was stored; 0: not any more */
    usec stale;
};

void record_write_clear(struct buf *buf, const struct cache_entry *entry,
                        const struct record_times *times);
void record_write_plain(struct buf *buf, const struct cache_entry *entry);
bool record_read_clear(str clear, struct cache_entry *ret,
                       struct record_times *ret_times);
bool record_read_plain(str plain, struct arena *arena, struct cache_entry *ret);

/* Texts in a row, absent ones too; false: they are not there. */
void record_write_texts(struct buf *buf, const str *texts, size_t n);
bool record_read_texts(str *bytes, str *ret_texts, size_t n);

#endif
