/*
 * A multi on the worker's loop: libcurl says which sockets and which time it waits for,
 * and is told when they are due.
 */
#include <sys/socket.h>

#include "base/mem.h"
#include "call/curl_call.h"

/* libcurl counts kept connections of all origins together. */
enum { ORIGINS_KEPT = 32 };

struct curl_socket {
    struct poll poll;
    struct curl_group *group;
    struct list node;
    curl_socket_t fd;
};

static void take_messages(struct curl_group *group)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(group->multi, &left))) {
        char *ride = NULL;
        CURLcode result = message->data.result;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &ride);
        ride_done((struct ride *)(void *)ride, result);
    }
}

/* libcurl has come back: who has asked, and who has been answered? */
static void look(struct curl_group *group)
{
    LIST_EACH(node, &group->asked)
    {
        ride_look_sent(CONTAINER_OF(node, struct ride, asked_node));
    }
    take_messages(group);
}

static void act(struct curl_group *group, curl_socket_t fd, int what)
{
    int running;
    CHECK(curl_multi_socket_action(group->multi, fd, what, &running) == CURLM_OK);
    look(group);
}

static void on_timer(struct timer *timer)
{
    act(CONTAINER_OF(timer, struct curl_group, timer), CURL_SOCKET_TIMEOUT, 0);
}

static void on_socket(struct poll *poll, unsigned ready)
{
    struct curl_socket *socket = CONTAINER_OF(poll, struct curl_socket, poll);
    int what = (ready & POLL_READ ? CURL_CSELECT_IN : 0) |
               (ready & POLL_WRITE ? CURL_CSELECT_OUT : 0);
    act(socket->group, socket->fd, what);
}

/* May be called from inside any function of libcurl. */
static int set_timer(CURLM *multi, long ms, void *arg)
{
    struct curl_group *group = arg;
    (void)multi;
    if (ms < 0)
        timer_cancel(&group->timer);
    else
        timer_start(&group->timer, ms * USEC_MS);
    return 0;
}

static void forget_socket(struct curl_socket *socket)
{
    poll_close(&socket->poll);
    list_remove(&socket->node);
    mem_free(socket);
}

static struct curl_socket *watch(struct curl_group *group, curl_socket_t fd)
{
    struct curl_socket *socket = mem_zalloc(sizeof(*socket));
    if (!poll_open(&socket->poll, group->pool->worker, fd, on_socket)) {
        mem_free(socket);
        return NULL;
    }
    socket->group = group;
    socket->fd = fd;
    list_push_back(&group->sockets, &socket->node);
    curl_multi_assign(group->multi, fd, socket);
    return socket;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *its)
{
    struct curl_group *group = arg;
    struct curl_socket *socket = its;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (socket)
            forget_socket(socket);
        return 0;
    }
    if (!socket)
        socket = watch(group, fd);
    ODD(socket == NULL);
    if (socket)
        poll_want(&socket->poll, (what & CURL_POLL_IN ? POLL_READ : 0u) |
                                     (what & CURL_POLL_OUT ? POLL_WRITE : 0u));
    return 0;
}

/* RFC 9112 §9.8: without the alert, an end proves nothing about what was to come. */
static void on_tls_end(struct tls_listener *listener, const struct ssl_st *ssl)
{
    struct curl_group *group = CONTAINER_OF(listener, struct curl_group, ends);
    LIST_EACH(node, &group->until_end)
    {
        if (CONTAINER_OF(node, struct ride, until_end_node)->ssl == ssl)
            list_remove(node);
    }
}

/* --- work --- */

static void on_work(struct timer *timer)
{
    struct curl_group *group = CONTAINER_OF(timer, struct curl_group, work);
    struct list turn;
    struct list *node;
    list_init(&turn);
    while ((node = list_pop_front(&group->waiting)))
        list_push_back(&turn, node);
    while ((node = list_pop_front(&turn)))
        ride_work(CONTAINER_OF(node, struct ride, waiting_node));
    look(group);
}

void curl_group_queue(struct ride *ride)
{
    if (!list_empty(&ride->waiting_node))
        return;
    list_push_back(&ride->group->waiting, &ride->waiting_node);
    timer_start(&ride->group->work, 0);
}

/* --- the life of a group --- */

static void on_idle(struct timer *timer)
{
    curl_group_drop(CONTAINER_OF(timer, struct curl_group, idle));
}

void curl_group_left(struct curl_group *group)
{
    if (list_empty(&group->rides))
        timer_start(&group->idle, group->pool->curl->transport.settings.idle);
}

static CURLSH *create_share(void)
{
    CURLSH *share = curl_share_init();
    CHECK(share != NULL);
    CHECK(curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) ==
          CURLSHE_OK);
    return share;
}

static CURLM *create_multi(struct curl_group *group)
{
    CURLM *multi = curl_multi_init();
    long kept =
        (long)group->pool->curl->transport.settings.idle_per_origin * ORIGINS_KEPT;
    CHECK(multi != NULL);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, group);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, group);
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, kept);
    return multi;
}

static struct curl_group *create_group(struct curl_pool *pool, struct tls *tls,
                                       bool h1_only)
{
    struct curl_group *group = mem_zalloc(sizeof(*group));
    group->pool = pool;
    group->tls = tls_ref(tls);
    group->h1_only = h1_only;
    timer_init(&group->timer, pool->worker, on_timer);
    timer_init(&group->work, pool->worker, on_work);
    timer_init(&group->idle, pool->worker, on_idle);
    list_init(&group->rides);
    list_init(&group->waiting);
    list_init(&group->asked);
    list_init(&group->sockets);
    list_init(&group->until_end);
    group->ends.on_end = on_tls_end;
    group->share = create_share();
    group->multi = create_multi(group);
    list_push_back(&pool->groups, &group->node);
    return group;
}

struct curl_group *curl_group_of(struct curl_pool *pool, struct tls *tls, bool h1_only)
{
    LIST_EACH(node, &pool->groups)
    {
        struct curl_group *group = CONTAINER_OF(node, struct curl_group, node);
        if (group->tls == tls && group->h1_only == h1_only)
            return group;
    }
    return create_group(pool, tls, h1_only);
}

void curl_group_drop(struct curl_group *group)
{
    CHECK(list_empty(&group->rides));
    while (group->spare_n)
        curl_easy_cleanup(group->spares[--group->spare_n]);
    CHECK(curl_multi_cleanup(group->multi) == CURLM_OK);
    LIST_EACH(node, &group->sockets)
    {
        forget_socket(CONTAINER_OF(node, struct curl_socket, node));
    }
    curl_share_cleanup(group->share);
    timer_cancel(&group->timer);
    timer_cancel(&group->work);
    timer_cancel(&group->idle);
    list_remove(&group->node);
    tls_unref(&group->tls);
    mem_free(group);
}
