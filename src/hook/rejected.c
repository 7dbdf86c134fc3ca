#include "hook/rejected.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "base/mem.h"
#include "event/event.h"
#include "json/json_write.h"
#include "loop/world.h"

enum {
    WAITING_MAX = 64,
    VENDORS_MAX = 10000, /* integrations that are counted for spikes */
    SPIKE_LEAST = 20,
    SPIKE_TIMES = 10,
    USUAL_WINDOWS = 288, /* the usual is an average of about a day */
    MESSAGE_BYTES_MAX = 256 * 1024,
};
static const usec window = 5 * USEC_MIN;
static const usec silence = USEC_H; /* after a spike was told of */

/* One that waits to be stored; texts in its own memory. */
struct waiting {
    struct waiting *next;
    struct arena arena;
    struct rejected_row row;
};

/* An integration. */
struct vendor {
    usec begun;   /* of the present window; monotonic */
    uint32_t n;   /* in it */
    double usual; /* a window */
    usec told;    /* monotonic; 0: never */
    bool spike;   /* to be told of */
    str name;
    char bytes[];
};

struct rejected {
    struct store *store;
    struct hook_keys *keys;
    struct world *world;
    pthread_mutex_t lock; /* over the next five */
    struct waiting *first, **last;
    uint32_t n;
    struct map vendors;
    uint32_t spikes; /* vendors to be told of */
    _Atomic uint64_t by_reason[REASON_COUNT];
    _Atomic uint64_t unkept;
};

struct rejected *rejected_create(struct store *store, struct hook_keys *keys,
                                 struct world *world)
{
    struct rejected *rejected = mem_zalloc(sizeof(*rejected));
    rejected->store = store;
    rejected->keys = keys;
    rejected->world = world;
    rejected->last = &rejected->first;
    pthread_mutex_init(&rejected->lock, NULL);
    map_init(&rejected->vendors);
    return rejected;
}

static void drop_all(struct waiting *first)
{
    while (first) {
        struct waiting *gone = first;
        first = gone->next;
        arena_fini(&gone->arena);
        mem_free(gone);
    }
}

void rejected_destroy(struct rejected **rejected)
{
    struct rejected *gone = *rejected;
    size_t at = 0;
    *rejected = NULL;
    if (!gone)
        return;
    drop_all(gone->first);
    for (struct vendor *vendor; (vendor = map_next(&gone->vendors, &at)) != NULL;)
        mem_free(vendor);
    map_fini(&gone->vendors);
    pthread_mutex_destroy(&gone->lock);
    mem_free(gone);
}

/* --- spikes; under the lock --- */

static struct vendor *need_vendor(struct rejected *rejected, str name)
{
    struct vendor *vendor = map_find(&rejected->vendors, name);
    if (vendor || rejected->vendors.n == VENDORS_MAX)
        return vendor;
    vendor = mem_zalloc(sizeof(*vendor) + name.n + 1);
    memcpy(vendor->bytes, name.p, name.n);
    vendor->name = str_of(vendor->bytes, name.n);
    vendor->begun = world_now(rejected->world);
    map_put(&rejected->vendors, vendor->name, vendor);
    return vendor;
}

/* The windows that have passed go into the average; silent ones, too. */
static void pass(struct vendor *vendor, usec now)
{
    for (int i = 0; i < USUAL_WINDOWS && now - vendor->begun >= window; i++) {
        vendor->usual += (vendor->n - vendor->usual) / USUAL_WINDOWS;
        vendor->n = 0;
        vendor->begun += window;
    }
    if (now - vendor->begun >= window)
        vendor->begun = now;
}

static void count_for(struct rejected *rejected, str name)
{
    usec now = world_now(rejected->world);
    struct vendor *vendor = need_vendor(rejected, name);
    if (!vendor)
        return;
    pass(vendor, now);
    vendor->n++;
    bool quiet = !vendor->told || now - vendor->told >= silence;
    if (vendor->n < SPIKE_LEAST || vendor->n < SPIKE_TIMES * vendor->usual || !quiet)
        return;
    vendor->told = now;
    rejected->spikes += !vendor->spike;
    vendor->spike = true;
}

/* --- noting --- */

