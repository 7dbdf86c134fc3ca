/*
 * A document that has a row of every kind, for the tests of bind and bind_schema: a
 * garage with its doors, cars and rules.
 */
#ifndef UNIT_JSON_GARAGE_H
#define UNIT_JSON_GARAGE_H

#include "base/usec.h"
#include "json/bind.h"

enum garage_paint { PAINT_RED, PAINT_GREEN, PAINT_BLUE };

struct garage_door {
    uint32_t width;
    usec delay;
    uint32_t paint;
    bool finished; /* finish ran */
};

struct garage_gate {
    struct garage_door door; /* the base of its table */
    bool locked;
    bool finished; /* its own finish ran, after the door's */
};

struct garage_car {
    str name;
    struct bind_texts plates;
    struct garage_car *trailer; /* an OPTION of its own table */
    double price;
};

struct garage_rules {
    bool open;
    struct bind_uints hours;
    struct garage_door door;
    struct json notes;
};

struct garage {
    str owner;
    struct garage_rules rules;
    struct garage_door *spare;
    struct bind_list doors;
    struct bind_list cars;
    struct bind_list gates;
    int64_t odd; /* CUSTOM */
};

extern const struct bind_table garage_table;

#endif
