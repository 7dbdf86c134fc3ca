#include "sim/sim_request.h"

#include "base/mem.h"
#include "loop/world.h"
#include "sim/sim_endpoint.h"

enum { REQUEST_MAGIC = 0x53494d52, CONTROL_BODY_BYTES_MAX = SIM_SCRIPT_BYTES_MAX };

static const uint8_t sha256_of_nothing[CRYPTO_SHA256_BYTES] = {
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
    0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
    0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55};

/* --- the end --- */

static void forget_digest(struct sim_request *request)
{
    if (request->digest.state)
        crypto_digest_fini(&request->digest, NULL);
}

/* The sender ends the request: what is not in its arena is taken back. */
static void on_end(struct sim_send *send)
{
    struct sim_request *request = CONTAINER_OF(send, struct sim_request, send);
    CHECK_MAGIC(request, REQUEST_MAGIC);
    request->magic = 0;
    request->sim->counts.open--;
    if (request->write)
        request->write->pending = false;
    timer_cancel(&request->hold);
    forget_digest(request);
    buf_fini(&request->body);
    sim_script_unref(&request->script);
}

/* --- deciding --- */

struct sim_planner sim_request_planner(struct sim_request *request)
{
    return (struct sim_planner){&request->asked, &request->sim->room};
}

struct sim_seen sim_request_seen(struct sim_request *request)
{
    struct inbound *in = request->in;
    bool whole =
        request->asked.body_whole || request->in->body_state == INBOUND_BODY_ENDED;
    return (struct sim_seen){
        .number = request->asked.id,
        .connection = inbound_connection(in),
        .at = in->began - request->sim->started,
        .method = in->head.method,
        .target = in->head.target,
        .route = request->route ? request->route->name : STR_NONE,
        .whole = whole,
        .headers = &in->head.headers,
        .body = buf_peek(&request->body),
        .body_bytes = request->body_bytes,
        .sha256 = whole ? request->sha256 : NULL,
    };
}

/* What is there of the request is all that there will be. */
static void answer(struct sim_request *request)
{
    request->state = SIM_ANSWERING;
    timer_cancel(&request->hold);
    if (request->script)
        sim_decide(request);
    else
        sim_endpoint_answer(request);
    sim_plan_finish(&request->plan, request->asked.arena);
    sim_send_start(&request->send, &request->plan);
}

static void finish_digest(struct sim_request *request)
{
    if (request->digest.state)
        crypto_digest_fini(&request->digest, request->sha256);
    else if (request->body.n)
        crypto_sha256(buf_peek(&request->body), request->sha256);
    else
        memcpy(request->sha256, sha256_of_nothing, sizeof(sha256_of_nothing));
}

static void finish_body(struct sim_request *request)
{
    struct sim_asked *asked = &request->asked;
    finish_digest(request);
    asked->body = buf_peek(&request->body);
    asked->body_whole = request->body.n == request->body_bytes;
    asked->json_read = false;
    answer(request);
}

/* --- the body --- */

static void on_body(struct inbound *in, str chunk)
{
    struct sim_request *request = in->owner;
    CHECK_MAGIC(request, REQUEST_MAGIC);
    struct buf *body = &request->body;
    size_t room = body->bytes_max - body->n;
    request->body_bytes += chunk.n;
    if (chunk.n > room && !request->digest.state) {
        crypto_digest_init(&request->digest);
        crypto_digest_put(&request->digest, buf_peek(body));
    }
    if (request->digest.state)
        crypto_digest_put(&request->digest, chunk);
    buf_put(body, chunk.p, chunk.n < room ? chunk.n : room);
}

static void on_body_end(struct inbound *in)
{
    struct sim_request *request = in->owner;
    CHECK_MAGIC(request, REQUEST_MAGIC);
    finish_body(request);
}

static void on_drained(struct inbound *in)
{
    struct sim_request *request = in->owner;
    CHECK_MAGIC(request, REQUEST_MAGIC);
    sim_send_drained(&request->send);
}

