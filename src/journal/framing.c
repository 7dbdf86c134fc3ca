#include "journal/framing.h"

#include <endian.h>
#include <string.h>

#include "base/crc32c.h"

static const char *const magics[] = {
    [FRAMING_HEAD] = "bwjrhead",
    [FRAMING_CLOSING] = "bwjrclos",
};

static void put_u16(char *at, uint16_t value)
{
    value = htole16(value);
    memcpy(at, &value, sizeof(value));
}

static void put_u32(char *at, uint32_t value)
{
    value = htole32(value);
    memcpy(at, &value, sizeof(value));
}

static void put_u64(char *at, uint64_t value)
{
    value = htole64(value);
    memcpy(at, &value, sizeof(value));
}

static uint16_t get_u16(const char *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof(value));
    return le16toh(value);
}

static uint32_t get_u32(const char *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return le32toh(value);
}

static uint64_t get_u64(const char *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof(value));
    return le64toh(value);
}

/* --- blocks: magic 8, layout 4, crc 4 over all the rest, six words --- */

static uint32_t sum_block(const char *block)
{
    return crc32c(crc32c(0, block, 12), block + 16, FRAMING_BLOCK_BYTES - 16);
}

void framing_write_block(enum framing_block kind,
                         const uint64_t words[FRAMING_BLOCK_WORDS],
                         char ret[FRAMING_BLOCK_BYTES])
{
    memcpy(ret, magics[kind], 8);
    put_u32(ret + 8, FRAMING_VERSION);
    for (size_t i = 0; i < FRAMING_BLOCK_WORDS; i++)
        put_u64(ret + 16 + 8 * i, words[i]);
    put_u32(ret + 12, sum_block(ret));
}

bool framing_read_block(enum framing_block kind, const char block[FRAMING_BLOCK_BYTES],
                        uint64_t ret_words[FRAMING_BLOCK_WORDS], uint32_t *ret_layout)
{
    if (ret_layout)
        *ret_layout = 0;
    if (memcmp(block, magics[kind], 8) != 0 || get_u32(block + 12) != sum_block(block))
        return false;
    if (get_u32(block + 8) != FRAMING_VERSION) {
        if (ret_layout)
            *ret_layout = get_u32(block + 8);
        return false;
    }
    for (size_t i = 0; i < FRAMING_BLOCK_WORDS; i++)
        ret_words[i] = get_u64(block + 16 + 8 * i);
    return true;
}

/* --- records: bytes 4, crc 4, sequence 8, type 2, key_bytes 2, zero 4 --- */

static uint32_t sum_record(const char *at, uint32_t bytes, uint64_t segment)
{
    char number[8];
    put_u64(number, segment);
    uint32_t crc = crc32c(crc32c(0, number, sizeof(number)), at, 4);
    return crc32c(crc, at + 8, bytes - 8);
}

void framing_write_record(const struct framing_record *record, uint64_t segment, char *at)
{
    put_u32(at, record->bytes);
    put_u64(at + 8, record->sequence);
    put_u16(at + 16, record->type);
    put_u16(at + 18, record->key_bytes);
    put_u32(at + 20, 0);
    put_u32(at + 4, sum_record(at, record->bytes, segment));
}

void framing_read_record(const char *at, struct framing_record *ret_record)
{
    *ret_record = (struct framing_record){.bytes = get_u32(at),
                                          .sequence = get_u64(at + 8),
                                          .type = get_u16(at + 16),
                                          .key_bytes = get_u16(at + 18)};
}

bool framing_check_record(const char *at, const struct framing_record *record,
                          uint64_t segment)
{
    return record->bytes >= FRAMING_HEAD_BYTES + (uint32_t)record->key_bytes &&
           record->sequence > 0 && get_u32(at + 20) == 0 &&
           get_u32(at + 4) == sum_record(at, record->bytes, segment);
}
