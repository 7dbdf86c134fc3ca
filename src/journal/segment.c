#include "journal/segment.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { WALK_BYTES_MAX = JOURNAL_RECORD_BYTES_MAX + 64 * 1024, HEX_DIGITS = 16 };

static const char *const suffixes[] = {
    [SEGMENT_NUMBERED] = ".segment",
    [SEGMENT_SPARE] = ".spare",
};

char *segment_path(const char *dir, uint64_t number, enum segment_name name)
{
    size_t room = strlen(dir) + SEGMENT_NAME_BYTES;
    char *path = mem_alloc(room);
    snprintf(path, room, "%s/%016" PRIx64 "%s", dir, number, suffixes[name]);
    return path;
}

static bool parse_hex(const char *text, uint64_t *ret_number)
{
    uint64_t number = 0;
    for (int i = 0; i < HEX_DIGITS; i++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = text[i] ? strchr(digits, text[i]) : NULL;
        if (!digit)
            return false;
        number = number << 4 | (uint64_t)(digit - digits);
    }
    *ret_number = number;
    return true;
}

bool segment_parse_name(const char *file_name, uint64_t *ret_number,
                        enum segment_name *ret_name)
{
    if (!parse_hex(file_name, ret_number))
        return false;
    for (unsigned i = 0; i < COUNT_OF(suffixes); i++) {
        if (strcmp(file_name + HEX_DIGITS, suffixes[i]) != 0)
            continue;
        *ret_name = (enum segment_name)i;
        return true;
    }
    return false;
}

/* --- blocks --- */

int segment_write_head(struct disk *disk, int file, const struct segment *segment)
{
    char block[FRAMING_BLOCK_BYTES];
    const uint64_t words[FRAMING_BLOCK_WORDS] = {
        segment->number,       segment->first_sequence,    segment->previous,
        segment->previous_end, (uint64_t)segment->created, segment->file_bytes};
    framing_write_block(FRAMING_HEAD, words, block);
    return disk_write_all(disk, file, block, sizeof(block), 0);
}

int segment_write_closing(struct disk *disk, int file, const struct segment *segment)
{
    char block[FRAMING_BLOCK_BYTES];
    const uint64_t words[FRAMING_BLOCK_WORDS] = {segment->number, segment->end,
                                                 segment->end_sequence, segment->records,
                                                 (uint64_t)segment->closed};
    framing_write_block(FRAMING_CLOSING, words, block);
    return disk_write_all(disk, file, block, sizeof(block), FRAMING_CLOSING_AT);
}

/* The block, if it is whole and of the segment with this number. */
static int read_block(struct disk *disk, int file, enum framing_block kind,
                      uint64_t ret_words[FRAMING_BLOCK_WORDS], uint32_t *ret_layout)
{
    char block[FRAMING_BLOCK_BYTES] = {0};
    size_t n = 0;
    uint64_t at = kind == FRAMING_HEAD ? 0 : FRAMING_CLOSING_AT;
    int err = disk->ops->read(disk, file, block, sizeof(block), at, &n);
    if (err || !framing_read_block(kind, block, ret_words, ret_layout))
        ret_words[0] = 0;
    return err;
}

int segment_read_head(struct disk *disk, int file, struct segment *segment,
                      bool *ret_found, uint32_t *ret_layout)
{
    uint64_t words[FRAMING_BLOCK_WORDS];
    *ret_layout = 0;
    int err = read_block(disk, file, FRAMING_HEAD, words, ret_layout);
    *ret_found = words[0] == segment->number;
    if (err || !*ret_found)
        return err;
    segment->first_sequence = words[1];
    segment->previous = words[2];
    segment->previous_end = words[3];
    segment->created = (usec)words[4];
    return 0;
}

int segment_read_closing(struct disk *disk, int file, struct segment *segment,
                         bool *ret_found)
{
    uint64_t words[FRAMING_BLOCK_WORDS];
    int err = read_block(disk, file, FRAMING_CLOSING, words, NULL);
    *ret_found = words[0] == segment->number;
    if (err || !*ret_found)
        return err;
    segment->end = words[1];
    segment->end_sequence = words[2];
    segment->records = words[3];
    segment->closed = (usec)words[4];
    return 0;
}

