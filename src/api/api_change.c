/*
 * Handlers and changes of directory and catalog: filling one in, sending it, answering
 * for it.
 */
#include "api/api_call.h"

/* --- the directory --- */

struct work {
    struct change change;
    struct api_call *call;
    void (*then)(struct change *change);
};

struct change *api_change(struct api_call *call, enum change_kind kind)
{
    struct work *work = arena_zalloc(call->arena, sizeof(*work));
    work->call = call;
    work->change = (struct change){
        .kind = kind,
        .directory = call->api->directory,
        .worker = call->worker,
        .actor = call->actor,
        .owner = call,
        .arena = call->arena,
        .concurrency_max = -1,
        .environment_n = -1,
        .expires = -1,
    };
    return &work->change;
}

/* The member that a sentence of the directory begins with ("`name` must be …"), as a
 * pointer. */
static str pointer_of(struct api_call *call, str detail)
{
    if (!str_starts(detail, STR("`")))
        return STR("");
    str rest = str_from(detail, 1);
    return arena_printf(call->arena, "/%.*s", (int)str_find(rest, '`'), rest.p);
}

static void refuse(struct api_call *call, const struct change *change)
{
    struct catalog_fault fault = {.text = change->detail};
    if (change->err != ERR_BODY_INVALID) {
        api_refuse_text(call, change->err, change->detail);
        return;
    }
    fault.pointer = pointer_of(call, change->detail);
    api_refuse_faults(call, change->err, change->detail, &fault, 1);
}

static void on_done(struct change *change)
{
    struct work *work = CONTAINER_OF(change, struct work, change);
    if (change->err)
        refuse(work->call, change);
    else if (work->then)
        work->then(change);
    else
        api_send_nothing(work->call);
}

void api_submit(struct change *change, void (*then)(struct change *change))
{
    struct work *work = CONTAINER_OF(change, struct work, change);
    work->then = then;
    change->done = on_done;
    directory_change(change);
}

void api_submit_bare(struct api_call *call, enum change_kind kind, str id)
{
    if (str_absent(id))
        return;
    struct change *change = api_change(call, kind);
    change->id = id;
    api_submit(change, NULL);
}

/* --- the catalog --- */

struct catalog_work {
    struct catalog_change change;
    struct api_call *call;
    void (*then)(struct catalog_change *change);
};

struct catalog_change *api_catalog_change(struct api_call *call,
                                          enum catalog_change_kind kind)
{
    struct catalog_work *work = arena_zalloc(call->arena, sizeof(*work));
    work->call = call;
    work->change = (struct catalog_change){
        .kind = kind,
        .catalog = call->api->catalog,
        .worker = call->worker,
        .actor = &call->actor,
        .owner = call,
        .arena = call->arena,
    };
    if (kind == CATALOG_PUT || kind == CATALOG_ACTIVATE || kind == CATALOG_REMOVE)
        work->change.name = api_path(call, "integration");
    return &work->change;
}

static void on_catalog_done(struct catalog_change *change)
{
    struct catalog_work *work = CONTAINER_OF(change, struct catalog_work, change);
    if (!change->err)
        work->then(change);
    else if (change->fault_n)
        api_refuse_faults(work->call, change->err, change->detail, change->faults,
                          change->fault_n);
    else
        api_refuse_text(work->call, change->err, change->detail);
}

void api_catalog_submit(struct catalog_change *change,
                        void (*then)(struct catalog_change *change))
{
    struct catalog_work *work = CONTAINER_OF(change, struct catalog_work, change);
    work->then = then;
    change->done = on_catalog_done;
    catalog_change(change);
}
