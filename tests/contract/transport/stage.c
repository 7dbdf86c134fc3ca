#include "stage.h"

#include <stdio.h>

#include "base/mem.h"
#include "http/tls.h"
#include "loop/world.h"

enum { LIMIT_S = 25, BODY_BYTES_MAX = 1 << 20, FLOOD_PIECE = 32 * 1024 };

const char *stage_transport;
struct transport *(*stage_create)(const struct transport_settings *settings);
const char probe_hold[] = "hold";

bool stage_is(const char *name)
{
    return strcmp(stage_transport, name) == 0;
}

/* --- the stage --- */

static void join(void *arg)
{
    struct stage *stage = arg;
    transport_join(stage->transport, &stage->loop.worker);
}

static void leave(void *arg)
{
    struct stage *stage = arg;
    transport_leave(stage->transport, &stage->loop.worker);
}

struct tls *stage_tls(const char *ca, const char *pair)
{
    struct arena arena;
    char cert[32] = "", key[32] = "";
    str why = STR_NONE;
    arena_init(&arena, 1024, 1 << 20);
    if (pair) {
        snprintf(cert, sizeof(cert), "%s.pem", pair);
        snprintf(key, sizeof(key), "%s.key", pair);
    }
    struct tls *tls = tls_create_client(&arena, ca ? str_z(certs_path(ca)) : STR_NONE,
                                        pair ? str_z(certs_path(cert)) : STR_NONE,
                                        pair ? str_z(certs_path(key)) : STR_NONE, &why);
    if (!tls)
        print_error(STR_F "\n", STR_A(why));
    arena_fini(&arena);
    assert_non_null(tls);
    return tls;
}

/* Loading the system's trust takes long: once for all tests. */
static struct tls *usual_tls(void)
{
    static struct tls *tls;
    if (!tls)
        tls = stage_tls("ca.pem", NULL);
    return tls_ref(tls);
}

struct stage *stage_open(const struct transport_settings *settings)
{
    struct stage *stage = mem_zalloc(sizeof(*stage));
    struct transport_settings own = *settings;
    struct tls *tls = own.tls ? tls_ref(own.tls) : usual_tls();
    own.tls = tls;
    own.workers = 1;
    live_loop_start(&stage->loop, 0);
    stage->transport = stage_create(&own);
    tls_unref(&tls);
    live_loop_do(&stage->loop, join, stage);
    return stage;
}

void stage_close(struct stage *stage)
{
    live_loop_do(&stage->loop, leave, stage);
    transport_destroy(&stage->transport);
    live_loop_stop(&stage->loop);
    peer_stop(&stage->peer);
    mem_free(stage);
}

int stage_setup(void **state)
{
    *state = stage_open(&(struct transport_settings){0});
    return 0;
}

int stage_teardown(void **state)
{
    stage_close(*state);
    return 0;
}

void stage_peers(struct stage *stage, const struct peer_step *first,
                 const struct peer_step *others)
{
    peer_stop(&stage->peer);
    stage->peer = peer_start(&(struct peer_plan){.scripts = {first, others}});
}

void stage_peer(struct stage *stage, const struct peer_step *script)
{
    stage_peers(stage, script, NULL);
}

struct transport_stats stage_stats(struct stage *stage)
{
    struct transport_stats stats;
    transport_stats(stage->transport, &stats);
    return stats;
}

static void do_nothing(void *arg)
{
    (void)arg;
}

bool stage_open_becomes(struct stage *stage, uint64_t n)
{
    for (int i = 0; i < 3000; i++) {
        live_loop_do(&stage->loop, do_nothing, NULL);
        if (stage_stats(stage).open == n)
            return true;
        usleep(10000);
    }
    return false;
}

void stage_heard(struct stage *stage, unsigned n, const char *bytes)
{
    struct buf heard;
    buf_init(&heard, 64 << 20);
    peer_heard(stage->peer, n, &heard);
    str got = buf_peek(&heard), want = str_z(bytes);
    bool same = str_eq(got, want);
    if (!same)
        print_error("heard \"" STR_F "\"\nnot   \"" STR_F "\"\n", STR_A(got),
                    STR_A(want));
    buf_fini(&heard);
    assert_true(same);
}

