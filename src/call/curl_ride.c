/*
 * A call's way: its name is resolved, its turn comes and libcurl carries it, it ends. As
 * in h1_conn.c there is one limit at a time, that of the phase, and the phase follows
 * from the states.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "call/curl_call.h"

enum { IN_BYTES_MAX = 256 * 1024, HEAD_BYTES_MAX = 256 * 1024, DIALS_MAX = 3 };
static const usec continue_wait = USEC_S;
static const usec nudge_every = 100 * USEC_MS;

/* --- time --- */

static enum ride_phase phase_of(const struct ride *ride)
{
    if (ride->state == RIDE_OVER)
        return RIDE_PHASE_OWNER;
    if (ride->state != RIDE_BUSY)
        return RIDE_PHASE_CONNECT;
    if (ride->answered)
        return ride->paused ? RIDE_PHASE_OWNER : RIDE_PHASE_RECEIVE;
    switch (ride->send) {
    case RIDE_SEND_CONTINUE:
        return RIDE_PHASE_CONTINUE;
    case RIDE_SEND_WAITS:
        return RIDE_PHASE_OWNER;
    case RIDE_SEND_FLOWS:
        return RIDE_PHASE_SEND;
    case RIDE_SEND_DONE:
        break;
    }
    return ride->heard ? RIDE_PHASE_RECEIVE : RIDE_PHASE_FIRST_BYTE;
}

static usec limit_of(const struct ride *ride)
{
    switch (ride->phase) {
    case RIDE_PHASE_CONNECT:
        return ride->call->limits.connect;
    case RIDE_PHASE_CONTINUE:
        return continue_wait;
    case RIDE_PHASE_FIRST_BYTE:
        return ride->call->limits.first_byte;
    case RIDE_PHASE_SEND:
    case RIDE_PHASE_RECEIVE:
        return ride->call->limits.idle;
    case RIDE_PHASE_OWNER:
        break;
    }
    return USEC_NEVER;
}

static void arm(struct ride *ride)
{
    usec due = usec_min(ride->phase_deadline, ride->call->limits.deadline);
    if (due != USEC_NEVER && (!timer_active(&ride->timer) || ride->timer.node.key > due))
        timer_start_at(&ride->timer, due);
}

void ride_progress(struct ride *ride)
{
    if (ride->state == RIDE_OVER)
        return;
    ride->phase = phase_of(ride);
    ride->phase_deadline = usec_add(ride->group->pool->worker->now, limit_of(ride));
    arm(ride);
}

void ride_update(struct ride *ride)
{
    if (ride->state == RIDE_OVER)
        return;
    if (phase_of(ride) != ride->phase)
        ride_progress(ride);
    else
        arm(ride);
}

