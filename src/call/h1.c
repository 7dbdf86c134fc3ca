#include "call/h1.h"

#include "base/mem.h"
#include "call/h1_conn.h"
#include "http/tls.h"

static struct h1 *h1_of(struct transport *transport)
{
    return CONTAINER_OF(transport, struct h1, transport);
}

static str origin_key(const struct call *call)
{
    str authority = url_authority(call->arena, &call->url);
    if (!call->url.tls)
        return authority;
    return arena_printf(call->arena, STR_F "|%p", STR_A(authority), (void *)call->tls);
}

static struct h1_origin *origin_of(struct h1_pool *pool, const struct call *call)
{
    str key = origin_key(call);
    struct h1_origin *origin = map_find(&pool->origins, key);
    if (origin)
        return origin;
    origin = mem_zalloc(sizeof(*origin) + key.n);
    memcpy(origin + 1, key.p, key.n);
    origin->key = str_of((char *)(origin + 1), key.n);
    list_init(&origin->idle);
    map_put(&pool->origins, origin->key, origin);
    return origin;
}

void h1_origin_drop(struct h1_pool *pool, struct h1_origin *origin)
{
    map_remove(&pool->origins, origin->key);
    tls_session_free(origin->session);
    mem_free(origin);
}

static void start(struct transport *transport, struct call *call)
{
    struct h1_pool *pool = &h1_of(transport)->pools[call->worker->id];
    struct h1_origin *origin = origin_of(pool, call);
    struct list *node;
    origin->conns++; /* held while idle connections are looked through */
    while (!call->carrier && !call->fresh && (node = list_first(&origin->idle)))
        h1_conn_reuse(CONTAINER_OF(node, struct h1_conn, idle_node), call);
    origin->conns--;
    if (!call->carrier)
        h1_conn_open(pool, origin, call);
}

static void cancel(struct call *call)
{
    h1_conn_close(call->carrier);
}

static void pause_body(struct call *call)
{
    struct h1_conn *conn = call->carrier;
    conn->paused = true;
    h1_conn_phase(conn, H1_PHASE_BODY, USEC_NEVER); /* it is the caller who is slow */
    h1_conn_update(conn);
}

static void resume_body(struct call *call)
{
    struct h1_conn *conn = call->carrier;
    if (!conn->paused)
        return;
    conn->paused = false;
    h1_conn_phase(conn, H1_PHASE_BODY, call->limits.idle);
    h1_conn_update(conn);
    timer_start(&conn->later, 0);
}

static void body_ready(struct call *call)
{
    struct h1_conn *conn = call->carrier;
    if (conn->state != H1_BUSY || conn->send != H1_SEND_WAITS)
        return;
    conn->send = H1_SEND_FLOWS;
    h1_send_pump(conn);
}

static void set_deadline(struct call *call)
{
    h1_conn_update(call->carrier);
}

static void join(struct transport *transport, struct worker *worker)
{
    struct h1 *h1 = h1_of(transport);
    struct h1_pool *pool = &h1->pools[worker->id];
    pool->h1 = h1;
    pool->worker = worker;
    pool->dns = dns_create(worker);
    map_init(&pool->origins);
    list_init(&pool->conns);
}

static void leave(struct transport *transport, struct worker *worker)
{
    struct h1_pool *pool = &h1_of(transport)->pools[worker->id];
    LIST_EACH(node, &pool->conns)
    {
        h1_conn_close(CONTAINER_OF(node, struct h1_conn, node));
    }
    while (pool->conns.next != &pool->conns)
        worker_turn(worker); /* closed connections go in the next turn */
    dns_destroy(&pool->dns);
    map_fini(&pool->origins);
}

static void destroy(struct transport *transport)
{
    struct h1 *h1 = h1_of(transport);
    tls_unref(&h1->settings.tls);
    mem_free(h1->pools);
    mem_free(h1);
}

struct transport *h1_create(const struct h1_settings *settings)
{
    static const struct transport_ops ops = {
        .name = STR("h1"),
        .start = start,
        .cancel = cancel,
        .pause = pause_body,
        .resume = resume_body,
        .body_ready = body_ready,
        .set_deadline = set_deadline,
        .join = join,
        .leave = leave,
        .destroy = destroy,
    };
    struct h1 *h1 = mem_zalloc(sizeof(*h1));
    h1->transport.ops = &ops;
    h1->settings = *settings;
    if (settings->tls)
        tls_ref(settings->tls);
    if (!h1->settings.idle_per_origin)
        h1->settings.idle_per_origin = 64;
    if (!h1->settings.idle)
        h1->settings.idle = 30 * USEC_S;
    h1->pools = mem_array(settings->workers, sizeof(h1->pools[0]));
    return &h1->transport;
}

void h1_stats(struct transport *transport, struct h1_stats *ret_stats)
{
    struct h1 *h1 = h1_of(transport);
    *ret_stats = (struct h1_stats){0};
    for (unsigned i = 0; i < h1->settings.workers; i++) {
        ret_stats->opened += atomic_load_explicit(&h1->pools[i].opened, memory_order_relaxed);
        ret_stats->reused += atomic_load_explicit(&h1->pools[i].reused, memory_order_relaxed);
        ret_stats->open += atomic_load_explicit(&h1->pools[i].open, memory_order_relaxed);
    }
}
