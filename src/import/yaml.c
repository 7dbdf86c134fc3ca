/*
 * One loop over libyaml's events, without recursion: a stack of collections under
 * construction, each a json_build. A finished value goes into the one on top. An anchor
 * keeps its value with how many values it stands for and how deep it is, which an alias
 * adds to what was counted so far.
 *
 *   event      MAPPING  SCALAR  SCALAR  SEQUENCE  ALIAS  SEQUENCE_END  MAPPING_END
 *   on top     {        { key   {       { [       { [    {             (done)
 */
#include "import/yaml.h"

#include <yaml.h>

#include "base/map.h"
#include "import/yaml_scalar.h"
#include "json/member_index.h"

struct anchor {
    struct json value;
    bool open; /* its collection has not ended */
    uint64_t nodes;
    uint32_t height; /* collections within it, itself included */
};

struct level {
    struct json_build build;
    bool mapping;
    str key; /* MAPPING: of the value that comes next; absent: a key comes */
    struct anchor *anchor; /* NULL: none */
    uint64_t nodes_before;
    uint32_t height; /* of the highest collection within it */
    yaml_mark_t at;
};

struct reading {
    yaml_parser_t parser;
    struct arena *arena;
    const struct yaml_limits *limits;
    struct level *levels;
    uint32_t level_n;
    uint32_t level_room;
    struct map anchors;
    uint64_t nodes;
    bool done; /* the document's value is there */
    struct json value;
    struct json_fault fault;
};

static bool fail(struct reading *reading, yaml_mark_t at, const char *what)
{
    reading->fault = (struct json_fault){.offset = at.index,
                                         .line = (uint32_t)at.line + 1,
                                         .column = (uint32_t)at.column + 1,
                                         .what = what};
    return false;
}

static str name_of(const yaml_char_t *name)
{
    return str_z((const char *)name);
}

static struct level *top(struct reading *reading)
{
    return reading->level_n ? &reading->levels[reading->level_n - 1] : NULL;
}

static bool count(struct reading *reading, yaml_mark_t at, uint64_t nodes)
{
    reading->nodes += nodes;
    if (reading->nodes <= reading->limits->nodes_max)
        return true;
    return fail(reading, at, "there are too many values, aliases expanded");
}

/* --- values --- */

/* A value is complete: it goes into the collection around it. */
static void put(struct reading *reading, struct json value, uint32_t height)
{
    struct level *level = top(reading);
    if (!level) {
        reading->value = value;
        reading->done = true;
        return;
    }
    if (level->height < height)
        level->height = height;
    if (!level->mapping) {
        json_build_item(&level->build, value);
        return;
    }
    json_build_member(&level->build, level->key, value);
    level->key = STR_NONE;
}

static struct anchor *keep_anchor(struct reading *reading, const yaml_char_t *name)
{
    struct anchor *anchor;
    if (!name)
        return NULL;
    anchor = arena_zalloc(reading->arena, sizeof(*anchor));
    map_put(&reading->anchors, arena_str(reading->arena, name_of(name)), anchor);
    return anchor;
}

static bool wants_key(struct reading *reading)
{
    const struct level *level = top(reading);
    return level && level->mapping && str_absent(level->key);
}

static bool take_key(struct reading *reading, const yaml_event_t *event)
{
    str text = str_of((const char *)event->data.scalar.value, event->data.scalar.length);
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (event->data.scalar.anchor)
        return fail(reading, event->start_mark, "a key cannot have an anchor here");
    if (plain && str_eq(text, STR("<<")))
        return fail(reading, event->start_mark,
                    "merge keys are not of YAML 1.2; write the members out");
    top(reading)->key = arena_str(reading->arena, text.n ? text : STR(""));
    return true;
}

static bool on_scalar(struct reading *reading, const yaml_event_t *event)
{
    struct json value;
    const char *why = NULL;
    if (event->data.scalar.tag)
        return fail(reading, event->start_mark, "tags are not taken; remove it");
    if (wants_key(reading))
        return take_key(reading, event);
    str text = str_of((const char *)event->data.scalar.value, event->data.scalar.length);
    text = arena_str(reading->arena, text.n ? text : STR(""));
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        why = yaml_scalar_read(reading->arena, text, &value);
    else
        value = json_of_text(text);
    if (why)
        return fail(reading, event->start_mark, why);
    struct anchor *anchor = keep_anchor(reading, event->data.scalar.anchor);
    if (anchor)
        *anchor = (struct anchor){.value = value, .nodes = 1};
    put(reading, value, 0);
    return count(reading, event->start_mark, 1);
}

