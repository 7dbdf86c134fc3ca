#include "garage.h"

#include <stddef.h>

static const char *const paints[] = {"red", "green", "blue", NULL};

static void door_init(void *obj)
{
    struct garage_door *door = obj;
    *door = (struct garage_door){.width = 200, .paint = PAINT_BLUE};
}

static void door_finish(struct binder *binder, void *obj)
{
    struct garage_door *door = obj;
    door->finished = true;
    if (door->width == 13)
        bind_fault_at(binder, STR("width"), "is unlucky; take another.");
}

#define AT(type, member) .offset = offsetof(struct garage_##type, member)

static const struct bind_row door_rows[] = {
    {.name = "width",
     .kind = BIND_UINT,
     AT(door, width),
     .min = 10,
     .max = 500,
     .doc = "In centimetres."},
    {.name = "delay", .kind = BIND_DURATION, AT(door, delay), .min = 1, .max = 60},
    {.name = "paint", .kind = BIND_ENUM, AT(door, paint), .words = paints},
};

static const struct bind_table door_table = {
    .name = "door block",
    .rows = door_rows,
    .n = COUNT_OF(door_rows),
    .bytes = sizeof(struct garage_door),
    .init = door_init,
    .finish = door_finish,
    .shorthand = "paint",
};

static void gate_finish(struct binder *binder, void *obj)
{
    struct garage_gate *gate = obj;
    gate->finished = gate->door.finished;
    if (gate->locked && gate->door.delay)
        bind_fault_at(binder, STR("delay"), "is of no use; it is locked.");
}

static const struct bind_row gate_rows[] = {
    {.name = "locked", .kind = BIND_BOOL, AT(gate, locked)},
};

static const struct bind_table gate_table = {
    .name = "gate block",
    .base = &door_table,
    .rows = gate_rows,
    .n = COUNT_OF(gate_rows),
    .bytes = sizeof(struct garage_gate),
    .finish = gate_finish,
    .shorthand = "paint",
};

static const struct bind_table car_table;

static const struct bind_row car_rows[] = {
    {.name = "plates",
     .kind = BIND_TEXTS,
     AT(car, plates),
     .required = true,
     .min = 2,
     .max = 8},
    {.name = "trailer", .kind = BIND_OPTION, AT(car, trailer), .table = &car_table},
    {.name = "price", .kind = BIND_NUMBER, AT(car, price), .min = 0, .max = 1e6},
};

static const struct bind_table car_table = {
    .name = "car",
    .rows = car_rows,
    .n = COUNT_OF(car_rows),
    .bytes = sizeof(struct garage_car),
    .name_at = offsetof(struct garage_car, name),
};

static const struct bind_row rules_rows[] = {
    {.name = "open", .kind = BIND_BOOL, AT(rules, open)},
    {.name = "hours", .kind = BIND_UINTS, AT(rules, hours), .min = 0, .max = 23},
    {.name = "door", .kind = BIND_OBJECT, AT(rules, door), .table = &door_table},
    {.name = "notes", .kind = BIND_JSON, AT(rules, notes)},
};

static void rules_init(void *obj)
{
    struct garage_rules *rules = obj;
    *rules = (struct garage_rules){.open = true};
}

static const struct bind_table rules_table = {
    .name = "rules block",
    .rows = rules_rows,
    .n = COUNT_OF(rules_rows),
    .bytes = sizeof(struct garage_rules),
    .init = rules_init,
};

static void read_odd(struct binder *binder, const struct json *value, void *field)
{
    uint64_t number;
    if (json_to_u64(value, 1000, &number) && number % 2 == 1)
        *(int64_t *)field = (int64_t)number;
    else
        bind_fault(binder, "is not odd; take an odd number.");
}

#define ROOT(member) .offset = offsetof(struct garage, member)

static const struct bind_row garage_rows[] = {
    {.name = "owner",
     .kind = BIND_TEXT,
     ROOT(owner),
     .required = true,
     .min = 1,
     .max = 10,
     .doc = "Who pays."},
    {.name = "rules", .kind = BIND_OBJECT, ROOT(rules), .table = &rules_table},
    {.name = "spare", .kind = BIND_OPTION, ROOT(spare), .table = &door_table},
    {.name = "doors",
     .kind = BIND_LIST,
     ROOT(doors),
     .table = &door_table,
     .min = 1,
     .max = 3},
    {.name = "cars", .kind = BIND_NAMED, ROOT(cars), .table = &car_table},
    {.name = "gates",
     .kind = BIND_OBJECTS,
     ROOT(gates),
     .table = &gate_table,
     .min = 1,
     .max = 2},
    {.name = "odd",
     .kind = BIND_CUSTOM,
     ROOT(odd),
     .custom = read_odd,
     .custom_schema = "{\"type\":\"integer\",\"not\":{\"multipleOf\":2},"
                      "\"description\":\"not shown\"}",
     .doc = "An odd number."},
};

const struct bind_table garage_table = {
    .name = "garage",
    .rows = garage_rows,
    .n = COUNT_OF(garage_rows),
    .bytes = sizeof(struct garage),
};
