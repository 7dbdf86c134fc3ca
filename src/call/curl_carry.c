/*
 * Bytes, as libcurl's callbacks bring and fetch them. All of this runs inside libcurl:
 * an owner who leaves here is taken out later, and libcurl is told to stop by an error.
 */
#include "call/curl_call.h"

enum { INTERIM_MAX = 32, STOP = 0 };

/* libcurl has no connection that it could use again. */
curl_socket_t ride_on_socket(void *arg, curlsocktype purpose,
                             struct curl_sockaddr *address)
{
    struct ride *ride = arg;
    int fd = ride->fd;
    (void)purpose, (void)address;
    ride->fd = -1;
    if (fd < 0) {
        ride->wants_fd = true;
        return CURL_SOCKET_BAD;
    }
    curl_wire_add(ride->group->pool, fd);
    return fd;
}

/* NULL: plain. */
static const struct ssl_st *ssl_of(struct ride *ride)
{
    struct curl_tlssessioninfo *tls = NULL;
    curl_easy_getinfo(ride->easy, CURLINFO_TLS_SSL_PTR, &tls);
    return tls ? tls->internals : NULL;
}

/* Which has a right to speak at any time, and ends its answers itself. */
static bool speaks_h2(struct ride *ride)
{
    const struct ssl_st *ssl = ssl_of(ride);
    return ssl && tls_speaks_h2(ssl);
}

static void start_sending(struct ride *ride)
{
    struct call *call = ride->call;
    ride->state = RIDE_BUSY;
    ride->send = RIDE_SEND_FLOWS;
    if (call->body_bytes == CALL_BODY_NONE) {
        ride->send = RIDE_SEND_DONE;
        call->sent_at = call->connected_at;
    } else if (call->expect_continue) {
        ride->send = RIDE_SEND_CONTINUE;
    }
    list_remove(&ride->asked_node);
    list_push_back(&ride->group->asked, &ride->asked_node);
    ride_progress(ride);
}

/*
 * Each time before a request is sent. libcurl would send it again when a connection that
 * was used before has died; and it would send it over one on which an end has arrived
 * already, or bytes out of turn, which would be taken for the answer.
 */
int ride_on_ready(void *arg, char *ip, char *local_ip, int port, int local_port)
{
    struct ride *ride = arg;
    struct call *call = ride->call;
    struct curl_pool *pool = ride->group->pool;
    long connects = 0;
    ride_look_sent(ride);
    if (ride->state == RIDE_BUSY && call->sent)
        ride_fail(ride, CALL_FAULT_RESET, STR("the connection ended without an answer"));
    if (ride->state == RIDE_OVER)
        return CURL_PREREQFUNC_ABORT;
    curl_easy_getinfo(ride->easy, CURLINFO_NUM_CONNECTS, &connects);
    if (connects == 0 && !speaks_h2(ride) &&
        !curl_wire_quiet(pool, ip, port, local_ip, local_port)) {
        ride->fresh = ride->wants_fd = true;
        return CURL_PREREQFUNC_ABORT;
    }
    curl_easy_getinfo(ride->easy, CURLINFO_REQUEST_SIZE, &ride->asked_bytes);
    call->reused = connects == 0;
    transport_count(connects ? &pool->part->opened : &pool->part->reused);
    call->connected_at = pool->worker->now;
    start_sending(ride);
    return CURL_PREREQFUNC_OK;
}

static void let_send(struct ride *ride)
{
    if (!ride->send_held)
        return;
    ride->send_held = false;
    ride->resume = true;
    curl_group_queue(ride);
}

/* The request ends behind its answer. In HTTP/2 that closes the stream, which libcurl
 * notices only when it reads again, and nothing more will come. */
static void ask_for_end(struct ride *ride)
{
    if (!ride->answered || !speaks_h2(ride))
        return;
    ride->ends = true;
    timer_start(&ride->nudge, 0);
}

/* --- the request's body --- */

static void end_sending(struct ride *ride)
{
    ride->send = RIDE_SEND_DONE;
    ride->call->sent_at = ride->group->pool->worker->now;
    ask_for_end(ride);
}

static bool is_counted(const struct call *call)
{
    return call->body_bytes != CALL_BODY_CHUNKED;
}

static void take_end(struct ride *ride)
{
    const struct call *call = ride->call;
    if (is_counted(call) && call->bytes_sent != (uint64_t)call->body_bytes)
        ride_fail(ride, CALL_FAULT_BODY,
                  STR("the request's body is shorter than announced"));
    else
        end_sending(ride);
}

static void take_piece(struct ride *ride, str piece)
{
    struct call *call = ride->call;
    if (is_counted(call) && piece.n > (uint64_t)call->body_bytes - call->bytes_sent) {
        ride_fail(ride, CALL_FAULT_BODY,
                  STR("the request's body is longer than announced"));
        return;
    }
    call->bytes_sent += piece.n;
    ride->piece = piece;
}

