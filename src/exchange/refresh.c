#include "exchange/refresh.h"

#include "base/mem.h"
#include "exchange/exchange_steps.h"

enum { REFRESHES_MAX = 64, ARENA_BYTES = 4096, ARENA_BYTES_MAX = 64 << 20 };
static const usec claim_grace = 5 * USEC_S;

struct part {
    struct list list;
    uint32_t n;
};

struct refreshes {
    struct catalog *catalog;
    struct body_budget *budgets;
    unsigned workers;
    struct part parts[];
};

struct refresh {
    struct list node;
    struct refreshes *refreshes;
    struct exchange exchange;
    struct arena arena;
    struct body body;
    struct headers headers;
    struct pin *pin;
    struct account *account;
    struct cache_entry *entry; /* what was answered */
    struct post over;
    bool ended;
};

struct refreshes *refreshes_create(struct catalog *catalog, struct body_budget *budgets,
                                   unsigned workers)
{
    struct refreshes *refreshes =
        mem_zalloc(sizeof(*refreshes) + workers * sizeof(struct part));
    refreshes->catalog = catalog;
    refreshes->budgets = budgets;
    refreshes->workers = workers;
    for (unsigned i = 0; i < workers; i++)
        list_init(&refreshes->parts[i].list);
    return refreshes;
}

void refreshes_destroy(struct refreshes **refreshes)
{
    if (!*refreshes)
        return;
    for (unsigned i = 0; i < (*refreshes)->workers; i++)
        CHECK((*refreshes)->parts[i].n == 0);
    mem_free(*refreshes);
    *refreshes = NULL;
}

uint32_t refreshes_under_way(struct refreshes *refreshes, const struct worker *worker)
{
    return refreshes->parts[worker->id].n;
}

static void free_refresh(struct refresh *refresh)
{
    struct worker *worker = refresh->exchange.worker;
    list_remove(&refresh->node);
    refresh->refreshes->parts[worker->id].n--;
    cache_entry_release(refresh->entry);
    cache_entry_unref(&refresh->entry);
    exchange_fini(&refresh->exchange);
    body_fini(&refresh->body);
    catalog_unpin(refresh->refreshes->catalog, worker, refresh->pin);
    account_unref(&refresh->account);
    arena_wipe(&refresh->arena);
    arena_fini(&refresh->arena);
    mem_free(refresh);
}

/* --- the exchange's events --- */

static void on_answer(struct exchange *exchange)
{
    (void)exchange;
}

static void on_over(struct post *post)
{
    free_refresh(CONTAINER_OF(post, struct refresh, over));
}

/* A vendor that still cannot is left alone for as long again. */
static void on_done(struct exchange *exchange)
{
    struct refresh *refresh = exchange->owner;
    const struct outcome *outcome = &exchange->outcome;
    refresh->ended = true;
    if (outcome->err || outcome->cut || outcome->class != OUTCOME_OK)
        atomic_store_explicit(&refresh->entry->hold_until,
                              exchange->worker->now + exchange->method->caching->hold_off,
                              memory_order_relaxed);
    worker_defer(exchange->worker, &refresh->over, on_over);
}

/* --- beginning --- */

/* As the catalog has them now. False: the method is gone. */
static bool find_method(struct refresh *refresh, const struct exchange *of)
{
    struct exchange *exchange = &refresh->exchange;
    str parts[] = {of->method->resource->name, STR("."), of->method->name};
    if (snapshot_for(refresh->pin->snapshot, refresh->account, &exchange->integration))
        return false;
    exchange->method = integration_named_method(exchange->integration,
                                                arena_join(&refresh->arena, parts, 3));
    exchange->way = integration_way(exchange->integration, refresh->account->way);
    return exchange->method && exchange->way &&
           str_eq(exchange->method->verb, of->request.verb);
}

