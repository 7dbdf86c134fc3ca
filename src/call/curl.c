/*
 * The transport's face. How libcurl is kept to the contract of call.h:
 *
 *   time      libcurl's own limits are off; a ride has one clock, as h1's connections do,
 *             so that each limit ends in its own fault.
 *   repeats   libcurl sends a request again, unasked, when a kept connection dies under
 *             it. The callback before each sending (PREREQFUNCTION) lets a second one
 *             pass only when nothing of the first had left.
 *   answers   heads and chunked bodies are read by http/parse.h, as in h1; libcurl's
 *             decoding is off, so that what is refused there is refused here.
 *   sockets   are made by dial.h, as in h1, so that names and addresses behave alike.
 *             libcurl is asked first whether it has a connection; when it wants a socket
 *             (OPENSOCKETFUNCTION) it is refused, and asked again with one. It neither
 *             resolves nor connects; its way through several addresses hangs where one
 *             of them refuses and nothing else happens on the loop (7.88).
 *   trust     the profile's store and certificate are put into each new context of
 *             libcurl's (SSL_CTX_FUNCTION): both transports have the same settings.
 *
 * `sent` is false until libcurl has given a byte of the request to what lies below it:
 * the socket or OpenSSL, as with h1, or nghttp2. A request that waits inside nghttp2,
 * because the socket is full, counts as sent. So with HTTP/1.1 it is exact both ways;
 * with HTTP/2 false is exact and true may come early. A stream that the vendor refuses
 * unprocessed (REFUSED_STREAM) counts as sent, too: libcurl does not tell it from others.
 */
#include <pthread.h>

#include "base/mem.h"
#include "call/curl_call.h"
#include "http/tls.h"

static struct curl *curl_of(struct transport *transport)
{
    return CONTAINER_OF(transport, struct curl, transport);
}

static void start(struct transport *transport, struct call *call)
{
    struct curl *curl = curl_of(transport);
    struct curl_pool *pool = &curl->pools[call->worker->id];
    struct tls *tls = call->tls ? call->tls : curl->transport.settings.tls;
    ride_start(curl_group_of(pool, tls, call->h1_only), call);
}

static void cancel(struct call *call)
{
    ride_drop(call->carrier);
}

static void pause_body(struct call *call)
{
    struct ride *ride = call->carrier;
    ride->paused = true;
    ride_update(ride);
}

static void go_on(struct ride *ride)
{
    ride->resume = true;
    curl_group_queue(ride);
    ride_update(ride);
}

static void resume_body(struct call *call)
{
    struct ride *ride = call->carrier;
    if (!ride->paused)
        return;
    ride->paused = false;
    go_on(ride);
}

static void body_ready(struct call *call)
{
    struct ride *ride = call->carrier;
    if (ride->send != RIDE_SEND_WAITS)
        return;
    ride->send = RIDE_SEND_FLOWS;
    go_on(ride);
}

static void set_deadline(struct call *call)
{
    ride_update(call->carrier);
}

static void join(struct transport *transport, struct worker *worker)
{
    struct curl *curl = curl_of(transport);
    struct curl_pool *pool = &curl->pools[worker->id];
    pool->curl = curl;
    pool->worker = worker;
    pool->part = &transport->parts[worker->id];
    list_init(&pool->groups);
    map_init(&pool->wires);
    map_init(&pool->wires_by_name);
}

static void leave(struct transport *transport, struct worker *worker)
{
    struct curl_pool *pool = &curl_of(transport)->pools[worker->id];
    LIST_EACH(group_node, &pool->groups)
    {
        struct curl_group *group = CONTAINER_OF(group_node, struct curl_group, node);
        LIST_EACH(node, &group->rides)
        {
            ride_destroy(CONTAINER_OF(node, struct ride, node));
        }
        curl_group_drop(group);
    }
    CHECK(pool->wires.n == 0);
    map_fini(&pool->wires);
    map_fini(&pool->wires_by_name);
}

static void destroy(struct transport *transport)
{
    struct curl *curl = curl_of(transport);
    curl_slist_free_all(curl->proxy_lines);
    mem_free(curl->pools);
    transport_fini(transport);
    mem_free(curl);
}

static void start_library(void)
{
    CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

struct transport *curl_create(const struct transport_settings *settings)
{
    static pthread_once_t started = PTHREAD_ONCE_INIT;
    static const struct transport_ops ops = {
        .name = STR("curl"),
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
    struct curl *curl = mem_zalloc(sizeof(*curl));
    CHECK(settings->tls != NULL);
    CHECK(pthread_once(&started, start_library) == 0);
    transport_init(&curl->transport, &ops, settings);
    curl->proxy_lines = curl_slist_append(NULL, "User-Agent:");
    curl->proxy_lines = curl_slist_append(curl->proxy_lines, "Proxy-Connection:");
    curl->pools = mem_array(settings->workers, sizeof(curl->pools[0]));
    return &curl->transport;
}
