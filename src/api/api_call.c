/*
 * Waits, and who ends them:
 *   READS   the request's body, bounded by the connection's limits and 1 MiB
 *   RUNS    the handler: the store and the catalog answer every operation they take
 *   WRITES  the caller's reading, bounded by the connection's limit
 *
 * A request with a body books its room before it is read, so that many large bodies at
 * once are refused instead of held.
 */
#include "api/api_call.h"

#include "base/mem.h"
#include "http/problem.h"
#include "http/refusal.h"
#include "loop/world.h"

enum {
    API_CALL_MAGIC = 0x41504943,
    ANSWER_BYTES_MAX = 16 << 20,
    PIECE_BYTES = 64 * 1024,
    BODY_ROOM_MIN = 4096,
    BODIES_BYTES_MAX = 64 << 20, /* of all requests together */
    HEADERS_MAX = 8
};

/* --- the end --- */

static void log_end(const struct api_call *call)
{
    struct log_line line;
    log_open(&line, call->api->log, call->status >= 500 ? LOG_WARN : LOG_INFO, "admin");
    log_str(&line, "request_id", str_z(call->request_id));
    log_str(&line, "peer", call->actor.peer);
    log_str(&line, "key", call->actor.key_id);
    log_str(&line, "verb", call->in->head.method);
    log_str(&line, "path", call->in->path);
    log_int(&line, "status", call->status);
    if (call->err)
        log_str(&line, "code", err_code(call->err));
    log_int(&line, "total_us", call->worker->now - call->in->began);
    if (call->gone)
        log_bool(&line, "caller_gone", true);
    log_close(&line);
}

static void wipe_body(struct api_body *body)
{
    if (body->bytes)
        mem_wipe(body->bytes, body->room);
    mem_free(body->bytes);
    body->bytes = NULL;
    body->n = body->room = 0;
}

/* Lets everything go but the inbound. */
static void let_go(struct api_call *call)
{
    CHECK_MAGIC(call, API_CALL_MAGIC);
    log_end(call);
    wipe_body(&call->body);
    for (uint32_t i = 0; i < call->secret_n; i++)
        secret_fini(&call->secrets[i].value);
    atomic_fetch_sub_explicit(&call->api->body_bytes, call->body.booked,
                              memory_order_relaxed);
    if (call->route && call->route->handler->secret && call->answer.p)
        mem_wipe(call->answer.p, call->answer.room);
    buf_fini(&call->answer);
    api_key_unref(&call->key);
    call->state = API_ENDED;
    call->magic = 0;
}

static void finish(struct api_call *call)
{
    struct inbound *in = call->in;
    let_go(call);
    inbound_end(in, NULL);
}

/* --- the answer --- */

static void pump(struct api_call *call)
{
    const struct buf *answer = &call->answer;
    while (call->sent < answer->n) {
        size_t n = answer->n - call->sent;
        str piece = str_of(answer->p + call->sent, n < PIECE_BYTES ? n : PIECE_BYTES);
        call->sent += piece.n;
        if (!inbound_write(call->in, piece) && call->sent < answer->n)
            return; /* on_drained goes on */
    }
    finish(call);
}

static void begin_answer(struct api_call *call, int status)
{
    CHECK_MAGIC(call, API_CALL_MAGIC);
    CHECK(call->state == API_RUNS || call->state == API_READS);
    call->state = API_WRITES;
    call->status = status;
}

static void add_headers(struct api_call *call, struct headers *headers)
{
    headers_init(headers, call->arena, HEADERS_MAX);
    header_add(headers, HEADER_X_REQUEST_ID, str_z(call->request_id));
    header_add_name(headers, STR("Cache-Control"), STR("no-store"));
}

void api_send_status(struct api_call *call, int status)
{
    struct headers headers;
    if (!buf_ok(&call->answer)) {
        api_refuse(call, ERR_INTERNAL, "The answer is larger than 16 MiB.");
        return;
    }
    begin_answer(call, status);
    add_headers(call, &headers);
    header_add(&headers, HEADER_CONTENT_TYPE, STR("application/json"));
    struct reply reply = {status, &headers, (int64_t)call->answer.n};
    inbound_reply(call->in, &reply);
    pump(call);
}

void api_send(struct api_call *call)
{
    api_send_status(call, call->route->handler->status);
}

void api_send_nothing(struct api_call *call)
{
    struct headers headers;
    begin_answer(call, 204);
    add_headers(call, &headers);
    struct reply reply = {204, &headers, -1};
    inbound_reply(call->in, &reply);
    finish(call);
}

/* --- refusals --- */

struct faults {
    const struct catalog_fault *items;
    uint32_t n;
};

enum { FAULTS_SHOWN_MAX = 50, FAULT_BYTES_SHOWN = 1000 };

static str shortened(str text)
{
    return text.n > FAULT_BYTES_SHOWN ? str_of(text.p, FAULT_BYTES_SHOWN) : text;
}

static void put_faults(const struct problem *problem, struct json_out *out)
{
    const struct faults *faults = problem->arg;
    json_out_name(out, STR("faults"));
    json_out_array(out);
    for (uint32_t i = 0; i < faults->n && i < FAULTS_SHOWN_MAX; i++) {
        json_out_object(out);
        json_out_member_text(out, STR("pointer"), shortened(faults->items[i].pointer));
        json_out_member_text(out, STR("text"), shortened(faults->items[i].text));
        json_out_end(out);
    }
    json_out_end(out);
}

