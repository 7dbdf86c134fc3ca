/*
 * Header lines and bodies as scripts write them. A body is text when it is a string, the
 * bytes of a file when it is {"file": "name"}, and otherwise JSON. Text and JSON are
 * templates, files are not.
 *
 * The binder must be that of a struct sim_reader, which knows the folder of files.
 */
#ifndef SIM_SIM_CONTENT_H
#define SIM_SIM_CONTENT_H

#include "sim/sim_template.h"

struct sim_header {
    str name;
    struct sim_template value;
};

struct sim_headers {
    const struct sim_header *items;
    uint32_t n;
};

enum sim_content_kind {
    SIM_CONTENT_NONE,
    SIM_CONTENT_TEXT,
    SIM_CONTENT_JSON,
    SIM_CONTENT_FILE
};

struct sim_content {
    enum sim_content_kind kind;
    struct sim_template text; /* TEXT, JSON */
    str file;                 /* FILE */
};

/* For bind tables (BIND_CUSTOM): a struct sim_headers, a struct sim_content, a JSON
 * struct sim_template. */
void sim_content_read_headers(struct binder *binder, const struct json *value,
                              void *field);
void sim_content_read(struct binder *binder, const struct json *value, void *field);
void sim_content_read_json(struct binder *binder, const struct json *value, void *field);

extern const char sim_content_headers_schema[];

#endif