/* Conditions of the caller's are his own. */
static void copy_headers(struct refresh *refresh, const struct headers *from)
{
    headers_init(&refresh->headers, &refresh->arena, from->n);
    for (uint32_t i = 0; i < from->n; i++) {
        struct header copy = from->items[i];
        if (copy.id == HEADER_IF_NONE_MATCH || copy.id == HEADER_IF_MODIFIED_SINCE)
            continue;
        copy.name = arena_str(&refresh->arena, copy.name);
        copy.value = arena_str(&refresh->arena, copy.value);
        header_copy(&refresh->headers, &copy);
    }
}

static void copy_body(struct refresh *refresh, str text)
{
    struct exchange *exchange = &refresh->exchange;
    bool has = !str_absent(text);
    unsigned worker = exchange->worker->id;
    body_init(&refresh->body, &refresh->refreshes->budgets[worker], text.n + 1,
              has ? (int64_t)text.n : 0);
    if (has)
        body_put(&refresh->body, text);
    body_end(&refresh->body);
    exchange->request.body = has ? &refresh->body : NULL;
    exchange->request.body_bytes = has ? (int64_t)text.n : 0;
}

static void copy_request(struct refresh *refresh, struct exchange *of)
{
    struct exchange_request *to = &refresh->exchange.request;
    const struct exchange_request *from = &of->request;
    struct arena *arena = &refresh->arena;
    to->verb = refresh->exchange.method->verb;
    to->path = arena_str(arena, from->path);
    to->query = arena_str(arena, from->query);
    to->host = arena_str(arena, from->host);
    to->headers = &refresh->headers;
    to->want_whole = from->want_whole;
    to->whole_bytes_max = from->whole_bytes_max;
    to->background = true;
    to->cache = (struct recall_wish){.keeps = true, .renews = true};
    copy_headers(refresh, from->headers);
    copy_body(refresh, from->body ? exchange_body_text(of) : STR_NONE);
}

static struct refresh *create(struct exchange *of, struct cache_entry *entry)
{
    struct refreshes *refreshes = of->env->refreshes;
    struct refresh *refresh = mem_zalloc(sizeof(*refresh));
    struct worker *worker = of->worker;
    refresh->refreshes = refreshes;
    refresh->entry = cache_entry_ref(entry);
    refresh->account = account_ref(of->account);
    refresh->pin = catalog_pin(refreshes->catalog, worker);
    arena_init(&refresh->arena, ARENA_BYTES, ARENA_BYTES_MAX);
    exchange_init(&refresh->exchange, of->env, worker, &refresh->arena);
    body_init(&refresh->body, &refreshes->budgets[worker->id], 0, 0);
    list_push_back(&refreshes->parts[worker->id].list, &refresh->node);
    refreshes->parts[worker->id].n++;
    return refresh;
}

void exchange_refresh(struct exchange *of, struct cache_entry *entry)
{
    static const struct exchange_ops ops = {.on_answer = on_answer, .on_done = on_done};
    struct refreshes *refreshes = of->env->refreshes;
    usec now = of->worker->now;
    usec until = usec_add(now, of->resilience->timeouts.total + claim_grace);
    if (!refreshes || refreshes->parts[of->worker->id].n >= REFRESHES_MAX ||
        !cache_entry_claim(entry, now, until))
        return;
    struct refresh *refresh = create(of, entry);
    struct exchange *exchange = &refresh->exchange;
    if (!find_method(refresh, of)) {
        free_refresh(refresh);
        return;
    }
    copy_request(refresh, of);
    exchange->ops = &ops;
    exchange->owner = refresh;
    exchange->pin = refresh->pin;
    exchange->account = refresh->account;
    exchange_start(exchange);
}

void refreshes_leave(struct refreshes *refreshes, struct worker *worker)
{
    if (!refreshes)
        return;
    LIST_EACH(node, &refreshes->parts[worker->id].list)
    {
        struct refresh *refresh = CONTAINER_OF(node, struct refresh, node);
        if (!refresh->ended && exchange_cancel(&refresh->exchange))
            free_refresh(refresh);
    }
}
