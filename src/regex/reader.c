#include "regex/reader.h"

#include "base/encode.h"
#include "base/utf8.h"

uint32_t reader_character(struct reader *r)
{
    return reader_ended(r) ? READER_END : utf8_next(r->pattern, &r->at);
}

bool reader_hex(struct reader *r, unsigned digits, uint32_t *ret_value)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < digits; i++) {
        int digit = decode_hex_digit(reader_byte(r, i));
        if (digit < 0)
            return false;
        value = value * 16 + (uint32_t)digit;
    }
    r->at += digits;
    *ret_value = value;
    return true;
}

bool reader_refuse(struct reader *r, size_t offset, const char *what)
{
    if (str_absent(r->fault.what))
        r->fault = (struct regex_fault){(uint32_t)offset, str_z(what)};
    return false;
}

struct node *reader_fail(struct reader *r, size_t offset, const char *what)
{
    reader_refuse(r, offset, what);
    return NULL;
}

struct node *reader_node(struct reader *r, enum node_kind kind)
{
    struct node *node = arena_zalloc(r->arena, sizeof(*node));
    node->kind = (uint8_t)kind;
    node->offset = (uint32_t)r->at;
    node->group_from = r->groups + 1;
    node->group_to = r->groups + 1;
    return node;
}
