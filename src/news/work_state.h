/*
 * What the files of work on vendors' events share, and nobody else includes.
 *
 * A shard is a worker's. Its lock is over what other threads ask or say: the queues and
 * when they are due. Everything else of it is its worker's alone.
 */
#ifndef NEWS_WORK_STATE_H
#define NEWS_WORK_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/list.h"
#include "base/map.h"
#include "news/echo.h"
#include "news/normalize.h"
#include "news/work.h"
#include "news/work_rule.h"
#include "news/work_store.h"
#include "operation/operation.h"

enum {
    WORK_MAGIC = 0x574f524b,
    BATCHES_MAX = 64,             /* of a shard at a time */
    VENDOR_BATCHES_MAX = 16,      /* of one integration, in a shard */
    BATCH_ROWS_MAX = WORK_END_MAX /* of a batch */
};

/* The bodies of a batch's requests together; but one may be larger. */
#define BATCH_BYTES_MAX (8 << 20)

/* An integration as work sees it: one that is slow keeps nobody else's events waiting. */
struct work_vendor {
    uint32_t running;
    struct list waiting; /* queues for which there was no room, first come first */
    str name;            /* in the struct's own memory */
    char bytes[];
};

struct work_queue {
    struct tenant_id account;
    struct list waiting; /* in a vendor's, or in none; the worker's alone */
    struct heap_node
        node;   /* when it is looked at; in the shard's heap unless it is busy */
    bool busy;  /* a batch of it is under way */
    bool again; /* something has come meanwhile */
};

struct work_shard {
    struct work *work;
    pthread_mutex_t lock;  /* over the next five */
    struct worker *worker; /* NULL: not joined, or left */
    struct map queues;     /* by account id */
    struct heap due;       /* monotonic */
    bool poked;
    bool draining;

    struct map vendors; /* by name */
    struct list batches;
    uint32_t batch_n;
    bool leaving;
    struct timer timer;
    struct post poke;
    struct timer sweep_timer; /* of the first worker alone, as are the next */
    struct silence_sweep sweep;
    bool sweeping;
    usec up; /* wall; since when */
};

struct work {
    uint32_t magic;
    struct work_config config;
    struct work_shard *shards;
    struct body_budget *budgets; /* one a worker */
    _Atomic uint64_t told, ignored, late, superseded, equal, dead, tries, holds, fetches;
};

/* --- a batch --- */

enum batch_step {
    BATCH_TAKE,  /* the store: rows */
    BATCH_OPEN,  /* the payloads of their requests, one after the other */
    BATCH_LOOK,  /* the store: what is known of the records */
    BATCH_FETCH, /* the vendor: records */
    BATCH_PUT,   /* payloads of large events, one after the other */
    BATCH_END,   /* the store: what came of it */
    BATCH_OVER
};

/* A request of which there are events in the batch. */
struct batch_request {
    str reference;
    struct arena arena;
    struct hook_request request;
    const char *why; /* it cannot be read: a word; NULL: it can */
};

struct batch;

/* A record of which there are events in the batch. */
struct batch_lane {
    struct batch *batch;
    str name; /* "crm/contacts/42" */
    struct work_place place;
    struct order_known known; /* as the batch goes on */
    bool moved;               /* and differs from what the store has */

    bool wanted;  /* it is to be fetched */
    bool fetched; /* the next are in use, and `verdict` says what came of it */
    struct operation operation;
    struct arena arena;
    struct json request;
    struct fetch_verdict verdict;
    enum mapping_end made; /* with GOOD */
    struct json record, original;
    str detail;
    struct json changed; /* what all its events together have changed; UNDEFINED: nobody
                          * says */

    bool held; /* from here on its rows wait until: */
    usec until;
    const char *why;
};

/* A row of the batch. */
struct batch_task {
    struct hook_row row;
    struct arena arena;
    struct batch_request *request;
    struct normal normal;
    struct batch_lane *lane; /* NULL: it is of no record */
};

struct batch {
    struct list node; /* in the shard's */
    struct work_shard *shard;
    struct work_queue *queue;
    struct worker *worker;
    struct arena arena;
    enum batch_step step;
    usec wall; /* of its end, once it is judged */
    bool stopped;

    struct account *account;
    struct work_vendor *vendor; /* NULL: it takes no place yet */
    struct pin *pin;
    const struct integration *integration;
    const struct auth_way *way;

    struct work_take take;
    struct work_orphans orphans;
    struct batch_task *tasks;
    uint32_t n;
    struct batch_request *requests;
    uint32_t request_n, opened;
    size_t bytes;
    struct payload_get get;
    struct batch_lane *lanes;
    uint32_t lane_n, fetch_n, fetch_at;
    bool hold; /* one fetch was held: no more are begun */
    struct fetch_verdict hold_verdict;
    struct work_look look;
    struct work_result *results;
    str *large; /* of results: sealed data that goes into a payload; absent: none */
    uint32_t put_at;
    struct payload_put put;
    struct work_end end;
    struct timer timer;
    struct timer fetch_timer; /* of FETCH */
};

/* work_batch.c. Takes the queue, which is busy, and gives it back by work_queue_back. */
void batch_start(struct work_shard *shard, struct work_queue *queue);
void batch_stop(struct list *node);
void batch_move(struct batch *batch, enum batch_step next);

/* work_fetch.c: fetches what is wanted; then batch_move to BATCH_PUT. */
void batch_fetch(struct batch *batch);
void batch_fetch_stop(struct batch *batch);

/* work_tell.c: what comes of each row, with its event. */
void batch_judge(struct batch *batch);

/* What a row of a record says of its place; without the content's hash. */
struct order_news batch_news(const struct batch_task *task);

/* --- work.c --- */

/* When it is looked at next: `due` is monotonic; USEC_NEVER: it goes, unless it waits for
 * its vendor. */
void work_queue_back(struct work_shard *shard, struct work_queue *queue, usec due);

/* A place among the batches of that integration; NULL: there is none, and the queue waits
 * for one. */
struct work_vendor *work_vendor_enter(struct work_shard *shard, struct work_queue *queue,
                                      str integration);
void work_vendor_leave(struct work_shard *shard, struct work_vendor *vendor);

static inline void work_count(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

#endif
