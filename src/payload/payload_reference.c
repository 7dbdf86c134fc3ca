#include "payload/payload_reference.h"

#include <inttypes.h>
#include <stdio.h>

static const char letters[] = {[PAYLOAD_RECORD] = 'j', [PAYLOAD_FILE] = 'f'};

/* Takes so many digits, and the point behind them unless it is the end of the text. */
static bool take_hex(str *text, size_t digits, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (text->n < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        char c = text->p[i];
        bool letter = c >= 'a' && c <= 'f';
        if (!letter && !str_is_digit(c))
            return false;
        value = value << 4 | (uint64_t)(letter ? c - 'a' + 10 : c - '0');
    }
    *text = str_from(*text, digits);
    *ret_value = value;
    if (text->n == 0)
        return true;
    bool point = text->p[0] == '.';
    *text = str_from(*text, 1);
    return point && text->n > 0;
}

static bool take_letter(str *text, enum payload_kind kind)
{
    if (text->n == 0 || text->p[0] != letters[kind])
        return false;
    *text = str_from(*text, 1);
    return true;
}

enum { FIELDS = 4 }; /* of a reference, whichever kind it is */

static bool read_fields(str text, enum payload_kind kind, const size_t digits[FIELDS],
                        uint64_t ret_fields[FIELDS])
{
    if (!take_letter(&text, kind))
        return false;
    for (size_t i = 0; i < FIELDS; i++)
        if (!take_hex(&text, digits[i], &ret_fields[i]))
            return false;
    return text.n == 0;
}

void payload_write_record(const struct journal_ref *ref,
                          char ret[PAYLOAD_REFERENCE_BYTES])
{
    snprintf(ret, PAYLOAD_REFERENCE_BYTES,
             "j%016" PRIx64 ".%08" PRIx32 ".%08" PRIx32 ".%016" PRIx64, ref->segment,
             ref->offset, ref->bytes, ref->sequence);
}

bool payload_read_record(str reference, struct journal_ref *ret_ref)
{
    static const size_t digits[FIELDS] = {16, 8, 8, 16};
    uint64_t fields[FIELDS];
    if (!read_fields(reference, PAYLOAD_RECORD, digits, fields))
        return false;
    *ret_ref = (struct journal_ref){.segment = fields[0],
                                    .offset = (uint32_t)fields[1],
                                    .bytes = (uint32_t)fields[2],
                                    .sequence = fields[3]};
    return true;
}

void payload_write_file(const struct payload_file *file,
                        char ret[PAYLOAD_REFERENCE_BYTES])
{
    snprintf(ret, PAYLOAD_REFERENCE_BYTES,
             "f%016" PRIx64 ".%016" PRIx64 ".%08" PRIx32 ".%08" PRIx32, file->hour,
             file->name, file->bytes, file->crc);
}

bool payload_read_file(str reference, struct payload_file *ret_file)
{
    static const size_t digits[FIELDS] = {16, 16, 8, 8};
    uint64_t fields[FIELDS];
    if (!read_fields(reference, PAYLOAD_FILE, digits, fields))
        return false;
    *ret_file = (struct payload_file){.hour = fields[0],
                                      .name = fields[1],
                                      .bytes = (uint32_t)fields[2],
                                      .crc = (uint32_t)fields[3]};
    return ret_file->bytes <= PAYLOAD_BYTES_MAX;
}

void payload_write_prefix(enum payload_kind kind, uint64_t group,
                          char ret[PAYLOAD_REFERENCE_BYTES])
{
    snprintf(ret, PAYLOAD_REFERENCE_BYTES, "%c%016" PRIx64 ".", letters[kind], group);
}

bool payload_read_prefix(str prefix, enum payload_kind *ret_kind, uint64_t *ret_group)
{
    if (prefix.n == 0 || prefix.p[prefix.n - 1] != '.')
        return false;
    prefix.n--;
    *ret_kind = prefix.n > 0 && prefix.p[0] == letters[PAYLOAD_FILE] ? PAYLOAD_FILE
                                                                     : PAYLOAD_RECORD;
    return take_letter(&prefix, *ret_kind) && take_hex(&prefix, 16, ret_group) &&
           prefix.n == 0;
}

void payload_write_name(const struct payload_file *file,
                        char ret[PAYLOAD_FILE_NAME_BYTES])
{
    snprintf(ret, PAYLOAD_FILE_NAME_BYTES, "%016" PRIx64 ".%016" PRIx64, file->hour,
             file->name);
}

bool payload_read_name(const char *name, struct payload_file *ret_file)
{
    str text = str_z(name);
    *ret_file = (struct payload_file){0};
    return take_hex(&text, 16, &ret_file->hour) && text.n > 0 &&
           take_hex(&text, 16, &ret_file->name) && text.n == 0;
}

uint32_t payload_reference_bytes(str reference)
{
    struct journal_ref ref;
    struct payload_file file;
    if (payload_read_record(reference, &ref))
        return ref.bytes;
    return payload_read_file(reference, &file) ? file.bytes : 0;
}