static bool on_alias(struct reading *reading, const yaml_event_t *event)
{
    const struct anchor *anchor =
        map_find(&reading->anchors, name_of(event->data.alias.anchor));
    if (wants_key(reading))
        return fail(reading, event->start_mark, "a key must be a text");
    if (!anchor)
        return fail(reading, event->start_mark, "there is no such anchor before this");
    if (anchor->open)
        return fail(reading, event->start_mark, "this alias means what it stands in");
    if (reading->level_n + anchor->height > reading->limits->depth_max)
        return fail(reading, event->start_mark, "collections nest too deep");
    put(reading, anchor->value, anchor->height);
    return count(reading, event->start_mark, anchor->nodes);
}

/* --- collections --- */

static bool open_level(struct reading *reading, const yaml_event_t *event, bool mapping,
                       const yaml_char_t *anchor)
{
    if (wants_key(reading))
        return fail(reading, event->start_mark, "a key must be a text");
    if (reading->level_n >= reading->limits->depth_max)
        return fail(reading, event->start_mark, "collections nest too deep");
    reading->levels = arena_grow(reading->arena, reading->levels, reading->level_n,
                                 &reading->level_room, sizeof(struct level));
    struct level *level = &reading->levels[reading->level_n++];
    *level = (struct level){.mapping = mapping,
                            .anchor = keep_anchor(reading, anchor),
                            .nodes_before = reading->nodes,
                            .at = event->start_mark};
    if (level->anchor)
        level->anchor->open = true;
    json_build_init(&level->build, reading->arena);
    return count(reading, event->start_mark, 1);
}

static bool has_twins(struct reading *reading, const struct json *object)
{
    struct member_index index;
    member_index_init(&index, reading->arena, object->u.members, object->n);
    for (uint32_t i = 0; i < object->n; i++)
        if (member_index_put(&index) != i)
            return true;
    return false;
}

static bool close_level(struct reading *reading)
{
    struct level level = reading->levels[--reading->level_n];
    struct json value =
        level.mapping ? json_build_object(&level.build) : json_build_array(&level.build);
    if (level.mapping && has_twins(reading, &value))
        return fail(reading, level.at, "the mapping that begins here has a key twice");
    if (level.anchor)
        *level.anchor = (struct anchor){.value = value,
                                        .nodes = reading->nodes - level.nodes_before,
                                        .height = level.height + 1};
    put(reading, value, level.height + 1);
    return true;
}

static bool on_event(struct reading *reading, const yaml_event_t *event)
{
    switch ((int)event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return !reading->done ||
               fail(reading, event->start_mark, "there is a second document");
    case YAML_SCALAR_EVENT:
        return on_scalar(reading, event);
    case YAML_ALIAS_EVENT:
        return on_alias(reading, event);
    case YAML_MAPPING_START_EVENT:
        if (event->data.mapping_start.tag)
            return fail(reading, event->start_mark, "tags are not taken; remove it");
        return open_level(reading, event, true, event->data.mapping_start.anchor);
    case YAML_SEQUENCE_START_EVENT:
        if (event->data.sequence_start.tag)
            return fail(reading, event->start_mark, "tags are not taken; remove it");
        return open_level(reading, event, false, event->data.sequence_start.anchor);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        return close_level(reading);
    default:
        return true;
    }
}

/* What libyaml says stands in its own memory. */
static bool fail_syntax(struct reading *reading)
{
    const yaml_parser_t *parser = &reading->parser;
    yaml_mark_t at = parser->problem_mark;
    if (parser->error == YAML_READER_ERROR)
        at = (yaml_mark_t){.index = parser->problem_offset};
    str what = str_z(parser->problem ? parser->problem : "it cannot be read");
    return fail(reading, at, arena_z(reading->arena, what));
}

static bool read_events(struct reading *reading)
{
    bool good = true;
    bool last = false;
    while (good && !last) {
        yaml_event_t event;
        if (!yaml_parser_parse(&reading->parser, &event))
            return fail_syntax(reading);
        last = event.type == YAML_STREAM_END_EVENT;
        good = on_event(reading, &event);
        yaml_event_delete(&event);
    }
    yaml_mark_t end = reading->parser.mark;
    return good && (reading->done || fail(reading, end, "there is no document in it"));
}

bool yaml_parse(struct arena *arena, str text, const struct yaml_limits *limits,
                struct json *ret_value, struct json_fault *ret_fault)
{
    struct reading reading = {.arena = arena, .limits = limits};
    bool good = false;
    if (text.n > limits->bytes_max) {
        *ret_fault =
            (struct json_fault){.line = 1, .column = 1, .what = "it is too long"};
        return false;
    }
    CHECK(yaml_parser_initialize(&reading.parser));
    map_init(&reading.anchors);
    yaml_parser_set_input_string(&reading.parser, (const unsigned char *)text.p, text.n);
    yaml_parser_set_encoding(&reading.parser, YAML_UTF8_ENCODING);
    good = read_events(&reading);
    map_fini(&reading.anchors);
    yaml_parser_delete(&reading.parser);
    if (good)
        *ret_value = reading.value;
    else
        *ret_fault = reading.fault;
    return good;
}