/* Asks the owner until there is a piece, or a reason why there is none. He may leave. */
static void pull(struct ride *ride)
{
    struct call *call = ride->call;
    while (ride->state == RIDE_BUSY && ride->send == RIDE_SEND_FLOWS &&
           ride->piece.n == 0) {
        str piece = STR_NONE;
        enum call_pull answer = call->events->pull(call, &piece);
        if (ride->state != RIDE_BUSY)
            return;
        if (answer == CALL_PULL_WAIT)
            ride->send = RIDE_SEND_WAITS;
        else if (answer == CALL_PULL_END)
            take_end(ride);
        else
            take_piece(ride, piece);
    }
}

static bool is_all(const struct ride *ride)
{
    const struct call *call = ride->call;
    return is_counted(call) && ride->piece.n == 0 &&
           call->bytes_sent == (uint64_t)call->body_bytes;
}

static size_t give(struct ride *ride, char *ret, size_t room)
{
    size_t n = ride->piece.n < room ? ride->piece.n : room;
    memcpy(ret, ride->piece.p, n);
    ride->piece = str_from(ride->piece, n);
    if (is_all(ride))
        pull(ride); /* libcurl does not ask again, but an owner with more is a fault */
    if (ride->state != RIDE_BUSY)
        return CURL_READFUNC_ABORT;
    if (is_all(ride))
        end_sending(ride);
    ride_update(ride);
    return n;
}

size_t ride_on_read(char *ret, size_t size, size_t n, void *arg)
{
    struct ride *ride = arg;
    if (ride->state != RIDE_BUSY)
        return CURL_READFUNC_ABORT;
    ride_progress(ride);
    pull(ride);
    if (ride->state != RIDE_BUSY)
        return CURL_READFUNC_ABORT;
    if (ride->piece.n)
        return give(ride, ret, size * n);
    ride_update(ride);
    if (ride->send == RIDE_SEND_DONE)
        return 0;
    ride->send_held = true;
    return CURL_READFUNC_PAUSE;
}

/* --- the answer's head --- */

static void bad_answer(struct ride *ride, const char *why)
{
    ride_fail(ride, CALL_FAULT_INVALID,
              arena_printf(ride->call->arena, "the answer is not valid HTTP: %s", why));
}

static void take_interim(struct ride *ride, const struct message_head *head)
{
    struct call *call = ride->call;
    ride->heard = false;
    if (head->status == 101) {
        bad_answer(ride, "it switches to a protocol that nobody asked for");
    } else if (++ride->interim_n > INTERIM_MAX) {
        bad_answer(ride, "it has too many interim answers before it");
    } else if (head->status != 100) {
        call->events->on_inform(call, head);
    } else if (ride->send == RIDE_SEND_CONTINUE) {
        ride->send = RIDE_SEND_FLOWS;
        let_send(ride);
    }
}

/* A body that ends with the connection. */
static void expect_end(struct ride *ride)
{
    ride->ssl = ssl_of(ride);
    if (ride->ssl && !tls_speaks_h2(ride->ssl))
        list_push_back(&ride->group->until_end, &ride->until_end_node);
}

/* With an error libcurl stops sending by itself, unless it waits for the owner. */
static void take_final(struct ride *ride, const struct message_head *head)
{
    struct call *call = ride->call;
    ride->answered = true;
    ride->body.trailers_arena = call->arena;
    call->head = *head;
    if (ride->body.left == PARSE_LEFT_UNTIL_END)
        expect_end(ride);
    if (head->status >= 400) {
        let_send(ride);
        if (ride->send != RIDE_SEND_DONE)
            ask_for_end(ride);
    }
    call->events->on_head(call);
    if (ride->state == RIDE_BUSY && parse_body_empty(&ride->body) &&
        ride->send != RIDE_SEND_DONE)
        ride->complete = true;
}

/* A head in HTTP/2 is shown by libcurl as one of HTTP/1, but for the version. */
static void put_line(struct ride *ride, str line)
{
    static const char two[] = "HTTP/2 ";
    if (ride->head.n == 0 && str_starts(line, STR("HTTP/2 "))) {
        buf_str(&ride->head, STR("HTTP/1.1 "));
        line = str_from(line, sizeof(two) - 1);
    }
    buf_str(&ride->head, line);
}

static enum parse_result parse(struct ride *ride, struct message_head *ret_head,
                               const char **ret_why)
{
    struct call *call = ride->call;
    size_t n;
    str bytes = buf_peek(&ride->head);
    enum parse_result result = parse_scan(&ride->scan, bytes, &n, ret_why);
    if (result != PARSE_DONE)
        return result;
    return parse_head(call_answer_kind(call), call->arena, arena_str(call->arena, bytes),
                      ret_head, &ride->body, ret_why);
}