/* libcurl takes large pieces of a body and sends them bit by bit. */
static bool has_sent_more(struct ride *ride)
{
    curl_off_t uploaded = 0;
    curl_easy_getinfo(ride->easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
    bool more = uploaded > ride->uploaded;
    ride->uploaded = uploaded;
    return more;
}

static void on_phase_end(struct ride *ride)
{
    switch (ride->phase) {
    case RIDE_PHASE_CONNECT:
        ride_fail(ride, CALL_FAULT_CONNECT_TIMEOUT,
                  STR("no connection within the connect limit"));
        return;
    case RIDE_PHASE_CONTINUE:
        ride->send = RIDE_SEND_FLOWS; /* RFC 9110 §10.1.1: do not wait for ever */
        ride->resume = true;
        curl_group_queue(ride);
        ride_update(ride);
        return;
    case RIDE_PHASE_FIRST_BYTE:
        if (has_sent_more(ride))
            ride_progress(ride);
        else
            ride_fail(ride, CALL_FAULT_FIRST_BYTE_TIMEOUT,
                      STR("no answer began within the first-byte limit"));
        return;
    case RIDE_PHASE_SEND:
        if (has_sent_more(ride))
            ride_progress(ride);
        else
            ride_fail(ride, CALL_FAULT_IDLE_TIMEOUT,
                      STR("the request was not taken within the idle limit"));
        return;
    case RIDE_PHASE_RECEIVE:
        ride_fail(ride, CALL_FAULT_IDLE_TIMEOUT,
                  STR("the answer did not go on within the idle limit"));
        return;
    case RIDE_PHASE_OWNER:
        return;
    }
}

static void on_timer(struct timer *timer)
{
    struct ride *ride = CONTAINER_OF(timer, struct ride, timer);
    usec now = ride->group->pool->worker->now;
    CHECK_MAGIC(ride, RIDE_MAGIC);
    if (now >= ride->call->limits.deadline)
        ride_fail(ride, CALL_FAULT_TOTAL_TIMEOUT,
                  STR("the time for the whole call is over"));
    else if (now >= ride->phase_deadline)
        on_phase_end(ride);
    if (ride->state != RIDE_OVER)
        arm(ride);
}

/* --- the end --- */

static void drop_fd(struct ride *ride)
{
    if (ride->fd >= 0)
        close(ride->fd);
    ride->fd = -1;
}

/* Out of libcurl's hands. Not from inside its callbacks. */
static void take_back(struct ride *ride)
{
    if (ride->added)
        CHECK(curl_multi_remove_handle(ride->group->multi, ride->easy) == CURLM_OK);
    ride->added = false;
    drop_fd(ride);
}

static void release_easy(struct ride *ride)
{
    struct curl_group *group = ride->group;
    if (!ride->easy)
        return;
    take_back(ride);
    if (group->spare_n < CURL_SPARES_MAX) {
        curl_easy_reset(ride->easy);
        group->spares[group->spare_n++] = ride->easy;
    } else {
        curl_easy_cleanup(ride->easy);
    }
    ride->easy = NULL;
}

static long local_port(const struct ride *ride)
{
    long port = 0;
    curl_easy_getinfo(ride->easy, CURLINFO_LOCAL_PORT, &port);
    return port;
}

/* Another stream of a connection, which is known by its end here. */
static struct ride *find_stream(struct curl_group *group, long port)
{
    LIST_EACH(node, &group->rides)
    {
        struct ride *ride = CONTAINER_OF(node, struct ride, node);
        if (ride->state == RIDE_BUSY && !ride->done && local_port(ride) == port)
            return ride;
    }
    return NULL;
}

/* libcurl resets a stream of HTTP/2 that is taken from it, but does not send that before
 * another one makes it write (curl issue 17611). Where there is none, the connection goes
 * with the stream. */
static void leave_stream(struct ride *ride)
{
    if (ride->state != RIDE_BUSY || ride->done)
        return;
    ride->left_port = local_port(ride);
    curl_easy_setopt(ride->easy, CURLOPT_FORBID_REUSE, 1L);
}

static void send_reset(struct ride *ride)
{
    struct ride *other =
        ride->left_port ? find_stream(ride->group, ride->left_port) : NULL;
    if (other)
        timer_start(&other->nudge, 0);
}

static void free_ride(struct ride *ride)
{
    release_easy(ride);
    send_reset(ride);
    dial_cancel(&ride->dial);
    timer_cancel(&ride->timer);
    timer_cancel(&ride->nudge);
    list_remove(&ride->node);
    list_remove(&ride->waiting_node);
    list_remove(&ride->asked_node);
    list_remove(&ride->until_end_node);
    curl_slist_free_all(ride->lines);
    curl_slist_free_all(ride->addresses);
    buf_fini(&ride->head);
    buf_fini(&ride->in);
    ride->magic = 0;
    mem_free(ride);
}

static void end(struct ride *ride)
{
    leave_stream(ride);
    ride->state = RIDE_OVER;
    timer_cancel(&ride->timer);
    dial_cancel(&ride->dial);
    curl_group_queue(ride);
}

static struct call *detach(struct ride *ride)
{
    struct call *call = ride->call;
    if (call)
        call->carrier = NULL;
    ride->call = NULL;
    return call;
}

void ride_drop(struct ride *ride)
{
    CHECK_MAGIC(ride, RIDE_MAGIC);
    detach(ride);
    end(ride);
}

void ride_destroy(struct ride *ride)
{
    detach(ride);
    free_ride(ride);
}

void ride_fail(struct ride *ride, enum call_fault fault, str text)
{
    if (ride->state == RIDE_OVER)
        return;
    ride->call->fault = fault;
    ride->call->fault_text = text;
    end(ride);
}

static void tell_end(struct ride *ride)
{
    struct curl_group *group = ride->group;
    struct call *call = detach(ride);
    free_ride(ride);
    curl_group_left(group);
    if (!call)
        return;
    if (call->fault)
        call->events->on_fault(call);
    else
        call->events->on_end(call);
}

/* What libcurl's result means when it comes before the connection could be used. */
static enum call_fault fault_of_connect(CURLcode result)
{
    switch ((int)result) {
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return CALL_FAULT_TLS;
    case CURLE_OPERATION_TIMEDOUT:
        return CALL_FAULT_CONNECT_TIMEOUT;
    default:
        return CALL_FAULT_CONNECT;
    }
}

/* libcurl reads chunks beside us, and knows trailer lines up to 4 KiB; its result for one
 * that it cannot read differs from a reset by its words alone. */
static bool is_bad_chunk(const struct ride *ride, CURLcode result)
{
    return result == CURLE_RECV_ERROR &&
           str_ends(str_z(ride->why), STR(" in chunked-encoding"));
}

static enum call_fault fault_of_talk(const struct ride *ride, CURLcode result)
{
    if (is_bad_chunk(ride, result))
        return CALL_FAULT_INVALID;
    switch ((int)result) {
    case CURLE_UNSUPPORTED_PROTOCOL: /* no HTTP/1 or 2, or a head that is none */
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING: /* a Transfer-Encoding */
    case CURLE_OUT_OF_MEMORY:        /* a line of more than 100 kB */
        return CALL_FAULT_INVALID;
    default:
        return CALL_FAULT_RESET;
    }
}

static bool is_whole(const struct ride *ride)
{
    return ride->answered && parse_body_eof(&ride->body) == BODY_END &&
           list_empty(&ride->until_end_node);
}

/*
 * libcurl tells OpenSSL's errors in words, in which their code stands: "error:0A000418:";
 * but for one. The alert that our certificate has ended (0A000415) gets the words for
 * a vendor's that does not verify, without the reason that those have.
 */
static unsigned long tls_error_of(const struct ride *ride)
{
    static const str mark = STR("error:");
    str why = str_z(ride->why);
    if (str_eq(why, STR("SSL certificate verification failed")))
        return 0x0A000415;
    size_t at = str_find_str(why, mark);
    return at < why.n ? strtoul(why.p + at + mark.n, NULL, 16) : 0;
}

/* As h1_conn_fail_tls. */
static void note_refusal(struct ride *ride)
{
    struct call *call = ride->call;
    bool shown = tls_shows_certificate(ride->group->tls);
    if (ride->heard || call->reused || ride->interim_n)
        return;
    const char *refusal = tls_refusal(tls_error_of(ride), false, shown);
    if (refusal) {
        call->fault = CALL_FAULT_CERTIFICATE;
        call->fault_text = str_z(refusal);
        call->sent = false;
    } else if (call->fault == CALL_FAULT_RESET && shown) {
        call->fault_text = arena_printf(
            call->arena, STR_F "; perhaps the vendor refused the client certificate",
            STR_A(call->fault_text));
    }
}

static void note_failure(struct ride *ride, CURLcode result)
{
    struct call *call = ride->call;
    const char *why = ride->why[0] ? ride->why : curl_easy_strerror(result);
    if (result == CURLE_OK)
        why = "the connection ended in the middle of the answer";
    else if (ride->wants_fd)
        why = "the connection ended without an answer";
    call->fault =
        ride->state == RIDE_BUSY ? fault_of_talk(ride, result) : fault_of_connect(result);
    call->fault_text = arena_str(call->arena, str_z(why));
    note_refusal(ride);
}

/* What came while the owner paused is his before the end is. */
static bool must_wait(const struct ride *ride)
{
    return ride->result == CURLE_OK && !ride->complete && (ride->paused || ride->in.n);
}

static void conclude(struct ride *ride)
{
    bool good = ride->complete || (ride->result == CURLE_OK && is_whole(ride));
    if (ride->state != RIDE_OVER && !good)
        note_failure(ride, ride->result);
    end(ride);
}

/* --- connecting --- */

static void on_dialled(void *arg, int fd, enum call_fault fault, const char *why)
{
    struct ride *ride = arg;
    struct arena *arena = ride->call->arena;
    CHECK_MAGIC(ride, RIDE_MAGIC);
    ride->dial = NULL;
    if (fault == CALL_FAULT_DNS) {
        ride_fail(ride, fault,
                  arena_printf(arena, "the name " STR_F " does not resolve: %s",
                               STR_A(ride->peer.host), why));
    } else if (fault) {
        ride_fail(ride, fault,
                  arena_printf(arena, "no connection to " STR_F ":%u: %s",
                               STR_A(ride->peer.host), ride->peer.port, why));
    } else {
        ride->fd = fd;
        ride->state = RIDE_ASK;
        curl_group_queue(ride);
    }
}

/* libcurl had no socket for it, or a connection that must not be used: nothing of the
 * request has left, and the next try gets a socket of its own. */
static bool may_try_again(const struct ride *ride)
{
    return ride->state != RIDE_OVER && ride->wants_fd && !ride->call->sent &&
           ride->dials < DIALS_MAX;
}

static void dial(struct ride *ride)
{
    struct curl_pool *pool = ride->group->pool;
    struct dial_order order = {.worker = pool->worker,
                               .dns = pool->part->dns,
                               .host = ride->peer.host,
                               .port = ride->peer.port,
                               .guard = pool->curl->transport.settings.guard,
                               .done = on_dialled,
                               .arg = ride};
    ride->state = RIDE_DIAL;
    ride->dials++;
    ride->dial = dial_start(&order);
    ride_update(ride);
}

static void try_again(struct ride *ride)
{
    take_back(ride);
    ride->done = ride->wants_fd = false;
    ride->why[0] = 0;
    dial(ride);
}

static void ask(struct ride *ride)
{
    struct curl_group *group = ride->group;
    if (!ride->easy) {
        ride->easy = group->spare_n ? group->spares[--group->spare_n] : curl_easy_init();
        CHECK(ride->easy != NULL);
        curl_easy_plan(ride);
    }
    curl_easy_setopt(ride->easy, CURLOPT_FRESH_CONNECT, (long)ride->fresh);
    ride->added = true;
    CHECK(curl_multi_add_handle(group->multi, ride->easy) == CURLM_OK);
}

/* --- its turns --- */

void ride_done(struct ride *ride, CURLcode result)
{
    CHECK_MAGIC(ride, RIDE_MAGIC);
    ride_look_sent(ride);
    ride->done = true;
    ride->result = result;
    if (may_try_again(ride))
        try_again(ride);
    else if (ride->state == RIDE_OVER || !must_wait(ride))
        conclude(ride);
}

void ride_look_sent(struct ride *ride)
{
    long bytes = 0;
    if (ride->state != RIDE_BUSY || ride->call->sent)
        return;
    curl_easy_getinfo(ride->easy, CURLINFO_REQUEST_SIZE, &bytes);
    if (bytes <= ride->asked_bytes)
        return;
    ride->call->sent = true;
    list_remove(&ride->asked_node);
}

static int pause_mask(struct ride *ride)
{
    bool hold_send = ride->send == RIDE_SEND_WAITS || ride->send == RIDE_SEND_CONTINUE;
    bool unwanted = ride->answered && ride->call->head.status >= 400;
    return (ride->paused ? CURLPAUSE_RECV : 0) |
           (hold_send && ride->send_held && !unwanted ? CURLPAUSE_SEND : 0);
}

static void go_on(struct ride *ride)
{
    ride->resume = false;
    ride_give_body(ride);
    if (ride->state == RIDE_OVER)
        return;
    if (ride->complete || ride->done) {
        if (!must_wait(ride))
            conclude(ride);
        return;
    }
    CURLcode result = curl_easy_pause(ride->easy, pause_mask(ride));
    if (result != CURLE_OK)
        ride_done(ride, result);
}

/* libcurl looks at a connection again when a pause is lifted: one is set for that.
 * Another stream of the connection may get the look instead, so one that waits for its
 * end does it until it helps. */
static void on_nudge(struct timer *timer)
{
    struct ride *ride = CONTAINER_OF(timer, struct ride, nudge);
    CHECK_MAGIC(ride, RIDE_MAGIC);
    if (ride->state != RIDE_BUSY || ride->done)
        return;
    int mask = pause_mask(ride);
    if (curl_easy_pause(ride->easy, mask ^ CURLPAUSE_SEND) == CURLE_OK)
        curl_easy_pause(ride->easy, mask);
    if (ride->ends)
        timer_start(&ride->nudge, nudge_every);
}

void ride_work(struct ride *ride)
{
    CHECK_MAGIC(ride, RIDE_MAGIC);
    if (ride->state == RIDE_OVER)
        tell_end(ride);
    else if (ride->state == RIDE_ASK && !ride->added)
        ask(ride);
    else if (ride->resume && ride->state == RIDE_BUSY)
        go_on(ride);
}

/* --- the beginning --- */

static struct ride *create_ride(struct curl_group *group, struct call *call)
{
    struct ride *ride = mem_zalloc(sizeof(*ride));
    ride->magic = RIDE_MAGIC;
    ride->group = group;
    ride->call = call;
    ride->fd = -1;
    ride->fresh = call->fresh;
    list_init(&ride->waiting_node);
    list_init(&ride->asked_node);
    list_init(&ride->until_end_node);
    list_push_back(&group->rides, &ride->node);
    buf_init(&ride->head, HEAD_BYTES_MAX);
    buf_init(&ride->in, IN_BYTES_MAX);
    timer_init(&ride->timer, group->pool->worker, on_timer);
    timer_init(&ride->nudge, group->pool->worker, on_nudge);
    timer_cancel(&group->idle);
    return ride;
}

void ride_start(struct curl_group *group, struct call *call)
{
    struct ride *ride = create_ride(group, call);
    call->carrier = ride;
    ride_update(ride);
    if (!curl_easy_peer(call, &ride->peer))
        ride_fail(ride, CALL_FAULT_CONNECT,
                  STR("the URL of the egress proxy cannot be used"));
    else if (ride->fresh)
        dial(ride);
    else
        curl_group_queue(ride);
}
