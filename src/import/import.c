/*
 * What both readers share: notes, references, names.
 */
#include "import/import.h"

#include "base/encode.h"
#include "http/header.h"
#include "import/yaml.h"
#include "json/json_parse.h"
#include "json/pointer.h"

enum { NOTES_MAX = 200, HOPS_MAX = 20 };

void import_init(struct import *import, struct arena *arena, const struct json *root)
{
    *import = (struct import){.arena = arena, .root = root};
    map_init(&import->said);
}

void import_fini(struct import *import)
{
    map_fini(&import->said);
}

/* --- reading --- */

static bool is_json(str text)
{
    size_t at = 0;
    while (at < text.n && strchr(" \t\r\n", text.p[at]))
        at++;
    return at < text.n && (text.p[at] == '{' || text.p[at] == '[');
}

bool import_read(struct arena *arena, str text, struct json *ret_value, str *ret_why)
{
    static const struct json_limits limits = {.depth_max = IMPORT_DEPTH_MAX,
                                              .duplicates = JSON_DUPLICATES_REFUSE};
    static const struct yaml_limits bounds = {.bytes_max = IMPORT_BYTES_MAX,
                                              .depth_max = IMPORT_DEPTH_MAX,
                                              .nodes_max = IMPORT_NODES_MAX};
    struct json_fault fault;
    bool json = is_json(text);
    if (text.n > IMPORT_BYTES_MAX) {
        *ret_why = STR("has more than 64 MiB; take the parts that are needed");
        return false;
    }
    if (json ? json_parse(arena, text, &limits, ret_value, &fault)
             : yaml_parse(arena, text, &bounds, ret_value, &fault))
        return true;
    *ret_why = arena_printf(arena, "is no %s that can be read: %s (line %u, column %u)",
                            json ? "JSON" : "YAML", fault.what, fault.line, fault.column);
    return false;
}

/* --- notes --- */

void import_say(struct import *import, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    str text = arena_vprintf(import->arena, fmt, args);
    va_end(args);
    if (map_find(&import->said, text))
        return;
    struct import_note *note = arena_zalloc(import->arena, sizeof(*note));
    note->text = text;
    map_put(&import->said, text, note);
    if (import->last_note)
        import->last_note->next = note;
    else
        import->notes = note;
    import->last_note = note;
    import->note_n++;
}

struct json import_notes(const struct import *import, uint32_t count)
{
    struct json_build build;
    uint32_t n = 0;
    json_build_init(&build, import->arena);
    for (const struct import_note *note = import->notes; note; note = note->next, n++)
        if (n >= count && build.n < NOTES_MAX)
            json_build_item(&build, json_of_text(note->text));
    if (n > count && n - count > build.n)
        json_build_item(&build, json_of_text(arena_printf(
                                    import->arena, "%u more were told by the import.",
                                    n - count - build.n)));
    return json_build_array(&build);
}

void import_fail(struct import *import, const char *fmt, ...)
{
    va_list args;
    if (!str_absent(import->fault))
        return;
    va_start(args, fmt);
    import->fault = arena_vprintf(import->arena, fmt, args);
    va_end(args);
}

/* --- references --- */

bool import_step(struct import *import, const struct json *value)
{
    import->steps += 1 + (value && json_is(value, JSON_OBJECT) ? value->n : 0);
    if (import->steps > IMPORT_STEPS_MAX)
        import_fail(import, "is too large: too many names stand in too many places.");
    return str_absent(import->fault);
}

static const struct json *find(struct import *import, str ref)
{
    struct pointer pointer;
    str text;
    const struct json *at = import->root;
    if (!decode_percent(import->arena, str_from(ref, 1), &text) ||
        !pointer_parse(import->arena, text, POINTER_RFC6901, &pointer))
        return NULL;
    for (uint32_t i = 0; at && i < pointer.n; i++) {
        struct pointer one = {&pointer.tokens[i], 1};
        at = import_step(import, at) ? pointer_find(&one, at) : NULL;
    }
    return at;
}

const struct json *import_follow(struct import *import, const struct json *value)
{
    for (int hops = 0; value; hops++) {
        str ref = import_text(value, STR("$ref"));
        if (str_absent(ref))
            return value;
        if (!str_starts(ref, STR("#"))) {
            import_fail(import,
                        "refers to \"" STR_F "\", another document; make one document of "
                        "them first (most tools call that bundling).",
                        STR_A(ref));
            return NULL;
        }
        value = hops < HOPS_MAX && str_absent(import->fault) ? find(import, ref) : NULL;
        if (!value && str_absent(import->fault))
            import_say(import, "The reference \"" STR_F "\" leads nowhere.", STR_A(ref));
    }
    return NULL;
}

const struct json *import_member(struct import *import, const struct json *value,
                                 str name)
{
    return import_follow(import, import_at(value, name));
}

/* --- names --- */

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
    return (c >= 'a' && c <= 'z') || str_is_digit(c);
}

/* Where a word begins: aB, ABc. */
static bool begins_word(str text, size_t i)
{
    if (i == 0 || !is_upper(text.p[i]))
        return false;
    bool next_lower = i + 1 < text.n && text.p[i + 1] >= 'a' && text.p[i + 1] <= 'z';
    return is_lower(text.p[i - 1]) || (is_upper(text.p[i - 1]) && next_lower);
}

str import_slug(struct arena *arena, str text, size_t max)
{
    char *out = arena_bytes(arena, 2 * text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n && n < max; i++) {
        char c = str_lower(text.p[i]);
        bool word = is_lower(c);
        if ((!word || begins_word(text, i)) && n && out[n - 1] != '_')
            out[n++] = '_';
        if (word)
            out[n++] = c;
    }
    n = n < max ? n : max;
    while (n && out[n - 1] == '_')
        n--;
    return str_of(out, n);
}

str import_unique(struct import *import, struct map *taken, str name)
{
    str unique = name;
    for (unsigned i = 2; map_find(taken, unique); i++)
        unique = arena_printf(import->arena, STR_F "_%u", STR_A(name), i);
    map_put(taken, unique, import);
    return unique;
}

bool import_is_settable(str name)
{
    enum header_id id = header_id_of(name);
    return header_name_valid(name) && !(header_flags(id) & (HEADER_HOP | HEADER_OURS)) &&
           id != HEADER_HOST && id != HEADER_CONTENT_LENGTH && id != HEADER_EXPECT &&
           id != HEADER_CONTENT_TYPE;
}

bool import_has(const struct json_build *object, str name)
{
    const struct json_member *members = object->at;
    for (uint32_t i = 0; i < object->n; i++)
        if (str_eq(json_key(&members[i]), name))
            return true;
    return false;
}

void import_put_text(struct json_build *build, str name, str text)
{
    if (!str_absent(text))
        json_build_member(build, name, json_of_text(text));
}

struct json import_texts(struct arena *arena, const str *texts, size_t n)
{
    struct json_build build;
    json_build_init(&build, arena);
    for (size_t i = 0; i < n; i++)
        json_build_item(&build, json_of_text(texts[i]));
    return json_build_array(&build);
}
