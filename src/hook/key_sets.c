#include "hook/key_sets.h"

#include <pthread.h>

#include "base/map.h"
#include "base/mem.h"
#include "json/json_parse.h"
#include "loop/world.h"
#include "policy/caching.h"

enum { JSON_BYTES_MAX = 64 << 20 };

static const usec life_standard = USEC_H;
static const usec life_min = 5 * USEC_MIN;
static const usec life_max = 24 * USEC_H;
static const usec old_max = 24 * USEC_H; /* beyond its life, unless nobody answers */
static const usec pause_after_miss = USEC_MIN;
static const usec pause_after_fault = 5 * USEC_S;
static const struct call_limits limits = {5 * USEC_S, 10 * USEC_S, 5 * USEC_S,
                                          15 * USEC_S};

/* What is known behind one URL. Moments are monotonic. */
struct key_set {
    char *text; /* NULL: nothing was fetched yet */
    size_t n;
    usec ends;
    usec asked;
    usec failed; /* when the last fetch did; 0: it did not */
    usec missed; /* when a missing key had it fetched; 0: never */
    bool fetching;
    str url;
    char bytes[];
};

struct key_shard {
    struct list fetches;
    bool stopped;
};

struct key_sets {
    struct key_sets_config config;
    pthread_mutex_t lock;
    struct map sets; /* struct key_set, by its URL */
    struct key_shard *shards;
};

/* A fetch that is under way, on its worker. */
struct key_fetch {
    struct key_sets *sets;
    struct list of_shard;
    struct arena arena;
    struct headers headers;
    struct buf body;
    struct call call;
    str url;
};

struct key_sets *key_sets_create(const struct key_sets_config *config)
{
    struct key_sets *sets = mem_zalloc(sizeof(*sets));
    sets->config = *config;
    pthread_mutex_init(&sets->lock, NULL);
    map_init(&sets->sets);
    sets->shards = mem_array(config->workers, sizeof(*sets->shards));
    for (unsigned i = 0; i < config->workers; i++)
        list_init(&sets->shards[i].fetches);
    return sets;
}

static void free_set(struct key_set *set)
{
    mem_free(set->text);
    mem_free(set);
}

void key_sets_destroy(struct key_sets **sets)
{
    struct key_sets *gone = *sets;
    size_t at = 0;
    *sets = NULL;
    if (!gone)
        return;
    for (unsigned i = 0; i < gone->config.workers; i++)
        CHECK(list_empty(&gone->shards[i].fetches));
    for (struct key_set *set; (set = map_next(&gone->sets, &at)) != NULL;)
        free_set(set);
    map_fini(&gone->sets);
    pthread_mutex_destroy(&gone->lock);
    mem_free(gone->shards);
    mem_free(gone);
}

/* --- what is known; the lock is held --- */

/* URLs that documents name no more go this way. */
static void make_room(struct key_sets *sets)
{
    struct key_set *oldest = NULL;
    size_t at = 0;
    if (sets->sets.n < KEY_SETS_MAX)
        return;
    for (struct key_set *set; (set = map_next(&sets->sets, &at)) != NULL;)
        if (!set->fetching && (!oldest || set->asked < oldest->asked))
            oldest = set;
    if (oldest) {
        map_remove(&sets->sets, oldest->url);
        free_set(oldest);
    }
}

static struct key_set *take_up(struct key_sets *sets, str url)
{
    struct key_set *set = map_find(&sets->sets, url);
    if (set)
        return set;
    make_room(sets);
    set = mem_zalloc(sizeof(*set) + url.n + 1);
    memcpy(set->bytes, url.p, url.n);
    set->url = str_of(set->bytes, url.n);
    map_put(&sets->sets, set->url, set);
    return set;
}

static bool is_over(const struct key_set *set, usec now)
{
    return !set->text || now >= set->ends;
}

/* A key that was taken back long ago is not believed once more. */
static bool is_usable(const struct key_set *set, usec now)
{
    return set->text && (set->failed || now < set->ends + old_max);
}

static bool is_due(const struct key_set *set, bool missed, usec now)
{
    if (set->fetching || (set->failed && now < set->failed + pause_after_fault))
        return false;
    if (is_over(set, now) || set->failed)
        return true;
    return missed && (!set->missed || now >= set->missed + pause_after_miss);
}

/* --- what a fetch has brought --- */

/* Read without the document's rules: it is no answer of the API. */
static usec life_of(const struct headers *headers)
{
    struct caching_control control;
    caching_control_read(headers, &control);
    if (control.no_cache || control.no_store)
        return life_min;
    if (control.max_age < 0)
        return life_standard;
    return usec_min(usec_max(control.max_age, life_min), life_max);
}

/* NULL, or what is wrong with it. */
static const char *find_fault(const struct key_fetch *fetch)
{
    struct json value;
    struct json_fault fault;
    struct arena arena;
    if (fetch->call.head.status != 200)
        return "It did not answer 200.";
    if (!buf_ok(&fetch->body))
        return "It is larger than 256 KiB.";
    arena_init(&arena, 16 << 10, JSON_BYTES_MAX);
    bool good = json_parse(&arena, buf_peek(&fetch->body), NULL, &value, &fault);
    const struct json *keys = good ? json_member(&value, STR("keys")) : NULL;
    good = keys && json_is(keys, JSON_ARRAY) && keys->n > 0;
    arena_fini(&arena);
    return good ? NULL : "It is no JSON Web Key Set with a key in it.";
}

