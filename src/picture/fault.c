#include "picture/fault.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "json/json_write.h"

enum { TEXT_BYTES_MAX = 4096 };

static const char *const names[] = {
    "",
#define X(code, sentence) #code,
#include "picture/fault_list.h"
#undef X
};

static const char *const sentences[] = {
    "",
#define X(code, sentence) sentence,
#include "picture/fault_list.h"
#undef X
};

str jsonata_code_name(enum jsonata_code code)
{
    return str_z(names[code]);
}

static void put_field(struct buf *buf, const struct jsonata_fault *fault, str name)
{
    if (str_eq(name, STR("token")))
        buf_str(buf, fault->token.n ? fault->token : STR("the function"));
    else if (str_eq(name, STR("index")))
        buf_printf(buf, "%u", fault->index);
    else if (str_eq(name, STR("value")) && fault->code != JSONATA_D3137 &&
             fault->code != JSONATA_D3141)
        json_write(buf, &fault->value, JSON_COMPACT);
    else if (str_eq(name, STR("value")))
        buf_str(buf, json_text(&fault->value));
    else
        json_write(buf, &fault->value2, JSON_COMPACT);
}

str jsonata_fault_text(struct arena *arena, const struct jsonata_fault *fault)
{
    struct buf buf;
    str rest = str_z(sentences[fault->code]);
    buf_init(&buf, TEXT_BYTES_MAX);
    while (rest.n) {
        size_t at = str_find(rest, '{');
        size_t end = str_find(rest, '}');
        buf_str(&buf, str_of(rest.p, at));
        if (at == rest.n)
            break;
        put_field(&buf, fault, str_of(rest.p + at + 1, end - at - 1));
        rest = str_from(rest, end + 1);
    }
    return arena_take(arena, &buf);
}

uint32_t jsonata_fault_unit(const struct jsonata_fault *fault, str source)
{
    size_t end = fault->position < source.n ? fault->position : source.n;
    return (uint32_t)utf8_units(str_of(source.p, end));
}
