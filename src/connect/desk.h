/*
 * What a worker has under way at vendors while accounts are being connected, so that it
 * can be ended when the daemon stops. Inside of src/connect only; the worker's own.
 */
#ifndef CONNECT_DESK_H
#define CONNECT_DESK_H

#include "base/list.h"

struct desk {
    struct list works;
    bool stopped; /* nothing is begun any more */
};

struct desk_work {
    struct list node;
    void (*stop)(struct desk_work *work); /* ends it, now or with the store's answer */
};

/* False: the daemon stops, and it is not taken. */
static inline bool desk_take(struct desk *desk, struct desk_work *work)
{
    list_init(&work->node);
    if (desk->stopped)
        return false;
    list_push_back(&desk->works, &work->node);
    return true;
}

static inline void desk_leave(struct desk_work *work)
{
    list_remove(&work->node);
}

/* Stops each. What stops may leave at once. */
static inline void desk_stop(struct desk *desk)
{
    desk->stopped = true;
    LIST_EACH(node, &desk->works)
    {
        struct desk_work *work = CONTAINER_OF(node, struct desk_work, node);
        work->stop(work);
    }
}

#endif