static void on_gone(struct inbound *in)
{
    struct sim_request *request = in->owner;
    CHECK_MAGIC(request, REQUEST_MAGIC);
    struct sim_seen seen = sim_request_seen(request);
    request->sim->counts.left++;
    if (request->state != SIM_ANSWERING && request->script)
        sim_record_add(&request->sim->records, &seen);
    sim_send_cancel(&request->send);
}

static const struct inbound_ops ops = {
    .on_body = on_body,
    .on_body_end = on_body_end,
    .on_drained = on_drained,
    .on_gone = on_gone,
};

static void read_body(struct sim_request *request)
{
    request->state = SIM_READING;
    inbound_read_body(request->in);
}

static void on_hold(struct timer *timer)
{
    read_body(CONTAINER_OF(timer, struct sim_request, hold));
}

/* --- the beginning --- */

/* The first label of Host, or the first segment of the path, may name a dialect. */
static struct sim_script *find_script(struct sim *sim, const struct inbound *in,
                                      struct sim_asked *asked)
{
    asked->prefix = STR("");
    asked->path = in->path;
    if (sim->dialects.n == 0)
        return sim->script;
    str host = header_value(&in->head.headers, HEADER_HOST);
    struct sim_script *script =
        map_find(&sim->dialects, str_of(host.p, str_find(host, '.')));
    if (script)
        return script;
    str rest = str_starts(in->path, STR("/")) ? str_from(in->path, 1) : in->path;
    script = map_find(&sim->dialects, str_of(rest.p, str_find(rest, '/')));
    if (!script)
        return sim->script;
    asked->prefix = script->prefix;
    asked->path = str_from(in->path, script->prefix.n);
    if (asked->path.n == 0)
        asked->path = STR("/");
    return script;
}

static struct sim_request *create(struct sim *sim, struct inbound *in)
{
    struct sim_request *request = arena_zalloc(in->arena, sizeof(*request));
    bool own = str_starts(in->path, STR("/_sim/"));
    request->magic = REQUEST_MAGIC;
    request->sim = sim;
    request->in = in;
    request->asked = (struct sim_asked){
        .arena = in->arena,
        .method = in->head.method,
        .query = in->query,
        .headers = &in->head.headers,
        .tls = inbound_tls(in),
        .id = ++sim->ids,
        .seed = sim->seed,
        .wall = world_wall(in->worker->world),
        .body_whole = in->body_state == INBOUND_BODY_ENDED,
    };
    struct sim_script *script = find_script(sim, in, &request->asked);
    if (!own)
        request->script = sim_script_ref(script);
    buf_init(&request->body, own ? CONTROL_BODY_BYTES_MAX : SIM_RECORD_BODY_BYTES_MAX);
    timer_init(&request->hold, in->worker, on_hold);
    sim_send_init(&request->send, in, on_end);
    return request;
}

static void count(struct sim *sim)
{
    struct sim_totals *counts = &sim->counts;
    uint32_t connections =
        atomic_load_explicit(&sim->server.connections, memory_order_relaxed);
    counts->requests++;
    counts->open++;
    if (counts->open > counts->open_max)
        counts->open_max = counts->open;
    if (connections > counts->connections_max)
        counts->connections_max = connections;
}

/* Whether the answer comes before the body, and what the caller's Expect gets. */
static bool look_early(struct sim_request *request)
{
    struct inbound *in = request->in;
    bool early = sim_decide_early(request);
    const struct sim_route *route = request->route;
    if (!early && route && in->expects && route->expect == SIM_EXPECT_IGNORE)
        in->expects = false;
    return early;
}

void sim_request_begin(struct inbound *in)
{
    struct sim *sim = inbound_listener_arg(in);
    CHECK_MAGIC(sim, SIM_MAGIC);
    struct sim_request *request = create(sim, in);
    in->ops = &ops;
    in->owner = request;
    count(sim);
    bool early = look_early(request);
    if (in->body_state == INBOUND_BODY_ENDED)
        finish_body(request);
    else if (early)
        answer(request);
    else if (in->expects && request->route && request->route->expect_delay > 0)
        timer_start(&request->hold, request->route->expect_delay);
    else
        read_body(request);
}
