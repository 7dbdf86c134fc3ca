#include "payload/payload.h"

#include "base/mem.h"
#include "payload/payload_ops.h"

static const struct payload_ops *find_ops(str name)
{
    static const struct {
        const char *name;
        const struct payload_ops *ops;
    } rows[] = {
#define X(id, what) {#id, &payload_##id},
#include "payload/payload_list.h"
#undef X
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (str_eq(name, str_z(rows[i].name)))
            return rows[i].ops;
    return NULL;
}

struct payloads *payload_open(str name, const struct payload_config *config,
                              struct arena *arena, str *ret_why)
{
    const struct payload_ops *ops = find_ops(name);
    if (!ops) {
        *ret_why = arena_printf(arena, "There are no payloads named \"" STR_F "\".",
                                STR_A(name));
        return NULL;
    }
    void *base = ops->open(config, arena, ret_why);
    if (!base)
        return NULL;
    struct payloads *payloads = mem_alloc(sizeof(*payloads));
    *payloads = (struct payloads){.magic = PAYLOADS_MAGIC, .ops = ops, .base = base};
    return payloads;
}

void payload_close(struct payloads **payloads)
{
    if (!*payloads)
        return;
    CHECK_MAGIC(*payloads, PAYLOADS_MAGIC);
    (*payloads)->ops->close((*payloads)->base);
    (*payloads)->magic = 0;
    mem_free(*payloads);
    *payloads = NULL;
}

static void on_refused(struct post *post)
{
    struct offload_task *task = CONTAINER_OF(post, struct offload_task, post);
    struct payload_put *put = CONTAINER_OF(task, struct payload_put, work.task);
    put->done(put);
}

void payload_put(struct payloads *payloads, struct payload_put *put)
{
    CHECK_MAGIC(payloads, PAYLOADS_MAGIC);
    put->err = ERR_NONE;
    put->reference[0] = '\0';
    if (payload_bytes(put) <= PAYLOAD_BYTES_MAX) {
        payloads->ops->put(payloads->base, put);
        return;
    }
    put->err = ERR_BODY_TOO_LARGE;
    worker_post(put->worker, &put->work.task.post, on_refused);
}

void payload_get(struct payloads *payloads, struct payload_get *get)
{
    CHECK_MAGIC(payloads, PAYLOADS_MAGIC);
    get->err = ERR_NONE;
    get->raw = NULL;
    get->bytes = STR_NONE;
    payloads->ops->get(payloads->base, get);
}

void payload_forget(struct payloads *payloads, struct payload_forget *forget)
{
    CHECK_MAGIC(payloads, PAYLOADS_MAGIC);
    forget->err = ERR_NONE;
    payloads->ops->forget(payloads->base, forget);
}

size_t payload_groups(struct payloads *payloads, usec before, uint64_t bytes,
                      struct payload_group *ret, size_t max)
{
    CHECK_MAGIC(payloads, PAYLOADS_MAGIC);
    return payloads->ops->groups(payloads->base, before, bytes, ret, max);
}

void payload_range_end(const char *prefix, char ret[PAYLOAD_REFERENCE_BYTES])
{
    size_t n = strlen(prefix);
    CHECK(n > 0 && n < PAYLOAD_REFERENCE_BYTES);
    memcpy(ret, prefix, n + 1);
    ret[n - 1]++; /* of ASCII, so there is a next one */
}

void payload_drop(struct payloads *payloads, struct payload_drop *drop)
{
    CHECK_MAGIC(payloads, PAYLOADS_MAGIC);
    drop->err = ERR_NONE;
    payloads->ops->drop(payloads->base, drop);
}

void payload_stats(struct payloads *payloads, struct payload_stats *ret_stats)
{
    CHECK_MAGIC(payloads, PAYLOADS_MAGIC);
    payloads->ops->stats(payloads->base, ret_stats);
}
