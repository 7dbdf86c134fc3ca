/*
 * The input is an expression up to a zero byte, and the JSON that it is run over. The run
 * is made twice, and once more with little memory: twice it ends in the same way, and
 * with little memory it does so, too, or says that it was too little.
 */
#include "base/buf.h"
#include "json/json_parse.h"
#include "json/json_write.h"
#include "jsonata/jsonata.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { ARENA_BYTES_MAX = 32 << 20, OUT_BYTES_MAX = 8 << 20, SOURCE_BYTES_MAX = 2048 };

struct outcome {
    enum jsonata_code code;
    struct buf text;
};

static void run(const struct jsonata *expression, str data, size_t room,
                struct outcome *outcome)
{
    struct arena arena;
    struct jsonata_fault fault = {.code = JSONATA_OK};
    struct json value;
    struct jsonata_run order = {.arena = &arena,
                                .limits = {.steps_max = 50000,
                                           .depth_max = 200,
                                           .bytes_max = room,
                                           .sequence_max = 20000}};
    arena_init(&arena, 256, ARENA_BYTES_MAX);
    buf_init(&outcome->text, OUT_BYTES_MAX);
    CHECK(json_parse(&arena, data, NULL, &order.input, NULL));
    if (jsonata_eval(expression, &order, &value, &fault))
        json_write(&outcome->text, &value, JSON_COMPACT);
    else
        buf_str(&outcome->text, jsonata_fault_text(&arena, &fault));
    outcome->code = fault.code;
    arena_fini(&arena);
}

static bool is_same(const struct outcome *a, const struct outcome *b)
{
    return a->code == b->code && a->text.full == b->text.full &&
           str_eq(buf_peek(&a->text), buf_peek(&b->text));
}

static void run_thrice(const struct jsonata *expression, str data)
{
    struct outcome first, again, starved;
    run(expression, data, 8 << 20, &first);
    run(expression, data, 8 << 20, &again);
    run(expression, data, 2000 + data.n * 4, &starved);
    CHECK(is_same(&first, &again));
    CHECK(starved.code == JSONATA_U1002 || starved.code == JSONATA_D3121 ||
          starved.code == JSONATA_D3120 || starved.code == first.code);
    buf_fini(&first.text);
    buf_fini(&again.text);
    buf_fini(&starved.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena arena;
    struct jsonata_fault fault;
    struct json value;
    str all = str_of((const char *)bytes, n);
    size_t end = str_find(all, 0);
    if (end == n || end > SOURCE_BYTES_MAX)
        return 0;
    str data = str_from(all, end + 1);
    arena_init(&arena, 4096, ARENA_BYTES_MAX);
    if (data.n <= 64 * 1024 && json_parse(&arena, data, NULL, &value, NULL)) {
        struct jsonata *expression = jsonata_compile(&arena, str_of(all.p, end), &fault);
        if (expression)
            run_thrice(expression, data);
        jsonata_destroy(&expression);
    }
    arena_fini(&arena);
    return 0;
}