/* --- walking --- */

void walk_init(struct walk *walk, struct disk *disk, int file,
               const struct segment *segment)
{
    size_t room = segment->end < WALK_BYTES_MAX ? (size_t)segment->end : WALK_BYTES_MAX;
    *walk = (struct walk){.disk = disk,
                          .file = file,
                          .segment = segment->number,
                          .at = FRAMING_RECORDS_AT,
                          .end = segment->end,
                          .expect = segment->first_sequence,
                          .room = room,
                          .buffer = mem_alloc(room)};
}

void walk_fini(struct walk *walk)
{
    mem_free(walk->buffer);
}

/* n bytes at `at`, which end before `end`; NULL with `err`. */
static const char *look(struct walk *walk, size_t n)
{
    if (walk->at >= walk->buffer_at && walk->at + n <= walk->buffer_at + walk->buffer_n)
        return walk->buffer + (walk->at - walk->buffer_at);
    uint64_t left = walk->end - walk->at;
    size_t wanted = left < walk->room ? (size_t)left : walk->room;
    walk->buffer_at = walk->at;
    walk->err = walk->disk->ops->read(walk->disk, walk->file, walk->buffer, wanted,
                                      walk->at, &walk->buffer_n);
    if (!walk->err && walk->buffer_n < n) /* the file was cut by others */
        memset(walk->buffer + walk->buffer_n, 0, n - walk->buffer_n);
    return walk->err ? NULL : walk->buffer;
}

/* A record that cannot be right. If it begins as the next one would, it was torn. */
static enum walk_step spoilt(const struct walk *walk, const struct framing_record *record)
{
    return walk->expect && record->sequence == walk->expect ? WALK_BAD : WALK_NONE;
}

static void fill_entry(const struct walk *walk, const struct framing_record *record,
                       const char *at, struct journal_entry *ret_entry)
{
    uint32_t bytes = record->bytes - FRAMING_HEAD_BYTES - record->key_bytes;
    const char *key = at + FRAMING_HEAD_BYTES;
    *ret_entry = (struct journal_entry){
        .ref = {walk->segment, record->sequence, (uint32_t)walk->at, bytes},
        .type = record->type,
        .key = record->key_bytes ? str_of(key, record->key_bytes) : STR_NONE,
        .bytes = str_of(key + record->key_bytes, bytes)};
}

/* Past padding, up to the next batch. */
static void skip_padding(struct walk *walk, const char *at)
{
    static const char zeros[4];
    if (memcmp(at, zeros, sizeof(zeros)) == 0)
        walk->at = framing_align(walk->at, FRAMING_SECTOR);
}

enum walk_step walk_next(struct walk *walk, struct journal_entry *ret_entry)
{
    struct framing_record record;
    const char *at;
    /* what is left of a sector may be too short for a head, never for its first 4 bytes
     */
    if (walk->at < walk->end) {
        if ((at = look(walk, sizeof(uint32_t))) == NULL)
            return WALK_FAILED;
        skip_padding(walk, at);
    }
    if (walk->at >= walk->end)
        return WALK_END;
    if (walk->end - walk->at < FRAMING_HEAD_BYTES)
        return WALK_NONE;
    if ((at = look(walk, FRAMING_HEAD_BYTES)) == NULL)
        return WALK_FAILED;
    framing_read_record(at, &record);
    if (record.bytes < FRAMING_HEAD_BYTES || record.bytes > walk->end - walk->at ||
        record.bytes > FRAMING_HEAD_BYTES + JOURNAL_RECORD_BYTES_MAX)
        return spoilt(walk, &record);
    if ((at = look(walk, record.bytes)) == NULL)
        return WALK_FAILED;
    if (!framing_check_record(at, &record, walk->segment) ||
        (walk->expect && record.sequence != walk->expect))
        return spoilt(walk, &record);
    fill_entry(walk, &record, at, ret_entry);
    walk->at += framing_align(record.bytes, FRAMING_ALIGN);
    walk->expect = record.sequence + 1;
    return WALK_RECORD;
}
