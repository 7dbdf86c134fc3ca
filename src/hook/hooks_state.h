/*
 * What the files of receiving share, and nobody else includes.
 */
#ifndef HOOK_HOOKS_STATE_H
#define HOOK_HOOKS_STATE_H

#include <stdatomic.h>

#include "base/list.h"
#include "base/log.h"
#include "hook/hooks.h"
#include "hook/rejected.h"
#include "hook/secrets.h"
#include "hook/transfer.h"
#include "loop/offload.h"

enum { HOOKS_MAGIC = 0x484f4f4b };

struct hooks {
    uint32_t magic;
    struct hooks_config config;
    struct hook_keys *keys;
    struct hook_secrets *secrets;
    struct key_sets *key_sets;
    struct transfer *transfer;
    struct rejected *rejected_kept;
    struct offload *offload; /* judges large bodies */
    _Atomic uint32_t *busy;  /* one a worker: receives that wait for the disk */
    _Atomic uint64_t bytes;  /* of bodies in memory */
    struct worker worker;    /* the transfer's, as all up to `thread` */
    struct driver *driver;
    struct timer timer, upkeep;
    struct post wake;
    atomic_bool asked; /* the post is under way */
    struct thread *thread;
    usec caught_up; /* wall: all that came before are rows */
    struct payload_group groups[64];
    size_t group_n, group_at;
    struct payload_drop drop;
    bool dropping; /* it is under way */
    _Atomic uint64_t accepted, shaken, rejected, refused, unknown;
};

/* hooks_upkeep.c; ends by starting its timer again. */
void hooks_keep_up(struct hooks *hooks);

/* The transfer has something to do. Any thread. */
void hooks_wake(struct hooks *hooks);

#endif
