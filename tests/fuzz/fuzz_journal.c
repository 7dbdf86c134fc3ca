/*
 * The first byte chooses: the rest stands in a segment's file where records do, as it is
 * or with its checksums put right; or is a reference or a prefix as a row may have one.
 * What a walk answers lies inside the file and rises; what is read is written again as it
 * was.
 */
#include <string.h>

#include "base/mem.h"
#include "journal/segment.h"
#include "payload/payload_reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { SEGMENT = 9, FIRST = 100 };

struct memory {
    struct disk disk;
    const char *bytes; /* from FRAMING_RECORDS_AT on */
    size_t n;
};

static int on_read(struct disk *disk, int file, void *ret, size_t n, uint64_t at,
                   size_t *ret_n)
{
    const struct memory *memory = CONTAINER_OF(disk, struct memory, disk);
    (void)file;
    CHECK(at >= FRAMING_RECORDS_AT && at <= FRAMING_RECORDS_AT + memory->n);
    uint64_t left = FRAMING_RECORDS_AT + memory->n - at;
    *ret_n = n < left ? n : (size_t)left;
    memcpy(ret, memory->bytes + (at - FRAMING_RECORDS_AT), *ret_n);
    return 0;
}

/* As if they had been written so. */
static void put_checksums_right(char *bytes, size_t n)
{
    struct framing_record record;
    for (size_t at = 0; n - at >= FRAMING_HEAD_BYTES;) {
        framing_read_record(bytes + at, &record);
        if (record.bytes < FRAMING_HEAD_BYTES || record.bytes > n - at)
            return;
        framing_write_record(&record, SEGMENT, bytes + at);
        uint64_t next = at + framing_align(record.bytes, FRAMING_ALIGN);
        if (next > n)
            return;
        at = (size_t)next;
    }
}

static void check_entry(const struct journal_entry *entry, uint64_t at, uint64_t before)
{
    CHECK(entry->ref.segment == SEGMENT && entry->ref.offset >= before);
    CHECK(entry->ref.bytes == entry->bytes.n && entry->bytes.p);
    CHECK(str_absent(entry->key) == (entry->key.n == 0));
    CHECK(entry->ref.offset + framing_room(entry->key.n + entry->bytes.n) == at);
}

static void walk(const char *bytes, size_t n)
{
    static const struct disk_ops ops = {.read = on_read};
    struct memory memory = {.disk = {&ops}, .bytes = bytes, .n = n};
    struct segment segment = {
        .number = SEGMENT, .first_sequence = FIRST, .end = FRAMING_RECORDS_AT + n};
    struct journal_entry entry;
    struct walk it;
    enum walk_step step;
    uint64_t sequence = FIRST, at = FRAMING_RECORDS_AT;
    walk_init(&it, &memory.disk, 0, &segment);
    for (; (step = walk_next(&it, &entry)) == WALK_RECORD; at = it.at) {
        CHECK(it.at > at);
        CHECK(entry.ref.sequence == sequence++);
        check_entry(&entry, it.at, at);
    }
    CHECK(step != WALK_FAILED && it.at <= segment.end);
    CHECK(step != WALK_END || it.at == segment.end);
    walk_fini(&it);
}

static void read_text(str text)
{
    char again[PAYLOAD_REFERENCE_BYTES];
    struct journal_ref ref;
    struct payload_file file;
    enum payload_kind kind;
    uint64_t group;
    if (payload_read_record(text, &ref)) {
        payload_write_record(&ref, again);
        CHECK(str_eq(text, str_z(again)));
    }
    if (payload_read_file(text, &file)) {
        payload_write_file(&file, again);
        CHECK(str_eq(text, str_z(again)));
    }
    if (payload_read_prefix(text, &kind, &group)) {
        payload_write_prefix(kind, group, again);
        CHECK(str_eq(text, str_z(again)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n == 0)
        return 0;
    size_t room = (size_t)framing_align(n - 1, FRAMING_SECTOR);
    char *copy = mem_zalloc(room);
    memcpy(copy, bytes + 1, n - 1);
    if (bytes[0] % 3 == 0)
        put_checksums_right(copy, room);
    if (bytes[0] % 3 < 2)
        walk(copy, room);
    else
        read_text(str_of(copy, n - 1));
    mem_free(copy);
    return 0;
}
