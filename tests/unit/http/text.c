#include "text.h"

#include "base/mem.h"

int text_arena_open(void **state)
{
    struct arena *arena = mem_alloc(sizeof(*arena));
    arena_init(arena, 1024, 64 << 20);
    *state = arena;
    return 0;
}

int text_arena_close(void **state)
{
    arena_fini(*state);
    mem_free(*state);
    return 0;
}

str text_input(struct arena *arena, const char *text)
{
    return arena_str(arena, str_z(text));
}

void text_same(const char *about, str got, const char *want)
{
    if (str_absent(got) != (want == NULL))
        fail_msg("%s: got %s, want %s", about, str_absent(got) ? "nothing" : "something",
                 want ? want : "nothing");
    if (!str_eq(got, str_z(want)))
        fail_msg("%s: got \"" STR_F "\", want \"%s\"", about, STR_A(got), want);
}

void text_true(const char *about, bool holds)
{
    if (!holds)
        fail_msg("%s", about);
}
