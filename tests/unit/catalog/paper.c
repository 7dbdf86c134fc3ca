#include "paper.h"

#include "json/json_write.h"
#include "json/merge.h"

static const char base[] = "{\"name\":\"acme\",\"hosts\":[\"api.acme.test\"],"
                           "\"base_url\":\"https://api.acme.test\",\"auth\":\"bearer\"}";

str paper_text(struct arena *arena, const char *patch)
{
    struct buf buf;
    buf_init(&buf, 1 << 20);
    struct json merged = merge_patch(arena, given_json(arena, str_z(base)),
                                     given_json(arena, str_z(patch)));
    json_write(&buf, &merged, JSON_PRETTY);
    str text = arena_str(arena, buf_peek(&buf));
    buf_fini(&buf);
    return text;
}

static const struct integration *read_good(struct arena *arena, str text)
{
    struct binder binder;
    bind_init(&binder, arena);
    const struct integration *integration = integration_read(&binder, text);
    if (!integration)
        fail_msg(STR_F ": " STR_F, STR_A(binder.first->pointer),
                 STR_A(binder.first->text));
    assert_int_equal(binder.fault_n, 0);
    return integration;
}

const struct integration *paper_read(struct arena *arena, const char *patch)
{
    return read_good(arena, paper_text(arena, patch));
}

const struct integration *paper_vendor(struct arena *arena, const char *name)
{
    str path = arena_printf(arena, "integrations/%s/integration.json", name);
    str text = given_file(arena, arena_z(arena, path));
    if (str_absent(text))
        fail_msg("there is no " STR_F, STR_A(path));
    return read_good(arena, text);
}

str paper_faults(struct arena *arena, str text)
{
    struct binder binder;
    str lines = STR("");
    bind_init(&binder, arena);
    bool good = integration_read(&binder, text) != NULL;
    assert_int_equal(good, binder.fault_n == 0);
    for (const struct bind_fault *fault = binder.first; fault; fault = fault->next)
        lines = arena_printf(arena, STR_F "  \"" STR_F "\" " STR_F "\n", STR_A(lines),
                             STR_A(fault->pointer), STR_A(fault->text));
    return lines;
}
