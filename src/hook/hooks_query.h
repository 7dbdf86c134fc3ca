/*
 * Rows of vendors' events for people: lists, and replaying. Whatever is handed over is
 * embedded by the caller, who keeps it alive until `done`.
 */
#ifndef HOOK_HOOKS_QUERY_H
#define HOOK_HOOKS_QUERY_H

#include "directory/directory.h"
#include "hook/hook_store.h"

struct hook_filter {
    int64_t sequence;                            /* 0: any */
    str environment, account, integration, type; /* absent: any */
    int state;                                   /* −1: any */
    usec from, until;                            /* wall, of receipt; 0: any */
};

#define HOOK_FILTER_ANY                                                                  \
    ((struct hook_filter){.environment = STR_NONE,                                       \
                          .account = STR_NONE,                                           \
                          .integration = STR_NONE,                                       \
                          .type = STR_NONE,                                              \
                          .state = -1})

/* A page, newest first. */
struct hook_query {
    struct store *store;
    struct worker *worker;
    struct arena *arena;
    void (*done)(struct hook_query *query);
    struct hook_filter filter;
    int64_t before; /* rows with a smaller number; 0: from the newest */
    uint32_t max;

    enum err err;
    struct hook_row *rows;
    uint32_t n;

    struct store_op op; /* private */
};

void hook_list(struct hook_query *query);

/* Events that ended are worked on once more: done, dead ► queued, oldest first; each has
 * its line in the audit log. */
struct hook_replay {
    struct store *store;
    struct worker *worker;
    struct arena *arena;
    void (*done)(struct hook_replay *replay);
    struct hook_filter filter;
    uint32_t max;
    bool dry_run;
    struct actor actor;
    usec wall;

    enum err err;
    struct hook_row *rows; /* as they were */
    uint32_t n;
    bool more; /* there were more than `max` */

    struct store_op op; /* private */
};

void hook_replay(struct hook_replay *replay);

#endif
