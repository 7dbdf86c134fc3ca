/*
 * The input is a JSON array: a schema, then instances of it; the schema may refer to
 * itself, to the metaschemas, and to "other:", which is the first instance. Compiling
 * either says where the fault is, or gives a program; the two ways of validating agree,
 * whatever the bounds; and each error has a sentence, and a pointer that leads somewhere.
 */
#include "base/crypto.h"
#include "json/json_parse.h"
#include "json/pointer.h"
#include "schema/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { ERRORS_MAX = 20 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    crypto_start();
    return 0;
}

static const struct json *resolve(void *arg, str uri)
{
    const struct json *all = arg;
    return str_eq(uri, STR("other:")) && all->n > 1 ? &all->u.items[1] : NULL;
}

static void check_instance(struct arena *arena, const struct schema *schema,
                           const struct json *instance)
{
    struct schema_report report;
    struct pointer pointer;
    struct arena_mark mark = arena_mark(arena);
    bool valid = schema_valid(schema, arena, instance);
    arena_rewind(arena, mark);
    schema_explain(schema, arena, instance, ERRORS_MAX, &report);
    CHECK(report.valid == valid && (report.n == 0) == valid && report.n <= ERRORS_MAX);
    for (uint32_t i = 0; i < report.n; i++) {
        const struct schema_error *error = &report.errors[i];
        CHECK(error->sentence.n > 0);
        CHECK(pointer_parse(arena, error->instance, POINTER_RFC6901, &pointer));
        CHECK(pointer_find(&pointer, instance));
        CHECK(pointer_parse(arena, error->keyword, POINTER_RFC6901, &pointer));
    }
    arena_rewind(arena, mark);
}

static void check_schema(struct arena *arena, const struct json *all,
                         enum schema_draft draft)
{
    struct schema_fault fault;
    struct schema_source source = {.document = &all->u.items[0],
                                   .draft = draft,
                                   .formats = true,
                                   .base_uri = STR("http://example.com/base"),
                                   .resolve = resolve,
                                   .arg = (void *)(uintptr_t)all};
    struct schema *schema = schema_compile(arena, &source, &fault);
    if (!schema) {
        CHECK(fault.what.n > 0 && (!fault.pointer.n || fault.pointer.p[0] == '/'));
        return;
    }
    for (uint32_t i = 1; i < all->n && i < 8; i++)
        check_instance(arena, schema, &all->u.items[i]);
    schema_destroy(&schema);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena arena;
    struct json all;
    arena_init(&arena, 64 * 1024, SIZE_MAX);
    str text = str_of((const char *)bytes, n);
    if (json_parse(&arena, text, NULL, &all, NULL) && json_is(&all, JSON_ARRAY) &&
        all.n) {
        check_schema(&arena, &all, SCHEMA_DRAFT_2020_12);
        check_schema(&arena, &all, SCHEMA_DRAFT_7);
    }
    arena_fini(&arena);
    return 0;
}
