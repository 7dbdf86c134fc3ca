#include "rows.h"

#include "answer.h"
#include "json/json_write.h"
#include "support/given.h"

static str printed(struct arena *arena, const struct json *value)
{
    struct buf buf;
    buf_init(&buf, 1 << 20);
    json_write(&buf, value, JSON_COMPACT);
    str text = arena_str(arena, buf_peek(&buf));
    buf_fini(&buf);
    return text;
}

/* The row without the call: what it expects. */
static bool same_answer(const struct json *row, const struct json *got)
{
    static const char *const members[] = {"is", "code", "none"};
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        const struct json *a = json_member(row, str_z(members[i]));
        const struct json *b = json_member(got, str_z(members[i]));
        if ((a == NULL) != (b == NULL) || (a && !json_equal(a, b)))
            return false;
    }
    return true;
}

static bool check_row(struct arena *arena, str line)
{
    struct json row;
    struct json_fault fault;
    if (!json_parse(arena, line, NULL, &row, &fault)) {
        print_error("no row: " STR_F "\n", STR_A(line));
        return false;
    }
    struct json got = answer(arena, json_member_text(&row, STR("call")),
                             json_member(&row, STR("args")));
    if (same_answer(&row, &got))
        return true;
    str text = printed(arena, &got);
    print_error("found    " STR_F "\nexpected " STR_F "\n", STR_A(text), STR_A(line));
    return false;
}

int rows_check(struct arena *arena, const char *path, int *ret_failed)
{
    str rest = unit_case_file(arena, path);
    str line;
    int count = 0;
    *ret_failed = 0;
    while (str_next(&rest, '\n', &line)) {
        struct arena_mark mark = arena_mark(arena);
        if (line.n) {
            count++;
            *ret_failed += !check_row(arena, line);
        }
        arena_rewind(arena, mark);
    }
    return count;
}

int rows_report(const char *path)
{
    struct arena arena;
    int failed;
    arena_init(&arena, 1 << 16, (size_t)1 << 30);
    int count = rows_check(&arena, path, &failed);
    arena_fini(&arena);
    printf("%d of %d rows differ\n", failed, count);
    return failed > 0 || count == 0;
}

void rows_expect(struct arena *arena, const char *row)
{
    if (!check_row(arena, str_z(row)))
        fail();
}
