/*
 * Looking at deliveries and their events in the store, and having deliveries made once
 * more. Each operation is a struct that the caller embeds, fills in its first part and
 * keeps until `done`, which comes on `worker`.
 */
#ifndef DELIVER_DELIVERY_LOOK_H
#define DELIVER_DELIVERY_LOOK_H

#include "deliver/delivery_store.h"

struct delivery_filter {
    int64_t sequence;          /* 0: any */
    int64_t event;             /* 0: any */
    str endpoint, environment; /* absent: any */
    str account, type;
    int state;        /* −1: any */
    usec from, until; /* created; 0: any */
};
#define DELIVERY_FILTER_ANY ((struct delivery_filter){.state = -1})

struct delivery_query {
    struct store *store;
    struct worker *worker;
    struct arena *arena;
    struct delivery_filter filter;
    int64_t before; /* 0: from the newest */
    uint32_t max;
    bool attempts; /* of the first row, too, with what opens them */
    void (*done)(struct delivery_query *query);
    void *owner;

    enum err err;
    struct delivery_row *rows; /* newest first */
    uint32_t n;
    struct delivery_attempt *attempt_rows; /* oldest first */
    uint32_t attempt_n;
    struct endpoint_sealed sealed;
    struct store_op op;
};
void delivery_list(struct delivery_query *query);

/* Ended ones that the filter finds become pending again, the oldest first. */
struct delivery_replay {
    struct store *store;
    struct worker *worker;
    struct arena *arena;
    struct delivery_filter filter;
    uint32_t max;
    bool dry_run;
    usec wall;
    struct actor actor;
    void (*done)(struct delivery_replay *replay);
    void *owner;

    enum err err;
    struct delivery_row *rows; /* as they were before */
    uint32_t n;
    bool more;
    struct store_op op;
};
void delivery_replay(struct delivery_replay *replay);

/* One event with its data as they are stored. */
struct event_get {
    struct store *store;
    struct worker *worker;
    struct arena *arena;
    int64_t sequence;
    void (*done)(struct event_get *get);
    void *owner;
    enum err err; /* ERR_OBJECT_UNKNOWN */
    struct event_row row;
    struct store_op op;
};
void event_get(struct event_get *get);

#endif
