/*
 * YAML 1.2 to JSON values, by the core schema (YAML 1.2.2 §10.3): what catalogues and API
 * descriptions are written in. libyaml tells the events; which text is a number, what is
 * refused, and every bound is decided here.
 *
 * One document. Mappings have texts as keys, each once, taken as they are written (`200`,
 * `on`). Refused by name: tags, a second document, keys that are no texts, merge keys
 * ("<<" is none of YAML 1.2), numbers that JSON does not have (.inf, .nan), an alias to
 * what it stands in. Aliases share the value they mean; what they stand for counts each
 * time, so that a short text cannot stand for a large value.
 *
 * Pure; texts and values are in the arena and borrow nothing.
 */
#ifndef IMPORT_YAML_H
#define IMPORT_YAML_H

#include "json/json_parse.h"

struct yaml_limits {
    size_t bytes_max;   /* of the text */
    uint32_t depth_max; /* collections within each other, through aliases too */
    uint32_t nodes_max; /* values, aliases expanded */
};

/* False with the fault: its sentence, line and column. The offset is that of the place in
 * the text, as far as the reader has come. */
bool yaml_parse(struct arena *arena, str text, const struct yaml_limits *limits,
                struct json *ret_value, struct json_fault *ret_fault) MUST_CHECK;

#endif
