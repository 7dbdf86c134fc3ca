/*
 * What an implementation of payloads fills in. `base` is its own.
 */
#ifndef PAYLOAD_PAYLOAD_OPS_H
#define PAYLOAD_PAYLOAD_OPS_H

#include "payload/payload.h"

struct payload_ops {
    void *(*open)(const struct payload_config *config, struct arena *arena, str *ret_why);
    void (*close)(void *base);
    /* Answer put->done and its like later, never from inside. Sizes have been checked. */
    void (*put)(void *base, struct payload_put *put);
    void (*get)(void *base, struct payload_get *get);
    void (*forget)(void *base, struct payload_forget *forget);
    size_t (*groups)(void *base, usec before, uint64_t bytes, struct payload_group *ret,
                     size_t max);
    void (*drop)(void *base, struct payload_drop *drop);
    void (*stats)(void *base, struct payload_stats *ret_stats);
};

#define X(name, what) extern const struct payload_ops payload_##name;
#include "payload/payload_list.h"
#undef X

enum { PAYLOADS_MAGIC = 0xb0d1e500 };

struct payloads {
    uint32_t magic;
    const struct payload_ops *ops;
    void *base;
};

/* The bytes of all parts. */
static inline uint64_t payload_bytes(const struct payload_put *put)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < PAYLOAD_PARTS_MAX; i++)
        bytes += put->parts[i].n;
    return bytes;
}

#endif