/* `allow`: the methods of the path, for 405. */
static void refuse(struct api_call *call, enum err err, str detail,
                   const struct faults *faults, str allow)
{
    int status = err_row(err)->status;
    struct headers headers;
    struct inbound *in = call->in;
    struct problem problem = {.err = err,
                              .detail = shortened(detail),
                              .request_id = str_z(call->request_id),
                              .retry_after_s = status == 429 || status == 503 ? 1 : -1,
                              .extend = faults ? put_faults : NULL,
                              .arg = faults};
    begin_answer(call, status);
    call->err = err;
    headers_init(&headers, call->arena, HEADERS_MAX);
    header_add_name(&headers, STR("Cache-Control"), STR("no-store"));
    if (!str_absent(allow))
        header_add_name(&headers, STR("Allow"), allow);
    /* What the problem says stands in the arena, which lives until the request ends. */
    let_go(call);
    refusal_send_problem(in, &problem, &headers);
}

void api_refuse_text(struct api_call *call, enum err err, str detail)
{
    refuse(call, err, detail, NULL, STR_NONE);
}

void api_refuse(struct api_call *call, enum err err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    str detail = arena_vprintf(call->arena, fmt, args);
    va_end(args);
    refuse(call, err, detail, NULL, STR_NONE);
}

void api_refuse_faults(struct api_call *call, enum err err, str detail,
                       const struct catalog_fault *faults, uint32_t n)
{
    struct faults given = {faults, n};
    refuse(call, err, detail, &given, STR_NONE);
}

void api_refuse_member(struct api_call *call, const char *pointer, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct catalog_fault fault = {.pointer = str_z(pointer),
                                  .text = arena_vprintf(call->arena, fmt, args)};
    va_end(args);
    api_refuse_faults(call, ERR_BODY_INVALID, fault.text, &fault, 1);
}

void api_refuse_method(struct api_call *call, str allow)
{
    refuse(call, ERR_METHOD_NOT_ALLOWED,
           arena_printf(call->arena, "It has " STR_F ".", STR_A(allow)), NULL, allow);
}

void api_refuse_permission(struct api_call *call, enum permission permission)
{
    api_refuse(call, ERR_KEY_FORBIDDEN, "It needs the permission \"" STR_F "\".",
               STR_A(permission_word(permission)));
}

/* --- the body --- */

/* Moves to a larger place; what was there is wiped. */
static void grow(struct api_body *body, size_t room)
{
    char *bytes = mem_alloc(room);
    size_t n = body->n;
    if (n)
        memcpy(bytes, body->bytes, n);
    wipe_body(body);
    body->bytes = bytes;
    body->n = n;
    body->room = room;
}

static bool put_body(struct api_body *body, str chunk)
{
    if (chunk.n > API_BODY_BYTES_MAX - body->n)
        return false;
    if (body->n + chunk.n > body->room) {
        size_t room = body->room ? body->room : BODY_ROOM_MIN;
        while (room < body->n + chunk.n)
            room *= 2;
        grow(body, room);
    }
    memcpy(body->bytes + body->n, chunk.p, chunk.n);
    body->n += chunk.n;
    return true;
}

static void refuse_large(struct api_call *call)
{
    api_refuse(call, ERR_BODY_TOO_LARGE, "At most %d bytes.", API_BODY_BYTES_MAX);
}

static void run(struct api_call *call)
{
    call->state = API_RUNS;
    call->route->handler->run(call);
}

static void read_body(struct api_call *call)
{
    struct inbound *in = call->in;
    int64_t length = in->head.content_length;
    if (length > API_BODY_BYTES_MAX) {
        refuse_large(call);
        return;
    }
    size_t room = length >= 0 ? (size_t)length : API_BODY_BYTES_MAX;
    size_t before =
        atomic_fetch_add_explicit(&call->api->body_bytes, room, memory_order_relaxed);
    call->body.booked = room;
    if (before + room > BODIES_BYTES_MAX) {
        api_refuse(call, ERR_OVERLOADED, "Other bodies take all of %d MiB.",
                   BODIES_BYTES_MAX >> 20);
        return;
    }
    if (length > 0)
        grow(&call->body, (size_t)length);
    inbound_read_body(in);
}

void api_call_start(struct api_call *call)
{
    if (call->route->handler->body_kind == API_BODY_NONE ||
        call->in->body_state == INBOUND_BODY_ENDED)
        run(call);
    else
        read_body(call);
}

str api_body_text(const struct api_call *call)
{
    return str_of(call->body.bytes, call->body.n);
}

/* --- what happens on the connection --- */

static void on_body(struct inbound *in, str chunk)
{
    struct api_call *call = in->owner;
    if (call->state == API_READS && !put_body(&call->body, chunk))
        refuse_large(call);
}

static void on_body_end(struct inbound *in)
{
    struct api_call *call = in->owner;
    if (call->state == API_READS)
        run(call);
}

static void on_drained(struct inbound *in)
{
    pump(in->owner);
}

static void on_gone(struct inbound *in)
{
    struct api_call *call = in->owner;
    call->gone = true;
    if (call->state != API_RUNS)
        finish(call);
}

struct api_call *api_call_create(struct api *api, struct inbound *in)
{
    static const struct inbound_ops ops = {on_body, on_body_end, on_drained, on_gone};
    struct api_call *call = arena_zalloc(in->arena, sizeof(*call));
    call->magic = API_CALL_MAGIC;
    call->state = API_READS;
    call->api = api;
    call->in = in;
    call->worker = in->worker;
    call->arena = in->arena;
    buf_init(&call->answer, ANSWER_BYTES_MAX);
    json_out_init(&call->out, &call->answer);
    world_name(in->worker->world, "req_", call->request_id);
    call->actor.peer = arena_str(call->arena, gate_client(api->gate, in));
    call->actor.request_id = str_z(call->request_id);
    in->ops = &ops;
    in->owner = call;
    return call;
}
