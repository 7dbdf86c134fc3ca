/*
 * What a plain scalar of YAML means by the core schema (YAML 1.2.2 §10.3.2): null, a
 * boolean, a number, else a text. `no`, `on` and `1:30` are texts.
 */
#ifndef IMPORT_YAML_SCALAR_H
#define IMPORT_YAML_SCALAR_H

#include "json/json.h"

/* NULL and the value, or why JSON does not have it: a static sentence. Numbers keep their
 * text where JSON has it too (1.10). `text` is in the arena. */
const char *yaml_scalar_read(struct arena *arena, str text, struct json *ret_value);

#endif
