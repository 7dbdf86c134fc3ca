/*
 * The input is a description of an API: one that has `openapi` is read as such, any other
 * as a catalogue of providers. What comes out either says why there is nothing, or can be
 * laid out, parsed again as the same, and read as a document, with or without faults; and
 * its schemas compile, or say where they do not.
 */
#include <setjmp.h>

#include "base/crypto.h"
#include "catalog/integration.h"
#include "import/import.h"
#include "import/layout.h"
#include "json/json_parse.h"
#include "schema/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum {
    ROOM = 1 << 30,
    TEXT_BYTES_MAX = 256 << 20,
    INPUT_BYTES_MAX = 1 << 16,
    VALUES_MAX = 20000 /* aliases expanded: for speed */
};

static jmp_buf out;

static void on_full(struct arena *arena)
{
    (void)arena;
    longjmp(out, 1);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    crypto_start();
    return 0;
}

static str lay_out(struct arena *arena, const struct json *value)
{
    static const struct json_limits limits = {.duplicates = JSON_DUPLICATES_REFUSE,
                                              .depth_max = 2 * IMPORT_DEPTH_MAX};
    struct buf buf;
    struct json again;
    buf_init(&buf, TEXT_BYTES_MAX);
    layout_write(&buf, value);
    CHECK(buf_ok(&buf));
    str text = arena_take(arena, &buf);
    CHECK(json_parse(arena, text, &limits, &again, NULL));
    CHECK(json_equal(value, &again));
    return text;
}

static void check_document(struct arena *arena, const struct imported *one)
{
    struct binder binder;
    CHECK(one->name.n > 0);
    bind_init(&binder, arena);
    if (!integration_read(&binder, lay_out(arena, &one->document)))
        CHECK(binder.first && binder.first->text.n);
}

static void check_schemas(struct arena *arena, const struct imported *one)
{
    struct schema_source source = {.document = &one->schemas,
                                   .draft = SCHEMA_DRAFT_2020_12};
    struct schema_fault fault;
    if (json_is(&one->schemas, JSON_UNDEFINED))
        return;
    lay_out(arena, &one->schemas);
    struct schema *schema = schema_compile(arena, &source, &fault);
    CHECK(schema || fault.what.n);
    schema_destroy(&schema);
}

static uint64_t count(const struct json *value)
{
    uint64_t n = 1;
    bool object = json_is(value, JSON_OBJECT);
    for (uint32_t i = 0; (object || json_is(value, JSON_ARRAY)) && i < value->n; i++)
        if (n <= VALUES_MAX)
            n += count(object ? &value->u.members[i].value : &value->u.items[i]);
    return n;
}

static void check(struct arena *arena, const struct json *root)
{
    struct import import;
    struct imported one;
    struct import_list list = {.items = &one, .n = 1};
    import_init(&import, arena, root);
    bool good = json_is(root, JSON_OBJECT) && json_member(root, STR("openapi"))
                    ? import_openapi(&import, &one)
                    : import_catalogue(&import, &list);
    import_fini(&import);
    CHECK(good == str_absent(import.fault));
    for (uint32_t i = 0; good && i < list.n; i++) {
        check_document(arena, &list.items[i]);
        check_schemas(arena, &list.items[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena arena;
    struct json root;
    str why = STR_NONE;
    if (n > INPUT_BYTES_MAX)
        return 0;
    arena_init(&arena, 64 * 1024, ROOM);
    arena.on_full = on_full;
    if (setjmp(out) == 0) {
        bool good = import_read(&arena, str_of((const char *)bytes, n), &root, &why);
        CHECK(good || why.n > 0);
        if (good && count(&root) <= VALUES_MAX)
            check(&arena, &root);
    }
    arena_fini(&arena);
    return 0;
}