/* Takes one request off *bytes. */
static bool take_request(struct request *request, str *bytes)
{
    struct head_scan scan = {0};
    struct body_parser body;
    const char *why = "it is not complete";
    size_t n = 0;
    str chunk;
    enum body_step step;
    arena_reset(&request->arena);
    buf_clear(&request->body);
    if (parse_scan(&scan, *bytes, &n, &why) != PARSE_DONE ||
        parse_head(PARSE_REQUEST, &request->arena,
                   arena_str(&request->arena, str_of(bytes->p, n)), &request->head, &body,
                   &why) != PARSE_DONE) {
        print_error("no request: %s\n", why);
        return false;
    }
    *bytes = str_from(*bytes, n);
    while ((step = parse_body(&body, bytes, &chunk)) == BODY_CHUNK)
        buf_str(&request->body, chunk);
    request->whole = step == BODY_END;
    request->more = bytes->n;
    return step != BODY_BAD;
}

static unsigned read_requests(struct request *request, struct stage *stage, unsigned n)
{
    struct buf heard;
    unsigned count = 0;
    bool good = true;
    buf_init(&heard, 64 << 20);
    peer_heard(stage->peer, n, &heard);
    for (str bytes = buf_peek(&heard); good && bytes.n; count += good)
        good = take_request(request, &bytes);
    buf_fini(&heard);
    assert_true(good);
    return count;
}

void request_init(struct request *request, struct stage *stage, unsigned n)
{
    *request = (struct request){0};
    arena_init(&request->arena, 4096, 1 << 20);
    buf_init(&request->body, 64 << 20);
    assert_true(read_requests(request, stage, n) > 0);
}

void request_fini(struct request *request)
{
    buf_fini(&request->body);
    arena_fini(&request->arena);
}

unsigned stage_requests(struct stage *stage, unsigned n)
{
    struct request request = {0};
    arena_init(&request.arena, 4096, 1 << 20);
    buf_init(&request.body, 64 << 20);
    unsigned count = read_requests(&request, stage, n);
    request_fini(&request);
    return count;
}

/* --- what a probe is told --- */

static struct probe *probe_of(struct call *call)
{
    return call->owner;
}

