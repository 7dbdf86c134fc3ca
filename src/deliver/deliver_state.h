/*
 * What the files of deliver/ share, and nobody else includes.
 *
 * A shard is a worker's. Its lock is over what other threads ask or say: the queues, how
 * much waits in them, when they are looked at. Everything else of it is its worker's
 * alone.
 *
 * A queue is looked at (`due`), stands in line for a place (`ready`), or waits for
 * something of its own that ends: attempts, a load, a sweep.
 */
#ifndef DELIVER_DELIVER_STATE_H
#define DELIVER_DELIVER_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/list.h"
#include "base/map.h"
#include "deliver/deliver.h"
#include "deliver/deliver_rule.h"

enum {
    DELIVER_MAGIC = 0x44454c56,
    PLACES_MAX = 256, /* of each class, of a shard */
    WINDOW_ROWS = 64,
    WINDOW_BYTES_MAX = 256 * 1024,
    ENDED_MAX = 256
};

/*
 * Endpoints that are slow or failing have places of their own, so that they never take
 * those of the others, however many they are: an endpoint is a suspect from a failure, or
 * from an attempt that takes longer than a second, until one was good and quick.
 */
enum deliver_class { CLASS_GOOD, CLASS_SUSPECT, CLASS_COUNT };

/* The opened secrets of an endpoint, while its queue is at work. */
struct deliver_keys {
    uint32_t refs;
    uint64_t version; /* of the endpoint */
    struct signing signing;
    str data_key; /* sealed */
    struct arena arena;
};

struct deliver_queue {
    struct tenant_id endpoint;
    struct heap_node node; /* under the lock, as the next five */
    uint32_t pending;
    uint64_t bytes;
    bool noted;  /* something has come since the last load began */
    bool hasten; /* it was resumed */
    bool taken;  /* out of the heap, in its worker's hands */

    struct list ready; /* in its class' line, or in none */
    enum deliver_class class;
    uint32_t ramp; /* so many at a time: 1 after a failure, one more with each success */
    uint32_t running;
    struct list runs;
    bool loading;
    bool sweeping;
    bool overflowing; /* it was told */
    struct deliver_keys *keys;

    /* what comes next: `n` rows from `at` on */
    struct arena window;
    struct delivery_due *rows;
    uint32_t at, n;
    usec next;                /* wall: when there is more; 0: look */
    int64_t ended[ENDED_MAX]; /* sequences that ended while a load was under way */
    uint32_t ended_n;

    struct health health;
    usec probe_at; /* monotonic: while it is paused by failures, one attempt then */
    usec probe_delay;
    usec rate_at; /* monotonic: nothing is begun before */
};

struct deliver_shard {
    struct deliver *deliver;
    pthread_mutex_t lock;
    struct worker *worker; /* NULL: not joined, or left */
    struct map queues;     /* by endpoint id */
    struct heap due;
    bool poked;

    bool draining, leaving;
    struct list ready[CLASS_COUNT];
    uint32_t places[CLASS_COUNT]; /* taken */
    struct list runs;             /* in the order of their start */
    uint32_t run_n, load_n, sweep_n;
    struct timer timer;
    struct timer suspect_timer;
    struct post poke;
};

struct deliver_fan_state; /* deliver_fan.c */

struct deliver {
    uint32_t magic;
    struct deliver_config config;
    struct endpoints *endpoints;
    struct deliver_shard *shards;
    struct deliver_fan_state *fan;
    usec ahead; /* wall − monotonic clock at the start: rows' times are meant so, and a
                 * clock that jumps moves none of them */
    struct timer expire_timer;
    struct delivery_expire expire;
    bool expiring;
    _Atomic uint64_t events, delivered, again, dead, superseded, under_way;
};

/* The wall time as the rows mean it. */
static inline usec deliver_wall(const struct deliver *deliver, usec now)
{
    return now + deliver->ahead;
}

/* --- deliver.c --- */

/* What the record of an attempt is bound to when it is sealed. */
str deliver_about_attempt(int64_t sequence, struct arena *arena);

/* --- deliver_queue.c --- */

struct deliver_shard *deliver_shard_of(struct deliver *deliver, str endpoint);
/* Both under the shard's lock; `due`: monotonic. */
struct deliver_queue *deliver_need_queue(struct deliver_shard *shard, str endpoint);
void deliver_look_at(struct deliver_shard *shard, struct deliver_queue *queue, usec due);
void deliver_on_timer(struct timer *timer);
void deliver_on_suspect_timer(struct timer *timer);

void deliver_pump_soon(struct deliver_shard *shard);
void deliver_keys_unref(struct deliver_keys **keys);

/* A run has ended; its row waits until `due` (wall; USEC_NEVER: it does not wait). */
struct deliver_news {
    int64_t sequence;
    uint64_t bytes;
    usec due;
    bool ended;    /* it waits no longer */
    bool released; /* another one does not wait any more */
    bool resumed;  /* the endpoint has come back */
};
void deliver_queue_note(struct deliver_shard *shard, struct deliver_queue *queue,
                        const struct deliver_news *news);

/* --- deliver_run.c --- */

struct deliver_run;
void deliver_run_start(struct deliver_shard *shard, struct deliver_queue *queue,
                       struct endpoint *endpoint, const struct delivery_due *due);
int64_t deliver_run_sequence(const struct list *of_queue);
void deliver_run_stop(struct list *of_shard);
/* Those that have been under way for long take a suspect's place; answers when the next
 * one has (monotonic). */
usec deliver_run_suspects(struct deliver_shard *shard);

/* What is told of an endpoint; texts in the arena. */
struct event deliver_event(enum event_type type, const struct endpoint *endpoint,
                           str detail, usec wall);
str deliver_event_detail(const struct endpoint *endpoint, const char *rest,
                         struct arena *arena);

/* --- deliver_fan.c --- */

struct deliver_fan_state *deliver_fan_create(struct deliver *deliver, int64_t position);
void deliver_fan_destroy(struct deliver_fan_state **fan);
void deliver_fan_join(struct deliver_fan_state *fan, struct worker *worker);
void deliver_fan_drain(struct deliver_fan_state *fan);
bool deliver_fan_busy(const struct deliver_fan_state *fan);
void deliver_fan_leave(struct deliver_fan_state *fan);

#endif
