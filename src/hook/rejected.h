/*
 * Requests that were not proved to be the vendor's: counted by reason, the newest kept so
 * that somebody can look at what was sent, and a spike told of, which usually means that
 * the vendor has changed its key (SPEC 8.2).
 *
 * Whoever rejects may be flooded: what waits to be stored is bounded, and what does not
 * fit is counted only.
 */
#ifndef HOOK_REJECTED_H
#define HOOK_REJECTED_H

#include "hook/hook_key.h"
#include "signature/signature_rule.h"

struct rejected;

enum {
    REJECTED_KEPT = 100, /* of an integration */
    REJECTED_BODY_BYTES = 4096
};

struct rejected *rejected_create(struct store *store, struct hook_keys *keys,
                                 struct world *world);
void rejected_destroy(struct rejected **rejected);

struct rejection {
    enum webhook_reason reason;
    str environment, account; /* ids; absent: not known */
    str peer;
    const struct hook_message *message; /* its body is cut */
};

/* Any thread. */
void rejected_note(struct rejected *rejected, const struct rejection *rejection);

/* Whether something waits to be stored; stores it. On the transfer's thread. */
bool rejected_waits(struct rejected *rejected);
enum err rejected_store(struct rejected *rejected) MUST_CHECK;

struct rejected_stats {
    uint64_t by_reason[REASON_COUNT];
    uint64_t unkept; /* counted only */
};
void rejected_stats(struct rejected *rejected, struct rejected_stats *ret);

/* --- for people --- */

struct rejected_row {
    int64_t sequence;
    str integration, environment, account, reason, peer;
    usec received;
    str sealed; /* a hook_message, bound by HOOK_ABOUT_REJECTED; of the platform */
};

#define HOOK_ABOUT_REJECTED STR("hook.rejected")

/* A page, newest first. Embedded by the caller. */
struct rejected_query {
    struct store *store;
    struct worker *worker;
    struct arena *arena;
    void (*done)(struct rejected_query *query);
    str environment, integration, reason; /* absent: any */
    int64_t sequence, before;             /* 0: any; from the newest */
    uint32_t max;

    enum err err;
    struct rejected_row *rows;
    uint32_t n;

    struct store_op op; /* private */
};

void rejected_list(struct rejected_query *query);

#endif
