#include "sim/sim_inject.h"

#include "base/mem.h"
#include "loop/world.h"
#include "sim/sim_reader.h"

enum { CHUNK_BYTES = 4096, TEXT_BYTES_MAX = 4 << 20 };

#define ARENA_BYTES_MAX ((size_t)1 << 30)

struct injection {
    struct list node;
    struct arena arena; /* of all that it points to */
    uint64_t id;
    str path;
    str method;
    double share;
    uint32_t count; /* 0 = no end */
    usec duration;
    struct sim_fault fault;
    usec until;
    uint64_t struck;
};

static void init_injection(void *obj)
{
    *(struct injection *)obj = (struct injection){.share = 1, .duration = USEC_MIN};
}

#define AT(member) .offset = offsetof(struct injection, member)

static const struct bind_row injection_rows[] = {
    {.name = "path",
     .kind = BIND_TEXT,
     AT(path),
     .min = 1,
     .max = 1000,
     .doc = "Only requests whose path starts so."},
    {.name = "method",
     .kind = BIND_TEXT,
     AT(method),
     .min = 1,
     .max = 20,
     .doc = "Only requests with this method."},
    {.name = "share",
     .kind = BIND_NUMBER,
     AT(share),
     .min = 0,
     .max = 1,
     .doc = "Of the requests within the scope; 1 unless it says otherwise."},
    {.name = "count",
     .kind = BIND_UINT,
     AT(count),
     .min = 1,
     .max = 1e9,
     .doc = "At most so many times."},
    {.name = "duration",
     .kind = BIND_DURATION,
     AT(duration),
     .min = 0.001,
     .max = 86400,
     .doc = "For so long; one minute unless it says otherwise."},
    {.name = "fault",
     .kind = BIND_OBJECT,
     AT(fault),
     .required = true,
     .table = &sim_fault_table,
     .doc = "What goes wrong."},
};

static const struct bind_table injection_table = {
    .name = "injected fault",
    .rows = injection_rows,
    .n = COUNT_OF(injection_rows),
    .bytes = sizeof(struct injection),
    .init = init_injection,
};

static struct injection *of(struct list *node)
{
    return CONTAINER_OF(node, struct injection, node);
}

void sim_inject_init(struct sim_injections *injections)
{
    *injections = (struct sim_injections){0};
    list_init(&injections->all);
}

static void drop(struct sim_injections *injections, struct injection *injection)
{
    list_remove(&injection->node);
    injections->n--;
    arena_fini(&injection->arena);
    mem_free(injection);
}

void sim_inject_clear(struct sim_injections *injections)
{
    LIST_EACH(node, &injections->all)
    {
        drop(injections, of(node));
    }
}

bool sim_inject_remove(struct sim_injections *injections, uint64_t id)
{
    LIST_EACH(node, &injections->all)
    {
        if (of(node)->id == id) {
            drop(injections, of(node));
            return true;
        }
    }
    return false;
}

static void drop_expired(struct sim_injections *injections, usec now)
{
    LIST_EACH(node, &injections->all)
    {
        struct injection *injection = of(node);
        if (now >= injection->until ||
            (injection->count && injection->struck >= injection->count))
            drop(injections, injection);
    }
}

/* --- adding --- */

uint64_t sim_inject_add(struct sim_injections *injections, str text, usec now,
                        struct arena *arena, const struct bind_fault **ret_faults)
{
    struct injection *injection = mem_alloc(sizeof(*injection));
    struct arena own;
    struct sim_reader reader;
    bool good = false;
    drop_expired(injections, now);
    arena_init(&own, CHUNK_BYTES, ARENA_BYTES_MAX);
    sim_reader_init(&reader, &own, STR_NONE);
    if (injections->n == SIM_INJECTIONS_MAX)
        bind_fault(&reader.binder, "There are %d faults already; DELETE /_sim/faults.",
                   SIM_INJECTIONS_MAX);
    else
        good =
            sim_reader_read(&reader, text, TEXT_BYTES_MAX, &injection_table, injection);
    *ret_faults = sim_reader_faults(&reader, arena);
    if (!good) {
        arena_fini(&own);
        mem_free(injection);
        return 0;
    }
    injection->arena = own;
    injection->id = ++injections->last_id;
    injection->until = usec_add(now, injection->duration);
    list_init(&injection->node);
    list_push_back(&injections->all, &injection->node);
    injections->n++;
    return injection->id;
}

/* --- use --- */

/* The simulator's own paths are hit only by faults that name them. */
static bool in_scope(const struct injection *injection, const struct sim_target *target)
{
    bool own = str_starts(target->path, STR("/_sim/"));
    if (own && !str_starts(injection->path, STR("/_sim/")))
        return false;
    return injection->fault.early == target->early &&
           (injection->path.n == 0 || str_starts(target->path, injection->path)) &&
           (injection->method.n == 0 || str_eq(target->method, injection->method));
}

static bool strikes(const struct injection *injection, struct world *world)
{
    enum { GRAIN = 1 << 24 };
    return injection->share >= 1 ||
           (double)world_jitter(world, GRAIN) < injection->share * GRAIN;
}

bool sim_inject_apply(struct sim_injections *injections, const struct sim_target *target,
                      struct sim_fault *fault)
{
    bool struck = false;
    if (injections->n == 0)
        return false;
    drop_expired(injections, target->now);
    LIST_EACH(node, &injections->all)
    {
        struct injection *injection = of(node);
        if (!in_scope(injection, target) || !strikes(injection, target->world))
            continue;
        injection->struck++;
        sim_fault_add(fault, target->arena, &injection->fault);
        struck = true;
    }
    return struck;
}

void sim_inject_print(struct sim_injections *injections, usec now, struct json_out *out)
{
    drop_expired(injections, now);
    json_out_object(out);
    json_out_name(out, STR("faults"));
    json_out_array(out);
    LIST_EACH(node, &injections->all)
    {
        const struct injection *injection = of(node);
        json_out_object(out);
        json_out_member_int(out, STR("id"), (int64_t)injection->id);
        json_out_member_text(out, STR("path"), injection->path);
        json_out_member_text(out, STR("method"), injection->method);
        json_out_name(out, STR("share"));
        json_out_number(out, injection->share);
        json_out_member_int(out, STR("struck"), (int64_t)injection->struck);
        if (injection->count)
            json_out_member_int(out, STR("left"),
                                (int64_t)(injection->count - injection->struck));
        json_out_member_int(out, STR("ends_in_ms"), (injection->until - now) / USEC_MS);
        json_out_end(out);
    }
    json_out_end(out);
    json_out_end(out);
}
