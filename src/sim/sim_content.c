#include "sim/sim_content.h"

#include "json/json_write.h"
#include "sim/sim_reader.h"

enum {
    LINES_MAX = 200,
    VALUE_BYTES_MAX = 64 * 1024,
    JSON_BYTES_MAX = 4 << 20,
    FILE_BYTES_MAX = 64 << 20,
    FILES_BYTES_MAX = 256 << 20
};

const char sim_content_headers_schema[] =
    "{\"type\":\"object\",\"additionalProperties\":{\"oneOf\":[{\"type\":\"string\"},"
    "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}]}}";

/* --- headers --- */

static void check_name(struct binder *binder, str name)
{
    enum header_id id = header_id_of(name);
    if (!header_name_valid(name))
        bind_fault(binder, "is no header name; it may have letters, digits and "
                           "!#$%%&'*+-.^_`|~.");
    else if (id == HEADER_CONTENT_LENGTH || id == HEADER_TRANSFER_ENCODING)
        bind_fault(binder, "is written by the simulator; to get it wrong on purpose, use "
                           "the members of \"fault\", and \"chunked\" for chunks.");
    else if (id == HEADER_CONNECTION)
        bind_fault(binder, "is written by the simulator; use \"close\".");
}

static void read_line(struct binder *binder, str name, const struct json *value,
                      struct sim_header *ret_header)
{
    str text = json_text(value);
    ret_header->name = name;
    if (!json_is(value, JSON_STRING))
        bind_fault(binder, "must be a string; write numbers in quotes.");
    else if (text.n > VALUE_BYTES_MAX || !header_value_valid(text))
        bind_fault(binder, "cannot stand on a header line: it is too long, or holds a "
                           "control character.");
    else
        sim_template_read(binder, text, SIM_PLAIN, &ret_header->value);
}

static uint32_t count_lines(const struct json *value)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < value->n; i++) {
        const struct json *line = &value->u.members[i].value;
        n += json_is(line, JSON_ARRAY) ? line->n : 1;
    }
    return n;
}

/* The lines of one name: a string, or an array of strings. */
static uint32_t read_lines(struct binder *binder, const struct json_member *member,
                           struct sim_header *lines)
{
    str name = json_key(member);
    bool many = json_is(&member->value, JSON_ARRAY);
    uint32_t n = many ? member->value.n : 1;
    check_name(binder, name);
    for (uint32_t i = 0; i < n; i++) {
        str before = many ? bind_enter_index(binder, i) : binder->at;
        read_line(binder, name, many ? &member->value.u.items[i] : &member->value,
                  &lines[i]);
        binder->at = before;
    }
    return n;
}

void sim_content_read_headers(struct binder *binder, const struct json *value,
                              void *field)
{
    struct sim_headers *headers = field;
    if (!json_is(value, JSON_OBJECT)) {
        bind_fault(binder, "must be an object: header names, each with a string or an "
                           "array of strings.");
        return;
    }
    uint32_t n = count_lines(value);
    if (n > LINES_MAX) {
        bind_fault(binder,
                   "has %u lines; at most %d can be written down. For more, use "
                   "\"extra_headers\" of a fault.",
                   n, LINES_MAX);
        return;
    }
    struct sim_header *lines = arena_array(binder->arena, n, sizeof(*lines));
    headers->items = lines;
    for (uint32_t i = 0; i < value->n; i++) {
        str before = bind_enter(binder, json_key(&value->u.members[i]));
        headers->n += read_lines(binder, &value->u.members[i], lines + headers->n);
        binder->at = before;
    }
}

/* --- bodies --- */

static bool leaves_folder(str name)
{
    str part;
    if (str_starts(name, STR("/")))
        return true;
    while (str_next(&name, '/', &part))
        if (str_eq(part, STR("..")))
            return true;
    return false;
}

static void read_file(struct sim_reader *reader, str name,
                      struct sim_content *ret_content)
{
    struct binder *binder = &reader->binder;
    const char *why;
    if (str_absent(reader->folder)) {
        bind_fault_at(binder, STR("file"),
                      "cannot be used here: there is no folder that "
                      "it could be in. Write the body itself.");
        return;
    }
    if (name.n == 0 || leaves_folder(name)) {
        bind_fault_at(binder, STR("file"),
                      "must be a name below the script's own folder.");
        return;
    }
    str parts[] = {reader->folder, name};
    str path = arena_join(binder->arena, parts, COUNT_OF(parts));
    size_t left = FILES_BYTES_MAX - reader->file_bytes;
    size_t max = left < FILE_BYTES_MAX ? left : FILE_BYTES_MAX;
    if (!sim_reader_file(binder->arena, path, max, &ret_content->file, &why)) {
        bind_fault_at(binder, STR("file"), "is " STR_F ", and %s.", STR_A(path), why);
        return;
    }
    reader->file_bytes += ret_content->file.n;
    ret_content->kind = SIM_CONTENT_FILE;
}

void sim_content_read_json(struct binder *binder, const struct json *value, void *field)
{
    struct buf buf;
    buf_init(&buf, JSON_BYTES_MAX);
    json_write(&buf, value, JSON_COMPACT);
    if (buf_ok(&buf))
        sim_template_read(binder, arena_str(binder->arena, buf_peek(&buf)), SIM_JSON,
                          field);
    else
        bind_fault(binder,
                   "is larger than %d bytes; put it into a file, or use "
                   "\"repeat\".",
                   JSON_BYTES_MAX);
    buf_fini(&buf);
}

void sim_content_read(struct binder *binder, const struct json *value, void *field)
{
    struct sim_content *content = field;
    const struct json *file = json_member(value, STR("file"));
    if (json_is(value, JSON_STRING)) {
        content->kind = SIM_CONTENT_TEXT;
        sim_template_read(binder, json_text(value), SIM_PLAIN, &content->text);
    } else if (file && value->n == 1 && json_is(file, JSON_STRING)) {
        read_file(sim_reader_of(binder), json_text(file), content);
    } else {
        content->kind = SIM_CONTENT_JSON;
        sim_content_read_json(binder, value, &content->text);
    }
}