static void tell(struct probe *probe, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void tell(struct probe *probe, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    live_loop_lock(&probe->stage->loop);
    if (probe->over)
        buf_str(&probe->log, STR(", AFTER THE END"));
    if (probe->log.n)
        buf_str(&probe->log, STR(", "));
    buf_vprintf(&probe->log, fmt, args);
    probe->told_body = false;
    live_loop_unlock(&probe->stage->loop);
    va_end(args);
}

static void end(struct probe *probe)
{
    struct probe *then = probe->then;
    live_loop_lock(&probe->stage->loop);
    probe->over = true;
    live_loop_unlock(&probe->stage->loop);
    if (then)
        call_start(then->stage->transport, &then->call);
}

static void act(struct probe *probe, enum probe_at at)
{
    if (probe->pause_at & at)
        call_pause(&probe->call);
    if (probe->cancel_at & at) {
        call_cancel(&probe->call);
        tell(probe, "cancelled");
        end(probe);
    }
}

static enum call_pull pull_flood(struct probe *probe, str *ret_chunk)
{
    static char letters[FLOOD_PIECE];
    if (!probe->flood)
        return CALL_PULL_END;
    size_t n = probe->flood < sizeof(letters) ? probe->flood : sizeof(letters);
    memset(letters, 'y', sizeof(letters));
    probe->flood -= n;
    *ret_chunk = str_of(letters, n);
    return CALL_PULL_DATA;
}

static enum call_pull next_piece(struct probe *probe, str *ret_chunk)
{
    const char *piece = probe->pieces ? *probe->pieces : NULL;
    if (!piece)
        return pull_flood(probe, ret_chunk);
    if (piece == probe_hold && !probe->fed)
        return CALL_PULL_WAIT;
    probe->pieces++;
    if (piece == probe_hold) {
        probe->fed = false;
        return next_piece(probe, ret_chunk);
    }
    *ret_chunk = str_z(piece);
    return CALL_PULL_DATA;
}

static enum call_pull pull(struct call *call, str *ret_chunk)
{
    struct probe *probe = probe_of(call);
    act(probe, PROBE_AT_PULL);
    live_loop_lock(&probe->stage->loop);
    enum call_pull pull = next_piece(probe, ret_chunk);
    if (pull == CALL_PULL_DATA)
        probe->pulled += ret_chunk->n;
    live_loop_unlock(&probe->stage->loop);
    return pull;
}

static void on_inform(struct call *call, const struct message_head *head)
{
    tell(probe_of(call), "inform %d", head->status);
    act(probe_of(call), PROBE_AT_INFORM);
}

static void on_head(struct call *call)
{
    tell(probe_of(call), "head %d", call->head.status);
    act(probe_of(call), PROBE_AT_HEAD);
}

static void on_body(struct call *call, str chunk)
{
    struct probe *probe = probe_of(call);
    if (chunk.n == 0)
        tell(probe, "EMPTY PIECE");
    if (!probe->told_body)
        tell(probe, "body");
    live_loop_lock(&probe->stage->loop);
    probe->told_body = true;
    if (probe->body.n + chunk.n <= BODY_BYTES_MAX)
        buf_str(&probe->body, chunk);
    live_loop_unlock(&probe->stage->loop);
    act(probe, PROBE_AT_BODY);
}

static void on_end(struct call *call)
{
    struct probe *probe = probe_of(call);
    tell(probe, call->carrier ? "END WITH A CARRIER" : "end");
    end(probe);
}

static const char *fault_word(enum call_fault fault)
{
    static const char *const words[] = {
        [CALL_FAULT_NONE] = "none",
        [CALL_FAULT_DNS] = "dns",
        [CALL_FAULT_CONNECT] = "connect",
        [CALL_FAULT_CONNECT_TIMEOUT] = "connect timeout",
        [CALL_FAULT_TLS] = "tls",
        [CALL_FAULT_CERTIFICATE] = "certificate",
        [CALL_FAULT_RESET] = "reset",
        [CALL_FAULT_INVALID] = "invalid",
        [CALL_FAULT_FIRST_BYTE_TIMEOUT] = "first byte timeout",
        [CALL_FAULT_IDLE_TIMEOUT] = "idle timeout",
        [CALL_FAULT_TOTAL_TIMEOUT] = "total timeout",
        [CALL_FAULT_DEADLINE] = "deadline",
        [CALL_FAULT_BODY] = "body",
        [CALL_FAULT_CANCELLED] = "cancelled",
    };
    return words[fault];
}

static void on_fault(struct call *call)
{
    struct probe *probe = probe_of(call);
    tell(probe, call->carrier ? "FAULT WITH A CARRIER" : "fault %s",
         fault_word(call->fault));
    if (call->fault_text.n == 0)
        tell(probe, "WITHOUT A TEXT");
    end(probe);
}

/* --- a probe's life --- */

void probe_init(struct probe *probe, struct stage *stage, const char *method,
                const char *url, ...)
{
    static const struct call_events events = {pull,    on_inform, on_head,
                                              on_body, on_end,    on_fault};
    va_list args;
    const char *why = NULL;
    *probe = (struct probe){.stage = stage};
    arena_init(&probe->arena, 4096, 16 << 20);
    buf_init(&probe->log, 4096);
    buf_init(&probe->body, BODY_BYTES_MAX);
    headers_init(&probe->headers, &probe->arena, 8);
    probe->call = (struct call){
        .worker = &stage->loop.worker,
        .arena = &probe->arena,
        .events = &events,
        .owner = probe,
        .method = str_z(method),
        .headers = &probe->headers,
        .limits = {LIMIT_S * USEC_S, LIMIT_S * USEC_S, LIMIT_S * USEC_S, USEC_NEVER},
    };
    va_start(args, url);
    str text = arena_vprintf(&probe->arena, url, args);
    va_end(args);
    assert_true(url_parse(&probe->arena, text, &probe->call.url, &why));
}

void probe_fini(struct probe *probe)
{
    buf_fini(&probe->log);
    buf_fini(&probe->body);
    arena_fini(&probe->arena);
}

void probe_header(struct probe *probe, const char *name, const char *value)
{
    header_add_name(&probe->headers, str_z(name), str_z(value));
}

void probe_body(struct probe *probe, const char *const *pieces, size_t flood,
                bool chunked)
{
    int64_t n = (int64_t)flood;
    probe->pieces = pieces;
    probe->flood = flood;
    for (; pieces && *pieces; pieces++)
        n += *pieces == probe_hold ? 0 : (int64_t)strlen(*pieces);
    probe->call.body_bytes = chunked ? CALL_BODY_CHUNKED : n;
}

static void start(void *arg)
{
    struct probe *probe = arg;
    call_start(probe->stage->transport, &probe->call);
}

void probe_start(struct probe *probe)
{
    live_loop_do(&probe->stage->loop, start, probe);
}

static bool is_over(void *arg)
{
    return ((struct probe *)arg)->over;
}

static void fail_waiting(struct probe *probe, const char *what)
{
    print_error("%s did not come; the log is \"" STR_F "\"\n", what,
                STR_A(buf_peek(&probe->log)));
    fail();
}

void probe_wait(struct probe *probe)
{
    if (!live_loop_wait(&probe->stage->loop, is_over, probe))
        fail_waiting(probe, "the end");
    live_loop_do(&probe->stage->loop, do_nothing, NULL); /* it has left its callback */
}

void probe_run(struct probe *probe)
{
    probe_start(probe);
    probe_wait(probe);
}

struct wish {
    struct probe *probe;
    const char *text;
    uint64_t pulled;
};

static bool is_told(void *arg)
{
    struct wish *wish = arg;
    str log = buf_peek(&wish->probe->log);
    return str_find_str(log, str_z(wish->text)) < log.n;
}

static bool is_pulled(void *arg)
{
    struct wish *wish = arg;
    return wish->probe->pulled >= wish->pulled;
}

void probe_await(struct probe *probe, const char *text)
{
    struct wish wish = {.probe = probe, .text = text};
    if (!live_loop_wait(&probe->stage->loop, is_told, &wish))
        fail_waiting(probe, text);
}

void probe_await_pulled(struct probe *probe, uint64_t bytes)
{
    struct wish wish = {.probe = probe, .pulled = bytes};
    if (!live_loop_wait(&probe->stage->loop, is_pulled, &wish))
        fail_waiting(probe, "the pull");
}

static void do_cancel(void *arg)
{
    struct probe *probe = arg;
    call_cancel(&probe->call);
    tell(probe, "cancelled");
    end(probe);
}

static void do_pause(void *arg)
{
    call_pause(&((struct probe *)arg)->call);
}

static void do_resume(void *arg)
{
    call_resume(&((struct probe *)arg)->call);
}

static void do_feed(void *arg)
{
    struct probe *probe = arg;
    live_loop_lock(&probe->stage->loop);
    probe->fed = true;
    live_loop_unlock(&probe->stage->loop);
    call_body_ready(&probe->call);
}

void probe_cancel(struct probe *probe)
{
    live_loop_do(&probe->stage->loop, do_cancel, probe);
}

void probe_pause(struct probe *probe)
{
    live_loop_do(&probe->stage->loop, do_pause, probe);
}

void probe_resume(struct probe *probe)
{
    live_loop_do(&probe->stage->loop, do_resume, probe);
}

void probe_feed(struct probe *probe)
{
    live_loop_do(&probe->stage->loop, do_feed, probe);
}

struct deadline {
    struct probe *probe;
    usec from_now;
};

static void do_deadline(void *arg)
{
    struct deadline *deadline = arg;
    struct call *call = &deadline->probe->call;
    call_set_deadline(call, call->worker->now + deadline->from_now);
}

void probe_deadline(struct probe *probe, usec from_now)
{
    struct deadline deadline = {probe, from_now};
    live_loop_do(&probe->stage->loop, do_deadline, &deadline);
}

void probe_assert(struct probe *probe, const char *about, const char *log,
                  const char *body, const char *file, int line)
{
    live_loop_lock(&probe->stage->loop);
    str got = buf_peek(&probe->log), got_body = buf_peek(&probe->body);
    bool same = str_eq(got, str_z(log)) && (!body || str_eq(got_body, str_z(body)));
    live_loop_unlock(&probe->stage->loop);
    if (same)
        return;
    print_error("%s: told \"" STR_F "\" with \"" STR_F "\" (fault: " STR_F "), not "
                "\"%s\" with \"%s\"\n",
                about, STR_A(got), STR_A(got_body), STR_A(probe->call.fault_text), log,
                body ? body : "(any)");
    _fail(file, line);
}