static void keep(struct key_fetch *fetch, struct key_set *set, usec now)
{
    str text = buf_peek(&fetch->body);
    mem_free(set->text);
    set->text = mem_zalloc(text.n + 1);
    memcpy(set->text, text.p, text.n);
    set->n = text.n;
    set->ends = now + life_of(&fetch->call.head.headers);
    set->failed = 0;
}

static void log_fault(const struct key_fetch *fetch, str words)
{
    struct log_line line;
    log_open(&line, fetch->sets->config.log, LOG_WARN, "key_set");
    log_str(&line, "url", fetch->url);
    log_int(&line, "status", fetch->call.head.status);
    log_str(&line, "what", words);
    log_close(&line);
}

static void free_fetch(struct key_fetch *fetch)
{
    list_remove(&fetch->of_shard);
    buf_fini(&fetch->body);
    arena_fini(&fetch->arena);
    mem_free(fetch);
}

/* `fault` NULL: the set has come. */
static void finish(struct key_fetch *fetch, const char *fault)
{
    struct key_sets *sets = fetch->sets;
    usec now = world_now(sets->config.world);
    if (fault)
        log_fault(fetch, str_z(fault));
    pthread_mutex_lock(&sets->lock);
    struct key_set *set = map_find(&sets->sets, fetch->url);
    CHECK(set && set->fetching);
    set->fetching = false;
    if (fault)
        set->failed = now;
    else
        keep(fetch, set, now);
    pthread_mutex_unlock(&sets->lock);
    free_fetch(fetch);
}

/* --- the call --- */

static void on_inform(struct call *call, const struct message_head *head)
{
    (void)call, (void)head;
}

static void on_head(struct call *call)
{
    (void)call;
}

static void on_body(struct call *call, str chunk)
{
    struct key_fetch *fetch = call->owner;
    buf_str(&fetch->body, chunk);
    if (buf_ok(&fetch->body))
        return;
    call_cancel(call);
    finish(fetch, find_fault(fetch));
}

static void on_end(struct call *call)
{
    finish(call->owner, find_fault(call->owner));
}

static void on_fault(struct call *call)
{
    struct key_fetch *fetch = call->owner;
    finish(fetch, arena_z(&fetch->arena, call->fault_text));
}

static void fill_call(struct key_fetch *fetch, struct worker *worker)
{
    static const struct call_events events = {.on_inform = on_inform,
                                              .on_head = on_head,
                                              .on_body = on_body,
                                              .on_end = on_end,
                                              .on_fault = on_fault};
    const struct exchange_env *env = fetch->sets->config.exchange;
    headers_init(&fetch->headers, &fetch->arena, 2);
    header_set_name(&fetch->headers, STR("Accept"),
                    STR("application/jwk-set+json, application/json"));
    header_set_name(&fetch->headers, STR("User-Agent"), STR("Breakwater"));
    fetch->call = (struct call){.worker = worker,
                                .arena = &fetch->arena,
                                .events = &events,
                                .owner = fetch,
                                .method = STR("GET"),
                                .url = fetch->call.url,
                                .headers = &fetch->headers,
                                .body_bytes = CALL_BODY_NONE,
                                .fresh = true,
                                .h1_only = true,
                                .egress_proxy = env->egress_proxy,
                                .limits = limits};
    fetch->call.limits.deadline += worker->now;
}

static void start_fetch(struct key_sets *sets, struct worker *worker, str url)
{
    const struct exchange_env *env = sets->config.exchange;
    struct key_fetch *fetch = mem_zalloc(sizeof(*fetch));
    fetch->sets = sets;
    arena_init(&fetch->arena, 4096, 1 << 20);
    buf_init(&fetch->body, KEY_SET_BYTES_MAX);
    fetch->url = arena_str(&fetch->arena, url);
    list_push_back(&sets->shards[worker->id].fetches, &fetch->of_shard);
    CHECK(
        url_parse(&fetch->arena, fetch->url, &fetch->call.url, NULL)); /* the binder's */
    fill_call(fetch, worker);
    bool proxied = env->egress_proxy.n && env->curl;
    call_start(proxied ? env->curl : env->h1, &fetch->call);
}

/* --- the callers' --- */

str key_sets_find(struct key_sets *sets, str url, struct arena *arena)
{
    usec now = world_now(sets->config.world);
    str text = STR_NONE;
    pthread_mutex_lock(&sets->lock);
    const struct key_set *set = map_find(&sets->sets, url);
    if (set && is_usable(set, now))
        text = arena_str(arena, str_of(set->text, set->n));
    pthread_mutex_unlock(&sets->lock);
    return text;
}

bool key_sets_ask(struct key_sets *sets, struct worker *worker, str url, bool missed)
{
    usec now = world_now(sets->config.world);
    bool stopped = sets->shards[worker->id].stopped;
    pthread_mutex_lock(&sets->lock);
    struct key_set *set = take_up(sets, url);
    bool due = !stopped && is_due(set, missed, now);
    set->asked = now;
    set->fetching |= due;
    if (due && missed && set->text)
        set->missed = now;
    bool open = set->fetching || set->failed || is_over(set, now);
    pthread_mutex_unlock(&sets->lock);
    if (due)
        start_fetch(sets, worker, url);
    return open;
}

void key_sets_stop(struct key_sets *sets, struct worker *worker)
{
    struct key_shard *shard = &sets->shards[worker->id];
    shard->stopped = true;
    while (!list_empty(&shard->fetches)) {
        struct key_fetch *fetch =
            CONTAINER_OF(shard->fetches.next, struct key_fetch, of_shard);
        call_cancel(&fetch->call);
        finish(fetch, "Breakwater is stopping.");
    }
}
