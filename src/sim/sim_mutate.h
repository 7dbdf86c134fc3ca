/*
 * Schema drift on purpose: a member of a JSON answer renamed, removed, or of another
 * type. A pointer's `*` stands for every item or member.
 */
#ifndef SIM_SIM_MUTATE_H
#define SIM_SIM_MUTATE_H

#include "json/bind.h"
#include "json/pointer.h"

enum sim_change {
    SIM_CHANGE_REMOVE,
    SIM_CHANGE_RENAME,
    SIM_CHANGE_RETYPE,
    SIM_CHANGE_REPLACE
};

struct sim_mutation {
    struct pointer at;
    enum sim_change change;
    uint32_t change_n; /* how many were asked for: one */
    str name;          /* RENAME */
    uint32_t type;     /* RETYPE: index of the type words */
    struct json value; /* REPLACE */
};

/* For bind tables: the object {"at", "remove" | "rename" | "type" | "value"}. */
extern const struct bind_table sim_mutation_table;

/* The value with the change made wherever the pointer leads; shares what is unchanged. */
struct json sim_mutate(struct arena *arena, const struct json *value,
                       const struct sim_mutation *mutation);

#endif