static struct waiting *make(struct rejected *rejected, const struct rejection *rejection)
{
    struct hook_message message = *rejection->message;
    struct waiting *waiting = mem_zalloc(sizeof(*waiting));
    struct arena *arena = &waiting->arena;
    arena_init(arena, 8 * 1024, MESSAGE_BYTES_MAX * 4);
    if (message.body.n > REJECTED_BODY_BYTES)
        message.body.n = REJECTED_BODY_BYTES;
    waiting->row = (struct rejected_row){
        .integration = arena_str(arena, message.integration),
        .environment = arena_str(arena, rejection->environment),
        .account = arena_str(arena, rejection->account),
        .reason = webhook_reason_word(rejection->reason),
        .peer = arena_str(arena, rejection->peer),
        .received = message.received,
    };
    str plain = hook_message_write(&message, arena);
    if (hook_seal(rejected->keys, HOOK_PLATFORM, HOOK_ABOUT_REJECTED, plain, arena,
                  &waiting->row.sealed))
        return waiting;
    drop_all(waiting);
    return NULL;
}

static void append(struct rejected *rejected, struct waiting *waiting)
{
    *rejected->last = waiting;
    rejected->last = &waiting->next;
}

void rejected_note(struct rejected *rejected, const struct rejection *rejection)
{
    struct waiting *waiting = NULL;
    atomic_fetch_add(&rejected->by_reason[rejection->reason], 1);
    pthread_mutex_lock(&rejected->lock);
    count_for(rejected, rejection->message->integration);
    bool room = rejected->n < WAITING_MAX;
    rejected->n += room;
    pthread_mutex_unlock(&rejected->lock);
    if (room)
        waiting = make(rejected, rejection);
    pthread_mutex_lock(&rejected->lock);
    if (waiting)
        append(rejected, waiting);
    else
        rejected->n -= room;
    pthread_mutex_unlock(&rejected->lock);
    atomic_fetch_add(&rejected->unkept, waiting == NULL);
}

bool rejected_waits(struct rejected *rejected)
{
    pthread_mutex_lock(&rejected->lock);
    bool waits = rejected->first || rejected->spikes;
    pthread_mutex_unlock(&rejected->lock);
    return waits;
}

/* --- storing --- */

struct keep_op {
    struct store_op op;
    struct waiting *first;
    struct arena arena;
    struct spike {
        str integration;
        uint32_t n;
    } * spikes;
    uint32_t spike_n;
    usec wall;
};

static enum err put_row(struct tx *tx, const struct rejected_row *row)
{
    static const struct statement count = {
        "UPDATE counter SET value = value + 1 WHERE name = 'hook_rejected' "
        "RETURNING value"};
    static const struct statement insert = {
        "INSERT INTO hook_rejected (sequence, integration, environment, account, reason, "
        "received, peer, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"};
    static const struct statement cut = {
        "DELETE FROM hook_rejected WHERE integration = $1 AND sequence <= (SELECT "
        "sequence FROM hook_rejected WHERE integration = $1 ORDER BY sequence DESC "
        "LIMIT 1 OFFSET $2)"};
    int64_t sequence;
    enum err err = tx_number(tx, &count, NULL, 0, &sequence);
    struct value params[] = {V_INT(sequence),          V_TEXT(row->integration),
                             V_TEXT(row->environment), V_TEXT(row->account),
                             V_TEXT(row->reason),      V_INT(row->received),
                             V_TEXT(row->peer),        V_BLOB(row->sealed)};
    if (err == ERR_NONE)
        err = tx_exec(tx, &insert, params, COUNT_OF(params), NULL);
    struct value bound[] = {V_TEXT(row->integration), V_INT(REJECTED_KEPT)};
    return err == ERR_NONE ? tx_exec(tx, &cut, bound, COUNT_OF(bound), NULL) : err;
}

static enum err put_spike(struct tx *tx, const struct keep_op *self,
                          const struct spike *spike)
{
    struct buf detail;
    struct json_out out;
    buf_init(&detail, 4096);
    json_out_init(&out, &detail);
    json_out_object(&out);
    json_out_member_text(&out, STR("integration"), spike->integration);
    json_out_member_int(&out, STR("rejected"), spike->n);
    json_out_member_int(&out, STR("within_s"), window / USEC_S);
    json_out_end(&out);
    struct event event = {.type = EVENT_WEBHOOKS_REJECTED_SPIKE,
                          .time = self->wall,
                          .environment = STR_NONE,
                          .account = STR_NONE,
                          .detail = buf_peek(&detail),
                          .integration = spike->integration};
    enum err err = event_put(tx, &event);
    buf_fini(&detail);
    return err;
}

