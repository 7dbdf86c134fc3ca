/*
 * The transport's face: which connection carries a call, and the parts of the workers.
 */
#include "base/mem.h"
#include "call/h1_conn.h"
#include "http/tls.h"

enum { ORIGIN_HOST_MAX = 255, UNUSED_ORIGINS_MAX = 256 };

static struct h1 *h1_of(struct transport *transport)
{
    return CONTAINER_OF(transport, struct h1, transport);
}

static struct tls *tls_of(const struct h1 *h1, const struct call *call)
{
    if (!call->url.tls)
        return NULL;
    return call->tls ? call->tls : h1->transport.settings.tls;
}

/* TLS settings, port and host as they lie in memory; never leaves the process. */
static str origin_key(const struct call *call, const struct tls *tls, char *room)
{
    size_t n = 0;
    CHECK(call->url.host.n <= ORIGIN_HOST_MAX);
    memcpy(room, &tls, sizeof(tls));
    n += sizeof(tls);
    memcpy(room + n, &call->url.port, sizeof(call->url.port));
    n += sizeof(call->url.port);
    memcpy(room + n, call->url.host.p, call->url.host.n);
    return str_of(room, n + call->url.host.n);
}

static struct h1_origin *origin_of(struct h1_pool *pool, const struct call *call)
{
    char room[sizeof(struct tls *) + sizeof(uint16_t) + ORIGIN_HOST_MAX];
    struct tls *tls = tls_of(pool->h1, call);
    CHECK(!call->url.tls || tls);
    str key = origin_key(call, tls, room);
    struct h1_origin *origin = map_find(&pool->origins, key);
    if (origin) {
        pool->unused_n -= !list_empty(&origin->unused);
        list_remove(&origin->unused);
        return origin;
    }
    origin = mem_zalloc(sizeof(*origin) + key.n);
    memcpy(origin + 1, key.p, key.n);
    origin->key = str_of((char *)(origin + 1), key.n);
    origin->tls = tls ? tls_ref(tls) : NULL;
    list_init(&origin->idle);
    list_init(&origin->unused);
    map_put(&pool->origins, origin->key, origin);
    return origin;
}

static void drop_origin(struct h1_pool *pool, struct h1_origin *origin)
{
    map_remove(&pool->origins, origin->key);
    tls_session_free(origin->session);
    tls_unref(&origin->tls);
    mem_free(origin);
}

static void drop_longest_unused(struct h1_pool *pool)
{
    struct list *node = list_pop_front(&pool->unused);
    pool->unused_n--;
    drop_origin(pool, CONTAINER_OF(node, struct h1_origin, unused));
}

/* A TLS session is worth keeping for the next connection. */
void h1_origin_unused(struct h1_pool *pool, struct h1_origin *origin)
{
    if (!origin->session) {
        drop_origin(pool, origin);
        return;
    }
    list_push_back(&pool->unused, &origin->unused);
    if (++pool->unused_n > UNUSED_ORIGINS_MAX)
        drop_longest_unused(pool);
}

static void start(struct transport *transport, struct call *call)
{
    struct h1_pool *pool = &h1_of(transport)->pools[call->worker->id];
    struct h1_origin *origin = origin_of(pool, call);
    struct list *node;
    bool carried = false;
    while (!carried && !call->fresh && (node = list_first(&origin->idle)))
        carried = h1_conn_reuse(CONTAINER_OF(node, struct h1_conn, idle_node), call);
    if (!carried)
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
    h1_conn_update(conn);
}

static void resume_body(struct call *call)
{
    struct h1_conn *conn = call->carrier;
    if (!conn->paused)
        return;
    conn->paused = false;
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
    pool->part = &transport->parts[worker->id];
    map_init(&pool->origins);
    list_init(&pool->conns);
    list_init(&pool->unused);
}

static void leave(struct transport *transport, struct worker *worker)
{
    struct h1_pool *pool = &h1_of(transport)->pools[worker->id];
    LIST_EACH(node, &pool->conns)
    {
        h1_conn_destroy(CONTAINER_OF(node, struct h1_conn, node));
    }
    while (pool->unused_n)
        drop_longest_unused(pool);
    map_fini(&pool->origins);
}

static void destroy(struct transport *transport)
{
    struct h1 *h1 = h1_of(transport);
    mem_free(h1->pools);
    transport_fini(transport);
    mem_free(h1);
}

struct transport *h1_create(const struct transport_settings *settings)
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
    transport_init(&h1->transport, &ops, settings);
    h1->pools = mem_array(settings->workers, sizeof(h1->pools[0]));
    return &h1->transport;
}