static void take_line(struct ride *ride, str line)
{
    struct message_head head;
    const char *why = "";
    if (!ride->heard)
        ride->call->first_byte_at = ride->group->pool->worker->now;
    ride->heard = true;
    put_line(ride, line);
    enum parse_result result = parse(ride, &head, &why);
    if (result == PARSE_MORE)
        return;
    if (result == PARSE_LONG_HEAD || result == PARSE_LONG_TARGET)
        why = "its head is larger than 64 KiB or has more than 256 lines";
    if (result != PARSE_DONE) {
        bad_answer(ride, why);
        return;
    }
    buf_clear(&ride->head);
    ride->scan = (struct head_scan){0};
    if (head.status < 200)
        take_interim(ride, &head);
    else
        take_final(ride, &head);
}

/* --- trailers --- */

static struct headers *trailers_of(struct call *call)
{
    if (!call->trailers) {
        call->trailers = arena_alloc(call->arena, sizeof(*call->trailers));
        headers_init(call->trailers, call->arena, 4);
    }
    return call->trailers;
}

/* Of HTTP/2, in which they come as lines behind the body. Those of chunked bodies are
 * read with these. */
static void take_trailer(struct ride *ride, str line)
{
    struct call *call = ride->call;
    size_t colon = str_find(line, ':');
    if (ride->body.left == PARSE_LEFT_CHUNKED || colon == line.n)
        return;
    str name = arena_str(call->arena, str_of(line.p, colon));
    str value = str_from(line, colon + 1);
    while (value.n && (value.p[value.n - 1] == '\n' || value.p[value.n - 1] == '\r'))
        value.n--;
    value = arena_str(call->arena, str_trim(value));
    ride->trailer_bytes += line.n;
    if (ride->trailer_bytes > PARSE_TRAILER_BYTES_MAX || !header_name_valid(name) ||
        !header_value_valid(value))
        bad_answer(ride, "its trailers are malformed or too large");
    else if (parse_may_trail(name))
        header_add_name(trailers_of(call), name, value);
}

size_t ride_on_header(char *line, size_t size, size_t n, void *arg)
{
    struct ride *ride = arg;
    str text = str_of(line, size * n);
    if (ride->state != RIDE_BUSY)
        return STOP;
    ride->call->sent = true;
    ride_progress(ride);
    if (ride->answered)
        take_trailer(ride, text);
    else
        take_line(ride, text);
    ride_update(ride);
    return ride->state == RIDE_BUSY && !ride->complete ? text.n : STOP;
}

/* --- the answer's body --- */

static void take_body_end(struct ride *ride, str rest)
{
    struct call *call = ride->call;
    if (ride->body.trailers.n) {
        call->trailers = arena_alloc(call->arena, sizeof(*call->trailers));
        *call->trailers = ride->body.trailers;
    }
    if (rest.n) /* more than an answer came */
        curl_easy_setopt(ride->easy, CURLOPT_FORBID_REUSE, 1L);
    if (ride->send != RIDE_SEND_DONE)
        ride->complete = true;
}

/* Takes what the owner takes off *bytes. */
static void take_body(struct ride *ride, str *bytes)
{
    struct call *call = ride->call;
    str chunk;
    while (ride->state == RIDE_BUSY && !ride->paused) {
        switch (parse_body(&ride->body, bytes, &chunk)) {
        case BODY_CHUNK:
            call->bytes_received += chunk.n;
            call->events->on_body(call, chunk);
            break;
        case BODY_MORE:
            return;
        case BODY_BAD:
            bad_answer(ride, "the framing of its body is broken");
            return;
        case BODY_END:
            take_body_end(ride, *bytes);
            *bytes = STR_NONE;
            return;
        }
    }
}

size_t ride_on_body(char *bytes, size_t size, size_t n, void *arg)
{
    struct ride *ride = arg;
    str rest = str_of(bytes, size * n);
    if (ride->state != RIDE_BUSY)
        return STOP;
    ride_progress(ride);
    if (ride->paused || ride->in.n)
        return CURL_WRITEFUNC_PAUSE;
    take_body(ride, &rest);
    if (ride->state != RIDE_BUSY || ride->complete)
        return STOP;
    buf_str(&ride->in, rest);
    CHECK(buf_ok(&ride->in));
    ride_update(ride);
    return size * n;
}

void ride_give_body(struct ride *ride)
{
    str rest = buf_peek(&ride->in);
    if (rest.n == 0 || ride->paused)
        return;
    take_body(ride, &rest);
    if (ride->state == RIDE_BUSY)
        buf_drop(&ride->in, ride->in.n - rest.n);
    ride_update(ride);
}
