/*
 * What a description that is written in a test (in YAML) becomes, and whether a daemon
 * would take it.
 */
#ifndef UNIT_IMPORT_MADE_H
#define UNIT_IMPORT_MADE_H

#include "support/given.h"

#include "base/crypto.h"
#include "catalog/integration.h"
#include "import/import.h"
#include "import/layout.h"
#include "json/json_write.h"
#include "json/pointer.h"

static inline str made_line(struct arena *arena, const struct json *value)
{
    struct buf buf;
    buf_init(&buf, 1 << 20);
    json_write(&buf, value, JSON_COMPACT);
    return arena_take(arena, &buf);
}

/* What a pointer leads to, as JSON on one line; absent: nothing. */
static inline str made_at(struct arena *arena, const struct json *value, const char *at)
{
    struct pointer pointer;
    assert_true(pointer_parse(arena, str_z(at), POINTER_RFC6901, &pointer));
    const struct json *found = pointer_find(&pointer, value);
    return found ? made_line(arena, found) : STR_NONE;
}

#define assert_made(arena, value, at, want)                                              \
    given_same((at), made_at((arena), (value), (at)), (want))

static inline const struct json *made_value(struct arena *arena, const char *text)
{
    struct json *value = arena_alloc(arena, sizeof(*value));
    str why = STR_NONE;
    if (!import_read(arena, str_z(text), value, &why))
        fail_msg(STR_F, STR_A(why));
    return value;
}

/* Fails unless a daemon would take the document. */
static inline void made_loads(struct arena *arena, const struct json *document)
{
    struct binder binder;
    struct buf buf;
    crypto_start();
    bind_init(&binder, arena);
    buf_init(&buf, 8 << 20);
    layout_write(&buf, document);
    if (!integration_read(&binder, arena_take(arena, &buf)))
        fail_msg(STR_F " " STR_F, STR_A(binder.first->pointer),
                 STR_A(binder.first->text));
}

struct made {
    struct imported one;
    struct json *document;
    struct json *schemas;
    str notes; /* a line each */
    str fault; /* absent: none */
};

static inline str made_notes(struct arena *arena, const struct import *import)
{
    str notes = STR("");
    for (const struct import_note *note = import->notes; note; note = note->next)
        notes = arena_printf(arena, STR_F STR_F "\n", STR_A(notes), STR_A(note->text));
    return notes;
}

/* An OpenAPI document without version and info, which are put before it. */
static inline struct made made_openapi(struct arena *arena, const char *version,
                                       const char *text)
{
    struct import import;
    struct made made = {.fault = STR_NONE};
    str whole = arena_printf(
        arena, "openapi: %s\ninfo: { title: Acme, version: '7' }\n%s", version, text);
    import_init(&import, arena, made_value(arena, arena_z(arena, whole)));
    bool good = import_openapi(&import, &made.one);
    made.document = arena_alloc(arena, sizeof(*made.document));
    made.schemas = arena_alloc(arena, sizeof(*made.schemas));
    *made.document = made.one.document;
    *made.schemas = made.one.schemas;
    made.notes = made_notes(arena, &import);
    made.fault = import.fault;
    import_fini(&import);
    assert_true(good == str_absent(made.fault));
    if (good)
        made_loads(arena, made.document);
    return made;
}

#define MADE_SERVER "servers: [{ url: 'https://api.acme.example/v2' }]\n"

static inline void made_in(str text, const char *part, const char *file, int line)
{
    if (str_find_str(text, str_z(part)) < text.n)
        return;
    print_error("\"%s\" is not in:\n" STR_F "\n", part, STR_A(text));
    _fail(file, line);
}
#define assert_in(text, part) made_in((text), (part), __FILE__, __LINE__)

#endif
