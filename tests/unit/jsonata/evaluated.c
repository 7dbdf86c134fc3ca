#include "evaluated.h"

#include "json/json_write.h"
#include "support/given.h"

enum { OUT_BYTES_MAX = 1 << 28 };

static str failed(struct arena *arena, const struct jsonata_fault *fault)
{
    str text = jsonata_fault_text(arena, fault);
    assert_true(text.n > 0 && fault->code != JSONATA_OK);
    return arena_printf(arena, "!" STR_F, STR_A(jsonata_code_name(fault->code)));
}

str evaluated_run(const struct jsonata *expression, const struct jsonata_run *run)
{
    struct json value;
    struct jsonata_fault fault;
    struct buf buf;
    if (!jsonata_eval(expression, run, &value, &fault))
        return failed(run->arena, &fault);
    if (value.type == JSON_UNDEFINED)
        return STR("undefined");
    buf_init(&buf, OUT_BYTES_MAX);
    json_write(&buf, &value, JSON_COMPACT);
    assert_true(buf_ok(&buf));
    str text = arena_str(run->arena, buf_peek(&buf));
    buf_fini(&buf);
    return text;
}

str evaluated(struct arena *arena, str source, const char *input,
              const struct jsonata_limits *limits)
{
    struct jsonata_fault fault;
    struct jsonata_run run = {.arena = arena, .now_ms = 1.7e12, .seed = 1};
    struct jsonata *expression = jsonata_compile(arena, source, &fault);
    if (!expression)
        return failed(arena, &fault);
    if (limits)
        run.limits = *limits;
    if (input)
        run.input = *given_json(arena, str_z(input));
    str outcome = evaluated_run(expression, &run);
    jsonata_destroy(&expression);
    return outcome;
}

void evaluated_rows(struct arena *arena, const struct evaluated_row *rows, size_t n,
                    const struct jsonata_limits *limits)
{
    for (size_t i = 0; i < n; i++) {
        struct arena_mark mark = arena_mark(arena);
        str outcome = evaluated(arena, str_z(rows[i].expression), rows[i].input, limits);
        if (!str_eq(outcome, str_z(rows[i].outcome)))
            fail_msg("%s gives %.200s", rows[i].expression, arena_z(arena, outcome));
        arena_rewind(arena, mark);
    }
}