static enum err run_keep(struct tx *tx, struct store_op *op)
{
    struct keep_op *self = CONTAINER_OF(op, struct keep_op, op);
    enum err err = ERR_NONE;
    for (struct waiting *it = self->first; it && err == ERR_NONE; it = it->next)
        err = put_row(tx, &it->row);
    for (uint32_t i = 0; i < self->spike_n && err == ERR_NONE; i++)
        err = put_spike(tx, self, &self->spikes[i]);
    return err;
}

static void take_spikes(struct rejected *rejected, struct keep_op *self)
{
    size_t at = 0;
    if (!rejected->spikes)
        return;
    self->spikes = arena_array(&self->arena, rejected->spikes, sizeof(*self->spikes));
    for (struct vendor *vendor; (vendor = map_next(&rejected->vendors, &at)) != NULL;)
        if (vendor->spike) {
            vendor->spike = false;
            self->spikes[self->spike_n++] = (struct spike){vendor->name, vendor->n};
        }
    rejected->spikes = 0;
}

/* What cannot be stored is let go: it was counted. A spike is not. */
enum err rejected_store(struct rejected *rejected)
{
    struct keep_op self = {.op = {.kind = STORE_RELAXED, .run = run_keep},
                           .wall = world_wall(rejected->world)};
    arena_init(&self.arena, 4096, 64 << 20);
    pthread_mutex_lock(&rejected->lock);
    self.first = rejected->first;
    rejected->first = NULL;
    rejected->last = &rejected->first;
    take_spikes(rejected, &self);
    pthread_mutex_unlock(&rejected->lock);
    enum err err = store_run(rejected->store, &self.op);
    uint32_t n = 0;
    for (struct waiting *it = self.first; it; it = it->next)
        n++;
    drop_all(self.first);
    pthread_mutex_lock(&rejected->lock);
    rejected->n -= n;
    for (uint32_t i = 0; i < self.spike_n && err != ERR_NONE; i++) {
        struct vendor *vendor = map_find(&rejected->vendors, self.spikes[i].integration);
        rejected->spikes += !vendor->spike;
        vendor->spike = true;
    }
    pthread_mutex_unlock(&rejected->lock);
    arena_fini(&self.arena);
    return err;
}

void rejected_stats(struct rejected *rejected, struct rejected_stats *ret)
{
    for (int i = 0; i < REASON_COUNT; i++)
        ret->by_reason[i] = atomic_load(&rejected->by_reason[i]);
    ret->unkept = atomic_load(&rejected->unkept);
}

/* --- lists --- */

static struct rejected_row read_row(struct tx *tx, struct arena *arena)
{
    return (struct rejected_row){.sequence = tx_int(tx, 0),
                                 .integration = arena_str(arena, tx_text(tx, 1)),
                                 .environment = arena_str(arena, tx_text(tx, 2)),
                                 .account = arena_str(arena, tx_text(tx, 3)),
                                 .reason = arena_str(arena, tx_text(tx, 4)),
                                 .received = tx_int(tx, 5),
                                 .peer = arena_str(arena, tx_text(tx, 6)),
                                 .sealed = arena_str(arena, tx_text(tx, 7))};
}

static enum err run_list(struct tx *tx, struct store_op *op)
{
    static const struct statement list = {
        "SELECT sequence, integration, environment, account, reason, received, peer, "
        "sealed FROM hook_rejected WHERE ($1 IS NULL OR environment = $1) AND "
        "($2 IS NULL OR integration = $2) AND ($3 IS NULL OR reason = $3) AND "
        "($4 = 0 OR sequence = $4) AND sequence < $5 ORDER BY sequence DESC LIMIT $6"};
    struct rejected_query *query = CONTAINER_OF(op, struct rejected_query, op);
    struct value params[] = {V_TEXT(query->environment),
                             V_TEXT(query->integration),
                             V_TEXT(query->reason),
                             V_INT(query->sequence),
                             V_INT(query->before ? query->before : INT64_MAX),
                             V_INT(query->max)};
    query->rows = arena_array(query->arena, query->max, sizeof(*query->rows));
    query->n = 0;
    enum err err = tx_query(tx, &list, params, COUNT_OF(params));
    while (err == ERR_NONE && query->n < query->max && tx_next(tx, &err))
        query->rows[query->n++] = read_row(tx, query->arena);
    return err;
}

static void on_listed(struct store_op *op)
{
    struct rejected_query *query = CONTAINER_OF(op, struct rejected_query, op);
    query->err = op->err;
    query->done(query);
}

void rejected_list(struct rejected_query *query)
{
    query->op = (struct store_op){
        .kind = STORE_READ, .run = run_list, .done = on_listed, .worker = query->worker};
    store_submit(query->store, &query->op);
}
