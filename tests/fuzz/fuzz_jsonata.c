/*
 * The input is an expression: compiled, looked at, and run over a small document within
 * small limits. Whatever it is, it ends; what it gives is printable JSON; a fault has a
 * sentence and a place in the source.
 */
#include "base/buf.h"
#include "json/json_parse.h"
#include "json/json_write.h"
#include "jsonata/jsonata.h"
#include "jsonata/reads.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { ARENA_BYTES_MAX = 16 << 20, OUT_BYTES_MAX = 64 << 20, SOURCE_BYTES_MAX = 4096 };

static const char document[] =
    "{\"a\":[{\"b\":1,\"c\":\"x y\"},{\"b\":2.50,\"c\":null},{\"b\":[3,[4]],\"d\":{}}],"
    "\"n\":-1e3,\"s\":\"\xc3\xa9\xf0\x9f\x98\x80 "
    "a1\",\"t\":true,\"o\":{\"k\":{\"k\":[]}},"
    "\"e\":[]}";

static void check_fault(struct arena *arena, str source,
                        const struct jsonata_fault *fault)
{
    CHECK(fault->code != JSONATA_OK && fault->position <= source.n);
    CHECK(jsonata_fault_unit(fault, source) <= 2 * source.n); /* what is no UTF-8 */
    CHECK(jsonata_fault_text(arena, fault).n > 0);
}

static void check_value(const struct json *value)
{
    struct buf out;
    buf_init(&out, OUT_BYTES_MAX);
    json_write(&out, value, JSON_COMPACT);
    buf_fini(&out);
}

static void run(struct arena *arena, const struct jsonata *expression, str source)
{
    struct jsonata_fault fault;
    struct json value;
    struct jsonata_run order = {.arena = arena,
                                .limits = {.steps_max = 50000,
                                           .depth_max = 300,
                                           .bytes_max = 4 << 20,
                                           .sequence_max = 20000},
                                .now_ms = 1.7e12};
    CHECK(json_parse(arena, str_z(document), NULL, &order.input, NULL));
    if (jsonata_eval(expression, &order, &value, &fault))
        check_value(&value);
    else
        check_fault(arena, source, &fault);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena arena;
    struct jsonata_fault fault;
    struct jsonata_reads reads;
    str source = str_of((const char *)bytes, n < SOURCE_BYTES_MAX ? n : SOURCE_BYTES_MAX);
    arena_init(&arena, 4096, ARENA_BYTES_MAX);
    struct jsonata *expression = jsonata_compile(&arena, source, &fault);
    if (expression) {
        struct arena_mark mark = arena_mark(&arena);
        jsonata_reads(expression, &arena, &reads);
        arena_rewind(&arena, mark);
        run(&arena, expression, source);
    } else {
        check_fault(&arena, source, &fault);
    }
    jsonata_destroy(&expression);
    arena_fini(&arena);
    return 0;
}
